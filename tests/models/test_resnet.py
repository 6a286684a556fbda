"""Residual nets: keys, shapes, and scores written out by hand."""

import re

import numpy as np
import pytest

from layers import affine_forward, conv_forward, global_avg_pool_forward, max_pool_forward, relu_forward
from layers import spatial_batchnorm_forward
from models import ResNet


def conv_bn(h, p, i, stride):
    size = p[f"W{i}"].shape[-1]
    h, _ = conv_forward(h, p[f"W{i}"], p[f"b{i}"], {"stride": stride, "pad": size // 2})
    return spatial_batchnorm_forward(h, p[f"gamma{i}"], p[f"beta{i}"], {"mode": "train"})[0]


def relu(h):
    return relu_forward(h)[0]


def shaken(model):
    rng = np.random.default_rng(0)
    model.params = {key: array + 0.1 * rng.standard_normal(array.shape) for key, array in model.params.items()}
    return model.params


def train_scores(model, X):
    """Get the scores of train mode, through a loss that does nothing with them."""
    kept = []
    model.loss_function = lambda scores, y: (kept.append(scores), scores)
    model.loss(X, np.zeros(len(X), dtype=int))
    return kept[0]


def test_identity_and_projection_shortcuts_written_out():
    model = ResNet((2, 7, 6), (2, 1), (3, 4), 5, dtype=np.float64, seed=0)
    p = shaken(model)
    X = np.random.default_rng(1).standard_normal((3, 2, 7, 6))
    h = relu(conv_bn(X, p, 1, 1))
    h = relu(conv_bn(relu(conv_bn(h, p, 2, 1)), p, 3, 1) + h)
    h = relu(conv_bn(relu(conv_bn(h, p, 4, 1)), p, 5, 1) + h)
    h = relu(conv_bn(relu(conv_bn(h, p, 6, 2)), p, 7, 1) + conv_bn(h, p, 8, 2))
    assert p["W8"].shape == (4, 3, 1, 1) and h.shape == (3, 4, 4, 3)
    scores, _ = affine_forward(global_avg_pool_forward(h)[0], p["W9"], p["b9"])
    np.testing.assert_allclose(train_scores(model, X), scores, rtol=1e-12)


def test_imagenet_stem_written_out():
    model = ResNet((1, 11, 9), (1,), (3,), 5, "imagenet", dtype=np.float64, seed=0)
    p = shaken(model)
    p["beta1"] -= 1.5  # so that windows without a positive value occur, and relu before the pool is seen
    X = np.random.default_rng(1).standard_normal((3, 1, 11, 9))
    h, _ = max_pool_forward(relu(conv_bn(X, p, 1, 2)), {"pool_height": 3, "pool_width": 3, "stride": 2})
    h = relu(conv_bn(relu(conv_bn(h, p, 2, 1)), p, 3, 1) + h)
    scores, _ = affine_forward(global_avg_pool_forward(h)[0], p["W4"], p["b4"])
    assert p["W1"].shape == (3, 1, 7, 7)
    np.testing.assert_allclose(train_scores(model, X), scores, rtol=1e-12)


def test_keys_are_numbered_in_the_order_of_the_net():
    model = ResNet()
    convs = [f"{name}{i}" for i in range(1, 16) for name in ("W", "b", "gamma", "beta")]  # 1 + 3 * 4, and 2 projections
    assert list(model.params) == [*convs, "W16", "b16"]
    assert model.params["W1"].shape == (16, 3, 3, 3)
    assert [model.params[f"W{i}"].shape for i in (6, 7, 8)] == [(32, 16, 3, 3), (32, 32, 3, 3), (32, 16, 1, 1)]
    assert model.params["W16"].shape == (64, 10)
    assert model.dtype == np.float32


def test_resnet_18_has_its_known_size():
    model = ResNet((3, 224, 224), (2, 2, 2, 2), (64, 128, 256, 512), 1000, stem="imagenet", weight_scale=0.0)
    biases_of_convolutions = sum(model.params[f"b{i}"].size for i in range(1, 21))
    assert sum(array.size for array in model.params.values()) - biases_of_convolutions == 11_689_512


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"input_dim": (32, 32)}, "ResNet: input_dim must be a list or tuple of 3 integers >= 1, got (32, 32)"),
        ({"num_blocks": (2, 2)}, "ResNet: num_blocks must be a list or tuple of 3 integers >= 1, got (2, 2)"),
        ({"num_blocks": (2, 0, 2)}, "ResNet: num_blocks must be a list or tuple of 3 integers >= 1, got (2, 0, 2)"),
        ({"num_filters": (16, 32, -1)}, "num_filters must be a list or tuple of integers >= 1, got (16, 32, -1)"),
        ({"num_filters": (), "num_blocks": ()}, "ResNet: num_filters is empty; expected at least one stage"),
        ({"stem": "mnist"}, "ResNet: stem is 'mnist'; known are 'cifar', 'imagenet'"),
        ({"stem": "imagenet", "input_dim": (3, 4, 9)}, "the stem 'imagenet' needs images of 5 pixels a side, got 4"),
    ],
)
def test_what_is_not_allowed_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ResNet(**arguments)


@pytest.mark.parametrize("stem, size", [("cifar", 1), ("imagenet", 5)])
def test_the_smallest_images_work(stem, size):
    model = ResNet((1, size, size), (1, 1), (2, 3), 4, stem)
    assert model.loss(np.ones((2, 1, size, size))).shape == (2, 4)


def test_a_stage_with_as_many_filters_halves_the_image_too():
    model = ResNet((1, 6, 6), (1, 1), (3, 3), 4)
    assert model.params["W6"].shape == (3, 3, 1, 1)
    assert model.loss(np.ones((2, 1, 6, 6))).shape == (2, 4)
