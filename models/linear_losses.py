"""The losses of linear classifiers, SVM and softmax on ``scores = X @ W``, in loops to read and vectorised.

As in the course there is no bias: a last column of ones in X makes the last row of W one. The regularisation is
``reg * sum(W * W)``, without the 0.5 of the nets.
"""

import numpy as np

from layers import softmax_loss, svm_loss

from .checks import FLOATS, as_floats, check_labels, check_number


def svm_loss_naive(W, X, y, reg):
    """Multiclass SVM loss, example by example and class by class.

    Parameters
    ----------
    W : ndarray of shape (D, C)
    X : ndarray of shape (N, D)
    y : ndarray of shape (N,)
        Integer labels, 0 <= y < C.
    reg : float

    Returns
    -------
    loss : float
        Mean over the N examples of ``sum over j != y of max(0, scores[j] - scores[y] + 1)``, and ``reg * sum(W * W)``.
    dW : ndarray of shape (D, C)

    Raises
    ------
    TypeError, ValueError
        If an array is of another kind or shape, or a label is out of range.

    Examples
    --------
    >>> loss, dW = svm_loss_naive(np.zeros((2, 3)), np.ones((1, 2)), np.array([0]), reg=0.0)
    >>> loss
    2.0
    >>> dW
    array([[-2.,  1.,  1.],
           [-2.,  1.,  1.]])
    """
    X, reg = _checked("svm_loss_naive", W, X, y, reg)
    loss, dW = 0.0, np.zeros_like(W)
    for x, label in zip(X, y):
        scores = x @ W
        for j in range(W.shape[1]):
            margin = scores[j] - scores[label] + 1
            if j != label and margin > 0:
                loss += margin
                dW[:, j] += x
                dW[:, label] -= x
    return float(loss) / len(X) + reg * float(np.sum(W * W)), dW / len(X) + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    """Softmax loss, example by example and class by class; arguments and results as in `svm_loss_naive`.

    The mean is over ``-log(p[y])`` with ``p = e^scores / sum(e^scores)``; the highest score is first moved to 0, which
    leaves p as it is and keeps the powers from overflowing.
    """
    X, reg = _checked("softmax_loss_naive", W, X, y, reg)
    loss, dW = 0.0, np.zeros_like(W)
    for x, label in zip(X, y):
        scores = x @ W
        powers = np.exp(scores - scores.max())
        loss += np.log(powers.sum()) - (scores[label] - scores.max())
        for j in range(W.shape[1]):
            dW[:, j] += (powers[j] / powers.sum() - (j == label)) * x
    return float(loss) / len(X) + reg * float(np.sum(W * W)), dW / len(X) + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    """The same as `svm_loss_naive`, by matrix products."""
    X, reg = _checked("svm_loss_vectorized", W, X, y, reg)
    loss, dscores = svm_loss(X @ W, y)
    return loss + reg * float(np.sum(W * W)), X.T @ dscores + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    """The same as `softmax_loss_naive`, by matrix products."""
    X, reg = _checked("softmax_loss_vectorized", W, X, y, reg)
    loss, dscores = softmax_loss(X @ W, y)
    return loss + reg * float(np.sum(W * W)), X.T @ dscores + 2 * reg * W


def _checked(where, W, X, y, reg):
    """Return X in W's dtype and reg as a float, when all arguments of a loss fit together."""
    if not isinstance(W, np.ndarray) or W.dtype not in FLOATS:
        came = f"dtype {W.dtype}" if isinstance(W, np.ndarray) else type(W).__name__
        raise TypeError(f"{where}: W must be an ndarray of float32 or float64, got {came}")
    X = as_floats(where, X, W.dtype)
    if X.ndim != 2 or len(X) == 0 or W.ndim != 2 or X.shape[1] != len(W):
        raise ValueError(f"{where}: X has shape {X.shape} and W {W.shape}; expected (N, D) and (D, C) with N >= 1")
    check_labels(where, X, y, num_classes=W.shape[1])
    return X, check_number(where, "reg", reg)
