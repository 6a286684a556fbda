"""Accumulated and clipped gradients, averaged weights."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import FullyConnectedNet
from solvers import Solver, accumulate_gradients, clip_gradients, global_norm, move_average

from .tiny import SETTINGS, Restless, SoftmaxRegression, blobs, scripted

# Accumulated gradients


@settings(derandomize=True, max_examples=40, deadline=None)
@given(N=st.integers(1, 30), batch_size=st.integers(1, 35))
def test_pieces_add_up_to_the_whole(N, batch_size):
    rng = np.random.default_rng([N, batch_size])
    model = FullyConnectedNet([7], 4, 3, reg=0.3, weight_scale=0.5, dtype=np.float64, seed=0, normalization="layernorm")
    X, y = rng.normal(size=(N, 4)), rng.integers(3, size=N)
    loss, grads = model.loss(X, y)
    total, sums = accumulate_gradients(model, X, y, batch_size)
    assert total == pytest.approx(loss, rel=1e-13)
    assert list(sums) == list(grads)
    for name in grads:
        np.testing.assert_allclose(sums[name], grads[name], rtol=0, atol=1e-13 * np.abs(grads[name]).max())


def test_the_model_is_never_given_more_than_a_piece():
    model = SoftmaxRegression()
    Solver(model, blobs(), **{**SETTINGS, "batch_size": 3, "accumulate": 3}).train()
    assert [len(y) for _, y in model.trained_on] == [3] * 6 + [2] + [3] * 6 + [2] + [3] * 6 + [2]


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_a_run_with_pieces_is_the_run_with_the_whole(rule):
    runs = []
    for options in ({"batch_size": 8}, {"batch_size": 4, "accumulate": 2}, {"batch_size": 3, "accumulate": 3}):
        solver = Solver(SoftmaxRegression(), blobs(N=24), **{**SETTINGS, "update_rule": rule, **options})
        solver.train()
        runs.append(solver)
    assert [solver.iteration for solver in runs] == [9, 9, 9]
    np.testing.assert_allclose(runs[1].loss_history, runs[0].loss_history, rtol=1e-12)
    np.testing.assert_allclose(runs[1].model.params["W"], runs[0].model.params["W"], rtol=1e-10, atol=1e-12)


def test_float32_stays_float32():
    model, data = SoftmaxRegression(dtype=np.float32), blobs(dtype=np.float32)
    _, sums = accumulate_gradients(model, data["X_train"], data["y_train"], 3)
    clipped = clip_gradients(sums, 1e-3)
    average = move_average(model.params, sums, 0.9, 5)
    assert {array.dtype for d in (sums, clipped, average) for array in d.values()} == {np.dtype(np.float32)}


# Clipping


@settings(derandomize=True, max_examples=40, deadline=None)
@given(scale=st.floats(1e-6, 1e6), clip_norm=st.floats(1e-3, 1e3))
def test_clipped_gradients_keep_their_direction_and_are_no_longer_than_asked(scale, clip_norm):
    rng = np.random.default_rng(0)
    grads = {"W": scale * rng.normal(size=(3, 4)), "b": scale * rng.normal(size=4), "none": np.zeros((0, 2))}
    norm = math.sqrt(sum(np.sum(grad**2) for grad in grads.values()))
    assert global_norm(grads.values()) == pytest.approx(norm, rel=1e-14)
    clipped = clip_gradients(grads, clip_norm)
    assert global_norm(clipped.values()) == pytest.approx(min(norm, clip_norm), rel=1e-12)
    for name, grad in grads.items():
        np.testing.assert_allclose(clipped[name], grad * min(1, clip_norm / norm), rtol=1e-14)


def test_gradients_that_are_short_enough_are_left_as_they_are():
    grads = {"w": np.array([3.0, 4.0])}
    assert clip_gradients(grads, 5.0) is grads


@pytest.mark.parametrize("dtype, huge", [(np.float64, 1e300), (np.float32, 1e38)])
def test_exploded_gradients_are_clipped_without_overflow(dtype, huge):
    grads = {"w": np.array([huge, -huge], dtype), "v": np.array([0.0, 0.0], dtype)}
    np.testing.assert_allclose(clip_gradients(grads, 1.0)["w"], np.sqrt([0.5, 0.5]) * [1, -1], rtol=1e-6)


def test_layouts_do_not_matter_to_the_norm():
    array = np.arange(24.0).reshape(2, 3, 4)
    for view in (array, array.transpose(2, 0, 1), array[:, ::-1], np.asfortranarray(array)):
        assert global_norm([view]) == pytest.approx(math.sqrt(np.sum(array**2)), rel=1e-15)


def test_the_solver_clips_what_it_updates_with():
    steps = []
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS, clip_norm=1e-3)
    before = {name: w.copy() for name, w in solver.model.params.items()}

    def measure(s):
        steps.append(global_norm([w - before[name] for name, w in s.model.params.items()]))
        before.update({name: w.copy() for name, w in s.model.params.items()})

    solver.on_iteration = [measure]
    solver.train()
    np.testing.assert_allclose(steps, 0.5 * 1e-3, rtol=1e-10)


def test_a_gradient_that_is_not_finite_is_not_clipped_into_one_that_is():
    model = SoftmaxRegression()
    loss = model.loss
    model.loss = lambda X, y=None: loss(X) if y is None else (1.0, {"W": np.full((2, 3), np.inf), "b": np.zeros(3)})
    with pytest.raises(FloatingPointError, match="gradient of 'W' is not finite"):
        Solver(model, blobs(), **SETTINGS, clip_norm=1.0).train()


# Averages


def test_an_average_is_the_sum_that_it_is():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 3))
    average = {}
    for t, value in enumerate(values, start=1):
        average = move_average(average, {"w": value}, 0.95, t)
    decays = [min(0.95, (1 + t) / (10 + t)) for t in range(2, 201)]
    weights = [np.prod(decays)] + [(1 - d) * np.prod(decays[i + 1 :]) for i, d in enumerate(decays)]
    assert sum(weights) == pytest.approx(1)
    np.testing.assert_allclose(average["w"], weights @ values, rtol=1e-12)
    assert decays[-1] == 0.95 and decays[0] == 0.25


def test_an_average_shares_no_memory_and_changes_nothing():
    w, old = np.ones(3), {"w": np.zeros(3), "n": np.array(1)}
    first = move_average({}, {"w": w}, 0.9, 1)
    assert not np.shares_memory(first["w"], w)
    new = move_average(old, {"w": w, "n": np.array(7)}, 0.9, 100)
    assert (old["w"] == 0).all() and np.allclose(new["w"], 0.1) and new["n"] == 7 and new["n"].dtype == int


def test_accuracies_and_the_best_model_are_of_the_averages_and_training_is_not():
    seen = []
    script = [0.5] * 20
    solver = scripted(script, ema_decay=0.5, num_epochs=4)
    solver.model.accuracies = script
    solver.on_iteration = [lambda s: seen.append((s.model.params["w"][0], s.average_params["w"][0],
                                                  s.model.state["running"][0], s.average_state["running"][0]))]
    solver.train()
    assert [w for w, _, _, _ in seen] == [running for _, _, running, _ in seen] == [1, 2, 3, 4]
    expected = [1.0]
    for t, w in enumerate([2, 3, 4], start=2):
        expected.append(expected[-1] + (1 - (1 + t) / (10 + t)) * (w - expected[-1]))
    np.testing.assert_allclose([average for _, average, _, _ in seen], expected, rtol=1e-15)
    np.testing.assert_allclose([average for _, _, _, average in seen], expected, rtol=1e-15)


def test_the_best_model_is_the_average_of_its_time():
    solver = Solver(Restless(), blobs(), **SETTINGS, ema_decay=0.9)
    averages = {}
    solver.on_epoch = [lambda s: averages.update({s.iteration: (s.average_params, s.average_state)})]
    solver.train()
    params, state = averages[solver.best_iteration]
    for name in params:
        np.testing.assert_array_equal(solver.model.params[name], params[name])
    np.testing.assert_array_equal(solver.model.state["running_mean"], state["running_mean"])


def test_the_loss_does_not_know_of_the_average():
    plain, averaged = (Solver(Restless(), blobs(), **SETTINGS, ema_decay=decay) for decay in (None, 0.9))
    plain.train()
    averaged.train()
    assert plain.loss_history == averaged.loss_history and plain.average_params == {}


def test_an_error_while_the_averages_are_measured_gives_the_parameters_back():
    solver = scripted([0.5] * 4, ema_decay=0.5)
    solver.train()
    solver.check_accuracy = lambda *args, **settings: 1 / 0
    with pytest.raises(ZeroDivisionError), solver._averages_in_place():
        assert solver.model.params["w"] == solver.average_params["w"]
        solver._measure()
    assert solver.model.params["w"] == solver.best_params["w"]
