"""Convolution with few channels and few filters: the examples last in memory, so that the runs are long all the same.

In the layout (H, C, W, N) the pixels (i, j) of all windows of a row of places, for all images at once, are one run of
W' * N numbers. As in `rows`, they are written once for each row of the image, and a run of ones after them, which the
bias meets. HH rows that follow each other are the columns of the matrix (W' * N, HH * (C * WW + 1)) of the windows of
one row of places. That matrix times the filters, (HH * (C * WW + 1), F), has as its columns a row of the result as it
lies: (F, W' * N). Pooling and relu then run over long rows, too. With 6 filters and the channels last, NumPy's loops
would be of 6 numbers.
"""

from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from .layout import uncrowded
from .products import long_matmul, sum_of_products
from .threads import split
from .workspace import blocks, empty, scratch

# The runs of a block of rows, or their gradients; runs are read HH times, so a cache that the cores share will do.
BLOCK_BYTES = 1 << 21

# To lay the examples last takes a number from each example by turns. The cache lines of so many examples stay at hand
# until the next turn; those of a whole batch may not.
EXAMPLES_BYTES = 128


def fits(C, F, HH, WW, stride, pad):
    return True


def forward(x, w, b, stride, pad, out_size):
    """Return out of shape (N, F, H', W'), with the examples last in memory."""
    (F, C, HH, WW), N, (H_out, W_out) = w.shape, len(x), out_size
    columns = np.zeros((HH, C * WW + 1, F), np.result_type(w, b))
    columns[:, :-1] = w.transpose(2, 1, 3, 0).reshape(HH, C * WW, F)
    columns[0, -1] = b  # each row has its ones; one of them is enough
    columns = columns.reshape(HH * (C * WW + 1), F)
    out = empty((H_out, F, W_out * N), np.result_type(x, w, b))

    def part(start, stop):
        for rows, windows in _blocks(x, start, stop, (HH, WW), stride, pad, out_size):
            long_matmul(windows, columns, out=out[rows].swapaxes(1, 2))

    split(part, H_out, out.nbytes / 2 * len(columns))
    return out.reshape(H_out, F, W_out, N).transpose(3, 1, 0, 2)


def backward_w_and_b(x, dout, w_shape, stride, pad):
    """Return dw of shape (F, C, HH, WW) and db of shape (F,)."""
    (F, C, HH, WW), (_, _, H_out, W_out) = w_shape, dout.shape

    def part(start, stop):
        return sum(
            sum_of_products(windows, _rows(dout, rows).swapaxes(1, 2)).astype(np.float64)
            for rows, windows in _blocks(x, start, stop, (HH, WW), stride, pad, (H_out, W_out))
        )

    total = sum(split(part, H_out, dout.nbytes / 2 * C * HH * WW)).astype(dout.dtype).reshape(HH, C * WW + 1, F)
    return total[:, :-1].reshape(HH, C, WW, F).transpose(3, 1, 0, 2), total[0, -1]


