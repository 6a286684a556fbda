"""Splits are exact in size, stratified, disjoint and repeatable; what cannot be split is refused."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import split_data, stratified_split


@st.composite
def cases(draw):
    counts = draw(st.lists(st.integers(20, 60), min_size=1, max_size=5))
    shares = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    y = np.random.default_rng(draw(st.integers(0, 99))).permutation(np.repeat(np.arange(len(counts)), counts))
    return y, [share / sum(shares) for share in shares]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(case=cases(), seed=st.integers(0, 2**32))
def test_every_index_in_one_part_and_every_class_in_proportion(case, seed):
    y, fractions = case
    parts = stratified_split(y, fractions, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(y)))
    for part, fraction in zip(parts[1:], fractions[1:]):
        assert len(part) == math.ceil(round(fraction * len(y), 6))
    for part in parts:
        share = np.bincount(y) * len(part) / len(y)
        assert np.abs(np.bincount(y[part], minlength=len(share)) - share).max() <= 2


def test_same_seed_same_split_and_another_seed_another():
    y = np.repeat(np.arange(4), 25)
    first, again, other = (stratified_split(y, (0.5, 0.5), seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_parts_are_shuffled():
    train, _ = stratified_split(np.repeat(np.arange(4), 25), (0.5, 0.5), seed=0)
    assert not np.array_equal(train, np.sort(train))


def test_which_examples_of_a_class_go_where_is_random():
    tests = np.concatenate([stratified_split(np.zeros(10, int), (0.9, 0.1), seed)[1] for seed in range(200)])
    assert set(tests) == set(range(10))


def test_a_fraction_that_floats_cannot_write_does_not_add_an_example():
    assert 0.55 * 100 > 55
    assert [len(part) for part in stratified_split(np.zeros(100, int), (0.45, 0.55))] == [45, 55]


def test_labels_need_not_be_consecutive_and_stay_as_they_were():
    y = np.repeat(np.array([7, -2, 40], np.int16), 10)
    before = y.copy()
    parts = stratified_split(y, (0.5, 0.5), seed=0)
    assert [set(y[part]) for part in parts] == [{7, -2, 40}] * 2
    np.testing.assert_array_equal(y, before)


@pytest.mark.parametrize(
    "y, error, words",
    [
        ([0, 1], TypeError, "stratified_split: y must be an ndarray of integer class labels, got list"),
        (np.zeros(4), TypeError, "stratified_split: y must be an ndarray of integer class labels, got dtype float64"),
        (np.zeros(4, bool), TypeError, "got dtype bool"),
        (np.zeros((4, 1), int), ValueError, "stratified_split: y has shape (4, 1); expected (N,)"),
        (np.zeros(1, int), ValueError, "stratified_split: N = 1 examples are too few"),
        (np.zeros(0, int), ValueError, "stratified_split: N = 0 examples are too few"),
        (np.array([0] * 99 + [5]), ValueError, "stratified_split: class 5 has 1 of N = 100 examples, too few for part"),
    ],
)
def test_labels_refused(y, error, words):
    with pytest.raises(error, match=re.escape(words)):
        stratified_split(y, (0.5, 0.5), seed=0)


@pytest.mark.parametrize("fractions", [(), (1.0,), (0.5, 0.4), (0.5, 0.6), (1.0, 0.0), (1.5, -0.5), (0.5, math.nan)])
def test_fractions_refused(fractions):
    with pytest.raises(ValueError, match=re.escape(f"with the sum 1, got {fractions}")):
        stratified_split(np.zeros(10, int), fractions)


@pytest.mark.parametrize("seed", [-1, 0.5, "0", True])
def test_seeds_refused(seed):
    with pytest.raises(ValueError, match=f"stratified_split: seed must be an integer >= 0, got {seed!r}"):
        stratified_split(np.zeros(10, int), (0.5, 0.5), seed)


def test_split_data_keeps_each_example_with_its_label():
    y = np.repeat(np.arange(3), 20)
    X = np.stack([y, np.arange(60)], axis=1).astype(np.float32)
    data = split_data(X, y, seed=1)
    assert list(data) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]
    assert [len(data[name]) for name in ("y_train", "y_val", "y_test")] == [42, 6, 12]
    for part in ("train", "val", "test"):
        np.testing.assert_array_equal(data[f"X_{part}"][:, 0], data[f"y_{part}"])
        assert data[f"X_{part}"].dtype == np.float32 and not np.shares_memory(data[f"X_{part}"], X)
    numbers = np.concatenate([data[f"X_{part}"][:, 1] for part in ("train", "val", "test")])
    np.testing.assert_array_equal(np.sort(numbers), X[:, 1])


@pytest.mark.parametrize(
    "changed, error, words",
    [
        ({"X": np.zeros((9, 2))}, ValueError, "X must be an ndarray with a row for each of the N = 10 labels, got"),
        ({"X": [[0]] * 10}, ValueError, "X must be an ndarray with a row for each of the N = 10 labels, got list"),
        ({"y": np.zeros(10)}, TypeError, "y must be an ndarray of integer class labels, got dtype float64"),
        ({"fractions": (0.5, 0.5)}, ValueError, "fractions must be three, for train, val and test, got (0.5, 0.5)"),
    ],
)
def test_split_data_refuses(changed, error, words):
    with pytest.raises(error, match=re.escape(f"split_data: {words}")):
        split_data(**{"X": np.zeros((10, 2)), "y": np.zeros(10, int), **changed})
