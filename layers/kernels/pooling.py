"""Pooling as a few operations on whole images: first along the rows of the window, then along its columns.

The largest of HH x WW numbers is the largest of HH row maxima, and their sum is that of HH row sums. Offset by offset,
a row or column of all windows together is one strided slice, so NumPy goes over long runs where the channels or the
examples lie last, and each pass has fewer places than the one before. Images are seen as (outer, H, W, inner) here,
inner being the channels or the examples; each outer one is apart.

To find the largest again, backward needs x. Where a relu follows, x need not be kept: with some more operations in
forward, the place of each maximum is noted, a small integer.
"""

import operator

import numpy as np

from .layout import CHANNELS_LAST, empty_laid, lay, order_of, unlay
from .threads import split
from .windows import windows_of
from .workspace import blocks, scratch

# A block of images that stays in a core's L2 cache with what is made of it.
BLOCK_BYTES = 1 << 21

# With fewer channels than that, in plain images, runs of channels are too short to be worth laying them last.
FEW_CHANNELS = 16

# How many numbers of a window's row, or rows, are added up one after the other, an operation each. Longer windows are
# long runs themselves; and one after the other, a million times 0.1 comes out 1 % off in float32.
LONGEST_SUM = 32


def max_forward(x, HH, WW, stride, out_size):
    """Return the maxima, (N, C, H', W'), in the layout of x; of plain images of many channels with these last."""
    return _combined_windows(np.maximum, 1, x, HH, WW, stride, out_size)


def avg_forward(x, HH, WW, stride, out_size):
    """Return the means, (N, C, H', W'), in the layout that `max_forward` gives its result."""
    if max(HH, WW) > LONGEST_SUM:
        return windows_of(x, HH, WW, stride).mean(axis=(4, 5), dtype=np.float64).astype(x.dtype)
    return _combined_windows(np.add, HH * WW, x, HH, WW, stride, out_size)


def _combined_windows(ufunc, divisor, x, HH, WW, stride, out_size):
    shape, x = (*x.shape[:2], *out_size), _one_image(x)
    order = order_of(x)
    x = lay(x, order)
    out = empty_laid((len(x), *out_size, x.shape[3]), x.dtype, order)

    def part(start, stop):
        for block in blocks(start, stop, x[:1].nbytes, BLOCK_BYTES):
            in_rows = _combine(ufunc, x[block], 2, WW, stride, out_size[1], "in rows")
            combined = _combine(ufunc, in_rows, 1, HH, stride, out_size[0], "in windows", out[block])
            if divisor > 1:
                combined /= divisor

    split(part, len(x), 5 * x.nbytes)
    return unlay(out, order).reshape(shape)


def avg_backward(dout, x_shape, HH, WW, stride):
    """Give each element of a window its share of the window's gradient; dx has the layout of dout, or as above."""
    dout = _one_image(dout)
    order = order_of(dout)
    dx = empty_laid([(*dout.shape[:2], *x_shape[2:])[axis] for axis in order], dout.dtype, order)
    dout = lay(dout, order)
    (H, W), W_out = x_shape[2:], dout.shape[2]

    def part(start, stop):
        for block in blocks(start, stop, dx[:1].nbytes, BLOCK_BYTES):
            share = np.divide(dout[block], HH * WW, out=scratch("share", dout[block].shape, dout.dtype))
            din_rows = scratch("din rows", (len(share), H, W_out, dout.shape[3]), dout.dtype)
            _spread(share, din_rows, 1, HH, stride)
            _spread(din_rows, dx[block], 2, WW, stride)

    split(part, len(dx), 5 * dx.nbytes)
    return unlay(dx, order).reshape(x_shape)


def max_relu_forward(x, HH, WW, stride, out_size):
    """Return the maxima, or zero where they are not above it, and where they were.

    Those places are small integers of the same shape: of the first maximum in its window, row by row from 1; 0 where
    the relu let nothing through.
    """
    shape, x = (*x.shape[:2], *out_size), _one_image(x)
    order = order_of(x)
    x = lay(x, order)
    out, which = empty_maxima((len(x), *out_size, x.shape[3]), x.dtype, HH, WW, order)

    def part(start, stop):
        for block in blocks(start, stop, x[:1].nbytes, BLOCK_BYTES):
            max_relu_block(x[block], HH, WW, stride, out[block], which[block])

    split(part, len(x), 10 * x.nbytes)
    return unlay(out, order).reshape(shape), unlay(which, order).reshape(shape)


def max_relu_backward(dout, which, x_shape, HH, WW, stride):
    """Give each gradient to its window's element at the place that `max_relu_forward` noted; to none at place 0."""
    which = _one_image(which)
    order = order_of(which)
    dx = empty_laid([(*which.shape[:2], *x_shape[2:])[axis] for axis in order], dout.dtype, order)
    dout, which = lay(dout.reshape(which.shape), order), lay(which, order)

    def part(start, stop):
        for block in blocks(start, stop, dx[:1].nbytes, BLOCK_BYTES):
            max_relu_backward_block(dout[block], which[block], HH, WW, stride, dx[block])

    split(part, len(dx), 10 * dx.nbytes)
    return unlay(dx, order).reshape(x_shape)


def empty_maxima(shape, dtype, HH, WW, order=CHANNELS_LAST):
    """Return out and which, to be filled by `max_relu_block`, block by block."""
    return empty_laid(shape, dtype, order), empty_laid(shape, np.min_scalar_type(HH * WW), order)


