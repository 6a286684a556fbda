"""Operations on every element, where NumPy's own way is slow, or one thread is."""

import numpy as np

from .threads import split
from .workspace import LEAST_RESULT_BYTES, blocks, empty_like, order_in_memory

# Two blocks of that size, and one of the result, stay in a core's L2 cache.
BLOCK_BYTES = 1 << 18

# With smaller parts the calls of several threads wait for each other more often.
PART_BYTES = 1 << 21


def maximum(x, number):
    """Return ``np.maximum(x, number)``, with its axes in the order that x's have in memory.

    NumPy uses vector instructions for the maxima of two arrays, but not for those of an array and a number: the second
    array here is a block of that number, again and again.
    """
    out = empty_like(x, x.dtype)
    if x.nbytes < LEAST_RESULT_BYTES:
        return np.maximum(x, number, out=out)
    numbers = np.full(min(x.size, BLOCK_BYTES // x.itemsize), number, x.dtype)
    order = order_in_memory(x)
    values, larger = (a.transpose(order).reshape(-1) for a in (x, out))

    def part(start, stop):
        for block in blocks(start, stop, x.itemsize, BLOCK_BYTES):
            np.maximum(values[block], numbers[: block.stop - block.start], out=larger[block])

    split(part, x.size, 6 * x.nbytes)
    return out


def in_parts(function, x, *others):
    """Call ``function(x, *others, out)`` for parts of arrays of one shape, with the axes as they lie in x's memory.

    Parts are so small that what the function makes on the way stays in the cache, and several threads share large
    arrays. Returns out, filled by it, with its axes in the order that x's have in memory; it is of float64 if one of
    them is.
    """
    out = empty_like(x, np.result_type(x, *others))
    if x.nbytes < LEAST_RESULT_BYTES:
        function(x, *others, out)
        return out
    order = order_in_memory(x)
    arrays = [a.transpose(order) for a in (x, *others, out)]

    def part(start, stop):
        for some in blocks(start, stop, x.nbytes // len(arrays[0]), PART_BYTES):
            function(*(a[some] for a in arrays))

    split(part, len(arrays[0]), 6 * x.nbytes)
    return out
