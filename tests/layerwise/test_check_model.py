"""Right gradients are found right, whatever the model, and it stays as it is; wrong ones of a plain model are found."""

import re

import numpy as np
import pytest

from layers import Layer, affine, chain, relu, softmax_loss
from layerwise import check_model as module
from layerwise.check_gradient import compare
from layerwise.check_model import OF_PART, check_model
from models import Classifier, ResNet, ThreeLayerConvNet
from tests.models.zoo import MODELS, inputs

from .faults import after, make, points_net, residual_net
from .user_models import as_data


@pytest.mark.parametrize("name", MODELS)
def test_every_gradient_of_every_model_is_found_right(name, figures):
    model = MODELS[name](dtype=np.float32, seed=np.random.default_rng(0))
    results = check_model(model, *inputs(model))
    assert {result.verdict for result in results} == {"ok"}
    named = {result.name for result in results if result.where == "the loss"}
    assert named == {"dX", *(f"d{key}" for key in model.params)}
    figures["gradients of models and their parts, found right by layerwise check"] += len(results)


def test_every_part_is_there_with_the_names_of_the_model():
    results = check_model(*make(points_net))
    found = {(result.where, result.name) for result in results if result.where != "the loss"}
    assert {name for where, name in found if where == "batchnorm (part 2 of 8)"} == {"dx", "dgamma1", "dbeta1"}
    assert {name for where, name in found if where == "affine (part 5 of 8)"} == {"dx", "dW2", "db2"}
    assert {name for where, name in found if where == "relu (part 3 of 8)"} == {"dx"}
    assert ("softmax_loss", "dscores") in found
    assert len({where for where, _ in found}) == 9


@pytest.mark.parametrize("net", [points_net, residual_net])
def test_the_model_is_left_as_it_is(net):
    model, X, y = make(net)
    before, X_before, y_before = as_data(model), X.copy(), y.copy()
    check_model(model, X, y)
    np.testing.assert_equal(as_data(model), before)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    assert all(array.flags.writeable for array in model.params.values())


def test_the_seed_decides_what_is_drawn():
    model, X, y = make(points_net)
    first, again, other = (check_model(model, X, y, seed) for seed in (0, 0, 1))
    assert first == again and first != other


def test_images_are_made_smaller_where_the_model_takes_them():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((9, 3, 32, 40)), np.arange(9)
    for model, shape in (
        (ResNet((3, 32, 40), (1,), (4,), seed=0), (4, 3, 8, 8)),
        (ThreeLayerConvNet((3, 32, 40), 2, seed=0), (4, 3, 32, 40)),
    ):
        small, labels = module._few(module._twin(model, rng), X, y, rng)
        assert small.shape == shape and labels.shape == (4,)


@pytest.mark.parametrize("x, verdict", [(np.zeros((2, 3)), "kink"), (np.full((2, 3), 1e-5), "ok")])
def test_a_kink_is_avoided_by_a_smaller_step_or_else_not_blamed(x, verdict):
    found = compare(
        "relu", {"dx": x}, lambda x: np.maximum(x, 0), lambda: (1.0 * (x > 0),), np.ones((2, 3)), OF_PART,
        np.random.default_rng(0)
    )
    assert [result.verdict for result in found] == [verdict]


def test_relu_of_zeros_and_pools_of_equal_pixels_are_not_blamed():
    model = ThreeLayerConvNet((1, 8, 8), 2, seed=0, weight_scale=0.0)
    results = check_model(model, np.zeros((4, 1, 8, 8), np.float32), np.array([0, 1, 2, 3]))
    assert {result.verdict for result in results} == {"ok"}


def test_the_worst_entry_is_shown():
    def wrong(dout, cache, dx, dw, db):
        dw = dw.copy()
        dw[3, 1] += 1
        return dx, dw, db

    model, X, y = make(points_net, 8, after(wrong))
    worst = check_model(model, X, y)[0]
    assert (worst.name, worst.place) == ("dW3", "(3, 1)")
    assert worst.analytic == pytest.approx(worst.numerical + 1)


