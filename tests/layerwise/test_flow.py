"""What the callback measures is right, and the run does not notice it."""

import numpy as np
import pytest

from datasets import load_digits
from layerwise.flow import EDGES, Flow, Moment, describe_moment, flow_table
from layers import affine, chain, relu, tanh
from models import Classifier, ConvNet, FullyConnectedNet, ResNet
from solvers import Solver

DIGITS = load_digits()
FEW = {name: array[:48] for name, array in DIGITS.items() if name[:2] in ("X_", "y_")}
RNG = np.random.default_rng(0)


def dropout_net():
    return FullyConnectedNet(
        [20, 20], input_dim=64, normalization="batchnorm", dropout_keep_ratio=0.7, seed=np.random.default_rng(3)
    )


NETS = {
    "batchnorm and dropout": dropout_net,
    "convolutions": lambda: ConvNet((1, 8, 8), (4, "pool"), hidden_dims=(8,), normalization="batchnorm", seed=0),
    "residual": lambda: ResNet((1, 8, 8), num_blocks=(1, 1), num_filters=(4, 8), seed=0),
}


def solver_of(model, **settings):
    return Solver(model, FEW, update_rule="adam", num_epochs=3, batch_size=16, verbose=False, seed=1, **settings)


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_the_run_gives_the_same_bits_with_it_and_without(make):
    plain, watched = make(), make()
    flow = Flow(FEW["X_train"][:10], FEW["y_train"][:10])
    flow.record(watched)
    one, other = solver_of(plain), solver_of(watched, on_iteration=[flow])
    one.train()
    other.train()
    assert len(flow.moments) == 10
    assert one.loss_history == other.loss_history and one.val_acc_history == other.val_acc_history
    for name, array in (plain.params | plain.state).items():
        np.testing.assert_array_equal(array, (watched.params | watched.state)[name])
    for name, generator in plain.generators.items():
        assert generator.bit_generator.state == watched.generators[name].bit_generator.state


def test_the_settings_keep_their_mode():
    model = dropout_net()
    model.loss(FEW["X_train"])
    Flow(FEW["X_train"], FEW["y_train"]).record(model)
    assert {setting["mode"] for setting in model.settings} == {"test"}


@pytest.fixture
def by_hand():
    """A net of affine and relu whose values are written down here."""
    W1, b1 = np.array([[1.0, -1.0, 0.0], [2.0, 1.0, 0.0]]), np.zeros(3)
    W2, b2 = np.array([[1.0, 0.0], [0.5, 1.0], [0.0, 0.0]]), np.array([0.0, 0.1])
    return Classifier(chain(affine, relu, affine), {"W1": W1, "b1": b1, "W2": W2, "b2": b2})


def test_the_figures_of_a_net_by_hand(by_hand):
    X, y = np.array([[1.0, 0.0], [-1.0, 1.0]]), np.array([0, 1])
    flow = Flow(X, y)
    flow.record(by_hand, iteration=7)
    (moment,) = flow.moments
    assert flow.layers == ["affine 1", "relu 1", "affine 2"] and moment.iteration == 7
    hidden = np.array([[1.0, 0.0, 0.0], [1.0, 2.0, 0.0]])
    scores = np.array([[1.0, 0.1], [2.0, 2.1]])
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    dscores = (p - np.eye(2)) / 2
    dhidden = dscores @ by_hand.params["W2"].T
    assert moment.loss == pytest.approx(-np.log(p[[0, 1], [0, 1]]).mean())
    activations, gradients = moment.activations, moment.gradients
    np.testing.assert_allclose(activations["std"][1:], [hidden.std(), scores.std()])
    np.testing.assert_allclose(activations["norm"][1:], [np.sqrt(6), np.linalg.norm(scores)])
    np.testing.assert_allclose(activations["zeros"][1:], [3 / 6, 0])
    np.testing.assert_allclose(activations["dead"], [1 / 3, 1 / 3, 0])
    np.testing.assert_allclose(gradients["norm"][1:], [np.linalg.norm(dhidden), np.linalg.norm(dscores)])
    np.testing.assert_allclose(gradients["std"][0], (dhidden * (hidden > 0)).std())
    counts = activations["histogram"][1] * 6  # 1, 1 and 2
    assert counts.sum() == pytest.approx(3)
    assert counts[np.searchsorted(EDGES, 0, side="right") - 1] == pytest.approx(2)


def test_a_channel_is_dead_only_where_the_whole_map_is_zero():
    model = ConvNet((1, 4, 4), (3,), hidden_dims=(), seed=0)
    model.params["b1"][:] = (-1e3, 0, 1e3)
    flow = Flow(RNG.standard_normal((5, 1, 4, 4)), np.zeros(5, int), names=("relu",))
    flow.record(model)
    assert flow.layers == ["relu 1"] and flow.moments[0].activations["dead"] == pytest.approx([1 / 3])
    assert 1 / 3 < flow.moments[0].activations["zeros"][0] < 2 / 3


