"""Spatial batch normalisation: every channel of the images is one feature."""

from .batchnorm import batchnorm_backward_alt, batchnorm_forward
from .checks import check_arrays, check_batch
from .compose import Layer


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """Normalise each channel over the minibatch and over all places of the images.

    A convolution treats all places alike, so each pixel of each image counts as one example with C features.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    gamma : ndarray of shape (C,)
        Scale.
    beta : ndarray of shape (C,)
        Shift.
    bn_param : dict
        As in `batchnorm_forward`, with running statistics of shape (C,).

    Returns
    -------
    out : ndarray of shape (N, C, H, W)
    cache : tuple
        From `batchnorm_forward`, and x's shape.

    Raises
    ------
    ValueError
        If the shapes do not fit, the mode is unknown, or a minibatch to train on is empty.

    Examples
    --------
    >>> x = np.array([[[[1.0, 3.0]], [[5.0, 5.0]]]])
    >>> out, cache = spatial_batchnorm_forward(x, np.ones(2), np.zeros(2), {"mode": "train"})
    >>> out.round(3)
    array([[[[-1.,  1.]],
            [[ 0.,  0.]]]])
    """
    check_arrays("spatial_batchnorm_forward", x=(x, "N C H W"), gamma=(gamma, "C"), beta=(beta, "C"))
    if isinstance(bn_param, dict) and bn_param.get("mode") == "train":
        check_batch("spatial_batchnorm_forward", x, axes=(0, 2, 3))
    out, cache = batchnorm_forward(_channels_last(x), gamma, beta, bn_param)
    return _channels_first(out, x.shape), (cache, x.shape)


def spatial_batchnorm_backward(dout, cache):
    """Backward pass of spatial batch normalisation.

    ``out[n, c, h, w] = gamma[c] * normalized[n, c, h, w] + beta[c]``: gamma and beta were broadcast as
    ``gamma[:, None, None]`` over N, H and W, so their gradients are sums over N, H and W. With pixels as examples that
    is the sum over the rows in `batchnorm_backward`.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H, W)
    cache : tuple
        From `spatial_batchnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    dgamma, dbeta : ndarray of shape (C,)
    """
    cache, shape = cache
    check_arrays("spatial_batchnorm_backward", dout=(dout, shape))
    dx, dgamma, dbeta = batchnorm_backward_alt(_channels_last(dout), cache)
    return _channels_first(dx, shape), dgamma, dbeta


def _channels_last(x):
    N, C, H, W = x.shape
    return x.transpose(0, 2, 3, 1).reshape(N * H * W, C)


def _channels_first(x, shape):
    N, C, H, W = shape
    return x.reshape(N, H, W, C).transpose(0, 3, 1, 2)


spatial_batchnorm = Layer(spatial_batchnorm_forward, spatial_batchnorm_backward)
