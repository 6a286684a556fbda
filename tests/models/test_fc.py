"""Fully connected nets: keys, shapes, attributes, and scores written out by hand."""

import math
import re

import numpy as np
import pytest

from layers import affine_forward, batchnorm_forward, dropout_forward, layernorm_forward, relu_forward, softmax_loss
from models import FullyConnectedNet, TwoLayerNet


def shapes(model):
    return {key: array.shape for key, array in model.params.items()}


def test_two_layer_net_by_default():
    model = TwoLayerNet(seed=0)
    assert shapes(model) == {"W1": (3072, 100), "b1": (100,), "W2": (100, 10), "b2": (10,)}
    assert model.reg == 0.0 and model.dtype == np.float64
    assert model.params["W1"].std() == pytest.approx(1e-3, rel=0.02)
    assert not model.params["b1"].any()


def test_two_layer_net_gives_the_figures_of_the_course():
    model = TwoLayerNet(5, 50, 7)
    model.params["W1"] = np.linspace(-0.7, 0.3, 5 * 50).reshape(5, 50)
    model.params["b1"] = np.linspace(-0.1, 0.9, 50)
    model.params["W2"] = np.linspace(-0.3, 0.4, 50 * 7).reshape(50, 7)
    model.params["b2"] = np.linspace(-0.9, 0.1, 7)
    X, y = np.linspace(-5.5, 4.5, 15).reshape(5, 3).T, np.array([0, 5, 1])
    assert model.loss(X)[0, 0] == pytest.approx(11.53165108, abs=1e-8)
    assert model.loss(X, y)[0] == pytest.approx(3.4702243556, abs=1e-10)
    model.reg = 1.0
    assert model.loss(X, y)[0] == pytest.approx(26.5948426952, abs=1e-10)


def test_fully_connected_net_by_default():
    model = FullyConnectedNet([100, 50])
    assert shapes(model) == {"W1": (3072, 100), "b1": (100,), "W2": (100, 50), "b2": (50,), "W3": (50, 10), "b3": (10,)}
    assert (model.num_layers, model.reg, model.normalization, model.use_dropout) == (3, 0.0, None, False)
    assert (model.bn_params, model.dropout_param, model.settings) == ([], {}, ())
    assert model.dtype == np.float32
    assert model.params["W1"].std() == pytest.approx(1e-2, rel=0.02)


@pytest.mark.parametrize("normalization", ["batchnorm", "layernorm"])
def test_keys_with_normalisation(normalization):
    model = FullyConnectedNet((3,), 4, 2, normalization=normalization)
    assert shapes(model) == {"W1": (4, 3), "b1": (3,), "gamma1": (3,), "beta1": (3,), "W2": (3, 2), "b2": (2,)}
    np.testing.assert_array_equal(model.params["gamma1"], 1)
    np.testing.assert_array_equal(model.params["beta1"], 0)


def test_attributes_are_the_settings_themselves():
    model = FullyConnectedNet([3, 4, 5], 6, 2, dropout_keep_ratio=0.25, normalization="batchnorm", seed=7)
    assert model.num_layers == 4 and model.use_dropout
    assert len(model.bn_params) == 3
    assert model.dropout_param == {"mode": "train", "p": 0.25, "seed": 7}
    model.loss(np.ones((2, 6)))
    assert [bn_param["mode"] for bn_param in model.bn_params] == ["test"] * 3
    assert model.dropout_param["mode"] == "test"
    assert len(FullyConnectedNet([3, 4], normalization="layernorm").bn_params) == 2


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
@pytest.mark.parametrize("keep", [1, 0.5])
def test_scores_and_loss_written_out(normalization, keep):
    model = FullyConnectedNet([8, 7], 6, 3, keep, normalization, weight_scale="he", dtype=np.float64, seed=11)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((5, 6)), rng.integers(3, size=5)
    p = {key: array + 0.1 * rng.standard_normal(array.shape) for key, array in model.params.items()}
    model.params = p
    h = X
    for i in (1, 2):
        h, _ = affine_forward(h, p[f"W{i}"], p[f"b{i}"])
        if normalization == "batchnorm":
            h, _ = batchnorm_forward(h, p[f"gamma{i}"], p[f"beta{i}"], {"mode": "train"})
        if normalization == "layernorm":
            h, _ = layernorm_forward(h, p[f"gamma{i}"], p[f"beta{i}"], {})
        h, _ = relu_forward(h)
        if keep != 1:
            h, _ = dropout_forward(h, {"mode": "train", "p": keep, "seed": 11})
    scores, _ = affine_forward(h, p["W3"], p["b3"])
    assert model.loss(X, y)[0] == softmax_loss(scores, y)[0]


