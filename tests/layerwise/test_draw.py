"""The verb draw: what it prints, what it writes, what it refuses."""

import pytest

from layerwise import catalogue
from layerwise.__main__ import main

NOTES = ["(x + y) * z", "x=-2", "y=5", "z=-4"]
MY_MODEL = '''
import numpy as np
from layers import affine, affine_relu, chain, residual
from models import Classifier

class MyNet(Classifier):
    def __init__(self):
        rng = np.random.default_rng(0)
        params = {
            "W1": 0.1 * rng.standard_normal((64, 20)), "b1": np.zeros(20),
            "W2": 0.1 * rng.standard_normal((20, 20)), "b2": np.zeros(20),
            "W3": 0.1 * rng.standard_normal((20, 10)), "b3": np.zeros(10),
        }
        super().__init__(chain(affine_relu, residual(affine_relu), affine), params, reg=0.1)

class Bare:
    params = {"W1": np.ones((64, 10))}
    def loss(self, X, y=None):
        return np.zeros((len(X), 10))
'''


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def draw(*arguments):
    return main(["draw", *arguments])


def test_a_circuit_is_printed_and_written_as_a_page(elsewhere, capsys):
    assert draw(*NOTES) == 0
    out = capsys.readouterr().out
    assert "q     x + y      3        -4" in out and out.endswith("wrote circuit.html, a page to step through\n")
    assert (elsewhere / "circuit.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert out.isascii()


def test_both_kinds_may_be_asked_for(elsewhere, capsys):
    assert draw(*NOTES, "--out", "a.svg", "--out", "b.html") == 0
    assert {path.name for path in elsewhere.iterdir()} == {"a.svg", "b.html"}
    assert (elsewhere / "a.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_group_makes_one_gate_of_the_sigmoid(capsys):
    assert draw("1 / (1 + exp(-x))", "x=1", "--group") == 0
    assert "sigmoid(x)" in capsys.readouterr().out


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_every_model_is_drawn(elsewhere, name, capsys):
    assert draw("--model", name, "--batch-size", "8", "--out", "n.svg", "--out", "n.html") == 0
    out = capsys.readouterr().out
    assert "affine" in out and max(map(len, out.splitlines())) <= 100 and out.isascii()
    assert (elsewhere / "n.svg").stat().st_size < 100_000
    assert (elsewhere / "n.html").stat().st_size > 5_000


def test_points_and_random_images_are_examples_too(capsys):
    assert draw("--model", "fc", "--data", "spirals") == 0
    assert "32x2" in capsys.readouterr().out
    assert draw("--model", "three_layer", "--input-dim", "3,12,10", "--batch-size", "4") == 0
    assert "x3x12x10" in capsys.readouterr().out


def test_a_model_of_ones_own_is_drawn(elsewhere, capsys):
    (elsewhere / "my_model.py").write_text(MY_MODEL)
    assert draw("--model", "my_model.py:MyNet") == 0
    out = capsys.readouterr().out
    assert "wrote net.html" in out and "W3" in out and "\nsum " in out


def test_the_seed_is_that_of_the_weights(capsys):
    texts = []
    for seed in ("0", "0", "1"):
        draw("--model", "two_layer", "--seed", seed)
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "expected an expression with values"),
        (["x + y", "--model", "fc"], "expected an expression with values, such as"),
        (["resnet"], "a net is drawn with --model resnet"),
        (["my_model.py:MyNet"], "a net is drawn with --model my_model.py:MyNet"),
        (["x + foo(x)", "x=1"], "unknown function 'foo'"),
        (["x + y", "x=1"], "y has no value; expected y=NUMBER (column 5)"),
        (["x + 1", "x=1", "y=2"], "a value for 'y' came"),
        (["x + 1", "x=one"], "expected NAME=NUMBER, such as x=-2, got 'x=one'"),
        (["x + 1", "x=inf"], "expected NAME=NUMBER"),
        (["x + 1", "1"], "expected NAME=NUMBER"),
        (["x + 1", "x=1", "x=2"], "x has two values"),
        ([*NOTES, "--out", "a.png"], "a.png ends in neither of .svg (a picture) and .html (a page to step through)"),
        ([*NOTES, "--out", "no/a.svg"], "no is no folder"),
        (["--model", "nonesuch"], "unknown model 'nonesuch'"),
        (["--model", "convnet", "--data", "blobs"], "convnet needs images"),
        (["--model", "my_model.py:Bare"], "Bare has no net"),
        (["--model", "fc", "--batch-size", "0"], "must be an integer >= 1"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_written(elsewhere, arguments, words, capsys):
    (elsewhere / "my_model.py").write_text(MY_MODEL)
    with pytest.raises(SystemExit) as caught:
        draw(*arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err
    assert {path.name for path in elsewhere.iterdir()} <= {"my_model.py", "__pycache__"}


def test_a_file_that_cannot_be_written_is_said(elsewhere, capsys):
    (elsewhere / "a.svg").mkdir()
    assert draw(*NOTES, "--out", "a.svg") == 1
    assert "a.svg" in capsys.readouterr().err
