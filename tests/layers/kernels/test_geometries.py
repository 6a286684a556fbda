"""Odd sizes, no examples, mixed dtypes, and blocks as small as they can be: every kernel gives the loops' numbers."""

import numpy as np
import pytest

from layers import conv_backward, conv_backward_naive, conv_forward, conv_forward_naive
from layers import avg_pool_backward, avg_pool_forward
from layers import max_pool_backward, max_pool_backward_naive, max_pool_forward, max_pool_forward_naive
from layers import spatial_batchnorm, spatial_batchnorm_relu
from layers.kernels import channel_norm, examples_last, im2col, pooling, products, rows, winograd, winograd_rows
from layers.kernels.planner import KERNELS, choose, forced
from layers.kernels.windows import add_windows, windows_of

from ..in_memory import EVERY_ORDER, ORDERS, laid

# (N, C, F, H, W, HH, WW, stride, pad)
ODD = {
    "pad larger than the filter": (2, 3, 4, 5, 4, 2, 3, 1, 4),
    "pad larger than the image": (2, 2, 3, 2, 1, 3, 3, 1, 6),
    "pad larger than all, with a stride": (2, 3, 2, 1, 2, 2, 1, 3, 7),
    "whole rows of places in the border": (2, 3, 4, 3, 3, 2, 2, 2, 5),
    "stride leaves a remainder": (3, 2, 3, 8, 9, 3, 2, 3, 0),
    "windows overlap, with a stride": (3, 2, 3, 9, 10, 5, 5, 2, 2),
    "stride larger than the filter": (2, 2, 3, 9, 8, 2, 1, 4, 1),
    "stride larger than the image": (2, 2, 3, 4, 3, 2, 2, 9, 1),
    "one row": (2, 3, 4, 1, 9, 1, 3, 1, 0),
    "one column": (2, 3, 4, 9, 1, 3, 1, 2, 0),
    "one pixel": (3, 2, 4, 1, 1, 1, 1, 1, 0),
    "one pixel and its border": (3, 2, 4, 1, 1, 3, 3, 1, 1),
    "one row of places": (2, 3, 4, 3, 8, 3, 3, 1, 0),
    "one place": (2, 3, 4, 5, 6, 5, 6, 1, 0),
    "one example": (1, 3, 4, 7, 6, 3, 3, 1, 1),
    "one of everything": (1, 1, 1, 4, 5, 3, 3, 1, 1),
    "tiles that do not fill the image": (2, 3, 5, 9, 11, 3, 3, 1, 2),
    "tiles that fill it": (2, 3, 5, 8, 12, 3, 3, 1, 1),
    "pixels with a stride": (2, 3, 4, 7, 6, 1, 1, 3, 0),
    "more parts than rows": (7, 1, 1, 2, 5, 2, 2, 1, 0),
}


@pytest.fixture(params=["as they are", "smallest"])
def size_of_blocks(request, monkeypatch):
    """Small images fit one block, whatever its size; blocks of one item each have all the borders that there can be."""
    if request.param == "smallest":
        for module in (channel_norm, examples_last, im2col, pooling, rows, winograd, winograd_rows):
            monkeypatch.setattr(module, "BLOCK_BYTES", 1)
        monkeypatch.setattr(winograd_rows, "PRODUCT_BYTES", 1)
        monkeypatch.setattr(winograd_rows, "MOST_TILES", 1)
        monkeypatch.setattr(examples_last, "EXAMPLES_BYTES", 16)
        monkeypatch.setattr(products, "MOST_OPERATIONS", 200)
        monkeypatch.setattr(products, "STRIP_BYTES", 16)
        monkeypatch.setattr(products, "ROWS_AT_A_TIME", 2)
        monkeypatch.setattr(products, "LEAST_ROWS", 1)
        monkeypatch.setattr(products, "LEAST_ROWS_OF_A_SUM", 1)


