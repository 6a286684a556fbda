"""Signals that wait."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from solvers import Solver
from solvers.interrupts import SIGNALS, PutOff

from .test_resume import SAVING, whole
from .tiny import Restless, blobs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def arrived():
    """What came through to handlers of the test's own, in place of the ordinary ones."""
    numbers = []
    before = [(number, signal.signal(number, lambda number, frame: numbers.append(number))) for number in SIGNALS]
    yield numbers
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_waits_for_the_end_of_the_block_and_is_delivered_then(arrived, number):
    handlers = [signal.getsignal(n) for n in SIGNALS]
    with PutOff() as signals:
        assert signals.noted is None
        signal.raise_signal(number)
        assert signals.noted is number and arrived == []
    assert arrived == [number]
    assert [signal.getsignal(n) for n in SIGNALS] == handlers


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_signal_does_not_wait(arrived, number):
    with PutOff():
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert arrived == [number]
    assert arrived == [number] * 2


def test_handlers_are_given_back_after_an_error_too(arrived):
    handlers = [signal.getsignal(n) for n in SIGNALS]
    with pytest.raises(ZeroDivisionError), PutOff():
        1 / 0
    assert [signal.getsignal(n) for n in SIGNALS] == handlers and arrived == []


def test_a_signal_is_not_lost_to_an_error(arrived):
    with pytest.raises(ZeroDivisionError), PutOff():
        signal.raise_signal(signal.SIGTERM)
        1 / 0
    assert arrived == [signal.SIGTERM]


def test_an_ignored_signal_stays_ignored(arrived):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with PutOff() as signals:
        signal.raise_signal(signal.SIGINT)
        assert signals.noted is None


def test_one_inside_another_ends_both(arrived):
    with PutOff() as outer:
        with PutOff() as inner:
            signal.raise_signal(signal.SIGINT)
        assert inner.noted is outer.noted is signal.SIGINT and arrived == []
    assert arrived == [signal.SIGINT]


def test_in_another_thread_nothing_is_touched():
    before, during = [signal.getsignal(n) for n in SIGNALS], []

    def block():
        with PutOff() as signals:
            during.extend(signal.getsignal(n) for n in SIGNALS)
            assert signals.noted is None

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert during == before


TRAINING = """
import signal, sys, time
for number in signal.SIGTERM, signal.SIGHUP:  # nohup lets processes ignore them
    signal.signal(number, signal.SIG_DFL)
from tests.solvers.test_resume import SAVING, Restless, Solver, blobs
def wait(solver):
    if solver.iteration == 4:
        print("ready", flush=True)
        [time.sleep(0.01) for _ in range(30)]
arguments = {**SAVING, "verbose": True, "checkpoint_name": sys.argv[1]}
Solver(Restless(), blobs(), **arguments, on_iteration=[wait]).train()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are other ones here")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_process_that_is_asked_to_end_leaves_a_checkpoint_and_says_so(tmp_path, number):
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINING, str(tmp_path / "run")], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while process.stdout.readline() != "ready\n":
        pass
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == -number
    assert f"{number.name}: stopped after iteration 4 / 9. To go on, call resume(" in out
    assert err.endswith("KeyboardInterrupt\n") if number is signal.SIGINT else err == ""
    through = Solver(Restless(), blobs(), **SAVING)
    through.train()
    solver = Solver(Restless(), blobs(), **SAVING, checkpoint_name=tmp_path / "run")
    assert solver.resume() == tmp_path / "run_iteration_4.npz"
    solver.train()
    assert whole(solver) == whole(through)


def test_a_solver_in_another_thread_trains():
    solver = Solver(Restless(), blobs(), **SAVING)
    thread = threading.Thread(target=solver.train)
    thread.start()
    thread.join()
    assert solver.iteration == 9
