"""Winograd along the rows, for every width of filter: exact matrices, small errors, blocks that do not meet."""

import numpy as np
import pytest

from layers import conv_forward, conv_relu_pool_backward, conv_relu_pool_forward
from layers.kernels import winograd_rows
from layers.kernels.planner import forced

WIDTHS = range(2, winograd_rows.TILE)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_matrices_give_a_correlation_and_the_bias(width):
    rng = np.random.default_rng(0)
    to_outputs, to_filters, to_tiles = winograd_rows._matrices(width, 3, np.dtype(np.float64))
    filter_, data = rng.standard_normal(width), rng.standard_normal(to_tiles.shape[1])
    products = (to_filters @ filter_)[:, np.newaxis] * (to_tiles @ data).reshape(winograd_rows.TILE, 3)
    outputs = to_outputs @ np.vstack([products, np.full(3, 7)])
    np.testing.assert_allclose(outputs.T.reshape(-1), np.correlate(data, filter_) + 7, rtol=0, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("width", WIDTHS)
def test_float32_is_nearly_as_good_as_the_direct_sum(width, channels):
    """N2, with room: with the points 0, 1, 2, 3, 4 and their negatives the error is 60 times as large."""
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in ((4, channels, 12, 50), (32, channels, 7, width), 32))
    arrays, conv_param = [array.astype(np.float32) for array in (x, w, b)], {"stride": 1, "pad": 3}
    with forced("im2col"):
        exact, _ = conv_forward(*(array.astype(np.float64) for array in arrays), conv_param)
    with forced("winograd_rows"):
        out, _ = conv_forward(*arrays, conv_param)
    assert np.linalg.norm(out - exact) <= 2e-6 * np.linalg.norm(exact)
    assert abs(out - exact).max() <= 5e-6 * abs(exact).max()


@pytest.mark.parametrize("poison", [0, np.nan, np.inf, 1e200])
@pytest.mark.parametrize("poisoned", ["x", "w", "b"])
@pytest.mark.parametrize("width", [7, 30])
def test_the_blocks_are_independent(monkeypatch, width, poisoned, poison):
    """Five images in blocks of two, in one piece and in two; what is poisoned reaches only what it should."""
    rng = np.random.default_rng(0)
    arrays = {"x": rng.standard_normal((5, 3, 6, width)), "w": rng.standard_normal((4, 3, 5, 8)), "b": np.ones(4)}
    place = 0 if poisoned == "x" else arrays[poisoned].size // 2  # in the first block, which others follow
    arrays[poisoned].reshape(-1)[place] += poison
    tiles = -(-(width - 1) // 3)
    monkeypatch.setattr(winograd_rows, "BLOCK_BYTES", 2 * tiles * (10 * 12 * 3 + 8 * 3 * 4) * 8)
    params = {"stride": 1, "pad": 3}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    with np.errstate(invalid="ignore", over="ignore"):
        for name in ("im2col", "winograd_rows"):
            with forced(name):
                out, _ = conv_forward(**arrays, conv_param=params[0])
                pooled, cache = conv_relu_pool_forward(**arrays, conv_param=params[0], pool_param=params[1])
                _, dw, db = conv_relu_pool_backward(np.cos(np.arange(pooled.size)).reshape(pooled.shape), cache, False)
            if name == "im2col":
                expected = out, pooled, dw, db
    for result, reference in zip((out, pooled, dw, db), expected):
        np.testing.assert_allclose(result, reference, rtol=1e-12, atol=1e-12)
