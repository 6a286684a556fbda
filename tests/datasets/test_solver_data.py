"""F4: the dict that all loaders return: parts, scale, statistics of the training set alone, and what is refused."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import solver_data
from datasets.solver_data import split_and_solver_data

from . import made

PARTS = ("train", "val", "test")
NAMES = ["a", "b", "c"]
X, Y = made.images(30, (3, 4, 5)), made.labels(30, 3)
X_TEST, Y_TEST = made.images(7, (3, 4, 5), seed=1), made.labels(7, 3)


def made_of(**options):
    return solver_data(X, Y, X_TEST, Y_TEST, NAMES, **options)


def pixels(data, part):
    """The pixels, computed back by the documented formula."""
    return np.rint((data[f"X_{part}"] * data["std"] + data["mean_image"]) * data["scale"])


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    num_training=st.one_of(st.none(), st.integers(1, 20)),
    num_validation=st.one_of(st.none(), st.integers(0, 10)),
    num_test=st.one_of(st.none(), st.integers(0, 7)),
    subtract_mean=st.booleans(),
    normalize=st.booleans(),
    flatten=st.booleans(),
    keep_uint8=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.one_of(st.none(), st.integers(0, 2**32)),
)
def test_what_is_asked_for_is_what_comes(num_training, num_validation, num_test, **options):
    data = made_of(num_training=num_training, num_validation=num_validation, num_test=num_test, **options)
    num_validation = 3 if num_validation is None else num_validation
    lengths = (30 - num_validation if num_training is None else num_training, num_validation, num_test)
    lengths = (*lengths[:2], 7 if num_test is None else num_test)
    for part, length in zip(PARTS, lengths):
        X_part, y_part = data[f"X_{part}"], data[f"y_{part}"]
        assert X_part.shape == (length, 60) if options["flatten"] else X_part.shape == (length, 3, 4, 5)
        assert X_part.dtype == (np.uint8 if options["keep_uint8"] else options["dtype"])
        assert y_part.shape == (length,) and y_part.dtype == np.int64
        assert np.isfinite(X_part).all() and X_part.flags.writeable
    order = np.arange(30) if options["seed"] is None else np.random.default_rng(options["seed"]).permutation(30)
    train = X[order[: lengths[0]]].astype(np.float64) / 255
    flat = (60,) if options["flatten"] else (3, 4, 5)
    mean = train.mean(axis=0) if options["subtract_mean"] else np.zeros((3, 4, 5))
    std = train.std(axis=(0, 2, 3))[:, None, None] if options["normalize"] else np.ones((3, 1, 1))
    assert data["mean_image"].shape == flat
    np.testing.assert_allclose(data["mean_image"], mean.reshape(flat), atol=1e-6)
    np.testing.assert_allclose(data["std"] + np.zeros(flat), (std + np.zeros((3, 4, 5))).reshape(flat), rtol=1e-6)
    shown = data["X_train"] if options["keep_uint8"] else pixels(data, "train")
    np.testing.assert_array_equal(shown.reshape(train.shape), X[order[: lengths[0]]])
    shown = data["X_val"] if options["keep_uint8"] else pixels(data, "val")
    rows = order[lengths[0] : lengths[0] + lengths[1]]
    np.testing.assert_array_equal(shown.reshape(-1, 3, 4, 5), X[rows])
    np.testing.assert_array_equal(data["y_train"], Y[order[: lengths[0]]])
    np.testing.assert_array_equal(data["y_val"], Y[rows])


def test_the_test_and_the_validation_set_do_not_touch_the_statistics():
    data = made_of(num_training=20, normalize=True)
    others = X.copy()
    others[20:] = 255 - others[20:]
    again = solver_data(others, Y, 255 - X_TEST, Y_TEST, NAMES, num_training=20, normalize=True)
    for name in ("mean_image", "std", "X_train"):
        np.testing.assert_array_equal(data[name], again[name])


def test_uint8_converted_by_the_formula_gives_the_same_bits():
    kept, data = made_of(keep_uint8=True, normalize=True), made_of(normalize=True)
    for part in PARTS:
        converted = kept[f"X_{part}"].astype(np.float32) / np.float32(kept["scale"])
        np.testing.assert_array_equal((converted - kept["mean_image"]) / kept["std"], data[f"X_{part}"])


def test_nothing_that_comes_is_a_view_of_what_was_given():
    given_arrays = X.astype(np.float32), Y.astype(np.int64), X_TEST.astype(np.float32), Y_TEST.astype(np.int64)
    before = [array.copy() for array in given_arrays]
    plain = {"subtract_mean": False, "num_validation": 5}
    for data in (solver_data(*given_arrays, NAMES, **plain), made_of(keep_uint8=True, **plain)):
        for part in PARTS:
            for name in (f"X_{part}", f"y_{part}"):
                assert not any(np.shares_memory(data[name], array) for array in (*given_arrays, X, Y, X_TEST, Y_TEST))
                data[name][:] = 1
    for array, copy in zip(given_arrays, before):
        np.testing.assert_array_equal(array, copy)


def test_points_are_standardised_by_feature_and_a_constant_one_stays():
    points = np.random.default_rng(0).normal(5, [1, 100, 0], (50, 3))
    data = solver_data(points, made.labels(50, 3), points[:4], Y_TEST[:4], NAMES, normalize=True, dtype=np.float64)
    assert data["scale"] == 1 and data["X_train"].shape == (45, 3)
    np.testing.assert_allclose(data["X_train"].std(axis=0), [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(data["X_train"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(data["std"][2], 1)


def test_the_standard_deviation_is_right_over_more_rows_than_are_taken_at_a_time():
    X_many = made.images(2100, (2, 2, 2))
    data = solver_data(X_many, made.labels(2100, 3), X_many[:1], Y[:1], NAMES, num_validation=0, normalize=True)
    np.testing.assert_allclose(data["std"].ravel(), (X_many / 255).std(axis=(0, 2, 3)), rtol=1e-6)


def test_a_test_set_cut_off_has_the_classes_in_proportion():
    data = split_and_solver_data(np.repeat(X, 10, axis=0), np.repeat(Y, 10), seed=0)
    assert [len(data[f"y_{part}"]) for part in PARTS] == [210, 30, 60]
    for part in PARTS:
        counts = np.bincount(data[f"y_{part}"])
        assert counts.max() - counts.min() <= 1
    assert data["class_names"] == ["0", "1", "2"]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"num_training": 31}, "num_training = 31 and num_validation = 3 are more than N = 30"),
        ({"num_training": 0}, "num_training must be an integer >= 1, got 0"),
        ({"num_validation": 30}, "num_training must be an integer >= 1, got 0"),
        ({"num_validation": -1}, "num_validation must be an integer >= 0, got -1"),
        ({"num_test": 8}, "num_test = 8 is more than the 7 examples of the test set"),
        ({"num_test": 1.5}, "num_test must be an integer >= 0, got 1.5"),
        ({"seed": -1}, "seed must be an integer >= 0, got -1"),
        ({"dtype": np.int32}, "dtype must be a float, got int32"),
    ],
)
def test_options_refused(options, words):
    with pytest.raises(ValueError, match=re.escape(f"solver_data: {words}")):
        made_of(**options)


@pytest.mark.parametrize(
    "changed, error, words",
    [
        ({"X": X[0]}, ValueError, "X must be an ndarray of numbers, (N, C, H, W) or (N, D), got shape (3, 4, 5) and"),
        ({"X": X.tolist()}, ValueError, "X must be an ndarray of numbers, (N, C, H, W) or (N, D), got list"),
        ({"X": X.astype(object)}, ValueError, "X must be an ndarray of numbers, (N, C, H, W) or (N, D), got shape"),
        ({"X": X[:9]}, ValueError, "X has 9 examples, and y 30 labels"),
        ({"X_test": X_TEST[:, :2]}, ValueError, "X_test has examples of shape (2, 4, 5), X of shape (3, 4, 5)"),
        ({"X": X[:0], "y": Y[:0]}, ValueError, "X must be an ndarray of numbers"),
        ({"y": Y + 1}, ValueError, "y is 1 to 3; there are 3 classes"),
        ({"y_test": Y_TEST.astype(int) - 1}, ValueError, "y_test is -1 to 1; there are 3 classes"),
        ({"y": Y.astype(float)}, TypeError, "y must be an ndarray of integer class labels, got dtype float64"),
        ({"X": np.full(X.shape, math.nan)}, ValueError, "X has NaN or infinity in it"),
        ({"X_test": np.full(X_TEST.shape, math.inf)}, ValueError, "X_test has NaN or infinity in it"),
        ({"X": X / 255, "keep_uint8": True}, ValueError, "keep_uint8 is for pixels of uint8; X has dtype float64"),
    ],
)
def test_arrays_refused(changed, error, words):
    given_arrays = {"X": X, "y": Y, "X_test": X_TEST, "y_test": Y_TEST, "class_names": NAMES} | changed
    with pytest.raises(error, match=re.escape(f"solver_data: {words}")):
        solver_data(**given_arrays)
