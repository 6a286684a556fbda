"""The whole way: a student's tree, a child process, a verdict."""

import contextlib
import time
from pathlib import Path

import pytest

from exercises.judge import check, check_all, verdict
from exercises.report import WIDTH, render
from exercises.runner import Limits
from exercises.source import replace
from exercises.syllabus import EXERCISES, exercise

from .conftest import ROOT

AFFINE, RELU = "layers/affine.py", "layers/relu.py"


def test_the_reference_passes_every_exercise(reference, figures):
    for result in check_all(EXERCISES, ROOT, reference=reference):
        assert result.passed, render(result)
        assert result.points == result.exercise.points
        figures["cases of exercises that the reference passes"] += result.num_cases


@pytest.mark.parametrize("id", ["1.2", "3.3", "4.2", "5.2", "5.5", "6.6", "6.8", "7.1", "8.1", "10.7", "11.1"])
def test_a_blank_fails(id, blank_sources, make_tree, reference):
    result = check(id, make_tree(blank_sources), reference=reference)
    assert not result.passed and result.points == 0
    assert result.diagnosis == "not written yet"
    assert result.num_failed == result.num_cases > 0


def test_an_unfinished_exercise_does_not_sink_another(blank_sources, make_tree, reference):
    """Only affine_backward is written; even its forward is not."""
    body = reference.sources[AFFINE].split("def affine_backward")[1].split("affine = Layer")[0]
    affine = replace(blank_sources[AFFINE], "affine_backward", f"def affine_backward{body}")
    tree = make_tree(blank_sources | {AFFINE: affine})
    assert check("4.2", tree, reference=reference).passed
    assert check("4.1", tree, reference=reference).diagnosis == "not written yet"


def test_a_forward_pass_is_checked_with_the_references_backward(blank_sources, make_tree, reference):
    """Only affine_forward is written; its cache goes to a backward pass that the student does not have yet."""
    body = reference.sources[AFFINE].split("def affine_forward")[1].split("def affine_backward")[0]
    affine = replace(blank_sources[AFFINE], "affine_forward", f"def affine_forward{body}")
    assert check("4.1", make_tree(blank_sources | {AFFINE: affine}), reference=reference).passed


def test_a_twin_does_not_help_even_if_it_is_the_students_own(make_tree, reference):
    path = "solvers/optim.py"
    call = """def adam(w, dw, config=None):
    w, config = adamw(w, dw, {**(config or {}), "weight_decay": 0.0})
    del config["weight_decay"]
    return w, config
"""
    tree = make_tree({path: replace(reference.sources[path], "adam", call)})
    assert check("6.6", tree, reference=reference).diagnosis == "answered by its twin"


def with_body(reference, path, function, body):
    signature = {"affine_forward": "x, w, b", "relu_forward": "x", "relu_backward": "dout, cache"}[function]
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {path: replace(reference.sources[path], function, f"def {function}({signature}):\n{lines}")}


@pytest.mark.parametrize(
    "body, words",
    [
        ("while True:\n    pass", "stopped after 3 seconds"),
        ("import os\nos._exit(0)", "ended before there were results"),
        ("import sys\nsys.exit(0)", "SystemExit"),
        ("open('results.json', 'w').write('[]')\nimport os\nos._exit(0)", "is not what the child process writes"),
        ("import os\nos.mkfifo('results.json')\nos._exit(0)", "ended before there were results"),
        ("import os\nos.symlink('/etc/passwd', 'results.json')\nos._exit(0)", "ended before there were results"),
        ("import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\nreturn x * 0, x", "out is wrong"),
        ("print('PASS exercise 4.3')\nreturn None", "returned None"),
        ("return x, x, x", "returned 3 results"),
        ("return object(), x", "of type object"),
        ("return x[:1], x", "shape"),
        ("x[x < 0] = 0\nreturn x, x", "x was changed"),
        ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError"),
        ("return np.zeros(10**12), x", "MemoryError"),
        ("from layers.leaky_relu import leaky_relu_forward\nreturn leaky_relu_forward(x, 0)", "Error"),
        ("import datasets", "No module named 'datasets'"),
        ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(9)", "ended the one"),
        ("import os\nos.kill(os.getpid(), 9)", "ended before there were results"),
    ],
)
def test_what_is_not_right_fails(body, words, make_tree, reference):
    tree = make_tree(with_body(reference, RELU, "relu_forward", body))
    result = check("4.3", tree, reference=reference, limits=Limits(seconds=3))
    assert not result.passed
    assert any(words in item.text for item in result.feedback), render(result)
    assert max(map(len, render(result).splitlines())) <= WIDTH