def test_the_parts_inside_a_sum_are_measured_too():
    model = NETS["residual"]()
    flow = Flow(FEW["X_train"], FEW["y_train"])
    flow.record(model)
    assert flow.layers.count("identity 1") == 1 and "conv 6" in flow.layers
    assert (flow.moments[0].gradients["norm"] > 0).all()


@pytest.mark.parametrize("every, at", [(1, list(range(10))), (4, [0, 4, 8]), (100, [0])])
def test_it_measures_every_so_many_iterations(every, at):
    model = dropout_net()
    flow = Flow(FEW["X_train"], FEW["y_train"], every=every)
    flow.record(model)
    solver_of(model, on_iteration=[flow]).train()
    assert [moment.iteration for moment in flow.moments] == at
    assert flow.figures("activations", "histogram").shape == (len(at), len(flow.layers), len(EDGES) - 1)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_nets_that_vanish_or_explode_give_no_warning(scale):
    model = FullyConnectedNet([10] * 4, input_dim=64, weight_scale=scale, seed=0)
    flow = Flow(FEW["X_train"], FEW["y_train"])
    flow.record(model)
    assert flow.figures("activations", "histogram").max() <= 1
    assert describe_moment(flow.moments[0], flow.layers) and flow_table(flow)


def moment_of(std, norm, dead=0.0):
    L = len(std)
    rest = {"zeros": np.zeros(L), "dead": np.full(L, dead), "histogram": np.zeros((L, len(EDGES) - 1))}
    return Moment(0, 1.0, {"std": np.array(std), **rest}, {"norm": np.array(norm), **rest})


@pytest.mark.parametrize(
    "std, norm, forward, back",
    [
        ([1.0, 1e-2, 1e-4], [1e-5, 1e-3, 1.0], "vanish: std 1.0e-04 at c, 1.0e-04 times", "vanish: norm 1.0e-05"),
        ([1.0, 1e2, 1e4], [1e5, 1e2, 1.0], "explode: std 1.0e+04 at c, 1.0e+04", "explode: norm 1.0e+05 at a, 1.0e+05"),
        ([1.0, 5.0, 2.0], [0.5, 1.0, 1.0], "keep their size: std 2.0e+00 at c, 2.0", "keep their size: norm 5.0e-01"),
        ([0.0, 0.0, 0.0], [0.0, 0.0, np.inf], "have the std 0.0e+00 at a and 0.0e+00 at c", "have the norm inf at c"),
    ],
)  # fmt: skip
def test_what_is_said(std, norm, forward, back):
    one, other = describe_moment(moment_of(std, norm), ["a", "b", "c"])
    assert one.startswith(f"Forward, the activations {forward}") and other.startswith(f"Back, the gradients {back}")


@pytest.mark.parametrize("dead, said", [(0.0, False), (0.09, False), (0.2, True)])
def test_dead_units_are_told_of_when_they_are_many(dead, said):
    sentences = describe_moment(moment_of([1.0, 1.0], [1.0, 1.0], dead), ["a", "b"])
    assert ("20% of the units of a are 0 for every example." in sentences) == said


def test_the_table_has_a_line_a_layer_and_fits():
    model = NETS["convolutions"]()
    flow = Flow(FEW["X_train"], FEW["y_train"])
    flow.record(model)
    lines = flow_table(flow).splitlines()
    assert [line.split("  ")[0].strip() for line in lines[2:]] == flow.layers
    assert max(map(len, lines)) <= 100
    assert all(line == line.rstrip() for line in lines)


def test_what_does_not_fit_is_refused_in_words():
    X, y = FEW["X_train"], FEW["y_train"]
    with pytest.raises(ValueError, match="Flow: every must be an integer >= 1, got 0"):
        Flow(X, y, every=0)
    with pytest.raises(ValueError, match=r"Flow: X has shape \(48, 1, 8, 8\), y \(3,\)"):
        Flow(X, y[:3])
    with pytest.raises(ValueError, match="no layer named sigmoid; known are affine, relu"):
        Flow(X, y, names=("sigmoid",)).record(FullyConnectedNet([5], input_dim=64))


def test_other_activations_are_measured_as_well():
    shapes = {"W1": (4, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    params = {name: RNG.standard_normal(shape) for name, shape in shapes.items()}
    flow = Flow(RNG.standard_normal((6, 4)), np.arange(6) % 2, names=("tanh",))
    flow.record(Classifier(chain(affine, tanh, affine), params))
    assert flow.layers == ["tanh 1"] and 0 < flow.moments[0].activations["std"][0] < 1
