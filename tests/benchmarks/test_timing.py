import threading
import time

import numpy as np
import pytest

from benchmarks import timing
from benchmarks.timing import Effort, fastest, interleave, short, spread


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on only by what the contenders say."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(timing.time, "sleep", lambda seconds: None)
    return now


def contender(clock, name, seconds, calls):
    durations = iter(seconds)

    def run():
        calls.append(name)
        clock[0] += next(durations)

    return run


def test_contenders_take_turns_and_their_first_call_is_not_timed(clock):
    calls = []
    contenders = {
        "a": contender(clock, "a", [9, 1, 9, 2, 9, 3], calls),
        "b": contender(clock, "b", [9, 4, 9, 5, 9, 6], calls),
    }
    seconds = interleave(contenders, Effort(3, 0, ()))
    assert calls == ["a", "a", "b", "b", "b", "b", "a", "a", "a", "a", "b", "b"]
    np.testing.assert_array_equal(seconds["a"], [1, 2, 3])
    np.testing.assert_array_equal(seconds["b"], [4, 5, 6])


def test_short_calls_are_repeated_and_their_median_is_taken(clock):
    calls = []
    seconds = interleave({"a": contender(clock, "a", [9, 1, 1, 50, 2, 3], calls)}, Effort(1, 55, ()))
    assert len(calls) == 6
    assert seconds["a"] == [2]


def test_each_turn_begins_with_calls_that_are_not_timed(clock, monkeypatch):
    monkeypatch.setattr(timing, "WARM_UP", 10)
    calls = []
    seconds = interleave({"a": contender(clock, "a", [6, 6, 1, 7, 7, 2], calls)}, Effort(2, 0, ()))
    assert len(calls) == 6
    np.testing.assert_array_equal(seconds["a"], [1, 2])


def test_a_turn_begins_when_the_threads_of_the_one_before_have_come_to_rest():
    stop, at_start = threading.Event(), []

    def spinner():
        end = time.perf_counter() + 0.15
        while time.perf_counter() < end:
            pass
        stop.set()

    thread = threading.Thread(target=spinner)
    contenders = {"a": lambda: None if thread.ident else thread.start(), "b": lambda: at_start.append(stop.is_set())}
    interleave(contenders, Effort(1, 0, ()))
    assert all(at_start)


def test_a_thread_that_never_rests_is_not_awaited_for_ever(monkeypatch):
    busy = iter(range(1_000_000))
    monkeypatch.setattr(timing, "_seconds_of_other_threads", lambda: next(busy))
    monkeypatch.setattr(timing.time, "sleep", lambda seconds: None)
    calls = []
    interleave({"a": lambda: calls.append("a")}, Effort(1, 0, ()))
    assert calls == ["a", "a"]


def test_a_spread_is_the_quartiles():
    assert spread(np.arange(101)) == (25, 50, 75)


@pytest.mark.parametrize("value, text", [(0.0123456, "0.0123"), (2.0, "2"), (999.4, "999"), (2280.7, "2,281")])
def test_numbers_are_short(value, text):
    assert short(value) == text


def test_the_fastest_is_that_with_the_smallest_median():
    seconds = {"ours": [0.1], "theirs, 1": [3.0, 3.0, 0.2], "theirs, 2": [2.0, 2.0, 9.0]}
    assert fastest(seconds, "theirs") == "theirs, 2"
