"""Operations and kept bytes of three nets, counted by hand; times that are times; a model that is left as it is."""

import numpy as np
import pytest

from layers import Layer, add, affine, chain, conv, max_pool, relu, residual, spatial_batchnorm
from layerwise import cost_model as module
from layerwise.cost_model import matrix_product_peak, model_cost, step_cost, time_by_turns
from models import Classifier, TwoLayerNet, initialise
from tests.models.zoo import MODELS, inputs

from .user_models import as_data


def counted(costs):
    return [
        (cost.name, cost.num_parameters, cost.flops_forward, cost.flops_backward, cost.cache_bytes) for cost in costs
    ]


def test_two_layers_counted_by_hand():
    # N = 4 examples of D = 6, H = 5 hidden units, C = 3 classes, in float64: 8 bytes
    model = TwoLayerNet(input_dim=6, hidden_dim=5, num_classes=3, dtype=np.float64)
    costs = model_cost(model, np.ones((4, 6)), np.array([0, 1, 2, 0]), rounds=1)
    assert counted(costs) == [
        # D H + H parameters; 2 N D H; dw as much, db N H, no dx of the first layer; keeps X and w alone
        ("affine", 6 * 5 + 5, 2 * 4 * 6 * 5, 2 * 4 * 6 * 5 + 4 * 5, 0),
        # one comparison, one product an element; keeps its input, N H
        ("relu", 0, 4 * 5, 4 * 5, 4 * 5 * 8),
        # 2 N H C; dw and dx as much, and db N C; keeps its input, N H
        ("affine", 5 * 3 + 3, 2 * 4 * 5 * 3, 2 * (2 * 4 * 5 * 3) + 4 * 3, 4 * 5 * 8),
    ]
    assert [cost.out_shape for cost in costs] == [(4, 5), (4, 5), (4, 3)]
    assert [cost.keys for cost in costs] == [("W1", "b1"), (), ("W2", "b2")]


def test_a_convolutional_net_counted_by_hand():
    # N = 3 images of C = 2, 6 x 5; F = 4 filters of 3 x 3; batchnorm, relu, 2 x 2 pool to 3 x 2; float32: 4 bytes
    shapes = {"W1": (4, 2, 3, 3), "b1": 4, "gamma1": 4, "beta1": 4, "W2": (4 * 3 * 2, 3), "b2": 3}
    settings = {"stride": 1, "pad": 1}, {"mode": "train"}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    net = chain(conv, spatial_batchnorm, relu, max_pool, affine)
    model = Classifier(net, initialise(shapes, "he", np.float32, seed=0), settings)
    costs = model_cost(model, np.ones((3, 2, 6, 5), np.float32), np.array([0, 1, 2]), rounds=1)
    pixels = 3 * 4 * 6 * 5  # of conv's output
    products = 2 * (2 * 3 * 3) * pixels
    pooled = 3 * 4 * 3 * 2
    scores = 2 * (4 * 3 * 2) * (3 * 3)  # of D = 24 features, N C = 9 of them
    assert counted(costs) == [
        ("conv", 4 * 2 * 9 + 4, products, products + pixels, 0),
        # keeps its input, and a mean and a standard deviation for each channel
        ("spatial_batchnorm", 4 + 4, 7 * pixels, 11 * pixels, (pixels + 4 + 4) * 4),
        ("relu", 0, pixels, pixels, pixels * 4),
        # three comparisons a window; keeps its input
        ("max_pool", 0, 3 * pooled, pooled, pixels * 4),
        ("affine", 24 * 3 + 3, scores, 2 * scores + 9, pooled * 4),
    ]


def test_a_net_with_branches_counted_by_hand():
    # N = 4, in float64: 6 features - affine to 5 - relu(affine) + itself - two affines, whose outputs add up to 3 scores
    block = residual(chain(affine, relu), name="block")
    net = chain(affine, block, add(affine, affine))
    shapes = {"W1": (6, 5), "b1": 5, "W2": (5, 5), "b2": 5, "W3": (5, 3), "b3": 3, "W4": (5, 3), "b4": 3}
    model = Classifier(net, initialise(shapes, "he", np.float64, seed=0))
    costs = model_cost(model, np.ones((4, 6)), np.array([0, 1, 2, 0]), rounds=1)
    assert counted(costs) == [
        ("affine", 35, 2 * 4 * 6 * 5, 2 * 4 * 6 * 5 + 20, 0),
        ("affine", 30, 2 * 4 * 5 * 5, 2 * (2 * 4 * 5 * 5) + 20, 20 * 8),
        ("relu", 0, 20, 20, 20 * 8),
        ("identity", 0, 0, 0, 0),
        ("sum", 0, 20, 20, 0),  # of two outputs, and in backward of two gradients of x
        ("affine", 18, 2 * 4 * 5 * 3, 2 * (2 * 4 * 5 * 3) + 12, 20 * 8),
        ("affine", 18, 2 * 4 * 5 * 3, 2 * (2 * 4 * 5 * 3) + 12, 0),  # its input is kept already
        ("sum", 0, 12, 20, 0),
    ]
    assert [cost.number for cost in costs] == [1, 2, 3, 4, None, 5, 6, None]


