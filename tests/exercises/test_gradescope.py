"""The autograder: what is in the zip, and that it works where it is unpacked."""

import json
import os
import stat
import subprocess
import sys
import zipfile

import pytest

from exercises.gradescope import build_autograder, results_of
from exercises.mark import Mark, Row
from exercises.source import replace
from exercises.syllabus import exercise
from layerwise.__main__ import main

CHOSEN = [exercise("4.1"), exercise("4.3")]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("autograder")
    build_autograder(folder / "auto.zip", 77, CHOSEN)
    with zipfile.ZipFile(folder / "auto.zip") as packed:
        for member in packed.infolist():
            path = folder / "source" / member.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(packed.read(member))
            path.chmod(member.external_attr >> 16 & 0o777)
    return folder / "source"


def test_what_is_in_it(source):
    names = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {"setup.sh", "run_autograder", "grading.json", "layers/affine.py", "datasets/digits.npz"} < names
    assert {"exercises/judge.py", "exercises/wrong_answers/lesson04.py", "layerwise/__init__.py"} < names
    assert not [name for name in names if name.startswith("tests/") or ".git" in name or name.endswith(".pyc")]
    assert json.loads((source / "grading.json").read_text()) == {"seed": 77, "exercises": ["4.1", "4.3"]}


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_the_scripts_are_shell_scripts_to_be_run(name, source):
    assert (source / name).read_bytes().startswith(b"#!/usr/bin/env bash\nset -e\n")
    assert (source / name).stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", source / name], check=True)
    assert b"\r" not in (source / name).read_bytes()


def test_setup_installs_what_the_project_requires(source):
    assert "pip install 'numpy>=2.0' 'scipy>=1.15'" in (source / "setup.sh").read_text()


def test_it_grades_where_it_is_unpacked(source, tmp_path, solved_sources):
    """The line of run_autograder, with this Python and these folders."""
    for path, text in solved_sources.items():
        (tmp_path / "submission" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "submission" / path).write_text(text, encoding="utf-8")
    relu = tmp_path / "submission/layers/relu.py"
    relu.write_text(replace(relu.read_text(), "relu_forward", "def relu_forward(x):\n    return x + 1, x\n"))
    line = (source / "run_autograder").read_text().splitlines()[-1].split()
    assert line[:5] == ["exec", "/autograder/venv/bin/python", "-B", "-m", "exercises.gradescope"]
    command = [sys.executable, *line[2:5], *(word.replace("/autograder", str(tmp_path)) for word in line[5:])]
    (tmp_path / "results").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, cwd=source, check=True, timeout=60, env=environment)
    results = json.loads((tmp_path / "results/results.json").read_text())
    scores = [(test["number"], test["score"], test["max_score"]) for test in results["tests"]]
    assert scores == [("4.1", 1, 1), ("4.3", 0, 1)]
    assert results["score"] == 1 and "out is wrong" in results["tests"][1]["output"]


def test_what_could_not_be_graded_is_said_to_the_student():
    rows = [Row("4.1", "not checked", 0, "", "", "")]
    output = results_of(Mark("x", rows, "broken", ["a note"]))["output"]
    assert output.splitlines() == ["broken", "a note", "Not checked; ask your instructor to grade it again: 4.1"]


def test_the_verb_writes_it_and_overwrites_nothing(tmp_path, capsys):
    file = tmp_path / "auto.zip"
    assert main(["lab", "gradescope", str(file), "--seed", "5", "--lessons", "4"]) == 0
    with zipfile.ZipFile(file) as packed:
        settings = json.loads(packed.read("grading.json"))
    assert settings["seed"] == 5 and settings["exercises"][0] == "4.1" and "5.1" not in settings["exercises"]
    before = file.read_bytes()
    with pytest.raises(SystemExit):
        main(["lab", "gradescope", str(file)])
    assert "there is a file" in capsys.readouterr().err and file.read_bytes() == before
