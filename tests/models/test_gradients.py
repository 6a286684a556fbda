"""The gradient of every parameter of every model agrees with the numerical one."""

import numpy as np
import pytest

from models import FullyConnectedNet

from .zoo import MODELS, inputs

MAX_ENTRIES = 10  # of each array


def slopes(f, array, index, h):
    """Estimate df / darray[index] over h and over 2h, and by both together: the error then falls with h^4."""
    old, values = array[index], []
    for step in (h, -h, 2 * h, -2 * h):
        array[index] = old + step
        values.append(f())
    array[index] = old
    slope1, slope2 = (values[0] - values[1]) / (2 * h), (values[2] - values[3]) / (4 * h)
    return slope1, slope2, (4 * slope1 - slope2) / 3


def worst_error(model, X, y, h=1e-4):
    """Compare all gradients with numerical ones; None if the function has a kink near, which the slopes alone tell."""
    _, grads = model.loss(X, y)
    rng, worst = np.random.default_rng(0), 0.0
    assert list(grads) == list(model.params)
    for key, array in model.params.items():
        entries = rng.permutation(array.size)[:MAX_ENTRIES]
        indices = [np.unravel_index(entry, array.shape) for entry in entries]
        estimates = np.array([slopes(lambda: model.loss(X, y)[0], array, index, h) for index in indices])
        slope1, slope2, numerical = estimates.T
        analytic = np.array([grads[key][index] for index in indices])
        scale = max(np.abs(numerical).max(), np.abs(analytic).max(), 1e-3)
        if np.abs(slope1 - slope2).max() > 3e-5 * np.abs(numerical).max() + 1e-7:
            return None
        worst = max(worst, np.abs(analytic - numerical).max() / scale)
    return worst


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_all_parameters(name):
    for seed in range(10):
        model = MODELS[name](dtype=np.float64, seed=seed)
        rng = np.random.default_rng(seed + 100)
        for array in model.params.values():  # biases of 0 and scales of 1 hide mistakes
            array += 0.3 * rng.standard_normal(array.shape)
        error = worst_error(model, *inputs(model, seed=seed))
        if error is not None:
            break
    assert error is not None, "ten draws, each with a kink near"
    assert error <= 1e-6


def test_the_seed_makes_dropout_repeat_its_mask():
    model = FullyConnectedNet([20, 30], 15, dropout_keep_ratio=0.5, weight_scale=5e-2, dtype=np.float64, seed=123)
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((2, 15)), np.array([4, 7])
    assert model.loss(X, y)[0] == model.loss(X, y)[0]
    assert worst_error(model, X, y, h=1e-5) <= 1e-6
