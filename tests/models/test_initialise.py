"""Weights have the variance that was asked for, the rest starts at 0 or 1."""

import math

import numpy as np
import pytest

from models import initialise


@pytest.mark.parametrize(
    "shape, weight_scale, std",
    [
        ((300, 200), 0.02, 0.02),
        ((300, 200), "he", math.sqrt(2 / 300)),
        ((300, 200), "xavier", math.sqrt(2 / 500)),
        ((40, 50, 5, 6), "he", math.sqrt(2 / (50 * 30))),
        ((40, 50, 5, 6), "xavier", math.sqrt(2 / (90 * 30))),
    ],
)
def test_standard_deviation_of_the_weights(shape, weight_scale, std):
    W = initialise({"W1": shape}, weight_scale, np.float64, seed=0)["W1"]
    assert W.shape == shape
    assert abs(W.mean()) < 5 * std / math.sqrt(W.size)
    assert W.std() == pytest.approx(std, rel=5 / math.sqrt(2 * W.size))


def test_biases_and_shifts_are_zeros_and_scales_are_ones_in_the_order_given():
    params = initialise({"beta3": (2,), "gamma": 3, "b12": 4}, "he")
    assert list(params) == ["beta3", "gamma", "b12"]
    np.testing.assert_array_equal(params["beta3"], np.zeros(2))
    np.testing.assert_array_equal(params["gamma"], np.ones(3))
    np.testing.assert_array_equal(params["b12"], np.zeros(4))
    assert {array.dtype for array in params.values()} == {np.dtype(np.float32)}


def test_without_a_seed_weights_differ_and_no_two_arrays_are_alike():
    first, second = (initialise({"W1": (3, 3), "W2": (3, 3)}, 1.0) for _ in range(2))
    assert not np.array_equal(first["W1"], second["W1"])
    assert not np.array_equal(first["W1"], first["W2"])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"weight_scale": "kaiming"}, "weight_scale is 'kaiming'; known are 'he', 'xavier'"),
        ({"weight_scale": -1.0}, "weight_scale must be a finite number >= 0, got -1.0"),
        ({"weight_scale": None}, "weight_scale must be a finite number >= 0, got None"),
        ({"dtype": np.int32}, r"dtype is dtype\('int32'\); known are dtype\('float32'\), dtype\('float64'\)"),
        ({"seed": -1}, "seed must be an integer >= 0, got -1"),
        ({"seed": "zero"}, "seed must be an integer >= 0, got 'zero'"),
        ({"shapes": {"W1": (3, 0)}}, r"the shape of W1 must be a list or tuple of integers >= 1, got \(3, 0\)"),
        ({"shapes": {"b1": 2.5}}, r"the shape of b1 must be a list or tuple of integers >= 1, got \(2.5,\)"),
        ({"shapes": {"alpha1": 2}}, "the name alpha1 without its number is 'alpha'; known are 'w', 'b'"),
    ],
)
def test_what_is_not_allowed_is_refused(change, message):
    with pytest.raises(ValueError, match=f"initialise: {message}"):
        initialise(**{"shapes": {"W1": (3, 2)}, "weight_scale": 0.1} | change)
