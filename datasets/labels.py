"""What labels are turned into: one-hot rows, and the weights that make up for classes of unequal size."""

import numpy as np

from .checks import check_integer, check_labels


def one_hot(y, num_classes):
    """Write every label as a row with a 1 at its class and 0 elsewhere: a soft label that is quite sure.

    Parameters
    ----------
    y : ndarray of shape (N,)
        Integer labels, 0 <= y < C.
    num_classes : int
        C.

    Returns
    -------
    ndarray of float64, shape (N, C)

    Raises
    ------
    TypeError, ValueError
        If y is not an ndarray of integers of shape (N,), or a label is out of range.

    Examples
    --------
    >>> one_hot(np.array([2, 0]), num_classes=3)
    array([[0., 0., 1.], [1., 0., 0.]])
    """
    check_classes("one_hot", y, num_classes)
    return np.eye(num_classes)[y]


def class_weights(y, num_classes):
    """Weigh the classes of a training set so that each counts as much as any other: N / (C * its number of examples).


    Parameters
    ----------
    y : ndarray of shape (N,)
        Integer labels, 0 <= y < C, of the training set.
    num_classes : int
        C.

    Returns
    -------
    ndarray of float64, shape (C,)

    Raises
    ------
    TypeError, ValueError
        If y is not an ndarray of integers of shape (N,), a label is out of range, or a class has no example.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1])
    >>> weights = class_weights(y, num_classes=2)
    >>> weights.round(3)
    array([0.667, 2.   ])

    Who says 0 to everything is right three times out of four, and half of the time where the classes count alike:

    >>> right = y == 0
    >>> float(np.mean(right)), float(np.mean(weights[y] * right))
    (0.75, 0.5)
    """
    check_classes("class_weights", y, num_classes)
    counts = np.bincount(y.astype(np.int64), minlength=num_classes)
    if not counts.all():
        raise ValueError(f"class_weights: class {int(counts.argmin())} has none of the N = {len(y)} examples")
    return len(y) / (num_classes * counts)


def check_classes(where, y, num_classes):
    """Refuse what are not labels of num_classes classes."""
    check_labels(where, y)
    check_integer(where, "num_classes", num_classes, at_least=1)
    outside = (y < 0) | (y >= num_classes)
    if outside.any():
        raise ValueError(
            f"{where}: y has the label {y[outside][0]}; expected 0 to {num_classes - 1} for {num_classes} classes"
        )
