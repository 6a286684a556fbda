"""Table of single layers, forward and backward, against PyTorch and against the course's method."""

import copy
import itertools
from dataclasses import dataclass

import numpy as np

from layers import Layer, affine, avg_pool, conv, max_pool, relu, softmax_loss, spatial_batchnorm
from layers.kernels.planner import choose
from layers.kernels.windows import output_size

from . import course_im2col
from .agreement import check_arrays
from .machine import peak
from .timing import fastest, interleave, spread
from .torch_side import LAYOUTS, TorchLayer, TorchLoss

TITLE = "Layers"
NOTES = (
    "ratio: PyTorch's time / ours, above 1 we are faster; median [quartiles] of the rounds' ratios.",
    "layout: each side with x in the faster of its two memory layouts, NCHW and channels last (PyTorch: and w); dout "
    "lies in memory as out does, as the next layer of a net would return it.",
    "course / ours: the time of CS231n's im2col, all columns cached in the order (H', W', N); the method written anew "
    "in NumPy, not the course's Cython.",
    "of peak: the operations of the plain method in our time / those of one large product of matrices; Winograd needs "
    "fewer.",
    "held: MB in the cache for backward, x and w included. difference: the largest between any two sides, out and "
    "gradients, relative to the largest entry.",
)
TARGETS = {np.dtype(np.float32): 0.8, np.dtype(np.float64): 1.9}


@dataclass(frozen=True)
class Case:
    """A layer with the shapes of its input and arrays, and its settings."""

    name: str
    layer: Layer
    x: tuple
    arrays: tuple = ()
    settings: tuple = ()


def conv_case(name, N, C, H, F, k, stride=1):
    """A convolution of N square images by F square filters, padded by (k - 1) / 2."""
    conv_param = {"stride": stride, "pad": (k - 1) // 2}
    return Case(f"conv {name}", conv, (N, C, H, H), ((F, C, k, k), (F,)), (conv_param,))


CONVOLUTIONS = (
    conv_case("3x3, 64->64 on 32x32, N=64", 64, 64, 32, 64, 3),
    conv_case("3x3, 64->128 on 16x16, N=64", 64, 64, 16, 128, 3),
    conv_case("3x3, 128->128 on 16x16, N=64", 64, 128, 16, 128, 3),
    conv_case("7x7, 3->32 on 32x32, N=100", 100, 3, 32, 32, 7),
    conv_case("1x1, 256->64 on 14x14, N=64", 64, 256, 14, 64, 1),
    conv_case("3x3 stride 2, 64->128 on 56x56, N=32", 32, 64, 56, 128, 3, stride=2),
    conv_case("3x3 stride 2, 3->25 on 31x31, N=100", 100, 3, 31, 25, 3, stride=2),
)
IMAGES = (64, 64, 32, 32)
POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}
OTHERS = (
    Case("max_pool 2x2, (64, 64, 32, 32)", max_pool, IMAGES, (), (POOL,)),
    Case("avg_pool 2x2, (64, 64, 32, 32)", avg_pool, IMAGES, (), (POOL,)),
    Case("spatial_batchnorm, (64, 64, 32, 32)", spatial_batchnorm, IMAGES, ((64,), (64,)), ({"mode": "train"},)),
    Case("relu, (64, 64, 32, 32)", relu, IMAGES),
    Case("affine, (100, 3072) to 100", affine, (100, 3072), ((3072, 100), (100,))),
    Case("affine, (256, 1024) to 1024", affine, (256, 1024), ((1024, 1024), (1024,))),
)
LOSSES = ((100, 10), (128, 1000))


class OurLayer:
    """A pair as PyTorch's side has it: ``forward()``, ``backward()`` and ``results()``.

    Parameters
    ----------
    pair : (forward, backward)
    x, args
        As for forward.
    dout : ndarray
    """

    def __init__(self, pair, x, args, dout):
        self._forward, self._backward = pair
        self.x, self.args = x, args
        out, self.cache = self.forward()
        self.dout = np.empty_like(out)  # in out's order in memory, as the next layer of a net would return it
        self.dout[...] = dout

    def forward(self):
        return self._forward(self.x, *self.args)

    def backward(self):
        return self._backward(self.dout, self.cache)

    def results(self):
        grads = self.backward()
        return self.forward()[0], *(grads if isinstance(grads, tuple) else (grads,))

    def held_megabytes(self):
        return sum(array.nbytes for array in _arrays(self.cache)) / 2**20


