"""Each layer alone, for developers: ``pytest -n 0 benchmarks/cases.py``, with all of pytest-benchmark's options.

With ``-n 0`` all runs in one process: in the two that share the tests, nothing would be timed. To see what a change
does: ``--benchmark-autosave`` before it, ``--benchmark-compare`` after it.
"""

import numpy as np
import pytest

import layers

from .layer_table import CONVOLUTIONS, IMAGES, OTHERS, POOL, Case, OurLayer, make_inputs

ROWS = (256, 1024)


def of_images(layer, *settings, arrays=()):
    return Case(f"{layer.name}, {IMAGES}", layer, IMAGES, arrays, settings)


def of_rows(layer, *settings):
    return Case(f"{layer.name}, {ROWS}", layer, ROWS, ((ROWS[1],), (ROWS[1],)), settings)


IN_NO_TABLE = (
    of_images(layers.leaky_relu, {}),
    of_images(layers.sigmoid),
    of_images(layers.tanh),
    of_images(layers.gelu),
    of_images(layers.dropout, {"p": 0.5, "mode": "train", "seed": 0}),
    of_images(layers.relu_pool, POOL),
    of_images(layers.conv_relu_pool, {"stride": 1, "pad": 1}, POOL, arrays=((64, 64, 3, 3), (64,))),
    of_images(layers.global_avg_pool),
    of_images(layers.spatial_batchnorm_relu, {"mode": "train"}, arrays=((64,), (64,))),
    of_images(layers.spatial_groupnorm, 8, {}, arrays=((1, 64, 1, 1), (1, 64, 1, 1))),
    of_rows(layers.batchnorm, {"mode": "train"}),
    of_rows(layers.layernorm, {}),
    Case("softmax, (128, 1000)", layers.softmax, (128, 1000)),
)

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_case = pytest.mark.parametrize("case", [*CONVOLUTIONS, *OTHERS, *IN_NO_TABLE], ids=lambda case: case.name)


@every_dtype
@every_case
def test_forward(benchmark, case, dtype):
    x, args, dout = make_inputs(case, dtype)
    benchmark(OurLayer(case.layer, x, args, dout).forward)


@every_dtype
@every_case
def test_backward(benchmark, case, dtype):
    x, args, dout = make_inputs(case, dtype)
    benchmark(OurLayer(case.layer, x, args, dout).backward)
