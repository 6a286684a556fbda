"""A net walked part by part computes what the net computes, and leaves the model as it is."""

import numpy as np
import pytest

from layers import Layer, add, affine, affine_relu, chain, relu, residual, tanh, trace
from layerwise.parts import run_backward, run_forward, run_model
from tests.models.zoo import MODELS, inputs

from .user_models import as_data


@pytest.mark.parametrize("name", MODELS)
def test_the_gradients_are_those_of_the_model(name):
    model = MODELS[name](dtype=np.float64, seed=0)
    model.reg = 0.0
    X, y = inputs(model)
    net = run_model(model, X, y)
    _, grads = model.loss(X, y)
    assert list(net.keys) == list(grads)
    for key, grad in zip(net.keys, net.grads[1:], strict=True):
        np.testing.assert_allclose(grad, grads[key], rtol=1e-10, atol=1e-13, err_msg=key)


@pytest.mark.parametrize("name", MODELS)
def test_without_labels_the_scores_are_those_of_the_model(name):
    model = MODELS[name](dtype=np.float32, seed=0)
    X, _ = inputs(model)
    net = run_model(model, X)
    np.testing.assert_allclose(net.out, model.loss(X), rtol=1e-5, atol=1e-6)
    assert net.out.dtype == np.float32
    assert all(part.dout is None and part.grads is None for part in net.nodes())


@pytest.mark.parametrize("name", MODELS)
def test_the_model_is_left_as_it_is(name):
    model = MODELS[name](dtype=np.float64, seed=np.random.default_rng(0))
    before = as_data(model)
    run_model(model, *inputs(model))
    np.testing.assert_equal(as_data(model), before)


@pytest.mark.parametrize("name", MODELS)
def test_what_arrives_at_a_part_is_what_trace_shows(name):
    model = MODELS[name](dtype=np.float64, seed=0)
    X, _ = inputs(model)
    net = run_model(model, X, mode="test")
    for setting in model.settings:
        setting.update({"mode": "test"} if "mode" in setting else {})
    traced = list(trace(model.net, X, *model.params.values(), *model.settings))
    assert [leaf.layer for leaf in net.leaves()] == [layer for layer, _ in traced]
    for leaf, (_, out) in zip(net.leaves(), traced):
        np.testing.assert_array_equal(leaf.out, out)


def small():
    x, w = np.ones((2, 3)), np.ones((3, 3))
    net = chain(affine_relu, residual(chain(affine, tanh, name="inner")), name="net")
    return run_forward(net, x, (w, np.zeros(3), w, np.zeros(3)), keys=("W1", "b1", "W2", "b2"))


def test_every_part_has_its_name_and_its_place():
    net = small()
    assert [(part.name, part.keys) for part in net.nodes()] == [
        ("affine (part 1 of 5)", ("W1", "b1")),
        ("relu (part 2 of 5)", ()),
        ("affine_relu (parts 1 to 2 of 5)", ("W1", "b1")),
        ("affine (part 3 of 5)", ("W2", "b2")),
        ("tanh (part 4 of 5)", ()),
        ("inner (parts 3 to 4 of 5)", ("W2", "b2")),
        ("identity (part 5 of 5)", ()),
        ("residual_inner (parts 3 to 5 of 5)", ("W2", "b2")),
        ("net (parts 1 to 5 of 5)", ("W1", "b1", "W2", "b2")),
    ]
    assert [part.number for part in net.leaves()] == [1, 2, 3, 4, 5]
    assert net.leaves()[3].inside == ("net", "residual_inner", "inner")


def test_where_a_value_branches_the_gradients_add_up():
    net = small()
    dout = np.full((2, 3), 2.0)
    run_backward(net, dout)
    affine, identity = net.leaves()[2], net.leaves()[4]
    np.testing.assert_array_equal(identity.dout, dout)
    np.testing.assert_array_equal(net.leaves()[1].dout, affine.grads[0] + identity.grads[0])


def test_a_pair_that_does_the_work_of_its_parts_in_one_go_is_fused():
    def relu_tanh_forward(x):
        return np.tanh(np.maximum(x, 0)), x

    fused = Layer(relu_tanh_forward, tanh.backward)
    fused.parts, fused.joined_by = (relu, tanh), "chain"
    for layer, is_fused in ((fused, True), (chain(relu, tanh), False), (add(relu, tanh), False), (relu, False)):
        assert run_forward(layer, np.ones((2, 3))).is_fused is is_fused
    assert [leaf.layer for leaf in run_forward(chain(fused, relu), np.ones((2, 3))).leaves()] == [relu, tanh, relu]


def test_other_arguments_than_the_net_takes_are_refused():
    with pytest.raises(ValueError, match=r"run_forward: affine\(x, w, b\) takes 2 arrays and 0 settings; got 1 arrays"):
        run_forward(affine, np.ones((2, 3)), (np.ones((3, 2)),))


def test_a_model_without_a_net_is_refused():
    class Plain:
        params = {}

    with pytest.raises(TypeError, match="run_model: Plain has no net"):
        run_model(Plain(), np.ones((1, 1)))
