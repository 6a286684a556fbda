"""Batch normalisation of a large matrix, pixels as rows and channels as columns, in few passes over memory.

Forward reads x three times (for the mean, the variance, the result) and writes once; backward reads x and dout twice and
writes once. Each pass goes over blocks that stay in a core's cache, however many operations are done on them there. What is
normalised is not kept for backward but computed anew, from x, mean and std.
"""

import numpy as np

from .threads import split
from .workspace import blocks, scratch

BLOCK_BYTES = 1 << 18


def column_sums(x):
    """Sum each column of a large matrix."""
    return _total(x, lambda rows, work: x[rows]).astype(x.dtype)


def moments(x):
    """Return mean and biased variance of each column; the variance in a second pass, from the centred values."""
    mean = (_total(x, lambda rows, work: x[rows]) / len(x)).astype(x.dtype)

    def square(rows, work):
        np.subtract(x[rows], mean, out=work)
        return np.multiply(work, work, out=work)

    return mean, (_total(x, square) / len(x)).astype(x.dtype)


def scale_and_shift(x, mean, std, gamma, beta):
    """Return ``gamma * (x - mean) / std + beta``."""
    out, scale = np.empty(x.shape, np.result_type(x, gamma, beta)), gamma / std

    def part(start, stop):
        for rows in _blocks(x, start, stop):
            np.subtract(x[rows], mean, out=out[rows])
            out[rows] *= scale
            out[rows] += beta

    split(part, len(x), 8 * x.size)
    return out


def sums_for_backward(dout, x, mean, std):
    """Return (dgamma, dbeta): the sums over the rows of ``dout * (x - mean) / std`` and of dout."""

    def along_normalized(rows, work):
        np.subtract(x[rows], mean, out=work)
        return np.multiply(work, dout[rows], out=work)

    dgamma = _total(x, along_normalized) / std
    return dgamma.astype(dout.dtype), column_sums(dout)


def backward(dout, x, mean, std, gamma, dgamma, dbeta):
    """Return ``dx = gamma / std * (dout - dbeta / P - (x - mean) / std * dgamma / P)`` for the P rows of x."""
    dx = np.empty(dout.shape, dout.dtype)
    slope, shift, scale = dgamma / std / len(x), dbeta / len(x), gamma / std

    def part(start, stop):
        for rows in _blocks(x, start, stop):
            block = dx[rows]
            np.subtract(x[rows], mean, out=block)
            block *= -slope
            block += dout[rows]
            block -= shift
            block *= scale

    split(part, len(x), 12 * x.size)
    return dx


def _blocks(x, start, stop):
    return blocks(start, stop, x[:1].nbytes, BLOCK_BYTES)


def _total(x, values):
    """Sum ``values(rows, work)`` over all rows of x, in float64 from block to block; work is scratch memory for a block."""

    def part(start, stop):
        total = np.zeros(x.shape[1])
        for rows in _blocks(x, start, stop):
            work = scratch("rows", x[rows].shape, x.dtype)
            # Of a block a product with ones is a fast and, being short, an exact enough sum.
            total += np.ones(len(work), x.dtype) @ values(rows, work)
        return total

    return sum(split(part, len(x), 8 * x.size))
