"""Batch normalisation of a large matrix, pixels as rows and channels as columns, in few passes over memory.

Forward reads x twice (for mean and variance, for the result) and writes once; backward reads x and dout twice and
writes once. Each pass goes over blocks that stay in a core's cache, however many operations are done on them there.
What is normalised is not kept for backward but computed anew, from x, mean and std.
"""

import math

import numpy as np

from .layout import EXAMPLES_LAST, channels_last, order_of
from .threads import split
from .workspace import blocks, empty, scratch

BLOCK_BYTES = 1 << 20

# To combine a matrix with a vector NumPy goes row by row: rows of 64 numbers take twice as long as rows of so many.
LONG_ROW = 1 << 13

# How many numbers are added up one after the other.
RUN = 256


def sum_of_channels(images):
    """Sum images (N, C, H, W) over all but the channels."""
    if order_of(images) == EXAMPLES_LAST:
        rows = images.sum(axis=(0, 3))  # pairwise: a row of a channel lies in one
        return rows.sum(axis=1, dtype=np.float64).astype(images.dtype)
    k, x = _long_rows(channels_last(images).reshape(-1, images.shape[1]))
    (total,) = _totals(x, k, 3 * x.nbytes, lambda rows: [x[rows]])
    return total.astype(images.dtype)


def moments(x):
    """Return mean and biased variance of each column.

    One pass gives the sums of ``x - near`` and of its square. With near = 0 the variance, ``mean(square) - mean ** 2``,
    would lose the digits that the two have in common. Here near is the mean of the first rows: if these are one in n,
    it is at most sqrt(n) standard deviations from the mean, and the loss at most a factor of n in float32's precision.
    """
    P = len(x)
    first = x[next(_blocks(x, 0, P))]
    near = _sum_of(first, 1 / len(first))
    k, x, repeated = _long_rows(x, near)

    def powers(rows):
        work = scratch("rows", x[rows].shape, x.dtype)
        yield np.subtract(x[rows], repeated, out=work)
        yield np.multiply(work, work, out=work)

    offset, square = _totals(x, k, 17 * x.nbytes, powers) / P
    return (near + offset).astype(x.dtype), np.maximum(square - offset**2, 0).astype(x.dtype)


def scale_and_shift(x, mean, std, gamma, beta, passed=None):
    """Return ``gamma * (x - mean) / std + beta``.

    With `passed`, an array of bool to be filled, the result is what a relu makes of it, and passed is where it is above
    zero.
    """
    result = empty(x.shape, np.result_type(x, gamma, beta))
    _, x, out, passed, mean, scale, beta = _long_rows(x, result, passed, mean, gamma / std, beta)
    zeros = np.zeros_like(beta)

    def part(start, stop):
        for rows in _blocks(x, start, stop):
            block = out[rows]
            np.subtract(x[rows], mean, out=block)
            block *= scale
            block += beta
            if passed is not None:
                np.maximum(block, zeros, out=block)  # NumPy compares two arrays faster than one with 0
                np.greater(block, 0, out=passed[rows])

    split(part, len(x), 20 * x.nbytes)
    return result


def sums_for_backward(dout, x, mean, std, passed=None):
    """Return (dgamma, dbeta): the sums over the rows of ``dout * (x - mean) / std`` and of dout.

    With `passed` dout counts only where that is true.
    """
    k, x, dout, passed, mean = _long_rows(x, dout, passed, mean)

    def sums(rows):
        d = _let_through(dout, passed, rows)
        yield d
        work = np.subtract(x[rows], mean, out=scratch("rows", d.shape, x.dtype))
        yield np.multiply(work, d, out=work)

    dbeta, dgamma = _totals(x, k, 25 * x.nbytes, sums)
    return (dgamma / std).astype(dout.dtype), dbeta.astype(dout.dtype)


def backward(dout, x, mean, std, gamma, dgamma, dbeta, passed=None):
    """Return ``dx = gamma / std * (dout - dbeta / P - (x - mean) / std * dgamma / P)`` for the P rows of x.

    With `passed` dout counts only where that is true.
    """
    P, result = len(x), empty(dout.shape, dout.dtype)
    _, x, dout, dx, passed, mean, slope, shift, scale = _long_rows(
        x, dout, result, passed, mean, -dgamma / std / P, dbeta / P, gamma / std
    )

    def part(start, stop):
        for rows in _blocks(x, start, stop):
            block = dx[rows]
            np.subtract(x[rows], mean, out=block)
            block *= slope
            block += _let_through(dout, passed, rows)
            block -= shift
            block *= scale

    split(part, len(x), 29 * x.nbytes)
    return result


def _let_through(dout, passed, rows):
    """Those rows of dout, with zeros for what did not pass; in scratch memory."""
    if passed is None:
        return dout[rows]
    d = scratch("passed", dout[rows].shape, dout.dtype)
    np.copyto(d, passed[rows])  # a product with truth values takes longer: NumPy converts them piece by piece
    return np.multiply(dout[rows], d, out=d)


def add_to_rows(rows, b):
    """``rows += b`` for a matrix whose rows follow each other in memory."""
    if rows.size > LONG_ROW:
        _, rows, b = _long_rows(rows, b)
    rows += b


def _long_rows(x, *others):
    """Return k; x and all other matrices (P, C) as (P / k, k * C); and all vectors (C,) k times over, as (k * C,).

    What it returns of matrices whose rows follow each other in memory are views, that may be written to.
    """
    P, C = x.shape
    k = math.gcd(P, LONG_ROW >> (C - 1).bit_length()) if 0 < C <= LONG_ROW else 1

    def long(a):
        if a is None:
            return None
        return np.broadcast_to(a, (k, C)).reshape(k * C) if a.ndim == 1 else a.reshape(P // k, k * C)

    return k, *map(long, (x, *others))


def _blocks(x, start, stop):
    return blocks(start, stop, x[:1].nbytes, BLOCK_BYTES)


def _totals(x, k, work, values):
    """Sum each of the arrays ``values(rows)`` over x, for every channel, in float64 from block to block."""

    def part(start, stop):
        return sum(sums(rows) for rows in list(_blocks(x, start, stop)) or [slice(0)])  # of no rows they are zeros

    def sums(rows):
        return np.array([_sum_of(v.reshape(len(v) * k, v.shape[1] // k)) for v in values(rows)], np.float64)

    return sum(split(part, len(x), work))


def _sum_of(rows, weight=1):
    """Sum the rows of a block, each times the weight, by products: first runs of rows, then the sums of the runs.

    A product with a vector of weights is fast. In float32 a sum of many numbers, one after the other, loses digits; one
    of few does not.
    """
    P, C = rows.shape
    runs = P // RUN
    whole, weights = runs * RUN, np.full(max(P - runs * RUN, RUN), weight, rows.dtype)
    sums = weights[:RUN] @ rows[:whole].reshape(RUN, runs * C)
    return np.ones(runs, rows.dtype) @ sums.reshape(runs, C) + weights[: P - whole] @ rows[whole:]
