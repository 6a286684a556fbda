"""Table of the course's notebook cells "fast against naive": how far the two differ, and how much faster one is."""

import time

import numpy as np

from layers import conv_backward, conv_backward_naive, conv_forward, conv_forward_naive
from layers import max_pool_backward, max_pool_backward_naive, max_pool_forward, max_pool_forward_naive, rel_error

from .timing import interleave

TITLE = "Fast against naive, the course's notebook cells, float64"
NOTES = (
    "The notebook's own sizes: 100 images of 3x31x31 and 25 filters of 3x3, stride 2, pad 1; 100 images of 3x32x32 and "
    "2x2 windows.",
    "The loops run once, ours in several rounds. difference: the course's relative error, the largest "
    "|x - y| / max(1e-8, |x| + |y|).",
)
CONV = ((100, 3, 31, 31), (25, 3, 3, 3), (25,))
POOL = (100, 3, 32, 32)


def rows(effort, conv_shapes=CONV, pool_shape=POOL):
    rng = np.random.default_rng(0)
    args = (*(rng.standard_normal(shape) for shape in conv_shapes), {"stride": 2, "pad": 1})
    fast, naive = (conv_forward, conv_backward), (conv_forward_naive, conv_backward_naive)
    yield from _pair("conv", args, fast, naive, rng, effort)
    args = (rng.standard_normal(pool_shape), {"pool_height": 2, "pool_width": 2, "stride": 2})
    fast, naive = (max_pool_forward, max_pool_backward), (max_pool_forward_naive, max_pool_backward_naive)
    yield from _pair("max_pool", args, fast, naive, rng, effort)


def _pair(name, args, fast, naive, rng, effort):
    (forward, backward), (forward_naive, backward_naive) = fast, naive
    out, cache = forward(*args)
    (expected, naive_cache), seconds = _timed(lambda: forward_naive(*args))
    yield _row(f"{name} forward", lambda: forward(*args), seconds, [out], [expected], effort)
    dout = rng.standard_normal(out.shape)
    expected, seconds = _timed(lambda: backward_naive(dout, naive_cache))
    grads = backward(dout, cache)
    yield _row(f"{name} backward", lambda: backward(dout, cache), seconds, _tuple(grads), _tuple(expected), effort)


def _row(name, run, naive_seconds, ours, expected, effort):
    seconds = np.median(interleave({"ours": run}, effort)["ours"])
    return {
        "layer": name,
        "naive s": naive_seconds,
        "our s": seconds,
        "speed-up": naive_seconds / seconds,
        "difference": max(float(rel_error(a, b)) for a, b in zip(ours, expected, strict=True)),
    }


def _timed(run):
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


def _tuple(grads):
    return grads if isinstance(grads, tuple) else (grads,)
