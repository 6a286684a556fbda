"""The order of the axes in memory, apart from that in the shape.

Images have the shape (N, C, H, W) everywhere. In memory the channels may lie last, as (N, H, W, C): then a window's row
is one run of WW * C numbers, batchnorm sums rows, and pooling compares whole rows of channels. Or, where there are too
few channels for that, the examples lie last, as (H, C, W, N). NumPy's ufuncs keep the order of their operands, so the
layout travels through a net without any layer's interface knowing of it.

What goes over images in either layout sees them as (outer, H, W, inner): each example apart and the channels inside, or
the other way round.
"""

import numpy as np

from .workspace import empty

# The axes of images as (outer, H, W, inner).
CHANNELS_LAST, EXAMPLES_LAST = (0, 2, 3, 1), (1, 2, 3, 0)
_BACK = {order: tuple(np.argsort(order)) for order in (CHANNELS_LAST, EXAMPLES_LAST)}


def channels_last(x):
    """View images (N, C, H, W) as (N, H, W, C); copied only if the channels do not lie last in memory."""
    return lay(x, CHANNELS_LAST)


def channels_first(x):
    """View (N, H, W, C) as images (N, C, H, W)."""
    return unlay(x, CHANNELS_LAST)


def lay(x, order):
    """View images as (outer, H, W, inner); copied only if they do not have that layout."""
    x = x.transpose(order)
    return x if _lies_in(x, order) else _swap(np.ascontiguousarray(_swap(x, order)), order)


def unlay(x, order):
    """View (outer, H, W, inner) as images (N, C, H, W)."""
    return x.transpose(_BACK[order])


def empty_laid(shape, dtype, order):
    """Return `empty` memory of shape (outer, H, W, inner), in that layout."""
    outer, H, W, inner = shape
    return _swap(empty((H, outer, W, inner) if order == EXAMPLES_LAST else shape, dtype), order)


def order_of(x):
    """The layout that x has already, or else that with the channels last."""
    return EXAMPLES_LAST if _lies_in(x.transpose(EXAMPLES_LAST), EXAMPLES_LAST) else CHANNELS_LAST


def _lies_in(x, order):
    """Whether x, (outer, H, W, inner), has that layout, or is one image as it lies by itself, channel after channel."""
    return x.flags.c_contiguous or _swap(x, order).flags.c_contiguous


def _swap(x, order):
    """View (outer, H, W, inner) with its axes as they lie in memory, and back.

    Where the examples are last a row of all channels lies together: windows are cut out along the rows.
    """
    return x.swapaxes(0, 1) if order == EXAMPLES_LAST else x
