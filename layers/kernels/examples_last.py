"""Convolution with few channels and few filters: the examples last in memory, so that the runs are long all the same.

In the layout (C, H, W, N) the pixels (i, j) of all windows of a row of places, for all images at once, are one run of
W' * N numbers. As in `rows`, they are written once for each row of the image, and HH rows that follow each other are
the matrix (HH * C * WW, W' * N) of the windows of one row of places. The filters (F, HH * C * WW) times that matrix is
a row of the result as it lies: (F, W' * N). Pooling and relu then run over long rows, too. With 6 filters and the
channels last, NumPy's loops would be of 6 numbers.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .layout import EXAMPLES_LAST, lay, unlay
from .threads import split
from .workspace import blocks, empty, scratch

# The runs of a block of rows; each is read HH times, so a cache that is shared by the cores will do.
BLOCK_BYTES = 1 << 22


def fits(C, F, HH, WW, stride, pad):
    return True


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the examples last in memory."""
    x = lay(x, EXAMPLES_LAST)
    F, C, HH, WW = w.shape
    filters = w.transpose(0, 2, 1, 3).reshape(F, HH * C * WW)
    out = empty((F, *out_size, x.shape[3]), np.result_type(x, w, b))

    def part(start, stop):
        for rows, windows in _blocks(x, start, stop, (HH, WW), stride, pad, out_size):
            block = _rows(out, rows)
            np.matmul(filters, windows, out=block)
            block += b[:, np.newaxis]

    split(part, out_size[0], 2 * out.size * filters.shape[1])
    return unlay(out, EXAMPLES_LAST)


def backward_w(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, HH, WW)."""
    x, dout = lay(x, EXAMPLES_LAST), lay(dout, EXAMPLES_LAST)
    (F, C, HH, WW), (_, H_out, W_out, _) = w_shape, dout.shape

    def part(start, stop):
        dw = np.zeros((HH * C * WW, F), dout.dtype)
        for rows, windows in _blocks(x, start, stop, (HH, WW), stride, pad, (H_out, W_out)):
            dw += np.matmul(windows, _rows(dout, rows).transpose(0, 2, 1)).sum(axis=0)
        return dw

    dw = sum(split(part, H_out, 2 * dout.size * C * HH * WW))
    return dw.reshape(HH, C, WW, F).transpose(3, 1, 0, 2)


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the examples last in memory.

    The gradients of the windows of a row of places, (HH * WW * C, W' * N), are added to the rows that they came from.
    """
    dout = lay(dout, EXAMPLES_LAST)
    (F, C, HH, WW), (N, _, H, W), (_, H_out, W_out, _) = w.shape, x_shape, dout.shape
    dx = empty((C, H, W, N), dout.dtype)

    def part(start, stop):
        channels = stop - start
        filters = w[:, start:stop].transpose(2, 3, 1, 0).reshape(HH * WW * channels, F)
        padded = scratch("padded", (channels, H + 2 * pad, W + 2 * pad, N), dout.dtype)
        padded[...] = 0
        for rows in blocks(0, H_out, len(filters) * W_out * N * dout.itemsize, BLOCK_BYTES):
            n = rows.stop - rows.start
            dwindows = scratch("windows", (n, HH, WW, channels, W_out, N), dout.dtype)
            np.matmul(filters, _rows(dout, rows), out=dwindows.reshape(n, len(filters), W_out * N))
            for i in range(HH):
                places = slice(rows.start * stride + i, (rows.stop - 1) * stride + i + 1, stride)
                for j in range(WW):
                    padded[:, places, j : j + stride * W_out : stride] += dwindows[:, i, j].transpose(1, 0, 2, 3)
        dx[start:stop] = padded[:, pad : pad + H, pad : pad + W]

    split(part, C, 2 * dout.size * C * HH * WW)
    return unlay(dx, EXAMPLES_LAST)


def _rows(images, rows):
    """View rows of images (F, H, W, N) as matrices (F, W * N), one a row."""
    images = images[:, rows].transpose(1, 0, 2, 3)
    return images.reshape(*images.shape[:2], images.shape[2] * images.shape[3])


def _blocks(x, start, stop, window, stride, pad, out_size):
    """Give (rows, windows) for blocks of rows of places; windows has the shape (rows, HH * C * WW, W' * N)."""
    (C, H, W, N), (HH, WW), W_out = x.shape, window, out_size[1]
    for rows in blocks(start, stop, C * WW * W_out * N * stride * x.itemsize, BLOCK_BYTES):
        first, last = rows.start * stride - pad, (rows.stop - 1) * stride + HH - pad  # rows of x, from and to
        padded = scratch("padded", (last - first, C, W + 2 * pad, N), x.dtype)
        padded[...] = 0
        top, bottom = np.clip((first, last), 0, H)
        padded[top - first : bottom - first, :, pad : pad + W] = x[:, top:bottom].transpose(1, 0, 2, 3)
        row, channel, pixel, example = padded.strides
        every = as_strided(
            padded, (last - first, C, WW, W_out, N), (row, channel, pixel, stride * pixel, example), writeable=False
        )
        runs = scratch("windows", every.shape, x.dtype)
        np.copyto(runs, every)
        row, run = runs.strides[0], runs.strides[2]
        shape, strides = (rows.stop - rows.start, HH * C * WW, W_out * N), (stride * row, run, x.itemsize)
        yield rows, as_strided(runs, shape, strides, writeable=False)
