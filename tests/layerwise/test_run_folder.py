"""A run folder is new, and its files are whole."""

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


def test_names_are_numbered_until_one_is_free(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "x-2").write_text("a file is in the way too")
    assert [RunFolder("x").path.name for _ in range(3)] == ["x", "x-3", "x-4"]


def test_parents_are_made(tmp_path):
    assert RunFolder("x", "a/b/c").path.is_dir() and (tmp_path / "a/b/c").is_dir()


def test_only_an_empty_folder_is_discarded(tmp_path):
    empty, full = RunFolder("x"), RunFolder("x")
    full.add("notes.txt", lambda path: path.write_text(""))
    for folder in (empty, full):
        folder.discard_if_empty()
    assert not empty.path.exists() and full.path.exists()
