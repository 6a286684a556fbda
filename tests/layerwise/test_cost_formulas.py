"""Operations by formula, against counts by hand; a layer that is not known is not guessed at."""

import numpy as np
import pytest

import layers
from layers import Layer
from layerwise import catalogue
from layerwise.cost_formulas import FORMULAS, flops
from layerwise.parts import run_forward
from tests.models.zoo import MODELS

POOL = {"pool_height": 3, "pool_width": 2, "stride": 1}


def leaves(layer):
    return [leaf for part in layer.parts for leaf in leaves(part)] if layer.parts else [layer]


def nets():
    data = catalogue.DATA["digits"]()
    yield from (catalogue.make_model(name, data, reg=0.0, seed=0).net for name in catalogue.MODELS)
    yield from (make(dtype=np.float32, seed=0).net for make in MODELS.values())


def test_every_layer_of_every_built_in_model_has_a_formula():
    known = {leaf.name for net in nets() for leaf in leaves(net) if leaf.forward in FORMULAS}
    assert {leaf.name for net in nets() for leaf in leaves(net)} == known
    assert len(known) >= 10


def test_a_users_layer_has_none():
    def affine_forward(x, w, b):
        return x @ w + b, None

    own = Layer(affine_forward, layers.affine.backward)
    assert flops(run_forward(own, np.ones((2, 3)), (np.ones((3, 4)), np.ones(4)))) == (None, None)


# layer, shape of x, shapes of its arrays, settings, operations of forward and of backward
COUNTS = [
    # 5 * 2 outputs, each of 3 products and as many additions, the bias's among them; dw and dx as many; db 10
    (layers.affine, (5, 3), [(3, 2), (2,)], [], 60, 60 + 60 + 10),
    # images of 2 x 2 * 3 are flattened to 12
    (layers.affine, (5, 3, 2, 2), [(12, 2), (2,)], [], 240, 240 + 240 + 10),
    # 1 * 4 * 3 * 2 outputs, each of 2 * 3 * 3 = 18 products
    (layers.conv, (1, 2, 5, 4), [(4, 2, 3, 3), (4,)], [{"stride": 1, "pad": 0}], 24 * 36, 2 * 24 * 36 + 24),
    # 1 * 2 * 3 * 3 windows of 6, 5 comparisons each
    (layers.max_pool, (1, 2, 5, 4), [], [POOL], 18 * 5, 18),
    # 5 additions and a division; a division and 6 additions
    (layers.avg_pool, (1, 2, 5, 4), [], [POOL], 18 * 6, 18 * 7),
    # 2 images of 3 channels of 4 * 4: 15 additions and a division each; a division each
    (layers.global_avg_pool, (2, 3, 4, 4), [], [], 6 * 16, 6),
    (layers.relu, (5, 4), [], [], 20, 20),
    (layers.batchnorm, (5, 4), [(4,), (4,)], [{"mode": "train"}], 7 * 20, 11 * 20),
    (layers.spatial_batchnorm, (5, 4, 2, 1), [(4,), (4,)], [{"mode": "train"}], 7 * 40, 11 * 40),
    (layers.layernorm, (5, 4), [(4,), (4,)], [{}], 7 * 20, 11 * 20),
    (layers.dropout, (5, 4), [], [{"mode": "train", "p": 0.5, "seed": 0}], 20, 20),
    (layers.residual(layers.relu).parts[1], (5, 4), [], [], 0, 0),
]


@pytest.mark.parametrize("layer, x, arrays, settings, forward, backward", COUNTS, ids=[str(row[0]) for row in COUNTS])
def test_the_counts_by_hand(layer, x, arrays, settings, forward, backward):
    part = run_forward(layer, np.ones(x), [np.ones(shape) for shape in arrays], settings)
    assert flops(part) == (forward, backward)


def test_the_first_layer_spares_dx():
    affine = run_forward(layers.affine, np.ones((5, 3)), (np.ones((3, 2)), np.ones(2)))
    assert flops(affine, need_dx=False) == (60, 60 + 10)
