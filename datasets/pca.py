"""Principal components: decorrelate, reduce and whiten, by what was measured on the training set.

The convention is that of `datasets.prepare`: ``stats = fit_pca(X_train)``, then ``pca(X, stats)`` or one of the two
whitenings, for any X.
"""

import math

import numpy as np
import scipy

from .checks import check_integer
from .images import check_number
from .prepare import blocks, check_examples, float_dtype


def fit_pca(X, num_components=None):
    """Measure the principal components of the training set: the directions in which it spreads, the widest first.

    They are the eigenvectors of the D x D covariance matrix, which has to fit in memory: 75 MB for 3 x 32 x 32 images.

    Parameters
    ----------
    X : ndarray of shape (N, d_1, ..., d_k)
        Floats or integers; each example is flattened to D = d_1 * ... * d_k features.
    num_components : int, optional
        How many components to keep, K <= D; all unless given.

    Returns
    -------
    stats : dict
        ``mean`` : ndarray of float64, shape (d_1, ..., d_k). ``components`` : ndarray of float64, shape (D, K), with
        orthonormal columns; the largest entry of each is positive. ``variances`` : ndarray of float64, shape (K,), that
        of the training set along each component.

    Raises
    ------
    TypeError, ValueError
        If X is not an ndarray of floats or integers or has no examples, or num_components is not from 1 to D.

    Examples
    --------
    >>> stats = fit_pca(np.array([[3, 4], [-3, -4], [0, 0]]))
    >>> stats["components"].round(3), stats["variances"].round(3)
    (array([[ 0.6, 0.8], [ 0.8, -0.6]]), array([16.667,  0.   ]))
    """
    check_examples("fit_pca", X)
    D = math.prod(X.shape[1:])
    K = D if num_components is None else num_components
    check_integer("fit_pca", "num_components", K, at_least=1)
    if K > D:
        raise ValueError(f"fit_pca: num_components is {K}; X of shape {X.shape} has D = {D} features")
    mean = X.mean(axis=0, dtype=np.float64)
    centred = ((block - mean).reshape(len(block), D) for block in blocks(X))
    covariance = sum(block.T @ block for block in centred) / len(X)
    variances, components = scipy.linalg.eigh(covariance, subset_by_index=(D - K, D - 1), overwrite_a=True)
    variances, components = variances[::-1], components[:, ::-1]
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=0)[np.newaxis], axis=0)
    # Rounding may leave a variance of nothing just below 0.
    return {"mean": mean, "components": components * np.sign(largest), "variances": np.maximum(variances, 0)}


def pca(X, stats):
    """Turn examples into their coordinates along the principal components, which are uncorrelated on the training set.

    Parameters
    ----------
    X : ndarray of shape (N, d_1, ..., d_k)
    stats : dict
        From `fit_pca`.

    Returns
    -------
    ndarray of float32 or float64, shape (N, K)

    Raises
    ------
    TypeError, ValueError
        If X is not an ndarray of floats or integers, or its examples have another shape than those of the training set.

    Examples
    --------
    >>> stats = fit_pca(np.array([[3, 4], [-3, -4], [0, 0]]), num_components=1)
    >>> pca(np.array([[6, 8], [4, -3]]), stats) + 0.0
    array([[10.], [ 0.]], dtype=float32)
    """
    return _project("pca", X, stats, stats["components"])


def pca_whiten(X, stats, eps=1e-5):
    """Give every coordinate along the principal components the variance 1 (on the training set).

    Parameters
    ----------
    X : ndarray of shape (N, d_1, ..., d_k)
    stats : dict
        From `fit_pca`.
    eps : float
        Added to the variances, in units of X squared: directions with less than that are noise, and stay small.

    Returns
    -------
    ndarray of float32 or float64, shape (N, K)

    Raises
    ------
    TypeError, ValueError
        As in `pca`; also if eps is not a finite number > 0.

    Examples
    --------
    >>> stats = fit_pca(np.array([[3, 4], [-3, -4], [0, 0]]), num_components=1)
    >>> pca_whiten(np.array([[3, 4]]), stats).round(3)
    array([[1.225]], dtype=float32)
    """
    return _project("pca_whiten", X, stats, stats["components"] / _deviations("pca_whiten", stats, eps))


def zca_whiten(X, stats, eps=1e-5):
    """Whiten and turn back: among all whitenings the one that stays closest to X, so that images still look like them.

    Parameters
    ----------
    X : ndarray of shape (N, d_1, ..., d_k)
    stats : dict
        From `fit_pca`.
    eps : float
        As in `pca_whiten`.

    Returns
    -------
    ndarray of float32 or float64, of X's shape

    Raises
    ------
    TypeError, ValueError
        As in `pca_whiten`.

    References
    ----------
    A. J. Bell, T. J. Sejnowski (1997), The "independent components" of natural scenes are edge filters.

    Examples
    --------
    >>> stats = fit_pca(np.array([[1, 0], [-1, 0], [0, 3], [0, -3]]))
    >>> zca_whiten(np.array([[1, 3]]), stats).round(3)
    array([[1.414, 1.414]], dtype=float32)
    """
    turned = stats["components"] / _deviations("zca_whiten", stats, eps)
    return _project("zca_whiten", X, stats, turned @ stats["components"].T).reshape(X.shape)


def _deviations(where, stats, eps):
    """Take the standard deviation along each component."""
    check_number(where, "eps", eps, lambda value: value > 0, "> 0")
    return np.sqrt(stats["variances"] + eps)


def _project(where, X, stats, w):
    """Flatten the examples, less the mean, and multiply them by w."""
    check_examples(where, X, stats["mean"].shape)
    dtype = float_dtype(X)
    centred = np.subtract(X, stats["mean"].astype(dtype), dtype=dtype)
    return centred.reshape(len(X), len(w)) @ w.astype(dtype)
