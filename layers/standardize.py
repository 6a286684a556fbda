"""Standardising over any axes: what batch, layer and group normalisation have in common."""

import numpy as np

from .sums import mean_over


def standardize(x, axes, eps):
    """Subtract the mean and divide by the standard deviation, both taken over the given axes.

    The variance is taken from the centred values, in a second pass over the data: E[x^2] - E[x]^2 would lose every
    digit where the mean is large against the spread.

    Parameters
    ----------
    x : ndarray
    axes : int or tuple of int
    eps : float

    Returns
    -------
    normalized : ndarray of x's shape
    mean, var, std : ndarray of x's shape, with size 1 along the axes
        The biased variance, and ``std = sqrt(var + eps)``.
    """
    mean = mean_over(x, axes)
    centered = x - mean
    var = mean_over(centered * centered, axes)
    std = np.sqrt(var + eps)
    return centered / std, mean, var, std


def standardize_backward(dnormalized, normalized, std, axes):
    """Backward pass of `standardize`, all its gates grouped into one.

    For one group of m values, ``normalized[i] = (x[i] - mean) / std``, where mean and std depend on every x[j]:
    ``d mean/d x[j] = 1/m`` and ``d std/d x[j] = normalized[j] / m``. By the quotient rule

    ``d normalized[i]/d x[j] = (1[i = j] - 1/m - normalized[i] normalized[j] / m) / std``,

    and summed over all i that x[j] reaches

    ``dx[j] = (d[j] - mean(d) - normalized[j] mean(d normalized)) / std`` with ``d = dnormalized``:
    of d, the parts along which the output cannot move are taken away, a common shift and a common scale.

    Parameters
    ----------
    dnormalized, normalized : ndarray of x's shape
    std : ndarray of x's shape, with size 1 along the axes
    axes : int or tuple of int

    Returns
    -------
    dx : ndarray of x's shape
    """
    shift = mean_over(dnormalized, axes)
    scale = mean_over(dnormalized * normalized, axes)
    return (dnormalized - shift - normalized * scale) / std
