"""Batch normalisation of a large matrix, pixels as rows and channels as columns, in few passes over memory.

Forward reads x three times (for the mean, the variance, the result) and writes once; backward reads x and dout twice
and writes once. Each pass goes over blocks that stay in a core's cache, however many operations are done on them there.
What is normalised is not kept for backward but computed anew, from x, mean and std.
"""

import numpy as np

from .layout import EXAMPLES_LAST, channels_last, order_of
from .threads import split
from .workspace import blocks, empty, scratch

BLOCK_BYTES = 1 << 20

# How many numbers are added up one after the other.
RUN = 256


def sum_of_channels(images):
    """Sum images (N, C, H, W) over all but the channels."""
    if order_of(images) == EXAMPLES_LAST:
        return images.transpose(EXAMPLES_LAST).reshape(images.shape[1], -1).sum(axis=1)  # pairwise: along rows
    pixels = channels_last(images).reshape(-1, images.shape[1])
    return _total(pixels, lambda rows, work: pixels[rows]).astype(pixels.dtype)


def moments(x):
    """Return mean and biased variance of each column; the variance in a second pass, from the centred values."""
    mean = (_total(x, lambda rows, work: x[rows]) / len(x)).astype(x.dtype)

    def square(rows, work):
        np.subtract(x[rows], mean, out=work)
        return np.multiply(work, work, out=work)

    return mean, (_total(x, square) / len(x)).astype(x.dtype)


def scale_and_shift(x, mean, std, gamma, beta, passed=None):
    """Return ``gamma * (x - mean) / std + beta``.

    With `passed`, an array of bool to be filled, the result is what a relu makes of it, and passed is where it is above
    zero.
    """
    out, scale = empty(x.shape, np.result_type(x, gamma, beta)), gamma / std

    def part(start, stop):
        for rows in _blocks(x, start, stop):
            block = out[rows]
            np.subtract(x[rows], mean, out=block)
            block *= scale
            block += beta
            if passed is not None:
                np.greater(block, 0, out=passed[rows])
                np.maximum(block, 0, out=block)

    split(part, len(x), 5 * x.nbytes)
    return out


def sums_for_backward(dout, x, mean, std, passed=None):
    """Return (dgamma, dbeta): the sums over the rows of ``dout * (x - mean) / std`` and of dout.

    With `passed` dout counts only where that is true.
    """

    def along_normalized(rows, work):
        np.subtract(x[rows], mean, out=work)
        np.multiply(work, dout[rows], out=work)
        return work if passed is None else np.multiply(work, passed[rows], out=work)

    def along_ones(rows, work):
        return dout[rows] if passed is None else np.multiply(dout[rows], passed[rows], out=work)

    dgamma = _total(x, along_normalized) / std
    return dgamma.astype(dout.dtype), _total(dout, along_ones).astype(dout.dtype)


def backward(dout, x, mean, std, gamma, dgamma, dbeta, passed=None):
    """Return ``dx = gamma / std * (dout - dbeta / P - (x - mean) / std * dgamma / P)`` for the P rows of x.

    With `passed` dout counts only where that is true.
    """
    dx = empty(dout.shape, dout.dtype)
    slope, shift, scale = dgamma / std / len(x), dbeta / len(x), gamma / std

    def part(start, stop):
        for rows in _blocks(x, start, stop):
            block = dx[rows]
            np.subtract(x[rows], mean, out=block)
            block *= -slope
            if passed is None:
                block += dout[rows]
            else:
                block += np.multiply(dout[rows], passed[rows], out=scratch("rows", block.shape, block.dtype))
            block -= shift
            block *= scale

    split(part, len(x), 7 * x.nbytes)
    return dx


def _blocks(x, start, stop):
    return blocks(start, stop, x[:1].nbytes, BLOCK_BYTES)


def _total(x, values):
    """Sum ``values(rows, work)`` over x, in float64 from block to block; work is scratch memory for the rows of one."""

    def part(start, stop):
        total = np.zeros(x.shape[1])
        for rows in _blocks(x, start, stop):
            total += _sum_of(values(rows, scratch("rows", x[rows].shape, x.dtype)))
        return total

    return sum(split(part, len(x), 5 * x.nbytes))


def _sum_of(rows):
    """Sum the rows of a block by products with ones, which are fast: first runs of them, then the sums of the runs.

    In float32 a sum of many numbers, one after the other, loses digits; one of few does not.
    """
    P, C = rows.shape
    runs = P // RUN
    whole, ones = runs * RUN, np.ones(max(P, RUN), rows.dtype)
    sums = ones[:RUN] @ rows[:whole].reshape(RUN, runs * C)
    return ones[:runs] @ sums.reshape(runs, C) + ones[whole:P] @ rows[whole:]
