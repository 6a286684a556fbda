"""How a run goes on and ends: nothing that happens to it loses anything."""

import os
import signal

import numpy as np
import pytest

from solvers import Solver, read_checkpoint
from solvers import checkpoint as checkpoint_module
from solvers.run import SPARING

from .test_resume import SAVING, whole
from .tiny import Restless, blobs, scripted


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def make(name=None, model=None, **arguments):
    return Solver(model or Restless(), blobs(), checkpoint_name=name, **{**SAVING, **arguments})


# When a checkpoint is written


def test_the_last_two_and_the_best_remain(tmp_path):
    scripted([0.5, 0.75, 0.5, 0.25, 0.5], checkpoint_name=tmp_path / "run").train()
    assert names(tmp_path) == ["run_epoch_2.npz", "run_epoch_4.npz", "run_epoch_5.npz"]
    arrays, facts = read_checkpoint(tmp_path / "run_epoch_5.npz")
    assert arrays["params/w"] == arrays["state/running"] == 5
    assert arrays["best_params/w"] == arrays["best_state/running"] == 2
    assert facts["numbers"]["best_iteration"] == 2


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, [1, 3, 6, 9]),
        ({"checkpoint_every": 2}, [1, 2, 3, 4, 6, 8, 9]),
        ({"checkpoint_every": 1}, list(range(1, 10))),
        ({"checkpoint_seconds": 1e-9}, list(range(1, 10))),
        ({"checkpoint_seconds": 1e9}, [1, 3, 6, 9]),
    ],
)
def test_checkpoints_are_written_when_they_were_asked_for(tmp_path, monkeypatch, options, expected):
    saved = []
    real = Solver._save_checkpoint
    monkeypatch.setattr(Solver, "_save_checkpoint", lambda self: saved.append(self.iteration) or real(self))
    solver = make(tmp_path / "run", **options)
    solver.train()
    assert saved == expected
    assert solver.last_checkpoint == tmp_path / "run_epoch_3.npz"


@pytest.mark.parametrize("took, expected", [(0.0, [1, 3, 6, 9]), (0.01, [1, 3, 6, 9]), (0.04, [1, 6, 9]), (1, [1, 9])])
def test_the_ends_of_short_epochs_are_left_out_but_not_the_last(tmp_path, monkeypatch, took, expected):
    saved, now = [], [0.0]
    monkeypatch.setattr("solvers.run.SPARING", SPARING)
    monkeypatch.setattr("solvers.run.time.monotonic", lambda: now[0])

    def pass_time(seconds):
        now[0] += seconds

    monkeypatch.setattr("solvers.run.save_run", lambda solver: saved.append(solver.iteration) or pass_time(took) or "x")
    make(tmp_path / "run", on_iteration=[lambda solver: pass_time(1)]).train()
    assert saved == expected


def test_time_counts_from_the_last_checkpoint(tmp_path, monkeypatch):
    saved, now = [], [0]
    monkeypatch.setattr("solvers.run.time.monotonic", lambda: now[0])
    monkeypatch.setattr("solvers.run.save_run", lambda solver: saved.append(solver.iteration) or "x")

    def pass_a_second(solver):
        now[0] += 1

    options = {"batch_size": 1, "num_epochs": 1, "checkpoint_seconds": 5, "on_iteration": [pass_a_second]}
    make(tmp_path / "run", **options).train()
    assert saved == [1, 6, 11, 16, 20]


def test_callbacks_run_before_the_checkpoint_so_that_it_has_what_they_did(tmp_path):
    seen = []
    make(tmp_path / "run", on_iteration=[lambda s: seen.append(len(names(tmp_path)))], checkpoint_every=1).train()
    assert seen[:3] == [0, 1, 2]


def test_without_a_name_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make().train()
    assert names(tmp_path) == []


def test_a_folder_that_does_not_exist_is_refused_before_any_training(tmp_path):
    with pytest.raises(ValueError, match="Solver: checkpoint_name .* is in a folder that does not exist"):
        make(tmp_path / "no" / "run")


def test_a_new_run_is_not_written_over_another(tmp_path):
    make(tmp_path / "run").train()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(FileExistsError) as error:
        make(tmp_path / "run", seed=6).train()
    assert str(error.value) == (
        f"Solver.train: {tmp_path / 'run_epoch_3.npz'} is of another run; call resume() to go on with that, choose "
        "another checkpoint_name, or delete its files"
    )
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_training_on_goes_on_in_the_same_files(tmp_path):
    solver = make(tmp_path / "run")
    solver.train()
    solver.train()
    assert (tmp_path / "run_epoch_6.npz").exists() and solver.iteration == 18


