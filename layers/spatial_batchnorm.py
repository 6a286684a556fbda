"""Spatial batch normalisation: every channel of the images is one feature."""

import numpy as np

from .batchnorm import move_running_statistics, read_bn_param
from .checks import check_arrays, check_batch
from .compose import Layer
from .kernels import channel_norm
from .kernels.layout import channels_first, channels_last


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
        ``(pixels, mean, std, gamma, mode, shape)``: x as a matrix of pixels (N * H * W, C); what was subtracted from
        each channel and what it was divided by, of shape (C,); and x's shape.

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
    pixels, mean, std, mode = as_pixels_with_statistics("spatial_batchnorm_forward", x, gamma, beta, bn_param)
    out = channel_norm.scale_and_shift(pixels, mean, std, gamma, beta)
    return as_images(out, x.shape), (pixels, mean, std, gamma, mode, x.shape)


def spatial_batchnorm_backward(dout, cache):
    """Backward pass of spatial batch normalisation.

    ``out[n, c, h, w] = gamma[c] * normalized[n, c, h, w] + beta[c]``: gamma and beta were broadcast as
    ``gamma[:, None, None]`` over N, H and W, so their gradients are sums over N, H and W. With pixels as examples all
    is as in `batchnorm_backward_alt`: for the P = N H W pixels of a channel and ``d = gamma * dout``,
    ``dx = (d - sum(d) / P - normalized * sum(d * normalized) / P) / std``.

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
    pixels, mean, std, gamma, mode, shape = cache
    check_arrays("spatial_batchnorm_backward", dout=(dout, shape))
    dpixels = as_pixels(dout)
    dgamma, dbeta = channel_norm.sums_for_backward(dpixels, pixels, mean, std)
    if mode == "test":
        return dout * (gamma / std)[:, np.newaxis, np.newaxis], dgamma, dbeta
    dx = channel_norm.backward(dpixels, pixels, mean, std, gamma, dgamma, dbeta)
    return as_images(dx, shape), dgamma, dbeta


def as_pixels_with_statistics(where, x, gamma, beta, bn_param):
    """Check the arguments; return x as pixels, the mean and the standard deviation to normalise by, and the mode."""
    check_arrays(where, x=(x, "N C H W"), gamma=(gamma, "C"), beta=(beta, "C"))
    mode, eps, momentum, mean, var = read_bn_param(where, bn_param, x)
    pixels = as_pixels(x)
    if mode == "train":
        check_batch(where, x, axes=(0, 2, 3))
        running_mean, running_var = mean, var
        mean, var = channel_norm.moments(pixels)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean, var)
    return pixels, mean, np.sqrt(var + eps), mode


def as_pixels(x):
    """Images as a matrix with a row for each pixel, (N * H * W, C)."""
    N, C, H, W = x.shape
    return channels_last(x).reshape(N * H * W, C)


def as_images(pixels, shape):
    """A matrix of pixels as images of that shape."""
    N, C, H, W = shape
    return channels_first(pixels.reshape(N, H, W, C))


spatial_batchnorm = Layer(spatial_batchnorm_forward, spatial_batchnorm_backward)
