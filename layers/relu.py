"""Rectified linear unit: ``out = max(0, x)``."""

import numpy as np

from .checks import check_arrays
from .compose import Layer
from .kernels.elementwise import in_parts, maximum


def relu_forward(x):
    """Replace every negative element by zero.

    Parameters
    ----------
    x : ndarray of any shape

    Returns
    -------
    out : ndarray of x's shape
    cache : ndarray
        ``x``.

    Examples
    --------
    >>> out, cache = relu_forward(np.array([-1.0, 2.0]))
    >>> out
    array([0., 2.])
    """
    check_arrays("relu_forward", x=(x, "..."))
    return maximum(x, 0), x


def relu_backward(dout, cache):
    """Backward pass of the rectified linear unit.

    A max gate with a zero at its other input: the gradient goes to x where x is larger, and is lost where the zero is,
    ``dx = dout * 1[x > 0]``. At x = 0 there is no derivative; it is taken as 0.

    Parameters
    ----------
    dout : ndarray of x's shape
    cache : ndarray
        ``x`` from `relu_forward`.

    Returns
    -------
    dx : ndarray of x's shape
    """
    x = cache
    check_arrays("relu_backward", dout=(dout, x.shape))
    return in_parts(lambda dout, x, dx: np.multiply(dout, x > 0, out=dx), dout, x)


relu = Layer(relu_forward, relu_backward)