@pytest.mark.parametrize("name", KERNELS)
def test_odd_geometries(name, number_of_threads, size_of_blocks, figures):
    rng, tried = np.random.default_rng(0), 0
    for N, C, F, H, W, HH, WW, stride, pad in ODD.values():
        if not KERNELS[name].fits(C, F, HH, WW, stride, pad):
            continue
        conv_param = {"stride": stride, "pad": pad}
        x, w, b = rng.standard_normal((N, C, H, W)), rng.standard_normal((F, C, HH, WW)), rng.standard_normal(F)
        expected, naive_cache = conv_forward_naive(x, w, b, conv_param)
        dout = rng.standard_normal(expected.shape)
        expected = expected, *conv_backward_naive(dout, naive_cache)
        for order in EVERY_ORDER.values():
            with forced(name):
                assert choose(w.shape, stride, pad, expected[0][:, 0].size) is KERNELS[name]
                out, cache = conv_forward(laid(x, order), w, b, conv_param)
                results = out, *conv_backward(laid(dout, order), cache)
            for result, reference in zip(results, expected, strict=True):
                np.testing.assert_allclose(result, reference, rtol=1e-11, atol=1e-11)
            tried += 1
    assert tried >= 6
    figures["convolutions with a forced kernel compared with the loops"] += tried


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_no_examples_give_no_results_and_gradients_of_zero(name, order, number_of_threads):
    size = {"pointwise": 1}.get(name, 3)
    x = laid(np.zeros((0, 3, 6, 7), np.float32), order)
    w, b = np.ones((4, 3, size, size), np.float32), np.ones(4, np.float32)
    with forced(name):
        out, cache = conv_forward(x, w, b, {"stride": 1, "pad": size // 2})
        dx, dw, db = conv_backward(out, cache)
    assert out.shape == (0, 4, 6, 7) and dx.shape == x.shape
    assert dw.shape == w.shape and db.shape == b.shape and not dw.any() and not db.any()
    assert {array.dtype for array in (out, dx, dw, db)} == {np.dtype(np.float32)}


def test_no_filters_on_no_examples_are_no_error():
    x, w, b = np.zeros((0, 3, 5, 5)), np.zeros((0, 3, 3, 3)), np.zeros(0)
    with forced("im2col"):
        out, cache = conv_forward(x, w, b, {"stride": 1, "pad": 1})
        dx, dw, db = conv_backward(out, cache)
    assert (out.shape, dx.shape, dw.shape, db.shape) == ((0, 0, 5, 5), x.shape, w.shape, b.shape)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("double", ["x", "w", "b"])
def test_mixed_dtypes_give_float64(name, double):
    rng, size = np.random.default_rng(0), {"pointwise": 1}.get(name, 3)
    arrays = {"x": rng.standard_normal((2, 3, 6, 7)), "w": rng.standard_normal((4, 3, size, size)), "b": np.ones(4)}
    arrays = {key: array.astype(np.float64 if key == double else np.float32) for key, array in arrays.items()}
    expected, _ = conv_forward_naive(*(array.astype(np.float64) for array in arrays.values()), {"stride": 1, "pad": 0})
    with forced(name):
        out, cache = conv_forward(**arrays, conv_param={"stride": 1, "pad": 0})
        grads = conv_backward(out, cache)
    assert {array.dtype for array in (out, *grads)} == {np.dtype(np.float64)}
    bound = 1e-4 if name in ("fft", "im2col") else 1e-11  # these two multiply float32 by float32 as such
    np.testing.assert_allclose(out, expected, rtol=bound, atol=bound)


@pytest.mark.parametrize("name", KERNELS)
def test_a_bias_in_float64_keeps_its_digits(name):
    size, b = {"pointwise": 1}.get(name, 3), np.random.default_rng(0).standard_normal(4)
    with forced(name):
        out, _ = conv_forward(
            np.zeros((2, 3, 6, 7), np.float32), np.ones((4, 3, size, size), np.float32), b, {"stride": 1, "pad": 0}
        )
    np.testing.assert_array_equal(out, np.broadcast_to(b[:, np.newaxis, np.newaxis], out.shape))


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "pointwise"])
@pytest.mark.parametrize("poisoned", ["x", "dout"])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_poisoned_corner_reaches_only_the_gradients_that_it_is_in(name, poisoned, poison):
    """The pixel in the corner meets four of the nine weights; NaN * 0 of the border is NaN, as in the loops."""
    rng = np.random.default_rng(0)
    arrays = {"x": rng.standard_normal((2, 3, 6, 7)), "dout": rng.standard_normal((2, 4, 6, 7))}
    arrays[poisoned][0, 1, 0, 0] = poison
    w, conv_param = rng.standard_normal((4, 3, 3, 3)), {"stride": 1, "pad": 1}
    cache = arrays["x"], w, np.zeros(4), conv_param
    with forced(name), np.errstate(invalid="ignore"):
        grads, expected = conv_backward(arrays["dout"], cache), conv_backward_naive(arrays["dout"], cache)
    for grad, reference in zip(grads, expected, strict=True):
        np.testing.assert_array_equal(np.isfinite(grad), np.isfinite(reference))
    assert poisoned == "dout" or np.isfinite(grads[1]).sum() == 4 * (3 * 9 - 4)


