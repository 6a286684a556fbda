"""Checkpoints: what is in them, and that they are whole."""

import builtins
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from solvers import Solver
from solvers.checkpoint import atomic_write

from .tiny import SoftmaxRegression, blobs, scripted, trained


def test_a_checkpoint_is_written_at_the_first_iteration_and_each_epoch(tmp_path):
    trained(checkpoint_name=tmp_path / "run")
    assert sorted(os.listdir(tmp_path)) == [f"run_epoch_{epoch}.npz" for epoch in range(4)]


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_a_checkpoint_holds_the_run_and_no_pickle(tmp_path, rule):
    saved = {}

    def note(solver):
        saved.update(
            {f"params/{name}": w.copy() for name, w in solver.model.params.items()}
            | {f"best_params/{name}": w.copy() for name, w in solver.best_params.items()}
        )
        for name, config in solver.optim_configs.items():
            saved.update({f"optim/{name}/{key}": config[key] for key in ("m", "v") if key in config})
        saved["rate"] = solver.learning_rate

    solver = trained(update_rule=rule, checkpoint_name=str(tmp_path / "run"), lr_decay=0.9, on_epoch=[note])
    rate = saved.pop("rate")
    with np.load(tmp_path / "run_epoch_3.npz", allow_pickle=False) as file:
        arrays = dict(file)
    manifest = json.loads(arrays.pop("manifest").tobytes())
    saved.update({
        "history/loss": solver.loss_history,
        "history/train_acc": solver.train_acc_history,
        "history/val_acc": solver.val_acc_history,
        "history/best_val_acc": solver.best_val_acc,
    })
    assert set(arrays) == set(saved)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, saved[name], err_msg=name)
    assert manifest["format_version"] == 1
    assert manifest["config"] == {
        "update_rule": rule, "lr_decay": 0.9, "batch_size": 7, "num_epochs": 3, "num_train_samples": 1000,
        "num_val_samples": None, "seed": 0,
    }
    assert manifest["position"] == {"iteration": 9, "num_iterations": 9, "iterations_per_epoch": 3, "epoch": 3}
    assert manifest["optim"]["W"]["learning_rate"] == rate
    assert rule == "sgd" or manifest["optim"]["b"]["t"] == 9


def test_a_checkpoint_holds_the_running_statistics(tmp_path):
    scripted([0.75, 0.5], checkpoint_name=tmp_path / "run").train()
    with np.load(tmp_path / "run_epoch_2.npz", allow_pickle=False) as file:
        assert file["params/w"] == file["state/running"] == 2
        assert file["best_params/w"] == file["best_state/running"] == 1


def test_the_same_run_writes_the_same_bytes(tmp_path):
    for name in "ab":
        trained(checkpoint_name=tmp_path / name)
    assert (tmp_path / "a_epoch_3.npz").read_bytes() == (tmp_path / "b_epoch_3.npz").read_bytes()


def test_a_checkpoint_can_be_written_before_any_step(tmp_path):
    arguments = {"update_rule": "sgd_momentum", "optim_config": {"momentum": np.float32(0.5)}}
    solver = Solver(SoftmaxRegression(), blobs(), **arguments, checkpoint_name=tmp_path / "run")
    solver._save_checkpoint()
    with np.load(tmp_path / "run_epoch_0.npz", allow_pickle=False) as file:
        assert file["history/best_val_acc"] == -np.inf and file["history/loss"].shape == (0,)


def test_a_folder_that_does_not_exist_is_refused_before_any_training(tmp_path):
    with pytest.raises(ValueError, match="Solver: checkpoint_name .* is in a folder that does not exist"):
        Solver(SoftmaxRegression(), blobs(), checkpoint_name=tmp_path / "no" / "run")


def test_objects_are_refused_and_nothing_is_left_behind(tmp_path):
    solver = scripted([0.5], checkpoint_name=tmp_path / "run")
    solver.model.state = {"running": np.zeros(1), "objects": np.array([print])}
    with pytest.raises(ValueError, match="allow_pickle=False"):
        solver._save_checkpoint()
    assert os.listdir(tmp_path) == []


class FailingFile(io.FileIO):
    """Fails at the write that would be one too many."""

    writes_left = 0

    def write(self, data):
        if FailingFile.writes_left == 0:
            raise OSError(28, "No space left on device")
        FailingFile.writes_left -= 1
        return super().write(data)


def test_an_error_at_any_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    solver = trained(checkpoint_name=tmp_path / "run")
    path = tmp_path / "run_epoch_3.npz"
    before = path.read_bytes()
    solver.loss_history.append(1.0)
    failures = 0
    with monkeypatch.context() as patched:
        patched.setattr(builtins, "open", lambda path, mode: FailingFile(path, mode))
        for writes in range(10_000):
            FailingFile.writes_left = writes
            try:
                solver._save_checkpoint()
                break
            except OSError:
                failures += 1
            assert path.read_bytes() == before
            assert len(os.listdir(tmp_path)) == 4
    assert failures > 20
    assert path.read_bytes() != before


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_at_the_last_moment_leaves_the_old_file_whole(tmp_path, monkeypatch, call, error):
    solver = trained(checkpoint_name=tmp_path / "run")
    before = (tmp_path / "run_epoch_3.npz").read_bytes()
    solver.loss_history.append(1.0)

    def fail(*args):
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(error):
        solver._save_checkpoint()
    assert (tmp_path / "run_epoch_3.npz").read_bytes() == before
    assert len(os.listdir(tmp_path)) == 4


@pytest.mark.skipif(os.name != "posix", reason="a folder cannot be opened for fsync here")
def test_file_and_folder_are_synced_around_the_rename(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor):
        calls.append("folder" if os.path.isdir(f"/dev/fd/{descriptor}") else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", lambda *paths: calls.append("replace") or replace(*paths))
    Solver(SoftmaxRegression(), blobs(), checkpoint_name=tmp_path / "run")._save_checkpoint()
    assert calls == ["file", "replace", "folder"]


def test_all_is_handed_to_the_disk_before_the_rename(tmp_path, monkeypatch):
    sizes = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: sizes.append(os.fstat(descriptor).st_size))
    with atomic_write(tmp_path / "file") as file:
        file.write(b"123")
    assert sizes[0] == 3
    assert (tmp_path / "file").read_bytes() == b"123"


KILLED = """
import sys, tests.solvers.tiny as t
solver = t.trained(checkpoint_name=sys.argv[1])
print("ready", flush=True)
while True:
    solver.loss_history = [float(len(solver.loss_history))] * (len(solver.loss_history) + 1)
    solver._save_checkpoint()
"""


def test_a_killed_process_leaves_a_whole_file(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True,
        cwd=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        for _ in range(20):  # a reader at any moment finds a whole file
            with np.load(tmp_path / "run_epoch_3.npz", allow_pickle=False) as file:
                arrays = dict(file)
        process.kill()
    with np.load(tmp_path / "run_epoch_3.npz", allow_pickle=False) as file:
        assert set(file) == set(arrays)
        losses = file["history/loss"]
    assert len(losses) == 9 or (losses == len(losses) - 1).all()
