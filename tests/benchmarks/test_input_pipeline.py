"""The benchmark of the input pipeline compares what it says it compares."""

import numpy as np
import pytest

from benchmarks import input_pipeline
from benchmarks.input_pipeline import epoch, main, problems
from datasets import solver_data
from layerwise import catalogue

X, y = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8), np.arange(60) % 3


@pytest.fixture(autouse=True)
def small_set(monkeypatch):
    def load(name, keep_uint8=False):
        return solver_data(X, y, X, y, list("abc"), normalize=True, keep_uint8=keep_uint8)

    monkeypatch.setattr(catalogue, "load", load)


def test_both_sides_are_the_same_but_for_the_pipeline():
    (settings, raw), (plain, floats) = problems("small", "flip", num_examples=40).values()
    assert settings == {**plain, "augment": "flip"} and plain["augment"] is None
    assert (settings["model"], settings["epochs"]) == ("convnet", 1)
    assert raw["X_train"].dtype == np.uint8 and floats["X_train"].dtype == np.float32
    assert len(raw["X_train"]) == len(floats["y_train"]) == 40
    np.testing.assert_array_equal(raw["y_train"], floats["y_train"])


def test_waiting_is_a_part_of_the_epoch():
    seconds, waiting = epoch(*problems("small", "flip,crop:1")["pipeline"])
    assert 0 < waiting < seconds


def test_what_is_printed(monkeypatch, capsys):
    times = {"pipeline": (1.02, 0.03), "in memory": (1.0, 0.01)}
    sides = {name: (name, None) for name in times}
    monkeypatch.setattr(input_pipeline, "problems", lambda *_: sides)
    monkeypatch.setattr(input_pipeline, "epoch", lambda name, _: times[name])
    main(["--rounds", "2"])
    out = capsys.readouterr().out.splitlines()
    assert out[1:3] == [
        "1.02 s from uint8 with flip,crop, 0.030 s of it waiting for minibatches; 1.00 s from floats in memory, "
        "0.010 s of it"
    ] * 2
    assert out[-1] == (
        "the pipeline adds 2.00% to an epoch (waiting for minibatches; median of 2, from 2.00% to 2.00%); the ratio of "
        "whole epochs is 1.020 (from 1.020 to 1.020)"
    )
