"""Each layer alone, for developers: ``pytest -n 0 benchmarks/cases.py``, with all of pytest-benchmark's options.

With ``-n 0`` all runs in one process: in the two that share the tests, nothing would be timed. To see what a change
does: ``--benchmark-autosave`` before it, ``--benchmark-compare`` after it.
"""

import numpy as np
import pytest

from .layer_table import CONVOLUTIONS, OTHERS, OurLayer, make_inputs

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_case = pytest.mark.parametrize("case", [*CONVOLUTIONS, *OTHERS], ids=lambda case: case.name)


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
