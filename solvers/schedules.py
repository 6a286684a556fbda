"""Learning-rate schedules: ``factor = schedule(epoch, num_epochs)``, by which the learning rate is multiplied.

A schedule is a pure function of progress: `epoch` is how many epochs are done, as a real number from 0 to below
`num_epochs`. What it has to be told besides is a keyword, to be bound by `functools.partial`::

    Solver(model, data, schedule=cosine)
    Solver(model, data, schedule=partial(step, every=10, factor=0.1))
    Solver(model, data, schedule=partial(warmup, epochs=2, then=cosine))

`SCHEDULES` lists those that need nothing more.
"""

import hashlib
import math
from functools import partial

import numpy as np


def constant(epoch, num_epochs):
    """The learning rate stays: factor 1.

    Examples
    --------
    >>> constant(3.5, 10)
    1.0
    """
    return 1.0


def step(epoch, num_epochs, every=10, factor=0.1):
    """Every so many epochs the learning rate is multiplied by a factor: ``factor ** floor(epoch / every)``.

    Examples
    --------
    >>> [step(epoch, 30, every=10, factor=0.5) for epoch in (0, 9.9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """
    return factor ** math.floor(epoch / every)


def exponential(epoch, num_epochs, decay=0.95):
    """At each epoch's end the learning rate is multiplied by `decay`: the course's ``lr_decay``.

    Examples
    --------
    >>> [exponential(epoch, 10, decay=0.5) for epoch in (0, 0.9, 1, 2)]
    [1.0, 1.0, 0.5, 0.25]
    """
    return step(epoch, num_epochs, every=1, factor=decay)


def cosine(epoch, num_epochs, final=0.0):
    """Half a cosine from 1 down to `final`: ``final + (1 - final) * (1 + cos(pi * epoch / num_epochs)) / 2``.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.

    Examples
    --------
    >>> [round(cosine(epoch, 4), 4) for epoch in range(5)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0]
    """
    return final + (1 - final) * (1 + math.cos(math.pi * epoch / num_epochs)) / 2


def warmup(epoch, num_epochs, epochs=1, then=constant):
    """A straight line from 0 to 1 over the first epochs, then another schedule for the rest of them.

    Source: Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017.

    Parameters
    ----------
    epochs : float
        How long the line is; at most num_epochs.
    then : function
        A schedule; it is told the epochs that are left.

    Examples
    --------
    >>> [warmup(epoch, 6, epochs=2, then=cosine) for epoch in (0, 0.5, 1, 2, 4)]
    [0.0, 0.25, 0.5, 1.0, 0.5]
    """
    if epochs > num_epochs:
        raise ValueError(f"warmup: epochs must be at most num_epochs = {num_epochs}, got {epochs!r}")
    if epoch < epochs:
        return epoch / epochs
    return then(epoch - epochs, num_epochs - epochs)


def one_cycle(epoch, num_epochs, start=0.04, rising=0.3, final=0.0):
    """Half a cosine from `start` up to 1 over the first part, `rising`, of all epochs, then one down to `final`.

    Source: Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2018.

    Examples
    --------
    >>> [round(one_cycle(epoch, 10), 4) for epoch in (0, 1.5, 3, 6.5, 10)]
    [0.04, 0.52, 1.0, 0.5, 0.0]
    """
    top = rising * num_epochs
    if epoch < top:
        return 1 + start - cosine(epoch, top, start)
    return cosine(epoch - top, num_epochs - top, final)


SCHEDULES = {schedule.__name__: schedule for schedule in (constant, step, exponential, cosine, warmup, one_cycle)}


def check_schedule(where, schedule, num_epochs):
    """Return the schedule; a ValueError unless it is None or gives a finite factor of at least 0 all along."""
    if schedule is not None and not callable(schedule):
        raise ValueError(f"{where}: schedule must be a function of epoch and num_epochs, got {schedule!r}")
    for epoch, factor in _samples(schedule, num_epochs):
        if not (math.isfinite(factor) and factor >= 0):
            raise ValueError(f"{where}: schedule must give a finite factor >= 0, got {factor!r} at epoch {epoch:g}")
    return schedule


def describe_schedule(schedule, num_epochs):
    """Say in a word which schedule it is: its name, and a checksum of the factors that it gives."""
    if schedule is None:
        return None
    named = schedule.func if isinstance(schedule, partial) else schedule
    digest = hashlib.sha256(repr([float(factor) for _, factor in _samples(schedule, num_epochs)]).encode())
    return f"{getattr(named, '__name__', type(named).__name__)} {digest.hexdigest()[:8]}"


def _samples(schedule, num_epochs):
    """List the factors at a hundred moments of a run, with the moments."""
    epochs = np.linspace(0, num_epochs, 100, endpoint=False).tolist() if schedule and num_epochs else []
    return [(epoch, _factor(schedule, epoch, num_epochs)) for epoch in epochs]


def _factor(schedule, epoch, num_epochs):
    try:
        return schedule(epoch, num_epochs)
    except OverflowError:
        return math.inf
