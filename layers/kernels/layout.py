"""The order of the axes in memory, apart from that in the shape.

Images have the shape (N, C, H, W) everywhere. In memory the channels may lie last: then a window's row is one run of
WW * C numbers, batchnorm sums rows, and pooling compares whole rows of channels. Or, where there are too few channels
for that, the examples lie last. NumPy's ufuncs keep the order of their operands, so the layout travels through a net
without any layer's interface knowing of it.
"""

import numpy as np

# Orders of the axes, the last one running fastest: (N, H, W, C) and (C, H, W, N).
CHANNELS_LAST, EXAMPLES_LAST = (0, 2, 3, 1), (1, 2, 3, 0)
_BACK = {order: tuple(np.argsort(order)) for order in (CHANNELS_LAST, EXAMPLES_LAST)}


def channels_last(x):
    """View images (N, C, H, W) as (N, H, W, C); copied only if the channels do not lie last in memory."""
    return lay(x, CHANNELS_LAST)


def channels_first(x):
    """View (N, H, W, C) as images (N, C, H, W)."""
    return unlay(x, CHANNELS_LAST)


def lay(x, order):
    """View images with their axes in that order; copied only if they do not lie so in memory."""
    return np.ascontiguousarray(x.transpose(order))


def unlay(x, order):
    """View what has its axes in that order as images (N, C, H, W)."""
    return x.transpose(_BACK[order])


def order_of(x):
    """The order that x has already, or else that with the channels last."""
    return EXAMPLES_LAST if x.transpose(EXAMPLES_LAST).flags.c_contiguous else CHANNELS_LAST
