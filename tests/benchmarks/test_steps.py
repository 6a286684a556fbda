from dataclasses import replace

import numpy as np
import pytest

from benchmarks import steps
from benchmarks.agreement import Disagreement
from benchmarks.steps import STEPS, OurStep, ScikitLearnEpoch, Step, compare, minibatch, training_operations
from benchmarks.timing import Effort
from layers import affine, affine_relu, chain, conv_relu_pool
from models import Classifier, TwoLayerNet, initialise
from solvers import UPDATE_RULES

TINY = Effort(2, 0, ())


def tiny_net():
    return TwoLayerNet(input_dim=6, hidden_dim=5, weight_scale="he", dtype=np.float32, seed=0)


TINY_STEP = Step("tiny", tiny_net, (8, 6), "sgd", target=1.0)


def our_step(rate=0.1, batch_size=8, rule="sgd"):
    return OurStep(tiny_net(), *minibatch(TINY_STEP), rule, rate, batch_size)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(steps, "peak", lambda dtype: 1e9)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_net_takes_its_minibatch(step):
    X, y = minibatch(step)
    loss, grads = step.make_model().loss(X[:2], y[:2])
    assert X.shape == step.shape and X.dtype == np.float32
    assert np.isfinite(loss)
    assert all(grad.dtype == np.float32 for grad in grads.values())


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_our_step_is_a_step_of_the_update_rule(rule):
    X, y = minibatch(TINY_STEP)
    model, configs, losses = tiny_net(), {}, []
    for _ in range(3):
        loss, grads = model.loss(X, y)
        losses.append(loss)
        for name, dw in grads.items():
            config = configs.get(name, {"learning_rate": 0.1})
            model.params[name], configs[name] = UPDATE_RULES[rule](model.params[name], dw, config)
    step = our_step(rule=rule)
    assert [step() for _ in range(3)] == pytest.approx(losses, rel=1e-6)
    assert losses[2] < losses[0]


def test_an_epoch_takes_the_examples_as_they_lie():
    X, y = minibatch(TINY_STEP)
    epoch = our_step(rate=0.0, batch_size=3)
    losses = [tiny_net().loss(X[part], y[part])[0] for part in (slice(0, 3), slice(3, 6), slice(6, 8))]
    assert epoch() == pytest.approx(np.mean(losses))
    assert epoch() == pytest.approx(np.mean(losses))


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_scikit_learns_epoch_has_our_losses(rule):
    """Eight examples in batches of four; SGD without momentum is the same, Adam differs by where epsilon stands."""
    ours = our_step(rate=0.01, batch_size=4, rule=rule)
    # The labels are drawn from ten classes and scikit-learn is told of all of them by its first call.
    theirs = ScikitLearnEpoch(tiny_net(), *minibatch(TINY_STEP), rule, 0.01, 4)
    if rule == "sgd":
        theirs.net.momentum = 0
        theirs.net.nesterovs_momentum = False
    assert theirs() == pytest.approx(ours(), rel=1e-5)
    assert theirs() == pytest.approx(ours(), rel=1e-4)


def test_operations_are_counted_by_hand():
    pool = {"pool_height": 2, "pool_width": 2, "stride": 2}
    shapes = {"W1": (4, 2, 3, 3), "b1": 4, "W2": (4 * 3 * 2, 5), "b2": 5, "W3": (5, 7), "b3": 7}
    model = Classifier(
        chain(conv_relu_pool, affine_relu, affine), initialise(shapes, "he", seed=0), ({"stride": 1, "pad": 1}, pool)
    )
    products = [2 * 10 * 4 * 6 * 4 * (2 * 3 * 3), 2 * 10 * 24 * 5, 2 * 10 * 5 * 7]
    assert training_operations(model, np.ones((10, 2, 6, 4))) == 2 * products[0] + 3 * products[1] + 3 * products[2]


def test_a_row_compares_with_the_faster_of_the_others(monkeypatch):
    seconds = {"ours": [0.1, 0.2, 0.4], "PyTorch, NCHW": [0.3, 0.3, 0.3], "PyTorch, channels last": [0.2, 0.2, 0.2]}
    arrays = {name: np.array(values) for name, values in seconds.items()}
    monkeypatch.setattr(steps, "interleave", lambda sides, effort: arrays)
    sides = {name: our_step() for name in seconds}
    row = compare(TINY_STEP, sides, TINY, megabytes={"ours": 1.0, "PyTorch, channels last": 2.0}.get)
    assert row["against"] == "PyTorch, channels last"
    assert row["ratio"] == (0.75, 1.0, 1.5)  # of the ratios 0.5, 1 and 2 of the rounds
    assert (row["our ms"].median, row["its ms"].median, row["reached"]) == (200, 200, "yes")
    assert (row["our MB"], row["its MB"]) == (1.0, 2.0)
    assert row["of peak"] == pytest.approx(training_operations(tiny_net(), np.ones((8, 6))) / 0.2 / 1e9)
    first, last = map(float, row["losses"].split(" ... "))
    assert first > last


def test_a_missed_target_is_said(monkeypatch):
    monkeypatch.setattr(steps, "interleave", lambda sides, effort: {"ours": np.array([1.0]), "other": np.array([0.99])})
    assert compare(TINY_STEP, {"ours": our_step(), "other": our_step()}, TINY)["reached"] == "no"


def test_without_a_target_none_is_reached():
    step = replace(TINY_STEP, target=None)
    assert compare(step, {"ours": our_step(), "other": our_step()}, TINY)["reached"] is None


def test_sides_that_do_not_do_the_same_are_refused():
    with pytest.raises(Disagreement, match="tiny: the losses differ: ours"):
        compare(TINY_STEP, {"ours": our_step(), "PyTorch, NCHW": our_step(rate=0.11)}, TINY)


def test_an_epoch_is_checked_once_and_has_no_memory():
    row = compare(TINY_STEP, {"ours": our_step(), "scikit-learn": our_step()}, TINY, checked=1)
    assert row["against"] == "scikit-learn"
    assert float(row["losses"]) > 0
    assert row["our MB"] is row["its MB"] is None
