"""Softmax over the last axis: scores become probabilities."""

import numpy as np

from .checks import check_arrays
from .compose import Layer


def softmax_forward(x):
    """Turn the scores along the last axis into probabilities, ``out = exp(x) / sum(exp(x))``.

    Parameters
    ----------
    x : ndarray of shape (..., C)

    Returns
    -------
    out : ndarray of shape (..., C)
        Positive, and summing to 1 along the last axis. A constant added to all scores changes nothing, so the largest
        is subtracted first and no exponential overflows.
    cache : ndarray
        A copy of ``out``: the derivative is a function of it alone.

    Raises
    ------
    ValueError
        If there is no last axis, or it is empty.

    Examples
    --------
    >>> out, cache = softmax_forward(np.array([[1000.0, 1000.0], [0.0, -np.inf]]))
    >>> out
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    check_arrays("softmax_forward", x=(x, "..."))
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(f"softmax_forward: x has shape {x.shape}; expected (..., C) with C >= 1")
    out = np.exp(x - x.max(axis=-1, keepdims=True))
    out /= out.sum(axis=-1, keepdims=True)
    return out, np.array(out)


def softmax_backward(dout, cache):
    """Backward pass of the softmax.

    For one row of scores, ``out[i] = e^x[i] / sum_k e^x[k]``, and the quotient rule gives
    ``d out[i]/d x[j] = out[i] (1[i = j] - out[j])``: every score moves every probability. Summing over the outputs,
    ``dx[j] = sum_i dout[i] out[i] (1[i = j] - out[j]) = out[j] (dout[j] - sum_i dout[i] out[i])``.

    Parameters
    ----------
    dout : ndarray of shape (..., C)
    cache : ndarray
        ``out`` from `softmax_forward`.

    Returns
    -------
    dx : ndarray of shape (..., C)
    """
    out = cache
    check_arrays("softmax_backward", dout=(dout, out.shape))
    return out * (dout - (dout * out).sum(axis=-1, keepdims=True))


softmax = Layer(softmax_forward, softmax_backward)
