"""Every lesson runs from top to bottom in a finished hand-out, shows readable pictures, and gives no answer away."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from exercises.handout import build
from exercises.source import find, replace
from exercises.student import places
from exercises.syllabus import EXERCISES, LESSONS

from .conftest import ROOT
from .test_handout import removed

FOLDER = ROOT / "exercises/notebooks"
SOURCES = {number: (FOLDER / f"lesson{number:02d}.py").read_text(encoding="utf-8") for number in LESSONS}
every_lesson = pytest.mark.parametrize("number", LESSONS)

# Runs all lessons in one process; tells what each printed, how it ended, and which texts of its circuits collide.
RUN = """
import contextlib, io, itertools, json, runpy, sys, traceback
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

def extent(text, renderer):
    return (text.get_bbox_patch() or text).get_window_extent(renderer).padded(-1)

def collisions(figure):
    renderer = figure.canvas.get_renderer()
    figure.canvas.draw()
    for axes in figure.axes:
        if axes.get_title(loc="left"):  # a circuit
            texts = [text for text in (*axes.texts, axes._left_title) if text.get_text()]
            extents = [extent(text, renderer) for text in texts]
            for (one, a), (other, b) in itertools.combinations(zip(texts, extents), 2):
                if a.overlaps(b):
                    yield f"{one.get_text()!r} and {other.get_text()!r}"
            for text, box in zip(texts, extents):
                if not (figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and figure.bbox.y0 <= box.y0 <= box.y1
                        <= figure.bbox.y1):
                    yield f"{text.get_text()!r} and the edge"

