from dataclasses import replace

import numpy as np
import pytest

import layers
from benchmarks.cases import IN_NO_TABLE
from benchmarks.layer_table import CONVOLUTIONS, OTHERS, OurLayer, make_inputs


def test_every_layer_written_by_hand_has_a_case():
    by_hand = {layer for layer in vars(layers).values() if isinstance(layer, layers.Layer) and not layer.parts}
    gates = {layers.add_gate, layers.max_gate, layers.multiply_gate}  # one operation of NumPy's each
    assert {case.layer for case in (*CONVOLUTIONS, *OTHERS, *IN_NO_TABLE)} >= by_hand - gates


@pytest.mark.parametrize("case", IN_NO_TABLE, ids=lambda case: case.name)
def test_a_case_can_be_timed(case):
    x, args, dout = make_inputs(replace(case, x=(2, *case.x[1:])), np.float32)
    out, dx, *_ = OurLayer(case.layer, x, args, dout).results()
    assert (out.shape, dx.shape) == (dout.shape, x.shape)
