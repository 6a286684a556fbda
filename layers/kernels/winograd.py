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
a sum over the channels: 36 products of matrices (tiles x C) @ (C x F). The bias is one more number for the last A.T to
add up, with a column of ones.

The gradient of the filters is a correlation of the same kind, of 6 numbers of x with 4 of dout that gives 3: the same
points serve, with the parts of A and G exchanged. The gradient of x is a forward pass with the flipped filters.

The points decide on the rounding error. The textbook's 0, 1, -1, 2, -2 give 7e-6 (largest error over largest output, 64
channels, float32). 0, 2/3, -2/3, 3/2, -3/2, and each point's three factors brought to one size, give 1.5e-6, near the
0.6e-6 of the direct sum. Source: A. Lavin, S. Gray (2015), arXiv:1509.09308; on the points B. Barabasz et al. (2018),
arXiv:1803.10986.
"""

from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.polynomial import polynomial

from . import im2col
from .channel_norm import sum_of_channels
from .layout import channels_first, channels_last, filters_first, filters_last, flipped
from .products import MOST_OPERATIONS
from .threads import split
from .workspace import as_runs, blocks, empty, scratch

POINTS = np.array([0, 2 / 3, -2 / 3, 3 / 2, -3 / 2])
TILE, OUT, FILTER = 6, 4, 3

# What the tiles of a block may take, transformed, or the filters of some channels: so they stay in a core's cache or
# near it.
BLOCK_BYTES = 5 << 18

# With so many tiles or fewer, it does not pay that each thread reads all filters for its share of the tiles.
FEW_TILES = 64

# What it takes to transform a number of an image or of the result, in the operations that `split` counts.
PIXEL_WORK = 100

# What it takes to transform filters or, back, their gradients, in the operations that `split` counts, for each byte of
# the 36 values.
TRANSFORM_WORK = 8


def fits(C, F, HH, WW, stride, pad):
    return HH == WW == 3 and stride == 1 and pad <= 2


def _evaluation(points, degree):
    """Evaluate a polynomial of that degree: a row of powers for each finite point, and its leading coefficient."""
    at_points = points[:, np.newaxis] ** np.arange(degree + 1)
    return np.vstack([at_points, np.eye(degree + 1)[-1]])


def transforms(points, num_filter, num_out):
    """Make (A, G, B) for a filter of num_filter numbers and num_out outputs; those of row i have one norm."""
    others = [np.delete(points, i) for i in range(len(points))]
    factors = [1 / np.prod(point - other) for point, other in zip(points, others)]
    A, G = _evaluation(points, num_out - 1), np.append(factors, 1)[:, np.newaxis] * _evaluation(points, num_filter - 1)
    rows_of_B = [np.append(polynomial.polyfromroots(other), 0) for other in others]
    B = np.vstack([*rows_of_B, polynomial.polyfromroots(points)])
    norms = [np.linalg.norm(matrix, axis=1, keepdims=True) for matrix in (A, G, B)]
    mean = np.prod(norms, axis=0) ** (1 / 3)
    return [matrix * mean / norm for matrix, norm in zip((A, G, B), norms)]


def sum_of_squares(a):
    """Sum them, in a third of the time of a sum of a: not finite if a number of a is not, or if some are above 1e19."""
    flat = a.reshape(-1)
    with np.errstate(all="ignore"):
        return float(np.dot(flat, flat))


def _in_both_dtypes(matrix):
    return {np.dtype(dtype): matrix.astype(dtype) for dtype in (np.float32, np.float64)}


_A, _G, _B = map(_in_both_dtypes, transforms(POINTS, FILTER, OUT))
_ONES_AND_A = {dtype: np.vstack([np.ones((1, OUT), dtype), matrix]) for dtype, matrix in _A.items()}
_A_OF_W, _G_OF_W, _B_OF_W = map(_in_both_dtypes, transforms(POINTS, OUT, FILTER))


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    out = empty((len(x), *out_size, len(w)), np.result_type(x, w, b))
    _correlate(channels_last(x), filters_last(w), b, pad, out)
    return channels_first(out)


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the channels last in memory: dout correlated with the flipped filters."""
    N, C, H, W = x_shape
    dx = empty((N, H, W, C), dout.dtype)
    _correlate(channels_last(dout), flipped(w), None, 2 - pad, dx)
    return channels_first(dx)


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, 3, 3) and db of shape (F,)."""
    images, dimages = channels_last(x), channels_last(dout)
    (F, C, _, _), (N, H_out, W_out, _), dtype = w_shape, dimages.shape, dout.dtype
    grid = -(-H_out // OUT), -(-W_out // OUT)

    def part(start, stop, matmul=np.matmul):
        total = empty((TILE * TILE, C, F), dtype)
        if start == stop:
            total[...] = 0
        for n, alike in _blocks_alike(start, stop, grid, C, F, dtype):
            transform = _transform_of_images(_B_OF_W[dtype], images[:n], pad, grid, "x")
            dtransform = _transform_of_images(_G_OF_W[dtype], dimages[:n], 0, grid, "dout")
            for block in alike:
                first = block.start == start
                product = total if first else scratch("product", total.shape, dtype)
                matmul(transform(images[block]).transpose(0, 2, 1), dtransform(dimages[block]), out=product)
                if not first:
                    np.add(total, product, out=total)
        return total

    total, *others = _by_images(part, dimages.shape, C, dtype)
    dw = np.empty((FILTER, FILTER, C, F), dtype)

    def channels(some):
        for other in others:
            total[:, some] += other[:, some]
        _transform(_A_OF_W[dtype].T, total[:, some], out=dw[:, :, some])

    _by_channels(channels, total)
    if not np.isfinite(dw.sum()):
        return im2col.backward_w_and_b(x, dout, w_shape, stride, pad)
    return filters_first(dw), sum_of_channels(channels_first(dimages))


def _correlate(x, filters, b, pad, out):
    """Write the correlation of x with the filters, plus b unless it is None, to out.

    x is (N, H, W, C), the filters are (3, 3, C, F), out is (N, H', W', F), as in `im2col.correlate`.
    """
    (N, H_out, W_out, F), C, dtype = out.shape, x.shape[3], out.dtype
    rows, columns = grid = -(-H_out // OUT), -(-W_out // OUT)
    whole = (rows * OUT, columns * OUT) == (H_out, W_out)
    transformed = empty((TILE * TILE, C, F), dtype)

    def channels(some):
        _transform(_G[dtype], np.ascontiguousarray(filters[:, :, some], dtype), out=transformed[:, some])

    def part(start, stop, matmul=np.matmul):
        for n, alike in _blocks_alike(start, stop, grid, C, F, dtype):
            product = scratch("product", (TILE * TILE, rows * n * columns, F), dtype)
            offset = 0 if b is None else OUT * product[0].size
            transform = _transform_of_images(_B[dtype], x[:n], pad, grid, "x", offset)
            outputs = _transform_of_products(product, b)
            uncut = None if whole else scratch("uncut", (n, rows * OUT, columns * OUT, F), dtype)
            for block in alike:
                matmul(transform(x[block]), transformed, out=product)
                tiles = outputs()
                if not np.isfinite(sum_of_squares(tiles)):
                    # A NaN or infinity would spread over its whole tile; the direct sum takes it where it belongs.
                    im2col.correlate(x[block], filters, b, 1, (pad, pad), out[block])
                    continue
                target = (out[block] if whole else uncut).reshape(n, rows, OUT, columns, OUT, F)
                tiles = tiles.reshape(OUT, OUT, rows, n, columns, F).transpose(3, 2, 0, 4, 1, 5)
                np.copyto(as_runs(target), as_runs(tiles))
                if not whole:
                    out[block] = uncut[:, :H_out, :W_out]

    _by_channels(channels, transformed)
    _by_images(part, out.shape, C, dtype)


def _by_images(part, shape, C, dtype):
    """Call ``part(start, stop)`` for parts of images, on several threads, and return the results.

    Shape is (N, H', W', F), that of the result or of its gradient.

    With few tiles it takes longest to read the filters, or to write their gradients. Then all images are one part, of
    which the calling thread makes the transforms, and the products are shared out by points: each thread reads the
    filters' values at its own points only. `split` in one part sees to it that BLAS keeps to one thread throughout.
    """
    N, H_out, W_out, F = shape
    numbers = N * H_out * W_out * dtype.itemsize / 4
    products, transforms = 2 * 9 / 4 * C * F * numbers, (C + F) * numbers * PIXEL_WORK
    if N * -(-H_out // OUT) * -(-W_out // OUT) > FEW_TILES:
        return split(part, N, products + transforms)

    def matmul(a, b, out):
        def points(start, stop):
            np.matmul(a[start:stop], b[start:stop], out=out[start:stop])

        split(points, len(out), products)

    return split(lambda *_: part(0, N, matmul), 1, products + transforms)


def _by_channels(function, filters):
    """Call ``function(some)`` for slices of the channels of transformed filters (36, C, F), on several threads."""

    def part(start, stop):
        for some in blocks(start, stop, filters[:, :1].nbytes, BLOCK_BYTES):
            function(some)

    split(part, filters.shape[1], filters.nbytes * TRANSFORM_WORK)


def _blocks_alike(start, stop, grid, C, F, dtype):
    """Cut range(start, stop) into blocks of images, those of n images together: pairs (n, slices).

    A block's tiles stay in the cache, and their products are small enough for BLAS to take them as they lie. But with
    many channels there must be enough tiles to make up for reading all filters, or adding to all their gradients.
    """
    in_cache = BLOCK_BYTES // (TILE * TILE * max(C, F) * dtype.itemsize)
    tiles = max(min(in_cache, MOST_OPERATIONS // (C * F)), min(C, F) // 8)
    return groupby(blocks(start, stop, grid[0] * grid[1], tiles), lambda block: block.stop - block.start)


def _transform_of_images(matrix, images, pad, grid, name, offset=0):
    """Return a function that applies a matrix (m, k) to columns and rows of the tiles of images like these.

    A tile has k x k pixels, and every 4 pixels one begins. What the function returns, of shape (m * m, number of tiles,
    C) with the tiles in the order row, image, column, lies in the scratch array of that name until the next call. The
    first `offset` numbers of the scratch array "half" are not written to: `_transform_of_products` has the bias there.

    Tiles of 6 share two pixels with the next. They are cut apart in one direction only, along the rows of the images,
    and transformed in it; in the other direction the second transform then takes its rows where they lie.

    All views are made here, once for many blocks: meanwhile no other thread can call NumPy, and to wake one that waits
    for that takes longer than a transform.
    """
    (n, H, W, C), (m, k), (rows, columns), dtype = images.shape, matrix.shape, grid, matrix.dtype
    height, width, run = OUT * rows + k - OUT, OUT * columns + k - OUT, n * columns * C
    padded = scratch(f"padded {name}", (n, height, width, C), dtype)
    padded[...] = 0  # and so the border stays
    inside = padded[:, pad : pad + H, pad : pad + W]
    image, row, pixel, channel = padded.strides
    columns_of_tiles = as_strided(padded, (height, k, n, columns, C), (row, pixel, image, OUT * pixel, channel))
    pixels = scratch("tiles", columns_of_tiles.shape, dtype)
    runs, runs_of_tiles, pixels = as_runs(pixels), as_runs(columns_of_tiles), pixels.reshape(height, k, run)
    half = scratch("half", (offset + height * m * run,), dtype)[offset:].reshape(height, m, run)
    line, point, number = half.strides
    rows_of_tiles = as_strided(half, (m, rows, k, run), (point, OUT * line, line, number))
    transformed = scratch(name, (m, m, rows, run), dtype)

    def transform(images):
        np.copyto(inside, images)
        np.copyto(runs, runs_of_tiles)
        np.matmul(matrix, pixels, out=half)
        np.matmul(matrix, rows_of_tiles, out=transformed.transpose(1, 2, 0, 3))
        return transformed.reshape(m * m, rows * n * columns, C)

    return transform


def _transform_of_products(product, b):
    """Return a function that makes of products (36, tiles, F) the outputs (16, tiles, F), plus b unless it is None.

    They lie in scratch memory until the next call. The bias is one number more for the second transform to add up, with
    a column of ones. It is written once, to the beginning of the scratch array "half"; the transform of images, which
    uses that array in between, writes behind it.
    """
    (_, tiles, F), matrix = product.shape, _A[product.dtype].T
    by_rows = product.reshape(TILE, TILE, tiles * F).swapaxes(0, 1)
    if b is None:
        of_rows = half = scratch("half", (TILE, OUT, tiles * F), product.dtype)
        second = matrix
    else:
        half = scratch("half", (1 + TILE, OUT, tiles * F), product.dtype)
        half[0].reshape(OUT, tiles, F)[...] = b
        of_rows, second = half[1:], _ONES_AND_A[product.dtype].T
    from_half = half.swapaxes(0, 1)
    outputs = scratch("tiles", (OUT, OUT, tiles * F), product.dtype)
    of_tiles = outputs.reshape(OUT * OUT, tiles, F)

    def transform():
        np.matmul(matrix, by_rows, out=of_rows)
        np.matmul(second, from_half, out=outputs)
        return of_tiles

    return transform


def _transform(matrix, tiles, out):
    """Apply a matrix (m, k) to rows and columns of tiles: k * k arrays, one for each number, to m * m arrays."""
    m, k = matrix.shape
    half = scratch("half", (k, m, tiles.size // k**2), tiles.dtype)
    np.matmul(matrix, tiles.reshape(k, k, -1).swapaxes(0, 1), out=half)
    np.matmul(matrix, half.swapaxes(0, 1), out=out.reshape(m, m, -1))
