"""Convolution with filters of one pixel: every pixel goes through the same affine map of its channels."""

import numpy as np

from .channel_norm import add_to_rows, sum_of_channels
from .layout import channels_first, channels_last
from .products import long_matmul, sum_of_products
from .threads import split
from .workspace import empty


def fits(C, F, HH, WW, stride, pad):
    return HH == WW == 1 and pad == 0


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    pixels = _pixels(x, stride).astype(np.result_type(x, w, b), copy=False)
    columns = np.ascontiguousarray(w[:, :, 0, 0].T)
    out = empty((len(pixels), len(w)), pixels.dtype)

    def part(start, stop):
        long_matmul(pixels[start:stop], columns, out=out[start:stop])
        add_to_rows(out[start:stop], b)

    split(part, len(pixels), pixels.nbytes / 2 * len(w))
    return channels_first(out.reshape(len(x), *out_size, len(w)))


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, 1, 1) and db of shape (F,)."""
    pixels, dout = _pixels(x, stride), _pixels(dout, 1)

    def part(start, stop):
        dw = sum_of_products(pixels[np.newaxis, start:stop], dout[np.newaxis, start:stop])
        return dw, sum_of_channels(dout[start:stop, :, np.newaxis, np.newaxis])

    dw, db = (sum(shares) for shares in zip(*split(part, len(pixels), dout.nbytes / 2 * w_shape[1])))
    return dw.T.reshape(w_shape), db


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the channels last in memory."""
    N, C, H, W = x_shape
    _, _, H_out, W_out = dout.shape
    dout, filters = _pixels(dout, 1), w[:, :, 0, 0]
    dpixels = empty((len(dout), C), np.result_type(dout, w))

    def part(start, stop):
        long_matmul(dout[start:stop], filters, out=dpixels[start:stop])

    split(part, len(dout), dpixels.nbytes / 2 * len(w))
    dpixels = dpixels.reshape(N, H_out, W_out, C)
    if stride == 1:
        return channels_first(dpixels)
    dx = np.zeros((N, H, W, C), dout.dtype)
    dx[:, ::stride, ::stride] = dpixels
    return channels_first(dx)


def _pixels(x, stride):
    """The pixels that the filters meet, as rows of their channels."""
    x = channels_last(x[:, :, ::stride, ::stride])
    return x.reshape(-1, x.shape[3])
