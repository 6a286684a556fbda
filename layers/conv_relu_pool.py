"""Convolution, relu and max pooling in one go."""

import math

import numpy as np

from .checks import check_arrays
from .compose import Layer
from .conv import conv, conv_backward, read_conv_param
from .kernels import conv_pool_blocks, pooling
from .kernels.planner import choose
from .max_pool import max_pool
from .pool_param import read_pool_param
from .relu import relu


def conv_relu_pool_forward(x, w, b, conv_param, pool_param):
    """Convolve, and keep of each window the largest element, or zero if none is above it.

    The numbers are those of ``chain(conv, relu, max_pool)``. But the relu and the maximum commute, since the relu never
    puts a smaller element before a larger one: ``max(relu(h)) = relu(max(h))``. After the pool it has less to do. And
    of what the convolution gave, backward needs no more than where in each window the largest element was.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    w : ndarray of shape (F, C, HH, WW)
    b : ndarray of shape (F,)
    conv_param : dict
        ``stride`` and ``pad``, as in `conv_forward`.
    pool_param : dict
        ``pool_height``, ``pool_width`` and ``stride``, as in `max_pool_forward`.

    Returns
    -------
    out : ndarray of shape (N, F, H', W')
        As large as `max_pool_forward` makes it of what `conv_forward` gives.
    cache : tuple
        ``(conv_cache, places, shape, window)``: for each window, the place of its largest element, row by row from
        1, or 0 where the relu let nothing through; the shape of what was pooled; and the window.

    Raises
    ------
    ValueError
        As `conv_forward` and `max_pool_forward` do.

    Examples
    --------
    >>> x, w = np.array([[[[1.0, -2.0, 3.0, -4.0]]]]), np.ones((1, 1, 1, 1))
    >>> pool_param = {"pool_height": 1, "pool_width": 2, "stride": 2}
    >>> out, cache = conv_relu_pool_forward(x, -w, np.zeros(1), {"stride": 1, "pad": 0}, pool_param)
    >>> out
    array([[[[2., 4.]]]])
    """
    check_arrays("conv_relu_pool_forward", x=(x, "N C H W"), w=(w, "F C HH WW"), b=(b, "F"))
    stride, pad, *size = read_conv_param("conv_relu_pool_forward", x, w, conv_param)
    shape = (len(x), len(w), *size)
    h = np.broadcast_to(0, shape)  # what is to be pooled; so far its shape is all that there is
    *window, out_shape = read_pool_param("conv_relu_pool_forward", h, pool_param)
    kernel = choose(w.shape, stride, pad, len(x) * math.prod(size))
    if hasattr(kernel, "forward_blocks"):
        out, places = conv_pool_blocks.forward(kernel, x, w, b, stride, pad, size, window, out_shape[2:])
    else:
        h = kernel.forward(x, w, b, stride, pad, size)
        out, places = pooling.max_relu_forward(h, *window, out_shape[2:])
    return out, ((x, w, b, dict(conv_param)), places, shape, window)


def conv_relu_pool_backward(dout, cache, need_dx=True):
    """Backward pass of `conv_relu_pool_forward`.

    Each gradient goes to the place in its window that had the largest element, if that was above zero, as through the
    max gates of pool and relu one after the other; then through the convolution.

    Parameters
    ----------
    dout : ndarray of shape (N, F, H', W')
    cache : tuple
        From `conv_relu_pool_forward`.
    need_dx : bool
        Whether dx is wanted; the first layer of a net can spare it.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W), or None if it is not needed
    dw : ndarray of shape (F, C, HH, WW)
    db : ndarray of shape (F,)
    """
    conv_cache, places, shape, window = cache
    check_arrays("conv_relu_pool_backward", dout=(dout, places.shape))
    x, w, b, conv_param = conv_cache
    stride, pad, *size = read_conv_param("conv_relu_pool_backward", x, w, conv_param)
    kernel = choose(w.shape, stride, pad, len(x) * math.prod(size))
    if need_dx or not hasattr(kernel, "backward_blocks"):
        dh = pooling.max_relu_backward(dout, places, shape, *window)
        return conv_backward(dh, conv_cache, need_dx)
    return None, *conv_pool_blocks.backward(kernel, dout, places, x, w.shape, stride, pad, size, window)


conv_relu_pool = Layer(conv_relu_pool_forward, conv_relu_pool_backward, parts=(conv, relu, max_pool))
