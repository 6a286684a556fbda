"""One-hot rows and class weights, and the labels that they refuse."""

import re

import numpy as np
import pytest

from datasets import class_weights, one_hot

BOTH = pytest.mark.parametrize("function", [one_hot, class_weights])


def test_one_hot_rows():
    y = np.array([2, 0, 2, 3])
    expected = np.zeros((4, 5))
    for n, label in enumerate(y):
        expected[n, label] = 1
    np.testing.assert_array_equal(one_hot(y, 5), expected)
    assert one_hot(y[:0], 5).shape == (0, 5)


def test_weighted_classes_count_alike():
    y = np.repeat(np.arange(4), [1, 2, 50, 7])
    weights = class_weights(y, 4)
    np.testing.assert_allclose(np.bincount(y, weights=weights[y]), len(y) / 4)
    assert weights[y].mean() == pytest.approx(1)
    np.testing.assert_array_equal(class_weights(np.arange(6) % 3, 3), [1, 1, 1])


@BOTH
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int64])
def test_any_integers_are_labels(function, dtype):
    y = np.array([0, 1, 2, 2])
    np.testing.assert_array_equal(function(y.astype(dtype), 3), function(y, 3))


@BOTH
@pytest.mark.parametrize("y, num_classes, error, words", [
    (np.array([0, 3]), 3, ValueError, "y has the label 3; expected 0 to 2 for 3 classes"),
    (np.array([0, -1]), 3, ValueError, "y has the label -1; expected 0 to 2 for 3 classes"),
    (np.array([0.0, 1.0]), 3, TypeError, "y must be an ndarray of integer class labels, got dtype float64"),
    (np.array([True]), 3, TypeError, "y must be an ndarray of integer class labels, got dtype bool"),
    ([0, 1], 3, TypeError, "y must be an ndarray of integer class labels, got list"),
    (np.zeros((2, 1), int), 3, ValueError, "y has shape (2, 1); expected (N,)"),
    (np.array([0]), 0, ValueError, "num_classes must be an integer >= 1, got 0"),
    (np.array([0]), 2.0, ValueError, "num_classes must be an integer >= 1, got 2.0"),
])  # fmt: skip
def test_refuses(function, y, num_classes, error, words):
    with pytest.raises(error, match=re.escape(f"{function.__name__}: {words}")):
        function(y, num_classes)


@pytest.mark.parametrize("y, absent", [([0, 2], 1), ([], 0)])
def test_a_class_without_examples_has_no_weight(y, absent):
    with pytest.raises(ValueError, match=f"class_weights: class {absent} has none of the N = {len(y)} examples"):
        class_weights(np.array(y, int), 3)
