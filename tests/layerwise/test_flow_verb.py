"""The verb from end to end."""

import re
import sys

import numpy as np
import pytest

from datasets import load_digits
from layerwise import catalogue, flow_verb
from layerwise.__main__ import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Pictures go to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def few_digits(monkeypatch):
    few = {name: array[:100] if name[:2] in ("X_", "y_") else array for name, array in load_digits().items()}
    monkeypatch.setitem(catalogue.DATA, "digits", lambda: few)


@pytest.fixture
def undrawn(monkeypatch):
    """For runs whose pictures are not looked at: drawing takes longer than they do."""
    pictures = pytest.importorskip("layerwise.flow_pictures")
    drawn = []

    class Nothing:
        def savefig(self, path, dpi):
            path.write_bytes(b"")

    monkeypatch.setattr(pictures, "draw_flow", lambda flows, title: drawn.append(flows) or Nothing())
    return drawn


def test_the_lesson_prints_and_draws_what_the_course_teaches(capsys, tmp_path):
    pytest.importorskip("matplotlib")
    assert main(["flow", "--epochs", "2"]) == 0
    out = capsys.readouterr().out
    assert ", 2 epochs of sgd_momentum" in out and all(line == line.rstrip() for line in out.splitlines())
    assert (tmp_path / "flow.png").read_bytes().startswith(b"\x89PNG")
    for name in flow_verb.LESSON:
        assert f"\n{name} " in out and f"\n{name}\n" in out
    small, large, he, normalised = out.split("Before the first step:")[1].strip().split("\n\n")[:4]
    assert "activations vanish" in small and "gradients vanish" in small
    assert "activations explode" in large and "gradients explode" in large and "the loss is not finite" in large
    for good in (he, normalised):
        assert good.count("keep their size") == 2
    assert max(map(len, out.splitlines())) <= 105


def test_the_nets_of_the_lesson_begin_with_what_is_said_of_them(undrawn):
    assert main(["flow", "--epochs", "1"]) == 0
    (flows,) = undrawn
    std = [flow.moments[0].activations["std"] for flow in flows.values()]
    assert all(len(one) == flow_verb.DEPTH for one in std)
    # An affine layer and a relu multiply the size by scale * sqrt(width / 2).
    for one, scale in zip(std[:3], (0.01, 0.5, np.sqrt(2 / flow_verb.WIDTH))):
        factor = (one[-1] / one[0]) ** (1 / (flow_verb.DEPTH - 1))
        assert factor == pytest.approx(scale * np.sqrt(flow_verb.WIDTH / 2), rel=0.2)


@pytest.mark.parametrize("model", catalogue.MODELS)
def test_it_runs_on_every_built_in_model(model, undrawn, capsys):
    assert main(["flow", "--model", model, "--epochs", "1", "--out", "one.svg"]) == 0
    out = capsys.readouterr().out
    ((name, flow),) = undrawn[0].items()
    assert name == model and all(layer in out for layer in flow.layers)
    assert ", 1 epoch of adam" in out and "Before the first step" in out and "Picture in one.svg" in out
    assert re.search(r"Validation accuracy at the end: \d+\.\d%", out)


def test_it_runs_on_a_users_file(tmp_path, undrawn, capsys):
    (tmp_path / "my_model.py").write_text(
        "from layers import affine, affine_relu, chain\n"
        "from models import Classifier, initialise\n"
        "\n"
        "class MyNet(Classifier):\n"
        "    def __init__(self):\n"
        "        shapes = {'W1': (64, 30), 'b1': 30, 'W2': (30, 10), 'b2': 10}\n"
        "        super().__init__(chain(affine_relu, affine), initialise(shapes, 'he', seed=0))\n"
    )
    assert main(["flow", "--model", "my_model.py:MyNet", "--epochs", "1"]) == 0
    assert "relu 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--model", "nonsense"], "'nonsense' is unknown; known are two_layer, fc,"),
        (["--model", "absent.py:Net"], "there is no file absent.py"),
        (["--model", "convnet", "--data", "spirals"], "convnet needs images; spirals are points"),
        (["--epochs", "0"], "argument --epochs: must be an integer >= 1"),
        (["--lr", "-1"], "argument --lr: must be a finite number > 0"),
        (["--out", "nowhere/flow.png"], "in a folder that exists, got nowhere/flow.png"),
        (["--out", "flow.xyz"], "expected a file .png, .svg or .pdf"),
    ],
)
def test_what_it_cannot_do_is_refused_in_words(arguments, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["flow", *arguments])
    assert said in capsys.readouterr().err


def test_a_file_whose_net_does_not_fit_the_data_is_refused(tmp_path, capsys):
    text = "from models import TwoLayerNet\n\n\ndef net():\n    return TwoLayerNet(input_dim=7)\n"
    (tmp_path / "other.py").write_text(text)
    with pytest.raises(SystemExit, match="2"):
        main(["flow", "--model", "other.py:net", "--epochs", "1"])
    assert "affine_forward: w has shape (7, 100)" in capsys.readouterr().err


def test_without_matplotlib_the_words_are_still_there(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "layerwise.flow_pictures", None)
    assert main(["flow", "--model", "two_layer", "--epochs", "1"]) == 1
    captured = capsys.readouterr()
    assert "std of activations" in captured.out and "pip install -e '.[run]'" in captured.err
