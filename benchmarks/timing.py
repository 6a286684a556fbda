"""Timing by turns: what is compared runs in one process, each in every round, so that disturbances hit all alike."""

import time
from typing import NamedTuple

import numpy as np

# After a rest the cores take a while to wake; so each contender first runs untimed.
WARM_UP = 0.04

# OpenBLAS's workers go on spinning after their last work, here for a tenth of a second, and would steal a core from
# whoever comes next. They are awaited: looked at every so many seconds, so many times at most.
LOOK_EVERY, MOST_LOOKS = 0.005, 200


class Effort(NamedTuple):
    """How many rounds; for how many seconds each contender is timed in a round, by one call at least; which dtypes."""

    rounds: int
    seconds: float
    dtypes: tuple


QUICK, FULL = Effort(5, 0.01, (np.float32,)), Effort(15, 0.2, (np.float32, np.float64))


class Spread(NamedTuple):
    """A median between its quartiles."""

    low: float
    median: float
    high: float

    def __str__(self):
        return f"{short(self.median)} [{short(self.low)}, {short(self.high)}]"


def short(value):
    """Write a number with three digits, or with those before the point if there are more."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def interleave(contenders, effort):
    """Time functions by turns.

    Every other round goes through them backwards, so that none always follows the same one. In its turn each waits
    until what the one before it left running has come to rest, and then first runs untimed for a while, at least once,
    which also brings its own data into the processor's caches.

    Parameters
    ----------
    contenders : dict of str to function without arguments
    effort : Effort

    Returns
    -------
    seconds : dict of str to ndarray of shape (rounds,)
        The median time of a call in each round.
    """
    seconds = {name: np.empty(effort.rounds) for name in contenders}
    for number in range(effort.rounds):
        for name in list(contenders)[:: -1 if number % 2 else 1]:
            _wait_for_rest()
            _seconds_a_call(contenders[name], WARM_UP)
            seconds[name][number] = _seconds_a_call(contenders[name], effort.seconds)
    return seconds


def spread(values):
    """The quartiles of a sample.

    Examples
    --------
    >>> print(spread([1.0, 2.0, 3.0, 4.0, 5.0]))
    3 [2, 4]
    """
    return Spread(*(float(value) for value in np.quantile(values, (0.25, 0.5, 0.75))))


def fastest(seconds, who):
    """The name with the smallest median among those that begin with `who`."""
    return min((name for name in seconds if name.startswith(who)), key=lambda name: np.median(seconds[name]))


def _wait_for_rest():
    """Wait until this process's other threads take less than a tenth of a core, for a second at most."""
    for _ in range(MOST_LOOKS):
        before = _seconds_of_other_threads()
        time.sleep(LOOK_EVERY)
        if _seconds_of_other_threads() - before < LOOK_EVERY / 10:
            return


def _seconds_of_other_threads():
    return time.process_time() - time.thread_time()


def _seconds_a_call(run, least):
    calls = []
    while not calls or sum(calls) < least:
        start = time.perf_counter()
        run()
        calls.append(time.perf_counter() - start)
    return np.median(calls)
