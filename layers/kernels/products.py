"""Products of long matrices, cut into tiles or pieces that BLAS takes as they lie.

BLAS multiplies matrices in blocks that fit the caches, and first copies both operands into an order of its own. That
takes up to half of the time where each number is then used a few hundred times only. OpenBLAS spares it where a product
is small, of at most `MOST_OPERATIONS` multiplications, if the processor has AVX-512; and NumPy does many small products
in one call. In float64 small products are faster by a third or more, whatever the matrices. Where there is no such rule
the tiles take about as long as the whole.
"""

import numpy as np

from .workspace import blocks, scratch

MOST_OPERATIONS = 100**3

# A small product is made in strips of so many bytes, four of the widest vectors, and some rows at a time: where tiles
# are of few rows, of 24 and not of 27, a multiple of that many is faster.
STRIP_BYTES, ROWS_AT_A_TIME = 256, 12

# With fewer rows BLAS's copy costs less than the cutting.
LEAST_ROWS = 96

# In a sum each piece adds a whole result: with fewer rows than that in a piece, BLAS's copy costs less.
LEAST_ROWS_OF_A_SUM = 48

# Of so many products the sum stays in the cache; of so many, each of so many rows, it loses few digits.
MOST_BYTES, MOST_PRODUCTS, MOST_ROWS = 1 << 20, 1 << 8, 1 << 14


def long_matmul(a, b, out):
    """``np.matmul(a, b, out=out)`` for a of shape (..., M, K) with many rows, b (K, N) and out (..., M, N)."""
    (*_, M, K), N = a.shape, b.shape[1]
    width = max(1, STRIP_BYTES // out.itemsize)
    height = piece(M, K, min(N, width))
    if M * K * N <= MOST_OPERATIONS or height is None:
        np.matmul(a, b, out=out)
        return
    for columns in _whole_and_rest(N, width):
        strips = _tiles(b[:, columns], K, width)
        if N > width:  # a strip's rows would lie apart, often by a power of two: in the L1 cache they have no room then
            strips = _copy(strips)
        for rows in _whole_and_rest(M, height):
            np.matmul(_tiles(a[..., rows, :], height, K), strips, out=_tiles(out[..., rows, columns], height, width))


def sum_of_products(a, b):
    """``sum over i of a[i].T @ b[i]`` for a of shape (n, M, K) and b (n, M, N), both with many rows."""
    (n, M, K), N, dtype = a.shape, b.shape[2], np.result_type(a, b)
    size = piece(M, K, N)
    if size is None or size < LEAST_ROWS_OF_A_SUM:
        size = M
    size = max(1, min(size, MOST_ROWS))
    if n == 1 and size == M:
        return a[0].T @ b[0]
    total, bytes_each = np.zeros((K, N)), max(K * N * dtype.itemsize, MOST_BYTES // MOST_PRODUCTS)
    for rows in _whole_and_rest(M, size):
        a_pieces, b_pieces = _pieces(a[:, rows], size).swapaxes(2, 3), _pieces(b[:, rows], size)
        for some in blocks(0, a_pieces.shape[1], bytes_each, MOST_BYTES):
            for few in blocks(0, n, (some.stop - some.start) * bytes_each, MOST_BYTES):
                products = scratch("products", (few.stop - few.start, some.stop - some.start, K, N), dtype)
                np.matmul(a_pieces[few, some], b_pieces[few, some], out=products)
                total += products.sum(axis=(0, 1))
    return total.astype(dtype, copy=False)


def piece(M, K, N):
    """How many of M rows to take at a time, all of them perhaps, or None if they are best not cut."""
    most = MOST_OPERATIONS // max(1, K * N)
    if M <= most:
        return M
    most -= most % ROWS_AT_A_TIME
    if M < LEAST_ROWS or most == 0:
        return None
    return -(-M // -(-M // most))  # as few pieces as can be, all but the last alike


def _whole_and_rest(M, size):
    """Cut range(M) into what makes whole pieces and what is left over, if there is any of each."""
    whole = M - M % size
    return [part for part in (slice(0, whole), slice(whole, M)) if part.start < part.stop]


def _pieces(a, size):
    """View matrices (n, M, K) as pieces (n, M / size, size, K); as one where they are smaller."""
    n, M, K = a.shape
    size = min(size, M)
    return a.reshape(n, M // size, size, K)


def _tiles(a, height, width):
    """View matrices (..., M, N) as tiles (..., M / height, N / width, height, width); as one where they are smaller."""
    *outer, M, N = a.shape
    height, width = min(height, M), min(width, N)
    return a.reshape(*outer, M // height, height, N // width, width).swapaxes(-3, -2)


def _copy(tiles):
    copy = scratch("strips", tiles.shape, tiles.dtype)
    np.copyto(copy, tiles)
    return copy
