"""history.csv grows as the run goes, and can be told from the Solver alone."""

import csv
from types import SimpleNamespace

import pytest

from layerwise.history import History

ACCURACIES = {1: (0.1, 0.2), 2: (0.5, 0.8), 4: (0.6, 0.8), 6: (0.9, 0.7)}


def solver_after(iterations, per_epoch=2):
    measured = [ACCURACIES[i] for i in range(1, iterations + 1) if i == 1 or i % per_epoch == 0]
    train_acc, val_acc = map(list, zip(*measured)) if measured else ([], [])
    return SimpleNamespace(
        iteration=iterations,
        iterations_per_epoch=per_epoch,
        loss_history=[1 / i for i in range(1, iterations + 1)],
        train_acc_history=train_acc,
        val_acc_history=val_acc,
        best_iteration={0: 0, 1: 1}.get(iterations, 2 if iterations < 6 else 6),
    )


def grown(path, begin=0, end=6):
    with History(solver_after(begin), path) as history:
        for iteration in range(begin + 1, end + 1):
            history(solver_after(iteration))
    return history


def test_history_has_accuracies_where_they_were_measured(tmp_path):
    history = grown(tmp_path / "history.csv")
    assert [row["iteration"] for row in history.measured()] == [1, 2, 4, 6]
    assert [row["val_acc"] for row in history.rows] == [0.2, 0.8, None, 0.8, None, 0.7]
    assert [row["epoch"] for row in history.rows] == [0, 1, 1, 2, 2, 3]


def test_epochs_of_a_single_iteration_are_measured_once_each(tmp_path):
    solver = SimpleNamespace(
        iteration=2, iterations_per_epoch=1, loss_history=[3.0, 2.0], train_acc_history=[0.1, 0.2],
        val_acc_history=[0.3, 0.4], best_iteration=2,
    )  # fmt: skip
    with History(solver, tmp_path / "history.csv") as history:
        rows = [(row["epoch"], row["train_acc"], row["val_acc"]) for row in history.rows]
    assert rows == [(1, 0.1, 0.3), (2, 0.2, 0.4)]


def test_what_is_kept_is_what_the_solver_put_by_last(tmp_path):
    assert grown(tmp_path / "history.csv").kept["iteration"] == 6
    assert grown(tmp_path / "history.csv", end=5).kept["iteration"] == 2


def test_history_is_written_with_all_digits(tmp_path):
    grown(tmp_path / "history.csv").write(tmp_path / "whole.csv")
    with open(tmp_path / "whole.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["iteration", "epoch", "loss", "train_acc", "val_acc"]
    assert rows[3] == ["3", "1", repr(1 / 3), "", ""]
    assert rows[4] == ["4", "2", "0.25", "0.6", "0.8"]


def test_rows_can_be_read_while_it_grows_and_what_has_grown_is_what_is_written(tmp_path, monkeypatch):
    path, now = tmp_path / "history.csv", [0.0]
    monkeypatch.setattr("layerwise.growing_csv.time", SimpleNamespace(monotonic=lambda: now[0]))
    seen = []
    with History(solver_after(0), path) as history:
        for iteration in range(1, 7):
            now[0] += 0.2
            history(solver_after(iteration))
            seen.append(len(path.read_bytes().splitlines()) - 1)
    assert seen == [1, 1, 1, 4, 4, 4]
    history.write(tmp_path / "whole.csv")
    assert path.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("checkpoint", range(7))
def test_a_resumed_history_drops_what_lies_behind_the_checkpoint_and_goes_on(checkpoint, tmp_path):
    grown(tmp_path / "whole.csv")
    grown(tmp_path / "history.csv", end=6)
    with open(tmp_path / "history.csv", "a") as file:
        file.write("7,3,0.1")  # the process was killed while it wrote
    history = grown(tmp_path / "history.csv", begin=checkpoint)
    assert (tmp_path / "history.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert len(history.rows) == 6
