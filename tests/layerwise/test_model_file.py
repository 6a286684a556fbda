"""A user's model is loaded from a file, or the message says what is wrong with it, and where."""

import argparse
import sys

import numpy as np
import pytest

from layerwise import catalogue
from layerwise.model_file import add_model_options, load_model, make_model_and_data

from .user_models import BY_HAND, OF_PARTS


@pytest.fixture
def write(tmp_path):
    def write(text, name="my_model.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


def options(*arguments):
    parser = argparse.ArgumentParser()
    add_model_options(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("text", [BY_HAND, OF_PARTS])
def test_a_class_is_called_without_arguments(write, text):
    model = load_model(write(text) + ":MyNet")
    assert type(model).__name__ == "MyNet" and "W1" in model.params


def test_a_function_and_a_model_itself_will_do(write):
    path = write(OF_PARTS + "\n\ndef small():\n    return MyNet()\n\n\nready = MyNet()\n")
    assert type(load_model(path + ":small")).__name__ == "MyNet"
    assert type(load_model(path + ":ready")).__name__ == "MyNet"


def test_the_file_can_import_what_lies_beside_it_and_covers_nothing(write, monkeypatch):
    write("ANSWER = 42\n", "beside.py")
    write("raise RuntimeError('not the one of Python')\n", "colorsys.py")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    before = list(sys.path)
    text = "import beside\nimport colorsys\n" + OF_PARTS + "\n\nMyNet.answer = beside.ANSWER\n"
    model = load_model(write(text) + ":MyNet")
    del sys.modules["beside"]
    assert model.answer == 42
    assert sys.path == before


@pytest.mark.parametrize(
    "text, name, message",
    [
        (BY_HAND, "No", r"my_model.py has no No; it has MyNet$"),
        ("x = 1\n", "No", r"my_model.py has no No; it has no class and no function"),
        ("x = 1\n", "x", r"x is of type int; expected a class or a function"),
        ("def f():\n    return 3\n", "f", r"f made an object of type int; a model has a dict params, and loss\(X, y\)"),
        ("import numpy\n\nnumpy.no\n", "f", r"cannot be imported: AttributeError: .* \(my_model.py, line 3\)"),
        ("\nx = = 1\n", "f", r"cannot be imported: SyntaxError: [^(]* \(my_model.py, line 2\)$"),
        ("def f():\n    y = 1\n    y / 0\n", "f", r"f\(\) failed: ZeroDivisionError: .* \(my_model.py, line 3\)"),
        ("def f(dim):\n    pass\n", "f", r"f\(\) failed: TypeError: .*'dim'; it is called without arguments"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(write, text, name, message):
    with pytest.raises(ValueError, match=message):
        load_model(write(text) + ":" + name)


@pytest.mark.parametrize("place", ["my_model.py", "my_model:MyNet", "my_model.py:", "my_model.py:a b", ":MyNet"])
def test_the_form_is_said(place):
    with pytest.raises(ValueError, match="expected FILE.py:NAME, as my_model.py:MyNet, got"):
        load_model(place)


def test_a_missing_file_is_said():
    with pytest.raises(ValueError, match="there is no file nowhere/my_model.py"):
        load_model("nowhere/my_model.py:MyNet")


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_a_built_in_model_gets_the_digits_or_random_examples(name):
    model, X, y = make_model_and_data(options(name), num_examples=5)
    assert X.shape == (5, 1, 8, 8) and y.shape == (5,)
    model, X, y = make_model_and_data(options(name, "--input-dim", "3,12,10"), num_examples=5)
    assert X.shape == (5, 3, 12, 10) and model.loss(X).shape == (5, 10) and y.max() < 10


def test_labels_of_random_examples_are_among_the_classes_of_a_users_model(write):
    path = write(OF_PARTS.replace("10), \"b2\": 10", "3), \"b2\": 3"))
    _, _, y = make_model_and_data(options(path + ":MyNet", "--input-dim", "1,8,8"), num_examples=8)
    np.testing.assert_array_equal(y, np.array([0, 1, 2, 3, 4, 5, 6, 7]) % 3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["three"], r"unknown model 'three'; known are two_layer, fc, .*, or FILE.py:NAME"),
        (["resnet", "--data", "spirals"], r"resnet needs images \(C, H, W\); the examples have the shape \(2,\)"),
        (["resnet", "--input-dim", "7"], r"resnet needs images \(C, H, W\); the examples have the shape \(7,\)"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_model_and_data(options(*arguments), num_examples=5)


def test_a_users_model_for_other_examples_is_refused_with_a_hint(write):
    place = write(OF_PARTS) + ":MyNet"
    with pytest.raises(ValueError, match=r"affine_forward: .*the examples have the shape \(1, 12, 12\); --data and"):
        make_model_and_data(options(place, "--input-dim", "1,12,12"), num_examples=5)


@pytest.mark.parametrize("text", ["", "3,", "0,8,8", "3,x,8", "-3", "3.5"])
def test_what_is_no_shape_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        options("fc", f"--input-dim={text}")
    assert "must be sizes >= 1 as C,H,W or D, got" in capsys.readouterr().err
