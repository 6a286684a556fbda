"""Which kernel computes a convolution: the first row of the table whose condition holds.

Each kernel is a module with ``fits``, ``forward``, ``backward_x`` and ``backward_w_and_b``. All give the same numbers,
to rounding; the table is about speed alone. Some also have ``forward_blocks`` and ``backward_blocks``, which hand over
the result, or take its gradient, block by block.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from . import examples_last, fft, im2col, pointwise, rows, winograd, winograd_rows

KERNELS = {
    "pointwise": pointwise,
    "winograd": winograd,
    "examples_last": examples_last,
    "winograd_rows": winograd_rows,
    "rows": rows,
    "fft": fft,
    "im2col": im2col,
}

# name, condition on channels C, filters F, window, stride and the number P of places in all images, reason
PLAN = [
    ("pointwise", lambda C, F, HH, WW, stride, P: True, "one matrix product of the image as it lies"),
    ("winograd", lambda C, F, HH, WW, stride, P: min(C, F) >= 16 and P >= 512, "fewer products, if there are many"),
    ("examples_last", lambda C, F, HH, WW, stride, P: C < 8 and F < 16, "too few filters for loops over them"),
    ("examples_last", lambda C, F, HH, WW, stride, P: 3 < C < 8 and F <= 32, "no image: dx is needed, of few channels"),
    ("examples_last", lambda C, F, HH, WW, stride, P: C < 8 and F <= 32 and stride > 1, "every other pixel is no run"),
    (
        "winograd_rows",
        lambda C, F, HH, WW, stride, P: 2 < C < 32 / WW and WW >= 7 and F >= 32 and P >= 1 << 16,
        "of long rows a third of the products, if they outweigh the transforms",
    ),
    ("rows", lambda C, F, HH, WW, stride, P: WW * C < 32, "rows of windows too short to copy as runs"),
    ("fft", lambda C, F, HH, WW, stride, P: HH >= 11 and WW >= 11, "its cost does not grow with the filter"),
    ("im2col", lambda C, F, HH, WW, stride, P: True, "everything else"),
]

_forced = ContextVar("forced", default=None)


def choose(w_shape, stride, pad, places):
    """Return the kernel for filters of that shape, which are put to so many places in all images together."""
    F, C, HH, WW = w_shape
    for name, pays, _ in PLAN:
        kernel = KERNELS[name]
        if name == _forced.get() or (_forced.get() is None and pays(C, F, HH, WW, stride, places)):
            if kernel.fits(C, F, HH, WW, stride, pad):
                return kernel
    return im2col


@contextmanager
def forced(name):
    """Use one kernel wherever it fits, whatever the plan says; for tests and benchmarks."""
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)
