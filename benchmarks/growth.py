"""Table of how a convolution's cost grows with each size, all others held."""

import numpy as np

from layers import conv

from .layer_table import OurLayer, conv_case, kernel_name, make_inputs
from .timing import interleave, spread

TITLE = "Growth of a convolution's cost, forward and backward, float32"
NOTES = (
    "From 32 images of 32 channels, 16x16, 32 filters of 3x3, one size is changed; C is channels and filters, "
    "H height and width.",
    "exponent: slope of the line fitted to log time against log size; plain: that of the plain method. What is less "
    "has overheads, or a better method for large sizes.",
)
BASE = {"N": 32, "C": 32, "H": 16, "k": 3}
SIZES = {"N": (8, 16, 32, 64, 128), "C": (8, 16, 32, 64, 128), "H": (8, 16, 32, 64), "k": (3, 5, 7, 9, 11, 13)}
PLAIN = {"N": 1, "C": 2, "H": 2, "k": 2}


def exponent(sizes, seconds):
    """The p of the power law that fits best, seconds proportional to size ** p.

    Examples
    --------
    >>> round(exponent([1, 2, 4], [3, 12, 48]), 6)
    2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def rows(effort, all_sizes=SIZES):
    for axis, sizes in all_sizes.items():
        cases = {size: _case(**BASE | {axis: size}) for size in sizes}
        seconds = interleave({size: _forward_and_backward(case) for size, case in cases.items()}, effort)
        fitted = exponent(sizes, [np.median(seconds[size]) for size in sizes])
        for size, case in cases.items():
            yield {
                "axis": axis,
                "size": size,
                "kernel": kernel_name(case),
                "our ms": spread(1e3 * seconds[size]),
                "exponent": fitted,
                "plain": PLAIN[axis],
            }


def _case(N, C, H, k):
    return conv_case("", N, C, H, C, k)


def _forward_and_backward(case):
    x, args, dout = make_inputs(case, np.float32)
    layer = OurLayer(conv, x, args, dout)

    def run():
        layer.forward()
        layer.backward()

    return run
