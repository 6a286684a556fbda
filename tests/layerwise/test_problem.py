"""The settings of a verb, made into data, a model and a Solver."""

import argparse

import numpy as np
import pytest

from datasets import solver_data
from layerwise import catalogue
from layerwise.options import BY_SIZE, settings_of
from layerwise.problem import make_solver, open_problem
from layerwise.train import NAMES
from layerwise.watch import Watch


def refuse(words):
    raise AssertionError(words)


def pixels(N):
    """Images of one shade: of the even class bright, of the odd one dark."""
    X, y = np.full((N, 1, 2, 2), 10, np.uint8), np.arange(N) % 2
    X[::2] += 40
    return X, y, X[:10], y[:10], ["even", "odd"]


def opened(monkeypatch, N, **given):
    def load(name, keep_uint8):
        return solver_data(*pixels(N), num_validation=4, normalize=True, keep_uint8=keep_uint8)

    monkeypatch.setattr(catalogue, "load", load)
    return open_problem(settings_of(argparse.Namespace(**given), NAMES), refuse)


@pytest.mark.parametrize("num_train, which", [(9_999, 0), (10_000, 1)])
def test_what_is_not_given_follows_from_the_size_of_the_training_set(monkeypatch, num_train, which):
    settings, _ = opened(monkeypatch, num_train + 4, model="fc")
    assert {name: settings[name] for name in BY_SIZE} == {name: choice[which] for name, choice in BY_SIZE.items()}
    assert settings["reg"] == (1e-3, 1e-4)[which]
    assert settings["clip_norm"] is None and settings["augment"] is None


def test_what_is_given_stays(monkeypatch):
    given = {"model": "fc", "epochs": 1, "batch_size": 7, "lr": 0.5, "schedule": "cosine", "reg": 0.0}
    settings, _ = opened(monkeypatch, 10_004, **given)
    assert {name: settings[name] for name in given} == given


def test_raw_pixels_are_prepared_for_the_solver_and_for_the_watch(monkeypatch, tmp_path):
    settings, data = opened(monkeypatch, 44, model="fc", augment="flip", epochs=1)
    assert data["X_train"].dtype == np.uint8
    solver = make_solver(settings, data)
    X, y = solver._minibatch()
    assert X.dtype == np.float32
    np.testing.assert_allclose(abs(X), 1, rtol=1e-5)  # two shades, each a standard deviation from their mean
    np.testing.assert_array_equal(X[:, 0, 0, 0] > 0, y == 0)
    with Watch(solver, tmp_path / "epochs.csv", print) as watch:
        np.testing.assert_allclose(abs(watch.example), 1, rtol=1e-5)