def test_what_a_killed_process_left_is_cleared_at_the_start(tmp_path):
    (tmp_path / "run_epoch_0.npz.1.tmp").touch()
    make(tmp_path / "run").train()
    assert not [name for name in names(tmp_path) if name.endswith("tmp")]
    (tmp_path / "run_epoch_3.npz.1.tmp").touch()
    make(tmp_path / "run").resume()
    assert not [name for name in names(tmp_path) if name.endswith("tmp")]


# K3: whatever fails, nothing is lost


class Failing(Restless):
    """Fails at one of its calls, after it has spoilt its state and drawn random numbers."""

    at, error = None, RuntimeError

    def loss(self, X, y=None):
        result = super().loss(X, y)
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls == self.at:
            raise self.error
        return result


def last_files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_any_batch_or_evaluation_loses_nothing(tmp_path, error, figures):
    settings = {"update_rule": "adam", "lr_decay": 0.9, "ema_decay": 0.9}
    counting = Failing()
    through = make(tmp_path / "through", counting, **settings)
    through.train()
    for at in range(1, counting.calls + 1):
        name = tmp_path / f"run{at}"
        model = Failing()
        model.at, model.error = at, error
        solver = make(name, model, **settings)
        with pytest.raises(error):
            solver.train()
        assert len(solver.loss_history) == solver.iteration
        kept = solver.best_params or solver.model.params
        assert all((solver.model.params[key] == kept[key]).all() for key in kept)
        if solver.iteration:
            again = make(name, Failing(), **settings)
            assert again.resume() == solver.last_checkpoint
            assert again.iteration == solver.iteration
            again.train()
            assert whole(again) == whole(through)
        else:
            assert solver.last_checkpoint is None  # there was nothing yet to lose
        model.at = None
        solver.train()
        assert whole(solver) == whole(through)
        figures["errors in a batch or an evaluation that lost nothing (K3)"] += 1


@pytest.mark.parametrize("at", [1, 4, 6])
def test_an_error_in_a_callback_keeps_the_iteration_it_was_told_of(tmp_path, at, figures):
    through = make()
    through.train()

    def fail(solver):
        if solver.iteration == at and not solver.told:
            solver.told = True
            raise RuntimeError

    solver = make(tmp_path / "run", on_iteration=[fail])
    solver.told = False
    with pytest.raises(RuntimeError):
        solver.train()
    again = make(tmp_path / "run")
    again.resume()
    assert again.iteration == solver.iteration == at
    for s in (again, solver):
        s.train()
        assert whole(s) == whole(through)
    figures["errors in a callback that lost nothing (K3)"] += 1


def test_a_callback_that_fails_silences_no_other_and_its_error_reaches_the_caller():
    seen = []

    def fail(solver):
        if solver.iteration == 3:
            raise KeyboardInterrupt

    note_iteration, note_epoch = lambda s: seen.append(s.iteration), lambda s: seen.append(f"epoch {s.epoch}")
    with pytest.raises(KeyboardInterrupt):
        make(on_iteration=[fail, note_iteration], on_epoch=[fail, note_epoch]).train()
    assert seen == [1, 2, 3, "epoch 1"]


def test_a_value_that_is_not_finite_leaves_a_checkpoint_of_before(tmp_path):
    solver = make(tmp_path / "run")
    solver.on_iteration = [lambda s: s.iteration == 4 and s.model.params["W"].__setitem__((0, 0), np.nan)]
    with pytest.raises(FloatingPointError, match="the loss is nan at iteration 5 / 9"):
        solver.train()
    assert np.isfinite(solver.model.params["W"]).all()
    assert names(tmp_path) == ["run_epoch_1.npz", "run_iteration_4.npz"]


def test_state_that_is_no_number_stops_the_run_with_the_best_model_in_place(tmp_path):
    solver = scripted([0.5, 0.25], checkpoint_name=tmp_path / "run")
    solver.on_iteration = [lambda s: s.model.state.update(bad=np.array([print])) if s.iteration == 2 else None]
    with pytest.raises(TypeError, match="state/bad has dtype object"):
        solver.train()
    assert solver.model.params["w"] == 1
    assert names(tmp_path) == ["run_epoch_1.npz"]


# The disk


