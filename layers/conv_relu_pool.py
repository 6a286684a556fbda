"""Convolution, relu and max pooling in one go."""

from .checks import check_arrays
from .compose import Layer
from .conv import conv, conv_backward, conv_forward
from .kernels import pooling
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
        0, or one too many where the relu let nothing through; the shape of what was pooled; and the window.

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
    h, conv_cache = conv_forward(x, w, b, conv_param)
    pool_height, pool_width, stride, out_shape = read_pool_param("conv_relu_pool_forward", h, pool_param)
    out, places = pooling.max_relu_forward(h, pool_height, pool_width, stride, out_shape[2:])
    return out, (conv_cache, places, h.shape, (pool_height, pool_width, stride))


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
    dh = pooling.max_relu_backward(dout, places, shape, *window)
    return conv_backward(dh, conv_cache, need_dx)


conv_relu_pool = Layer(conv_relu_pool_forward, conv_relu_pool_backward, parts=(conv, relu, max_pool))
