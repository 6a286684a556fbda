"""The order of the axes in memory, told from the strides alone."""

import numpy as np
import pytest

from layers import affine_forward
from layers.kernels import layout
from layers.kernels.layout import (
    CHANNELS_LAST,
    EXAMPLES_LAST,
    channels_first,
    channels_last,
    empty_laid,
    filters_first,
    filters_last,
    lay,
    order_of,
    unlay,
)

from .. import in_memory

ORDERS = {"channels last": CHANNELS_LAST, "examples last": EXAMPLES_LAST}
IN_MEMORY = {CHANNELS_LAST: in_memory.CHANNELS_LAST, EXAMPLES_LAST: in_memory.EXAMPLES_LAST}


def laid(shape, order):
    return in_memory.laid(np.zeros(shape), IN_MEMORY.get(order, order))


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("shape", [(3, 2, 4, 5), (2, 3, 1, 1), (1, 2, 4, 5), (3, 1, 4, 5), (1, 1, 4, 5), (0, 2, 4, 5)])
def test_what_lies_in_an_order_is_not_copied(shape, order):
    x = laid(shape, order)
    assert x.shape == shape
    as_it_lies = lay(x, order)
    assert as_it_lies.shape == tuple(shape[axis] for axis in order)
    assert x.size == 0 or np.shares_memory(as_it_lies, x)
    assert x.size == 0 or unlay(as_it_lies, order).strides == x.strides
    assert order_of(unlay(empty_laid(as_it_lies.shape, np.float32, order), order)) == order_of(x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("block_bytes", [1, layout.BLOCK_BYTES])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize(
    "shape", [(2, 3, 4, 5), (3, 9, 32, 32), (9, 4, 16, 16), (9, 8, 32, 32), (2, 10, 64, 64), (0, 9, 32, 32)]
)
def test_what_lies_otherwise_is_copied_and_has_the_same_elements(
    shape, order, dtype, block_bytes, number_of_threads, monkeypatch
):
    """Also where the numbers that come to lie side by side are multiples of 4096 bytes apart."""
    monkeypatch.setattr(layout, "BLOCK_BYTES", block_bytes)
    x = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    for x in (x, x[..., ::-1], np.asfortranarray(x)):
        copied = lay(x, order)
        assert copied.dtype == dtype and not np.shares_memory(copied, x)
        np.testing.assert_array_equal(unlay(copied, order), x)
        assert x.size == 0 or np.shares_memory(lay(unlay(copied, order), order), copied)  # it lies in that order now


@pytest.mark.parametrize("axes", [(0, 2, 3, 1), (2, 1, 3, 0), (2, 3, 0, 1)])
def test_planes_that_compete_for_the_cache_are_moved_apart(axes):
    x = np.random.default_rng(0).standard_normal((9, 12, 32, 32)).transpose(axes)
    moved = layout.uncrowded(x)
    np.testing.assert_array_equal(moved, x)
    assert moved.strides[3] % layout.WAY_BYTES
    assert np.argsort(moved.strides[:3]).tolist() == np.argsort(x.strides[:3]).tolist()  # long runs to copy
    assert layout.uncrowded(moved) is moved
    short_of_it = np.zeros((9, 3, 64, 16), np.float32)[:, :, :21].transpose(2, 1, 3, 0)  # by 64 bytes
    assert layout.uncrowded(short_of_it).strides[3] % layout.WAY_BYTES
    assert layout.uncrowded(few := x[..., : layout.WAYS]) is few


def test_the_order_of_what_lies_in_one_is_known():
    assert order_of(laid((3, 2, 4, 5), EXAMPLES_LAST)) == EXAMPLES_LAST
    assert order_of(laid((3, 2, 4, 5), CHANNELS_LAST)) == CHANNELS_LAST
    assert order_of(np.zeros((3, 2, 4, 5))) == CHANNELS_LAST  # in neither


@pytest.mark.parametrize("shape", [(1, 3, 4, 5), (1, 1, 4, 5), (3, 1, 4, 5), (1, 3, 1, 1), (3, 1, 1, 1), (1, 1, 1, 1)])
@pytest.mark.parametrize("order", [in_memory.NCHW, *ORDERS.values()])
def test_one_image_or_channel_or_place_is_never_copied(shape, order):
    """Such arrays lie in two orders at once; the one that is told must be one of them."""
    x = laid(shape, order)
    assert np.shares_memory(lay(x, order_of(x)), x)


def test_channels_last_and_back():
    x = np.arange(120.0).reshape(2, 3, 4, 5)
    assert channels_last(x)[1, 2, 3, 0] == x[1, 0, 2, 3]
    np.testing.assert_array_equal(channels_first(channels_last(x)), x)
    assert np.shares_memory(channels_first(x), x)


@pytest.mark.parametrize("order", [in_memory.NCHW, *ORDERS.values()])
def test_affine_flattens_for_both_passes_at_once(order):
    """Flattening is a copy where the channels lie last; what is kept for backward is the copy."""
    x = laid((2, 3, 4, 5), order)
    _, (kept, _, _) = affine_forward(x, np.ones((60, 7)), np.ones(7))
    assert kept.shape == x.shape and np.shares_memory(kept, kept.reshape(2, 60))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("least", [0, layout.LEAST_FILTER_BYTES], ids=["in parts", "in one go"])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (16, 3, 3, 3), (37, 5, 2, 3), (3, 0, 3, 3), (0, 2, 3, 3)])
def test_filters_are_laid_and_laid_back(shape, least, dtype, number_of_threads, monkeypatch):
    monkeypatch.setattr(layout, "LEAST_FILTER_BYTES", least)
    w = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    laid = filters_last(w)
    assert laid.flags.c_contiguous
    np.testing.assert_array_equal(laid, w.transpose(2, 3, 1, 0))
    back = filters_first(laid)
    assert back.flags.c_contiguous and not np.shares_memory(back, laid)
    filters_first(laid + 1)
    np.testing.assert_array_equal(back, w)  # it is the caller's
