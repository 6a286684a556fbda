"""Convolution with few channels and wide filters: Winograd's minimal filtering along the rows of an image.

With three channels there is too little to sum in each of the many products of `winograd`, whose tiles are cut in both
directions. Here they are cut along the rows only: 10 products give 4 outputs of a row of 7 weights, where there are 28,
and the sums are over the rows of a filter and the channels together.

The derivation is that of `winograd`, in one dimension and with 9 finite points: tiles of 10 pixels give 11 - WW
outputs. With each of the 10 points,

- every row of an image, padded and cut into tiles that overlap, is transformed by one matrix (tiles, pixels), for all
  images and channels. Most of it is zeros; but BLAS multiplies by them faster than NumPy copies the tiles;
- the values of the rows of a window follow each other in memory, those of the next window begin one row later. So they
  are the rows of a matrix (n * tiles, HH * C), and nothing is copied. It is multiplied by the filters (HH * C, F).

A matrix (11 - WW, 10) makes the outputs of these products. The bias is an eleventh, with a column of ones.

The points decide on the rounding error. 0, 1, 2, 3, 4 and their negatives give 6e-5 (norm-wise, float32); those below
give 1e-6, for filters of any width from 2 to 9. That is of the largest outputs of a row: a pixel a million times as
large as all others takes digits even from outputs that it does not reach.
"""

from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import rows
from .threads import split
from .winograd import sum_of_squares, transforms
from .workspace import blocks, scratch

POINTS = np.array([0, 0.4, -0.4, 0.8, -0.8, 1.25, -1.25, 2.5, -2.5])
TILE = 10

# What the values and the result of a block of images may take, and the products of some rows of places. Half as much
# would have room in a core's L2 cache; but the smaller they are, the more calls of NumPy's, which wait for each other.
BLOCK_BYTES, PRODUCT_BYTES = 7 << 18, 1 << 20

# A row is transformed in pieces of so many tiles at the most: the matrix that does it is mostly zeros.
MOST_TILES = 8


def fits(C, F, HH, WW, stride, pad):
    return 2 <= WW < TILE and stride == 1


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the channels last in memory."""
    return rows.joined(forward_blocks, x, w, b, stride, pad, out_size)


def forward_blocks(x, w, b, stride, pad, out_size, use):
    """Call ``use(images, block)`` for blocks of images, on several threads, as `rows.forward_blocks` does."""
    (F, C, HH, WW), (N, _, H, W), (H_out, W_out) = w.shape, x.shape, out_size
    num_out, dtype = TILE + 1 - WW, np.result_type(x, w, b)
    tiles_of_row = -(-W_out // num_out)
    pieces = -(-tiles_of_row // MOST_TILES)
    tiles = -(-tiles_of_row // pieces)  # of a piece of a row
    to_outputs, to_filters, to_tiles = _matrices(WW, tiles, dtype)
    filters = np.tensordot(to_filters, w, (1, 3)).transpose(0, 3, 2, 1)
    filters = np.ascontiguousarray(filters, dtype).reshape(TILE, HH * C, F)
    of_filters = sum_of_squares(filters)
    height, width = H + 2 * pad, pieces * tiles * num_out + WW - 1
    image_bytes = pieces * tiles * (TILE * height * C + H_out * num_out * F) * dtype.itemsize

    def part(start, stop):
        every = blocks(start, stop, image_bytes, BLOCK_BYTES)
        for n, alike in groupby(every, lambda images: images.stop - images.start):
            # All views are made here, once for many blocks: meanwhile no other thread can call NumPy.
            # What must stay from block to block has names of its own: `rows` uses the others when it steps in.
            padded = scratch("padded rows", (n, height, C, width), dtype)
            padded[...] = 0  # its border is never written to
            inside = padded[:, pad : pad + H, :, pad : pad + W].transpose(0, 2, 1, 3)
            image, _, _, pixel = padded.strides
            pixels = as_strided(
                padded,
                (pieces, n, to_tiles.shape[1], height * C),
                (tiles * num_out * pixel, image, pixel, width * pixel),
                writeable=False,
            )
            values = scratch("windows", (TILE * tiles, pieces, n, height * C), dtype)
            result = scratch("product", (H_out, pieces, tiles, num_out, n * F), dtype)
            block = result.reshape(H_out, -1, n, F)[:, :W_out].transpose(2, 0, 1, 3)
            steps = list(_steps(values.reshape(TILE, tiles * pieces * n, height, C), HH, b, result))
            for images in alike:
                np.copyto(inside, x[images])
                np.matmul(to_tiles, pixels, out=values.transpose(1, 2, 0, 3))
                if not sum_of_squares(values) * of_filters < np.finfo(dtype).max:
                    # A NaN or infinity would spread over its whole row; the direct sum takes it where it belongs.
                    # Otherwise no sum of products is larger than the root of that (Cauchy and Schwarz).
                    rows.forward_blocks(x[images], w, b, stride, pad, out_size, _counted_from(images.start, use))
                    continue
                for windows, products, products_of_tiles, outputs in steps:
                    np.matmul(windows, filters, out=products)
                    np.matmul(to_outputs, products_of_tiles, out=outputs)
                use(images, block)

    split(part, N, N * H_out * pieces * tiles * filters.nbytes)  # the transforms take as long as the products


backward_w_and_b, backward_blocks, backward_x = rows.backward_w_and_b, rows.backward_blocks, rows.backward_x


def _steps(values, HH, b, result):
    """Make the views (windows, products, the same and the bias by tiles, outputs) for some rows of places at a time."""
    (_, places, _, C), (H_out, pieces, tiles, _, run), F = values.shape, result.shape, len(b)
    point, place, row, number = values.strides
    windows = as_strided(values, (H_out, TILE, places, HH * C), (row, point, place, number), writeable=False)
    several = list(blocks(0, H_out, (TILE + 1) * places * F * values.itemsize, PRODUCT_BYTES))
    products = scratch("products", (several[0].stop, TILE + 1, places, F), values.dtype)
    products[:, TILE] = b
    by_tiles = products.reshape(-1, TILE + 1, tiles, pieces, run).transpose(0, 3, 2, 1, 4)
    for some in several:
        first = slice(some.stop - some.start)
        yield windows[some], products[first, :TILE], by_tiles[first], result[some]


@lru_cache(maxsize=32)
def _matrices(WW, tiles, dtype):
    """Make the matrices that give the outputs of a tile, the values of filters, and those of a piece of a row.

    Their shapes are (11 - WW, 11), the last column for the bias, (10, WW) and (10 * tiles, pixels of the piece).
    """
    num_out = TILE + 1 - WW
    A, G, B = transforms(POINTS, WW, num_out)
    of_piece = np.zeros((TILE, tiles, TILE + (tiles - 1) * num_out))
    for tile in range(tiles):
        of_piece[:, tile, tile * num_out : tile * num_out + TILE] = B
    matrices = np.hstack([A.T, np.ones((num_out, 1))]), G, of_piece.reshape(TILE * tiles, -1)
    return [np.ascontiguousarray(matrix, dtype) for matrix in matrices]


def _counted_from(start, use):
    return lambda images, block: use(slice(start + images.start, start + images.stop), block)
