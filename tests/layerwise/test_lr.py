"""The learning-rate range test, from the command line."""

import csv
import json
import re
import sys
from pathlib import Path

import pytest

from layerwise.__main__ import main

SMALL = ["--data", "spirals", "--iterations", "60"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_leaves_figures_and_a_picture_and_says_what_to_try(capsys):
    assert main(["lr", *SMALL, "--lowest", "1e-5"]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    words = r"Loss \S+ at first; smallest, smoothed, at learning rate \S+ \(\S+\); ended at \S+ \(\S+\)"
    assert re.fullmatch(words, first)
    rate = float(re.fullmatch(r"A tenth of the rate with the smallest loss: try --lr (\S+)", second)[1])
    assert last == f"Files in {Path('runs/lr-spirals-fc')}: config.json, lr.csv, lr.png"
    assert Path("runs/lr-spirals-fc/lr.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path("runs/lr-spirals-fc/config.json").read_text())["lowest"] == 1e-5
    with open("runs/lr-spirals-fc/lr.csv", newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert list(rows[0]) == ["learning_rate", "loss", "smoothed"] and 10 < len(rows) <= 60
    assert rows[0]["learning_rate"] == pytest.approx(1e-5)
    least = min(rows, key=lambda row: row["smoothed"])
    assert rate == pytest.approx(least["learning_rate"] / 10, rel=0.05)
    assert 1e-4 < rate < 1


def test_the_rate_that_it_suggests_trains(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "layerwise.tuning_pictures", None)
    monkeypatch.setitem(sys.modules, "layerwise.pictures", None)
    main(["lr", *SMALL, "--update-rule", "sgd_momentum"])
    out, err = capsys.readouterr()
    assert err == "layerwise lr: pictures need matplotlib; in the checkout: pip install -e '.[run]'\n"
    rate = re.search(r"--lr (\S+)", out)[1]
    main(["train", "--data", "spirals", "--epochs", "4", "--update-rule", "sgd_momentum", "--lr", rate, "--quiet"])
    assert float(re.search(r"Test accuracy (\S+)%", capsys.readouterr().out)[1]) > 90


@pytest.mark.parametrize(
    "options, words",
    [
        (["--lowest", "1", "--highest", "1"], "argument --highest: must be above --lowest 1, got 1"),
        (["--iterations", "1"], "argument --iterations: must be an integer >= 2, got '1'"),
        (["--data", "blobs", "--model", "resnet"], "argument --model: resnet needs images"),
        (["--out", "file"], "argument --out: "),
    ],
)
def test_options_refused(options, words, capsys):
    Path("file").write_text("")
    with pytest.raises(SystemExit) as stopped:
        main(["lr", *options])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert words in err and out == ""
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    "error, status, words",
    [
        (KeyboardInterrupt(), 130, "stopped by hand"),
        (OSError(28, "No space left on device"), 1, "[Errno 28] No space left on device"),
    ],
)
def test_what_fails_while_it_draws_is_told_in_a_line_and_leaves_no_folder(error, status, words, monkeypatch, capsys):
    from layerwise import tuning_pictures

    def draw(found, title):
        raise error

    monkeypatch.setattr(tuning_pictures, "draw_range_test", draw)
    assert main(["lr", *SMALL]) == status
    assert list(Path("runs").iterdir()) == []
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"layerwise lr: {words}") and err.count("\n") == 1


def test_what_is_stopped_or_fails_leaves_no_folder(monkeypatch, capsys):
    from layerwise import lr

    for error, status in ((KeyboardInterrupt(), 130), (FloatingPointError("the loss is nan"), 1)):

        def fail(*arguments, error=error, **settings):
            raise error

        monkeypatch.setattr(lr, "lr_range_test", fail)
        assert main(["lr", *SMALL]) == status
        assert list(Path("runs").iterdir()) == []
    assert capsys.readouterr().err == "layerwise lr: stopped by hand\nlayerwise lr: the loss is nan\n"
