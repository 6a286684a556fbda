"""Augmentation: change every minibatch at random, so that the net never sees the same image twice.

A step is a plain function ``(X, y, rng) -> (X, y)``; what else it takes has a default, or is bound by
`functools.partial`. `compose_augment` makes one function of several steps, for the Solver::

    Solver(model, data, augment=compose_augment("flip", partial(random_crop, pad=2)))

The Solver calls it with a generator that follows from the seed, the epoch and the place of the minibatch, so that a run
that is taken up again augments as if it had not been stopped. X is a minibatch (N, C, H, W) of uint8, float32 or
float64; it keeps its dtype, and is not changed in place. On uint8 steps are faster; `to_float` then makes floats of it,
as the Solver's ``prepare``.
"""

import zlib
from functools import partial

import numpy as np

from .distort import cutout, mixup, random_brightness, random_contrast
from .move import random_crop, random_flip, random_rotate, random_shift

AUGMENTATIONS = {
    "flip": random_flip,
    "crop": random_crop,
    "shift": random_shift,
    "rotate": random_rotate,
    "cutout": cutout,
    "brightness": random_brightness,
    "contrast": random_contrast,
    "mixup": mixup,
}


def compose_augment(*steps):
    """Make one augmentation of several, done in this order.

    Parameters
    ----------
    *steps : functions ``(X, y, rng) -> (X, y)``, or names in `AUGMENTATIONS`

    Returns
    -------
    function ``(X, y, rng) -> (X, y)``
        Its ``__qualname__`` tells the steps with their settings, so that a checkpoint knows which augmentation it was.

    Raises
    ------
    ValueError
        If a name is unknown, or a step is neither a name nor a function.

    Examples
    --------
    >>> augment = compose_augment("flip", partial(random_crop, pad=2))
    >>> augment.__qualname__
    'random_flip, random_crop(pad=2)'
    >>> X, y = augment(np.zeros((5, 3, 8, 8), dtype=np.uint8), np.arange(5), np.random.default_rng(0))
    >>> X.shape, X.dtype
    ((5, 3, 8, 8), dtype('uint8'))
    """
    functions = [_function(step) for step in steps]

    def augment(X, y, rng):
        for function in functions:
            X, y = function(X, y, rng)
        return X, y

    augment.__qualname__ = ", ".join(map(_describe, functions))
    return augment


def _function(step):
    if isinstance(step, str) and step in AUGMENTATIONS:
        return AUGMENTATIONS[step]
    if isinstance(step, str):
        raise ValueError(f"compose_augment: unknown step {step!r}; known are {', '.join(AUGMENTATIONS)}")
    if not callable(step):
        raise ValueError(f"compose_augment: a step must be a function or a name, got {step!r}")
    return step


def _describe(function):
    """Write a step as a call with its bound settings; of an array, its shape and a checksum."""
    if not isinstance(function, partial):
        return getattr(function, "__qualname__", type(function).__name__)
    settings = ", ".join(
        f"{name}={f'{value.shape} {zlib.crc32(value.tobytes()):08x}' if isinstance(value, np.ndarray) else repr(value)}"
        for name, value in function.keywords.items()
    )
    return f"{_describe(function.func)}({settings})"
