"""Products of long matrices, cut into pieces that BLAS takes as they lie.

BLAS multiplies matrices in blocks that fit the caches, and first copies both operands into an order of its own. That
pays when each number is then used many times. A long matrix times one with few columns uses each number of the long one
only that many times, and the copy takes up to half of the time. OpenBLAS spares it where a product is small, of at most
`MOST_OPERATIONS` multiplications, if the processor has AVX-512; and NumPy does many small products in one call. Where
there is no such rule the pieces take about as long as the whole.
"""

import numpy as np

from .workspace import blocks, scratch

MOST_OPERATIONS = 100**3

# With more columns, or pieces of fewer rows, the copy pays.
MOST_COLUMNS, LEAST_ROWS = 64, 16

# Of so many products the sum stays in the cache, and loses no digits.
MOST_BYTES = 1 << 20


def long_matmul(a, b, out):
    """``np.matmul(a, b, out=out)`` for a of shape (..., M, K) with many rows, b (K, N) and out (..., M, N)."""
    size = piece(a.shape[-2], *b.shape)
    if size is None:
        np.matmul(a, b, out=out)
    else:
        for rows in _whole_and_rest(a.shape[-2], size):
            np.matmul(_cut(a[..., rows, :], size), b, out=_cut(out[..., rows, :], size))


def sum_of_products(a, b):
    """``sum over i of a[i].T @ b[i]`` for a of shape (n, M, K) and b (n, M, N), both with many rows."""
    (n, M, K), N, dtype = a.shape, b.shape[2], np.result_type(a, b)
    total, size = np.zeros((K, N)), piece(M, K, N) or max(1, M)
    for few in blocks(0, n, K * N * dtype.itemsize, MOST_BYTES):
        products = scratch("products", (few.stop - few.start, K, N), dtype)
        for first in range(0, M, size):
            rows = slice(first, first + size)
            total += np.matmul(a[few, rows].transpose(0, 2, 1), b[few, rows], out=products).sum(axis=0)
    return total.astype(dtype)


def piece(M, K, N):
    """How many of M rows to take at a time, or None for all of them."""
    most = MOST_OPERATIONS // max(1, K * N)
    if M <= most or N > MOST_COLUMNS or most < LEAST_ROWS:
        return None
    return -(-M // -(-M // most))  # as few pieces as can be, all but the last alike


def _whole_and_rest(M, size):
    """Cut range(M) into what makes whole pieces and what is left over."""
    whole = M - M % size
    return [slice(0, whole), slice(whole, M)][: 1 + (whole < M)]


def _cut(a, size):
    """View matrices (..., M, K) as pieces (..., M / size, size, K), or as one if they have fewer rows."""
    *outer, M, K = a.shape
    size = min(size, M)
    return a.reshape(*outer, M // size, size, K)
