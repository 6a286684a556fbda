"""Convolution with few channels and few filters: the examples last in memory, so that the runs are long all the same.

In the layout (C, H, W, N) the pixels (i, j) of all windows of a row of places, for all images at once, are one run of
W' * N numbers. As in `rows`, they are written once for each row of the image, and HH rows that follow each other are
the columns of the matrix (W' * N, HH * C * WW) of the windows of one row of places. That matrix times the filters
(HH * C * WW, F) has as its columns a row of the result as it lies: (F, W' * N). Pooling and relu then run over long
rows, too. With 6 filters and the channels last, NumPy's loops would be of 6 numbers.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .channel_norm import sum_of_channels
from .layout import EXAMPLES_LAST, unlay
from .products import long_matmul, sum_of_products
from .threads import split
from .workspace import blocks, empty, scratch

# The runs of a block of rows; each is read HH times, so a cache that is shared by the cores will do.
BLOCK_BYTES = 1 << 22

# To lay the examples last takes a number from each example by turns. The cache lines of so many examples stay at hand
# until the next turn; those of a whole batch may not.
EXAMPLES_BYTES = 128


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
        dw = np.zeros((HH * C * WW, F), dout.dtype)
        for rows, windows in _blocks(x, start, stop, (HH, WW), stride, pad, (H_out, W_out)):
            dw += sum_of_products(windows, _rows(dout, rows))
        return dw

    dw = sum(split(part, H_out, dout.nbytes / 2 * C * HH * WW))
    return dw.reshape(HH, C, WW, F).transpose(3, 1, 0, 2), sum_of_channels(dout)


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the examples last in memory.

    The gradients of the windows of a row of places, (HH * WW * C, W' * N), are added to the rows that they came from.
    """
    (F, C, HH, WW), (N, _, H, W), (_, _, H_out, W_out) = w.shape, x_shape, dout.shape
    filters = w.transpose(2, 3, 1, 0).reshape(HH * WW * C, F)
    dx = empty((C, H, W, N), dout.dtype)

    def part(start, stop):
        examples = stop - start
        padded = scratch("padded", (C, H + 2 * pad, W + 2 * pad, examples), dout.dtype)
        padded[...] = 0
        for rows in blocks(0, H_out, len(filters) * W_out * examples * dout.itemsize, BLOCK_BYTES):
            n = rows.stop - rows.start
            dwindows = scratch("windows", (n, HH, WW, C, W_out, examples), dout.dtype)
            product = dwindows.reshape(n, len(filters), W_out * examples).transpose(0, 2, 1)
            long_matmul(_rows(dout[start:stop], rows), filters.T, out=product)
            for i in range(HH):
                places = slice(rows.start * stride + i, (rows.stop - 1) * stride + i + 1, stride)
                for j in range(WW):
                    padded[:, places, j : j + stride * W_out : stride] += dwindows[:, i, j].transpose(1, 0, 2, 3)
        dx[..., start:stop] = padded[:, pad : pad + H, pad : pad + W]

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
        first, last = rows.start * stride - pad, (rows.stop - 1) * stride + HH - pad  # rows of x, from and to
        padded = scratch("padded", (last - first, C, W + 2 * pad, N), x.dtype)
        padded[...] = 0
        top, bottom = np.clip((first, last), 0, H)
        padded[top - first : bottom - first, :, pad : pad + W] = x[:, :, top:bottom].transpose(2, 1, 3, 0)
        row, channel, pixel, example = padded.strides
        every = as_strided(
            padded, (last - first, C, WW, W_out, N), (row, channel, pixel, stride * pixel, example), writeable=False
        )
        runs = scratch("windows", every.shape, x.dtype)
        np.copyto(runs, every)
        row, run = runs.strides[0], runs.strides[2]
        shape, strides = (rows.stop - rows.start, W_out * N, HH * C * WW), (stride * row, x.itemsize, run)
        yield rows, as_strided(runs, shape, strides, writeable=False)
