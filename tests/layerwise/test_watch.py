"""What is measured of a run is right, what looks wrong is told, and the run is not changed by it."""

import re

import numpy as np
import pytest

from layers import affine, chain, sigmoid, tanh
from layerwise import catalogue
from layerwise.watch import Watch, dead_share, watched_layers
from models import Classifier, FullyConnectedNet, ResNet
from solvers import Solver

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(70, 6)).astype(np.float32), RNG.integers(3, size=70)
DATA = {"X_train": X[:50], "y_train": Y[:50], "X_val": X[50:], "y_val": Y[50:]}


class Drawing(FullyConnectedNet):
    """A net with everything that watching could disturb: running statistics, and a generator of its own."""

    def __init__(self):
        super().__init__(
            [7, 8], input_dim=6, num_classes=3, dropout_keep_ratio=0.7, normalization="batchnorm", weight_scale=0.5,
            seed=np.random.default_rng(1),
        )  # fmt: skip


def make_solver(model=None, **settings):
    settings = {"update_rule": "adam", "batch_size": 10, "num_epochs": 3, "seed": 0, "verbose": False, **settings}
    return Solver(model or Drawing(), DATA, **settings)


def watched(path, solver, tell=lambda finding: None, further=()):
    with Watch(solver, path, tell) as watch:
        solver.on_iteration, solver.on_epoch = (watch.follow, *further), (watch,)
        solver.train()
    return watch


def test_watching_does_not_change_a_bit_of_the_run(tmp_path):
    alone, seen = make_solver(), make_solver()
    alone.train()
    watched(tmp_path / "epochs.csv", seen)
    assert alone.loss_history == seen.loss_history and alone.val_acc_history == seen.val_acc_history
    for name in ("params", "state"):
        ours, theirs = getattr(alone.model, name), getattr(seen.model, name)
        assert ours.keys() == theirs.keys() and len(ours) > 3
        assert all(np.array_equal(ours[key], theirs[key]) for key in ours)
    states = [
        {name: rng.bit_generator.state for name, rng in solver.model.generators.items()} for solver in (alone, seen)
    ]
    assert states[0] and states[0] == states[1]


@pytest.mark.parametrize("batch_size", [10, 50])
def test_norms_and_changes_are_those_of_the_last_step_of_each_epoch(batch_size, tmp_path):
    solver, params, grads = make_solver(batch_size=batch_size), [], []
    params.append({key: w.copy() for key, w in solver.model.params.items()})

    def remember(solver):
        params.append({key: w.copy() for key, w in solver.model.params.items()})
        grads.append({key: dw.copy() for key, dw in solver.last_grads.items()})

    rows = watched(tmp_path / "epochs.csv", solver, further=[remember]).rows
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    for row in rows:
        last = row["epoch"] * solver.iterations_per_epoch
        for key, after in params[last].items():
            assert row[f"{key}.grad_norm"] == pytest.approx(np.linalg.norm(grads[last - 1][key]), rel=1e-5)
            if key.startswith("W"):
                before = params[last - 1][key]
                expected = np.linalg.norm(after - before) / np.linalg.norm(before)
                assert row[f"{key}.change"] == pytest.approx(expected, rel=1e-5)
        losses = solver.loss_history[last - solver.iterations_per_epoch : last]
        assert row["loss"] == pytest.approx(np.mean(losses))
        assert row["val_acc"] == solver.val_acc_history[row["epoch"] - (batch_size == 50)]


def test_gradients_are_measured_before_they_are_clipped(tmp_path):
    rows = watched(tmp_path / "epochs.csv", make_solver(clip_norm=1e-6)).rows
    assert all(row["W1.grad_norm"] > 1e-3 for row in rows)


def test_units_that_never_fire_are_counted_and_told_of_once(tmp_path):
    model = FullyConnectedNet([10, 5], input_dim=6, num_classes=3, weight_scale=0.5, seed=0)
    model.params["b1"][:7] = -1e3
    told = []
    watch = watched(tmp_path / "epochs.csv", make_solver(model, update_rule="sgd"), told.append)
    assert [row["relu1.dead"] for row in watch.rows] == 3 * [0.7]
    assert all(row["relu2.dead"] < 0.4 for row in watch.rows)
    words = (
        "epoch 1: affine1: 70% of its units never fire: lower the learning rate, or put batch normalisation or "
        "leaky_relu there"
    )
    assert told == watch.findings() == [words]


def test_a_filter_that_fires_anywhere_fires():
    out = np.zeros((2, 4, 3, 3))
    out[1, 0, 2, 1] = out[:, 2] = 0.5
    assert dead_share(out) == 0.5


@pytest.mark.parametrize("activation", [tanh, sigmoid])
@pytest.mark.parametrize("scale, saturates", [(0.1, False), (100.0, True)])
def test_saturated_values_are_counted_and_told_of(activation, scale, saturates, tmp_path):
    rng = np.random.default_rng(0)
    W1, W2 = scale * rng.normal(size=(6, 9)), rng.normal(size=(9, 3))
    params = {"W1": W1, "b1": np.zeros(9), "W2": W2, "b2": np.zeros(3)}
    model, told = Classifier(chain(affine, activation, affine), params), []
    watch = watched(tmp_path / "epochs.csv", make_solver(model, num_epochs=1), told.append)
    share = watch.rows[0][f"{activation.name}1.saturated"]
    assert share > 0.9 if saturates else share < 0.01
    words = (
        f"epoch 1: affine1: {share:.0%} of its values are at the flat ends of {activation.name}, where no gradient "
        "passes: make its weights smaller at the start, or put batch normalisation before it"
    )
    assert (words in told) == saturates


