"""The verb ``cost``: its tables, its files, and what it refuses."""

import csv
import re
import sys

import pytest

from layerwise import catalogue
from layerwise.__main__ import main
from layerwise.cost import Report, cost_table
from layerwise.cost_model import PartCost, Spread

from .user_models import BY_HAND, OF_PARTS

IN_FLOAT64 = """
import numpy as np
from models import TwoLayerNet


def wide():
    return TwoLayerNet(64, 5, 10, dtype=np.float64)
"""
QUICK = ["--rounds", "1", "--batch-size", "4", "--batch-sizes", "1,3"]


@pytest.mark.parametrize("arguments", [[name] for name in catalogue.MODELS] + [["resnet", "--input-dim", "3,32,32"]])
def test_every_built_in_model_has_its_table(arguments, capsys):
    assert main(["cost", *arguments, *QUICK]) == 0
    title, table, notes, by_batch_size = capsys.readouterr().out.split("\n\n")
    assert title.startswith(f"{arguments[0]}, minibatches of 4 examples of shape (")
    lines = table.splitlines()
    assert max(map(len, lines + notes.splitlines())) <= 108
    assert lines[0].split()[:5] == ["part", "out", "params", "MFLOP", "cache"]
    assert re.match(r" 1 (affine|conv)", lines[1]) and lines[-1].startswith("all parts")
    assert "nan" not in table
    assert [line.split()[0] for line in by_batch_size.splitlines()] == ["batch", "1", "3"]


def test_a_users_model_has_its_table(tmp_path, capsys):
    (tmp_path / "my_model.py").write_text(OF_PARTS, encoding="utf-8")
    assert main(["cost", f"{tmp_path / 'my_model.py'}:MyNet", *QUICK]) == 0
    assert "affine" in capsys.readouterr().out


def test_the_title_says_what_was_measured(tmp_path, capsys):
    (tmp_path / "my_model.py").write_text(IN_FLOAT64, encoding="utf-8")
    quick = ["--rounds", "1", "--batch-size", "1", "--batch-sizes", "1"]
    assert main(["cost", f"{tmp_path / 'my_model.py'}:wide", *quick]) == 0
    title, _, notes, _ = capsys.readouterr().out.split("\n\n")
    assert title.endswith(":wide, minibatches of 1 example of shape (1, 8, 8), float64")  # the digits are float32
    assert "without it" not in notes


def test_a_model_without_parts_is_refused(tmp_path, capsys):
    (tmp_path / "my_model.py").write_text(BY_HAND, encoding="utf-8")
    with pytest.raises(SystemExit) as refused:
        main(["cost", f"{tmp_path / 'my_model.py'}:MyNet", *QUICK])
    assert refused.value.code == 2
    assert "MyNet has no net (a Layer, as a Classifier has) to walk through" in capsys.readouterr().err


def test_the_csv_holds_all_digits(tmp_path, capsys):
    path = tmp_path / "cost.csv"
    assert main(["cost", "resnet", *QUICK, "--csv", str(path)]) == 0
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["part"] for row in rows].count("") == 2  # the sums of two blocks
    assert len(rows) == len(re.findall("^(?: ?\\d+|  ) \\w+ ", capsys.readouterr().out, re.MULTILINE))
    affine = rows[-1]
    assert affine["name"] == "affine" and affine["parameters"] == "W7 b7" and affine["out shape"] == "4 10"
    assert affine["number of parameters"] == "330"
    assert affine["forward FLOP"] == str(2 * 4 * 32 * 10)
    assert affine["cache bytes"] == str(4 * 32 * 4)
    for row in rows:
        low, median, high = (float(row[f"forward {which} (s)"]) for which in ("q1", "median", "q3"))
        assert 0 < low <= median <= high
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)


def test_the_picture_is_drawn(tmp_path, capsys):
    path = tmp_path / "cost.png"
    assert main(["cost", "resnet", *QUICK, "--picture", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 10_000


def test_without_matplotlib_a_picture_is_refused_before_anything_is_measured(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "layerwise.cost_picture", None)
    with pytest.raises(SystemExit):
        main(["cost", "fc", *QUICK, "--picture", "cost.png"])
    assert "pictures need matplotlib; in the checkout: pip install -e '.[run]'" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_said_after_the_table(tmp_path, capsys):
    assert main(["cost", "two_layer", *QUICK, "--csv", str(tmp_path / "no" / "cost.csv")]) == 1
    printed = capsys.readouterr()
    assert "all parts" in printed.out and "layerwise cost: " in printed.err
    assert main(["cost", "two_layer", *QUICK, "--picture", str(tmp_path / "cost.doc")]) == 1
    assert "doc" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--batch-size", "0"], "must be an integer >= 1, got '0'"),
        (["--batch-sizes", "1,x"], "must be an integer >= 1, got 'x'"),
        (["--batch-sizes", ""], "must be an integer >= 1, got ''"),
        (["--rounds", "-1"], "must be an integer >= 1, got '-1'"),
        (["--batch-size", "5000"], "batches of 5000 are asked for; the training set has 1257 examples"),
    ],
)
def test_numbers_that_cannot_be_are_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(["cost", "fc", *arguments])
    assert message in capsys.readouterr().err


def test_a_layer_without_a_formula_is_not_guessed_at():
    spread = Spread(1e-3, 1e-3, 2e-3)
    known = PartCost(1, "affine", ("W1", "b1"), (2, 3), 12, 10**6, 2 * 10**6, 24, spread, spread)
    own = PartCost(2, "square", (), (2, 3), 0, None, None, 24, spread, spread)
    lines = cost_table(Report("title", [known, own], spread, 1e10, {})).splitlines()
    assert lines[1].split() == "1 affine 3 12 3 24 B 1.00 ±50% 1.00 ±50% 50% 1.5 15%".split()
    assert lines[2].split() == "2 square 3 - 24 B 1.00 ±50% 1.00 ±50% 50% - -".split()
    assert lines[3].split() == "all parts 12 >= 3 48 B 2.00 2.00 100% - -".split()
    assert lines[-1] == "-: there is no formula for that layer, and the total is without it."
