"""The student's verbs, in a hand-out."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile

import pytest

from exercises import lab
from exercises.handout import build
from exercises.report import WIDTH
from exercises.source import replace
from exercises.student import files_to_hand_in
from exercises.syllabus import EXERCISES, LESSONS
from layerwise.__main__ import main

GATES, RELU, OPTIM, COMPOSE = "layers/gates.py", "layers/relu.py", "solvers/optim.py", "layers/compose.py"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand-out")
    build(folder)
    return folder


@pytest.fixture
def tree(original, tmp_path, monkeypatch):
    """A hand-out to work in, which `layerwise lab` takes for its own."""
    folder = tmp_path / "mine"
    shutil.copytree(original, folder)
    monkeypatch.setattr(lab, "ROOT", folder)
    monkeypatch.setattr(lab, "IS_HAND_OUT", True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def say(capsys):
    """Return a function that calls ``layerwise lab`` and returns its exit status and what it printed."""

    def call(*arguments):
        status = main(["lab", *arguments])
        return status, capsys.readouterr().out

    return call


def write(tree, path, function, text):
    file = tree / path
    file.write_text(replace(file.read_text(encoding="utf-8"), function, text), encoding="utf-8")


RIGHT = "def relu_forward(x):\n    return np.maximum(x, 0), x\n"
WRONG = "def relu_forward(x):\n    return np.minimum(x, 0), x\n"
RIGHT_BACKWARD = "def relu_backward(dout, cache):\n    return dout * (cache > 0)\n"


def test_list_has_every_lesson_and_exercise_once(tree, say):
    status, text = say("list")
    lines = text.splitlines()
    assert status == 0
    for number, title in LESSONS.items():
        assert lines.count(f"Lesson {number}: {title}") == 1
    for known in EXERCISES:
        assert len([line for line in lines if line.split()[:1] == [known.id] and known.title in line]) == 1


def test_what_is_right_passes_and_brings_its_points(tree, say):
    write(tree, RELU, "relu_forward", RIGHT)
    status, text = say("check", "4.3")
    assert status == 0
    assert text.startswith("PASS  exercise 4.3, Rectified linear unit, forward: 5 cases, 1 point")
    assert "1 of 114 points" in text
    assert "1 of 11\n" in say("status")[1]


def test_what_is_wrong_fails_on_one_screen_with_exit_status_1(tree, say):
    write(tree, RELU, "relu_forward", WRONG)
    status, text = say("check", "4.3")
    assert status == 1
    assert "FAIL  exercise 4.3" in text and "worst entry" in text and "layerwise lab hint 4.3" in text
    assert len(text.splitlines()) < 24 and max(map(len, text.splitlines())) <= WIDTH
    assert "failed: 4.3" in say("status")[1]


def test_what_is_not_written_is_not_called_wrong(tree, say):
    status, text = say("check", "4.3")
    assert status == 1
    assert text.startswith("....  exercise 4.3, Rectified linear unit, forward: to be written\n")
    assert "failed" not in say("status")[1]


def test_a_lesson_is_a_line_an_exercise_and_the_first_that_fails_in_full(tree, say):
    write(tree, RELU, "relu_forward", WRONG)
    write(tree, RELU, "relu_backward", RIGHT_BACKWARD)
    status, text = say("check", "4")
    lines = text.splitlines()
    assert status == 1
    assert [line[:4] for line in lines[:6]] == ["....", "....", "FAIL", "PASS", "....", "...."]
    assert lines[7] == "The first that fails:" and lines[9].startswith("FAIL  exercise 4.3")
    assert max(map(len, lines)) <= WIDTH


def test_a_changed_function_has_to_be_checked_again(tree, say):
    write(tree, RELU, "relu_forward", RIGHT)
    say("check", "4.3")
    write(tree, RELU, "relu_backward", RIGHT_BACKWARD)  # another exercise in the same file
    assert "1 of 114 points" in say("status")[1]
    write(tree, RELU, "relu_forward", RIGHT.replace("0)", "0.0)"))
    text = say("status")[1]
    assert "0 of 114 points" in text and "changed since the last check: 4.3" in text
    say("check", "4.3")
    assert "1 of 114 points" in say("status")[1]


def test_a_file_with_a_syntax_error_is_changed_too_and_does_not_stop_the_lab(tree, say):
    write(tree, RELU, "relu_forward", RIGHT)
    say("check", "4.3")
    (tree / RELU).write_text("def relu_forward(x)\n")
    assert "changed since the last check: 4.3" in say("status")[1]
    status, text = say("check", "4.3")
    assert status == 1 and "layers/relu.py, line 1: expected ':'" in text


def test_the_lab_starts_whatever_is_wrong_with_the_students_files(tree):
    (tree / RELU).write_text("def relu_forward(x)\n")
    (tree / GATES).unlink()
    done = subprocess.run(
        [sys.executable, "-B", "-m", "layerwise", "lab", "status"], cwd=tree, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 of 114 points" in done.stdout


def test_hints_come_one_after_the_other(tree, say):
    known = next(known for known in EXERCISES if known.id == "4.4")
    shown = [say("hint", "4.4")[1] for _ in range(4)]
    for number, text in zip((1, 2, 3, 3), shown):
        assert f"hint {number} of 3: {known.hints[number - 1]}" in text
    assert "relu_backward in layers/relu.py, line " in shown[0] and "it builds on 4.3, 2.6" in shown[0]
    assert ["there is another" in text for text in shown] == [True, True, False, False]


def test_diff_shows_what_is_changed_and_no_more(tree, say):
    assert say("diff") == (0, "")
    write(tree, RELU, "relu_forward", RIGHT)
    (tree / GATES).unlink()
    status, text = say("diff")
    assert status == 0
    assert "layers/gates.py is missing" in text
    assert "--- handed out/layers/relu.py\n+++ layers/relu.py\n" in text
    assert "+    return np.maximum(x, 0), x\n" in text and '-    raise NotImplementedError("exercise 4.3' in text
    assert text.count("--- ") == 1


@pytest.mark.parametrize(
    "id, path, written",
    [
        ("4.3", RELU, {"relu_forward": RIGHT}),
        ("5.2", COMPOSE, {"chain.backward": "def backward(dout, cache):\n    return 3\n"}),
        ("6.6", OPTIM, {"adam": "def adam():\n    pass\n", "_adam_step": "def _adam_step():\n    pass\n"}),
    ],
)
def test_reset_puts_an_exercise_back_and_nothing_else(id, path, written, tree, say, original):
    other = {RELU: ("relu_backward", RIGHT_BACKWARD), OPTIM: ("sgd", "def sgd():\n    pass\n")}.get(path)
    if other:
        write(tree, path, *other)
    before = (tree / path).read_text()
    for function, text in written.items():
        write(tree, path, function, text)
    changed = (tree / path).read_text()
    status, text = say("reset", id)
    assert status == 0 and text.endswith(f"handed out; the file as it was is kept as {path}.bak\n")
    assert (tree / path).read_text() == before
    assert (tree / f"{path}.bak").read_text() == changed
    assert other is None or before != (original / path).read_text()


@pytest.mark.parametrize("spoilt", ["def (", "x = 1\n", None])
def test_reset_puts_a_whole_file_back_if_the_function_is_not_to_be_found(spoilt, tree, say, original):
    (tree / RELU).unlink() if spoilt is None else (tree / RELU).write_text(spoilt)
    status, text = say("reset", "4.3")
    assert status == 0 and "the whole file is as handed out" in text
    assert (tree / RELU).read_bytes() == (original / RELU).read_bytes()
    assert (tree / f"{RELU}.bak").exists() == (spoilt is not None) == ("is kept as" in text)


def test_submit_packs_every_file_in_which_there_was_something_to_write(tree, say):
    write(tree, RELU, "relu_forward", RIGHT)
    say("check", "4.3")
    status, text = say("submit")
    assert status == 0 and text == "submission.zip: 22 files. By the last checks 1 of 114 points.\n"
    with zipfile.ZipFile(tree / "submission.zip") as packed:
        assert packed.namelist() == [*files_to_hand_in(), "hand-out.txt"]
        assert packed.read("hand-out.txt").decode() == (tree / "hand-out.txt").read_text().strip()
        assert packed.read(RELU) == (tree / RELU).read_bytes()


def test_submit_fails_loudly_without_a_file(tree, capsys):
    (tree / RELU).unlink()
    assert main(["lab", "submit"]) == 1
    assert "NOTHING IS PACKED. Missing: layers/relu.py" in capsys.readouterr().err
    assert not (tree / "submission.zip").exists()


def test_submit_warns_of_a_file_that_is_no_python(tree, capsys):
    (tree / RELU).write_text("def (")
    assert main(["lab", "submit", "mine.zip"]) == 0
    assert "warning: layers/relu.py, line 1: invalid syntax" in capsys.readouterr().err
    assert (tree / "mine.zip").exists()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["check", "4.9"], "unknown exercise '4.9'; lesson 4 has 4.1, 4.2"),
        (["check", "12"], "unknown exercise '12'; there are lessons 1 to 11"),
        (["hint", "4"], "unknown exercise '4'; lesson 4 has 4.1"),
        (["submit", "layers/relu.py"], "'layers/relu.py' does not end in .zip"),
        ([], "required"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(arguments, words, tree, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["lab", *arguments])
    assert words in capsys.readouterr().err


def test_a_damaged_progress_file_is_named(tree):
    (tree / "progress.json").write_text('{"checks": 3')
    with pytest.raises(SystemExit, match="progress.json cannot be read; delete it"):
        main(["lab", "status"])


def test_status_when_all_is_done(tree, say):
    checks = {known.id: {"verdict": "passed", "fingerprint": lab.fingerprint(known, tree)} for known in EXERCISES}
    (tree / "progress.json").write_text(json.dumps({"checks": checks, "hints": {}}))
    _, text = say("status")
    assert "114 of 114 points" in text and text.endswith("All is done.\n")
    assert text.count("[####################]") == len(LESSONS)


def test_in_the_project_only_the_instructors_verbs_work(say, capsys):
    for verb in (["check"], ["watch"], ["hint", "4.1"], ["status"], ["diff"], ["reset", "4.1"], ["submit"]):
        assert say(*verb)[0] == 1
    assert say("list")[0] == 0


def test_watch_checks_what_is_saved(tree):
    """In a process of its own, ended by Ctrl-C; the file has a syntax error on the way, which does not end it."""
    watching = subprocess.Popen(
        [sys.executable, "-B", "-m", "layerwise", "lab", "watch"],
        cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"PYTHONPATH": ""},
    )
    too_long = threading.Timer(30, watching.kill)
    too_long.start()
    try:
        assert watching.stdout.readline().startswith("watching 22 files")
        for text, expected in (
            ("def relu_forward(x)\n", "layers/relu.py, line 1: expected ':'"),
            ((tree / RELU).read_text(), None),
            (replace((tree / RELU).read_text(), "relu_forward", RIGHT), "PASS  exercise 4.3"),
            (replace((tree / RELU).read_text(), "relu_forward", WRONG), "FAIL  exercise 4.3"),
            (None, "lab hint 4.3"),
        ):
            if text:
                (tree / RELU).write_text(text)
            if expected is None:
                time.sleep(0.5)
                continue
            while expected not in (line := watching.stdout.readline()):
                assert line, f"watch ended before it said {expected}"
        watching.send_signal(signal.SIGINT)
        assert watching.communicate(timeout=10)[0].strip() == ""
        assert watching.returncode == 0
    finally:
        too_long.cancel()
        watching.kill()
