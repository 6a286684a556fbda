"""Convolution with large filters, as products of spectra.

The correlation theorem: the spectrum of a correlation is the spectrum of the image times the conjugate of that of the
filter. With a transform of at least the padded image's size nothing wraps round in the part that is kept. The cost does
not depend on the filter's size, where the direct methods' grows with HH * WW.

A NaN or infinity in one pixel would spread over the whole image; where the result is not finite it is computed by
`im2col`, and reaches what it should reach.
"""

import numpy as np
import scipy

from . import im2col
from .channel_norm import sum_of_channels
from .threads import split


def fits(C, F, HH, WW, stride, pad):
    return stride == 1


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W')."""
    size = _size(x.shape, pad)
    products = _multiply(_spectrum(_pad(x, pad), size), np.conj(_spectrum(w, size)).transpose(1, 0, 2, 3))
    out = scipy.fft.irfft2(products, size)[:, :, : out_size[0], : out_size[1]]
    out = out.astype(np.result_type(x, w, b), copy=False) + np.reshape(b, (-1, 1, 1))
    return out if np.isfinite(out.sum()) else im2col.forward(x, w, b, stride, pad, out_size)


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return dw, the padded images correlated with dout, and db."""
    size = _size(x.shape, pad)
    images = _spectrum(_pad(x, pad), size).transpose(1, 0, 2, 3)
    products = _multiply(images, np.conj(_spectrum(dout, size)))
    dw = scipy.fft.irfft2(products, size)[:, :, : w_shape[2], : w_shape[3]]
    if not np.isfinite(dw.sum()):
        return im2col.backward_w_and_b(x, dout, w_shape, stride, pad)
    return dw.transpose(1, 0, 2, 3).astype(dout.dtype, copy=False), sum_of_channels(dout)


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx: dout convolved with the filters, so without the conjugate, and the border cut off."""
    size = _size(x_shape, pad)
    dpadded = scipy.fft.irfft2(_multiply(_spectrum(dout, size), _spectrum(w, size)), size)
    if not np.isfinite(dpadded.sum()):
        return im2col.backward_x(dout, w, x_shape, stride, pad)
    _, _, H, W = x_shape
    return dpadded[:, :, pad : pad + H, pad : pad + W].astype(dout.dtype, copy=False)


def _size(x_shape, pad):
    """The least sizes from the padded image's on that transform fast."""
    return [scipy.fft.next_fast_len(length + 2 * pad, real=True) for length in x_shape[2:]]


def _pad(x, pad):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))


def _spectrum(images, size):
    return scipy.fft.rfft2(images, size)


def _multiply(a, b):
    """Sum the products over the channels, frequency by frequency: (N, C, ...) and (C, F, ...) to (N, F, ...)."""
    a, b = a.transpose(2, 3, 0, 1), b.transpose(2, 3, 0, 1)
    parts = split(lambda start, stop: np.matmul(a[start:stop], b[start:stop]), len(a), a.nbytes * b.shape[3])
    return np.concatenate(parts).transpose(2, 3, 0, 1)
