"""Preparation measures on the training set, applies to the rest, and leaves everything given as it was."""

import re

import numpy as np
import pytest

from datasets import fit_standardize, fit_subtract_mean, prepare, standardize, subtract_mean

PAIRS = [(fit_subtract_mean, subtract_mean), (fit_standardize, standardize)]
every_pair = pytest.mark.parametrize("fit, apply", PAIRS, ids=lambda function: function.__name__)


def images(N=6, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return (100 + 40 * rng.uniform(-1, 1, (N, 3, 5, 4)) * np.array([1, 2, 0.1]).reshape(3, 1, 1)).astype(dtype)


@every_pair
@pytest.mark.parametrize("dtype, expected", [(np.uint8, np.float32), (np.int64, np.float32), (np.float16, np.float32),
                                             (np.float32, np.float32), (np.float64, np.float64)])  # fmt: skip
def test_float64_stays_and_all_else_becomes_float32(fit, apply, dtype, expected):
    X = images(dtype=dtype)
    stats = fit(X)
    assert all(array.dtype == np.float64 for array in stats.values())
    assert apply(X, stats).dtype == expected and apply(X, stats).shape == X.shape


@every_pair
def test_uint8_gives_what_its_float64_gives(fit, apply):
    """Nothing wraps around at 255 or 0."""
    X, other = images(dtype=np.uint8), images(dtype=np.uint8, seed=1)
    stats, exact = fit(X), fit(X.astype(np.float64))
    for name, array in stats.items():
        np.testing.assert_allclose(array, exact[name], rtol=1e-14)
    np.testing.assert_allclose(apply(other, stats), apply(other.astype(np.float64), exact), atol=2e-5)


@every_pair
def test_only_the_training_set_is_measured(fit, apply):
    X, other = images(), images(seed=1)
    stats = fit(X)
    before = {name: array.tobytes() for name, array in stats.items()}
    together = apply(np.concatenate([X, other]), stats)
    np.testing.assert_array_equal(together[: len(X)], apply(X, stats))
    np.testing.assert_array_equal(together[len(X) :], apply(other, stats))
    assert {name: array.tobytes() for name, array in stats.items()} == before


@every_pair
def test_nothing_is_changed_and_any_layout_does(fit, apply):
    X = images()
    X.flags.writeable = False
    expected = apply(X, fit(X))
    assert not np.shares_memory(expected, X)
    for layout in (np.asfortranarray(X), X[..., ::-1].copy()[..., ::-1]):
        np.testing.assert_allclose(apply(layout, fit(layout)), expected, atol=1e-12)


@every_pair
def test_one_example_to_measure_and_none_to_apply_to(fit, apply):
    X = images(N=1)
    np.testing.assert_allclose(apply(X, fit(X)).mean(axis=(0, 2, 3)), 0, atol=1e-12)
    assert apply(X[:0], fit(X)).shape == (0, 3, 5, 4)


def test_the_mean_image_is_subtracted():
    X = images()
    np.testing.assert_allclose(subtract_mean(X, fit_subtract_mean(X)), X - X.mean(axis=0), atol=1e-12)


@pytest.mark.parametrize("shape", [(9, 3), (9, 3, 4), (9, 3, 4, 5)])
def test_every_channel_or_feature_has_mean_0_and_deviation_1(shape):
    X = np.random.default_rng(0).uniform(0, 1, shape) * np.arange(1, 4).reshape(3, *[1] * (len(shape) - 2)) + 7
    rest = (0, *range(2, X.ndim))
    out = standardize(X, fit_standardize(X))
    np.testing.assert_allclose(out.mean(axis=rest), 0, atol=1e-13)
    np.testing.assert_allclose(out.std(axis=rest), 1, atol=1e-13)


@pytest.mark.parametrize("value", [0.0, 0.1, 255.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_channel_becomes_0(value, dtype):
    """The mean of many 0.1 is not quite 0.1, and dividing the difference by itself would make noise of it."""
    X = np.random.default_rng(0).uniform(size=(5000, 2)).astype(dtype)
    X[:, 1] = value
    stats = fit_standardize(X)
    assert stats["std"][1] == 1
    np.testing.assert_allclose(standardize(X, stats)[:, 1], 0, atol=1e-12)


def test_a_small_spread_about_a_large_mean_is_measured():
    X = 1e8 + np.random.default_rng(0).standard_normal((4000, 1))
    assert abs(fit_standardize(X)["std"][0] - (X - 1e8).std()) < 1e-7


def test_many_examples_are_measured_in_blocks(monkeypatch):
    X = images(N=7)
    whole = fit_standardize(X)
    monkeypatch.setattr(prepare, "BLOCK", 3)
    np.testing.assert_allclose(fit_standardize(X)["std"], whole["std"], rtol=1e-14)
    np.testing.assert_allclose(whole["std"][:, 0, 0], X.std(axis=(0, 2, 3)), rtol=1e-13)


def test_channels_may_be_standardized_at_another_size_of_image():
    assert standardize(np.zeros((2, 3, 9, 9)), fit_standardize(images())).shape == (2, 3, 9, 9)


@every_pair
@pytest.mark.parametrize("X, came", [([[1.0]], "list"), (np.ones((2, 2), bool), "dtype bool"), (None, "NoneType"),
                                     (np.ones((2, 2), complex), "dtype complex128")])  # fmt: skip
def test_what_are_not_numbers_is_refused(fit, apply, X, came):
    for call in (lambda: fit(X), lambda: apply(X, fit(np.ones((2, 2))))):
        with pytest.raises(TypeError, match=re.escape(f"X must be an ndarray of floats or integers, got {came}")):
            call()


@every_pair
def test_nothing_to_measure_is_refused(fit, apply):
    for X in (np.zeros((0, 3)), np.array(1.0)):
        with pytest.raises(ValueError, match=f"{fit.__name__}: X has shape .*; there must be at least one example"):
            fit(X)


@pytest.mark.parametrize("shape", [(3,), (3, 0)])
def test_channels_to_measure_must_be_there(shape):
    with pytest.raises(ValueError, match=re.escape(f"fit_standardize: X has shape {shape}; expected (N, C, ...)")):
        fit_standardize(np.zeros(shape))


def test_examples_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"subtract_mean: X has shape \(2, 3, 4\); the training set needs \(N, 3, 5\)"):
        subtract_mean(np.zeros((2, 3, 4)), fit_subtract_mean(np.zeros((2, 3, 5))))
    stats = fit_standardize(images())
    for shape in [(2, 1, 5, 4), (2, 3), (2, 3, 5), (3, 5, 4)]:
        with pytest.raises(ValueError, match=r"standardize: X has shape .*; stats of 3 channels need \(N, 3, H, W\)"):
            standardize(np.zeros(shape), stats)
