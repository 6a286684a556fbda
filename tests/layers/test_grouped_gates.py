"""Pairs that do in one go what a chain does: the same outputs, bit for bit, and the same gradients, to rounding."""

import copy
import tracemalloc

import numpy as np
import pytest

from layers import chain, conv, conv_relu_pool, max_pool, relu, relu_pool, release_workspace, set_num_threads
from layers import spatial_batchnorm, spatial_batchnorm_relu
from layers.kernels import channel_norm, pooling, rows, threads, workspace

from .in_memory import EVERY_ORDER, laid
from .rows import pool

CONV_RELU_POOL = conv_relu_pool, chain(conv, relu, max_pool)
RELU_POOL = relu_pool, chain(relu, max_pool)
BATCHNORM_RELU = spatial_batchnorm_relu, chain(spatial_batchnorm, relu)


@pytest.fixture(params=["as they are", "smallest blocks, two threads"])
def how(request, monkeypatch):
    """Small images fit one block and one thread; here they do not. Results lie in memory that was used before."""
    monkeypatch.setattr(workspace, "LEAST_RESULT_BYTES", 1)
    if request.param != "as they are":
        for module in (channel_norm, pooling, rows):
            monkeypatch.setattr(module, "BLOCK_BYTES", 1)
        monkeypatch.setattr(threads, "LEAST_WORK", 0)
        monkeypatch.setattr(threads, "LEAST_TO_LIMIT", 0)
        set_num_threads(2)
    yield
    set_num_threads(None)


def grads(layer, dout, cache):
    result = layer.backward(dout, cache)
    return result if isinstance(result, tuple) else (result,)


def assert_equal_to_the_chain(pair, x, arrays, settings, rng, bound):
    """Forward and backward, and what they leave in the settings; dout is random."""
    grouped, plain = pair
    own, others = copy.deepcopy(settings), copy.deepcopy(settings)
    out, cache = grouped.forward(x, *arrays, *own)
    expected, plain_cache = plain.forward(x, *arrays, *others)
    np.testing.assert_array_equal(out, expected)
    assert out.dtype == expected.dtype
    np.testing.assert_equal(own, others)
    dout = rng.standard_normal(out.shape).astype(out.dtype)
    results, references = grads(grouped, dout, cache), grads(plain, dout, plain_cache)
    for result, reference in zip(results, references, strict=True):
        assert result.dtype == reference.dtype and result.shape == reference.shape
        np.testing.assert_allclose(result, reference, rtol=bound, atol=bound * max(1, abs(reference).max(initial=0)))
    again = grads(grouped, dout, cache)
    for result, reference in zip(again, results):
        np.testing.assert_array_equal(result, reference)


# (N, C, F, H, W): for several kernels, of which `rows` hands over its blocks
SIZES = [(3, 2, 5, 8, 9), (1, 1, 3, 6, 6), (2, 4, 17, 8, 6), (2, 17, 16, 6, 7), (0, 2, 3, 5, 5)]
SIZES += [(3, 2, 16, 8, 9), (5, 1, 17, 6, 6), (0, 2, 16, 5, 5)]

POOLS = {
    "tiles": pool(2, 2, 2),
    "tiles that leave a remainder": pool(3, 3, 3),
    "overlapping": pool(3, 2, 1),
    "with gaps": pool(2, 1, 3),
    "one pixel": pool(1, 1, 1),
    "one pixel of four": pool(1, 1, 2),
    "a row": pool(1, 4, 2),
    "every other row": pool(1, 2, 2),
    "every other column": pool(2, 1, 2),
    "square, other stride": pool(2, 2, 1),
    "in another order": {"stride": 2, "pool_width": 3, "pool_height": 2},
    "NumPy's integers": {"pool_height": np.int64(2), "pool_width": np.int8(2), "stride": np.uint8(2)},
}


@pytest.mark.parametrize("pool_param", POOLS.values(), ids=POOLS)
@pytest.mark.parametrize("dtype, bound", [(np.float32, 1e-5), (np.float64, 1e-13)], ids=["float32", "float64"])
def test_conv_relu_pool_gives_the_chain_s_numbers(pool_param, dtype, bound, how, figures):
    rng = np.random.default_rng(0)
    for N, C, F, H, W in SIZES:
        for ties in (False, True):
            arrays = [rng.standard_normal(shape) for shape in ((N, C, H, W), (F, C, 3, 3), (F,))]
            if ties:
                arrays = [rng.integers(-1, 2, array.shape) for array in arrays]
            x, w, b = (array.astype(dtype) for array in arrays)
            settings = [{"stride": 1, "pad": 1}, pool_param]
            assert_equal_to_the_chain(CONV_RELU_POOL, x, (w, b), settings, rng, bound)
            figures["grouped gates compared with the plain chain"] += 1


