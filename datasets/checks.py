"""The checks that several files here share, and their words."""

from numbers import Integral

import numpy as np


def check_labels(where, y):
    """Refuse class labels that are not an ndarray of integers of shape (N,)."""
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        came = f"dtype {y.dtype}" if isinstance(y, np.ndarray) else type(y).__name__
        raise TypeError(f"{where}: y must be an ndarray of integer class labels, got {came}")
    if y.ndim != 1:
        raise ValueError(f"{where}: y has shape {y.shape}; expected (N,), one class label for each example")


def check_integer(where, name, value, at_least):
    """Refuse a setting that is not an integer, or is too small."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        raise ValueError(f"{where}: {name} must be an integer >= {at_least}, got {value!r}")


def check_seed(where, seed):
    """Refuse a seed that is neither None nor an integer from 0."""
    if seed is not None:
        check_integer(where, "seed", seed, at_least=0)
