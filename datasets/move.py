"""Augmentation by where the pixels are: flip, crop, shift, rotate.

As in all of augmentation, a step is a plain function ``(X, y, rng) -> (X, y)`` with settings as keywords. Each image
gets draws of its own, the dtype stays, and what is given is not changed. `datasets.augment` puts steps together.
"""

import math

import numpy as np
import scipy
from numpy.lib.stride_tricks import sliding_window_view

from .checks import check_integer
from .images import check_number, check_images


def random_flip(X, y, rng):
    """Mirror each image left to right, or leave it as it is, with equal chances.

    Parameters
    ----------
    X : ndarray of uint8, float32 or float64, shape (N, C, H, W)
    y : ndarray
        Returned as it is.
    rng : numpy.random.Generator

    Returns
    -------
    X : ndarray of X's shape and dtype
    y : ndarray

    Raises
    ------
    TypeError, ValueError
        If X is not such an array.

    Examples
    --------
    >>> X = np.array([1, 2, 3, 4, 5, 6], dtype=np.uint8).reshape(3, 1, 1, 2)
    >>> random_flip(X, None, np.random.default_rng(0))[0].reshape(3, 2).tolist()
    [[1, 2], [4, 3], [6, 5]]
    """
    check_images("random_flip", X)
    flipped = rng.random(len(X)) < 0.5
    out = X.copy()
    out[flipped] = X[flipped][..., ::-1]
    return out, y


def random_crop(X, y, rng, pad=4):
    """Pad each image with zeros on all sides, and cut an image of the old size out of it at random.

    Zero is black in raw images, and the mean in standardised ones: in the latter case crop after standardising.

    Parameters
    ----------
    X, y, rng
        As in `random_flip`.
    pad : int
        From 0, in pixels. All (2 pad + 1)^2 places come equally often; at one of them the image is unchanged.

    Returns
    -------
    X, y
        As in `random_flip`.

    Raises
    ------
    TypeError, ValueError
        As in `random_flip`; also if pad is not an integer >= 0.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun (2015), Deep residual learning for image recognition, arXiv:1512.03385, section 4.2.

    Examples
    --------
    >>> X = np.array([[[[1, 2], [3, 4]]]] * 2, dtype=np.uint8)
    >>> random_crop(X, None, np.random.default_rng(0), pad=1)[0][:, 0]
    array([[[3, 4],
            [0, 0]],
    <BLANKLINE>
           [[0, 1],
            [0, 3]]], dtype=uint8)
    """
    check_images("random_crop", X)
    check_integer("random_crop", "pad", pad, at_least=0)
    N, C, H, W = X.shape
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), X.dtype)  # a quarter of the time that np.pad takes
    padded[:, :, pad : pad + H, pad : pad + W] = X
    return _windows(padded, rng, pad, H, W), y


def random_shift(X, y, rng, pixels=2):
    """Move each image by whole pixels, up or down and left or right; its border is repeated where it has left.

    Parameters
    ----------
    X, y, rng
        As in `random_flip`. If there are images, they have pixels.
    pixels : int
        From 0: the farthest in each direction. All distances come equally often, 0 among them.

    Returns
    -------
    X, y
        As in `random_flip`.

    Raises
    ------
    TypeError, ValueError
        As in `random_flip`; also if pixels is not an integer >= 0.

    Examples
    --------
    >>> X = np.array([[[[1, 2, 3]]]] * 3, dtype=np.uint8)
    >>> random_shift(X, None, np.random.default_rng(0), pixels=1)[0].reshape(3, 3).tolist()
    [[1, 1, 2], [1, 1, 2], [1, 1, 2]]
    """
    check_images("random_shift", X)
    check_integer("random_shift", "pixels", pixels, at_least=0)
    sides = (pixels, pixels)
    return _windows(np.pad(X, ((0, 0), (0, 0), sides, sides), mode="edge"), rng, pixels, *X.shape[2:]), y


def random_rotate(X, y, rng, degrees=15):
    """Turn each image about its centre, with linear interpolation; zeros come in from beyond the border.

    Parameters
    ----------
    X, y, rng
        As in `random_flip`.
    degrees : float
        From 0 to 180: the largest angle, to either side. All angles come equally often.

    Returns
    -------
    X, y
        As in `random_flip`.

    Raises
    ------
    TypeError, ValueError
        As in `random_flip`; also if degrees is not a number from 0 to 180.

    Examples
    --------
    >>> X = np.zeros((1, 1, 5, 5), dtype=np.uint8)
    >>> X[..., 2, :] = 100  # a level line
    >>> random_rotate(X, None, np.random.default_rng(0), degrees=90)[0][0, 0]
    array([[  1,   0,   0,   0,   0],
           [ 71,  51,   9,   0,   0],
           [ 17,  58, 100,  58,  17],
           [  0,   0,   9,  51,  71],
           [  0,   0,   0,   0,   1]], dtype=uint8)
    """
    check_images("random_rotate", X)
    check_number("random_rotate", "degrees", degrees, lambda value: 0 <= value <= 180, "from 0 to 180")
    angles = np.deg2rad(rng.uniform(-degrees, degrees, len(X)))
    out = np.empty(X.shape, X.dtype)
    centre = (np.array(X.shape[2:]) - 1) / 2
    for image, turned, angle in zip(X, out, angles):
        cos, sin = math.cos(angle), math.sin(angle)
        back = np.array([[cos, -sin], [sin, cos]])  # from where in the image each pixel of the turned one comes
        offset = centre - back @ centre
        for channel, target in zip(image, turned):
            scipy.ndimage.affine_transform(channel, back, offset, output=target, order=1, mode="grid-constant")
    return out, y


def _windows(padded, rng, pad, H, W):
    """Cut an H x W window out of each image, from a random place among those that the padding leaves."""
    N = len(padded)
    top, left = rng.integers(0, 2 * pad + 1, size=(2, N))
    return sliding_window_view(padded, (H, W), axis=(2, 3))[np.arange(N), :, top, left]
