"""Gaussian error linear unit: ``out = x * Phi(x)``, with Phi the distribution function of the normal distribution."""

import math

import numpy as np
import scipy

from .checks import check_arrays
from .compose import Layer
from .kernels.elementwise import in_parts


def gelu_forward(x):
    """Weight every element by the probability that a standard normal variable lies below it.

    The exact form of Hendrycks and Gimpel (2016, arXiv:1606.08415), not its approximation by tanh.

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
    >>> out, cache = gelu_forward(np.array([-10.0, 0.0, 10.0]))
    >>> np.abs(out).round(6)
    array([ 0.,  0., 10.])
    """
    check_arrays("gelu_forward", x=(x, "..."))
    # Below -40 the probability is 0 in either precision; so is the product then, even for -inf.
    return in_parts(lambda x, out: np.multiply(np.maximum(x, -40), scipy.special.ndtr(x), out=out), x), x


def gelu_backward(dout, cache):
    """Backward pass of the Gaussian error linear unit.

    x goes into the product twice, as the factor and through Phi, and the two gradients add up. With the density
    ``phi = Phi' = exp(-x^2 / 2) / sqrt(2 pi)``, ``d(x Phi(x))/dx = Phi(x) + x phi(x)``.

    Parameters
    ----------
    dout : ndarray of x's shape
    cache : ndarray
        ``x`` from `gelu_forward`.

    Returns
    -------
    dx : ndarray of x's shape
    """
    x = cache
    check_arrays("gelu_backward", dout=(dout, x.shape))

    def times_slope(dout, x, dx):
        # Beyond 40 the density is 0 in either precision, and the square of a large x would overflow.
        near = np.clip(x, -40, 40)
        density = np.exp(-near * near / 2) / math.sqrt(2 * math.pi)
        np.multiply(dout, scipy.special.ndtr(x) + near * density, out=dx)

    return in_parts(times_slope, dout, x)


gelu = Layer(gelu_forward, gelu_backward)