def backward_x(dout, w, x_shape, stride, pad):
    """Return dx of shape (N, C, H, W), with the examples last in memory.

    Row r of x meets the filters' row u at the row of places i where ``stride * i + u = r + pad``. These rows of dout
    follow each other, and the filters' rows that they meet go down by `stride` from one to the next: so the gradients
    of the runs of row r are one product, too. Near the edges it has fewer terms; rows that have the same go together.
    """
    (F, C, HH, WW), (N, _, H, W), (_, _, H_out, W_out) = w.shape, x_shape, dout.shape
    # The filters' rows u, u + stride, ... from the last to the first, as one matrix.
    flipped = [w[:, :, u::stride].transpose(2, 0, 3, 1)[::-1] for u in range(min(stride, HH))]
    factors = [np.ascontiguousarray(of_u).reshape(len(of_u) * F, WW * C) for of_u in flipped]
    most_terms = -(-HH // stride)
    dx = empty((H, C, W, N), dout.dtype)

    def part(start, stop):
        for rows in blocks(start, stop, WW * C * W_out * N * dout.itemsize, BLOCK_BYTES):
            druns = scratch("windows", (rows.stop - rows.start, WW * C, W_out * N), dout.dtype)
            low, high = max(0, (rows.start + pad) // stride + 1 - most_terms), (rows.stop - 1 + pad) // stride + 1
            douts = _rows(dout, slice(low, min(high, H_out)))
            # Each row of places, and those that follow, as one matrix. The last reach beyond douts: not read there.
            row, run, item = douts.strides
            met = as_strided(douts, (len(douts), W_out * N, most_terms * F), (row, item, run), writeable=False)
            for alike, place, terms in _rows_with_the_same_terms(rows, HH, H_out, stride, pad):
                product = druns[alike.start - rows.start : alike.stop - rows.start : stride].swapaxes(1, 2)
                if terms.start < terms.stop:
                    i, factor = place - low, factors[(alike.start + pad) % stride][terms.start * F : terms.stop * F]
                    long_matmul(met[i : i + len(product), :, : len(factor)], factor, out=product)
                else:
                    product[...] = 0
            _add_up(druns.reshape(len(druns), WW, C, W_out, N), dx[rows], stride, pad)

    split(part, H, dout.nbytes / 2 * C * HH * WW)
    return dx.transpose(3, 1, 0, 2)


def _rows_with_the_same_terms(rows, HH, H_out, stride, pad):
    """Give (rows of x, place, terms) for rows that meet the same rows of the filters.

    Row r can meet the filters' rows u, u - stride, ...; terms, a slice, says which of these it does. The first of the
    rows meets the first of its terms at that row of places, the next term at the next one; and so does the next of the
    rows, one row of places further on.
    """
    for first in range(rows.start, min(rows.start + stride, rows.stop)):
        most = len(range((first + pad) % stride, HH, stride))

        def first_place(r):
            return (r + pad) // stride + 1 - most

        def inside(r):
            start = max(0, -first_place(r))
            return start, max(start, min(most, H_out - first_place(r)))  # rows that meet none go together

        for terms, alike in groupby(range(first, rows.stop, stride), inside):
            alike = list(alike)
            yield slice(alike[0], alike[-1] + 1), first_place(alike[0]) + terms[0], slice(*terms)


def _rows(images, rows):
    """Rows of images (N, F, H, W) as (rows, F, W * N); a view if the examples lie last."""
    images = images[:, :, rows].transpose(2, 1, 3, 0)
    n, F, W, N = images.shape
    if not images.flags.c_contiguous:
        laid, images = scratch("rows", images.shape, images.dtype), uncrowded(images)
        for examples in blocks(0, N, images.itemsize, EXAMPLES_BYTES):
            laid[..., examples] = images[..., examples]
        images = laid
    return images.reshape(n, F, W * N)


def _blocks(x, start, stop, window, stride, pad, out_size):
    """Give (rows, windows) for blocks of rows of places; windows has the shape (rows, W' * N, HH * (C * WW + 1))."""
    (N, C, H, W), (HH, WW), W_out = x.shape, window, out_size[1]
    for rows in blocks(start, stop, C * WW * W_out * N * stride * x.itemsize, BLOCK_BYTES):
        first, last, top, bottom = _rows_of_x(rows, HH, H, stride, pad)
        runs = scratch("windows", (last - first, C * WW + 1, W_out, N), x.dtype)
        runs[:, -1] = 1
        inside = uncrowded(x[:, :, top:bottom].transpose(2, 1, 3, 0))
        pixels = runs[:, :-1].reshape(last - first, C, WW, W_out, N)
        if stride > 1:
            pixels[: top - first] = 0
            pixels[bottom - first :] = 0
            _fill(pixels[top - first : bottom - first], inside, stride, pad)
        else:
            padded = scratch("padded", (last - first, C, W + 2 * pad, N), x.dtype)
            padded[...] = 0
            padded[top - first : bottom - first, :, pad : pad + W] = inside
            np.copyto(pixels, sliding_window_view(padded, W_out, axis=2).swapaxes(3, 4))
        row, run = runs.strides[:2]
        shape, strides = (rows.stop - rows.start, W_out * N, HH * (C * WW + 1)), (stride * row, x.itemsize, run)
        yield rows, as_strided(runs, shape, strides, writeable=False)


def _fill(runs, x, stride, pad):
    """Write rows of x, (rows, C, W, N), as runs (rows, C, WW, W', N): the pixels j of all windows of a row of places.

    The pixels of a run are not neighbours in x, so to bring them together takes long. But pixel j of a window is pixel
    j - stride of the next: most of such a run is there already.
    """
    (_, _, WW, W_out, _), W = runs.shape, x.shape[2]
    for j in range(WW):
        known = W_out - 1 if j >= stride else 0
        if known:
            runs[:, :, j, :known] = runs[:, :, j - stride, 1:]
        places, pixels = _inside(range(known, W_out), j, W, stride, pad)
        runs[:, :, j, known : places.start] = 0
        runs[:, :, j, places] = x[:, :, pixels]
        runs[:, :, j, places.stop :] = 0


def _add_up(druns, dx, stride, pad):
    """Write rows of dx, (rows, C, W, N), from the gradients of their runs, (rows, WW, C, W', N); these are changed.

    As in `_fill`, pixel j of a window is pixel j - stride of the next: what the two get is added up in long loops, from
    the last j to the first. Then each pixel is written once.
    """
    (_, WW, _, W_out, _), W = druns.shape, dx.shape[2]
    if stride > WW or stride * (W_out - 1) + WW - pad < W:
        dx[...] = 0  # some pixels lie in no window
    for j in reversed(range(WW)):
        shared = W_out - 1 if j >= stride else 0
        if shared:
            druns[:, j - stride, :, 1:] += druns[:, j, :, :shared]
        places, pixels = _inside(range(shared, W_out), j, W, stride, pad)
        dx[:, :, pixels] = druns[:, j, :, places]


def _rows_of_x(rows, HH, H, stride, pad):
    """From and to which row of x the windows of rows of places reach, with the padding and without."""
    first, last = rows.start * stride - pad, (rows.stop - 1) * stride + HH - pad
    return first, last, min(max(first, 0), H), min(max(last, 0), H)


def _inside(places, j, W, stride, pad):
    """Of places along a row, those where pixel j of the window lies in the image, and these pixels, as slices."""
    start = min(max(places.start, -((j - pad) // stride)), places.stop)
    stop = max(start, min(-((j - pad - W) // stride), places.stop))
    pixel = start * stride + j - pad
    return slice(start, stop), slice(pixel, pixel + (stop - start) * stride, stride)
