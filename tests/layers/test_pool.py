"""Max and average pooling: overlapping windows, ties, and the mass of the gradient."""

import numpy as np
import pytest

from layers import Layer, avg_pool_backward, avg_pool_forward, check_layer
from layers import global_avg_pool_backward, global_avg_pool_forward
from layers import avg_pool, max_pool, relu_pool
from layers import max_pool_backward, max_pool_backward_naive, max_pool_forward, max_pool_forward_naive
from layers.kernels.windows import windows_of

from .in_memory import ORDERS, laid
from .rows import distinct, pool

OVERLAPPING, TILING = pool(3, 2, 1), pool(2, 2, 2)


def geometries(count, seed):
    rng = np.random.default_rng(seed)
    for i in range(count):
        N, C, H, W = (int(size) for size in rng.integers(1, (2, 3, 7, 7), endpoint=True))
        height, width = int(rng.integers(1, H, endpoint=True)), int(rng.integers(1, W, endpoint=True))
        if i % 10 == 0:
            height = width = 1
        if i % 10 == 1:
            height, width = H, W
        yield rng, (N, C, H, W), pool(height, width, int(rng.integers(1, 4)))


def avg_pool_by_loops(x, dout, pool_height, pool_width, stride):
    """The means of all windows, and the gradient that they send back."""
    out, dx = np.zeros(dout.shape), np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        window = n, c, slice(i * stride, i * stride + pool_height), slice(j * stride, j * stride + pool_width)
        out[n, c, i, j] = x[window].sum() / (pool_height * pool_width)
        dx[window] += dout[n, c, i, j] / (pool_height * pool_width)
    return out, dx


def overwriting_backward(dout, cache):
    """`max_pool_backward` with ``=`` in place of ``+=``: an element that won two windows keeps one gradient."""
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    windows = windows_of(x, height, width, stride)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        u, v = np.unravel_index(windows[n, c, i, j].argmax(), (height, width))
        dx[n, c, i * stride + u, j * stride + v] = dout[n, c, i, j]
    return dx


def test_max_pool_agrees_with_the_loops(figures):
    """G3: 300 geometries; half of them with many ties."""
    for i, (rng, shape, pool_param) in enumerate(geometries(300, seed=0)):
        x = rng.standard_normal(shape) if i % 2 else rng.integers(0, 3, shape).astype(float)
        out, cache = max_pool_forward(x, pool_param)
        expected, naive_cache = max_pool_forward_naive(x, pool_param)
        np.testing.assert_array_equal(out, expected)
        dout = rng.standard_normal(out.shape)
        dx = max_pool_backward(dout, cache)
        np.testing.assert_allclose(dx, max_pool_backward_naive(dout, naive_cache), rtol=1e-12, atol=1e-12)
        assert abs(dx.sum() - dout.sum()) <= 1e-12
        figures["convolutions and pools compared with an oracle (G3)"] += 1


def test_avg_pool_agrees_with_the_loops(figures):
    """G3: 300 geometries."""
    for rng, shape, pool_param in geometries(300, seed=1):
        x = rng.standard_normal(shape)
        out, cache = avg_pool_forward(x, pool_param)
        dout = rng.standard_normal(out.shape)
        dx = avg_pool_backward(dout, cache)
        expected, expected_dx = avg_pool_by_loops(x, dout, **pool_param)
        np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(dx, expected_dx, rtol=1e-12, atol=1e-12)
        assert abs(dx.sum() - dout.sum()) <= 1e-12
        figures["convolutions and pools compared with an oracle (G3)"] += 1


@pytest.mark.parametrize("backward", [max_pool_backward, max_pool_backward_naive])
@pytest.mark.parametrize("pool_param", [OVERLAPPING, TILING, pool(2, 3, 2)], ids=["overlapping", "tiling", "mixed"])
def test_ties_neither_lose_nor_double_gradient(backward, pool_param):
    """R2: on a constant image every window is one tie."""
    x = np.full((2, 3, 6, 7), 0.5)
    out, cache = max_pool_forward(x, pool_param)
    dout = np.random.default_rng(2).standard_normal(out.shape)
    assert abs(backward(dout, cache).sum() - dout.sum()) <= 1e-12


@pytest.mark.parametrize("backward", [max_pool_backward, max_pool_backward_naive])
def test_the_first_maximum_gets_the_gradient(backward):
    x = np.array([[[[1.0, 5.0, 0.0], [5.0, 5.0, 5.0]]]])
    _, cache = max_pool_forward(x, pool(2, 2, 1))
    dx = backward(np.array([[[[2.0, 3.0]]]]), cache)
    assert dx.tolist() == [[[[0, 5, 0], [0, 0, 0]]]]


def test_an_element_that_wins_several_windows_adds_up():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    _, cache = max_pool_forward(x, pool(2, 2, 1))
    dx = max_pool_backward(np.array([[[[1.0, 10.0], [100.0, 1000.0]]]]), cache)
    assert dx[0, 0].tolist() == [[0, 0, 0], [0, 1111, 0], [0, 0, 0]]


def test_only_overlapping_windows_show_an_assignment_in_place_of_a_sum():
    """The course's own check pools in tiles, and passes with the fault."""
    faulty = Layer(max_pool_forward, overwriting_backward)
    (x,) = distinct(np.random.default_rng(3), (2, 2, 6, 6))
    (tiling,) = check_layer(faulty, x, settings=[TILING])
    (overlapping,) = check_layer(faulty, x, settings=[OVERLAPPING])
    assert tiling.error <= 1e-7
    assert overlapping.error > 0.1 and overlapping.num_kinks == 0