@pytest.mark.parametrize(
    "where", ["builtins.open", "numpy.lib.format.write_array", "os.fsync", "os.replace", "pathlib.Path.unlink"]
)
@pytest.mark.parametrize("number", [28, 5])
def test_a_disk_that_refuses_is_warned_of_and_training_goes_on(tmp_path, monkeypatch, figures, where, number):
    def fail(*args, **options):
        raise OSError(number, os.strerror(number))

    def break_disk(solver):
        if solver.iteration == 4:
            broken.setattr(where, fail)
        if solver.iteration == 7:
            broken.undo()

    through = make()
    through.train()
    with monkeypatch.context() as broken:
        solver = make(tmp_path / "run", on_iteration=[break_disk])
        with pytest.warns(UserWarning, match="run_epoch_2.npz was not saved .*; earlier .* whole, training goes on"):
            solver.train()
    assert whole(solver) == whole(through)
    again = make(tmp_path / "run")
    assert again.resume() == tmp_path / "run_epoch_3.npz"
    assert whole(again)[1:] == whole(through)[1:]
    figures["faults of the disk that training survived (K1)"] += 1


def test_if_the_disk_stays_full_the_last_whole_checkpoint_is_resumed(tmp_path, monkeypatch):
    through = make()
    through.train()
    solver = make(tmp_path / "run")

    def full(descriptor):
        if solver.iteration > 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint_module.os, "fsync", full)
    with pytest.warns(UserWarning, match="No space left on device") as warned:
        solver.train()
    assert len(warned) == 3  # epoch 2, epoch 3, and a last attempt at the end
    assert solver.last_checkpoint == tmp_path / "run_epoch_1.npz"
    assert names(tmp_path) == ["run_epoch_0.npz", "run_epoch_1.npz"]
    monkeypatch.undo()
    again = make(tmp_path / "run")
    again.resume()
    again.train()
    assert whole(again) == whole(solver) == whole(through)


def test_a_second_ctrl_c_during_the_last_save_leaves_the_old_file_and_the_best_model(tmp_path, monkeypatch):
    solver = make(tmp_path / "run")

    def interrupt(descriptor):
        if solver.iteration == 5:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "fsync", interrupt)
    solver.on_iteration = [lambda s: signal.raise_signal(signal.SIGINT) if s.iteration == 5 else None]
    with pytest.raises(KeyboardInterrupt):
        solver.train()
    assert names(tmp_path) == ["run_epoch_0.npz", "run_epoch_1.npz"]
    assert all((solver.model.params[key] == solver.best_params[key]).all() for key in solver.best_params)


# What Ctrl-C says


def test_an_interrupt_says_how_to_go_on(tmp_path, capsys):
    solver = make(tmp_path / "run", verbose=True)
    solver.on_iteration = [lambda s: signal.raise_signal(signal.SIGINT) if s.iteration == 4 else None]
    with pytest.raises(KeyboardInterrupt):
        solver.train()
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"SIGINT: stopped after iteration 4 / 9. To go on, call resume('{tmp_path / 'run_iteration_4.npz'}') and then "
        "train() on a Solver made with the same arguments"
    )


def test_without_a_checkpoint_it_says_so_too(capsys):
    solver = make(verbose=True)
    solver.on_iteration = [lambda s: signal.raise_signal(signal.SIGINT) if s.iteration == 4 else None]
    with pytest.raises(KeyboardInterrupt):
        solver.train()
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("SIGINT: stopped after iteration 4 / 9. To go on, call train() on a Solver")


# Early stopping


@pytest.mark.parametrize(
    "patience, script, stops_at",
    [
        (1, [0.25, 0.5, 0.5, 0.75], 3), (2, [0.25, 0.5, 0.5, 0.75, 0.5], 5), (2, [0.5, 0.25, 0.5, 0.75], 3),
        (3, [0.5, 0.25], 2), (1, [0.25, 0.5, 0.75, 1.0], 4), (None, [0.5, 0.25, 0.25, 0.25], 4),
    ],
)
def test_training_ends_when_patience_does_and_the_best_is_restored(patience, script, stops_at):
    solver = scripted(script, patience=patience)
    solver.train()
    assert solver.iteration == stops_at and solver.val_acc_history == script[:stops_at]
    assert solver.model.params["w"] == script[:stops_at].index(max(script[:stops_at])) + 1


def test_training_again_has_new_patience():
    solver = scripted([0.5, 0.25, 0.25, 0.25, 0.25, 0.25], patience=2, num_epochs=5)
    solver.train()
    assert solver.iteration == 3
    solver.model.accuracies = [0.25] * 20
    solver.train()
    assert solver.iteration == 5 and solver.num_iterations == 8