@pytest.mark.parametrize("pool_param", POOLS.values(), ids=POOLS)
@pytest.mark.parametrize("order", EVERY_ORDER.values(), ids=EVERY_ORDER)
@pytest.mark.parametrize("dtype, bound", [(np.float32, 1e-5), (np.float64, 1e-13)], ids=["float32", "float64"])
def test_relu_pool_gives_the_chain_s_numbers(pool_param, dtype, bound, order, how, figures):
    rng = np.random.default_rng(0)
    for shape in ((3, 5, 8, 9), (1, 3, 6, 6), (2, 17, 8, 6), (0, 2, 5, 5)):
        for x in (rng.standard_normal(shape), rng.integers(-1, 2, shape)):
            assert_equal_to_the_chain(RELU_POOL, laid(x.astype(dtype), order), (), [pool_param], rng, bound)
            figures["grouped gates compared with the plain chain"] += 1


@pytest.mark.parametrize("size", [(15, 17), (16, 16), (16, 17), (20, 20)])
@pytest.mark.parametrize("last", [False, True])
def test_windows_of_around_256_places(size, last):
    """The places are small integers; one more of them means that nothing was let through."""
    x = np.random.default_rng(0).standard_normal((2, 1, 40, 41)).astype(np.float32)
    if last:  # the largest element is the last of the first window
        x[:, :, size[0] - 1, size[1] - 1] = 100
    for sign in (1, -1):
        arrays = np.ones((1, 1, 1, 1), np.float32), np.full(1, -1000.0 if sign < 0 else 0.0, np.float32)
        settings = [{"stride": 1, "pad": 0}, pool(*size, 3)]
        assert_equal_to_the_chain(CONV_RELU_POOL, x, arrays, settings, np.random.default_rng(1), 1e-5)


def test_nothing_above_zero_gives_zeros_and_no_gradient():
    x, w, b = np.ones((1, 1, 4, 4)), np.ones((2, 1, 1, 1)), np.array([-1.0, -2.0])  # exactly zero, and below
    out, cache = conv_relu_pool.forward(x, w, b, {"stride": 1, "pad": 0}, POOLS["tiles"])
    assert not out.any()
    for grad in conv_relu_pool.backward(np.ones_like(out), cache):
        assert not grad.any()


@pytest.mark.parametrize("F", [4, 16])  # by examples_last, and by rows
def test_dx_is_spared_on_request(F):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in ((2, 3, 6, 6), (F, 3, 3, 3), (F,)))
    out, cache = conv_relu_pool.forward(x, w, b, {"stride": 1, "pad": 1}, POOLS["tiles"])
    _, *grads = conv_relu_pool.backward(out, cache)
    nothing, *same = conv_relu_pool.backward(out, cache, need_dx=False)
    assert nothing is None
    for grad, other in zip(grads, same, strict=True):
        np.testing.assert_array_equal(grad, other)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("F", [4, 16])
