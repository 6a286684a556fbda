"""Random search, from the command line."""

import json
import re
import shlex
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from layerwise import search
from layerwise.__main__ import main

SMALL = ["--data", "spirals", "--epochs", "1", "--batch-size", "100", "--trials", "5"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def undrawn(monkeypatch):
    for name in ("pictures", "tuning_pictures"):
        monkeypatch.setitem(sys.modules, f"layerwise.{name}", None)


def record(folder):
    """The lines of a search's record, without the times."""
    lines = [json.loads(line) for line in Path(folder, "trials.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def test_it_lists_the_trials_and_draws_them(capsys):
    assert main(["search", *SMALL, "--lr", "1e-4:1e-1", "--reg", "1e-5:1e-2"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines, number = out.splitlines(), r"(\d\.\d\de-\d\d)"
    words = rf"trial   \d of 5   val acc +(\S+)%   lr {number}   reg {number}"
    tried = [re.fullmatch(words, line) for line in lines[:5]]
    assert all(tried)
    for match in tried:
        assert 1e-4 <= float(match[2]) <= 1e-1 and 1e-5 <= float(match[3]) <= 1e-2
    assert record("runs/search-spirals-fc")[0]["ranges"] == {"lr": [1e-4, 1e-1], "reg": [1e-5, 1e-2]}
    assert lines[6] == "The best:"
    listed = [float(re.match(r"val acc +(\S+)%", line)[1]) for line in lines[8:13]]
    assert listed == sorted((float(match[1]) for match in tried), reverse=True)
    assert lines[-1] == f"Files in {Path('runs/search-spirals-fc')}: config.json, trials.jsonl, search.png"
    assert Path("runs/search-spirals-fc/search.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_that_it_gives_trains_with_the_best(undrawn, capsys):
    main(["search", *SMALL, "--quiet", "--update-rule", "rmsprop"])
    first, last = capsys.readouterr().out.splitlines()
    command = shlex.split(first.removeprefix("To train with the best of them: "))
    assert command[:2] == ["layerwise", "train"]
    assert main([*command[1:], "--epochs", "1", "--quiet"]) == 0
    config = json.loads(Path("runs/spirals-fc/config.json").read_text())
    best = max(record("runs/search-spirals-fc")[1:], key=lambda trial: trial["score"])["settings"]
    assert (config["lr"], config["reg"]) == (pytest.approx(best["lr"], rel=0.01), pytest.approx(best["reg"], rel=0.01))
    assert (config["update_rule"], config["batch_size"], config["data"]) == ("rmsprop", 100, "spirals")


@pytest.mark.parametrize("trial", [0, 2])
def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(trial, undrawn, monkeypatch, capsys):
    assert main(["search", *SMALL, "--quiet", "--out", "whole"]) == 0
    result = capsys.readouterr().out.splitlines()[0]

    made, real = [], search.make_solver

    def stop(settings, data):
        solver = real(settings, data)
        made.append(solver)
        if len(made) == trial + 1:
            solver.on_iteration = [lambda solver: signal.raise_signal(signal.SIGINT)]
        return solver

    with monkeypatch.context() as patch:
        patch.setattr(search, "make_solver", stop)
        assert main(["search", *SMALL, "--quiet", "--out", "stopped"]) == 130
    out, err = capsys.readouterr()
    assert out == "" and made[-1].iteration == 1
    assert err == "layerwise search: stopped by hand; to go on: layerwise search --resume stopped\n"
    assert len(record("stopped")) == 1 + trial
    assert main(["search", "--resume", "stopped"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == result
    assert record("stopped") == record("whole")


def test_a_search_without_a_finite_loss_says_so(undrawn, monkeypatch, capsys):
    def diverge(settings, data):
        raise FloatingPointError

    monkeypatch.setattr(search, "make_solver", diverge)
    assert main(["search", *SMALL]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith("trial   1 of 5   val acc not finite   lr ")
    assert err == "layerwise search: the loss of every trial was not finite; try lower learning rates\n"


def test_what_diverges_is_drawn_apart():
    from layerwise.tuning_pictures import draw_trials

    rng = np.random.default_rng(0)
    trials = [
        {"settings": {"lr": 10.0 ** -rng.uniform(1, 4), "reg": 10.0 ** -rng.uniform(1, 5)}, "score": score}
        for score in (0.9, 0.8, 0.5, None, None)
    ]
    figure = draw_trials(trials, "title")
    assert [len(dots.get_offsets()) for dots in figure.axes[0].collections] == [3, 2, 1]
    np.testing.assert_allclose(figure.axes[0].collections[2].get_offsets()[0], list(trials[0]["settings"].values()))


@pytest.mark.parametrize(
    "options, words",
    [
        (["--lr", "1e-3"], "argument --lr: must be LOW:HIGH with 0 < LOW < HIGH, got '1e-3'"),
        (["--lr", "1e-1:1e-3"], "argument --lr: must be LOW:HIGH with 0 < LOW < HIGH, got '1e-1:1e-3'"),
        (["--reg", "0:1"], "argument --reg: must be LOW:HIGH with 0 < LOW < HIGH, got '0:1'"),
        (["--reg", "1:inf"], "argument --reg: must be LOW:HIGH with 0 < LOW < HIGH, got '1:inf'"),
        (["--reg", "a:b"], "argument --reg: must be LOW:HIGH with 0 < LOW < HIGH, got 'a:b'"),
        (["--trials", "0"], "argument --trials: must be an integer >= 1, got '0'"),
        (["--resume", "x", "--trials", "9"], "goes on with the settings in the folder's config.json; leave out --tri"),
        (["--resume", "x"], "argument --resume: x is not the folder of a run"),
    ],
)  # fmt: skip
def test_options_refused(options, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["search", *options])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert words in err and out == ""
    assert not Path("runs").exists()


def test_a_damaged_record_is_refused(undrawn, capsys):
    main(["search", *SMALL, "--quiet", "--out", "run"])
    Path("run/trials.jsonl").write_text('{"ranges": 7}\n')
    capsys.readouterr()
    assert main(["search", "--resume", "run"]) == 1
    assert "trials.jsonl is the record of another search" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error, status, words",
    [
        (KeyboardInterrupt(), 130, "stopped by hand"),
        (OSError(28, "No space left on device"), 1, f"[Errno 28] No space left on device: '{Path('run/search.png')}'"),
    ],
)
def test_what_fails_while_it_draws_loses_nothing(error, status, words, monkeypatch, capsys):
    from layerwise import tuning_pictures

    def fail(trials, title):
        return SimpleNamespace(savefig=lambda path: _raise(error))

    monkeypatch.setattr(tuning_pictures, "draw_trials", fail)
    assert main(["search", *SMALL, "--quiet", "--out", "run"]) == status
    assert capsys.readouterr().err == f"layerwise search: {words}; to go on: layerwise search --resume run\n"
    assert len(record("run")) == 1 + 5


def _raise(error):
    raise error