POOLS = [(3, 2, 9, 8, 2, 2, 2), (2, 3, 9, 8, 3, 2, 1), (2, 1, 7, 9, 2, 3, 4), (1, 3, 4, 6, 2, 2, 2)]
POOLS += [(0, 3, 4, 6, 2, 2, 2)]


@pytest.fixture(params=["few channels", "many channels"])
def few_channels(request, monkeypatch):
    """All images as if they had few channels, or as if they had many."""
    monkeypatch.setattr(pooling, "FEW_CHANNELS", 99 if request.param == "few channels" else 0)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_pooling_in_the_smallest_blocks(order, few_channels, number_of_threads, size_of_blocks):
    rng = np.random.default_rng(0)
    for N, C, H, W, height, width, stride in POOLS:
        pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
        x = laid(rng.integers(0, 4, (N, C, H, W)).astype(np.float32), order)
        out, cache = max_pool_forward(x, pool_param)
        expected, naive_cache = max_pool_forward_naive(x, pool_param)
        np.testing.assert_array_equal(out, expected)
        dout = laid(rng.standard_normal(out.shape).astype(np.float32), order)
        dx, expected = max_pool_backward(dout, cache), max_pool_backward_naive(dout, naive_cache)
        np.testing.assert_allclose(dx, expected, rtol=1e-6, atol=1e-6)
        mean, cache = avg_pool_forward(x, pool_param)
        np.testing.assert_allclose(mean, windows_of(x, height, width, stride).mean(axis=(4, 5)), rtol=1e-6, atol=1e-6)
        dmean, expected = avg_pool_backward(dout, cache), np.zeros_like(x)
        shares = dout[..., np.newaxis, np.newaxis] / (height * width)
        add_windows(expected, np.broadcast_to(shares, (*out.shape, height, width)), stride)
        np.testing.assert_allclose(dmean, expected, rtol=1e-6, atol=1e-6)
        for result in (out, dx, mean, dmean):  # the layout of x, and of dout
            assert result.size == 0 or lies_as(result, x)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_relu_and_pooling_in_one_keep_the_layout(order, few_channels):
    x = laid(np.random.default_rng(0).standard_normal((3, 2, 9, 8)), order)
    out, which = pooling.max_relu_forward(x, 2, 2, 2, (4, 4))
    dx = pooling.max_relu_backward(np.ones(out.shape), which, x.shape, 2, 2, 2)
    assert all(lies_as(result, x) for result in (out, which, dx))


def lies_as(result, x):
    """Whether the axes longer than 1 lie in the same order; plain images of many channels become channels last."""
    def order(array):
        return sorted((axis for axis in range(4) if array.shape[axis] > 1), key=lambda axis: -array.strides[axis])

    wanted = [0, 2, 3, 1] if order(x) == [0, 1, 2, 3] and x.shape[1] >= pooling.FEW_CHANNELS else order(x)
    axes = [axis for axis in wanted if result.shape[axis] > 1]
    return order(result) == axes or x.shape[0] == 1 or x.shape[1] == 1


