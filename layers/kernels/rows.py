"""Convolution with few channels: rows of windows that overlap in memory, channels last in the result.

With one or three channels a row of a window is too short to be copied as a run. But the pixels (i, j) of all windows of
a row of places, for n images, are n runs of W' pixels. Written for each row of the padded images, as a matrix (C * WW,
n * W'), they serve every window that the row is in: HH such matrices that follow each other in memory are the matrix
(HH * C * WW, n * W') of all windows of one row of places, and those of the next row begin one matrix later. So each
pixel is copied WW times, and not HH * WW times.

The bias is the weight of one run more, of ones. So it costs nothing of its own, and its gradient comes out with dw's.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .layout import channels_first, channels_last
from .products import long_matmul, sum_of_products
from .threads import split
from .workspace import blocks, empty, scratch

# What the runs and the products of a block of images may take. In a core's L2 cache only half as much has room; but
# each call of NumPy's may have to wait for the interpreter's lock, and the smaller the blocks, the more calls.
BLOCK_BYTES = 5 << 19


def fits(C, F, HH, WW, stride, pad):
    return True


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    return joined(forward_blocks, x, w, b, stride, pad, out_size)


def joined(forward_blocks, x, w, b, stride, pad, out_size):
    """Return the blocks that a kernel's `forward_blocks` hands over as one array, as `forward` does."""
    out = empty((len(x), *out_size, len(w)), np.result_type(x, w, b))

    def keep(images, block):
        out[images] = block

    forward_blocks(x, w, b, stride, pad, out_size, keep)
    return channels_first(out)


def forward_blocks(x, w, b, stride, pad, out_size, use):
    """Call ``use(images, block)`` for blocks of images, on several threads.

    The block, (n, H', W', F), is what `forward` returns of those images, but in scratch memory: it is still in the
    cache, and the next one will take its place.
    """
    (F, C, HH, WW), (H_out, W_out) = w.shape, out_size
    columns = np.zeros((HH, C * WW + 1, F), np.result_type(x, w, b))
    columns[:, :-1] = w.transpose(2, 1, 3, 0).reshape(HH, C * WW, F)
    columns[0, -1] = b
    columns = columns.reshape(-1, F)

    def part(start, stop):
        for images, windows in _blocks(x, start, stop, (HH, WW), stride, pad, (*out_size, F)):
            product = scratch("product", (H_out, windows.shape[2], F), columns.dtype)
            long_matmul(windows.transpose(0, 2, 1), columns, out=product)
            use(images, product.reshape(H_out, -1, W_out, F).transpose(1, 0, 2, 3))

    split(part, len(x), len(x) * H_out * W_out * columns.nbytes / 2)


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, HH, WW) and db of shape (F,)."""
    dout = channels_last(dout)

    def give(images, block):
        block[...] = dout[images]

    return backward_blocks(x, w_shape, stride, pad, dout.shape[1:3], dout.dtype, give)


def backward_blocks(x, w_shape, stride, pad, out_size, dtype, give):
    """Return dw and db, calling ``give(images, block)`` for blocks of images, to be filled with their dout.

    As in `forward_blocks`: a block, (n, H', W', F), lies in scratch memory, and there are several threads.
    """
    (F, C, HH, WW), (H_out, W_out) = w_shape, out_size
    K = HH * (C * WW + 1)

    def part(start, stop):
        total = np.zeros((K, F), dtype)
        for images, windows in _blocks(x, start, stop, (HH, WW), stride, pad, (*out_size, F)):
            rows = scratch("product", (H_out, windows.shape[2], F), dtype)
            give(images, rows.reshape(H_out, -1, W_out, F).transpose(1, 0, 2, 3))
            total += sum_of_products(windows.transpose(0, 2, 1), rows)
        return total

    total = sum(split(part, len(x), len(x) * H_out * W_out * F * K * dtype.itemsize / 2)).reshape(HH, C * WW + 1, F)
    return total[:, :-1].reshape(HH, C, WW, F).transpose(3, 1, 0, 2), total[0, -1]


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

    split(part, N, dout.nbytes / 2 * len(filters))
    return dx


def _blocks(x, start, stop, window, stride, pad, out_shape):
    """Give (images, windows) for blocks of x[start:stop]; windows has the shape (H', HH * (C * WW + 1), n * W')."""
    (_, C, H, W), (HH, WW), (H_out, W_out, F) = x.shape, window, out_shape
    height, width = H + 2 * pad, W + 2 * pad
    image_bytes = (height * (C * WW + 1) + H_out * F) * W_out * x.itemsize
    for images in blocks(start, stop, image_bytes, BLOCK_BYTES):
        n = images.stop - images.start
        padded = scratch("padded", (height, C, n, width), x.dtype)
        padded[...] = 0
        padded[pad : pad + H, :, :, pad : pad + W] = x[images].transpose(2, 1, 0, 3)
        row, channel, image, pixel = padded.strides
        every = as_strided(
            padded, (height, C, WW, n, W_out), (row, channel, pixel, image, stride * pixel), writeable=False
        )
        runs = scratch("windows", (height, C * WW + 1, n, W_out), x.dtype)
        runs[:, -1] = 1
        np.copyto(runs[:, :-1].reshape(every.shape), every)
        row, run = runs.strides[:2]
        shape, strides = (H_out, HH * (C * WW + 1), n * W_out), (stride * row, run, x.itemsize)
        yield images, as_strided(runs, shape, strides, writeable=False)
