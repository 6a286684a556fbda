"""Global average pooling: each channel of an image is represented by its mean."""

import numpy as np

from .checks import check_arrays, check_batch
from .compose import Layer
from .sums import mean_over


def global_avg_pool_forward(x):
    """Take the mean of each channel over all places of the image (Lin, Chen, Yan, 2013, arXiv:1312.4400).

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)

    Returns
    -------
    out : ndarray of shape (N, C)
    cache : tuple
        x's shape.

    Raises
    ------
    ValueError
        If x has not four axes, or the images are empty.

    Examples
    --------
    >>> out, cache = global_avg_pool_forward(np.arange(8.0).reshape(1, 2, 2, 2))
    >>> out
    array([[1.5, 5.5]])
    """
    check_arrays("global_avg_pool_forward", x=(x, "N C H W"))
    check_batch("global_avg_pool_forward", x, axes=(2, 3))
    return mean_over(x, (2, 3)).reshape(x.shape[:2]), x.shape


def global_avg_pool_backward(dout, cache):
    """Backward pass of global average pooling.

    ``out[n, c] = sum over h, w of x[n, c, h, w] / (H W)``: every place gets the same share, ``dx = dout / (H W)``.

    Parameters
    ----------
    dout : ndarray of shape (N, C)
    cache : tuple
        x's shape, from `global_avg_pool_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    """
    N, C, H, W = cache
    check_arrays("global_avg_pool_backward", dout=(dout, (N, C)))
    shares = (dout / (H * W))[:, np.newaxis, np.newaxis]
    return np.broadcast_to(shares, (N, H, W, C)).copy().transpose(0, 3, 1, 2)  # channels last, as most layers lay them


global_avg_pool = Layer(global_avg_pool_forward, global_avg_pool_backward)
