"""Elementwise layers and softmax: exact values, and finite at the extremes."""

import mpmath
import numpy as np
import pytest

import layers
from layers import gelu, leaky_relu, relu, sigmoid, softmax, tanh

ELEMENTWISE = [(relu, ()), (leaky_relu, ({},)), (sigmoid, ()), (tanh, ()), (gelu, ())]
every_activation = pytest.mark.parametrize("layer, settings", ELEMENTWISE, ids=lambda value: getattr(value, "name", ""))

DEFINITIONS = {
    relu: (lambda x: max(x, 0), lambda x: x > 0),
    leaky_relu: (lambda x: x if x > 0 else x * mpmath.mpf(0.01), lambda x: 1 if x > 0 else mpmath.mpf(0.01)),
    sigmoid: (lambda x: 1 / (1 + mpmath.exp(-x)), lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2),
    tanh: (mpmath.tanh, lambda x: mpmath.sech(x) ** 2),
    gelu: (lambda x: x * mpmath.ncdf(x), lambda x: mpmath.ncdf(x) + x * mpmath.npdf(x)),
}

VALUES = np.concatenate([np.linspace(-12, 12, 97), [-40.0, 40.0, 1e-9, -1e-9]])


@every_activation
def test_values_and_derivatives_agree_with_60_digits(layer, settings):
    x = VALUES.copy()
    out, cache = layer.forward(x, *settings)
    dx = layer.backward(np.ones_like(x), cache)
    function, derivative = DEFINITIONS[layer]
    with mpmath.workdps(60):
        for value, result, slope in zip(x, out, dx):
            if value == 0 and layer in (relu, leaky_relu):
                continue
            exact = mpmath.mpf(float(value))
            assert abs(result - function(exact)) <= 1e-15 * max(1, abs(value))
            assert abs(slope - derivative(exact)) <= 2e-15


LIMITS = {
    relu: (0.0, 0.0, np.inf, 1.0),
    leaky_relu: (-np.inf, 0.01, np.inf, 1.0),
    sigmoid: (0.0, 0.0, 1.0, 0.0),
    tanh: (-1.0, 0.0, 1.0, 0.0),
    gelu: (0.0, 0.0, np.inf, 1.0),
}


@every_activation
@pytest.mark.parametrize("extreme", [np.float64(1e300), np.float64(1e4), np.float32(3e38), np.float32(1e4)])
def test_extremes_stay_finite(layer, settings, extreme):
    """N1: no inf, no NaN, no warning; the values are the limits, or x times the limit of the slope."""
    dtype = extreme.dtype
    x = np.array([-extreme, extreme])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out, cache = layer.forward(x, *settings)
        dx = layer.backward(np.ones_like(x), cache)
    low, low_slope, high, high_slope = LIMITS[layer]
    expected = [x[0] * low_slope if np.isinf(low) else low, x[1] * high_slope if np.isinf(high) else high]
    np.testing.assert_allclose(out, np.array(expected, dtype), rtol=1e-6)
    np.testing.assert_allclose(dx, np.array([low_slope, high_slope], dtype), rtol=1e-6)


@every_activation
def test_infinities_go_to_the_limits(layer, settings):
    x = np.array([-np.inf, np.inf])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out, cache = layer.forward(x, *settings)
        dx = layer.backward(np.ones_like(x), cache)
    low, low_slope, high, high_slope = LIMITS[layer]
    assert out.tolist() == [low, high]
    assert dx.tolist() == [low_slope, high_slope]


def test_relu_s_slope_at_the_kink_is_0():
    out, cache = relu.forward(np.array([0.0, -0.0, 5e-324, -5e-324]))
    assert out.tolist() == [0, 0, 5e-324, 0]
    assert relu.backward(np.ones(4), cache).tolist() == [0, 0, 1, 0]


