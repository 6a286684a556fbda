"""Random search over ranges of settings, with a record on disk from which it goes on."""

import json
import math
import os
import time
from pathlib import Path

import numpy as np

from .checks import check_integer


def random_search(evaluate, ranges, num_trials, record=None, seed=0, on_trial=()):
    """Try settings that are drawn log-uniformly from their ranges, and list the trials, best first.

    The settings of a trial follow from the seed and its number alone. Each trial that has ended stands in the record;
    a search that was stopped, and is called again with the same record, goes on after the last of them. A trial whose
    training diverges (FloatingPointError) has no score.

    Source: Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 13, 2012; log-uniform for what
    acts by its order of magnitude, as in the CS231n notes, neural networks 3.

    Parameters
    ----------
    evaluate : function ``(settings, number) -> score``
        Trains with the settings, a dict of str to float, and gives a score, of which more is better. The number of the
        trial, from 0, is there to name files by.
    ranges : dict of str to (low, high)
        Such as ``{"learning_rate": (1e-4, 1e-1), "reg": (1e-6, 1e-2)}``.
    num_trials : int
    record : str or path, optional
        A file of JSON, a line a trial; it is made, or gone on with.
    seed : int
    on_trial : sequence of functions
        Each is called as ``callback(trials)`` after every trial, with all trials in the order in which they ended.

    Returns
    -------
    trials : list of dict
        ``number``, ``settings``, ``score`` (None where it diverged) and ``seconds``.

    Raises
    ------
    ValueError
        If a range is not two numbers 0 < low < high, the record is of another search or damaged, or the score is no
        finite number.

    Examples
    --------
    >>> trials = random_search(lambda settings, number: -abs(settings["reg"] - 0.01), {"reg": (1e-4, 1.0)}, 20)
    >>> round(trials[0]["settings"]["reg"], 3)
    0.01
    """
    check_integer("random_search", "num_trials", num_trials, 1)
    check_integer("random_search", "seed", seed, 0)
    ranges = {name: _check_range(name, bounds) for name, bounds in ranges.items()}
    trials = [] if record is None else _open_record(Path(record), {"ranges": ranges, "seed": seed})
    for number in range(len(trials), num_trials):
        rng = np.random.default_rng([seed, number])
        settings = {name: _log_uniform(rng, *bounds) for name, bounds in ranges.items()}
        start = time.perf_counter()
        try:
            score = _check_score(evaluate(settings, number))
        except FloatingPointError:
            score = None
        seconds = round(time.perf_counter() - start, 3)
        trials.append({"number": number, "settings": settings, "score": score, "seconds": seconds})
        if record is not None:
            _add_line(record, trials[-1])
        for callback in on_trial:
            callback(trials)
    return sorted(trials[:num_trials], key=lambda trial: -math.inf if trial["score"] is None else trial["score"])[::-1]


def _log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _check_range(name, bounds):
    try:
        low, high = map(float, bounds)
    except (TypeError, ValueError):
        low = high = math.nan
    if not 0 < low < high < math.inf:
        raise ValueError(f"random_search: the range of {name} must be two numbers 0 < low < high, got {bounds!r}")
    return [low, high]


def _check_score(score):
    number = float(score)
    if not math.isfinite(number):
        raise ValueError(f"random_search: evaluate must give a finite score, got {score!r}")
    return number


def _open_record(path, search):
    """Read the trials of this search from its record, without a last line that is not whole; or begin a record."""
    content = path.read_bytes() if path.exists() else b""
    if _line(search).startswith(content):
        path.write_bytes(_line(search))
        return []
    whole = content[: content.rfind(b"\n") + 1]
    try:
        first, *trials = map(json.loads, whole.decode().splitlines())
        numbers = [trial["number"] for trial in trials]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"random_search: {path} is no record of a search, or damaged: {error!r}") from None
    if first != search:
        raise ValueError(f"random_search: {path} is the record of another search: {first} there and {search} here")
    if numbers != list(range(len(trials))):
        raise ValueError(f"random_search: {path} is damaged: it has the trials {numbers}")
    os.truncate(path, len(whole))
    return trials


def _line(content):
    return json.dumps(content).encode() + b"\n"


def _add_line(path, content):
    """Append a line of JSON, and wait until it is on the disk."""
    with open(path, "ab") as file:
        file.write(_line(content))
        file.flush()
        os.fsync(file.fileno())
