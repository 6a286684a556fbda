"""Sums over many rows: NumPy adds up the rows of a float32 array one after the other, and loses digits."""

import numpy as np
import pytest

from layers import affine_backward, affine_forward, batchnorm_backward_alt, batchnorm_forward
from layers.sums import mean_over, sum_over

ROWS = 1_000_000
TENTHS = np.full((ROWS, 2), 0.1, dtype=np.float32)
EXACT = ROWS * float(np.float32(0.1))


def test_sum_over_a_million_float32_rows():
    """N2."""
    total = sum_over(TENTHS, axis=0)
    assert total.dtype == np.float32
    np.testing.assert_allclose(total, EXACT, rtol=1e-7)


def test_mean_over_a_million_float32_rows():
    mean = mean_over(TENTHS, 0)
    assert (mean.dtype, mean.shape) == (np.float32, (1, 2))
    np.testing.assert_allclose(mean, np.float32(0.1), rtol=1e-7)


def test_db_over_a_million_float32_rows():
    """N2: within 1e-5."""
    x, w, b = np.ones((ROWS, 1), np.float32), np.ones((1, 2), np.float32), np.zeros(2, np.float32)
    _, cache = affine_forward(x, w, b)
    _, _, db = affine_backward(TENTHS, cache)
    assert db.dtype == np.float32
    np.testing.assert_allclose(db, EXACT, rtol=1e-5)


def test_dbeta_over_a_million_float32_rows():
    """N2: within 1e-5; and the mean of so many rows is right as well."""
    bn_param = {"mode": "train", "momentum": 0}
    gamma, beta = np.ones(2, np.float32), np.zeros(2, np.float32)
    _, cache = batchnorm_forward(TENTHS, gamma, beta, bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], np.float32(0.1), rtol=1e-6)
    _, _, dbeta = batchnorm_backward_alt(TENTHS, cache)
    np.testing.assert_allclose(dbeta, EXACT, rtol=1e-5)


@pytest.mark.parametrize("axis", [0, 2, (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_and_means_over_any_axes(axis, dtype):
    a = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(dtype)
    tolerance = {"rtol": 1e-6 if dtype is np.float32 else 1e-13, "atol": 1e-6 if dtype is np.float32 else 1e-13}
    total, mean = sum_over(a, axis), mean_over(a, axis)
    assert isinstance(total, np.ndarray) and total.dtype == mean.dtype == dtype
    np.testing.assert_allclose(total, a.astype(np.float64).sum(axis=axis), **tolerance)
    np.testing.assert_allclose(mean, a.astype(np.float64).mean(axis=axis, keepdims=True), **tolerance)
