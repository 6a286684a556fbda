"""Parameters before training: random weights of a chosen scale, biases 0, scales 1."""

import math

import numpy as np

from .checks import FLOATS, check_generator, check_known, check_number, check_sizes


def initialise(shapes, weight_scale, dtype=np.float32, seed=None):
    """Draw the parameters of a net.

    Parameters
    ----------
    shapes : dict of str to tuple of int, or int for a vector
        In the order of the net. A key without its number says what the array is: ``W`` weights, ``b`` and ``beta``
        shifts, which become zeros, ``gamma`` scales, which become ones.
    weight_scale : float, 'he' or 'xavier'
        Standard deviation of the weights, which are normally distributed around 0. ``'he'`` is sqrt(2 / fan_in), which
        keeps the variance of the signal through affine and relu (He et al., 2015, arXiv:1502.01852); ``'xavier'`` is
        sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010).
    dtype : float32 or float64
        Weights are drawn in float64 and then rounded, so that both types get the same ones.
    seed : None, int or numpy.random.Generator

    Returns
    -------
    params : dict of str to ndarray

    Raises
    ------
    ValueError
        If a shape, the scale, the dtype or the seed is not allowed, or a key says nothing.

    Examples
    --------
    >>> params = initialise({"W1": (3, 2), "b1": 2}, weight_scale=1e-2, seed=0)
    >>> params["W1"].shape, params["b1"]
    ((3, 2), array([0., 0.], dtype=float32))
    """
    check_known("initialise", "dtype", np.dtype(dtype), FLOATS)
    if isinstance(weight_scale, str):
        check_known("initialise", "weight_scale", weight_scale, tuple(_SCALES))
    else:
        weight_scale = check_number("initialise", "weight_scale", weight_scale)
    rng = check_generator("initialise", seed)
    params = {}
    for key, shape in shapes.items():
        shape = check_sizes("initialise", f"the shape of {key}", shape if isinstance(shape, tuple) else (shape,))
        name = bare_name(key)
        check_known("initialise", f"the name {key} without its number", name, ("w", "b", "gamma", "beta"))
        if name == "w":
            scale = _SCALES[weight_scale](*fans(shape)) if isinstance(weight_scale, str) else weight_scale
            params[key] = (scale * rng.standard_normal(shape)).astype(dtype)
        else:
            params[key] = np.full(shape, name == "gamma", dtype)
    return params


def bare_name(key):
    """Return the argument of a layer that a parameter is for: W1 -> w, gamma2 -> gamma."""
    return key.rstrip("0123456789").lower()


def fans(shape):
    """Count the inputs of one output and the outputs of one input, for weights (D, M) or filters (F, C, HH, WW).

    Examples
    --------
    >>> fans((5, 7)), fans((8, 3, 2, 2))
    ((5, 7), (12, 32))
    """
    if len(shape) == 2:
        return shape
    F, C, *window = shape
    return C * math.prod(window), F * math.prod(window)


_SCALES = {
    "he": lambda fan_in, fan_out: math.sqrt(2 / fan_in),
    "xavier": lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
}
