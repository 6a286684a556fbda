"""3x3 convolution with stride 1 by Winograd's minimal filtering: 36 products for 16 outputs, where there are 144.

In one dimension. To correlate a filter g of 3 numbers with 6 numbers d gives 4 outputs, ``y[k] = sum_j g[j] d[k + j]``.
Read backwards (transposed), that is a product of polynomials: a filter polynomial of degree 2 times one of degree 3, of
degree 5. Such a product is known when its values at 6 points are known, and its value at a point is one product of
numbers. Five points a_i are finite; the sixth is infinity, where a polynomial's value is its leading coefficient. So

    y = A.T ((G g) * (B d)),

- ``G`` (6 x 3) evaluates the filter polynomial at the points, a row (1, a_i, a_i^2) / N_i each,
- ``A`` (6 x 4) evaluates the other, a row (1, a_i, a_i^2, a_i^3) each,
- ``B`` (6 x 6) is the transpose of the interpolation from 6 values back to coefficients (Lagrange): its row i holds the
  coefficients of the product of all (x - a_j), j != i, whose value at a_i is the N_i above; and for infinity those of
  the product of all five.

In two dimensions each matrix is applied to the rows of a tile and to its columns. For C channels and F filters, "*" is
a sum over the channels: 36 products of matrices (tiles x C) @ (C x F).

The gradient of the filters is a correlation of the same kind, of 6 numbers of x with 4 of dout that gives 3: the same
points serve, with the parts of A and G exchanged. The gradient of x is a forward pass with the flipped filters.

The points decide on the rounding error. The textbook's 0, 1, -1, 2, -2 give 7e-6 (largest error over largest output, 64
channels, float32). 0, 2/3, -2/3, 3/2, -3/2, and each point's three factors brought to one size, give 1.5e-6, near the
0.6e-6 of the direct sum. Source: A. Lavin, S. Gray (2015), arXiv:1509.09308; on the points B. Barabasz et al. (2018),
arXiv:1803.10986.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.polynomial import polynomial

from . import im2col
from .channel_norm import sum_of_channels
from .layout import channels_first, channels_last
from .threads import split
from .workspace import blocks, empty, scratch

POINTS = np.array([0, 2 / 3, -2 / 3, 3 / 2, -3 / 2])
TILE, OUT, FILTER = 6, 4, 3

# What a block of tiles and its transforms may take, so that they stay in a core's cache.
BLOCK_BYTES = 1 << 20


def fits(C, F, HH, WW, stride, pad):
    return HH == WW == 3 and stride == 1 and pad <= 2


def _evaluation(degree):
    """Evaluate a polynomial of that degree: a row of powers for each finite point, and its leading coefficient."""
    at_points = POINTS[:, np.newaxis] ** np.arange(degree + 1)
    return np.vstack([at_points, np.eye(degree + 1)[-1]])


def _transforms(num_filter, num_out):
    """Make (A, G, B) for a filter of num_filter numbers and num_out outputs; those of row i have one norm."""
    others = [np.delete(POINTS, i) for i in range(len(POINTS))]
    factors = [1 / np.prod(point - other) for point, other in zip(POINTS, others)]
    A, G = _evaluation(num_out - 1), np.append(factors, 1)[:, np.newaxis] * _evaluation(num_filter - 1)
    rows_of_B = [np.append(polynomial.polyfromroots(other), 0) for other in others]
    B = np.vstack([*rows_of_B, polynomial.polyfromroots(POINTS)])
    norms = [np.linalg.norm(matrix, axis=1, keepdims=True) for matrix in (A, G, B)]
    mean = np.prod(norms, axis=0) ** (1 / 3)
    return [matrix * mean / norm for matrix, norm in zip((A, G, B), norms)]


def _in_both_dtypes(matrix):
    return {np.dtype(dtype): matrix.astype(dtype) for dtype in (np.float32, np.float64)}


_A, _G, _B = map(_in_both_dtypes, _transforms(FILTER, OUT))
_A_OF_W, _G_OF_W, _B_OF_W = map(_in_both_dtypes, _transforms(OUT, FILTER))


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    out = empty((len(x), *out_size, len(w)), np.result_type(x, w, b))
    _correlate(channels_last(x), w, b, pad, out)
    return channels_first(out)


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the channels last in memory: dout correlated with the flipped filters."""
    N, C, H, W = x_shape
    dx = empty((N, H, W, C), dout.dtype)
    _correlate(channels_last(dout), w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), None, 2 - pad, dx)
    return channels_first(dx)


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, 3, 3) and db of shape (F,)."""
    images, dimages = channels_last(x), channels_last(dout)
    (F, C, _, _), (N, H_out, W_out, _), dtype = w_shape, dimages.shape, dout.dtype
    grid = -(-H_out // OUT), -(-W_out // OUT)

    def part(start, stop):
        total = empty((TILE * TILE, C, F), dtype)
        total[...] = 0
        for block in blocks(start, stop, _bytes_of_an_image(grid, max(C, F), dtype), BLOCK_BYTES):
            tiles = _transform(_B_OF_W[dtype], _copied(_tiles(images[block], pad, grid, TILE)), "transformed")
            dtiles = _transform(_G_OF_W[dtype], _copied(_tiles(dimages[block], 0, grid, OUT)), "product")
            total += np.matmul(tiles.transpose(0, 2, 1), dtiles, out=scratch("tiles", total.shape, dtype))
        return total

    total, *others = split(part, N, dout.nbytes / 2 * C * 9)
    for other in others:
        total += other
    if not np.isfinite(total.sum()):
        return im2col.backward_w_and_b(x, dout, w_shape, stride, pad)
    dw = _transform(_A_OF_W[dtype].T, total.reshape(TILE, TILE, 1, C * F), "result")
    return dw.reshape(FILTER, FILTER, C, F).transpose(3, 2, 0, 1).copy(), sum_of_channels(channels_first(dimages))


def _correlate(x, w, b, pad, out):
    """Write the correlation of x with the filters, plus b unless it is None, to out; both with channels last."""
    (N, H_out, W_out, F), C, dtype = out.shape, x.shape[3], out.dtype
    grid = -(-H_out // OUT), -(-W_out // OUT)
    filters = np.ascontiguousarray(w.transpose(2, 3, 1, 0), dtype)
    filters = _transform(_G[dtype], filters, "filters").copy()  # the threads' own scratch memory, for all of them
    whole = (grid[0] * OUT, grid[1] * OUT) == (H_out, W_out)

    def part(start, stop):
        for block in blocks(start, stop, _bytes_of_an_image(grid, max(C, F), dtype), BLOCK_BYTES):
            n = block.stop - block.start
            tiles = _transform(_B[dtype], _copied(_tiles(x[block], pad, grid, TILE)), "transformed")
            product = scratch("product", (TILE * TILE, n * grid[0] * grid[1], F), dtype)
            np.matmul(tiles, filters, out=product)
            result = _transform(_A[dtype].T, product.reshape(TILE, TILE, -1, F), "tiles").reshape(OUT, OUT, n, *grid, F)
            if not np.isfinite(result.sum()):
                # A NaN or infinity would spread over its whole tile; the direct sum takes it where it belongs.
                im2col.correlate(x[block], im2col.as_columns(w), b, 1, (pad, pad), (FILTER, FILTER), out[block])
                continue
            result = result.transpose(2, 3, 0, 4, 1, 5)
            if whole:
                target = out[block].reshape(result.shape)
            else:
                target = scratch("padded", result.shape, dtype)
            if b is None:
                np.copyto(target, result)
            else:
                np.add(result, b, out=target)
            if not whole:
                out[block] = target.reshape(n, grid[0] * OUT, grid[1] * OUT, F)[:, :H_out, :W_out]

    split(part, N, out.nbytes / 2 * C * 9)


def _bytes_of_an_image(grid, channels, dtype):
    """What the tiles of one image take, transformed."""
    return TILE * TILE * grid[0] * grid[1] * channels * dtype.itemsize


def _tiles(x, pad, grid, size):
    """View images (n, H, W, C) as tiles of that size, one every 4 pixels: (size, size, n, rows, columns, C)."""
    height, width = (OUT * count + size - OUT for count in grid)
    padded = im2col.pad_channels_last(x, (pad, pad), (height, width))
    image, row, pixel, channel = padded.strides
    shape = (size, size, len(x), *grid, x.shape[3])
    return as_strided(padded, shape, (row, pixel, image, OUT * row, OUT * pixel, channel), writeable=False)


def _copied(tiles):
    """Copy tiles (size, size, n, rows, columns, C) as (size, size, number of tiles, C)."""
    size, _, n, rows, columns, C = tiles.shape
    copied = scratch("tiles", (size, size, n * rows * columns, C), tiles.dtype)
    np.copyto(copied.reshape(tiles.shape), tiles)
    return copied


def _transform(matrix, tiles, name):
    """Apply a matrix to rows and columns of tiles (k, k, T, C): (m * m, T, C) in the scratch array of that name."""
    (m, k), (_, _, T, C) = matrix.shape, tiles.shape
    half = scratch("half", (k, m, T * C), tiles.dtype)
    np.matmul(matrix, tiles.reshape(k, k, T * C).swapaxes(0, 1), out=half)
    whole = scratch(name, (m, m, T * C), tiles.dtype)
    np.matmul(matrix, half.swapaxes(0, 1), out=whole)
    return whole.reshape(m * m, T, C)
