"""Another distribution's `datasets` in the place of ours is named, not stumbled over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerwise.__main__ import main
from layerwise.shadow import shadow_of_datasets

ROOT = Path(__file__).resolve().parents[2]


def test_ours_is_found():
    assert shadow_of_datasets() is None


@pytest.mark.parametrize("form", ["package", "module", "folder of data"])
def test_another_is_named_by_the_program(form, tmp_path):
    if form == "module":
        (tmp_path / "datasets.py").write_text("raise RuntimeError('must not be imported')\n")
    else:
        (tmp_path / "datasets").mkdir()
    if form == "package":
        (tmp_path / "datasets" / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    options = ["--data", "blobs", "--epochs", "1", "--out", str(tmp_path / "out")]
    command = [sys.executable, "-m", "layerwise", "train", *options]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    if form == "folder of data":  # a folder without __init__.py comes after any package on the path
        assert done.returncode == 0
        return
    assert done.returncode == 1 and done.stdout == "" and "Traceback" not in done.stderr
    assert "layerwise: the package 'datasets' that Python finds is " in done.stderr
    assert str(tmp_path / "datasets") in done.stderr and str(ROOT / "datasets") in done.stderr
    assert "virtual environment of its own" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_program_stops_with_the_words_of_the_check(monkeypatch, capsys):
    monkeypatch.setattr("layerwise.__main__.shadow_of_datasets", lambda: "another is in the way")
    assert main(["train"]) == 1
    assert capsys.readouterr().err == "layerwise: another is in the way\n"


def test_no_datasets_at_all_is_said_too(monkeypatch):
    monkeypatch.setattr("layerwise.shadow.find_spec", lambda name: None)
    assert shadow_of_datasets().startswith("Python finds no package 'datasets'")