@pytest.mark.parametrize("layer", [spatial_batchnorm, spatial_batchnorm_relu], ids=lambda layer: layer.name)
@pytest.mark.parametrize("mode", ["train", "test"])
def test_channel_norm_does_not_depend_on_blocks_threads_or_layout(layer, mode, number_of_threads, size_of_blocks):
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.standard_normal((4, 3, 5, 6)), rng.standard_normal(3), rng.standard_normal(3)
    mean, std = (x.mean(axis=(0, 2, 3)), x.std(axis=(0, 2, 3))) if mode == "train" else (np.ones(3), np.full(3, 2.0))
    eps = 1e-300

    def image(vector):
        return vector[:, np.newaxis, np.newaxis]

    normalized = (x - image(mean)) / image(std)
    expected = image(gamma) * normalized + image(beta)
    dout = rng.standard_normal(x.shape)
    d = dout
    if layer is spatial_batchnorm_relu:
        d = dout * (expected > 0)
        expected = np.maximum(expected, 0)
    dgamma, dbeta = (d * normalized).sum(axis=(0, 2, 3)), d.sum(axis=(0, 2, 3))
    dx = image(gamma / std) * d
    if mode == "train":
        dx = image(gamma / std) * (d - image(dbeta) / 120 - normalized * image(dgamma) / 120)
    for order in ORDERS.values():
        bn_param = {"mode": mode, "eps": eps, "running_mean": np.ones(3), "running_var": np.full(3, 4.0)}
        out, cache = layer.forward(laid(x, order), gamma, beta, bn_param)
        results = out, *layer.backward(laid(dout, order), cache)
        for result, reference in zip(results, (expected, dx, dgamma, dbeta), strict=True):
            np.testing.assert_allclose(result, reference, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("shape", [(1, 2, 99, 10101), (1, 2, 10101, 99), (2, 3, 499_999, 1)])
def test_the_bias_gradient_of_many_pixels_is_exact(shape, order):
    """N2: about a million float32 numbers; added up one after the other they would be 1 % wrong."""
    dout = laid(np.full(shape, np.float32(0.1)), order)
    total = channel_norm.sum_of_channels(dout)
    assert total.dtype == np.float32
    np.testing.assert_allclose(total, dout[:, 0].size * np.float64(np.float32(0.1)), rtol=5e-6)


@pytest.mark.parametrize("shape", [(1, 1, 500, 1000), (200, 3, 32, 32), (1, 1, 100000, 1)])
def test_the_bias_gradient_that_comes_with_the_weights_is_nearly_exact(shape):
    """N2: the products add up the pixels of a row of places, for a few images; then come the rows, then the blocks."""
    x, w = np.ones(shape, np.float32), np.ones((16, shape[1], 3, 3), np.float32)
    dout = np.full((shape[0], 16, *shape[2:]), np.float32(0.1))
    with forced("rows"):
        _, _, db = conv_backward(dout, (x, w, np.zeros(16, np.float32), {"stride": 1, "pad": 1}), need_dx=False)
    assert db.dtype == np.float32
    np.testing.assert_allclose(db, dout[:, 0].size * np.float64(np.float32(0.1)), rtol=1e-5)


@pytest.mark.parametrize("C", [1, 2, 3, 16, 64])
def test_batch_statistics_of_many_pixels_are_exact(C):
    """N2: all sums over pixels are of few float32 numbers at a time."""
    pixels = np.full((300_000 // C, C), np.float32(0.1))
    pixels[::2] = 0.3
    exact = pixels.astype(np.float64)
    mean, var = channel_norm.moments(pixels)
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=5e-6)
    np.testing.assert_allclose(var, exact.var(axis=0), rtol=5e-6)
    std = np.sqrt(var)
    dgamma, dbeta = channel_norm.sums_for_backward(pixels, pixels, mean, std)
    np.testing.assert_allclose(dbeta, exact.sum(axis=0), rtol=5e-6)
    normalized = (exact - exact.mean(axis=0)) / exact.std(axis=0)
    np.testing.assert_allclose(dgamma, (exact * normalized).sum(axis=0), rtol=1e-5)


@pytest.mark.parametrize("size_of_first_rows", ["a block", "one row"])
def test_batch_statistics_do_not_depend_on_what_the_first_rows_are_like(size_of_first_rows, monkeypatch):
    """The sums are of differences from the mean of the first rows; here these are far from all others."""
    if size_of_first_rows == "one row":
        monkeypatch.setattr(channel_norm, "BLOCK_BYTES", 1)
        few, bound = 1, 1e-4  # one row in 20000
    else:
        monkeypatch.setattr(channel_norm, "BLOCK_BYTES", 20_000)
        few, bound = 1250, 5e-6
    pixels = 1e4 + np.random.default_rng(0).standard_normal((20_000, 4)).astype(np.float32)
    pixels[:few] = 0
    exact = pixels.astype(np.float64)
    mean, var = channel_norm.moments(pixels)
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(var, exact.var(axis=0), rtol=bound)


def test_the_digits_that_all_pixels_have_in_common_cost_the_variance_none(monkeypatch):
    monkeypatch.setattr(channel_norm, "BLOCK_BYTES", 20_000)
    pixels = 1e4 + np.random.default_rng(0).standard_normal((20_000, 4)).astype(np.float32)
    _, var = channel_norm.moments(pixels)
    np.testing.assert_allclose(var, pixels.astype(np.float64).var(axis=0), rtol=1e-6)


def test_pixels_that_are_all_alike_have_no_variance():
    mean, var = channel_norm.moments(np.full((20_000, 3), np.float32(0.1)))
    assert mean.tolist() == [np.float32(0.1)] * 3
    assert (var >= 0).all() and (var < 1e-15).all()


def test_the_mean_of_huge_numbers_does_not_overflow():
    with np.errstate(over="ignore"):  # of the squares
        mean, _ = channel_norm.moments(np.full((20_000, 2), 1e35, np.float32))
    np.testing.assert_allclose(mean, 1e35, rtol=1e-6)


def test_the_relu_after_a_shift_of_minus_infinity_gives_zeros():
    x, beta = np.random.default_rng(0).standard_normal((500, 3)), np.array([0, -np.inf, 1])
    passed = np.empty(x.shape, bool)
    out = channel_norm.scale_and_shift(x, np.zeros(3), np.ones(3), np.ones(3), beta, passed)
    np.testing.assert_array_equal(out, np.maximum(x + beta, 0))
    np.testing.assert_array_equal(passed, out > 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name, size", [("winograd", 3), ("winograd_rows", 7)])
def test_large_numbers_are_convolved_without_a_warning(name, size):
    """1e20 squared is no float32; the kernels' look for what is not finite takes squares."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 12, 12)).astype(np.float32), np.ones((4, 3, size, size), np.float32)
    with forced(name):
        large, _ = conv_forward(x * np.float32(1e20), w, np.zeros(4, np.float32), {"stride": 1, "pad": 1})
        usual, _ = conv_forward(x, w, np.zeros(4, np.float32), {"stride": 1, "pad": 1})
    np.testing.assert_allclose(large / 1e20, usual, rtol=0, atol=1e-4 * abs(usual).max())


def test_the_sums_of_many_blocks_are_added_up_in_float64(monkeypatch):
    monkeypatch.setattr(channel_norm, "BLOCK_BYTES", 1)
    pixels = np.full((20_000, 1), np.float32(0.1))
    mean, _ = channel_norm.moments(pixels)
    assert mean == np.float32(0.1)


@pytest.mark.parametrize("P", [0, 1, 255, 256, 257, 700, 70_000])
def test_no_row_is_left_out_of_a_sum(P):
    rows = np.arange(2.0 * P).reshape(P, 2)
    np.testing.assert_array_equal(channel_norm._sum_of(rows), rows.sum(axis=0))
