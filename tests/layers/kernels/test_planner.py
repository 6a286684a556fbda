"""Every kernel, forced in turn, gives the numbers of the plain loops."""

from functools import lru_cache
from itertools import cycle, product

import numpy as np
import pytest

from layers import conv_backward, conv_backward_naive, conv_forward, conv_forward_naive
from layers.kernels import winograd
from layers.kernels.planner import KERNELS, PLAN, choose, forced

from ..in_memory import ORDERS, laid

# Norm-wise; of float32 the promise N2.
BOUNDS = {np.float64: (1e-12, 1e-12), np.float32: (1e-5, 1e-4)}


def geometry(name, rng):
    """Draw sizes that the kernel takes: (N, C, F, H, W, HH, WW, stride, pad)."""
    while True:
        N, C, F = (int(size) for size in rng.integers(1, 5, 3))
        HH, WW = {"winograd": (3, 3), "pointwise": (1, 1)}.get(name, rng.integers(1, 6, 2))
        H, W = rng.integers(1, 11, 2)
        stride, pad = int(rng.integers(1, 4)), int(rng.integers(0, 4))
        if name in ("winograd", "winograd_rows", "fft"):
            stride = 1
        if HH <= H + 2 * pad and WW <= W + 2 * pad and KERNELS[name].fits(C, F, HH, WW, stride, pad):
            return N, C, F, int(H), int(W), int(HH), int(WW), stride, pad


@lru_cache(maxsize=None)
def cases(name):
    """Draw 300 convolutions: x, w, b, conv_param and dout, and out and the gradients as the loops give them."""
    rng, drawn = np.random.default_rng(0), []
    for _ in range(300):
        N, C, F, H, W, HH, WW, stride, pad = geometry(name, rng)
        conv_param = {"stride": stride, "pad": pad}
        x, w, b = rng.standard_normal((N, C, H, W)), rng.standard_normal((F, C, HH, WW)), rng.standard_normal(F)
        out, cache = conv_forward_naive(x, w, b, conv_param)
        dout = rng.standard_normal(out.shape)
        drawn.append((x, w, b, conv_param, dout, (out, *conv_backward_naive(dout, cache))))
    return drawn


@pytest.mark.parametrize("number_of_threads", [1, 2], indirect=True, ids=["one thread", "two threads"])
@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_agrees_with_the_loops(name, number_of_threads, figures, monkeypatch):
    ways = cycle((winograd.FEW_TILES, winograd.FEW_TILES, 0, 0))  # to share out Winograd's work, for both dtypes
    for (x, w, b, conv_param, dout, expected), dtype in product(cases(name), BOUNDS):
        monkeypatch.setattr(winograd, "FEW_TILES", next(ways))
        out_bound, grad_bound = BOUNDS[dtype]
        for order in ORDERS.values():
            with forced(name):
                out, cache = conv_forward(laid(x.astype(dtype), order), w.astype(dtype), b.astype(dtype), conv_param)
                got = (out, *conv_backward(laid(dout.astype(dtype), order), cache))
            for bound, result, reference in zip((out_bound, *(grad_bound,) * 3), got, expected):
                assert result.dtype == dtype and result.shape == reference.shape
                assert np.linalg.norm(result - reference) <= bound * max(np.linalg.norm(reference), 1)
            figures["convolutions with a forced kernel compared with the loops"] += 1


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_poisoned_pixel_reaches_only_its_windows(name, poison):
    rng = np.random.default_rng(0)
    size = {"pointwise": 1}.get(name, 3)
    x, w, b = rng.standard_normal((2, 3, 12, 13)), rng.standard_normal((4, 3, size, size)), np.zeros(4)
    x[0, 1, 6, 7] = poison
    conv_param = {"stride": 1, "pad": size // 2}
    with forced(name), np.errstate(invalid="ignore"):
        out, cache = conv_forward(x, w, b, conv_param)
        dout = rng.standard_normal(out.shape)
        dx, dw, _ = conv_backward(dout, cache)
        expected, naive_cache = conv_forward_naive(x, w, b, conv_param)
        _, dw_expected, _ = conv_backward_naive(dout, naive_cache)
    np.testing.assert_array_equal(np.isfinite(out), np.isfinite(expected))
    np.testing.assert_array_equal(np.isfinite(dw), np.isfinite(dw_expected))
    assert np.isfinite(dx).all()


def test_the_plan_names_every_kernel_and_ends_with_one_that_takes_everything():
    assert [name for name, _, _ in PLAN][-1] == "im2col"
    assert {name for name, _, _ in PLAN} == set(KERNELS)


@pytest.mark.parametrize(
    "w_shape, stride, pad, places, name",
    [
        ((64, 256, 1, 1), 1, 0, 10000, "pointwise"),
        ((64, 64, 3, 3), 1, 1, 10000, "winograd"),
        ((64, 64, 3, 3), 1, 1, 64, "im2col"),
        ((32, 3, 7, 7), 1, 3, 100000, "winograd_rows"),
        ((32, 3, 7, 7), 1, 3, 10000, "rows"),
        ((16, 1, 3, 3), 1, 1, 10000, "rows"),
        ((6, 1, 5, 5), 1, 2, 10000, "examples_last"),
        ((16, 6, 5, 5), 1, 0, 10000, "examples_last"),
        ((25, 3, 3, 3), 2, 1, 10000, "examples_last"),
        ((8, 16, 13, 13), 1, 6, 10000, "fft"),
        ((128, 64, 3, 3), 2, 1, 10000, "im2col"),
    ],
)
def test_what_is_chosen(w_shape, stride, pad, places, name):
    assert choose(w_shape, stride, pad, places) is KERNELS[name]


def test_first_layer_is_spared_its_dx():
    rng = np.random.default_rng(0)
    out, cache = conv_forward(
        rng.standard_normal((2, 3, 5, 5)), rng.standard_normal((4, 3, 3, 3)), np.zeros(4), {"stride": 1, "pad": 1}
    )
    dout = rng.standard_normal(out.shape)
    dx, *grads = conv_backward(dout, cache)
    nothing, *same = conv_backward(dout, cache, need_dx=False)
    assert nothing is None and dx.shape == (2, 3, 5, 5)
    for grad, other in zip(grads, same):
        np.testing.assert_array_equal(grad, other)
