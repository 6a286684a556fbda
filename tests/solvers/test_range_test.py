"""The learning-rate range test."""

import numpy as np
import pytest

from solvers import lr_range_test

from .tiny import Restless, SoftmaxRegression, blobs, numbered


class Bowl:
    """Gradient descent on w ** 2: it explodes where the learning rate is above 1."""

    def __init__(self):
        self.params = {"w": np.full(1, 3.0)}
        self.seen = []

    def loss(self, X, y):
        self.seen.append(self.params["w"][0])
        return float(self.params["w"][0] ** 2), {"w": 2 * self.params["w"]}


def test_rates_rise_in_geometric_progression_and_are_those_of_the_steps():
    model = Bowl()
    found = lr_range_test(model, numbered(10), lowest=1e-3, highest=0.1, num_iterations=5)
    np.testing.assert_allclose(found.learning_rates, [1e-3, 10**-2.5, 1e-2, 10**-1.5, 1e-1])
    w = [3.0]
    for rate in found.learning_rates[:-1]:
        w.append(w[-1] * (1 - 2 * rate))
    np.testing.assert_allclose(model.seen, w)
    np.testing.assert_allclose(found.losses, np.square(w))


def test_it_ends_where_the_loss_explodes_and_suggests_a_rate_well_below():
    found = lr_range_test(Bowl(), numbered(10), lowest=1e-3, highest=1e3, num_iterations=61)
    assert 1 < found.learning_rates[-1] < 100 and len(found.losses) == len(found.learning_rates) == len(found.smoothed)
    assert found.losses[-1] > 4 * found.losses.min() and (found.losses[:-1] <= 4 * 9).all()
    assert 0.03 < found.suggestion < 0.3


def test_the_smoothed_losses_are_an_average_corrected_for_its_start():
    found = lr_range_test(Bowl(), numbered(10), lowest=1e-3, highest=0.3, num_iterations=20)
    for t in range(20):
        weights = 0.9 ** np.arange(t, -1, -1)
        assert found.smoothed[t] == pytest.approx(weights @ found.losses[: t + 1] / weights.sum(), rel=1e-12)


def test_it_goes_through_the_data_as_often_as_it_must():
    model = SoftmaxRegression()
    lr_range_test(model, blobs(), lowest=1e-6, highest=1e-5, num_iterations=9, batch_size=7, seed=1)
    assert [len(y) for _, y in model.trained_on] == [7, 7, 6] * 3


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_as_it_was_whatever_happens(fails):
    model, other = Restless(), Restless()
    if fails:
        real = model.loss
        model.loss = lambda X, y=None: real(X, y) if model.params["b"].any() is np.False_ else 1 / 0
        with pytest.raises(ZeroDivisionError):
            lr_range_test(model, blobs())
    else:
        lr_range_test(model, blobs(), update_rule="adam", batch_size=5)
    for name in model.params:
        np.testing.assert_array_equal(model.params[name], other.params[name])
    np.testing.assert_array_equal(model.state["running_mean"], other.state["running_mean"])
    assert model.generators["dropout"].bit_generator.state == other.generators["dropout"].bit_generator.state


def test_a_loss_that_is_not_finite_ends_it_unless_it_is_the_first():
    model = Bowl()
    real = model.loss
    model.loss = lambda X, y: real(X, y) if len(model.seen) < 4 else (np.nan, {"w": np.zeros(1)})
    assert len(lr_range_test(model, numbered(10)).losses) == 4
    model.loss = lambda X, y: (np.inf, {"w": np.zeros(1)})
    with pytest.raises(FloatingPointError, match="the loss is inf at iteration 1"):
        lr_range_test(model, numbered(10))


def test_the_same_seed_gives_the_same_losses():
    first, second = (lr_range_test(Restless(), blobs(), batch_size=3, seed=4) for _ in range(2))
    assert first.losses.tobytes() == second.losses.tobytes()


@pytest.mark.parametrize("arguments, message", [
    ({"lowest": 0}, "lr_range_test: lowest must be a finite number > 0, got 0"),
    ({"lowest": 1.0, "highest": 1.0}, "lr_range_test: highest must be a finite number > lowest = 1.0, got 1.0"),
    ({"num_iterations": 1}, "lr_range_test: num_iterations must be an integer >= 2, got 1"),
    ({"no": 1}, "Solver: unknown argument 'no'"),
])
def test_a_wrong_argument_is_refused(arguments, message):
    with pytest.raises(ValueError) as error:
        lr_range_test(Bowl(), numbered(10), **arguments)
    assert str(error.value).startswith(message)