def test_leaky_relu_s_slope_at_the_kink_is_the_small_one():
    _, cache = leaky_relu.forward(np.array([0.0, -1.0, 1.0]), {"negative_slope": 0.25})
    assert leaky_relu.backward(np.ones(3), cache).tolist() == [0.25, 0.25, 1]


def test_leaky_relu_s_slope_is_a_hundredth_unless_given():
    assert leaky_relu.forward(np.array([-3.0, 3.0]), {})[0].tolist() == [-0.03, 3]


@pytest.mark.parametrize(
    "slope, out, dx", [(0, [0, 2], [0, 1]), (1, [-2, 2], [1, 1]), (np.float64(0.5), [-1, 2], [0.5, 1])]
)
def test_leaky_relu_between_relu_and_the_identity(slope, out, dx):
    result, cache = leaky_relu.forward(np.array([-2.0, 2.0]), {"negative_slope": slope})
    assert result.tolist() == out
    assert leaky_relu.backward(np.ones(2), cache).tolist() == dx


@pytest.mark.parametrize("slope", [-0.1, 1.1, np.nan, np.inf, "0.1", None, True])
def test_a_slope_outside_0_to_1_is_refused(slope, figures):
    """S4."""
    message = "^leaky_relu_forward: negative_slope must be a finite number from 0 up to 1, got "
    with pytest.raises(ValueError, match=message) as refusal:
        leaky_relu.forward(np.ones(2), {"negative_slope": slope})
    assert str(refusal.value).endswith(repr(slope))
    figures["wrong settings refused (S4)"] += 1


def test_softmax_agrees_with_60_digits():
    x = 10 * np.random.default_rng(0).standard_normal((20, 5))
    out, _ = softmax.forward(x)
    with mpmath.workdps(60):
        for row, result in zip(x, out):
            powers = [mpmath.exp(mpmath.mpf(float(value))) for value in row]
            assert all(abs(p / mpmath.fsum(powers) - value) <= 1e-15 for p, value in zip(powers, result))


def test_softmax_is_a_distribution_over_the_last_axis_alone():
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    out, _ = softmax.forward(x)
    assert (out > 0).all()
    np.testing.assert_allclose(out.sum(axis=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(softmax.forward(x[1])[0], out[1], rtol=1e-15)
    np.testing.assert_allclose(softmax.forward(x + 1000)[0], out, rtol=1e-12)


@pytest.mark.parametrize(
    "dtype, scores, expected",
    [
        (np.float64, [1e300, -1e300, 0.0], [1, 0, 0]),
        (np.float64, [1e300, 1e300, -1e300], [0.5, 0.5, 0]),
        (np.float64, [1e4, -1e4, 1e4], [0.5, 0, 0.5]),
        (np.float64, [-1e300, -1e300, -np.inf], [0.5, 0.5, 0]),
        (np.float32, [1e38, -1e38, 0.0], [1, 0, 0]),
        (np.float32, [-1e4, -1e4, -np.inf], [0.5, 0.5, 0]),
    ],
)
def test_softmax_of_extremes_stays_finite(dtype, scores, expected):
    """N1: forward and backward."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out, cache = softmax.forward(np.array(scores, dtype))
        dx = softmax.backward(np.array([1, 2, 3], dtype), cache)
    assert out.tolist() == expected
    assert np.isfinite(dx).all() and abs(dx.sum()) <= 1e-6


@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
def test_softmax_needs_a_last_axis(shape):
    with pytest.raises(ValueError, match=r"^softmax_forward: x has shape .*; expected \(\.\.\., C\) with C >= 1$"):
        softmax.forward(np.zeros(shape))


def test_softmax_s_gradient_sums_to_zero_along_each_row():
    """A constant added to all scores moves nothing."""
    x, dout = np.random.default_rng(0).standard_normal((2, 3, 4))
    _, cache = softmax.forward(x)
    np.testing.assert_allclose(layers.softmax_backward(dout, cache).sum(axis=-1), 0, atol=1e-15)