@pytest.mark.parametrize("forward", [max_pool_forward, max_pool_forward_naive, avg_pool_forward])
def test_a_nan_reaches_just_the_windows_that_contain_it(forward):
    """N3."""
    x = np.random.default_rng(4).standard_normal((1, 2, 5, 5))
    x[0, 1, 2, 2] = np.nan
    out, _ = forward(x, pool(2, 2, 1))
    expected = np.zeros(out.shape, dtype=bool)
    expected[0, 1, 1:3, 1:3] = True
    np.testing.assert_array_equal(np.isnan(out), expected)


def test_minus_infinity_is_a_number_like_others():
    x = np.full((1, 1, 2, 2), -np.inf)
    out, cache = max_pool_forward(x, TILING)
    assert out.item() == -np.inf
    assert max_pool_backward(np.ones((1, 1, 1, 1)), cache).ravel().tolist() == [1, 0, 0, 0]


def test_one_window_over_the_whole_image_is_the_global_average():
    x = 3 + np.random.default_rng(5).standard_normal((2, 3, 4, 5))  # away from zero, where sums lose digits
    out, _ = avg_pool_forward(x, pool(4, 5, 1))
    np.testing.assert_allclose(out[:, :, 0, 0], global_avg_pool_forward(x)[0], rtol=1e-14)


@pytest.mark.parametrize("shape", [(1, 1, 1, 300_000), (1, 1, 300_000, 1), (1, 2, 2, 150_000)])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_the_mean_of_very_many_numbers_is_exact(shape, order):
    """N2: added up one after the other in float32, they would be 0.3 % wrong."""
    x = laid(np.full(shape, np.float32(0.1)), order)
    out, _ = avg_pool_forward(x, pool(*shape[2:], 1))
    assert out.dtype == np.float32 and out.shape == (*shape[:2], 1, 1)
    np.testing.assert_allclose(out, np.float32(0.1), rtol=1e-6)


@pytest.mark.parametrize("layer", [max_pool, avg_pool, relu_pool], ids=lambda layer: layer.name)
@pytest.mark.parametrize("pool_param", [OVERLAPPING, TILING], ids=["overlapping", "tiling"])
@pytest.mark.parametrize("dtypes", [("f4", "f4"), ("f4", "f8"), ("f8", "f4")], ids="-".join)
def test_each_array_keeps_its_dtype_and_its_digits(layer, pool_param, dtypes):
    """dx is as precise as dout, whatever x is."""
    rng = np.random.default_rng(6)
    x, dout = rng.permutation(np.arange(216.0) - 100).reshape(2, 3, 6, 6), rng.standard_normal((2, 3, 6, 6))
    out, cache = layer.forward(x.astype(dtypes[0]), pool_param)
    dout = dout[:, :, : out.shape[2], : out.shape[3]].astype(dtypes[1])
    dx = layer.backward(dout, cache)
    assert (out.dtype, dx.dtype) == dtypes
    exact = layer.backward(dout.astype(np.float64), layer.forward(x, pool_param)[1])
    np.testing.assert_allclose(dx, exact, rtol=0, atol=100 * np.finfo(dtypes[1]).eps)


@pytest.mark.parametrize("layer", [max_pool, avg_pool, relu_pool], ids=lambda layer: layer.name)
@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int64])
def test_sizes_may_be_numpy_s_integers(layer, integer):
    x = np.random.default_rng(7).standard_normal((1, 2, 16, 300))
    sizes = pool(16, 16, 2)
    out, cache = layer.forward(x, {name: integer(size) for name, size in sizes.items()})
    expected, expected_cache = layer.forward(x, sizes)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(layer.backward(out, cache), layer.backward(out, expected_cache))


FORWARDS = [max_pool_forward, max_pool_forward_naive, avg_pool_forward]


@pytest.mark.parametrize("name", ["pool_height", "pool_width", "stride"])
@pytest.mark.parametrize("forward", FORWARDS)
def test_wrong_sizes_are_refused(forward, name, figures):
    """S4."""
    for value in (0, -1, 1.5, 2.0, True, None, "2"):
        with pytest.raises(ValueError, match=f"^{forward.__name__}: {name} must be an integer >= 1, got ") as refusal:
            forward(np.ones((1, 1, 3, 3)), {**TILING, name: value})
        assert str(refusal.value).endswith(repr(value))
        figures["wrong settings refused (S4)"] += 1


@pytest.mark.parametrize("forward", FORWARDS)
@pytest.mark.parametrize("size", [(4, 1), (1, 5)])
def test_a_window_larger_than_the_image_is_refused(forward, size):
    message = rf"^{forward.__name__}: a window of \({size[0]}, {size[1]}\) does not fit into x of height 3 and width 4"
    with pytest.raises(ValueError, match=message):
        forward(np.ones((1, 1, 3, 4)), pool(*size, 1))


@pytest.mark.parametrize("forward", FORWARDS)
def test_numpy_s_integers_are_integers(forward):
    x = np.random.default_rng(6).standard_normal((1, 1, 5, 5))
    out, _ = forward(x, {name: np.int32(size) for name, size in OVERLAPPING.items()})
    np.testing.assert_array_equal(out, forward(x, OVERLAPPING)[0])


def test_global_average_pooling_hands_back_images_with_their_channels_last():
    _, cache = global_avg_pool_forward(np.ones((2, 3, 4, 5)))
    dx = global_avg_pool_backward(np.ones((2, 3)), cache)
    assert dx.transpose(0, 2, 3, 1).flags.c_contiguous and dx.flags.writeable
