"""The toy cases have the geometry that they promise."""

import math
import re

import numpy as np
import pytest

from datasets import make_blobs, make_spirals

MAKERS = pytest.mark.parametrize("make", [make_spirals, make_blobs])


@MAKERS
def test_shapes_dtypes_and_counts(make):
    X, y = make(num_per_class=7, num_classes=4, seed=0)
    assert X.shape == (28, 2) and X.dtype == np.float32
    assert y.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(y), [7, 7, 7, 7])


@MAKERS
def test_same_seed_same_points_and_another_seed_others(make):
    (first, _), (again, _), (other, _) = make(seed=1), make(seed=1), make(seed=2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(make()[0], make()[0])


@MAKERS
def test_the_global_random_state_is_left_alone(make):
    np.random.random()  # away from the state that a seed leaves
    before = np.random.get_state(legacy=False)["state"]
    make(seed=0)
    after = np.random.get_state(legacy=False)["state"]
    assert before["pos"] == after["pos"] and np.array_equal(before["key"], after["key"])


@MAKERS
def test_one_example_a_class(make):
    X, y = make(num_per_class=1, num_classes=2, seed=0)
    assert np.isfinite(X).all() and y.tolist() == [0, 1]


def test_a_spiral_turns_by_four_radians_while_it_grows():
    X, y = make_spirals(num_per_class=101, num_classes=5, noise=0)
    for j in range(5):
        radius = np.linalg.norm(X[y == j], axis=1)
        angle = np.unwrap(np.arctan2(*X[y == j][1:].T[::-1]))
        np.testing.assert_allclose(radius, np.linspace(0, 1, 101), atol=1e-6)
        np.testing.assert_allclose(angle[-1] - angle[0], 4 * 0.99, atol=1e-4)
        np.testing.assert_allclose(np.exp(1j * angle[0]), np.exp(1j * (2 * np.pi * j / 5 + 0.04)), atol=1e-4)


def test_the_noise_of_a_spiral_is_in_its_angle():
    (X, y), (clean, _) = make_spirals(2000, 2, noise=0.2, seed=0), make_spirals(2000, 2, noise=0)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), np.linalg.norm(clean, axis=1), atol=1e-6)
    turn = np.angle((X @ [1, 1j])[1:2000] / (clean @ [1, 1j])[1:2000])
    assert abs(turn.std() - 0.2) < 0.01 and abs(turn.mean()) < 0.02


def test_a_blob_lies_round_its_centre():
    X, y = make_blobs(4000, 4, noise=0.3, seed=0)
    centres = np.stack([X[y == j].mean(axis=0) for j in range(4)])
    np.testing.assert_allclose(centres, [[1, 0], [0, 1], [-1, 0], [0, -1]], atol=0.03)
    np.testing.assert_allclose(np.std(X - centres[y], axis=0), 0.3, atol=0.01)


@MAKERS
@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"num_per_class": 0}, "num_per_class must be an integer >= 1, got 0"),
        ({"num_per_class": 2.0}, "num_per_class must be an integer >= 1, got 2.0"),
        ({"num_classes": 1}, "num_classes must be an integer >= 2, got 1"),
        ({"num_classes": True}, "num_classes must be an integer >= 2, got True"),
        ({"noise": -0.1}, "noise must be a finite number >= 0, got -0.1"),
        ({"noise": math.nan}, "noise must be a finite number >= 0, got nan"),
        ({"noise": "much"}, "noise must be a finite number >= 0, got 'much'"),
        ({"seed": -1}, "seed must be an integer >= 0, got -1"),
    ],
)
def test_refuses(make, arguments, words):
    with pytest.raises(ValueError, match=re.escape(f"{make.__name__}: {words}")):
        make(**arguments)
