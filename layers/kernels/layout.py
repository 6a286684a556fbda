"""The order of the axes in memory, apart from that in the shape.

Images have the shape (N, C, H, W) everywhere. In memory the channels may lie last, as (N, H, W, C): then a window's row
is one run of WW * C numbers, batchnorm sums rows, and pooling compares whole rows of channels. Or, where there are too
few channels for that, the examples lie last, as (H, C, W, N). NumPy's ufuncs keep the order of their operands, so the
layout travels through a net without any layer's interface knowing of it.

What goes over images in either layout sees them as (outer, H, W, inner): each example apart and the channels inside, or
the other way round.
"""

import math

import numpy as np

from .threads import split
from .workspace import LINE_BYTES, as_runs, blocks, empty, order_in_memory, scratch

# The axes of images as (outer, H, W, inner).
CHANNELS_LAST, EXAMPLES_LAST = (0, 2, 3, 1), (1, 2, 3, 0)
_BACK = {order: tuple(np.argsort(order)) for order in (CHANNELS_LAST, EXAMPLES_LAST)}

# A block of images whose copy stays in a core's L2 cache.
BLOCK_BYTES = 1 << 20

# Smaller filters than that are laid with the filters last, and back, in one go.
LEAST_FILTER_BYTES = 1 << 20

# Numbers whose addresses differ by multiples of WAY_BYTES compete for the same few lines of a core's L1 cache. Just so
# far apart lie the channels of 32 x 32 pixels in float32, and the examples, too.
WAY_BYTES, WAYS = 4096, 8


def channels_last(x):
    """View images (N, C, H, W) as (N, H, W, C); copied only if the channels do not lie last in memory."""
    return lay(x, CHANNELS_LAST)


def channels_first(x):
    """View (N, H, W, C) as images (N, C, H, W)."""
    return unlay(x, CHANNELS_LAST)


def lay(x, order):
    """View images as (outer, H, W, inner), to be read only; copied only if they do not have that layout."""
    x = x.transpose(order)
    return x if _lies_in(x, order) else _swap(_copy(_swap(x, order)), order)


def filters_last(w):
    """Lay filters (F, C, HH, WW) as (HH, WW, C, F), to be read only."""
    if w.nbytes < LEAST_FILTER_BYTES:
        return np.ascontiguousarray(w.transpose(2, 3, 1, 0))
    F, C, HH, WW = w.shape
    out = np.empty((HH, WW, C, F), w.dtype)

    def part(some):
        out[..., some] = np.ascontiguousarray(w[some].transpose(0, 2, 3, 1)).transpose(1, 2, 3, 0)

    _some_at_a_time(part, w)
    return out


def flipped(w):
    """Lay filters (F, C, HH, WW) as dout meets them on its way to x: from the other side, as (HH, WW, F, C)."""
    return np.ascontiguousarray(w[:, :, ::-1, ::-1].transpose(2, 3, 0, 1))


def filters_first(w):
    """Copy filters (HH, WW, C, F) as (F, C, HH, WW)."""
    if w.nbytes < LEAST_FILTER_BYTES:
        return w.transpose(3, 2, 0, 1).copy()
    HH, WW, C, F = w.shape
    out = np.empty((F, C, HH, WW), w.dtype)

    def part(some):
        few = scratch("filters", w[..., some].shape, w.dtype)
        np.copyto(as_runs(few), as_runs(w[..., some]))
        out[some] = few.transpose(3, 2, 0, 1)

    _some_at_a_time(part, out)
    return out


def _some_at_a_time(part, w):
    """Call ``part(some)`` for slices of filters (F, C, HH, WW), as many as have numbers side by side in a cache line.

    To bring the first axis to the end, or the last to the beginning, takes every number from another cache line, and
    the lines of all filters do not stay at hand until the next numbers are taken. Some filters' do, once they lie
    together.
    """

    def several(start, stop):
        for some in blocks(start, stop, w.itemsize, LINE_BYTES):
            part(some)

    split(several, len(w), 30 * w.nbytes)  # it takes as long as so many operations of a product for each byte


def unlay(x, order):
    """View (outer, H, W, inner) as images (N, C, H, W)."""
    return x.transpose(_BACK[order])


def empty_laid(shape, dtype, order):
    """Return `empty` memory of shape (outer, H, W, inner), in that layout; of a single example, as plain images."""
    outer, H, W, inner = shape
    if order == EXAMPLES_LAST and inner > 1:
        return _swap(empty((H, outer, W, inner), dtype), order)
    return empty(shape, dtype)


def order_of(x):
    """The layout that x has already, or else that with the channels last."""
    return EXAMPLES_LAST if _lies_in(x.transpose(EXAMPLES_LAST), EXAMPLES_LAST) else CHANNELS_LAST


def _lies_in(x, order):
    """Whether x, (outer, H, W, inner), has that layout, or lies as it is seen, as one image in NCHW does."""
    return x.flags.c_contiguous or _swap(x, order).flags.c_contiguous


def uncrowded(x):
    """Return x, or a copy in scratch memory that is quicker to go over with the last axis as the innermost one.

    To do so takes a number from every plane of the other axes by turns. The cache lines of all planes should stay at
    hand until the next turn; they cannot if they compete. In the copy the planes begin where they do not.
    """
    *plane, inner = x.shape
    if inner <= WAYS or x.strides[-1] % WAY_BYTES:
        return x
    size, order = math.prod(plane), order_in_memory(x[..., 0])
    gap = LINE_BYTES if (size * x.itemsize + LINE_BYTES) % WAY_BYTES else 2 * LINE_BYTES
    planes = scratch("planes", (inner, size + gap // x.itemsize), x.dtype)[:, :size]
    planes = planes.reshape(inner, *(plane[axis] for axis in order)).transpose(*(1 + np.argsort(order)), 0)
    np.copyto(planes, x)
    return planes


def _copy(x):
    """Copy images so that their axes lie in memory in the order in which they are seen."""
    out = empty(x.shape, x.dtype)

    def part(start, stop):
        for some in blocks(start, stop, x[:1].nbytes, BLOCK_BYTES):
            np.copyto(out[some], uncrowded(x[some]))

    split(part, len(out), 12 * out.nbytes)
    return out


def _swap(x, order):
    """View (outer, H, W, inner) with its axes as they lie in memory, and back.

    Where the examples are last a row of all channels lies together: windows are cut out along the rows.
    """
    return x.swapaxes(0, 1) if order == EXAMPLES_LAST else x
