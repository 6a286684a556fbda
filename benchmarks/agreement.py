"""Whether two sides did the same work: losses to five digits, arrays by their largest difference."""

import numpy as np

LOSSES = 1e-5
ARRAYS = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-10}


class Disagreement(Exception):
    """Two sides of a comparison computed different things, so that their times say nothing."""


def check_losses(case, losses):
    """Refuse losses that differ by more than 1e-5 of themselves.

    Parameters
    ----------
    case : str
    losses : dict of str to sequence of float
        Of each side, step by step; the first side is what the others are compared with.
    """
    (first, reference), *others = losses.items()
    for name, values in others:
        if not np.allclose(values, reference, rtol=LOSSES, atol=0):
            raise Disagreement(f"{case}: the losses differ: {first} {list(reference)}, {name} {list(values)}")


def check_arrays(case, results):
    """Refuse arrays that differ by more than float32 or float64 explains; return the largest difference.

    Parameters
    ----------
    case : str
    results : dict of str to sequence of ndarray
        Out and gradients of each side; the first side is what the others are compared with.

    Returns
    -------
    difference : float
        The largest absolute difference in an array, relative to the largest entry of that array; over all of them.
    """
    (first, reference), *others = results.items()
    largest = 0.0
    for name, arrays in others:
        for number, (array, expected) in enumerate(zip(arrays, reference, strict=True)):
            if array.shape != expected.shape:
                shapes = f"{expected.shape} by {first}, {array.shape} by {name}"
                raise Disagreement(f"{case}: result {number} has shape {shapes}")
            difference = float(np.abs(array - expected).max() / np.abs(expected).max())
            if not difference <= ARRAYS[expected.dtype]:
                raise Disagreement(f"{case}: result {number} of {first} and of {name} differ by {difference:.1e}")
            largest = max(largest, difference)
    return largest
