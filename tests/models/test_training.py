"""The course's test of a model and its Solver together: 50 images can be learnt by heart within 20 epochs."""

from functools import partial

import numpy as np
import pytest

from datasets import load_digits
from models import ConvNet, FullyConnectedNet, ResNet, ThreeLayerConvNet
from solvers import Solver

DIGITS = (1, 8, 8)
MODELS = {
    "3 fully connected layers": partial(FullyConnectedNet, [100, 100], input_dim=64, weight_scale="he", seed=0),
    "5 fully connected layers": partial(FullyConnectedNet, [100] * 4, input_dim=64, weight_scale="he", seed=0),
    "three layers": partial(ThreeLayerConvNet, DIGITS, num_filters=8, filter_size=3, weight_scale="he", seed=0),
    "conv": partial(ConvNet, DIGITS, (8, "pool", 16, "pool"), hidden_dims=(32,), normalization="batchnorm", seed=0),
    "residual": partial(ResNet, DIGITS, (1, 1), (8, 16), seed=0),
}


@pytest.mark.parametrize("name", MODELS)
def test_fifty_digits_are_learnt_by_heart_within_20_epochs(name):
    data, model = load_digits(), MODELS[name]()
    X, y = data["X_train"][:50], data["y_train"][:50]
    solver = Solver(
        model,
        {"X_train": X, "y_train": y, "X_val": data["X_val"], "y_val": data["y_val"]},
        update_rule="adam",
        optim_config={"learning_rate": 5e-3},
        batch_size=10,
        num_epochs=20,
        verbose=False,
        seed=0,
    )
    solver.train()
    assert max(solver.train_acc_history) == 1.0
    assert np.mean(np.argmax(model.loss(data["X_val"]), axis=1) == data["y_val"]) == solver.best_val_acc > 0.5


def test_the_solver_says_where_the_first_nonfinite_value_is():
    data, model = load_digits(), FullyConnectedNet([20, 20], input_dim=64, weight_scale=1e30, seed=0)
    solver = Solver(model, data, num_epochs=1, verbose=False, seed=0)
    with pytest.warns(RuntimeWarning), pytest.raises(FloatingPointError, match=r"affine \(layer 3 of 5\)"):
        solver.train()
