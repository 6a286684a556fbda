"""Losses: ``loss, dx = NAME_loss(x, y)``: the mean over the minibatch, and the gradient that backward starts from.

A loss is the last gate of the circuit. Its output is one number, whose gradient with respect to itself is 1, so it can
return dx at once. All four compute in float64, and return the loss as a float and dx in x's dtype.
"""

import numpy as np
import scipy

from .checks import check_arrays, check_batch, check_labels, check_number


def softmax_loss(x, y, label_smoothing=0.0):
    """Cross-entropy between the softmax of the scores and the labels.

    For one example, ``L = -log(e^x[y] / sum_j e^x[j])``, and ``dL/dx[j] = p[j] - 1[j = y]`` with ``p`` the softmax: the
    gradient pulls the score of the right class up, and pushes the others down in proportion to their probability.

    A soft label gives each class j a probability ``t[j]`` (mixing two images gives such labels). Then
    ``L = -sum_j t[j] log p[j]`` and ``dL/dx = p - t``; an integer label is the t with a 1 at y.

    Parameters
    ----------
    x : ndarray of shape (N, C)
        Scores. A class may be excluded by -inf, if no label is on it.
    y : ndarray of integers, shape (N,), or of floats, shape (N, C)
        Labels, 0 <= y < C; or soft labels, from 0 up, each row with the sum 1 (to 1e-5).
    label_smoothing : float
        From 0 to below 1: that share of the target is spread over all C classes alike, the rest is on the label, hard
        or soft (Szegedy et al., 2015, arXiv:1512.00567). Then ``dL/dx = p - t`` with ``t`` the smoothed target.

    Returns
    -------
    loss : float
        In nats, mean over the N examples.
    dx : ndarray of shape (N, C)

    Raises
    ------
    TypeError
        If the labels are neither integers nor, on two axes, floats.
    ValueError
        If shapes do not fit, there are no examples, a label is out of range, a soft label is negative or does not sum
        to 1, or label_smoothing is not from 0 to below 1.

    Examples
    --------
    >>> loss, dx = softmax_loss(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4)
    0.6931
    >>> dx
    array([[-0.5,  0.5]])

    The same scores, and a label that is three quarters of class 0:

    >>> softmax_loss(np.zeros((1, 2)), np.array([[0.75, 0.25]]))[1]
    array([[-0.25,  0.25]])
    """
    soft = isinstance(y, np.ndarray) and y.ndim == 2 and y.dtype.kind == "f"
    rows = _check_scores("softmax_loss", x, y, _check_soft_labels if soft else check_labels)
    check_number("softmax_loss", "label_smoothing", label_smoothing, least=0, below=1)
    shifted = x.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    dx = exponentials / totals
    if soft:
        t = y.astype(np.float64)
        of_labels = np.multiply(t, shifted, where=t > 0, out=np.zeros_like(t)).sum(axis=1)  # 0 * -inf is to be 0
        dx -= (1 - label_smoothing) * t
    else:
        of_labels = shifted[rows, y]
        dx[rows, y] -= 1 - label_smoothing
    losses = np.log(totals[:, 0]) - of_labels
    if label_smoothing:
        losses += label_smoothing * (of_labels - shifted.mean(axis=1))
        dx -= label_smoothing / x.shape[1]
    loss = losses.mean()
    dx /= len(x)
    return float(loss), dx.astype(x.dtype, copy=False)


def svm_loss(x, y):
    """Multiclass hinge loss with margin 1 (Weston and Watkins, 1999).

    For one example, ``L = sum over j != y of max(0, x[j] - x[y] + 1)``. Each term is a max gate: where it is positive,
    ``dx[j]`` gets 1 and ``dx[y]`` gets -1; x[y] occurs in every term, so its gradients add up.

    Parameters
    ----------
    x : ndarray of shape (N, C)
        Scores.
    y : ndarray of shape (N,)
        Integer labels, 0 <= y < C.

    Returns
    -------
    loss : float
        Mean over the N examples.
    dx : ndarray of shape (N, C)

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If shapes do not fit, there are no examples, or a label is out of range.

    Examples
    --------
    >>> loss, dx = svm_loss(np.array([[1.0, 1.5, -3.0]]), np.array([0]))
    >>> loss
    1.5
    >>> dx
    array([[-1.,  1.,  0.]])
    """
    rows = _check_scores("svm_loss", x, y)
    scores = x.astype(np.float64)
    margins = np.maximum(scores - scores[rows, y][:, np.newaxis] + 1, 0)
    margins[rows, y] = 0
    loss = margins.sum() / len(x)
    dx = (margins > 0).astype(np.float64)
    dx[rows, y] = -dx.sum(axis=1)
    dx /= len(x)
    return float(loss), dx.astype(x.dtype, copy=False)