def make_inputs(case, dtype):
    """Random x, the layer's arguments, and a random dout; the same at every call."""
    rng = np.random.default_rng(0)
    x, *arrays = (rng.standard_normal(shape).astype(dtype) for shape in (case.x, *case.arrays))
    args = (*arrays, *copy.deepcopy(case.settings))
    out, _ = case.layer.forward(x, *args)
    return x, args, rng.standard_normal(out.shape).astype(dtype)


def lay(array, layout):
    """Copy images into one of the two layouts; other arrays have only one."""
    if array.ndim < 4 or layout == "NCHW":
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def make_sides(case, dtype):
    """All sides of the comparison, by name; the first is what the others are compared with."""
    x, args, dout = make_inputs(case, dtype)
    sides = {}
    for layout in LAYOUTS if x.ndim == 4 else LAYOUTS[:1]:
        sides[f"PyTorch, {layout}"] = TorchLayer(case.layer, x, args, dout, layout)
        sides[f"ours, {layout}"] = OurLayer(case.layer, lay(x, layout), args, dout)
    if case.layer is conv:
        sides["course"] = OurLayer((course_im2col.forward, course_im2col.backward), x, args, dout)
    return sides


def compare(case, dtype, sides, effort):
    """Check that all sides give the same results, time them, and make the two rows, forward and backward."""
    difference = check_arrays(f"{case.name}, {dtype}", {name: side.results() for name, side in sides.items()})
    operations = _operations(case, sides)
    for direction, share in (("forward", 1), ("backward", 2)):
        seconds = interleave({name: getattr(side, direction) for name, side in sides.items()}, effort)
        row = _row(case.name, direction, dtype, seconds)
        ours = fastest(seconds, "ours")
        if case.layer is conv:
            row["target"] = TARGETS[np.dtype(dtype)]
            row["kernel"] = kernel_name(case)
            row["course / ours"] = spread(seconds["course"] / seconds[ours])
            row["held"], row["course held"] = (sides[name].held_megabytes() for name in (ours, "course"))
        if operations:
            row["of peak"] = float(share * operations / np.median(seconds[ours]) / peak(dtype))
        yield row | {"difference": difference}


def compare_losses(shape, dtype, effort):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(shape).astype(dtype), rng.integers(0, shape[1], shape[0])
    theirs, name = TorchLoss(x, y), f"softmax_loss, {shape}"
    ours = tuple(np.asarray(result, dtype) for result in softmax_loss(x, y))
    difference = check_arrays(name, {"PyTorch": theirs.results(), "ours": ours})
    sides = {"PyTorch, NCHW": theirs.forward_and_backward, "ours, NCHW": lambda: softmax_loss(x, y)}
    return _row(name, "both", dtype, interleave(sides, effort)) | {"difference": difference}


def kernel_name(case):
    """The name of the kernel that the planner chooses for a convolution."""
    (conv_param,), w_shape = case.settings, case.arrays[0]
    stride, pad = conv_param["stride"], conv_param["pad"]
    H_out, W_out = output_size("kernel_name", *case.x[2:], *w_shape[2:], stride, pad)
    return choose(w_shape, stride, pad, case.x[0] * H_out * W_out).__name__.split(".")[-1]


def rows(effort):
    for dtype, case in itertools.product(effort.dtypes, (*CONVOLUTIONS, *OTHERS)):
        yield from compare(case, np.dtype(dtype), make_sides(case, dtype), effort)
    for dtype, shape in itertools.product(effort.dtypes, LOSSES):
        yield compare_losses(shape, np.dtype(dtype), effort)


def _row(name, direction, dtype, seconds):
    ours, theirs = fastest(seconds, "ours"), fastest(seconds, "PyTorch")
    one_layout = len([side for side in seconds if side.startswith("ours")]) == 1
    return {
        "layer": name,
        "pass": direction,
        "dtype": str(dtype),
        "PyTorch ms": spread(1e3 * seconds[theirs]),
        "PyTorch layout": None if one_layout else theirs.split(", ")[1],
        "our ms": spread(1e3 * seconds[ours]),
        "our layout": None if one_layout else ours.split(", ")[1],
        "ratio": spread(seconds[theirs] / seconds[ours]),
        "target": None,
        "kernel": None,
        "course / ours": None,
        "of peak": None,
        "held": None,
        "course held": None,
        "difference": None,
    }


def _operations(case, sides):
    """Multiplications and additions of forward's product; None for layers that have none."""
    if case.layer not in (affine, conv):
        return None
    dout = next(side.dout for name, side in sides.items() if name.startswith("ours"))
    return 2 * dout.size * np.prod(case.arrays[0]) / dout.shape[1]


def _arrays(cache):
    if isinstance(cache, np.ndarray):
        yield cache
    elif isinstance(cache, (tuple, list)):
        for part in cache:
            yield from _arrays(part)
