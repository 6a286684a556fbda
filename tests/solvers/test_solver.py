"""The Solver, on models of a few lines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import UPDATE_RULES, Solver, cosine

from .tiny import SETTINGS, SoftmaxRegression, blobs, numbered, scripted, trained


def numbers(solver):
    """All that a run results in, as bytes."""
    arrays = [*solver.model.params.values(), *solver.best_params.values()]
    histories = [solver.loss_history, solver.train_acc_history, solver.val_acc_history]
    return [array.tobytes() for array in arrays] + [np.array(history).tobytes() for history in histories]


# What a user sees first


def test_it_learns():
    solver = trained(num_epochs=10)
    assert solver.best_val_acc == 1.0
    assert solver.loss_history[-1] < 0.1 < solver.loss_history[0]


@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_every_update_rule_trains_and_keeps_float32(rule):
    model = SoftmaxRegression(dtype=np.float32)
    data = blobs(dtype=np.float32)
    config = {"learning_rate": np.float64(0.5)}
    arguments = {**SETTINGS, "update_rule": rule, "optim_config": config, "lr_decay": np.float64(0.9)}
    solver = Solver(model, data, **arguments)
    solver.train()
    arrays = [*model.params.values(), *solver.best_params.values()]
    for config in solver.optim_configs.values():
        arrays += [value for value in config.values() if isinstance(value, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert solver.best_val_acc == 1.0


def test_the_printed_lines_are_the_courses(capsys):
    solver = trained(verbose=True, print_every=4, num_epochs=2)
    loss, train, val = solver.loss_history, solver.train_acc_history, solver.val_acc_history
    assert capsys.readouterr().out.splitlines() == [
        "(Iteration 1 / 6) loss: %f" % loss[0],
        "(Epoch 0 / 2) train acc: %f; val_acc: %f" % (train[0], val[0]),
        "(Epoch 1 / 2) train acc: %f; val_acc: %f" % (train[1], val[1]),
        "(Iteration 5 / 6) loss: %f" % loss[4],
        "(Epoch 2 / 2) train acc: %f; val_acc: %f" % (train[2], val[2]),
    ]


def test_nothing_is_printed_unless_verbose(capsys):
    trained(verbose=False)
    assert capsys.readouterr().out == ""


def test_the_defaults_are_the_courses():
    solver = Solver(SoftmaxRegression(), blobs())
    names = "update_rule lr_decay batch_size num_epochs num_train_samples num_val_samples print_every verbose".split()
    assert [getattr(solver, name) for name in names] == ["sgd", 1.0, 100, 10, 1000, None, 10, True]
    assert solver.checkpoint_name is None
    assert solver.optim_configs == {"W": {"learning_rate": 1e-2}, "b": {"learning_rate": 1e-2}}
    assert (solver.epoch, solver.iteration, solver.best_val_acc, solver.best_params) == (0, 0, -np.inf, {})


# Epochs, histories, learning rate


@settings(derandomize=True, max_examples=40, deadline=None)
@given(N=st.integers(1, 30), batch_size=st.integers(1, 35), num_epochs=st.integers(1, 3))
def test_each_epoch_shows_every_example_once_in_a_new_order(N, batch_size, num_epochs):
    model = SoftmaxRegression()
    solver = Solver(
        model, numbered(N, N_val=1), batch_size=batch_size, num_epochs=num_epochs, optim_config={"learning_rate": 0.0},
        seed=1, verbose=False,
    )
    solver.train()
    per_epoch = -(-N // batch_size)
    assert solver.iterations_per_epoch == per_epoch
    assert len(model.trained_on) == solver.iteration == solver.num_iterations == num_epochs * per_epoch
    orders = []
    for epoch in range(num_epochs):
        batches = [X[:, 0] for X, _ in model.trained_on[epoch * per_epoch : (epoch + 1) * per_epoch]]
        assert all(len(batch) == batch_size for batch in batches[:-1])
        orders.append(np.concatenate(batches))
        np.testing.assert_array_equal(np.sort(orders[-1]), np.arange(N))
    if N > 10:
        assert len({tuple(order) for order in orders}) == num_epochs


def test_examples_keep_their_labels_in_the_shuffle():
    data = numbered(20)
    data["y_train"] = np.arange(20) % 3
    model = SoftmaxRegression()
    Solver(model, data, **{**SETTINGS, "optim_config": {"learning_rate": 0.0}}).train()
    assert all((X[:, 0] % 3 == y).all() for X, y in model.trained_on)


def test_histories_have_one_entry_for_the_first_iteration_and_one_an_epoch():
    solver = trained(num_epochs=3)
    assert len(solver.loss_history) == 9
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 4
    assert solver.epoch == 3


def test_histories_have_one_entry_an_epoch_if_an_epoch_is_one_step():
    solver = trained(num_epochs=3, batch_size=100)
    assert len(solver.loss_history) == len(solver.train_acc_history) == len(solver.val_acc_history) == 3


def test_the_learning_rate_decays_at_the_end_of_each_epoch_for_every_parameter():
    rates = []
    trained(num_epochs=2, lr_decay=0.5, on_iteration=[lambda solver: rates.append(
        [config["learning_rate"] for config in solver.optim_configs.values()] + [solver.learning_rate]
    )])
    assert rates == [[0.5] * 3] * 2 + [[0.25] * 3] * 3 + [[0.125] * 3]


def test_the_default_learning_rate_decays_too():
    assert trained(optim_config=None, num_epochs=2, lr_decay=0.5).learning_rate == 0.0025


def test_training_again_goes_on_for_as_many_epochs(capsys):
    rates, iterations = [], []
    solver = trained(num_epochs=2, lr_decay=0.5, verbose=True, on_epoch=[lambda s: rates.append(s.learning_rate)])
    losses = list(solver.loss_history)
    solver.num_epochs = 3
    solver.on_iteration = [lambda s: iterations.append(s.iteration)]
    solver.train()
    assert iterations == list(range(7, 16))
    assert (solver.epoch, solver.num_iterations) == (5, 15)
    assert solver.loss_history[:6] == losses and len(solver.loss_history) == 15
    assert len(solver.val_acc_history) == 6
    assert rates == [0.25, 0.125, 0.0625, 0.03125, 0.015625]
    assert "(Epoch 5 / 5)" in capsys.readouterr().out


def test_training_again_starts_from_the_best_model_and_keeps_a_record_that_is_not_beaten():
    solver = scripted([0.25, 0.75, 0.5, 0.5])
    solver.num_epochs, solver.num_iterations = 1, 3
    solver.train()
    assert solver.model.params["w"] == 2
    solver.train()
    assert solver.val_acc_history == [0.25, 0.75, 0.5, 0.5]
    assert solver.model.params["w"] == solver.best_params["w"] == 2


def test_no_epochs_is_no_training():
    solver = trained(num_epochs=0)
    assert solver.loss_history == solver.val_acc_history == []
    np.testing.assert_array_equal(solver.model.params["W"], np.zeros((2, 3)))


def test_reset_forgets_the_run_and_can_repeat_it():
    solver = trained()
    first = numbers(solver)
    solver._reset()
    assert (solver.iteration, solver.loss_history, solver.best_params) == (0, [], {})
    solver.model.params.update(SoftmaxRegression().params)
    solver.train()
    assert numbers(solver) == first


# Randomness


@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_the_same_seed_gives_the_same_numbers(rule):
    config = dict(update_rule=rule, num_train_samples=5, num_val_samples=4)
    assert numbers(trained(**config)) == numbers(trained(**config))


def test_another_seed_gives_another_order():
    assert numbers(trained(seed=0)) != numbers(trained(seed=1))


def test_a_drawn_seed_is_recorded_and_repeats_the_run():
    solver = trained(seed=None)
    assert solver.seed != trained(seed=None).seed
    assert numbers(trained(seed=solver.seed)) == numbers(solver)


def test_numpys_global_generator_is_neither_used_nor_moved():
    state = np.random.get_state()[1].tobytes()
    trained(num_train_samples=5)
    assert np.random.get_state()[1].tobytes() == state


def test_watching_does_not_disturb_a_run():
    def curious(solver):
        solver.check_accuracy(solver.X_train, solver.y_train, num_samples=3)

    assert numbers(trained(on_iteration=[curious])) == numbers(trained())


def test_the_order_of_an_epoch_does_not_need_the_epochs_before():
    whole, late = SoftmaxRegression(), SoftmaxRegression()
    still = {**SETTINGS, "optim_config": {"learning_rate": 0.0}}
    Solver(whole, numbered(20), **still).train()
    solver = Solver(late, numbered(20), **still)
    solver.iteration = 4  # in the middle of epoch 1
    solver.train()
    for (X, _), (expected, _) in zip(late.trained_on, whole.trained_on[4:], strict=True):
        np.testing.assert_array_equal(X, expected)


# Accuracy


def test_check_accuracy_counts_every_example_whatever_the_batch_size():
    solver = Solver(SoftmaxRegression(C=2), numbered(10), **SETTINGS)
    solver.model.params["W"][:] = [[-1.0, 1.0], [0.0, 0.0]]
    solver.model.params["b"][:] = [4.5, -4.5]  # class 1 from example 5 on
    X, y = numbered(10)["X_train"], np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 1])
    assert [solver.check_accuracy(X, y, batch_size=size) for size in (1, 3, 10, 99)] == [0.8] * 4


def test_check_accuracy_draws_without_repetition_and_otherwise_from_epoch_to_epoch():
    solver = Solver(SoftmaxRegression(), numbered(50), **SETTINGS)
    drawn = []
    for iteration in (0, 0, solver.iterations_per_epoch):
        solver.model.scored_on.clear()
        solver.iteration = iteration
        solver.check_accuracy(solver.X_train, solver.y_train, num_samples=20, batch_size=6)
        assert [len(X) for X in solver.model.scored_on] == [6, 6, 6, 2]
        drawn.append(tuple(np.concatenate(solver.model.scored_on)[:, 0]))
    assert len(set(drawn[0])) == 20
    assert drawn[0] == drawn[1] != drawn[2]


def test_accuracies_are_measured_on_as_many_samples_as_asked_for():
    model = SoftmaxRegression()
    Solver(model, numbered(50, N_val=30), **{**SETTINGS, "num_train_samples": 20, "num_val_samples": 10}).train()
    assert [len(X) for X in model.scored_on] == [20, 10] * 4
    model = SoftmaxRegression()
    Solver(model, numbered(50, N_val=30), **{**SETTINGS, "num_train_samples": None}).train()
    assert [len(X) for X in model.scored_on] == [50, 30] * 4


def test_a_drawn_example_keeps_its_label():
    solver = trained(num_epochs=10)
    assert solver.check_accuracy(solver.X_train, solver.y_train, num_samples=10) == 1.0


def test_the_two_histories_are_not_mixed_up():
    data = numbered(20)
    data["y_val"] = np.ones(3, dtype=int)
    solver = Solver(SoftmaxRegression(), data, **{**SETTINGS, "optim_config": {"learning_rate": 0.0}})
    solver.train()
    assert (solver.train_acc_history, solver.val_acc_history) == ([1.0] * 4, [0.0] * 4)


def test_orders_and_drawn_examples_come_from_different_streams(monkeypatch):
    solver = Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, "num_epochs": 2, "num_train_samples": 5})
    seeds, default_rng = [], np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: seeds.append(seed) or default_rng(seed))
    solver.train()
    streams = {tuple(np.random.SeedSequence(seed).generate_state(4)) for seed in seeds}
    assert len(streams) == len(seeds) == 2 + 3  # orders of two epochs, drawn for epochs 0, 1 and 2


@pytest.mark.parametrize("y", [np.zeros((4, 1), dtype=int), np.zeros(3, dtype=int), np.eye(4)])
def test_check_accuracy_refuses_labels_that_do_not_fit(y):
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS)
    with pytest.raises(ValueError) as error:
        solver.check_accuracy(np.zeros((4, 2)), y)
    assert f"check_accuracy: X has shape (4, 2) and y {y.shape}" in str(error.value)


@pytest.mark.parametrize("name", ["num_samples", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, 2.0])
def test_check_accuracy_refuses_what_is_no_count(name, value):
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS)
    with pytest.raises(ValueError, match=f"check_accuracy: {name} must be an integer >= 1, got {value!r}"):
        solver.check_accuracy(solver.X_val, solver.y_val, **{name: value})


@pytest.mark.parametrize("shape", [(4,), (3, 2), (4, 2, 1)])
def test_check_accuracy_refuses_scores_that_do_not_fit(shape):
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS)
    solver.model.loss = lambda X: np.zeros(shape)
    with pytest.raises(ValueError) as error:
        solver.check_accuracy(np.zeros((4, 2)), np.zeros(4, dtype=int))
    assert str(error.value) == f"check_accuracy: scores have shape {shape}; expected (4, C)"


# The best model


@pytest.mark.parametrize(
    "accuracies, best",
    [([0.25, 0.75, 0.5], 2), ([0.5, 0.5, 0.5], 1), ([0.0, 0.0, 0.0], 1), ([0.25, 0.5, 0.75], 3)],
)
def test_the_first_of_the_best_models_is_in_place_at_the_end(accuracies, best):
    solver = scripted(accuracies)
    solver.train()
    assert solver.val_acc_history == accuracies
    assert solver.best_val_acc == max(accuracies)
    assert solver.best_params["w"] == solver.model.params["w"] == best
    assert solver.best_state["running"] == solver.model.state["running"] == best


def test_the_best_model_shares_no_memory_with_the_model():
    solver = scripted([0.5, 0.25])
    params = solver.model.params
    solver.train()
    assert solver.model.params is params
    assert not np.shares_memory(solver.model.params["w"], solver.best_params["w"])
    assert not np.shares_memory(solver.model.state["running"], solver.best_state["running"])
    solver.model.params["w"] += 10
    solver.model.state["running"] += 10
    assert solver.best_params["w"] == solver.best_state["running"] == 1


def test_the_best_model_is_a_copy_while_training_goes_on():
    shared = []
    scripted([0.5, 0.75], on_iteration=[lambda s: shared.append(
        np.shares_memory(s.best_params["w"], s.model.params["w"])
        or np.shares_memory(s.best_state["running"], s.model.state["running"])
    )]).train()
    assert shared == [False, False]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("where", ["loss", "callback", "accuracy"])
def test_whatever_ends_training_leaves_the_best_model_and_can_be_finished(interruption, where):
    solver = scripted([0.5, 0.25, 0.75, 0.75])
    loss = solver.model.loss

    def fail(*args):
        raise interruption

    if where == "callback":
        solver.on_iteration = [lambda s: s.iteration == 2 and fail()]
    elif where == "loss":
        solver.model.loss = lambda X, y=None: fail() if y is not None and solver.iteration == 2 else loss(X, y)
    else:
        solver.model.loss = lambda X, y=None: fail() if y is None and solver.iteration == 3 else loss(X, y)
    with pytest.raises(interruption):
        solver.train()
    assert solver.model.params["w"] == solver.model.state["running"] == 1
    assert len(solver.loss_history) == solver.iteration == 2
    solver.on_iteration, solver.model.loss = (), loss
    solver.train()
    assert solver.iteration == len(solver.loss_history) == 4


def test_a_model_without_state_gets_none():
    solver = trained()
    assert solver.best_state == {} and not hasattr(solver.model, "state")


# What is not finite


class Diverging(SoftmaxRegression):
    """From step `at` on its loss, or one gradient, is not finite."""

    def __init__(self, at, loss=None, gradient=None):
        super().__init__()
        self.at, self.bad_loss, self.bad_gradient = at, loss, gradient

    def loss(self, X, y=None):
        result = super().loss(X, y)
        if y is None or len(self.trained_on) < self.at:
            return result
        loss, grads = result
        if self.bad_gradient is not None:
            grads["b"][1] = self.bad_gradient
        return (loss if self.bad_loss is None else self.bad_loss), grads


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["loss", "gradient"])
def test_what_is_not_finite_stops_before_the_update(value, kind):
    model = Diverging(5, **{kind: value})
    seen = []
    solver = Solver(model, blobs(), **SETTINGS, on_iteration=[lambda s: seen.append(s.model.params["W"].copy())])
    with pytest.raises(FloatingPointError) as error:
        solver.train()
    what = f"loss is {value}" if kind == "loss" else "gradient of 'b' is not finite"
    assert str(error.value) == (
        f"Solver: the {what} at iteration 5 / 9 with learning rate 0.5. Try a lower learning rate, and look for NaN in "
        "the data"
    )
    assert solver.iteration == len(solver.loss_history) == len(seen) == 4
    assert np.isfinite(solver.loss_history).all()
    np.testing.assert_array_equal(model.params["W"], solver.best_params["W"])
    assert any((w == solver.best_params["W"]).all() for w in seen)


def test_before_any_best_model_the_parameters_stay_as_they_were():
    model = Diverging(1, loss=np.nan)
    solver = Solver(model, blobs(), **{**SETTINGS, "optim_config": None})
    with pytest.raises(FloatingPointError, match="iteration 1 / 9 with learning rate 0.01"):
        solver.train()
    np.testing.assert_array_equal(model.params["W"], np.zeros((2, 3)))
    assert solver.best_params == {}


@pytest.mark.parametrize(
    "layer, clause", [("conv1 (layer 1 of 3)", "; the first value that is not finite is in conv1 (layer 1 of 3)"), (None, "")]
)
def test_the_layer_is_named_if_the_model_can_tell(layer, clause):
    model = Diverging(2, loss=np.nan)
    asked = []
    model.first_nonfinite = lambda X, y: asked.append((X, y)) or layer
    with pytest.raises(FloatingPointError) as error:
        Solver(model, blobs(), **SETTINGS).train()
    assert f"learning rate 0.5{clause}. Try a lower learning rate" in str(error.value)
    assert len(asked) == 1
    np.testing.assert_array_equal(asked[0][0], model.trained_on[1][0])
    np.testing.assert_array_equal(asked[0][1], model.trained_on[1][1])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_no_right_answers(value):
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS)
    X, y = np.zeros((4, 2)), np.zeros(4, dtype=int)
    scores = np.array([[1.0, 0, 0], [value, 0, 0], [0, value, 0], [-np.inf, 1, 0]])
    solver.model.loss = lambda X: scores
    assert solver.check_accuracy(X, y) == 0.25
    assert solver.check_accuracy(X, np.array([0, 0, 1, 1])) == 0.5  # a class excluded by -inf is an answer


# What callbacks see


def test_callbacks_are_called_when_everything_is_up_to_date():
    calls = []

    def note(kind):
        def callback(s):
            lengths = len(s.loss_history), len(s.train_acc_history), len(s.val_acc_history)
            calls.append((kind, s.iteration, s.epoch, s.num_iterations, s.iterations_per_epoch, *lengths))
        return callback

    trained(num_epochs=2, on_iteration=[note("a"), note("b")], on_epoch=(note("e"),))
    expected = []
    for iteration, epoch, scored in [(1, 0, 1), (2, 0, 1), (3, 1, 2), (4, 1, 2), (5, 1, 2), (6, 2, 3)]:
        kinds = "abe" if iteration % 3 == 0 else "ab"
        expected += [(kind, iteration, epoch, 6, 3, iteration, scored, scored) for kind in kinds]
    assert calls == expected


# What is refused


def test_an_unknown_argument_is_answered_with_the_known_ones():
    with pytest.raises(ValueError) as error:
        Solver(SoftmaxRegression(), blobs(), learning_rate=0.1)
    assert str(error.value) == (
        "Solver: unknown argument 'learning_rate'; known are update_rule, optim_config, lr_decay, schedule, "
        "batch_size, num_epochs, accumulate, augment, prepare, clip_norm, ema_decay, patience, num_train_samples, "
        "num_val_samples, checkpoint_name, checkpoint_every, checkpoint_seconds, print_every, verbose, seed, "
        "on_iteration, on_epoch"
    )


@pytest.mark.parametrize("rule", ["sdg", None, "_adam_step"])
def test_an_unknown_rule_is_answered_with_the_known_ones(rule):
    with pytest.raises(ValueError) as error:
        Solver(SoftmaxRegression(), blobs(), update_rule=rule)
    assert str(error.value) == (
        f"Solver: unknown update rule {rule!r}; known are sgd, sgd_momentum, nesterov, adagrad, rmsprop, adam, adamw"
    )


def test_a_rule_that_a_user_adds_to_the_table_can_be_used(monkeypatch):
    def signs(w, dw, config=None):
        config = {"learning_rate": 1e-2, **(config or {})}
        return w - config["learning_rate"] * np.sign(dw), config

    monkeypatch.setitem(UPDATE_RULES, "signs", signs)
    assert trained(update_rule="signs").best_val_acc == 1.0


COUNT = [-1, 1.5, "3", True, np.nan]
BAD = {
    "batch_size": [0, None, *COUNT],
    "num_epochs": [None, *COUNT],
    "num_train_samples": [0, *COUNT],
    "num_val_samples": [0, *COUNT],
    "print_every": [0, None, *COUNT],
    "seed": COUNT,
    "lr_decay": [0, -0.5, np.nan, np.inf, "1", None],
    "accumulate": [0, None, *COUNT],
    "patience": [0, *COUNT],
    "checkpoint_every": [0, *COUNT],
    "checkpoint_seconds": [0, -1.0, np.nan, "1"],
    "clip_norm": [0, -1.0, np.nan, np.inf, "1"],
    "ema_decay": [1.0, -0.1, np.nan, "0.9"],
    "schedule": ["cosine", 0.5],
    "augment": ["flip", 1],
    "on_iteration": [print, None, [1], ["print"]],
    "on_epoch": [print, None, [1], ["print"]],
}


@pytest.mark.parametrize("name, value", [(name, value) for name in BAD for value in BAD[name]])
def test_a_setting_that_is_not_allowed_is_refused_by_name_and_value(name, value):
    with pytest.raises(ValueError) as error:
        Solver(SoftmaxRegression(), blobs(), **{name: value})
    assert str(error.value).startswith(f"Solver: {name} must be ")
    assert str(error.value).endswith(f", got {value!r}")


def test_options_that_need_or_exclude_another_say_so():
    with pytest.raises(ValueError, match="Solver: checkpoint_every and checkpoint_seconds need a checkpoint_name"):
        Solver(SoftmaxRegression(), blobs(), checkpoint_every=3)
    with pytest.raises(ValueError, match="Solver: lr_decay 0.9 and a schedule; expected one of them"):
        Solver(SoftmaxRegression(), blobs(), lr_decay=0.9, schedule=cosine)


@pytest.mark.parametrize("config", [{"lr": 0.1}, {"momentum": 0.9}, {"learning_rate": -1.0}, {"learning_rate": np.nan}])
def test_a_wrong_optim_config_is_refused_before_any_training(config):
    with pytest.raises(ValueError, match="sgd: "):
        Solver(SoftmaxRegression(), blobs(), optim_config=config)


def test_parameters_that_cannot_be_trained_are_refused_before_any_training():
    model = SoftmaxRegression(dtype=int)
    with pytest.raises(TypeError, match="sgd: w must be float32 or float64, got int64"):
        Solver(model, blobs())
    model.params = {}
    with pytest.raises(ValueError, match="Solver: model.params is empty"):
        Solver(model, blobs())


@pytest.mark.parametrize("name", ["X_train", "y_train", "X_val", "y_val"])
def test_missing_data_are_named(name):
    data = blobs()
    del data[name]
    with pytest.raises(ValueError, match=f"Solver: data has no '{name}'"):
        Solver(SoftmaxRegression(), data)


@pytest.mark.parametrize("part", ["train", "val"])
@pytest.mark.parametrize("spoil", [lambda X, y: (X[:-1], y), lambda X, y: (X, y[:-1]), lambda X, y: (X, y[:, None]),
                                   lambda X, y: (X[:0], y[:0]), lambda X, y: (np.array(1.0), y)])
def test_data_that_do_not_fit_together_are_refused_with_their_shapes(part, spoil):
    data = blobs()
    X, y = spoil(data[f"X_{part}"], data[f"y_{part}"])
    with pytest.raises(ValueError) as error:
        Solver(SoftmaxRegression(), {**data, f"X_{part}": X, f"y_{part}": y})
    assert str(error.value).startswith(f"Solver: X_{part} has shape {X.shape} and y_{part} {y.shape}; expected")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda grads: grads.pop("b"), "gave no gradient for parameter 'b'"),
        (lambda grads: grads.update(c=np.zeros(1)), "unknown gradient 'c'; known are W, b"),
        (lambda grads: grads.update(b=np.zeros(1)), "gradient 'b' has shape (1,); needs (3,)"),
        (lambda grads: grads.update(W=grads["W"].T), "gradient 'W' has shape (3, 2); needs (2, 3)"),
    ],
)
def test_gradients_that_do_not_fit_the_parameters_are_refused_before_the_update(change, message):
    model = SoftmaxRegression()
    loss = model.loss

    def spoilt(X, y=None):
        result = loss(X, y)
        if y is not None:
            change(result[1])
        return result

    model.loss = spoilt
    with pytest.raises(ValueError) as error:
        Solver(model, blobs(), **SETTINGS).train()
    assert message in str(error.value)
    np.testing.assert_array_equal(model.params["W"], np.zeros((2, 3)))


def test_what_is_given_is_not_changed():
    data, config = blobs(), {"learning_rate": 0.5}
    before = {name: array.tobytes() for name, array in data.items()}
    for array in data.values():
        array.flags.writeable = False
    solver = Solver(SoftmaxRegression(), data, **{**SETTINGS, "optim_config": config, "lr_decay": 0.5})
    solver.train()
    assert {name: array.tobytes() for name, array in data.items()} == before
    assert config == solver.optim_config == {"learning_rate": 0.5}


def test_what_is_given_may_be_changed_later():
    config, callbacks = {"learning_rate": 0.5}, []
    solver = Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, "optim_config": config, "on_iteration": callbacks})
    config["learning_rate"] = 0.1
    callbacks.append(print)
    solver._reset()
    assert (solver.learning_rate, solver.on_iteration) == (0.5, ())


def test_each_parameter_has_a_config_of_its_own_from_the_start():
    solver = Solver(SoftmaxRegression(), blobs(), **SETTINGS)
    assert solver.optim_configs["W"] is not solver.optim_configs["b"]


def test_numpy_scalars_become_pythons_numbers():
    solver = trained(batch_size=np.int64(7), seed=np.uint8(0), lr_decay=np.float32(1.0))
    assert {type(value) for value in (solver.batch_size, solver.seed)} == {int}
    assert {type(value) for value in (solver.lr_decay, *solver.loss_history, *solver.val_acc_history)} == {float}


@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_two_parameters_never_share_update_rule_state(rule):
    configs = list(trained(update_rule=rule).optim_configs.values())
    assert configs[0] is not configs[1]
    first, second = [[v for v in config.values() if isinstance(v, np.ndarray)] for config in configs]
    assert not any(np.shares_memory(a, b) for a in first for b in second)
