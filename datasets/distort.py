"""Augmentation by what the pixels show: cutout, brightness, contrast, mixup.

The contract of a step is that of `datasets.move`.
"""

import numpy as np

from .checks import check_integer
from .images import as_dtype, check_number, check_images, per_image
from .labels import check_classes, one_hot


def cutout(X, y, rng, size=8):
    """Blank out a square of each image, in all channels.

    The middle of the square may be any pixel, so that near the border only a part of it falls on the image. Zero is
    black in raw images, and the mean in standardised ones.

    Parameters
    ----------
    X : ndarray of uint8, float32 or float64, shape (N, C, H, W)
    y : ndarray
        Returned as it is.
    rng : numpy.random.Generator
    size : int
        From 0: the side of the square, in pixels.

    Returns
    -------
    X : ndarray of X's shape and dtype
    y : ndarray

    Raises
    ------
    TypeError, ValueError
        If X is not such an array, or size is not an integer >= 0.

    References
    ----------
    T. DeVries, G. W. Taylor (2017), Improved regularization of convolutional neural networks with cutout,
    arXiv:1708.04552.

    Examples
    --------
    >>> X = np.ones((2, 1, 4, 5), dtype=np.uint8)
    >>> cutout(X, None, np.random.default_rng(0), size=2)[0][:, 0]
    array([[[1, 1, 1, 1, 1],
            [1, 1, 1, 1, 1],
            [1, 0, 0, 1, 1],
            [1, 0, 0, 1, 1]],
    <BLANKLINE>
           [[1, 1, 1, 1, 1],
            [0, 0, 1, 1, 1],
            [0, 0, 1, 1, 1],
            [1, 1, 1, 1, 1]]], dtype=uint8)
    """
    check_images("cutout", X)
    check_integer("cutout", "size", size, at_least=0)
    N, _, H, W = X.shape
    inside = []
    for length in (H, W):
        first = rng.integers(length, size=(N, 1)) - size // 2
        inside.append((first <= np.arange(length)) & (np.arange(length) < first + size))
    rows, columns = inside
    square = rows[:, np.newaxis, :, np.newaxis] & columns[:, np.newaxis, np.newaxis, :]
    return np.where(square, X.dtype.type(0), X), y


def random_brightness(X, y, rng, most=0.2):
    """Add to each image a constant of its own.

    Parameters
    ----------
    X, y, rng
        As in `cutout`.
    most : float
        From 0: the largest change to either side, where 1 is the whole range of uint8 (255), or 1.0 of floats. uint8 is
        rounded and cut off at 0 and 255; floats have no limits, since they may be standardised.

    Returns
    -------
    X, y
        As in `cutout`.

    Raises
    ------
    TypeError, ValueError
        As in `cutout`; also if most is not a finite number >= 0.

    Examples
    --------
    >>> X = np.full((2, 1, 1, 2), 100, dtype=np.uint8)
    >>> random_brightness(X, None, np.random.default_rng(0))[0].reshape(2, 2).tolist()
    [[114, 114], [77, 77]]
    """
    check_images("random_brightness", X)
    check_number("random_brightness", "most", most, lambda value: value >= 0, ">= 0")
    whole = 255 if X.dtype == np.uint8 else 1
    change = rng.uniform(-most, most, len(X)) * whole
    return as_dtype(X + per_image(change).astype(_exact(X.dtype)), X.dtype), y


def random_contrast(X, y, rng, most=0.2):
    """Multiply each image's differences from its own mean by a factor of its own.

    Parameters
    ----------
    X, y, rng
        As in `cutout`. If there are images, they have pixels.
    most : float
        From 0 to 1: the factor lies between 1 - most and 1 + most. uint8 is rounded and cut off at 0 and 255.

    Returns
    -------
    X, y
        As in `cutout`.

    Raises
    ------
    TypeError, ValueError
        As in `cutout`; also if most is not a number from 0 to 1.

    Examples
    --------
    >>> X = np.array([[[[100, 200]]]] * 2, dtype=np.uint8)
    >>> random_contrast(X, None, np.random.default_rng(0))[0].reshape(2, 2).tolist()
    [[97, 203], [105, 195]]
    """
    check_images("random_contrast", X)
    check_number("random_contrast", "most", most, lambda value: 0 <= value <= 1, "from 0 to 1")
    factor = per_image(rng.uniform(1 - most, 1 + most, len(X))).astype(_exact(X.dtype))
    mean = X.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float64).astype(factor.dtype)
    return as_dtype(factor * X + (1 - factor) * mean, X.dtype), y  # X itself where the factor is 1


def mixup(X, y, rng, num_classes=None, alpha=0.2):
    """Mix each image with another of the minibatch, and their labels in the same proportion, into soft labels.

    The proportion is drawn from Beta(alpha, alpha): with a small alpha most images are nearly pure.

    Parameters
    ----------
    X, rng
        As in `cutout`.
    y : ndarray of integers, shape (N,), or of floats, shape (N, C)
        Labels, or labels that are soft already.
    num_classes : int
        C, which the labels of one minibatch do not tell; not needed for soft labels.
    alpha : float
        Above 0.

    Returns
    -------
    X : ndarray of X's shape and dtype
    y : ndarray of float64, shape (N, C)
        Soft labels, for `layers.softmax_loss`.

    Raises
    ------
    TypeError, ValueError
        If X is not an array of images, y fits neither X nor num_classes, or alpha is not a finite number above 0.

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz (2017), mixup: beyond empirical risk minimization, arXiv:1710.09412.

    Examples
    --------
    >>> X = np.array([0.0, 1.0]).reshape(2, 1, 1, 1)
    >>> X, y = mixup(X, np.array([0, 1]), np.random.default_rng(3), num_classes=2, alpha=1)
    >>> X.ravel().round(3), y.round(3)
    (array([0.734, 0.179]), array([[0.266, 0.734],
           [0.821, 0.179]]))
    """
    check_images("mixup", X)
    check_number("mixup", "alpha", alpha, lambda value: value > 0, "> 0")
    t = _soft(y, num_classes)
    if len(t) != len(X):
        raise ValueError(f"mixup: y has shape {y.shape}; X of shape {X.shape} needs {len(X)} labels")
    kept = rng.beta(alpha, alpha, len(X))
    other = rng.permutation(len(X))
    share = per_image(kept).astype(_exact(X.dtype))
    mixed = share * X + (1 - share) * X[other]
    return as_dtype(mixed, X.dtype), kept[:, np.newaxis] * t + (1 - kept[:, np.newaxis]) * t[other]


def _exact(dtype):
    """The type to compute in: float32 for uint8, which it holds exactly."""
    return np.float32 if dtype == np.uint8 else dtype


def _soft(y, num_classes):
    """Return soft labels as they are, and labels as one-hot rows."""
    if isinstance(y, np.ndarray) and y.ndim == 2 and y.dtype.kind == "f":
        return y
    if num_classes is None:
        raise ValueError("mixup: num_classes is missing; give it as in functools.partial(mixup, num_classes=10)")
    check_classes("mixup", y, num_classes)
    return one_hot(y, num_classes)