def mse_loss(x, y):
    """Mean squared error.

    For one element, ``L = (x - y)^2`` and ``dL/dx = 2 (x - y)``; the mean is taken over all elements of the minibatch.

    Parameters
    ----------
    x : ndarray of shape (N, ...)
        Predictions.
    y : ndarray of x's shape
        Targets, float or integer.

    Returns
    -------
    loss : float
    dx : ndarray of x's shape

    Raises
    ------
    TypeError
        If the targets are neither float nor integer.
    ValueError
        If the shapes differ, or there are no elements.

    Examples
    --------
    >>> loss, dx = mse_loss(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    >>> loss, dx
    (2.0, array([0., 2.]))
    """
    _check_targets("mse_loss", x, y)
    difference = x.astype(np.float64) - y
    loss = np.mean(difference * difference)
    return float(loss), (difference * (2 / x.size)).astype(x.dtype, copy=False)


def sigmoid_cross_entropy_loss(x, y):
    """Binary cross-entropy between the sigmoid of the scores and the targets.

    For one element with ``s = 1 / (1 + e^-x)``, ``L = -y log(s) - (1 - y) log(1 - s)``. Grouped into one gate its
    derivative is ``dL/dx = s - y``. Computed as ``L = max(x, 0) - x y + log(1 + e^-|x|)``, in which nothing overflows.

    Parameters
    ----------
    x : ndarray of shape (N, ...)
        Scores.
    y : ndarray of x's shape
        Targets from 0 to 1, float or integer.

    Returns
    -------
    loss : float
        In nats, mean over all elements of the minibatch.
    dx : ndarray of x's shape

    Raises
    ------
    TypeError
        If the targets are neither float nor integer.
    ValueError
        If the shapes differ, there are no elements, or a target is not from 0 to 1.

    Examples
    --------
    >>> loss, dx = sigmoid_cross_entropy_loss(np.array([0.0, 100.0]), np.array([1, 1]))
    >>> round(loss, 4), dx
    (0.3466, array([-0.25,  0.  ]))
    """
    where = "sigmoid_cross_entropy_loss"
    _check_targets(where, x, y)
    outside = ~((y >= 0) & (y <= 1))
    if outside.any():
        raise ValueError(f"{where}: y has the target {y[outside][0]}; expected 0 to 1")
    scores, targets = x.astype(np.float64), y.astype(np.float64)
    loss = np.mean(np.maximum(scores, 0) - scores * targets + np.log1p(np.exp(-np.abs(scores))))
    return float(loss), ((scipy.special.expit(scores) - targets) / x.size).astype(x.dtype, copy=False)


def _check_targets(where, x, y):
    """Check predictions and targets of one shape."""
    check_arrays(where, x=(x, "N ..."))
    check_batch(where, x, axes=range(x.ndim))
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iuf":
        came = f"dtype {y.dtype}" if isinstance(y, np.ndarray) else type(y).__name__
        raise TypeError(f"{where}: y must be an ndarray of float or integer targets, got {came}")
    if y.shape != x.shape:
        raise ValueError(f"{where}: y has shape {y.shape}; expected {x.shape}, the shape of x")


def _check_scores(where, x, y, check_y=check_labels):
    """Check scores and labels; return the row numbers, with which scores[rows, y] are the scores of the labels."""
    check_arrays(where, x=(x, "N C"))
    check_batch(where, x, axes=(0, 1))
    check_y(where, y, *x.shape)
    return np.arange(len(x))


def _check_soft_labels(where, y, N, num_classes):
    """Refuse soft labels that are not N rows of num_classes probabilities with the sum 1."""
    if y.shape != (N, num_classes):
        raise ValueError(f"{where}: y has shape {y.shape}; soft labels need {(N, num_classes)}, the shape of x")
    if (y < 0).any():
        raise ValueError(f"{where}: y has the probability {y[y < 0][0]}; expected 0 to 1")
    sums = y.sum(axis=1, dtype=np.float64)
    wrong = ~(np.abs(sums - 1) <= 1e-5)
    if wrong.any():
        n = int(wrong.argmax())
        raise ValueError(f"{where}: y has the sum {sums[n]:g} in row {n}; the probabilities of the classes sum to 1")