@pytest.mark.parametrize(
    "text, words",
    [
        ("def relu_forward(x)\n    return x\n", "layers/relu.py, line 1: expected ':'"),
        ("", "layers/relu.py has no function relu_forward"),
        ("x = '\0'\n", "layers/relu.py"),
        ("def relu_forward(x):\n    return x\nraise RuntimeError('at import')\n", "RuntimeError: at import"),
        ("import sys\nsys.exit(0)\ndef relu_forward(x):\n    return x\n", "SystemExit"),
        ("#" * 2_000_000, "larger than a megabyte"),
    ],
)
def test_a_file_that_is_of_no_use_fails_in_words(text, words, make_tree, reference):
    result = check("4.3", make_tree({RELU: text}), reference=reference)
    assert not result.passed
    assert words in result.feedback[0].text


def test_a_missing_file_fails_in_words(tmp_path, reference):
    assert check("4.3", tmp_path, reference=reference).feedback[0].text == "there is no file layers/relu.py"


def test_an_error_shows_the_students_own_line(make_tree, reference):
    tree = make_tree(with_body(reference, RELU, "relu_backward", "y = dout\nreturn y * undefined"))
    text = check("4.4", tree, reference=reference).feedback[0].text
    assert "NameError: name 'undefined' is not defined" in text
    assert "in relu_backward: return y * undefined" in text


def test_feedback_has_the_worst_entry_and_the_numerical_value(make_tree, reference):
    body = "dx = dout * (cache > 0)\ndx[..., -1] += 0.5\nreturn dx"
    result = check("4.4", make_tree(with_body(reference, RELU, "relu_backward", body)), reference=reference)
    item = result.feedback[0]
    assert (item.output, item.problem) == ("dx", "values")
    assert item.index[-1] == item.right.shape[-1] - 1
    assert item.value == pytest.approx(item.expected + 0.5)
    assert item.numerical == pytest.approx(item.expected, abs=1e-6)
    text = render(result)
    assert f"worst entry at {item.index}" in text and "by numbers" in text and "may be 1e-07" in text
    assert len(text.splitlines()) < 25


def test_what_a_student_starts_ends_with_the_check(make_tree, reference, tmp_path):
    command = "[sys.executable, '-c', 'import time; time.sleep(60)  # left over']"
    body = f"import subprocess, sys\nsubprocess.Popen({command})\n"
    body += "return np.maximum(x, 0), x"
    assert check("4.3", make_tree(with_body(reference, RELU, "relu_forward", body)), reference=reference).passed
    until = time.monotonic() + 5
    while is_left := any(b"# left over" in command for command in _commands()):
        if time.monotonic() > until:
            break
        time.sleep(0.05)  # a killed process takes a moment to go
    assert not is_left


def _commands():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()


def test_no_case_is_an_error_and_never_a_pass(reference):
    with pytest.raises(ValueError, match="no case of exercise 4.3 was run"):
        verdict(exercise("4.3"), [], [], reference)


def test_what_the_student_prints_is_shown_and_counts_for_nothing(make_tree, reference):
    body = "print('all tests passed')\nreturn x, x"
    result = check("4.3", make_tree(with_body(reference, RELU, "relu_forward", body)), reference=reference)
    assert not result.passed and "all tests passed" in render(result)


def test_another_seed_draws_other_numbers_and_the_reference_passes_them(reference):
    assert check("4.2", ROOT, seed=99, reference=reference).passed
