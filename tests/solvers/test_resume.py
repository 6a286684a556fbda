"""A run that is resumed is the run that was never stopped, bit by bit; and what cannot be resumed is refused."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from models import FullyConnectedNet
from solvers import UPDATE_RULES, CheckpointError, Solver, cosine, read_checkpoint, step, warmup
from solvers.checkpoint import write_checkpoint
from solvers.resume import describe_function
from solvers.snapshot import describe_data

from .tiny import Restless, SoftmaxRegression, blobs, scripted

ROOT = Path(__file__).parents[2]


halved = partial(np.multiply, np.array([0.5]))


def jitter(X, y, rng):
    return X + 0.1 * rng.normal(size=X.shape), y


PLAIN = {"lr_decay": 0.9}
ALL = {
    "schedule": partial(warmup, epochs=1, then=cosine), "accumulate": 2, "batch_size": 4, "augment": jitter,
    "clip_norm": 0.5, "ema_decay": 0.9, "patience": 2, "num_train_samples": 5, "num_val_samples": 4,
}
SAVING = {"num_epochs": 3, "batch_size": 7, "seed": 5, "verbose": False, "optim_config": {"learning_rate": 0.1}}


class Net(FullyConnectedNet):
    """Dropout and batch normalisation as the library has them."""

    def __init__(self):
        self.rng = np.random.default_rng(0)
        super().__init__([5], 2, 3, dropout_keep_ratio=0.8, normalization="batchnorm", seed=self.rng)

    @property
    def generators(self):
        return {"dropout": self.rng}


def stop_after(iteration):
    """A callback that asks for the end as Ctrl-C does."""
    return lambda solver: signal.raise_signal(signal.SIGINT) if solver.iteration == iteration else None


def whole(solver):
    """All that a run is, as bytes and words."""
    model = solver.model
    groups = [model.params, model.state, solver.best_params, solver.best_state, solver.average_params,
              solver.average_state, *solver.optim_configs.values()]
    arrays = [(name, np.asarray(value).tobytes()) for group in groups for name, value in sorted(group.items())]
    histories = [np.array(getattr(solver, f"{name}_history")).tobytes() for name in ("loss", "train_acc", "val_acc")]
    generators = {name: rng.bit_generator.state for name, rng in model.generators.items()}
    numbers = solver.iteration, solver.num_iterations, solver.best_val_acc, solver.best_iteration, solver.last_gain
    return arrays, histories, generators, numbers


# K2


@pytest.mark.parametrize("settings", [PLAIN, ALL], ids=["plain", "all remedies"])
@pytest.mark.parametrize("rule", UPDATE_RULES)
@pytest.mark.parametrize("make", [Restless, Net])
def test_a_stop_after_any_iteration_changes_nothing(tmp_path, make, rule, settings, figures):
    arguments = {**SAVING, "update_rule": rule, **settings}
    through = Solver(make(), blobs(), checkpoint_name=tmp_path / "through", **arguments)
    through.train()
    assert through.iteration == 9
    last = (tmp_path / "through_epoch_3.npz").read_bytes()
    for s in range(1, 10):
        name = tmp_path / f"run{s}"
        stopped = Solver(make(), blobs(), checkpoint_name=name, on_iteration=[stop_after(s)], **arguments)
        with pytest.raises(KeyboardInterrupt):
            stopped.train()
        assert stopped.iteration == s
        solver = Solver(make(), blobs(), checkpoint_name=name, **arguments)
        solver.resume()
        assert solver.iteration == s
        solver.train()
        assert whole(solver) == whole(through)
        assert (tmp_path / f"run{s}_epoch_3.npz").read_bytes() == last
        figures["stops of a run, resumed bit-identical (K2)"] += 1


@pytest.mark.parametrize("settings", [PLAIN, ALL], ids=["plain", "all remedies"])
def test_without_a_checkpoint_the_same_solver_goes_on_as_if_it_had_not_stopped(settings):
    settings = {**SAVING, **settings}
    through = Solver(Restless(), blobs(), **settings)
    through.train()
    solver = Solver(Restless(), blobs(), **settings, on_iteration=[stop_after(s) for s in (2, 3, 7)])
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            solver.train()
    solver.train()
    assert whole(solver) == whole(through)


NEW_PROCESS = """
import sys
from tests.solvers.test_resume import ALL, PLAIN, SAVING, Net, Restless, Solver, blobs
for name in sys.argv[1:]:
    make, settings = (Restless, PLAIN) if "Restless" in name else (Net, ALL)
    solver = Solver(make(), blobs(), checkpoint_name=name, update_rule="adam", **{**SAVING, **settings})
    solver.resume()
    solver.train()
