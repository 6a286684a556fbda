"""Images whose axes lie in memory in one order or another, whatever their shape says."""

import numpy as np

# The axes of (N, C, H, W), from the longest step in memory to the shortest.
NCHW, CHANNELS_LAST, EXAMPLES_LAST = (0, 1, 2, 3), (0, 2, 3, 1), (2, 1, 3, 0)
ORDERS = {"NCHW": NCHW, "channels last": CHANNELS_LAST, "examples last": EXAMPLES_LAST}

# Rows of examples lie together, as with the examples last, but those of one channel follow each other.
CHANNELS_APART = (1, 2, 3, 0)
EVERY_ORDER = {**ORDERS, "channels apart": CHANNELS_APART}


def laid(x, order):
    """Copy x so that its axes lie in that order."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
