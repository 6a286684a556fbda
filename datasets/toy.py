"""Toy cases in the plane, to look at: spirals that no line separates, and blobs that lines do."""

import math
from numbers import Real

import numpy as np

from .checks import check_integer, check_seed


def make_spirals(num_per_class=100, num_classes=3, noise=0.2, seed=None):
    """Make intertwined spirals in the plane, one arm for each class.

    An arm starts in the middle and turns by 4 radians while its radius grows to 1; the arms start at equal angles.

    Parameters
    ----------
    num_per_class, num_classes : int
        N = num_per_class * num_classes.
    noise : float
        Standard deviation of the angle, in radians.
    seed : int, optional
        The same seed gives the same points.

    Returns
    -------
    X : ndarray of float32, shape (N, 2)
    y : ndarray of int64, shape (N,)
        Class labels, in order; `split_data` shuffles.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    CS231n notes, "Minimal Neural Network Case Study", https://cs231n.github.io/neural-networks-case-study/

    Examples
    --------
    >>> X, y = make_spirals(num_per_class=50, num_classes=2, seed=0)
    >>> X.shape, np.bincount(y)
    ((100, 2), array([50, 50]))
    """
    y, rng = _labels("make_spirals", num_per_class, num_classes, noise, seed)
    along = np.tile(np.linspace(0, 1, num_per_class), num_classes)
    angle = 2 * np.pi * y / num_classes + 4 * along + noise * rng.standard_normal(len(y))
    return (along[:, None] * _on_circle(angle)).astype(np.float32), y


def make_blobs(num_per_class=100, num_classes=3, noise=0.2, seed=None):
    """Make round clouds of points in the plane, one for each class, centred at equal distances on the unit circle.

    Parameters
    ----------
    num_per_class, num_classes : int
        N = num_per_class * num_classes.
    noise : float
        Standard deviation of each coordinate about its centre.
    seed : int, optional
        The same seed gives the same points.

    Returns
    -------
    X : ndarray of float32, shape (N, 2)
    y : ndarray of int64, shape (N,)
        Class labels, in order; `split_data` shuffles.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> X, y = make_blobs(num_per_class=2, num_classes=2, noise=0)
    >>> X.round(2) + 0
    array([[ 1., 0.], [ 1., 0.], [-1., 0.], [-1., 0.]], dtype=float32)
    """
    y, rng = _labels("make_blobs", num_per_class, num_classes, noise, seed)
    centres = _on_circle(2 * np.pi * y / num_classes)
    return (centres + noise * rng.standard_normal(centres.shape)).astype(np.float32), y


def _on_circle(angle):
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _labels(where, num_per_class, num_classes, noise, seed):
    """Check the arguments of a maker; return its labels and its generator."""
    check_integer(where, "num_per_class", num_per_class, at_least=1)
    check_integer(where, "num_classes", num_classes, at_least=2)
    if not isinstance(noise, Real) or isinstance(noise, bool) or not 0 <= noise < math.inf:
        raise ValueError(f"{where}: noise must be a finite number >= 0, got {noise!r}")
    check_seed(where, seed)
    return np.repeat(np.arange(num_classes), num_per_class), np.random.default_rng(seed)
