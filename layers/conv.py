"""Convolution: every filter slides over the image and takes a dot product at each place."""

import numpy as np

from .checks import check_arrays, check_integer, read_param
from .compose import Layer
from .kernels.windows import add_windows, output_size, pad_images, unpad_images, windows_of
from .sums import sum_over


def conv_forward(x, w, b, conv_param):
    """Slide F filters over N images.

    As everywhere in deep learning the filters are not flipped (a cross-correlation):
    ``out[n, f, i, j] = b[f] + sum over c, u, v of padded[n, c, i * stride + u, j * stride + v] * w[f, c, u, v]``.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    w : ndarray of shape (F, C, HH, WW)
    b : ndarray of shape (F,)
    conv_param : dict
        - ``stride`` : int >= 1, pixels from one place of the filter to the next.
        - ``pad`` : int >= 0, zeros added on each side of the images.

    Returns
    -------
    out : ndarray of shape (N, F, H', W')
        ``H' = 1 + (H + 2 * pad - HH) // stride`` and ``W' = 1 + (W + 2 * pad - WW) // stride``.
    cache : tuple
        ``(x, w, b, conv_param)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the filters are larger than the padded images.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> out, cache = conv_forward(x, np.ones((1, 1, 2, 2)), np.zeros(1), {"stride": 1, "pad": 0})
    >>> out
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """
    check_arrays("conv_forward", x=(x, "N C H W"), w=(w, "F C HH WW"), b=(b, "F"))
    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    N, F = len(x), len(w)
    out = _columns(x, w, stride, pad) @ w.reshape(F, -1).T + b
    return out.reshape(N, H_out, W_out, F).transpose(0, 3, 1, 2), (x, w, b, dict(conv_param))


def conv_backward(dout, cache):
    """Backward pass of the convolution.

    One output element is ``out[n, f, i, j] = b[f] + sum over c, u, v of window[c, u, v] * w[f, c, u, v]``, where window is
    the part of padded image n at place (i, j). The multiply gates swap their inputs, and what was used more than once
    gets a sum:

    - w[f] was used at every place of every image: ``dw[f] = sum over n, i, j of dout[n, f, i, j] * window``;
    - b[f] likewise: ``db[f] = sum over n, i, j of dout[n, f, i, j]``;
    - a window was used by every filter: ``dwindow = sum over f of dout[n, f, i, j] * w[f]``, and a pixel that lies in
      several windows adds up what it gets from each. The border of zeros is cut off at the end.

    With each window as a row of a matrix, the first and the third are matrix products, as in the affine layer.

    Parameters
    ----------
    dout : ndarray of shape (N, F, H', W')
    cache : tuple
        ``(x, w, b, conv_param)`` from `conv_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    dw : ndarray of shape (F, C, HH, WW)
    db : ndarray of shape (F,)
    """
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    check_arrays("conv_backward", dout=(dout, (N, F, H_out, W_out)))
    rows = dout.transpose(0, 2, 3, 1).reshape(N * H_out * W_out, F)
    db = sum_over(dout, axis=(0, 2, 3))
    dw = (rows.T @ _columns(x, w, stride, pad)).reshape(w.shape)
    dwindows = (rows @ w.reshape(F, C * HH * WW)).reshape(N, H_out, W_out, C, HH, WW)
    dpadded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dwindows.dtype)
    add_windows(dpadded, dwindows.transpose(0, 3, 1, 2, 4, 5), stride)
    return unpad_images(dpadded, pad), dw, db


def read_conv_param(where, x, w, conv_param):
    """Take stride and pad from the settings, checked against x and w, and the height and width of the output."""
    stride, pad = read_param(where, "conv_param", conv_param, required=("stride", "pad"))
    check_integer(where, "stride", stride, at_least=1)
    check_integer(where, "pad", pad, at_least=0)
    return (stride, pad, *output_size(where, *x.shape[2:], *w.shape[2:], stride, pad))


def _columns(x, w, stride, pad):
    """Copy every window into a row of a matrix of shape (N * H' * W', C * HH * WW): im2col."""
    windows = windows_of(pad_images(x, pad), *w.shape[2:], stride)
    N, C, H_out, W_out, HH, WW = windows.shape
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, C * HH * WW)


conv = Layer(conv_forward, conv_backward)

# The course has a slow and a fast version; here they are one.
conv_forward_fast, conv_backward_fast = conv
