"""The table of Fashion-MNIST: its commands are right, and its rows say what the runs said."""

import csv

import pytest

from benchmarks.fashion_mnist import RUNS, main
from layerwise.__main__ import main as layerwise


@pytest.mark.parametrize("name", RUNS)
def test_the_options_of_every_row_are_known(name, monkeypatch, capsys):
    """A data set that is not known is refused after all options have been read."""
    with pytest.raises(SystemExit):
        layerwise(["train", *RUNS[name].split(), "--data", "nothing"])
    assert "argument --data: 'nothing' is unknown" in capsys.readouterr().err


def test_a_run_that_fails_is_told_of(tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(RUNS, "fc", "--model fc --epochs none")
    assert main(["--only", "fc", "--out", str(tmp_path)]) == 1
    assert "fc: layerwise train ended with status 2" in capfd.readouterr().err


def test_a_row_says_what_its_run_said(tmp_path, monkeypatch, capfd):
    """As the set may not be here, the digits stand for it."""
    monkeypatch.setitem(RUNS, "fc", "--model two_layer")
    more = "--data digits --epochs 1 --augment crop:1".split()
    assert main(["--only", "fc", "--out", str(tmp_path), *more]) == 0
    out = capfd.readouterr().out
    accuracy = out.split("Test accuracy ")[1].split()[0]
    with open(tmp_path / "fashion_mnist.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row.pop("time").endswith(" s")
    parameters = f"{64 * 100 + 100 + 100 * 10 + 10:,}"
    assert row == {"model": "two_layer", "parameters": parameters, "augmentation": "crop:1", "epochs": "1",
                   "test accuracy": accuracy}  # fmt: skip
    assert f"| two_layer | {parameters}" in out