def test_a_pair_that_does_the_work_of_its_parts_in_one_go_is_one_row():
    def affine_relu_forward(x, w, b):
        out, cache = affine.forward(x, w, b)
        return np.maximum(out, 0), (cache, out > 0)

    def affine_relu_backward(dout, cache):
        return affine.backward(dout * cache[1], cache[0])

    fused = Layer(affine_relu_forward, affine_relu_backward)
    fused.parts, fused.joined_by = (affine, relu), "chain"
    shapes = {"W1": (6, 5), "b1": 5, "W2": (5, 3), "b2": 3}
    model = Classifier(chain(fused, affine), initialise(shapes, "he", np.float64, seed=0))
    costs = model_cost(model, np.ones((4, 6)), np.array([0, 1, 2, 0]), rounds=1)
    assert counted(costs)[0] == ("affine_relu", 35, 240 + 20, 240 + 20 + 20, 20)  # a mask of one byte each is kept
    assert [cost.number for cost in costs] == [1, 3]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_measured_and_left_as_it_is(name):
    model = MODELS[name](dtype=np.float64, seed=np.random.default_rng(0))
    X, y = inputs(model)
    before = as_data(model)
    costs = model_cost(model, X, y, rounds=1)
    step_cost(model, X, y, rounds=1)
    np.testing.assert_equal(as_data(model), before)
    assert sum(cost.num_parameters for cost in costs) == sum(array.size for array in model.params.values())
    assert all(cost.flops is not None and cost.seconds > 0 for cost in costs)
    assert all(len(cost.out_shape) > 1 and cost.out_shape[0] == len(X) for cost in costs)


def test_a_layer_that_is_not_known_has_a_time_but_no_operations():
    def square_forward(x):
        return x * x, x

    square = Layer(square_forward, lambda dout, cache: 2 * cache * dout)
    shapes = {"W1": (6, 5), "b1": 5, "W2": (5, 3), "b2": 3}
    model = Classifier(chain(affine, square, affine), initialise(shapes, "he", np.float64, seed=0))
    _, cost, _ = model_cost(model, np.ones((4, 6)), np.array([0, 1, 2, 0]), rounds=1)
    assert (cost.name, cost.flops, cost.cache_bytes) == ("square", None, 4 * 5 * 8)
    assert cost.forward.median > 0


def kept(*caches, apart=()):
    """The bytes of layers with these caches."""
    parts = [module.run_model(TwoLayerNet(2, 2, 2), np.ones((1, 2))).leaves()[1] for _ in caches]
    for part, cache in zip(parts, caches):
        part.cache = cache
    return module._kept_bytes(parts, apart)


def test_shared_memory_counts_once_and_a_view_as_all_that_is_behind_it():
    large, small = np.zeros((10, 10)), np.zeros(3, np.float32)
    assert kept((large, [small, {"mask": small}]), large) == [812, 0]
    assert kept(large[:1], small) == [800, 12]
    assert kept((large[:1], large[5:])) == [800]
    assert kept((large, small), apart=(large[2:],)) == [12]
    assert kept(None, (), 3.0, np.zeros(0)) == [0, 0, 0, 0]


def test_what_is_left_over_of_memory_that_is_used_again_does_not_count():
    raw = np.empty(1000, np.uint8)
    result = raw[:800].view(np.float64).reshape(10, 10)
    assert kept((result[:5], result, result[:5])) == [800]


def test_functions_are_timed_by_turns():
    calls = []
    first, second = time_by_turns([lambda: calls.append("first"), lambda: calls.append("second")], rounds=3)
    for spread in (first, second):
        assert 0 < spread.low <= spread.median <= spread.high < 1
    assert calls[:2] == ["first", "second"]
    assert calls.index("first", 2) < calls.index("second", 2) < len(calls) - 1 - calls[::-1].index("first")


def test_the_peak_is_that_of_a_machine():
    assert 1e8 < matrix_product_peak(np.float32, rounds=1) < 1e14
