"""Logistic sigmoid: ``out = 1 / (1 + exp(-x))``."""

import numpy as np

from .checks import check_arrays
from .compose import Layer
from .kernels.elementwise import in_parts


def sigmoid_forward(x):
    """Squash every element into the range from 0 to 1.

    Parameters
    ----------
    x : ndarray of any shape

    Returns
    -------
    out : ndarray of x's shape
        Where ``exp(-x)`` is infinite, 0, without a warning.
    cache : ndarray
        A copy of ``out``: the derivative is a function of it alone.

    Examples
    --------
    >>> out, cache = sigmoid_forward(np.array([-1000.0, 0.0, 1000.0]))
    >>> out
    array([0. , 0.5, 1. ])
    """
    check_arrays("sigmoid_forward", x=(x, "..."))
    out = in_parts(_invert_one_plus_exp, x)
    return out, out.copy(order="K")


def _invert_one_plus_exp(x, out):
    """The gates negate, exp, add one and invert, one after the other in the same memory."""
    np.negative(x, out=out)
    with np.errstate(over="ignore", under="ignore"):
        np.exp(out, out=out)
    out += 1
    np.reciprocal(out, out=out)


def sigmoid_backward(dout, cache):
    """Backward pass of the sigmoid.

    With ``s = 1 / (1 + exp(-x))``, ``ds/dx = exp(-x) / (1 + exp(-x))^2 = s (1 - s)``: four gates (negate, exp, add one,
    invert) grouped into one whose local gradient is simpler than any of theirs.

    Parameters
    ----------
    dout : ndarray of x's shape
    cache : ndarray
        ``out`` from `sigmoid_forward`.

    Returns
    -------
    dx : ndarray of x's shape
    """
    out = cache
    check_arrays("sigmoid_backward", dout=(dout, out.shape))
    return in_parts(lambda dout, out, dx: np.multiply(dout * out, 1 - out, out=dx), dout, out)


sigmoid = Layer(sigmoid_forward, sigmoid_backward)
