"""What the solvers refuse, and in which words."""

import math
from numbers import Integral, Real

import numpy as np


ABOVE_ZERO = (lambda value: value > 0, "> 0")
FRACTION = (lambda value: 0 <= value < 1, "from 0 to below 1")


def check_integer(where, name, value, least):
    """Return the value as an int; a ValueError unless it is an integer of at least `least`."""
    if not isinstance(value, (int, Integral)) or isinstance(value, bool) or value < least:
        raise ValueError(f"{where}: {name} must be an integer >= {least}, got {value!r}")
    return int(value)


def check_number(where, name, value, fits, expected, optional=False):
    """Return the value as a float; a ValueError unless it is a finite number for which ``fits(value)`` holds.

    None is returned as it is where the value is optional.
    """
    if optional and value is None:
        return None
    number = isinstance(value, (float, Real)) and not isinstance(value, bool) and math.isfinite(value)
    if not (number and fits(value)):
        raise ValueError(f"{where}: {name} must be a finite number {expected}, got {value!r}")
    return float(value)


def check_known(where, what, given, known):
    """A ValueError for the first of the given names that is not known; it lists those that are."""
    for name in given:
        if name not in known:
            raise ValueError(f"{where}: unknown {what} {name!r}; known are {', '.join(known)}")


def check_count(where, name, value):
    """Return the value as a positive int, or None, which stands for all; a ValueError otherwise."""
    return None if value is None else check_integer(where, name, value, 1)


def check_examples(where, data, X_name, y_name):
    """Return the two named arrays of data; a ValueError unless they are (N, ...) and (N,) with N >= 1."""
    for name in (X_name, y_name):
        if name not in data:
            raise ValueError(f"{where}: data has no {name!r}; expected X_train, y_train, X_val, y_val")
    X, y = np.asarray(data[X_name]), np.asarray(data[y_name])
    if X.ndim == 0 or len(X) == 0 or y.shape != X.shape[:1]:
        raise ValueError(
            f"{where}: {X_name} has shape {X.shape} and {y_name} {y.shape}; expected (N, ...) and (N,) with N >= 1"
        )
    return X, y


def check_function(where, name, given):
    """Return the given function, or None; a ValueError if it is anything else."""
    if given is not None and not callable(given):
        raise ValueError(f"{where}: {name} must be a function or None, got {given!r}")
    return given


def check_functions(where, name, given):
    """Return the given functions as a tuple; a ValueError unless they are a list or tuple of functions."""
    if not isinstance(given, (list, tuple)) or not all(map(callable, given)):
        raise ValueError(f"{where}: {name} must be a list or tuple of functions of the solver, got {given!r}")
    return tuple(given)