"""


def test_a_new_process_resumes_it_too(tmp_path, figures):
    names = []
    for make, settings in ((Restless, PLAIN), (Net, ALL)):
        for s in (1, 4, 6, 100):
            names.append(tmp_path / f"{make.__name__}{s}")
            arguments = {**SAVING, "update_rule": "adam", **settings, "on_iteration": [stop_after(s)]}
            try:
                Solver(make(), blobs(), checkpoint_name=names[-1], **arguments).train()
            except KeyboardInterrupt:
                pass
    subprocess.run([sys.executable, "-c", NEW_PROCESS, *map(str, names)], cwd=ROOT, check=True)
    contents = [name.with_name(f"{name.name}_epoch_3.npz").read_bytes() for name in names]
    assert len(set(contents[:4])) == len(set(contents[4:])) == 1 and contents[0] != contents[4]
    figures["stops of a run, resumed bit-identical in a new process (K2)"] += 6


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_every_kind_of_generator_is_resumed(tmp_path, kind):
    def make():
        model = Restless()
        model.generators["dropout"] = np.random.Generator(kind(1))
        return model

    through = Solver(make(), blobs(), **SAVING)
    through.train()
    with pytest.raises(KeyboardInterrupt):
        Solver(make(), blobs(), **SAVING, checkpoint_name=tmp_path / "a", on_iteration=[stop_after(4)]).train()
    solver = Solver(make(), blobs(), **SAVING)
    solver.resume(tmp_path / "a")
    solver.train()
    assert [p.tobytes() for p in solver.best_params.values()] == [p.tobytes() for p in through.best_params.values()]
    assert str(solver.model.generators["dropout"].bit_generator.state) == str(
        through.model.generators["dropout"].bit_generator.state
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_and_the_layout_of_parameters_are_resumed(tmp_path, dtype):
    class Fortran(SoftmaxRegression):
        def loss(self, X, y=None):
            result = super().loss(X, y)
            return result if y is None else (result[0], {k: np.asfortranarray(dw) for k, dw in result[1].items()})

    def make():
        model = Fortran(dtype=dtype)
        model.params["W"] = np.asfortranarray(model.params["W"])
        return model

    arguments = {**SAVING, "update_rule": "sgd_momentum"}
    Solver(make(), blobs(), **arguments, checkpoint_name=tmp_path / "a").train()
    solver = Solver(make(), blobs(), **arguments)
    solver.resume(tmp_path / "a")
    for array in (solver.model.params["W"], solver.best_params["W"], solver.optim_configs["W"]["velocity"]):
        assert array.dtype == dtype and array.flags.f_contiguous and not array.flags.c_contiguous


def test_a_change_that_a_callback_made_to_the_solver_is_resumed(tmp_path):
    def forget(solver):
        if solver.iteration == 2:
            solver.best_val_acc = -np.inf

    script = [0.75, 0.5, 0.5, 0.25]
    through = scripted(script, on_epoch=[forget])
    through.train()
    assert through.best_iteration == 3
    with pytest.raises(KeyboardInterrupt):
        scripted(script, seed=0, checkpoint_name=tmp_path / "a", on_epoch=[forget, stop_after(2)]).train()
    solver = scripted(script, on_epoch=[forget])
    solver.resume(tmp_path / "a")
    solver.train()
    assert solver.best_iteration == 3 and solver.seed == 0


def test_a_run_that_has_ended_ends_at_once_and_then_goes_on_as_it_would_have(tmp_path):
    through = Solver(Restless(), blobs(), **SAVING, checkpoint_name=tmp_path / "a")
    through.train()
    solver = Solver(Restless(), blobs(), **SAVING)
    solver.resume(tmp_path / "a")
    solver.train()
    assert solver.iteration == 9 and whole(solver) == whole(through)
    for s in (through, solver):
        s.train()
    assert solver.iteration == 18 and whole(solver) == whole(through)
    again = Solver(Restless(), blobs(), **SAVING)
    again.resume(tmp_path / "a")
    assert (again.iteration, again.num_iterations) == (18, 18)


def test_early_stopping_is_resumed(tmp_path):
    script = [0.25, 0.75, 0.5, 0.75, 0.5, 1.0, 1.0]
    arguments = {"patience": 3, "num_epochs": 7, "checkpoint_name": tmp_path / "a", "seed": 0}
    with pytest.raises(KeyboardInterrupt):
        scripted(script, on_iteration=[stop_after(3)], **arguments).train()
    for _ in range(2):
        solver = scripted(script, **arguments)
        solver.resume()
        solver.train()
        assert solver.iteration == 5 and solver.model.params["w"] == 2


# Where it is resumed from


def test_a_path_a_name_and_nothing_all_lead_to_the_checkpoint(tmp_path):
    name = tmp_path / "a"
    Solver(Restless(), blobs(), **SAVING, checkpoint_name=name).train()
    solver = Solver(Restless(), blobs(), **SAVING, checkpoint_name=name)
    for given in ((), (name,), (str(name),), (f"{name}_epoch_3.npz",)):
        assert solver.resume(*given) == solver.last_checkpoint == tmp_path / "a_epoch_3.npz"
    assert solver.resume(f"{name}_epoch_2.npz") == tmp_path / "a_epoch_2.npz"
    assert solver.iteration == 6


def test_without_a_path_and_a_name_there_is_nothing_to_resume():
    with pytest.raises(ValueError, match="Solver.resume: expected a path, or a Solver with a checkpoint_name"):
        Solver(Restless(), blobs(), **SAVING).resume()


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path):
    arguments = {**SAVING, "checkpoint_name": tmp_path / "a"}
    through = Solver(Restless(), blobs(), **arguments)
    through.train()
    os.truncate(tmp_path / "a_epoch_3.npz", 1000)
    solver = Solver(Restless(), blobs(), **arguments)
    with pytest.warns(UserWarning, match="a_epoch_3.npz is no checkpoint.*a_epoch_2.npz is used instead") as warned:
        solver.resume()
    assert warned[0].filename == __file__
    solver.train()
    assert whole(solver) == whole(through)


def test_a_resumed_run_may_write_elsewhere_but_not_among_anothers_files(tmp_path):
    Solver(Restless(), blobs(), **SAVING, checkpoint_name=tmp_path / "a").train()
    Solver(Restless(), blobs(), **SAVING, checkpoint_name=tmp_path / "b").train()
    solver = Solver(Restless(), blobs(), **SAVING, checkpoint_name=tmp_path / "c")
    solver.resume(tmp_path / "a_epoch_3.npz")
    solver.train()
    assert (tmp_path / "c_epoch_3.npz").read_bytes() == (tmp_path / "a_epoch_3.npz").read_bytes()
    solver = Solver(Restless(), blobs(), **SAVING, checkpoint_name=tmp_path / "b")
    solver.resume(tmp_path / "a_epoch_2.npz")
    with pytest.raises(FileExistsError, match="b_epoch_3.npz is of another run"):
        solver.train()


# What is refused


OTHERS = {
    "update_rule": ("adam", "update_rule is 'sgd' there and 'adam' here"),
    "optim_config": ({"learning_rate": 0.2}, "optim_config is {'learning_rate': 0.1} there and"),
    "lr_decay": (0.8, "lr_decay is 1.0 there and 0.8 here"),
    "batch_size": (6, "batch_size is 7 there and 6 here"),
    "accumulate": (2, "accumulate is 1 there and 2 here"),
    "num_epochs": (4, "num_epochs is 3 there and 4 here"),
    "num_train_samples": (None, "num_train_samples is 1000 there and None here"),
    "num_val_samples": (3, "num_val_samples is None there and 3 here"),
    "seed": (6, "seed is 5 there and 6 here"),
    "clip_norm": (1.0, "clip_norm is None there and 1.0 here"),
    "ema_decay": (0.5, "ema_decay is None there and 0.5 here"),
    "patience": (9, "patience is None there and 9 here"),
    "schedule": (cosine, "schedule is None there and 'cosine "),
    "augment": (jitter, "augment is None there and 'jitter' here"),
    "prepare": (halved, "prepare is None there and 'multiply((1,) <f8 sha256 "),
}


def test_a_function_without_a_qualified_name_is_known_by_its_name():
    """So is a ufunc before NumPy 2.2."""

    class Scale:
        pass

    nameless, named = Scale(), Scale()
    named.__name__ = "halved"
    assert (describe_function(nameless), describe_function(named), describe_function(None)) == ("Scale", "halved", None)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    name = tmp_path_factory.mktemp("saved") / "a"
    Solver(Restless(), blobs(), **SAVING, checkpoint_name=name).train()
    return name


def refuse(solver, name, error=ValueError):
    before = str(whole(solver)) if isinstance(solver.model, Restless) else None
    with pytest.raises(error) as raised:
        solver.resume(name)
    if before:
        assert str(whole(solver)) == before and solver.last_checkpoint is None
    return str(raised.value)


@pytest.mark.parametrize("argument", OTHERS)
def test_an_argument_that_changes_the_run_is_refused_by_name(saved, argument):
    value, message = OTHERS[argument]
    solver = Solver(Restless(), blobs(), **{**SAVING, argument: value})
    text = refuse(solver, saved)
    assert text.startswith(f"Solver.resume: {saved}_epoch_3.npz is of another run: ") and message in text


def test_every_argument_is_compared_or_known_not_to_matter():
    free = {"checkpoint_name", "checkpoint_every", "checkpoint_seconds", "print_every", "verbose", "on_iteration",
            "on_epoch"}
    known = str(pytest.raises(ValueError, Solver, None, None, no=1).value).split("known are ")[1].split(", ")
    assert set(OTHERS) | free == set(known)


def test_schedules_are_told_apart_by_what_they_give(tmp_path):
    arguments = {**SAVING, "schedule": partial(step, every=1, factor=0.5)}
    Solver(Restless(), blobs(), **arguments, checkpoint_name=tmp_path / "a").train()
    Solver(Restless(), blobs(), **arguments).resume(tmp_path / "a")
    other = Solver(Restless(), blobs(), **{**SAVING, "schedule": partial(step, every=1, factor=0.25)})
    assert "schedule is 'step " in refuse(other, tmp_path / "a")


@pytest.mark.parametrize(
    "make, data, message",
    [
        (lambda: Restless(C=4), blobs(), r"params W is '(2, 3) <f8' there and '(2, 4) <f8' here"),
        (lambda: Restless(dtype=np.float32), blobs(), "params W is '(2, 3) <f8' there and '(2, 3) <f4' here"),
        (SoftmaxRegression, blobs(), "model is 'Restless' there and 'SoftmaxRegression' here"),
        (Restless, blobs(seed=1), "X_train is '(20, 2) <f8 sha256 "),
        (Restless, blobs(N=21), "y_train is '(20,) <i8 sha256 "),
        (Restless, {**blobs(), "y_val": blobs()["y_val"][::-1]}, "y_val is '(9,) <i8 sha256 "),
    ],
)
def test_another_model_or_other_data_are_refused(saved, make, data, message):
    assert message in refuse(Solver(make(), data, **SAVING), saved)


def test_data_that_differ_anywhere_are_told_apart():
    X = np.zeros((300_000, 2))
    descriptions = {describe_data(X)}
    for row in (0, 150_000, 299_999):
        X[row, 1] = 1
        descriptions.add(describe_data(X))
        X[row, 1] = 0
    assert len(descriptions) == 4
    assert describe_data(X[::-1]) == describe_data(X) == describe_data(np.asfortranarray(X)) in descriptions
    assert describe_data(X.reshape(2, -1)) != describe_data(X) != describe_data(X.astype(np.float32))


@pytest.mark.parametrize("change, message", [
    (lambda model: setattr(model, "reg", 0.1), "model.reg is None there and 0.1 here"),
    (lambda model: model.generators.update(dropout=np.random.Generator(np.random.Philox(0))), "generator dropout is"),
    (lambda model: model.generators.clear(), "generator dropout is 'PCG64' there and None here"),
    (lambda model: model.params.update(c=np.zeros(1)), "params c is None there and '(1,) <f8' here"),
])
def test_what_else_a_model_has_is_compared(saved, change, message):
    model = Restless()
    change(model)
    assert message in refuse(Solver(model, blobs(), **SAVING), saved)


def test_a_list_of_differences_comes_to_an_end(saved):
    settings = {**SAVING, "batch_size": 3, "clip_norm": 1.0, "num_epochs": 9, "seed": 1}
    other = Solver(Restless(), blobs(seed=1), **settings)
    assert refuse(other, saved).endswith(" and 1 more")


def test_a_seed_that_was_drawn_is_taken_over(tmp_path):
    arguments = {**SAVING, "seed": None}
    through = Solver(Restless(), blobs(), **arguments, checkpoint_name=tmp_path / "a", on_iteration=[stop_after(4)])
    with pytest.raises(KeyboardInterrupt):
        through.train()
    solver = Solver(Restless(), blobs(), **arguments)
    solver.resume(tmp_path / "a_iteration_4.npz")
    through.train()
    assert solver.seed == through.seed
    solver.train()
    assert whole(solver) == whole(through)


SPOILT = {
    "no description": lambda arrays, facts: facts.pop("run"),
    "no numbers": lambda arrays, facts: facts.pop("numbers"),
    "no parameter": lambda arrays, facts: arrays.pop("params/W"),
    "no state": lambda arrays, facts: arrays.pop("state/running_mean"),
    "no history": lambda arrays, facts: arrays.pop("history/loss_history"),
    "no generator": lambda arrays, facts: facts["generators"].clear(),
    "no rule state": lambda arrays, facts: facts["optim"].pop("W"),
    "half of the best": lambda arrays, facts: arrays.pop("best_params/b"),
    "another shape": lambda arrays, facts: arrays.update({"params/W": np.zeros((3, 2))}),
    "another dtype": lambda arrays, facts: arrays.update({"best_params/b": np.zeros(3, np.float32)}),
    "facts of another kind": lambda arrays, facts: facts.update(numbers=[1]),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_checkpoint_that_lacks_something_is_refused_and_nothing_changed(saved, tmp_path, kind):
    arrays, facts = read_checkpoint(f"{saved}_epoch_3.npz")
    SPOILT[kind](arrays, facts)
    write_checkpoint(tmp_path / "b_epoch_3.npz", arrays, facts)
    text = refuse(Solver(Restless(), blobs(), **SAVING), tmp_path / "b_epoch_3.npz", CheckpointError)
    assert str(tmp_path / "b_epoch_3.npz") in text


def test_a_checkpoint_holds_what_the_readme_of_a_run_needs(saved):
    arrays, facts = read_checkpoint(f"{saved}_epoch_3.npz")
    assert facts["numbers"]["iteration"] == 9 and len(arrays["history/loss_history"]) == 9
    assert facts["run"]["model"] == "Restless" and facts["run"]["batch_size"] == 7
    json.dumps(facts)
