"""Convolution: every filter slides over the image and takes a dot product at each place."""

from .checks import check_arrays, check_integer, read_param
from .compose import Layer
from .kernels.planner import choose
from .kernels.windows import output_size


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
    kernel = choose(w.shape, stride, pad, len(x) * H_out * W_out)
    out = kernel.forward(x, w, b, stride, pad, (H_out, W_out))
    return out, (x, w, b, dict(conv_param))


def conv_backward(dout, cache, need_dx=True):
    """Backward pass of the convolution.

    One output element is ``out[n, f, i, j] = b[f] + sum over c, u, v of window[c, u, v] * w[f, c, u, v]``, where window
    is the part of padded image n at place (i, j). The multiply gates swap their inputs, and what was used more than
    once gets a sum:

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
    need_dx : bool
        Whether dx is wanted; the first layer of a net can spare it.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W), or None if it is not needed
    dw : ndarray of shape (F, C, HH, WW)
    db : ndarray of shape (F,)
    """
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    N, F = len(x), len(w)
    check_arrays("conv_backward", dout=(dout, (N, F, H_out, W_out)))
    kernel = choose(w.shape, stride, pad, N * H_out * W_out)
    dx = kernel.backward_x(dout, w, x.shape, stride, pad) if need_dx else None
    dw, db = kernel.backward_w_and_b(x, dout, w.shape, stride, pad)
    return dx, dw, db


def read_conv_param(where, x, w, conv_param):
    """Take stride and pad from the settings, checked against x and w, and the height and width of the output."""
    stride, pad = read_param(where, "conv_param", conv_param, required=("stride", "pad"))
    stride = check_integer(where, "stride", stride, at_least=1)
    pad = check_integer(where, "pad", pad, at_least=0)
    return (stride, pad, *output_size(where, *x.shape[2:], *w.shape[2:], stride, pad))


conv = Layer(conv_forward, conv_backward)

# The course has a slow and a fast version; here they are one.
conv_forward_fast, conv_backward_fast = conv
