"""Convolution as a matrix product over windows, channels last: for every size, stride and pad.

A window of HH x WW pixels with C channels is written into a row of K = HH * WW * C numbers (im2col). With the filters
as columns of a matrix (K, F), all dot products of a block of windows are one product of matrices. With the channels
last in memory a row of a window is one run of WW * C numbers.

The rows are never kept for backward: they take K / C times the memory of the image, and writing a block of them anew,
small enough to stay in the core's own cache, is faster than reading them back from memory.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .channel_norm import add_to_rows, sum_of_channels
from .layout import channels_first, channels_last, filters_first, filters_last, flipped
from .products import long_matmul
from .threads import split
from .workspace import as_runs, blocks, empty, scratch

# A block of rows that stays in a core's L2 cache beside the filters.
BLOCK_BYTES = 1 << 21


def fits(C, F, HH, WW, stride, pad):
    return True


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    x = channels_last(x)
    out = empty((len(x), *out_size, len(w)), np.result_type(x, w, b))
    correlate(x, filters_last(w), b, stride, (pad, pad), out)
    return channels_first(out)


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return ``dw = sum over windows of window * dout``, of shape (F, C, HH, WW), and db of shape (F,)."""
    x, dout = channels_last(x), channels_last(dout)
    F, C, HH, WW = w_shape
    N, H_out, W_out, _ = dout.shape
    K = HH * WW * C

    def part(start, stop):
        dw = np.zeros((K, F), dout.dtype)
        product = np.empty((K, F), dout.dtype)
        for images, rows, windows in _blocks(x, start, stop, (HH, WW), stride, (pad, pad), (H_out, W_out)):
            np.matmul(windows.T, dout[images, rows].reshape(-1, F), out=product)
            dw += product
        return dw

    dw = sum(split(part, N, dout.nbytes / 2 * K))
    return filters_first(dw.reshape(HH, WW, C, F)), sum_of_channels(channels_first(dout))


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the channels last in memory."""
    F, C, HH, WW = w.shape
    dout = channels_last(dout)
    if stride == 1 and pad < min(HH, WW):
        # A pixel is reached by the filters from the other side: dx is dout correlated with the flipped filters.
        N, _, H, W = x_shape
        dx = empty((N, H, W, C), dout.dtype)
        correlate(dout, flipped(w), None, 1, (HH - 1 - pad, WW - 1 - pad), dx)
        return channels_first(dx)
    rows_of_filters = np.ascontiguousarray(w.transpose(0, 2, 3, 1)).reshape(F, HH * WW * C)
    return channels_first(_scatter(dout, rows_of_filters, x_shape, (HH, WW), stride, pad))


def correlate(x, filters, b, stride, pads, out):
    """Write ``windows of x @ filters + b`` to out, without b if it is None.

    x is (N, H, W, C), the filters are (HH, WW, C, F), out is (N, H', W', F); pads: the zeros above and to the left.
    """
    (N, H_out, W_out, F), (*window, C, _) = out.shape, filters.shape
    columns = filters.reshape(math.prod(window) * C, F)

    def part(start, stop):
        for images, rows, windows in _blocks(x, start, stop, window, stride, pads, (H_out, W_out)):
            block = out[images, rows].reshape(-1, F)
            long_matmul(windows, columns, out=block)
            if b is not None:
                add_to_rows(block, b)

    split(part, N, out.nbytes / 2 * len(columns))


def _scatter(dout, rows_of_filters, x_shape, window, stride, pad):
    """Add ``dout @ filters``, the gradients of the windows, to the pixels that the windows were taken from."""
    N, C, H, W = x_shape
    (HH, WW), (_, H_out, W_out, F) = window, dout.shape
    dx = empty((N, H, W, C), dout.dtype)
    image_bytes = H_out * W_out * rows_of_filters.shape[1] * dout.itemsize

    def part(start, stop):
        for images in blocks(start, stop, image_bytes, BLOCK_BYTES):
            n = images.stop - images.start
            dwindows = scratch("windows", (n, H_out, W_out, HH, WW * C), dout.dtype)
            long_matmul(dout[images].reshape(-1, F), rows_of_filters, out=dwindows.reshape(n * H_out * W_out, -1))
            padded = scratch("padded", (n, H + 2 * pad, W + 2 * pad, C), dout.dtype)
            padded[...] = 0
            every = _windows(padded, window, stride, (H_out, W_out))
            for i in range(HH):
                for first in range(0, WW, stride):  # in so many pixels beside each other, no two windows meet
                    run = slice(first * C, min(first + stride, WW) * C)
                    every[:, :, :, i, run] += dwindows[:, :, :, i, run]
            dx[images] = padded[:, pad : pad + H, pad : pad + W]

    split(part, N, dout.nbytes / 2 * rows_of_filters.shape[1])
    return dx


def _blocks(x, start, stop, window, stride, pads, out_size):
    """Give (images, rows, windows) for blocks of x[start:stop]: two slices of out, and the windows there, as rows."""
    C, (HH, WW), (H_out, W_out) = x.shape[3], window, out_size
    row_bytes = W_out * HH * WW * C * x.itemsize
    for images in blocks(start, stop, row_bytes * H_out, BLOCK_BYTES):
        padded = _pad(x[images], pads)
        every = _windows(padded, window, stride, out_size)
        for rows in blocks(0, H_out, row_bytes, BLOCK_BYTES):
            windows = scratch("windows", every[:, rows].shape, x.dtype)
            np.copyto(as_runs(windows), as_runs(every[:, rows]))
            yield images, rows, windows.reshape(-1, HH * WW * C)


def _windows(padded, window, stride, out_size):
    """View images (n, H, W, C) as (n, H', W', HH, WW * C): the rows of all windows, each a run in memory.

    Windows overlap: who writes to the view, as `_scatter` does, must see to it that no two of its elements are one.
    """
    n, _, _, C = padded.shape
    image, row, pixel, _ = padded.strides
    (HH, WW), number = window, padded.itemsize
    return as_strided(padded, (n, *out_size, HH, WW * C), (image, stride * row, stride * pixel, row, number))


def _pad(x, pads):
    """Copy images (n, H, W, C) into scratch memory with a border of zeros."""
    n, H, W, C = x.shape
    top, left = pads
    if (top, left) == (0, 0):
        return x
    padded = scratch("padded", (n, H + 2 * top, W + 2 * left, C), x.dtype)
    padded[:, :top] = padded[:, top + H :] = 0
    padded[:, top : top + H, :left] = padded[:, top : top + H, left + W :] = 0
    padded[:, top : top + H, left : left + W] = x
    return padded
