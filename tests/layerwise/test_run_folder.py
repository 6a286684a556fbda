"""A run folder is new, and its files are whole."""

from pathlib import Path

import pytest

from layerwise.run_folder import RunFolder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_files_appear_when_they_are_finished(tmp_path):
    folder = RunFolder("x", tmp_path / "run")

    def write(path):
        path.write_text("half")
        assert not (folder.path / "notes.txt").exists()
        path.write_text("all of it")

    folder.add("notes.txt", write)
    assert [path.name for path in folder.path.iterdir()] == folder.files == ["notes.txt"]
    assert (folder.path / "notes.txt").read_text() == "all of it"


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_file_that_fails_leaves_nothing(error, tmp_path):
    folder = RunFolder("x", tmp_path / "run")

    def fail(path):
        path.write_text("half")
        raise error

    with pytest.raises(error):
        folder.add("notes.txt", fail)
    assert list(folder.path.iterdir()) == [] and folder.files == []


def test_a_full_disk_is_told_with_the_name_of_the_file():
    def fail(path):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError) as refused:
        RunFolder("x", "run").add("curve.png", fail)
    assert str(refused.value) == f"[Errno 28] No space left on device: {str(Path('run/curve.png'))!r}"


def test_names_are_numbered_until_one_is_free(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "x-2").write_text("a file is in the way too")
    assert [RunFolder("x").path.name for _ in range(3)] == ["x", "x-3", "x-4"]


def test_parents_are_made(tmp_path):
    assert RunFolder("x", "a/b/c").path.is_dir() and (tmp_path / "a/b/c").is_dir()


def test_a_run_without_anything_to_keep_leaves_no_folder_but_what_others_put_there():
    empty, full = RunFolder("x"), RunFolder("x")
    for folder in (empty, full):
        folder.add_config({"lr": 1})
        folder.add("history.csv", lambda path: path.write_text(""))
    (full.path / "notes.txt").write_text("precious")
    for folder in (empty, full):
        folder.discard("history.csv", "epochs.csv")
    assert not empty.path.exists()
    assert [path.name for path in full.path.iterdir()] == ["notes.txt"]


def test_a_folder_is_reopened_with_its_config():
    RunFolder("x").add_config({"lr": 0.125, "data": "digits"})
    folder, config = RunFolder.reopen("runs/x", ["lr", "data"])
    assert config == {"lr": 0.125, "data": "digits"} and folder.files == ["config.json"]
    folder.add("notes.txt", lambda path: path.write_text(""))
    assert (folder.path / "notes.txt").exists()


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "x is not the folder of a run: its config.json cannot be read: .*No such file"),
        ("{", "x is not the folder of a run: its config.json cannot be read: "),
        ("7", "x is not the folder of a run: its config.json cannot be read: "),
        ("{}", "x is not the folder of such a run: its config.json lacks lr, data"),
    ],
)
def test_what_is_no_run_folder_is_refused(content, words, tmp_path):
    (tmp_path / "x").mkdir()
    if content is not None:
        (tmp_path / "x" / "config.json").write_text(content)
    with pytest.raises(ValueError, match=words):
        RunFolder.reopen("x", ["lr", "data"])
