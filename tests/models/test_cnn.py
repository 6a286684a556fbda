"""Convolutional nets: keys, shapes, and scores written out by hand."""

import math
import re

import numpy as np
import pytest

from layers import affine_bn_relu_forward, affine_forward, affine_relu_forward, conv_bn_relu_forward, conv_relu_forward
from layers import conv_relu_pool_forward, max_pool_forward
from models import ConvNet, ThreeLayerConvNet

POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}


def shapes(model):
    return {key: array.shape for key, array in model.params.items()}


def test_three_layer_conv_net_by_default():
    model = ThreeLayerConvNet(seed=0)
    assert shapes(model) == {
        "W1": (32, 3, 7, 7),
        "b1": (32,),
        "W2": (32 * 16 * 16, 100),
        "b2": (100,),
        "W3": (100, 10),
        "b3": (10,),
    }
    assert model.settings == ({"stride": 1, "pad": 3}, POOL)
    assert model.dtype == np.float32
    assert model.params["W2"].std() == pytest.approx(1e-3, rel=0.02)


def test_three_layer_conv_net_written_out():
    model = ThreeLayerConvNet((2, 7, 6), 3, 5, 4, 3, weight_scale="xavier", dtype=np.float64, seed=0)
    X = np.random.default_rng(0).standard_normal((2, 2, 7, 6))
    p = model.params
    h, _ = conv_relu_pool_forward(X, p["W1"], p["b1"], {"stride": 1, "pad": 2}, POOL)
    assert h.shape == (2, 3, 3, 3)
    h, _ = affine_relu_forward(h, p["W2"], p["b2"])
    scores, _ = affine_forward(h, p["W3"], p["b3"])
    np.testing.assert_array_equal(model.loss(X), scores)


def test_loss_before_training_is_that_of_guessing():
    model = ThreeLayerConvNet(dtype=np.float64, seed=0)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((2, 3, 32, 32)), rng.integers(10, size=2)
    loss = model.loss(X, y)[0]
    assert loss == pytest.approx(math.log(10), abs=1e-3)
    model.reg = 0.5
    weights = sum(np.sum(model.params[key] ** 2) for key in ("W1", "W2", "W3"))
    assert model.loss(X, y)[0] == pytest.approx(loss + 0.25 * weights)


def test_conv_net_by_default():
    model = ConvNet()
    assert shapes(model) == {
        "W1": (32, 3, 3, 3),
        "b1": (32,),
        "W2": (64, 32, 3, 3),
        "b2": (64,),
        "W3": (64 * 8 * 8, 128),
        "b3": (128,),
        "W4": (128, 10),
        "b4": (10,),
    }
    assert model.dtype == np.float32
    assert model.params["W3"].std() == pytest.approx(math.sqrt(2 / 4096), rel=0.02)


def test_conv_net_with_batchnorm_written_out():
    model = ConvNet((1, 5, 9), [3, 4, "pool", 2, "pool"], 5, [6], 3, "batchnorm", dtype=np.float64, seed=0)
    keys = [f"{name}{i}" for i in (1, 2, 3, 4) for name in ("W", "b", "gamma", "beta")]
    assert list(model.params) == [*keys, "W5", "b5"]
    X = np.random.default_rng(0).standard_normal((4, 1, 5, 9))
    p = {key: array + 0.1 for key, array in model.params.items()}
    model.params = p
    h = X
    for i in (1, 2, 3):
        arrays = (p[f"{name}{i}"] for name in ("W", "b", "gamma", "beta"))
        h, _ = conv_bn_relu_forward(h, *arrays, {"stride": 1, "pad": 2}, {"mode": "test"})
        if i > 1:
            h, _ = max_pool_forward(h, POOL)
    h, _ = affine_bn_relu_forward(h, *(p[f"{name}4"] for name in ("W", "b", "gamma", "beta")), {"mode": "test"})
    scores, _ = affine_forward(h, p["W5"], p["b5"])
    np.testing.assert_allclose(model.loss(X), scores, rtol=1e-12)


def test_conv_net_without_hidden_layers_or_pools_written_out():
    model = ConvNet((2, 4, 3), (5,), 1, (), 3, dtype=np.float64, seed=0)
    X = np.random.default_rng(0).standard_normal((2, 2, 4, 3))
    p = model.params
    h, _ = conv_relu_forward(X, p["W1"], p["b1"], {"stride": 1, "pad": 0})
    scores, _ = affine_forward(h, p["W2"], p["b2"])
    np.testing.assert_array_equal(model.loss(X), scores)


@pytest.mark.parametrize(
    "net, arguments, message",
    [
        (ThreeLayerConvNet, {"input_dim": (3, 32)}, "input_dim must be a list or tuple of 3 integers >= 1, got (3,"),
        (ThreeLayerConvNet, {"input_dim": (3, 1, 9)}, "1 pools of 2x2 need images of 2 x 2 or more, got 1 x 9"),
        (ThreeLayerConvNet, {"filter_size": 4}, "filter_size must be odd, to keep the image's size by padding, got 4"),
        (ConvNet, {"input_dim": (3, 0, 9)}, "input_dim must be a list or tuple of 3 integers >= 1, got (3, 0, 9)"),
        (ConvNet, {"input_dim": (3, 9, 7), "num_filters": (2, *["pool"] * 3)}, "3 pools of 2x2 need images of 8 x 8"),
        (ConvNet, {"filter_size": 2}, "filter_size must be odd"),
        (ConvNet, {"filter_size": 0}, "filter_size must be an integer >= 1, got 0"),
        (ConvNet, {"num_filters": 32}, "num_filters must be a list of integers and 'pool', got 32"),
        (ConvNet, {"num_filters": "pool"}, "num_filters must be a list of integers and 'pool', got 'pool'"),
        (ConvNet, {"num_filters": (8, "max")}, "num_filters apart from 'pool' must be a list or tuple of integers"),
        (ConvNet, {"hidden_dims": 5}, "hidden_dims must be a list or tuple of integers >= 1, got 5"),
        (ConvNet, {"normalization": "layernorm"}, "normalization is 'layernorm'; known are None, 'batchnorm'"),
    ],
)
def test_what_is_not_allowed_is_refused(net, arguments, message):
    with pytest.raises(ValueError, match=f"{net.__name__}: .*{re.escape(message)}"):
        net(**arguments)


def test_a_filter_count_that_is_none_is_refused():
    with pytest.raises(ValueError, match="ThreeLayerConvNet: num_filters must be an integer >= 1, got 0"):
        ThreeLayerConvNet(num_filters=0)


def test_the_smallest_images_work():
    assert ThreeLayerConvNet((1, 2, 3), 2, 3, 4, 5).loss(np.ones((2, 1, 2, 3))).shape == (2, 5)
    assert ConvNet((1, 8, 9), (2, *["pool"] * 3), 1, (), 5).loss(np.ones((2, 1, 8, 9))).shape == (2, 5)
