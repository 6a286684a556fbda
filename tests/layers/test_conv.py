"""Convolution against scipy.signal and against the loops."""

import numpy as np
import pytest
from scipy.signal import correlate

import layers
from layers import conv_backward, conv_backward_naive, conv_forward, conv_forward_naive


def geometries(count, seed):
    """Random shapes: every tenth a 1x1 filter, every tenth one as large as the padded image."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        N, C, F, stride, pad = rng.integers(1, (3, 3, 4, 4, 4), endpoint=True)
        pad -= 1
        H, W = (int(size) for size in rng.integers(1, 9, size=2))
        HH, WW = (int(rng.integers(1, size + 2 * pad, endpoint=True)) for size in (H, W))
        if i % 10 == 0:
            HH = WW = 1
        if i % 10 == 1:
            HH, WW = H + 2 * pad, W + 2 * pad
        x, w, b = (rng.standard_normal(shape) for shape in ((N, C, H, W), (F, C, HH, WW), F))
        yield x, w, b, {"stride": int(stride), "pad": int(pad)}


def test_forward_is_a_cross_correlation(figures):
    """G3: 300 geometries, remainders that the stride does not reach included."""
    remainders = 0
    for x, w, b, conv_param in geometries(300, seed=0):
        stride, pad = conv_param["stride"], conv_param["pad"]
        padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        expected = np.stack([
            np.stack([correlate(image, w_f, "valid", "direct")[0, ::stride, ::stride] + b_f for w_f, b_f in zip(w, b)])
            for image in padded
        ])  # fmt: skip
        out, _ = conv_forward(x, w, b, conv_param)
        assert out.shape == expected.shape
        np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
        remainders += (padded.shape[2] - w.shape[2]) % stride > 0
        figures["convolutions and pools compared with an oracle (G3)"] += 1
    assert remainders > 50


def test_forward_and_backward_agree_with_the_loops(figures):
    rng = np.random.default_rng(1)
    for x, w, b, conv_param in geometries(100, seed=1):
        out, cache = conv_forward(x, w, b, conv_param)
        expected, naive_cache = conv_forward_naive(x, w, b, conv_param)
        np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
        dout = rng.standard_normal(out.shape)
        for grad, reference in zip(conv_backward(dout, cache), conv_backward_naive(dout, naive_cache), strict=True):
            assert grad.shape == reference.shape
            np.testing.assert_allclose(grad, reference, rtol=1e-12, atol=1e-12)
        figures["convolutions and pools compared with an oracle (G3)"] += 1


def test_the_fast_names_are_the_same_functions():
    assert layers.conv_forward_fast is layers.conv_forward
    assert layers.conv_backward_fast is layers.conv_backward
    assert layers.max_pool_forward_fast is layers.max_pool_forward
    assert layers.max_pool_backward_fast is layers.max_pool_backward


def test_the_cache_is_the_course_s():
    x, w, b = np.ones((1, 2, 4, 4)), np.ones((3, 2, 3, 3)), np.ones(3)
    _, cache = conv_forward(x, w, b, {"stride": 1, "pad": 1})
    assert all(one is other for one, other in zip(cache, (x, w, b)))
    assert cache[3] == {"stride": 1, "pad": 1}


@pytest.mark.parametrize("size", [(4, 1), (1, 5), (6, 6)])
@pytest.mark.parametrize("forward", [conv_forward, conv_forward_naive])
def test_a_filter_larger_than_the_padded_image_is_refused(forward, size):
    x, w = np.ones((1, 1, 1, 2)), np.ones((1, 1, *size))
    window = rf"a window of \({size[0]}, {size[1]}\)"
    message = f"^{forward.__name__}: {window} does not fit into x of height 1 and width 2 with pad 1"
    with pytest.raises(ValueError, match=message):
        forward(x, w, np.zeros(1), {"stride": 1, "pad": 1})


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int64])
def test_settings_may_be_numpy_s_integers(integer):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((1, 1, 300, 5)), rng.standard_normal((2, 1, 3, 3)), np.ones(2)
    out, cache = conv_forward(x, w, b, {"stride": integer(2), "pad": integer(1)})
    expected, expected_cache = conv_forward(x, w, b, {"stride": 2, "pad": 1})
    np.testing.assert_array_equal(out, expected)
    for grad, reference in zip(conv_backward(out, cache), conv_backward(out, expected_cache)):
        np.testing.assert_array_equal(grad, reference)


WRONG = [("stride", value) for value in (0, -1, 1.5, 2.0, True, None, "1")]
WRONG += [("pad", value) for value in (-1, 0.5, 1.0, False, None, "1", (1, 1))]


@pytest.mark.parametrize("name, value", WRONG)
@pytest.mark.parametrize("forward", [conv_forward, conv_forward_naive])
def test_wrong_strides_and_pads_are_refused(forward, name, value, figures):
    """S4."""
    conv_param = {"stride": 1, "pad": 0, name: value}
    with pytest.raises(ValueError, match=f"^{forward.__name__}: {name} must be an integer >= .*, got ") as refusal:
        forward(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), np.zeros(1), conv_param)
    assert str(refusal.value).endswith(repr(value))
    figures["wrong settings refused (S4)"] += 1


def test_numpy_s_integers_are_integers():
    x, w, b, conv_param = next(geometries(1, seed=2))
    out, cache = conv_forward(x, w, b, {name: np.int64(value) for name, value in conv_param.items()})
    np.testing.assert_array_equal(out, conv_forward(x, w, b, conv_param)[0])
    assert conv_backward(np.ones_like(out), cache)[0].shape == x.shape


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_not_finite_reaches_only_the_windows_that_contain_it(value):
    rng = np.random.default_rng(3)
    x, w, b = (rng.standard_normal(shape) for shape in ((2, 2, 7, 8), (3, 2, 3, 2), 3))
    conv_param = {"stride": 2, "pad": 1}
    clean, _ = conv_forward(x, w, b, conv_param)
    x[1, 0, 3, 4] = value
    out, cache = conv_forward(x, w, b, conv_param)
    inside = np.zeros(out.shape, dtype=bool)
    for i, j in np.ndindex(out.shape[2:]):
        top, left = 2 * i - 1, 2 * j - 1
        inside[1, :, i, j] = top <= 3 < top + 3 and left <= 4 < left + 2
    assert 0 < inside.sum() < inside.size
    np.testing.assert_array_equal(~np.isfinite(out), inside)
    np.testing.assert_array_equal(out[~inside], clean[~inside])


def test_the_padded_border_gets_no_gradient_and_gives_none():
    """A filter that sees nothing but the border: dx is 0, and dw too."""
    x, w = np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1))
    out, cache = conv_forward(x, w, np.zeros(1), {"stride": 2, "pad": 2})
    dout = np.ones_like(out)
    dout[0, 0, 1, 1] = 0
    dx, dw, db = conv_backward(dout, cache)
    assert (dx.tolist(), dw.tolist(), db.tolist()) == ([[[[0]]]], [[[[0]]]], [8])


def test_pixels_that_no_window_reaches_get_no_gradient():
    x = np.ones((1, 1, 5, 5))
    out, cache = conv_forward(x, np.ones((1, 1, 2, 2)), np.zeros(1), {"stride": 3, "pad": 0})
    dx, _, _ = conv_backward(np.ones_like(out), cache)
    assert dx[0, 0].tolist() == [[1, 1, 0, 1, 1]] * 2 + [[0] * 5] + [[1, 1, 0, 1, 1]] * 2


def test_later_changes_of_the_settings_do_not_reach_the_cache():
    conv_param = {"stride": 2, "pad": 1}
    out, cache = conv_forward(np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2)), np.zeros(1), conv_param)
    conv_param["stride"] = 1
    assert conv_backward(np.ones_like(out), cache)[0].shape == (1, 1, 4, 4)
