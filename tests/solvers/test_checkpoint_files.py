"""The files of a run: names, order, what is kept and what is used instead of a damaged one."""

import os
from pathlib import Path

import numpy as np
import pytest

from solvers import CheckpointError
from solvers.checkpoint import write_checkpoint
from solvers.checkpoint_files import CheckpointFiles


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def write(folder, *iterations, name="run", per_epoch=10):
    files = CheckpointFiles(folder / name, per_epoch)
    for iteration in iterations:
        write_checkpoint(files.path(iteration), {"w": np.array(iteration)}, {})
    return files


@pytest.mark.parametrize(
    "per_epoch, iteration, name",
    [
        (10, 0, "epoch_0"), (10, 1, "epoch_0"), (10, 2, "iteration_2"), (10, 9, "iteration_9"), (10, 10, "epoch_1"),
        (10, 11, "iteration_11"), (10, 100, "epoch_10"), (1, 1, "epoch_1"), (1, 2, "epoch_2"),
    ],
)
def test_epochs_ends_are_named_as_in_the_course_and_others_by_iteration(per_epoch, iteration, name):
    assert CheckpointFiles("runs/x", per_epoch).path(iteration) == Path(f"runs/x_{name}.npz")


def test_the_newest_is_the_one_after_the_most_iterations(tmp_path):
    files = write(tmp_path, 100, 9, 1, 12, 90)
    (tmp_path / "run_epoch_9.npz.1.tmp").touch()
    (tmp_path / "run_epoch_x.npz").touch()
    write(tmp_path, 200, name="runner")
    write(tmp_path, 200, name="a_run")
    assert [files.path(iteration) for iteration in (100, 90, 12, 9, 1)] == files.newest_first()


def test_a_name_is_no_pattern(tmp_path):
    write(tmp_path, 20, name="r*n")
    assert CheckpointFiles(tmp_path / "r.n", 10).newest_first() == []
    assert len(CheckpointFiles(tmp_path / "r*n", 10).newest_first()) == 1


def test_there_are_none_in_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint .*no/run_epoch_<epoch>.npz"):
        CheckpointFiles(tmp_path / "no" / "run", 10).read_newest()


def test_a_name_without_a_folder_is_in_the_present_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = write(Path("."), 10)
    assert files.newest_first() == [Path("run_epoch_1.npz")]
    assert files.include(tmp_path / "run_epoch_3.npz")


@pytest.mark.parametrize("path, includes", [
    ("run_epoch_3.npz", True), ("run_iteration_3.npz", True), ("runner_epoch_3.npz", False), ("run_epoch_x.npz", False),
    ("../run_epoch_3.npz", False), (None, False),
])
def test_a_file_is_included_by_its_name(tmp_path, path, includes):
    assert CheckpointFiles(tmp_path / "run", 10).include(path and tmp_path / path) is includes


@pytest.mark.parametrize(
    "newest, best, kept",
    [(30, 1, [1, 25, 30]), (30, 30, [25, 30]), (30, 10, [10, 25, 30]), (30, 25, [25, 30]), (25, 10, [10, 20, 25, 30])],
)
def test_the_last_two_and_the_best_are_kept_and_what_is_later(tmp_path, newest, best, kept):
    files = write(tmp_path, 1, 10, 20, 25, 30)
    (tmp_path / "notes.npz").touch()
    files.prune(newest, best)
    assert names(tmp_path) == sorted(["notes.npz", *(files.path(iteration).name for iteration in kept)])


def test_what_a_killed_process_left_is_cleared_and_nothing_else(tmp_path):
    files = write(tmp_path, 10)
    for name in ("run_epoch_1.npz.123.tmp", "run_iteration_7.npz.9.tmp", "runner_epoch_1.npz.1.tmp", "run.tmp"):
        (tmp_path / name).touch()
    files.clean()
    assert names(tmp_path) == ["run.tmp", "run_epoch_1.npz", "runner_epoch_1.npz.1.tmp"]


# K4: the previous one is used


def spoil(path):
    path.write_bytes(path.read_bytes()[:-1000])


def test_the_newest_whole_one_is_used_and_each_damaged_one_is_named(tmp_path):
    files = write(tmp_path, 10, 20, 25, 30)
    spoil(files.path(30))
    os.truncate(files.path(25), 0)
    with pytest.warns(UserWarning) as warned:
        path, arrays, _ = files.read_newest()
    assert path == files.path(20) and arrays["w"] == 20
    texts = [str(warning.message) for warning in warned]
    assert [text.split()[0] for text in texts] == [str(files.path(30)), str(files.path(25))]
    assert all(text.endswith(f"; {path} is used instead") for text in texts)


def test_from_a_given_one_only_earlier_ones_are_tried(tmp_path):
    files = write(tmp_path, 10, 20, 30)
    assert files.read_newest(up_to=files.path(20))[0] == files.path(20)
    spoil(files.path(20))
    with pytest.warns(UserWarning, match="is used instead"):
        assert files.read_newest(up_to=str(files.path(20)))[0] == files.path(10)


def test_if_none_is_whole_all_are_named(tmp_path):
    files = write(tmp_path, 10, 20)
    spoil(files.path(10))
    spoil(files.path(20))
    with pytest.raises(CheckpointError) as error:
        files.read_newest()
    assert str(files.path(10)) in str(error.value) and str(files.path(20)) in str(error.value)


def test_a_given_file_may_have_any_name(tmp_path):
    write_checkpoint(tmp_path / "saved.npz", {"w": np.ones(1)}, {})
    files = CheckpointFiles.around(tmp_path / "saved.npz", 10)
    assert files.read_newest(up_to=tmp_path / "saved.npz")[0] == tmp_path / "saved.npz"
    with pytest.raises(FileNotFoundError):
        files.read_newest(up_to=tmp_path / "lost.npz")
