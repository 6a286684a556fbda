"""Convolution with few channels and stride 1: windows as runs of the flattened image.

With one or three channels a window's row is too short to be copied as a run. But with stride 1, in an image that is padded
to the width Wp and flattened, the pixel (i, j) of all windows together is one run of H' * Wp numbers that begins at
i * Wp + j. The matrix (K, H' * Wp) of these runs for all C channels and HH x WW offsets takes K copies, each long. Each row
of the image has Wp - W' windows too many, which wrap round its end: they are computed, and left out of the result.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import im2col
from .im2col import BLOCK_BYTES
from .layout import channels_first
from .threads import split
from .workspace import blocks, scratch


def fits(C, F, HH, WW, stride, pad):
    return stride == 1


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    F, C, HH, WW = w.shape
    H_out, W_out = out_size
    columns = np.ascontiguousarray(w.reshape(F, C * HH * WW).T)
    out = np.empty((len(x), H_out, W_out, F), np.result_type(x, w, b))

    def part(start, stop):
        for images, runs, padded_width in _blocks(x, start, stop, (HH, WW), pad, H_out):
            n = images.stop - images.start
            product = scratch("product", (n * H_out * padded_width, F), out.dtype)
            np.matmul(runs.T, columns, out=product)
            np.add(product.reshape(n, H_out, padded_width, F)[:, :, :W_out], b, out=out[images])

    split(part, len(x), 2 * out.size * len(columns))
    return channels_first(out)


def backward_w(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, HH, WW)."""
    F, C, HH, WW = w_shape
    N, _, H_out, W_out = dout.shape

    def part(start, stop):
        dw = np.zeros((C * HH * WW, F), dout.dtype)
        for images, runs, padded_width in _blocks(x, start, stop, (HH, WW), pad, H_out):
            n = images.stop - images.start
            padded = scratch("product", (n, H_out, padded_width, F), dout.dtype)
            padded[:, :, :W_out] = dout[images].transpose(0, 2, 3, 1)
            padded[:, :, W_out:] = 0  # the windows too many
            dw += runs @ padded.reshape(-1, F)
        return dw

    dw = sum(split(part, N, 2 * dout.size * C * HH * WW))
    return dw.T.reshape(w_shape)


backward_x = im2col.backward_x


def _blocks(x, start, stop, window, pad, H_out):
    """Give (images, runs, padded width) for blocks of x[start:stop]; runs is the matrix (C * HH * WW, n * H' * Wp)."""
    (_, C, H, W), (HH, WW) = x.shape, window
    height, width = H + 2 * pad, W + 2 * pad
    run = H_out * width
    for images in blocks(start, stop, C * HH * WW * run * x.itemsize, BLOCK_BYTES):
        n = images.stop - images.start
        # One row more than the image: the last run wraps round the end of the last row.
        padded = scratch("padded", (C, n, height + 1, width), x.dtype)
        padded[...] = 0
        padded[:, :, pad : pad + H, pad : pad + W] = x[images].transpose(1, 0, 2, 3)
        channel, image, row, pixel = padded.strides
        every = as_strided(padded, (C, HH, WW, n, run), (channel, row, pixel, image, pixel), writeable=False)
        runs = scratch("windows", every.shape, x.dtype)
        np.copyto(runs, every)
        yield images, runs.reshape(C * HH * WW, n * run), width
