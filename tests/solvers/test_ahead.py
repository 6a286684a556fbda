"""Minibatches that are made ahead, on a thread: the same ones, and no trouble with threads."""

import copy
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from solvers import Solver, ahead
from solvers.ahead import Ahead

from .tiny import SETTINGS, SoftmaxRegression, blobs, numbered

NAME = "layerwise-ahead"


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Everything is made ahead, however little work it is."""
    monkeypatch.setattr(ahead, "PAYS_FROM", 0.0)


def never(monkeypatch):
    monkeypatch.setattr(ahead, "PAYS_FROM", np.inf)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def jitter(X, y, rng):
    return X + rng.normal(size=X.shape), y


def train(seed=0, **arguments):
    solver = Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, "augment": jitter, "seed": seed, **arguments})
    solver.train()
    return solver


def numbers(solver):
    return solver.loss_history, [w.tobytes() for w in solver.model.params.values()]


@pytest.mark.parametrize("arguments", [{}, {"accumulate": 2, "batch_size": 3}, {"prepare": np.tanh}, {"patience": 1}])
def test_the_numbers_are_those_without_a_thread(arguments, monkeypatch):
    with_threads = numbers(train(**arguments))
    never(monkeypatch)
    assert numbers(train(**arguments)) == with_threads


def test_the_next_is_made_on_a_thread_and_none_after_the_last():
    made = []
    things = Ahead(lambda number: made.append((number, threading.current_thread().name)) or number)
    assert [things.get(number, number + 1 if number < 3 else None) for number in range(4)] == [0, 1, 2, 3]
    assert made == [(0, "MainThread"), *((number, NAME) for number in (1, 2, 3))]


def test_a_run_makes_each_minibatch_once_and_none_after_its_end():
    made = []
    solver = train(augment=lambda X, y, rng: made.append(len(X)) or (X, y))
    assert len(made) == solver.num_iterations == 9


def test_it_is_made_while_the_present_one_is_worked_on():
    begun = threading.Event()
    things = Ahead(lambda number: begun.set() if number else None)
    things.get(0, coming=1)
    assert begun.wait(timeout=10)
    things.drop()


def test_what_is_made_at_once_is_made_without_a_thread(monkeypatch):
    monkeypatch.setattr(ahead, "PAYS_FROM", 0.05)
    names = []

    def make(number):
        names.append(threading.current_thread().name)
        end = time.thread_time() + (0.1 if number == 2 else 0)
        while time.thread_time() < end:
            pass

    things = Ahead(make)
    for number in range(5):
        things.get(number, number + 1)
    things.drop()
    assert names == ["MainThread"] * 3 + [NAME] + ["MainThread"]


def test_another_than_was_expected_is_made_when_it_is_asked_for():
    things = Ahead(lambda number: 10 * number)
    assert [things.get(0, coming=1), things.get(5, coming=6), things.get(6), things.get(6)] == [0, 50, 60, 60]
    assert not threads()


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt(), SystemExit(1)])
def test_an_exception_comes_at_its_iteration_which_then_has_not_been(error):
    """The fourth minibatch fails once; training goes on as if it had not."""
    failures = [error]

    def augment(X, y, rng):
        if rng.bit_generator.seed_seq.entropy[1:] == [1, 2, 0] and failures:
            raise failures.pop()
        return jitter(X, y, rng)

    solver = Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, "augment": augment})
    with pytest.raises(type(error)) as raised:
        solver.train()
    assert raised.value is error and solver.iteration == 3 and not threads()
    solver.train()
    assert numbers(solver) == numbers(train())


def test_what_was_made_ahead_and_is_not_asked_for_does_not_fail():
    def augment(X, y, rng):
        if rng.bit_generator.seed_seq.entropy[1:] == [0, 2, 2]:
            raise ValueError("broken")
        return X, y

    def stop(solver):
        if solver.iteration == 2:
            raise RuntimeError("stopped")

    solver = Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, "augment": augment}, on_iteration=[stop])
    with pytest.raises(RuntimeError, match="stopped"):
        solver.train()
    assert not threads()


@pytest.mark.parametrize("fails", [False, True])
def test_no_thread_is_left_when_training_ends(fails):
    def slow(X, y, rng):
        time.sleep(0.02)
        return X * (np.nan if fails else 1), y

    settings = {**SETTINGS, "augment": slow, "num_epochs": 1}
    solver = Solver(SoftmaxRegression(), blobs(), **settings)
    if fails:
        with pytest.raises(FloatingPointError):
            solver.train()
    else:
        solver.train()
    assert not threads()


def test_a_solver_that_is_dropped_between_steps_is_gone_and_its_thread_ends():
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS, augment=jitter)
    solver._step()
    gone = weakref.ref(solver)
    del solver
    for thread in threads():
        thread.join(timeout=10)
    assert gone() is None and not threads()


def test_several_solvers_train_in_several_threads():
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: numbers(train(seed)), range(8)))
    assert together == [numbers(train(seed)) for seed in range(8)]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of Python 3.12 and later: it is what is tried
def test_a_process_that_is_forked_makes_its_own():
    if not hasattr(os, "fork"):
        pytest.skip("needs os.fork")
    held = threading.Event()
    things = Ahead(lambda number: number if number == 0 else held.wait(30) and number)
    things.get(0, coming=1)
    child = os.fork()
    if child == 0:  # the thread is lost here
        held.set()
        os._exit(0 if things.get(1) == 1 else 1)
    held.set()
    assert os.waitpid(child, 0)[1] == 0 and things.get(1) == 1


def test_floating_point_errors_are_treated_as_the_caller_wants():
    """The suite makes errors of warnings; under errstate there is none."""
    things = Ahead(lambda number: np.array([1e300]) * 1e300)
    with np.errstate(over="ignore"):
        things.get(0, coming=1)
        assert things.get(1) == np.inf


def test_a_solver_at_rest_can_be_copied():
    solver = train()
    copy.deepcopy(solver).train()


def test_raw_examples_are_trained_on_and_scored_as_they_are_prepared():
    model, data = SoftmaxRegression(), numbered(20)
    data = {**data, "X_train": data["X_train"].astype(np.uint8), "X_val": data["X_val"].astype(np.uint8)}
    seen = []

    def augment(X, y, rng):
        seen.append(X.dtype)
        return X, y

    Solver(model, data, **SETTINGS, augment=augment, prepare=lambda X: X / 100 + 1).train()
    trained = np.concatenate([X for X, _ in model.trained_on])
    scored = np.concatenate(model.scored_on)
    assert set(seen) == {np.dtype(np.uint8)}
    for X in (trained, scored):
        np.testing.assert_array_equal(np.unique(X[:, 0]), np.arange(20) / 100 + 1)


def test_where_no_thread_can_be_started_all_is_made_when_it_is_asked_for(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ahead, "PAYS_FROM", 0)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    made = ahead.Ahead(lambda number: 10 * number)
    assert [made.get(number, coming=number + 1) for number in range(4)] == [0, 10, 20, 30]
    made.drop()