def test_a_generator_gives_every_call_and_every_layer_its_own_mask():
    rng = np.random.default_rng(0)
    model = FullyConnectedNet([50], 4, 3, dropout_keep_ratio=0.5, weight_scale="he", dtype=np.float64, seed=rng)
    assert model.dropout_param["rng"] is rng
    X, y = np.random.default_rng(1).standard_normal((6, 4)), np.arange(6) % 3
    losses = [model.loss(X, y)[0] for _ in range(3)]
    assert len(set(losses)) == 3
    again = FullyConnectedNet(
        [50], 4, 3, dropout_keep_ratio=0.5, weight_scale="he", dtype=np.float64, seed=np.random.default_rng(0)
    )
    assert [again.loss(X, y)[0] for _ in range(3)] == losses


def test_without_a_seed_masks_differ():
    model = FullyConnectedNet([50], 4, 3, dropout_keep_ratio=0.5, weight_scale="he", dtype=np.float64)
    assert set(model.dropout_param) == {"mode", "p", "rng"}
    X, y = np.random.default_rng(1).standard_normal((6, 4)), np.arange(6) % 3
    assert model.loss(X, y)[0] != model.loss(X, y)[0]


def test_loss_before_training_is_that_of_guessing():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 15)), rng.integers(10, size=20)
    for model in (TwoLayerNet(15, 20, 10), FullyConnectedNet([20, 30], 15, 10, dtype=np.float64)):
        loss = model.loss(X, y)[0]
        assert loss == pytest.approx(math.log(10), abs=0.01)
        model.reg = 2.0
        weights = sum(np.sum(array**2) for key, array in model.params.items() if key.startswith("W"))
        assert model.loss(X, y)[0] == pytest.approx(loss + weights)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"hidden_dims": 100}, "FullyConnectedNet: hidden_dims must be a list or tuple of integers >= 1, got 100"),
        ({"hidden_dims": [3, 0]}, "hidden_dims must be a list or tuple of integers >= 1, got [3, 0]"),
        ({"hidden_dims": [2.0]}, "FullyConnectedNet: hidden_dims must be a list or tuple of integers >= 1, got [2.0]"),
        ({"normalization": "bn"}, "FullyConnectedNet: normalization is 'bn'; known are None, 'batchnorm', 'layernorm'"),
        ({"dropout_keep_ratio": 0}, "FullyConnectedNet: dropout_keep_ratio must be a finite number above 0, got 0"),
        ({"dropout_keep_ratio": 1.5}, "FullyConnectedNet: dropout_keep_ratio must be above 0, up to 1, got 1.5"),
        ({"num_classes": 0}, "FullyConnectedNet: num_classes must be an integer >= 1, got 0"),
        ({"seed": 1.5}, "seed must be an integer >= 0, got 1.5"),
    ],
)
def test_what_is_not_allowed_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        FullyConnectedNet(**{"hidden_dims": [5]} | arguments)


@pytest.mark.parametrize("seed, known", [(None, True), (np.random.default_rng(0), True), (0, False)])
def test_the_generator_of_dropout_can_be_saved_with_a_run(seed, known):
    model = FullyConnectedNet([5, 6], input_dim=4, num_classes=3, dropout_keep_ratio=0.5, seed=seed)
    names = ["dropout_param1", "dropout_param2"] if known else []
    assert list(model.generators) == names
    assert all(generator is model.dropout_param["rng"] for generator in model.generators.values())
