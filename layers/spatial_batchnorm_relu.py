"""Spatial batch normalisation and relu in one go."""

from .checks import check_arrays
from .compose import Layer
from .kernels import channel_norm
from .kernels.workspace import empty
from .relu import relu
from .spatial_batchnorm import as_images, as_pixels, as_pixels_with_statistics, spatial_batchnorm


def spatial_batchnorm_relu_forward(x, gamma, beta, bn_param):
    """Normalise each channel, and replace every negative element by zero.

    The numbers are those of ``chain(spatial_batchnorm, relu)``. But while a block of pixels is in the processor's
    cache, both are done with it; and of what the relu was given, backward needs no more than which elements it let
    through.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    gamma, beta : ndarray of shape (C,)
        Scale and shift.
    bn_param : dict
        As in `spatial_batchnorm_forward`.

    Returns
    -------
    out : ndarray of shape (N, C, H, W)
    cache : tuple
        ``(pixels, mean, std, gamma, mode, shape, passed)``: as that of `spatial_batchnorm_forward`, and for each
        element of pixels whether the relu let it through.

    Raises
    ------
    ValueError
        As `spatial_batchnorm_forward` does.

    Examples
    --------
    >>> x = np.array([[[[1.0, 3.0]], [[5.0, 5.0]]]])
    >>> out, cache = spatial_batchnorm_relu_forward(x, np.ones(2), np.zeros(2), {"mode": "train"})
    >>> out.round(3)
    array([[[[0., 1.]],
            [[0., 0.]]]])
    """
    where = "spatial_batchnorm_relu_forward"
    pixels, mean, std, mode = as_pixels_with_statistics(where, x, gamma, beta, bn_param)
    passed = empty(pixels.shape, bool)
    out = channel_norm.scale_and_shift(pixels, mean, std, gamma, beta, passed)
    return as_images(out, x.shape), (pixels, mean, std, gamma, mode, x.shape, passed)


def spatial_batchnorm_relu_backward(dout, cache):
    """Backward pass of `spatial_batchnorm_relu_forward`.

    The relu's max gate lets a gradient through where it let the element through; from there on all is as in
    `spatial_batchnorm_backward`.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H, W)
    cache : tuple
        From `spatial_batchnorm_relu_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    dgamma, dbeta : ndarray of shape (C,)
    """
    pixels, mean, std, gamma, mode, shape, passed = cache
    check_arrays("spatial_batchnorm_relu_backward", dout=(dout, shape))
    dpixels = as_pixels(dout)
    dgamma, dbeta = channel_norm.sums_for_backward(dpixels, pixels, mean, std, passed)
    if mode == "test":
        return as_images(dpixels * passed * (gamma / std), shape), dgamma, dbeta
    dx = channel_norm.backward(dpixels, pixels, mean, std, gamma, dgamma, dbeta, passed)
    return as_images(dx, shape), dgamma, dbeta


spatial_batchnorm_relu = Layer(
    spatial_batchnorm_relu_forward, spatial_batchnorm_relu_backward, parts=(spatial_batchnorm, relu)
)
