"""Learning-rate schedules as they are written on the command line: ``cosine``, ``step:10``, ``warmup:2,cosine``."""

import math
from functools import partial

from solvers import SCHEDULES

SPELLINGS = "constant, step:EPOCHS, exponential:DECAY, cosine, one-cycle, or warmup:EPOCHS,NAME"
# What the number after the colon is.
NUMBERS = {"step": "every", "exponential": "decay", "cosine": "final", "warmup": "epochs"}


def make_schedule(text):
    """Make the schedule that a text names.

    Raises
    ------
    ValueError
        If the name is not known, or it takes no such number.

    Examples
    --------
    >>> schedule = make_schedule("warmup:2,step:3")
    >>> [round(schedule(epoch, 10), 3) for epoch in (0, 1, 2, 4, 5, 8)]
    [0.0, 0.5, 1.0, 1.0, 0.1, 0.01]
    """
    first, comma, rest = text.partition(",")
    name, colon, written = first.partition(":")
    name = name.replace("-", "_")
    if name not in SCHEDULES:
        raise ValueError(f"unknown schedule {first!r}; known are {SPELLINGS}")
    settings = {}
    if colon:
        if name not in NUMBERS:
            raise ValueError(f"{name} takes no number, got {first!r}")
        settings[NUMBERS[name]] = _number(written, first)
    if comma:
        if name != "warmup":
            raise ValueError(f"only warmup is followed by another schedule, got {text!r}")
        settings["then"] = make_schedule(rest)
    return partial(SCHEDULES[name], **settings)


def _number(written, first):
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"expected a finite number > 0 after the colon, got {first!r}")
    return value