def max_relu_block(x, HH, WW, stride, out, which):
    """Fill a block's out and which, (outer, H', W', inner), from its x, (outer, H, W, inner)."""
    out[...] = 0
    which[...] = 0
    larger, number = scratch("larger", which.shape, np.bool_), scratch("number", which.shape, which.dtype)
    for here, place in enumerate(_windows(x, HH, WW, stride, out.shape[1:3]), start=1):
        np.greater(place, out, out=larger)
        np.maximum(place, out, out=out)
        # The numbers grow, so the largest of those at which a larger element came is the last of them.
        np.multiply(larger.view(np.uint8), which.dtype.type(here), out=number)  # quicker than with truth values
        np.maximum(which, number, out=which)


def max_relu_backward_block(dout, which, HH, WW, stride, dx):
    """Fill a block's dx, (outer, H, W, inner), from its dout and which, (outer, H', W', inner)."""
    out_size = which.shape[1:3]
    tiled = HH == WW == stride and dx.shape[1:3] == (out_size[0] * stride, out_size[1] * stride)
    if not tiled:
        dx[...] = 0
    chosen, share = scratch("chosen", which.shape, np.bool_), scratch("share", which.shape, dout.dtype)
    for here, place in enumerate(_windows(dx, HH, WW, stride, out_size), start=1):
        np.equal(which, here, out=chosen)
        np.multiply(dout, chosen, out=place if tiled else share)
        if not tiled:
            place += share


def _windows(x, HH, WW, stride, out_size):
    """View, for each offset in a window, row by row, the elements of all windows at that offset."""
    rows = _places(x, 1, HH, stride, out_size[0])
    return [place for row in rows for place in _places(row, 2, WW, stride, out_size[1])]


def max_backward(dout, x, HH, WW, stride):
    """Give each gradient to the first maximum of its window: the first row that has it, and the first place there."""
    shape, x = x.shape, _one_image(x)
    order = order_of(x)
    x, dout = lay(x, order), lay(dout.reshape(*x.shape[:2], *dout.shape[2:]), order)
    H_out, W_out = dout.shape[1:3]
    dx = empty_laid(x.shape, dout.dtype, order)

    def part(start, stop):
        for block in blocks(start, stop, x[:1].nbytes, BLOCK_BYTES):
            in_rows = _combine(np.maximum, x[block], 2, WW, stride, W_out, "in rows")
            in_windows = _combine(np.maximum, in_rows, 1, HH, stride, H_out, "in windows")
            din_rows = scratch("din rows", in_rows.shape, dout.dtype)
            _route(dout[block], in_windows, in_rows, din_rows, 1, HH, stride)
            _route(din_rows, in_rows, x[block], dx[block], 2, WW, stride)

    split(part, len(x), 15 * x.nbytes)
    return unlay(dx, order).reshape(shape)


def _one_image(x):
    """View plain images of few channels as one image with all their channels; each channel is pooled by itself."""
    N, C, H, W = x.shape
    return x.reshape(1, N * C, H, W) if C < FEW_CHANNELS and x.flags.c_contiguous else x


def _places(x, axis, length, stride, num_out):
    """View, for each offset in a window of that length along the axis, the elements of all windows at that offset."""
    before = (slice(None),) * axis
    return [x[(*before, slice(first, first + stride * (num_out - 1) + 1, stride))] for first in range(length)]


def _combine(ufunc, x, axis, length, stride, num_out, name, out=None):
    """Maxima or sums of the windows along one axis; without out, in scratch memory of that name."""
    first, *others = _places(x, axis, length, stride, num_out)
    if out is None:
        out = scratch(name, first.shape, x.dtype)
    if not others:
        np.copyto(out, first)
    for number, other in enumerate(others):
        ufunc(out if number else first, other, out=out)
    return out


def _spread(share, dx, axis, length, stride):
    """Fill dx: each element along the axis adds up the shares of all windows that it lies in."""
    num_out = share.shape[axis]
    give = _begin(dx, axis, length, stride, num_out)
    for place in _places(dx, axis, length, stride, num_out):
        give(place, share)


def _begin(dx, axis, length, stride, num_out):
    """Return the function ``give(place, share)`` that brings shares to places of dx.

    If every element along the axis lies in one window it copies them, or else adds them to zeros, with which dx begins.
    """
    if length == stride and dx.shape[axis] == num_out * stride:
        return np.copyto
    dx[...] = 0
    return operator.iadd


def _route(dout, largest, x, dx, axis, length, stride):
    """Fill dx: each gradient in dout goes to the first element along the axis that is the window's largest."""
    num_out = dout.shape[axis]
    give = _begin(dx, axis, length, stride, num_out)
    left, share = scratch("left", dout.shape, dout.dtype), scratch("share", dout.shape, dout.dtype)
    chosen = scratch("chosen", dout.shape, np.bool_)
    np.copyto(left, dout)
    *places, _ = _places(x, axis, length, stride, num_out)
    *dplaces, dlast = _places(dx, axis, length, stride, num_out)
    for place, dplace in zip(places, dplaces):
        np.equal(place, largest, out=chosen)
        np.copyto(share, chosen)  # a product with truth values takes longer: NumPy converts them piece by piece
        share *= left
        left -= share
        give(dplace, share)
    # What the others did not take is the last one's: the gradient's mass is kept, even where a NaN is the largest.
    give(dlast, left)