@pytest.mark.parametrize(
    "change, trouble",
    [
        (lambda dout, cache, dx, dw, db: (dx, dw, dout), r"backward returned db3 of shape \(4, 3\); expected \(3,\)"),
        (lambda dout, cache, dx, dw, db: (dx, db, dw), r"backward returned dW3 of shape \(3,\); expected \(4, 3\)"),
        (lambda dout, cache, dx, dw, db: (dx, dw), "backward returned 2 gradients; expected dx, dW3, db3"),
        (lambda dout, cache, dx, dw, db: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_gradient_is_said_in_words(change, trouble):
    model, X, y = make(points_net, 8, after(change))
    first = check_model(model, X, y)[0]
    assert (first.where, first.verdict, first.name) == ("affine (part 8 of 8)", "WRONG", "")
    assert re.fullmatch(trouble, first.trouble)


def test_a_layer_that_is_random_is_told_so():
    rng = np.random.default_rng(0)

    def noise_forward(x):
        return x + rng.standard_normal(x.shape), None

    model, X, y = make(points_net, 3, lambda layer: Layer(noise_forward, lambda dout, cache: dout))
    first = check_model(model, X, y)[0]
    assert first.where == "noise (part 3 of 8)"
    assert "gives two outputs for one input; if it is random, give it a seed" in first.trouble


class Plain:
    """A model without a net: params and loss, and that is all."""

    def __init__(self, factor=1.0, keys=("W", "b")):
        rng = np.random.default_rng(0)
        self.params = {"W": rng.standard_normal((6, 3)), "b": np.zeros(3)}
        self.factor, self.keys = factor, keys

    def loss(self, X, y=None):
        scores, cache = affine.forward(X, self.params["W"], self.params["b"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        _, dW, db = affine.backward(dscores, cache)
        return loss, dict(zip(self.keys, (dW, self.factor * db)))


def plain_inputs():
    return np.random.default_rng(1).standard_normal((5, 6)), np.array([0, 1, 2, 0, 1])


def test_of_a_model_without_a_net_the_loss_is_checked():
    assert [(result.name, result.verdict) for result in sorted(check_model(Plain(), *plain_inputs()), key=str)] == [
        ("dW", "ok"), ("db", "ok")
    ]  # fmt: skip
    wrong = check_model(Plain(factor=1.01), *plain_inputs())
    assert [(result.name, result.verdict) for result in wrong] == [("db", "WRONG"), ("dW", "ok")]


def test_a_gradient_that_is_missing_is_named():
    (result,) = check_model(Plain(keys=("W",)), *plain_inputs())
    assert result.verdict == "WRONG"
    assert result.trouble == "loss returned gradients of ['W']; the parameters are ['W', 'b']"


@pytest.mark.parametrize("factor", [0, 1 + 3e-6])
def test_a_loss_that_is_wrong_with_right_parts_is_found(factor):
    class Forgetful(Classifier):
        def loss(self, X, y=None):
            result = super().loss(X, y)
            if y is not None:
                result[1]["b1"] = factor * result[1]["b1"]
            return result

    params = {"W1": np.ones((6, 3)), "b1": np.zeros(3)}
    results = check_model(Forgetful(chain(affine, relu), params), *plain_inputs())
    assert [(result.where, result.name) for result in results if result.verdict != "ok"] == [("the loss", "db1")]


def test_a_model_that_cannot_be_copied_is_refused():
    model = Plain()
    model.lines = (line for line in "abc")
    with pytest.raises(ValueError, match="check_model: Plain cannot be copied: cannot pickle 'generator' object"):
        check_model(model, *plain_inputs())


@pytest.mark.parametrize("factor, verdicts", [(1.0, {"ok"}), (1.01, {"ok", "WRONG"})])
def test_a_pair_that_does_the_work_of_its_parts_in_one_go_is_checked_itself(factor, verdicts):
    def affine_relu_forward(x, w, b):
        out, cache = affine.forward(x, w, b)
        return np.maximum(out, 0), (cache, out > 0)

    def affine_relu_backward(dout, cache):
        dx, dw, db = affine.backward(dout * cache[1], cache[0])
        return dx, factor * dw, db

    fused = Layer(affine_relu_forward, affine_relu_backward)
    fused.parts, fused.joined_by = (affine, relu), "chain"
    params = {"W1": np.ones((6, 5)), "b1": np.zeros(5), "W2": np.ones((5, 3)), "b2": np.zeros(3)}
    results = check_model(Classifier(chain(fused, affine), params), *plain_inputs())
    assert {result.verdict for result in results} == verdicts
    wrong = {(result.where, result.name) for result in results if result.verdict == "WRONG"}
    assert wrong == ({("affine_relu (parts 1 to 2 of 3)", "dW1"), ("the loss", "dW1")} if factor != 1 else set())
