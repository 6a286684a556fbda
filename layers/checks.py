"""The checks at the head of every forward and backward: one place decides what is refused, and in which words."""

import math
from functools import lru_cache
from numbers import Integral, Real

import numpy as np

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def check_arrays(where, **arrays):
    """Refuse arrays whose dtype or shape does not fit, before any arithmetic is done on them.

    Arrays of float32 and float64 may be mixed, and give float64 as everywhere in NumPy.

    Parameters
    ----------
    where : str
        The function that was called, for the message.
    **arrays : (array, shape)
        Shape is a tuple of sizes, or a string of letters such as ``"N C H W"``. A letter takes the size that it meets
        first and must meet the same one from then on. ``...`` stands for any axes, ``D...`` for axes that are
        flattened to D.

    Raises
    ------
    TypeError
        If an array is not an ndarray of float32 or float64. Integers are not converted in silence.
    ValueError
        If a shape does not fit; the message gives the letters and the shapes that came.
    """
    for name, (array, _) in arrays.items():
        if not isinstance(array, (np.ndarray, np.generic)):
            raise TypeError(f"{where}: {name} must be an ndarray of float32 or float64, got {type(array).__name__}")
        if array.dtype not in _FLOATS:
            raise TypeError(f"{where}: {name} must be of dtype float32 or float64, got {array.dtype}")
    problem = _problem(tuple([(name, array.shape, expected) for name, (array, expected) in arrays.items()]))
    if problem:
        raise ValueError(f"{where}: {problem}")


def check_labels(where, y, N, num_classes):
    """Refuse class labels that are not N integers from 0 to num_classes - 1."""
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        came = f"dtype {y.dtype}" if isinstance(y, np.ndarray) else type(y).__name__
        raise TypeError(f"{where}: y must be an ndarray of integer class labels, got {came}")
    if y.shape != (N,):
        raise ValueError(f"{where}: y has shape {y.shape}; N = {N} examples need ({N},), one class label each")
    if N and (y.min() < 0 or y.max() >= num_classes):
        bad = int(y[(y < 0) | (y >= num_classes)][0])
        raise ValueError(f"{where}: y has the label {bad}; expected 0 to {num_classes - 1} for {num_classes} classes")


def check_batch(where, x, axes=(0,)):
    """Refuse an x with no elements along the axes over which a mean is to be taken."""
    if any(x.shape[axis] == 0 for axis in axes):
        raise ValueError(f"{where}: x has shape {x.shape}; a mean needs at least one element")


def read_param(where, name, given, required=(), optional=None):
    """Take the values out of a layer's ``*_param`` dict: the required ones, then the optional ones or their defaults.

    Raises
    ------
    TypeError
        If it is not a dict.
    ValueError
        If a required key is missing or a key is unknown; the message lists what is allowed.
    """
    if not isinstance(given, dict):
        raise TypeError(f"{where}: {name} must be a dict, got {type(given).__name__}")
    defaults = optional or {}
    for key in required:
        if key not in given:
            raise ValueError(f"{where}: {name} lacks {key!r}; required are {list(required)}")
    for key in given:
        if key not in required and key not in defaults:
            raise ValueError(f"{where}: {name} has the unknown key {key!r}; known are {[*required, *defaults]}")
    return (*(given[key] for key in required), *(given.get(key, default) for key, default in defaults.items()))


def check_integer(where, name, value, at_least):
    """Return a setting as Python's int: NumPy's small ones would overflow. Refuse it if it is none, or too small."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        raise ValueError(f"{where}: {name} must be an integer >= {at_least}, got {value!r}")
    return int(value)


def check_number(where, name, value, least=-math.inf, most=math.inf, above=-math.inf, below=math.inf):
    """Refuse a setting that is not a finite number with ``least <= value <= most`` and ``above < value < below``."""
    number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not (number and least <= value <= most and above < value < below):
        bounds = (("above", above), ("from", least), ("up to", most), ("below", below))
        allowed = " ".join(["a finite number", *(f"{word} {bound}" for word, bound in bounds if math.isfinite(bound))])
        raise ValueError(f"{where}: {name} must be {allowed}, got {value!r}")


def check_mode(where, mode):
    """Refuse a mode that is neither 'train' nor 'test'."""
    if mode not in ("train", "test"):
        raise ValueError(f"{where}: mode must be 'train' or 'test', got {mode!r}")


@lru_cache(maxsize=1024)  # a net asks the same for every minibatch
def _problem(shapes):
    """Say which of the shapes, given as (name, shape, expected), does not fit, and why; None if all do."""
    sizes = {}
    for name, shape, expected in shapes:
        if isinstance(expected, tuple):
            if shape != expected:
                return f"{name} has shape {shape}; expected {expected}"
        elif not _bind(_letters(expected), name, shape, sizes):
            return f"{name} has shape {shape}; expected {_describe(expected, name, sizes)}"
    return None


@lru_cache(maxsize=None)
def _letters(expected):
    """Split "N C ..." into the letters of the leading axes and what the rest is called: None where there is no rest."""
    *leading, last = expected.split()
    if last.endswith("..."):
        return tuple(leading), last.removesuffix("...")
    return (*leading, last), None


def _bind(letters, name, shape, sizes):
    """Match a shape with letters, entering new ones in sizes as (size, name, shape); tell whether it fits."""
    leading, rest = letters
    if len(shape) < len(leading) or (rest is None and len(shape) > len(leading)):
        return False
    pairs = list(zip(leading, shape))
    if rest:
        pairs.append((rest, math.prod(shape[len(leading) :])))
    for letter, size in pairs:
        if size != (int(letter) if letter.isdigit() else sizes.setdefault(letter, (size, name, shape))[0]):
            return False
    return True


def _describe(expected, name, sizes):
    """Say what was expected: ``(D, M), where D = 6 comes from x of shape (2, 2, 3)``."""
    leading, rest = _letters(expected)
    form = ", ".join(leading) + (", ..." if rest is not None else "," if len(leading) == 1 else "")
    known = [
        f"{letter} = {sizes[letter][0]} comes from {sizes[letter][1]} of shape {sizes[letter][2]}"
        for letter in leading
        if letter in sizes and sizes[letter][1] != name
    ]
    return f"({form})" + (", where " + ", ".join(known) if known else "")
