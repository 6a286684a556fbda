"""What the models refuse, and in which words."""

import math
from numbers import Integral, Real

import numpy as np

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def check_integer(where, name, value, at_least):
    """Return the value as an int; a ValueError unless it is an integer of at least `at_least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        raise ValueError(f"{where}: {name} must be an integer >= {at_least}, got {value!r}")
    return int(value)


def check_counts(where, **counts):
    """A ValueError unless each of the arguments, given by name, is an integer >= 1."""
    for name, count in counts.items():
        check_integer(where, name, count, at_least=1)


def check_sizes(where, name, sizes, length=None):
    """Return sizes as a tuple of ints; a ValueError unless they are integers >= 1, and as many as `length` says."""
    fits = isinstance(sizes, (list, tuple)) and length in (None, len(sizes))
    if not fits or any(not isinstance(size, Integral) or isinstance(size, bool) or size < 1 for size in sizes):
        count = "" if length is None else f"{length} "
        raise ValueError(f"{where}: {name} must be a list or tuple of {count}integers >= 1, got {sizes!r}")
    return tuple(int(size) for size in sizes)


def check_number(where, name, value, above=None):
    """Return the value as a float; a ValueError unless it is a finite number >= 0, and above `above`."""
    number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not number or value < 0 or (above is not None and value <= above):
        expected = ">= 0" if above is None else f"above {above}"
        raise ValueError(f"{where}: {name} must be a finite number {expected}, got {value!r}")
    return float(value)


def check_known(where, name, value, known):
    """A ValueError unless the value is among those that are known; it lists them."""
    if value not in known:
        raise ValueError(f"{where}: {name} is {value!r}; known are {', '.join(map(repr, known))}")


def check_generator(where, seed):
    """Return the generator that a seed stands for: None, an integer >= 0, or a numpy.random.Generator itself."""
    if not (seed is None or isinstance(seed, np.random.Generator)):
        check_integer(where, "seed", seed, at_least=0)
    return np.random.default_rng(seed)


def as_floats(where, X, dtype=None):
    """Return X in the given float dtype; unless given, floats stay what they are and integers become float64.

    Raises
    ------
    TypeError
        If X is not an ndarray of integers or floats.
    """
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "iuf":
        came = f"dtype {X.dtype}" if isinstance(X, np.ndarray) else type(X).__name__
        raise TypeError(f"{where}: X must be an ndarray of floats or integers, got {came}")
    if dtype is None:
        dtype = X.dtype if X.dtype in FLOATS else np.float64
    return X.astype(dtype, copy=False)


def check_labels(where, X, y, num_classes=None):
    """Refuse labels that are not integers from 0, one for each example in X, or not below num_classes where given."""
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        came = f"dtype {y.dtype}" if isinstance(y, np.ndarray) else type(y).__name__
        raise TypeError(f"{where}: y must be an ndarray of integer class labels, got {came}")
    if y.shape != (len(X),):
        raise ValueError(f"{where}: y has shape {y.shape}; X of shape {X.shape} needs ({len(X)},)")
    outside = (y < 0) | (y >= (np.inf if num_classes is None else num_classes))
    if outside.any():
        expected = "integers >= 0" if num_classes is None else f"0 to {num_classes - 1}"
        raise ValueError(f"{where}: y has the label {y[outside][0]}; expected {expected}")
