"""Convolution with few channels: rows of windows that overlap in memory, channels last in the result.

With one or three channels a row of a window is too short to be copied as a run. But the pixels (i, j) of all windows of
a row of places, for n images, are n runs of W' pixels. Written for each row of the padded images, as a matrix (C * WW,
n * W'), they serve every window that the row is in: HH such matrices that follow each other in memory are the matrix
(HH * C * WW, n * W') of all windows of one row of places, and those of the next row begin one matrix later. So each
pixel is copied WW times, and not HH * WW times.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .layout import channels_first, channels_last
from .threads import split
from .workspace import blocks, empty, scratch

# What the runs and the products of a block of images may take, to stay in a core's L2 cache.
BLOCK_BYTES = 5 << 18


def fits(C, F, HH, WW, stride, pad):
    return True


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    F, C, HH, WW = w.shape
    H_out, W_out = out_size
    columns = np.ascontiguousarray(w.transpose(2, 1, 3, 0)).reshape(HH * C * WW, F)
    out = empty((len(x), H_out, W_out, F), np.result_type(x, w, b))

    def part(start, stop):
        for images, windows in _blocks(x, start, stop, (HH, WW), stride, pad, out.shape):
            product = scratch("product", (H_out, windows.shape[2], F), out.dtype)
            np.matmul(windows.transpose(0, 2, 1), columns, out=product)
            np.add(product.reshape(H_out, -1, W_out, F).transpose(1, 0, 2, 3), b, out=out[images])

    split(part, len(x), 2 * out.size * len(columns))
    return channels_first(out)


def backward_w(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, HH, WW)."""
    F, C, HH, WW = w_shape
    dout = channels_last(dout)
    N, H_out, W_out, _ = dout.shape
    K = HH * C * WW

    def part(start, stop):
        dw = np.zeros((K, F), dout.dtype)
        for images, windows in _blocks(x, start, stop, (HH, WW), stride, pad, dout.shape):
            rows = scratch("product", (H_out, windows.shape[2], F), dout.dtype)
            np.copyto(rows.reshape(H_out, -1, W_out, F), dout[images].transpose(1, 0, 2, 3))
            products = scratch("sums", (H_out, K, F), dout.dtype)
            np.matmul(windows, rows, out=products)
            dw += products.sum(axis=0)
        return dw

    dw = sum(split(part, N, 2 * dout.size * K))
    return dw.reshape(HH, C, WW, F).transpose(3, 1, 0, 2)


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W): what forward read more than once is now added to more than once."""
    (F, C, HH, WW), (N, _, H, W) = w.shape, x_shape
    dout = channels_last(dout)
    _, H_out, W_out, _ = dout.shape
    filters = np.ascontiguousarray(w.transpose(2, 1, 3, 0)).reshape(HH * C * WW, F)
    dx = empty((N, C, H, W), dout.dtype)
    height, width = H + 2 * pad, W + 2 * pad
    image_bytes = (len(filters) * H_out + height * C * WW) * W_out * dout.itemsize

    def part(start, stop):
        for images in blocks(start, stop, image_bytes, BLOCK_BYTES):
            n = images.stop - images.start
            rows = scratch("product", (H_out, n * W_out, F), dout.dtype)
            np.copyto(rows.reshape(H_out, n, W_out, F), dout[images].transpose(1, 0, 2, 3))
            dwindows = scratch("sums", (H_out, HH, C, WW, n, W_out), dout.dtype)
            np.matmul(filters, rows.transpose(0, 2, 1), out=dwindows.reshape(H_out, len(filters), n * W_out))
            druns = scratch("windows", (height, C, WW, n, W_out), dout.dtype)
            druns[...] = 0
            for i in range(HH):
                druns[i : i + stride * H_out : stride] += dwindows[:, i]
            padded = scratch("padded", (height, C, n, width), dout.dtype)
            padded[...] = 0
            for j in range(WW):
                padded[..., j : j + stride * W_out : stride] += druns[:, :, j]
            dx[images] = padded[pad : pad + H, :, :, pad : pad + W].transpose(2, 1, 0, 3)

    split(part, N, 2 * dout.size * len(filters))
    return dx


def _blocks(x, start, stop, window, stride, pad, out_shape):
    """Give (images, windows) for blocks of x[start:stop]; windows has the shape (H', HH * C * WW, n * W')."""
    (_, C, H, W), (HH, WW), (_, H_out, W_out, F) = x.shape, window, out_shape
    height, width = H + 2 * pad, W + 2 * pad
    image_bytes = (height * C * WW + H_out * F) * W_out * x.itemsize
    for images in blocks(start, stop, image_bytes, BLOCK_BYTES):
        n = images.stop - images.start
        padded = scratch("padded", (height, C, n, width), x.dtype)
        padded[...] = 0
        padded[pad : pad + H, :, :, pad : pad + W] = x[images].transpose(2, 1, 0, 3)
        row, channel, image, pixel = padded.strides
        every = as_strided(
            padded, (height, C, WW, n, W_out), (row, channel, pixel, image, stride * pixel), writeable=False
        )
        runs = scratch("windows", every.shape, x.dtype)
        np.copyto(runs, every)
        row, run = runs.strides[0], runs.strides[2]
        shape, strides = (H_out, HH * C * WW, n * W_out), (stride * row, run, x.itemsize)
        yield images, as_strided(runs, shape, strides, writeable=False)
