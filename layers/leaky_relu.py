"""Leaky rectified linear unit: x where it is positive, a small multiple of x where it is negative."""

import numpy as np

from .checks import check_arrays, check_number, read_param
from .compose import Layer
from .kernels.elementwise import in_parts


def leaky_relu_forward(x, leaky_relu_param):
    """Scale the negative elements down instead of cutting them off (Maas, Hannun, Ng, 2013).

    Parameters
    ----------
    x : ndarray of any shape
    leaky_relu_param : dict
        ``negative_slope``: from 0 to 1, the factor for negative elements (default 0.01).

    Returns
    -------
    out : ndarray of x's shape
    cache : tuple
        ``(x, negative_slope)``.

    Raises
    ------
    ValueError
        If the slope is not a number from 0 to 1.

    Examples
    --------
    >>> out, cache = leaky_relu_forward(np.array([-1.0, 2.0]), {"negative_slope": 0.1})
    >>> out
    array([-0.1,  2. ])
    """
    check_arrays("leaky_relu_forward", x=(x, "..."))
    (slope,) = read_param("leaky_relu_forward", "leaky_relu_param", leaky_relu_param, optional={"negative_slope": 0.01})
    check_number("leaky_relu_forward", "negative_slope", slope, least=0, most=1)
    slope = float(slope)
    return in_parts(lambda x, out: np.maximum(x, slope * x, out=out), x), (x, slope)


def leaky_relu_backward(dout, cache):
    """Backward pass of the leaky rectified linear unit.

    A max gate between x and ``negative_slope * x``: the local gradient is 1 where x > 0 and ``negative_slope``
    elsewhere, the kink at x = 0 included.

    Parameters
    ----------
    dout : ndarray of x's shape
    cache : tuple
        ``(x, negative_slope)`` from `leaky_relu_forward`.

    Returns
    -------
    dx : ndarray of x's shape
    """
    x, slope = cache
    check_arrays("leaky_relu_backward", dout=(dout, x.shape))

    def part(dout, x, dx):
        # The larger of 1[x > 0] and the slope, a number of dx's own dtype: np.where takes several times as long.
        np.multiply(dout, np.maximum(x > 0, dx.dtype.type(slope)), out=dx)

    return in_parts(part, dout, x)


leaky_relu = Layer(leaky_relu_forward, leaky_relu_backward)
