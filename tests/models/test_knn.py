"""Nearest neighbours against loops over all votes."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import KNearestNeighbor


def trained(num_train=9, D=3, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    X, y = (10 * rng.standard_normal((num_train, D))).astype(dtype), 3 * rng.integers(4, size=num_train)
    knn = KNearestNeighbor()
    knn.train(X, y)
    return knn, X, y


def vote(distances, y, k):
    """Count the votes of the k nearest, one by one; of equal votes the smaller label wins."""
    votes = {}
    for _, label in sorted(zip(distances, range(len(y))))[:k]:
        votes[y[label]] = votes.get(y[label], 0) + 1
    most = max(votes.values())
    return min(label for label, count in votes.items() if count == most)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    num_train=st.integers(1, 12),
    num_test=st.integers(0, 4),
    D=st.integers(1, 4),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_all_ways_agree_with_loops(num_train, num_test, D, seed, data):
    k = data.draw(st.integers(1, num_train))
    knn, X, y = trained(num_train, D, seed)
    X_test = 10 * np.random.default_rng(seed + 1).standard_normal((num_test, D))
    distances = [[sum((a - b) ** 2 for a, b in zip(row, other)) ** 0.5 for other in X] for row in X_test]
    for num_loops, compute in enumerate(
        (knn.compute_distances_no_loops, knn.compute_distances_one_loop, knn.compute_distances_two_loops)
    ):
        dists = compute(X_test)
        assert dists.shape == (num_test, num_train)
        if num_test:
            np.testing.assert_allclose(dists, distances, rtol=1e-10)
        np.testing.assert_array_equal(knn.predict(X_test, k, num_loops), [vote(row, y, k) for row in distances])


def test_of_equal_votes_the_smaller_label_wins():
    knn = KNearestNeighbor()
    knn.train(np.arange(4.0)[:, np.newaxis], np.array([7, 2, 2, 7]))
    dists = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]])
    np.testing.assert_array_equal(knn.predict_labels(dists, k=1), [7, 7])
    np.testing.assert_array_equal(knn.predict_labels(dists, k=2), [2, 2])
    np.testing.assert_array_equal(knn.predict_labels(dists, k=3), [2, 2])
    np.testing.assert_array_equal(knn.predict_labels(dists, k=4), [2, 2])


def test_of_equal_distances_the_earlier_examples_vote():
    knn = KNearestNeighbor()
    y = np.arange(200)[::-1] // 3
    knn.train(np.zeros((200, 1)), y)
    dists = np.random.default_rng(0).integers(3, size=(20, 200)).astype(float)
    for k in (1, 2, 10, 100):
        np.testing.assert_array_equal(knn.predict_labels(dists, k), [vote(row, y, k) for row in dists])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_pixels_do_not_wrap_around(dtype):
    knn = KNearestNeighbor()
    knn.train(np.array([[200, 10], [0, 10]]).astype(dtype), np.array([0, 1]))
    for num_loops in (0, 1, 2):
        assert knn.predict(np.array([[90, 10]]).astype(dtype), num_loops=num_loops) == [1]
    np.testing.assert_allclose(knn.compute_distances_no_loops(np.array([[90, 10]], dtype=dtype)), [[110, 90]])


def test_far_from_the_origin_small_distances_are_kept():
    knn = KNearestNeighbor()
    knn.train(1e6 + np.array([[0.0, 0.0], [3e-3, 4e-3]]), np.array([0, 1]))
    X = 1e6 + np.zeros((1, 2))
    np.testing.assert_allclose(knn.compute_distances_no_loops(X), [[0, 5e-3]], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("num_loops", [3, -1, None, "0"])
def test_another_number_of_loops_is_refused(num_loops):
    knn, X, _ = trained()
    with pytest.raises(ValueError, match=f"predict: num_loops is {num_loops!r}; known are 0, 1, 2"):
        knn.predict(X, num_loops=num_loops)


@pytest.mark.parametrize("method, argument", [("predict", np.ones((1, 3))), ("predict_labels", np.ones((1, 1)))])
def test_prediction_before_training_is_refused(method, argument):
    with pytest.raises(RuntimeError, match=re.escape("there are no training examples yet; call train(X, y) first")):
        getattr(KNearestNeighbor(), method)(argument)


@pytest.mark.parametrize("k", [0, 10, 1.5, True])
def test_another_number_of_neighbours_is_refused(k):
    knn, X, _ = trained()
    with pytest.raises(ValueError, match=f"k (must be an integer >= 1, got {k}|is 10; there are 9 training examples)"):
        knn.predict(X, k=k)


def test_wrong_shapes_and_types_are_refused():
    knn, X, y = trained()
    for bad, message in (
        (np.ones((2, 4)), "X has shape (2, 4); expected (num_test, 3)"),
        (np.ones(3), "X has shape (3,); expected (num_test, 3)"),
    ):
        for num_loops in (0, 1, 2):
            with pytest.raises(ValueError, match=re.escape(message)):
                knn.predict(bad, num_loops=num_loops)
    with pytest.raises(ValueError, match=re.escape("dists has shape (2, 8); expected (num_test, 9)")):
        knn.predict_labels(np.ones((2, 8)))
    with pytest.raises(TypeError, match="X must be an ndarray of floats or integers, got dtype bool"):
        knn.predict(X > 0)
    with pytest.raises(ValueError, match=re.escape("train: X has shape (0, 3); expected (num_train, D)")):
        knn.train(X[:0], y[:0])
    with pytest.raises(ValueError, match=re.escape("train: y has shape (8,); X of shape (9, 3) needs (9,)")):
        knn.train(X, y[:8])
    with pytest.raises(ValueError, match="train: y has the label -.*; expected integers >= 0"):
        knn.train(X, y - y.max() - 3)
    with pytest.raises(TypeError, match="train: y must be an ndarray of integer class labels, got dtype float64"):
        knn.train(X, y.astype(float))
    np.testing.assert_array_equal(knn.predict(X), y)
