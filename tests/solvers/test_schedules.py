"""Schedules: their values, and that the Solver follows them."""

from functools import partial

import numpy as np
import pytest

from solvers import SCHEDULES, Solver, constant, cosine, exponential, one_cycle, step, warmup

from .tiny import SETTINGS, SoftmaxRegression, blobs

PROGRESS = np.linspace(0, 10, 101)[:-1]


def rates(**arguments):
    """The learning rate of each step, as the update rule was given it."""
    seen = []
    solver = Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, **arguments},
                    on_iteration=[lambda s: seen.append([c["learning_rate"] for c in s.optim_configs.values()])])
    solver.train()
    assert all(a == b for a, b in seen)
    return [a for a, _ in seen]


@pytest.mark.parametrize(
    "schedule, expected",
    [
        (constant, lambda t: np.ones_like(t)),
        (step, lambda t: np.ones_like(t)),
        (partial(step, every=4, factor=0.3), lambda t: np.select([t < 4, t < 8], [1, 0.3], 0.09)),
        (partial(exponential, decay=0.7), lambda t: 0.7 ** (t // 1)),
        (cosine, lambda t: np.cos(np.pi * t / 20) ** 2),
        (partial(cosine, final=0.2), lambda t: 0.2 + 0.8 * np.cos(np.pi * t / 20) ** 2),
        (partial(warmup, epochs=4), lambda t: np.minimum(t / 4, 1)),
        (partial(warmup, epochs=4, then=cosine), lambda t: np.where(t < 4, t / 4, np.cos(np.pi * (t - 4) / 12) ** 2)),
        (partial(warmup, epochs=4, then=partial(step, every=3, factor=0.5)),
         lambda t: np.select([t < 4, t < 7], [t / 4, 1], 0.5)),
        (partial(one_cycle, start=0.1, rising=0.2, final=0.01), lambda t: np.where(
            t < 2, 0.1 + 0.9 * np.sin(np.pi * t / 4) ** 2, 0.01 + 0.99 * np.cos(np.pi * (t - 2) / 16) ** 2)),
    ],
)
def test_schedules_have_the_values_of_their_formulas(schedule, expected):
    given = [schedule(epoch, 10) for epoch in PROGRESS.tolist()]
    np.testing.assert_allclose(given, expected(np.round(PROGRESS, 6)), rtol=0, atol=1e-12)
    assert {type(factor) for factor in given} == {float}


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_table_has_every_schedule_under_its_name_and_each_works_without_more(name):
    factors = [SCHEDULES[name](epoch, 10) for epoch in PROGRESS.tolist()]
    assert SCHEDULES[name].__name__ == name
    assert min(factors) >= 0 and max(factors) == pytest.approx(1, abs=1e-2)


def test_the_learning_rate_of_each_step_follows_the_schedule():
    seen = rates(schedule=lambda epoch, num_epochs: 1 + epoch / num_epochs)
    np.testing.assert_allclose(seen, [0.5 * (1 + i / 9) for i in range(9)], rtol=1e-15)


def test_a_schedule_begins_anew_when_training_goes_on():
    told = []
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS, schedule=lambda *at: told.append(at) or 1.0)
    del told[:]
    solver.train()
    solver.train()
    np.testing.assert_allclose(told, [(i / 3, 3) for i in range(9)] * 2, rtol=0, atol=1e-12)


def test_the_default_learning_rate_of_the_rule_is_scheduled_too():
    assert rates(optim_config=None, update_rule="adam", schedule=lambda *at: 0.5) == [0.0005] * 9


def test_lr_decay_is_the_exponential_schedule():
    after = rates(lr_decay=0.9)  # the rate of the step that comes next
    np.testing.assert_allclose([0.5, *after[:-1]], rates(schedule=partial(exponential, decay=0.9)), rtol=1e-15)


def test_a_step_of_zero_changes_nothing():
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS, schedule=lambda *at: 0.0)
    solver.train()
    assert not solver.model.params["W"].any()


@pytest.mark.parametrize(
    "schedule, words",
    [
        (partial(exponential, decay=1e300), "Solver: schedule must give a finite factor >= 0, got inf at epoch 2.01"),
        (partial(warmup, epochs=4), "warmup: epochs must be at most num_epochs = 3, got 4"),
    ],
)
def test_settings_that_a_run_of_so_many_epochs_cannot_have_are_refused(schedule, words):
    with pytest.raises(ValueError) as error:
        Solver(SoftmaxRegression(), blobs(), **SETTINGS, schedule=schedule)
    assert str(error.value).startswith(words)


@pytest.mark.parametrize("factor", [-0.1, np.nan, np.inf])
def test_a_factor_that_cannot_be_is_refused_before_any_training(factor):
    with pytest.raises(ValueError) as error:
        Solver(SoftmaxRegression(), blobs(), **SETTINGS, schedule=lambda epoch, n: factor if epoch >= 1.5 else 1.0)
    assert str(error.value) == f"Solver: schedule must give a finite factor >= 0, got {factor!r} at epoch 1.5"


def test_a_schedule_is_not_asked_about_a_run_of_no_epochs():
    Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, "num_epochs": 0}, schedule=cosine).train()