def test_what_is_not_finite_comes_out_where_the_chain_lets_it_out(poison, F, how):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in ((2, 3, 8, 8), (F, 3, 3, 3), (F,)))
    x[1, 2, 3, 4] = poison
    grouped, plain = CONV_RELU_POOL
    for pool_param in (POOLS["tiles"], POOLS["overlapping"]):
        with np.errstate(invalid="ignore"):
            out, _ = grouped.forward(x, w, b, {"stride": 1, "pad": 1}, pool_param)
            expected, _ = plain.forward(x, w, b, {"stride": 1, "pad": 1}, pool_param)
        np.testing.assert_array_equal(out, expected)
        assert np.isnan(poison) <= np.isnan(out).any() and out[0].max() < np.inf
    x = x.astype(np.float32)
    bn_param = {"mode": "test"}
    with np.errstate(invalid="ignore"):
        out, _ = spatial_batchnorm_relu.forward(x, *np.ones((2, 3), np.float32), dict(bn_param))
        expected, _ = BATCHNORM_RELU[1].forward(x, *np.ones((2, 3), np.float32), dict(bn_param))
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("pair", ["conv_relu_pool", "spatial_batchnorm_relu"])
def test_a_nan_in_dout_is_never_swallowed(pair):
    """N3."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 6, 6)), rng.standard_normal((3, 3, 3, 3))
    if pair == "conv_relu_pool":
        out, cache = conv_relu_pool.forward(x, w, np.zeros(3), {"stride": 1, "pad": 1}, POOLS["tiles"])
    else:
        out, cache = spatial_batchnorm_relu.forward(x, np.ones(3), np.zeros(3), {"mode": "train"})
    dout = np.ones_like(out)
    dout[1, 2, 0, 0] = np.nan
    backward = {"conv_relu_pool": conv_relu_pool, "spatial_batchnorm_relu": spatial_batchnorm_relu}[pair].backward
    for grad in backward(dout, cache):
        assert np.isnan(grad).any()


@pytest.mark.parametrize("mode", ["train", "test"])
@pytest.mark.parametrize("order", EVERY_ORDER.values(), ids=EVERY_ORDER)
@pytest.mark.parametrize("dtype, bound", [(np.float32, 1e-5), (np.float64, 1e-13)], ids=["float32", "float64"])
def test_batchnorm_relu_gives_the_chain_s_numbers(mode, order, dtype, bound, how, figures):
    rng = np.random.default_rng(0)
    for shape in ((3, 5, 4, 6), (1, 3, 5, 5), (4, 1, 3, 3), (2, 20, 1, 1), (0, 2, 3, 3)):
        if mode == "train" and 0 in shape:
            continue
        for ties in (False, True):
            C = shape[1]
            x = (rng.integers(-1, 2, shape) if ties else 3 + rng.standard_normal(shape)).astype(dtype)
            gamma, beta = rng.standard_normal((2, C)).astype(dtype)
            gamma[0] = 0  # every element of this channel lies on the kink, or all pass
            beta[0] = 0 if ties else 1
            bn_param = {"mode": mode, "momentum": 0.7, "eps": 1e-3}
            bn_param |= {"running_mean": np.ones(C, dtype), "running_var": np.full(C, 4, dtype)}
            assert_equal_to_the_chain(BATCHNORM_RELU, laid(x, order), (gamma, beta), [bn_param], rng, bound)
            figures["grouped gates compared with the plain chain"] += 1


def test_mixed_dtypes_give_float64_as_the_chain_does():
    rng = np.random.default_rng(0)
    x, (gamma, beta) = rng.standard_normal((2, 3, 4, 4)).astype(np.float32), rng.standard_normal((2, 3))
    out, _ = spatial_batchnorm_relu.forward(x, gamma, beta, {"mode": "train"})
    expected, _ = BATCHNORM_RELU[1].forward(x, gamma, beta, {"mode": "train"})
    assert out.dtype == expected.dtype == np.float64
    np.testing.assert_array_equal(out, expected)


def test_what_was_pooled_is_not_kept_for_backward():
    x, w, b = np.ones((2, 3, 8, 8)), np.ones((7, 3, 3, 3)), np.zeros(7)
    _, cache = conv_relu_pool.forward(x, w, b, {"stride": 1, "pad": 1}, POOLS["tiles"])
    sizes = [array.nbytes for array in cache if isinstance(array, np.ndarray)]
    assert sizes == [2 * 7 * 4 * 4]  # the places, of a byte each


def test_what_is_pooled_and_its_gradient_are_never_in_memory_as_a_whole(monkeypatch):
    """With few channels and many filters; blocks of one image."""
    monkeypatch.setattr(rows, "BLOCK_BYTES", 1)
    x, w, b = (np.ones(shape, np.float32) for shape in ((32, 1, 32, 32), (16, 1, 3, 3), (16,)))
    release_workspace()
    tracemalloc.start()
    out, cache = conv_relu_pool.forward(x, w, b, {"stride": 1, "pad": 1}, POOLS["tiles"])
    conv_relu_pool.backward(out, cache, need_dx=False)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert out.nbytes < most < 3 * out.nbytes  # what is pooled takes four times as much


@pytest.mark.parametrize("order", EVERY_ORDER.values(), ids=EVERY_ORDER)
def test_dout_may_lie_in_any_order(order, how):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in ((3, 1, 7, 6), (16, 1, 3, 3), (16,)))
    out, cache = conv_relu_pool.forward(x, w, b, {"stride": 1, "pad": 1}, POOLS["overlapping"])
    dout = rng.standard_normal(out.shape)
    expected = conv_relu_pool.backward(dout, cache)
    for grad, reference in zip(conv_relu_pool.backward(laid(dout, order), cache, need_dx=False)[1:], expected[1:]):
        np.testing.assert_array_equal(grad, reference)


@pytest.mark.parametrize("key, value", [("stride", 0), ("pool_height", 9), ("pool_width", None), ("other", 1)])
def test_a_wrong_pool_param_is_refused_by_name(key, value):
    x, w, b = np.ones((1, 1, 8, 8)), np.ones((1, 1, 3, 3)), np.zeros(1)
    with pytest.raises(ValueError, match="^conv_relu_pool_forward: "):
        conv_relu_pool.forward(x, w, b, {"stride": 1, "pad": 1}, {**POOLS["tiles"], key: value})
