"""Convolution with few channels and few filters: the examples last in memory, so that the runs are long all the same.

In the layout (C, H, W, N) the pixels (i, j) of all windows of a row of places, for all images at once, are one run of
W' * N numbers. As in `rows`, they are written once for each row of the image, and HH rows that follow each other are
the columns of the matrix (W' * N, HH * C * WW) of the windows of one row of places. That matrix times the filters
(HH * C * WW, F) has as its columns a row of the result as it lies: (F, W' * N). Pooling and relu then run over long
rows, too. With 6 filters and the channels last, NumPy's loops would be of 6 numbers.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from .layout import EXAMPLES_LAST, unlay
from .products import long_matmul, sum_of_products
from .threads import split
from .workspace import blocks, empty, scratch

# The runs of a block of rows; each is read HH times, so a cache that is shared by the cores will do. The gradients of
# windows may take twice as much: where two blocks meet, rows are gone over twice.
BLOCK_BYTES = 1 << 21

# To lay the examples last takes a number from each example by turns. The cache lines of so many examples stay at hand
# until the next turn; those of a whole batch may not.
EXAMPLES_BYTES = 128

# How many numbers a product with ones adds up in float32: of more, digits would be lost.
RUN = 1 << 12


def fits(C, F, HH, WW, stride, pad):
    return True


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the examples last in memory."""
    F, C, HH, WW = w.shape
    columns = w.transpose(2, 1, 3, 0).reshape(HH * C * WW, F)
    out = unlay(empty((F, *out_size, len(x)), np.result_type(x, w, b)), EXAMPLES_LAST)

    def part(start, stop):
        for rows, windows in _blocks(x, start, stop, (HH, WW), stride, pad, out_size):
            block = _rows(out, rows)
            long_matmul(windows, columns, out=block)
            block += b

    split(part, out_size[0], out.nbytes / 2 * len(columns))
    return out


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, HH, WW) and db of shape (F,)."""
    (F, C, HH, WW), (_, _, H_out, W_out) = w_shape, dout.shape

    def part(start, stop):
        dw, db = np.zeros((HH * C * WW, F)), np.zeros(F)
        for rows, windows in _blocks(x, start, stop, (HH, WW), stride, pad, (H_out, W_out)):
            block = _rows(dout, rows)
            dw += sum_of_products(windows, block)
            for run in blocks(0, block.shape[1], 1, RUN):
                db += (np.ones(run.stop - run.start, block.dtype) @ block[:, run]).sum(axis=0, dtype=np.float64)
        return dw, db

    parts = split(part, H_out, dout.nbytes / 2 * C * HH * WW)
    dw, db = (sum(sums).astype(dout.dtype) for sums in zip(*parts))
    return dw.reshape(HH, C, WW, F).transpose(3, 1, 0, 2), db


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the examples last in memory.

    The gradients of the windows of a row of places, (HH * WW * C, W' * N), are added up to those of the runs that
    several windows share, in long loops, and these are added to the rows of x that the runs came from.
    """
    (F, C, HH, WW), (N, _, H, W), (_, _, H_out, W_out) = w.shape, x_shape, dout.shape
    filters = w.transpose(0, 2, 3, 1).reshape(F, HH * WW * C)
    dx = empty((C, H, W, N), dout.dtype)

    def part(start, stop):
        examples = stop - start
        dx_rows = dx[..., start:stop].transpose(1, 0, 2, 3)
        dx_rows[...] = 0
        for rows in blocks(0, H_out, HH * WW * C * W_out * examples * dout.itemsize, 2 * BLOCK_BYTES):
            n = rows.stop - rows.start
            dwindows = scratch("windows", (n, HH, WW, C, W_out, examples), dout.dtype)
            product = dwindows.reshape(n, HH * WW * C, W_out * examples).transpose(0, 2, 1)
            long_matmul(_rows(dout[start:stop], rows), filters, out=product)
            first, last, top, bottom = _rows_of_x(rows, HH, H, stride, pad)
            druns = scratch("runs", (last - first, WW, C, W_out, examples), dout.dtype)
            druns[stride * n if stride <= HH else 0 :] = 0  # the rows that the first `stride` copies leave out
            for i in range(HH):
                shared = druns[i : i + stride * n : stride]
                if i < stride:
                    shared[...] = dwindows[:, i]
                else:
                    shared += dwindows[:, i]
            for j in range(WW):
                places, pixels = _inside(range(W_out), j, W, stride, pad)
                dx_rows[top:bottom, :, pixels] += druns[top - first : bottom - first, j, :, places]

    split(part, N, dout.nbytes / 2 * C * HH * WW)
    return unlay(dx, EXAMPLES_LAST)