@pytest.mark.parametrize(
    "rate, words",
    [
        (1e-7, r"^epoch 1: affine1: one step changes W1 by \S+e-0\d of its size, .* 1e-3 is usual: raise the learn.*$"),
        (1e-3, None),
        (1.0, r"^epoch \d: affine1: one step changes W1 by \d+% of its size, .* 0.1% is usual: lower the learn.*$"),
    ],
)
def test_steps_that_are_far_too_small_or_too_large_are_told_of_once(rate, words, tmp_path):
    told = []
    watched(tmp_path / "epochs.csv", make_solver(optim_config={"learning_rate": rate}), told.append)
    of_first = [finding for finding in told if "changes W1" in finding]
    if words is None:
        assert told == []
    else:
        assert len(of_first) == 1
        assert re.match(words, of_first[0])


def test_steps_that_a_schedule_makes_small_are_not_told_of(tmp_path):
    told = []
    watch = watched(
        tmp_path / "epochs.csv", make_solver(schedule=lambda epoch, num_epochs: float(epoch < 1)), told.append
    )
    assert watch.rows[-1]["W1.change"] == 0 and told == []


def test_weights_without_a_gradient_are_told_of(tmp_path):
    model = FullyConnectedNet([10], input_dim=6, num_classes=3, weight_scale=0.5, seed=0)
    model.params["b1"][:] = -1e3
    told = []
    watched(tmp_path / "epochs.csv", make_solver(model, update_rule="sgd"), told.append)
    assert "epoch 1: affine1: no gradient reaches W1: it does not learn" in told


def test_a_resumed_watch_keeps_the_rows_up_to_there_and_does_not_tell_again(tmp_path):
    path = tmp_path / "epochs.csv"
    settings = {"optim_config": {"learning_rate": 1.0}, "checkpoint_name": tmp_path / "run", "checkpoint_every": 1}
    told = []
    whole = watched(path, make_solver(**settings), told.append)
    expected, all_told = path.read_bytes(), list(told)
    assert whole.rows and all_told
    resumed = make_solver(**settings)
    resumed.resume(tmp_path / "run_iteration_14.npz")
    told.clear()
    again = watched(path, resumed, told.append)
    assert path.read_bytes() == expected and again.rows == whole.rows
    assert again.findings() == whole.findings() == all_told
    assert told == [finding for finding in all_told if finding.startswith("epoch 3")]


def test_a_callback_that_fails_at_the_end_of_an_epoch_does_not_cost_its_row(tmp_path):
    path = tmp_path / "epochs.csv"
    watched(path, make_solver())
    expected = path.read_bytes()

    def fail(solver):
        if solver.epoch == 2:
            raise BrokenPipeError

    settings = {"checkpoint_name": tmp_path / "run"}
    solver = make_solver(**settings)
    with pytest.raises(BrokenPipeError), Watch(solver, path, print) as watch:
        solver.on_iteration, solver.on_epoch = (watch.follow,), (fail, watch)
        solver.train()
    resumed = make_solver(**settings)
    resumed.resume()
    assert resumed.epoch == 2
    watched(path, resumed)
    assert path.read_bytes() == expected


def test_what_is_written_at_the_end_is_what_has_grown(tmp_path):
    watch = watched(tmp_path / "epochs.csv", make_solver())
    watch.write(tmp_path / "whole.csv")
    assert (tmp_path / "epochs.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_the_layers_of_a_residual_net_have_their_parameters_and_sources():
    model = ResNet(input_dim=(1, 8, 8), num_blocks=(1, 1), num_filters=(4, 8), num_classes=3)
    layers = watched_layers(model.net, model.params)
    assert [key for layer in layers for key in layer.keys] == list(model.params)
    sources = {layer.name: layer.source for layer in layers if layer.kind == "relu"}
    assert sources == {"relu1": "conv1", "relu2": "conv2", "relu3": "relu3", "relu4": "conv4", "relu5": "relu5"}
    by_name = {layer.name: layer for layer in layers}
    assert by_name["conv6"].keys == ("W6", "b6") and by_name["affine1"].source == "affine1"


@pytest.mark.parametrize("model", catalogue.MODELS)
def test_every_model_of_the_program_can_be_watched(model, tmp_path):
    data = catalogue.DATA["digits"]()
    few = {name: array[:20] for name, array in data.items() if name[:2] in ("X_", "y_")}
    solver = Solver(catalogue.make_model(model, data, 0.0, 0), few, num_epochs=1, verbose=False, seed=0)
    watch = watched(tmp_path / "epochs.csv", solver)
    assert tuple(watch.rows[0]) == tuple(watch.columns)
    assert all(np.isfinite(value) for value in watch.rows[0].values())


def test_a_watch_without_rows_finds_nothing(tmp_path):
    solver = make_solver()
    with Watch(solver, tmp_path / "epochs.csv", print) as watch:
        assert watch.findings() == watch.rows == []