report = {}
for number in range(1, int(sys.argv[1]) + 1):
    printed, error = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(f"lesson{number:02d}.py")
        except Exception:
            error = traceback.format_exc()
    figures = [plt.figure(number) for number in plt.get_fignums()]
    circuits = sum(bool(axes.get_title(loc="left")) for figure in figures for axes in figure.axes)
    report[number] = {
        "printed": printed.getvalue(), "error": error, "figures": len(figures), "circuits": circuits,
        "collisions": [text for figure in figures for text in collisions(figure)],
    }
    plt.close("all")
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory, solved_sources):
    """What came of each lesson in a hand-out in which every exercise is done; what was left out is still missing."""
    folder = tmp_path_factory.mktemp("lessons") / "finished"
    build(folder)
    for known in EXERCISES:
        for path, function in places(known):
            solved = solved_sources[path]
            body = ast.get_source_segment(solved, find(ast.parse(solved), function), padded=True)
            blank = (folder / path).read_text(encoding="utf-8")
            (folder / path).write_text(replace(blank, function, body), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment |= {"OPENBLAS_NUM_THREADS": "1"}  # for arrays of this size more only wait for each other
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", RUN, str(len(LESSONS))],
        cwd=folder / "exercises/notebooks", env=environment, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    return {int(number): report for number, report in json.loads(done.stdout).items()} | {"folder": folder}


def ids(number):
    return {known.id for known in EXERCISES if known.lesson == number}


@every_lesson
def test_it_runs_from_top_to_bottom(number, runs):
    assert runs[number]["error"] == ""


@every_lesson
def test_its_checks_pass_on_the_reference(number, runs):
    printed = runs[number]["printed"]
    assert set(re.findall(r"^PASS  exercise ([\d.]+),", printed, re.MULTILINE)) == ids(number), printed
    assert "FAIL" not in printed and "to be written" not in printed


def test_what_it_checks_counts_as_progress(runs):
    progress = json.loads((runs["folder"] / "progress.json").read_text())
    assert {id for id, check in progress["checks"].items() if check["verdict"] == "passed"} == {
        known.id for known in EXERCISES
    }


@every_lesson
def test_its_circuits_can_be_read(number, runs):
    """No label lies on another one or leaves the picture."""
    assert runs[number]["circuits"] >= 1 and runs[number]["figures"] >= 2 - (number == 2)
    assert runs[number]["collisions"] == []


def test_the_last_lesson_reads_digits(runs):
    accuracy = re.search(r"^test accuracy ([\d.]+)$", runs[11]["printed"], re.MULTILINE)
    assert float(accuracy[1]) > 0.97


def test_lesson_10_compares_naive_with_vectorised(runs):
    printed = runs[10]["printed"]
    assert all(float(error) < 1e-10 for error in re.findall(r"largest difference (\S+)", printed))
    assert len(re.findall(r"naive +[\d.]+ ms, vectorised", printed)) == 4


def cells(number):
    """(kind, text) of each cell of a lesson in the percent format, after its header."""
    _, header, body = SOURCES[number].split("# ---\n", 2)
    assert "kernelspec" in header
    before, *parts = re.split(r"^# %%( \[markdown\])?\n", body, flags=re.MULTILINE)
    assert not before.strip()
    return list(zip(["markdown" if mark else "code" for mark in parts[::2]], parts[1::2]))


def prose(number):
    return "\n".join(re.sub("^# ?", "", text, flags=re.MULTILINE) for kind, text in cells(number) if kind == "markdown")


@every_lesson
def test_it_is_a_notebook_in_the_percent_format(number):
    kinds = [kind for kind, _ in cells(number)]
    assert kinds[:2] == ["markdown", "code"] and kinds[-1] == "markdown"
    for kind, text in cells(number):
        if kind == "markdown":
            assert all(line.startswith("#") for line in text.strip().splitlines()), text
        else:
            assert ast.parse(text).body, "a cell without code"
    assert max(map(len, SOURCES[number].splitlines())) <= 120


@every_lesson
def test_jupytext_makes_a_valid_notebook_of_it(number):
    jupytext = pytest.importorskip("jupytext")
    notebook = jupytext.reads(SOURCES[number], fmt="py:percent")
    assert [cell.cell_type for cell in notebook.cells] == [kind for kind, _ in cells(number)]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[1].source.startswith("%matplotlib inline")


@every_lesson
def test_it_has_what_a_lesson_has(number):
    text = prose(number)
    assert text.splitlines()[0].lower() == f"# lesson {number}: {LESSONS[number]}".lower()
    assert len(re.findall(r"\$[^$]+\$", text)) >= 3
    assert text.count("<details>") == text.count("</details>") == 1
    assert "## To think about" in text
    assert text.count("$") % 2 == 0 and text.count("`") % 2 == 0
    for known in EXERCISES:
        if known.lesson == number:
            assert places(known)[0][0] in text, f"where to write {known.id}"


@every_lesson
def test_it_checks_the_exercises_of_its_lesson(number):
    calls = [node for node in ast.walk(ast.parse(SOURCES[number])) if isinstance(node, ast.Call)]
    checked = [argument.value for call in calls if ast.unparse(call.func) == "check" for argument in call.args]
    assert len(checked) == len(set(checked)) and set(checked) == ids(number)


@every_lesson
def test_no_answer_stands_in_it(number, reference):
    """No line of a removed body, neither as code nor in the prose, whole or as part of a line."""
    text = " ".join(re.sub(r"^# ", "", line.strip()) for line in SOURCES[number].splitlines())
    answers = {line for _, line in removed(reference) if len(line) >= 15}
    assert len(answers) > 300
    assert [line for line in answers if line in text] == []


def test_the_numbers_of_the_batchnorm_graph_are_right():
    """They stand in lesson 8 as a worked example; here they are worked out again."""
    drawn = [
        {keyword.arg: keyword.value for keyword in node.keywords}
        for node in ast.walk(ast.parse(SOURCES[8]))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "draw_circuit"
    ]
    (numbers,) = [call for call in drawn if "1, 1, 5, 5" in ast.unparse(call["values"])]

    def written(part):
        labels = {name: label.replace("\u2212", "-") for name, label in ast.literal_eval(numbers[part]).items()}
        return {name: [float(entry) for entry in label.split(",")] for name, label in labels.items()}

    values, grads, branches = written("values"), written("grads"), written("branches")
    x, d = np.array(values["x"]), np.array(grads["normalized"])
    mean, centered = x.mean(), x - x.mean()
    square, var, std = centered**2, np.mean(centered**2), np.sqrt(np.mean(centered**2))
    for name, value in {
        "mean": mean, "centered": centered, "square": square, "var": var, "std": std, "normalized": centered / std,
    }.items():
        assert np.array_equal(values[name], np.atleast_1d(value)), name
    dstd = -np.sum(d * centered) / std**2
    dvar = dstd / (2 * std)
    dsquare = np.full(4, dvar / 4)
    by_division, by_square = d / std, 2 * centered * dsquare
    dcentered = by_division + by_square
    dmean = -dcentered.sum()
    for name, grad in {
        "std": dstd, "var": dvar, "square": dsquare, "centered": dcentered, "mean": dmean, "x": dcentered + dmean / 4,
    }.items():
        assert np.array_equal(grads[name], np.atleast_1d(grad)), name
    assert np.array_equal(branches["centered", "normalized"], by_division)
    assert np.array_equal(branches["centered", "square"], by_square)
    assert np.array_equal(branches["x", "centered"], dcentered)
    assert np.array_equal(branches["x", "mean"], np.full(4, dmean / 4))


@pytest.fixture
def circuit(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    with matplotlib.rc_context({"backend": "Agg"}):
        import circuit

        yield circuit
        circuit.plt.close("all")
    monkeypatch.delitem(sys.modules, "circuit")


GATES = [("q", "+", "x y"), ("f", "*", "q z")]


def texts(circuit):
    (axes,) = circuit.plt.gcf().axes
    return {text.get_text(): text for text in axes.texts}


def test_values_are_green_above_the_wire_and_gradients_red_below(circuit):
    circuit.draw_circuit(GATES, {"x": -2, "f": 7}, {"x": 0.125}, title="a sum")
    drawn = texts(circuit)
    value, gradient = drawn["\u22122"], drawn["0.12"]
    assert value.get_color() == circuit.VALUE and gradient.get_color() == circuit.GRADIENT
    assert value.get_position()[1] > drawn["x"].get_position()[1] > gradient.get_position()[1]
    assert set(drawn) == {"x", "y", "z", "q", "f", "+", "*", "\u22122", "7", "0.12"}


def test_a_gate_stands_to_the_right_of_its_inputs(circuit):
    circuit.draw_circuit(GATES, {})
    columns = {name: text.get_position()[0] for name, text in texts(circuit).items()}
    assert columns["x"] == columns["y"] < columns["z"] < columns["*"]
    assert columns["+"] < columns["*"]


def test_a_branch_bears_its_own_gradient(circuit):
    circuit.draw_circuit([("t", "tanh", "x"), ("f", "+", "t x")], {}, {"x": 3}, {("x", "t"): 1, ("x", "f"): 2})
    assert {"1", "2", "3"} <= set(texts(circuit))


@pytest.mark.parametrize("labels", [{"values": {"w": 1}}, {"grads": {"w": 1}}, {"branches": {("w", "f"): 1}}])
def test_a_label_of_no_wire_is_refused(circuit, labels):
    with pytest.raises(ValueError, match="draw_circuit: there is no wire 'w'; there are q, f, x, y, z"):
        circuit.draw_circuit(GATES, **({"values": {}} | labels))


def test_outside_of_a_hand_out_a_lesson_checks_nothing():
    code = "from classroom import check; check('4.1')"
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=FOLDER, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("check: this is the project itself")
    assert not Path(ROOT / "progress.json").exists()
