"""Sums over many numbers with the examples last, and the ends of what shapes and settings can be."""

import tracemalloc

import numpy as np
import pytest

from layers.kernels import examples_last, im2col
from layers.kernels.layout import EXAMPLES_LAST, order_of, uncrowded


@pytest.mark.parametrize("shape", [(500_000, 1, 1, 2), (1, 1, 500_000, 1)])
def test_db_of_very_many_numbers_loses_few_digits_in_float32(shape):
    """Promise N2: added up one after the other in float32, a million times 0.1 is 1 % off."""
    x = np.full(shape, 0.1, np.float32)
    _, db = examples_last.backward_w_and_b(x, np.repeat(x, 2, axis=1), (2, 1, 1, 1), 1, 0)
    np.testing.assert_allclose(db, x.sum(dtype=np.float64), rtol=3e-5)


def test_the_sums_of_many_blocks_are_added_up_in_float64(monkeypatch):
    monkeypatch.setattr(examples_last, "BLOCK_BYTES", 1)
    x = np.full((1, 1, 20_000, 1), np.float32(0.1))
    dw, db = examples_last.backward_w_and_b(x, x, (1, 1, 1, 1), 1, 0)
    assert db == np.float32(20_000 * np.float64(x.max()))
    np.testing.assert_allclose(dw, 20_000 * np.square(x.max()).astype(np.float64), rtol=1e-7)


def test_results_have_the_layout_that_the_other_layers_know():
    x, w, b = np.ones((3, 2, 6, 5)), np.ones((4, 2, 3, 3)), np.ones(4)
    out = examples_last.forward(x, w, b, 1, 1, (6, 5))
    assert order_of(out) == EXAMPLES_LAST
    assert order_of(examples_last.backward_x(out, w, x.shape, 1, 1)) == EXAMPLES_LAST


@pytest.mark.parametrize("stride", [1, 2])
def test_images_whose_examples_compete_for_the_cache(stride, monkeypatch):
    """Examples of 32 x 32 pixels lie a multiple of 4096 bytes apart: a copy of them is laid last, few at a time."""
    monkeypatch.setattr(examples_last, "EXAMPLES_BYTES", 16)
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((9, 3, 32, 32)), rng.standard_normal((16, 3, 3, 3)), rng.standard_normal(16)
    size = 32 // stride
    dout = rng.standard_normal((9, 16, size, size))
    for images in (x, dout):
        pixels_of_examples = images.transpose(2, 1, 3, 0)
        assert uncrowded(pixels_of_examples) is not pixels_of_examples
    out = examples_last.forward(x, w, b, stride, 1, (size, size))
    np.testing.assert_allclose(out, im2col.forward(x, w, b, stride, 1, (size, size)), atol=1e-12)
    for dw, expected in zip(*(k.backward_w_and_b(x, dout, w.shape, stride, 1) for k in (examples_last, im2col))):
        np.testing.assert_allclose(dw, expected, atol=1e-11)
    dx = examples_last.backward_x(dout, w, x.shape, stride, 1)
    np.testing.assert_allclose(dx, im2col.backward_x(dout, w, x.shape, stride, 1), atol=1e-12)


def test_a_stride_far_beyond_the_image_costs_no_memory():
    tracemalloc.start()
    try:
        dx = examples_last.backward_x(np.ones((1, 1, 1, 1)), np.ones((1, 1, 2, 2)), (1, 1, 3, 3), 100_000, 0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(dx, [[[[1, 1, 0], [1, 1, 0], [0, 0, 0]]]])
    assert peak < 1 << 20


@pytest.mark.parametrize("C, F", [(0, 3), (2, 0), (0, 0)])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_no_channels_or_no_filters_are_nothing_special(C, F, stride):
    x, w, b = np.ones((2, C, 5, 5)), np.ones((F, C, 3, 3)), np.arange(1.0, F + 1)
    size = 1 + 4 // stride
    out = examples_last.forward(x, w, b, stride, 1, (size, size))
    np.testing.assert_array_equal(out, np.broadcast_to(b.reshape(F, 1, 1), (2, F, size, size)))
    dw, db = examples_last.backward_w_and_b(x, out, w.shape, stride, 1)
    np.testing.assert_array_equal(db, 2 * size**2 * b)
    dx = examples_last.backward_x(out, w, x.shape, stride, 1)
    assert dw.shape == w.shape and dx.shape == x.shape and not dx.any()