def _rows(images, rows):
    """Rows of images (N, F, H, W) as matrices (W * N, F), one a row; a view if the examples lie last."""
    images = images[:, :, rows].transpose(2, 1, 3, 0)
    n, F, W, N = images.shape
    if images.strides[2:] != (N * images.itemsize, images.itemsize):
        laid = scratch("rows", images.shape, images.dtype)
        for examples in blocks(0, N, images.itemsize, EXAMPLES_BYTES):
            laid[..., examples] = images[..., examples]
        images = laid
    return images.reshape(n, F, W * N).transpose(0, 2, 1)


def _blocks(x, start, stop, window, stride, pad, out_size):
    """Give (rows, windows) for blocks of rows of places; windows has the shape (rows, W' * N, HH * C * WW)."""
    (N, C, H, W), (HH, WW), W_out = x.shape, window, out_size[1]
    for rows in blocks(start, stop, C * WW * W_out * N * stride * x.itemsize, BLOCK_BYTES):
        first, last, top, bottom = _rows_of_x(rows, HH, H, stride, pad)
        runs = scratch("windows", (last - first, C, WW, W_out, N), x.dtype)
        inside = x[:, :, top:bottom].transpose(2, 1, 3, 0)
        if stride > 1:
            runs[: top - first] = 0
            runs[bottom - first :] = 0
            _fill(runs[top - first : bottom - first], inside, stride, pad)
        else:
            padded = scratch("padded", (last - first, C, W + 2 * pad, N), x.dtype)
            padded[...] = 0
            padded[top - first : bottom - first, :, pad : pad + W] = inside
            np.copyto(runs, sliding_window_view(padded, W_out, axis=2).swapaxes(3, 4))
        row, run = runs.strides[0], runs.strides[2]
        shape, strides = (rows.stop - rows.start, W_out * N, HH * C * WW), (stride * row, x.itemsize, run)
        yield rows, as_strided(runs, shape, strides, writeable=False)


def _fill(runs, x, stride, pad):
    """Write rows of x, (rows, C, W, N), as runs (rows, C, WW, W', N): the pixels j of all windows of a row of places.

    The pixels of a run are not neighbours in x, so to bring them together takes long. But pixel j of a window is pixel
    j - stride of the next: most of such a run is there already.
    """
    (_, _, WW, W_out, _), W = runs.shape, x.shape[2]
    for j in range(WW):
        known = W_out - 1 if j >= stride else 0
        if known:
            runs[:, :, j, :known] = runs[:, :, j - stride, 1:]
        places, pixels = _inside(range(known, W_out), j, W, stride, pad)
        runs[:, :, j, known : places.start] = 0
        runs[:, :, j, places] = x[:, :, pixels]
        runs[:, :, j, places.stop :] = 0


def _rows_of_x(rows, HH, H, stride, pad):
    """From and to which row of x the windows of rows of places reach, with the padding and without."""
    first, last = rows.start * stride - pad, (rows.stop - 1) * stride + HH - pad
    return first, last, min(max(first, 0), H), min(max(last, 0), H)


def _inside(places, j, W, stride, pad):
    """Of places along a row, those where pixel j of the window lies in the image, and these pixels, as slices."""
    start = min(max(places.start, -((j - pad) // stride)), places.stop)
    stop = max(start, min(-((j - pad - W) // stride), places.stop))
    pixel = start * stride + j - pad
    return slice(start, stop), slice(pixel, pixel + (stop - start) * stride, stride)
