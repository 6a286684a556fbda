"""The order of the axes in memory, apart from that in the shape.

Images have the shape (N, C, H, W) everywhere. In memory the channels may lie last: then a window's row is one run of
WW * C numbers, batchnorm sums rows, and pooling compares whole rows of channels. NumPy's ufuncs keep the order of their
operands, so the layout travels through a net without any layer's interface knowing of it.
"""

import numpy as np


def channels_last(x):
    """View images (N, C, H, W) as (N, H, W, C); copied only if the channels do not lie last in memory."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def channels_first(x):
    """View (N, H, W, C) as images (N, C, H, W)."""
    return x.transpose(0, 3, 1, 2)
