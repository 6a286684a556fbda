"""Preparation: what is measured on the training set and applied, unchanged, to everything else.

Each kind is a pair of plain functions with the state between them in plain sight: ``stats = fit_NAME(X_train)``
measures, and ``NAME(X, stats)`` applies it to any X. The stats are a dict of float64 arrays, to print or to save with
`np.savez`. The validation and the test set are not measured: that would let them into the training.
`datasets.pca` has the same convention for decorrelating and whitening.

Results are float32; float64 stays float64. Integers (raw pixels) are taken as they are: X may be kept as uint8.

Why scale matters: multiply the data by 1000, and the gradient of w is 1000 times as large, while w ought to be 1000
times smaller. At the learning rate that was good before, the steps are a million times too long:

>>> from datasets import load_digits
>>> from layers import affine_backward, affine_forward, softmax_loss
>>> data = load_digits()
>>> X, y = data["X_train"].astype(np.float64), data["y_train"]
>>> def train(X, learning_rate):
...     w, b = np.zeros((64, 10)), np.zeros(10)
...     for step in range(1, 21):
...         scores, cache = affine_forward(X, w, b)
...         loss, dscores = softmax_loss(scores, y)
...         _, dw, _ = affine_backward(dscores, cache)
...         if step in (1, 2, 20):
...             print(f"step {step}: loss {loss:.3f}, length of dw {np.linalg.norm(dw):.3g}")
...         w -= learning_rate * dw
>>> train(X, learning_rate=1)
step 1: loss 2.303, length of dw 0.446
step 2: loss 2.109, length of dw 0.423
step 20: loss 0.753, length of dw 0.155
>>> train(1000 * X, learning_rate=1)
step 1: loss 2.303, length of dw 446
step 2: loss 6994.102, length of dw 76.1
step 20: loss 89..., length of dw 14...
>>> train(1000 * X, learning_rate=1e-6)
step 1: loss 2.303, length of dw 446
step 2: loss 2.109, length of dw 423
step 20: loss 0.753, length of dw 155

Source: CS231n notes, "Setting up the data and the model", https://cs231n.github.io/neural-networks-2/
"""

import numpy as np

BLOCK = 1000  # examples that are converted to float64 at a time, so that uint8 data need not fit in memory as floats


def fit_subtract_mean(X):
    """Measure the mean image (or mean example) of the training set.

    Parameters
    ----------
    X : ndarray of shape (N, d_1, ..., d_k)
        Floats or integers, N >= 1.

    Returns
    -------
    stats : dict
        ``mean`` : ndarray of float64, shape (d_1, ..., d_k).

    Raises
    ------
    TypeError, ValueError
        If X is not an ndarray of floats or integers, or has no examples.
    """
    check_examples("fit_subtract_mean", X)
    return {"mean": X.mean(axis=0, dtype=np.float64)}


def subtract_mean(X, stats):
    """Subtract the mean image from every image: each pixel of the training set then has the mean 0.

    Parameters
    ----------
    X : ndarray of shape (N, d_1, ..., d_k)
    stats : dict
        From `fit_subtract_mean`.

    Returns
    -------
    ndarray of float32 or float64, of X's shape

    Raises
    ------
    TypeError, ValueError
        If X is not an ndarray of floats or integers, or its examples have another shape than those of the training set.

    Examples
    --------
    >>> stats = fit_subtract_mean(np.array([[0, 10], [2, 30]], dtype=np.uint8))
    >>> subtract_mean(np.array([[5, 5]], dtype=np.uint8), stats)
    array([[  4., -15.]], dtype=float32)
    """
    check_examples("subtract_mean", X, stats["mean"].shape)
    dtype = float_dtype(X)
    return np.subtract(X, stats["mean"].astype(dtype), dtype=dtype)


def fit_standardize(X):
    """Measure the mean and the standard deviation of each channel of the training set, or of each feature.

    Parameters
    ----------
    X : ndarray of shape (N, C, ...)
        Images (N, C, H, W), or feature vectors (N, D), in which every feature is a channel. Floats or integers, N >= 1.

    Returns
    -------
    stats : dict
        ``mean``, ``std`` : ndarrays of float64, shape (C, 1, 1), or (D,). Where a channel is constant, std is 1.

    Raises
    ------
    TypeError, ValueError
        If X is not an ndarray of floats or integers with two axes or more, or is empty.
    """
    check_examples("fit_standardize", X)
    if X.ndim < 2 or X.size == 0:
        raise ValueError(f"fit_standardize: X has shape {X.shape}; expected (N, C, ...) with at least one element")
    rest = tuple(range(2, X.ndim))
    mean = X.mean(axis=(0, *rest), dtype=np.float64, keepdims=True)[0]
    # The squares are summed after the mean is gone: of large values with a small spread nothing would be left else.
    squares = sum(np.square(block - mean).sum(axis=(0, *rest), keepdims=True)[0] for block in blocks(X))
    std = np.sqrt(squares / (X.size // X.shape[1]))
    constant = (X.max(axis=(0, *rest)) == X.min(axis=(0, *rest))).reshape(std.shape)
    return {"mean": mean, "std": np.where(constant, 1.0, std)}


def standardize(X, stats):
    """Give every channel the mean 0 and the standard deviation 1, as measured on the training set.

    Parameters
    ----------
    X : ndarray of shape (N, C, ...)
    stats : dict
        From `fit_standardize`.

    Returns
    -------
    ndarray of float32 or float64, of X's shape

    Raises
    ------
    TypeError, ValueError
        If X is not an ndarray of floats or integers, or has another number of axes or channels than the training set.

    Examples
    --------
    >>> stats = fit_standardize(np.array([[0, 10], [2, 30]], dtype=np.uint8))
    >>> standardize(np.array([[5, 5]], dtype=np.uint8), stats)
    array([[ 4. , -1.5]], dtype=float32)
    """
    check_examples("standardize", X)
    mean, std = stats["mean"], stats["std"]
    if X.ndim != mean.ndim + 1 or X.shape[1] != len(mean):
        axes = ", ".join(["N", str(len(mean)), *"HW"[: mean.ndim - 1]])
        raise ValueError(f"standardize: X has shape {X.shape}; stats of {len(mean)} channels need ({axes})")
    dtype = float_dtype(X)
    out = np.subtract(X, mean.astype(dtype), dtype=dtype)
    out /= std.astype(dtype)
    return out


def float_dtype(X):
    """Say which type the prepared X has: float64 stays, all else becomes float32."""
    return X.dtype if X.dtype == np.float64 else np.dtype(np.float32)


def blocks(X):
    """Take X apart into blocks of examples, as float64."""
    for start in range(0, len(X), BLOCK):
        yield X[start : start + BLOCK].astype(np.float64)


def check_examples(where, X, shape=None):
    """Refuse an X that is not an ndarray of floats or integers, has nothing to fit, or examples not of this shape."""
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "iuf":
        came = f"dtype {X.dtype}" if isinstance(X, np.ndarray) else type(X).__name__
        raise TypeError(f"{where}: X must be an ndarray of floats or integers, got {came}")
    if where.startswith("fit_") and (X.ndim == 0 or len(X) == 0):
        raise ValueError(f"{where}: X has shape {X.shape}; there must be at least one example to measure")
    if shape is not None and X.shape[1:] != shape:
        raise ValueError(f"{where}: X has shape {X.shape}; the training set needs (N, {', '.join(map(str, shape))})")
