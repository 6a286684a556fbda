"""What helps when plain steps do not: batches larger than memory, clipped gradients, averaged weights."""

import math

import numpy as np
import scipy


def accumulate_gradients(model, X, y, batch_size):
    """Compute loss and gradients of a batch in pieces, so that memory need hold one piece only.

    Loss and gradients are means over examples, so that the pieces' means, weighted by their lengths, add up to those of
    the whole: the same to rounding. A batch normalisation is exempt: it sees one piece at a time.

    Parameters
    ----------
    model : object with ``loss(X, y) -> (loss, grads)``
    X : ndarray of shape (N, ...)
    y : ndarray of shape (N,) or (N, C)
        Labels, or soft labels.
    batch_size : int
        Examples in a piece.

    Returns
    -------
    loss : float
    grads : dict of str to ndarray
    """
    if len(X) <= batch_size:
        return model.loss(X, y)
    total, sums = 0.0, {}
    for start in range(0, len(X), batch_size):
        piece = slice(start, start + batch_size)
        loss, grads = model.loss(X[piece], y[piece])
        share = len(X[piece]) / len(X)
        total += share * float(loss)
        for name, grad in grads.items():
            sums[name] = sums[name] + share * grad if name in sums else share * grad
    return total, sums


def global_norm(arrays):
    """Take the length of all arrays together, as one vector; it overflows only where the length itself does.

    Examples
    --------
    >>> global_norm([np.array([3.0, 0.0]), np.array([[4.0]])])
    5.0
    """
    return math.hypot(*(float(scipy.linalg.norm(array.ravel(order="K"))) for array in arrays))


def clip_gradients(grads, clip_norm):
    """Scale all gradients by one factor so that their global norm is at most `clip_norm`: their direction stays.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.

    Parameters
    ----------
    grads : dict of str to ndarray
    clip_norm : float

    Returns
    -------
    clipped : dict of str to ndarray
        Gradients that are short enough as they are.

    Examples
    --------
    >>> clip_gradients({"w": np.array([3.0, 4.0])}, 1.0)
    {'w': array([0.6, 0.8])}
    """
    norm = global_norm(grads.values())
    if norm <= clip_norm:
        return grads
    return {name: grad * (clip_norm / norm) for name, grad in grads.items()}


def move_average(average, arrays, decay, t):
    """Move an exponential average one step towards the arrays.

    ``average + (1 - d) * (array - average)`` with ``d = min(decay, (1 + t) / (10 + t))``: a young average forgets
    faster, so that the random start does not weigh on it for long. What is no float is taken as it is.

    Source: Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992; the smaller decay of the
    first steps as in TensorFlow's ExponentialMovingAverage.

    Parameters
    ----------
    average : dict of str to ndarray
        Empty before the first step.
    arrays : dict of str to ndarray
    decay : float
        From 0 to below 1.
    t : int
        The number of this step, from 1.

    Returns
    -------
    average : dict of str to ndarray
        A new dict of new arrays.

    Examples
    --------
    >>> average = move_average({}, {"w": np.array([1.0])}, decay=0.9, t=1)
    >>> move_average(average, {"w": np.array([2.0])}, decay=0.9, t=2)
    {'w': array([1.75])}
    """
    rest = 1 - min(decay, (1 + t) / (10 + t))
    moved = {}
    for name, array in arrays.items():
        moves = name in average and array.dtype.kind == "f"
        moved[name] = average[name] + rest * (array - average[name]) if moves else np.array(array)
    return moved
