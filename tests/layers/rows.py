"""The table of all layers: one row a layer, from which `test_every_layer` makes its cases."""

import inspect
from dataclasses import dataclass

import numpy as np

import layers
from layers import Layer

# The fixed case: odd, non-square, no two sizes of one array alike where that can be had.
SIZES = {"N": 2, "D": 5, "M": 4, "A": 3, "B": 2, "C": 3, "F": 4, "G": 2, "H": 7, "W": 6, "K": 3, "L": 2, "S": 2, "P": 1}

# What a random case draws each size from.
RANGES = {
    "N": (1, 3), "D": (1, 4), "M": (1, 4), "A": (1, 3), "B": (1, 3), "C": (1, 2), "F": (1, 3), "G": (1, 2),
    "H": (3, 5), "W": (3, 5), "K": (1, 3), "L": (1, 3), "S": (1, 3), "P": (0, 2),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Shapes and settings for one call: of x, of the arrays that get gradients, the ``*_param``, and of out."""

    x: tuple
    arrays: tuple
    settings: tuple
    out: tuple


@dataclass(frozen=True)
class Row:
    """A layer, and how its shapes follow from sizes: a function of letters that returns (x, arrays, settings, out).

    any_shape: x may have any shape, so no shape of x is wrong. flattens: x may have any axes after the first.
    """

    layer: Layer
    shapes: object
    any_shape: bool = False
    flattens: bool = False

    def case(self, sizes):
        letters = inspect.signature(self.shapes).parameters
        return Case(*self.shapes(**{letter: sizes[letter] for letter in letters}))

    def random_case(self, rng):
        return self.case({letter: int(rng.integers(low, high + 1)) for letter, (low, high) in RANGES.items()})


def distinct(rng, *shapes):
    """Draw arrays in which no two entries are alike and none is near 0: far from the kinks of relu, max and abs."""
    total = sum(int(np.prod(shape)) for shape in shapes)
    values = rng.permutation(np.linspace(-2, 2, 2 * (total // 2 + 1)) + rng.uniform(-0.2, 0.2) / (total + 2))[:total]
    arrays, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        arrays.append(values[start : start + size].reshape(shape))
        start += size
    return arrays


def conv_out(H, W, K, L, S, P):
    return 1 + (H + 2 * P - K) // S, 1 + (W + 2 * P - L) // S


def pool(K, L, S):
    return {"pool_height": K, "pool_width": L, "stride": S}


def elementwise(*settings):
    return lambda N, A, B: ((N, A, B), (), settings, (N, A, B))


def conv_shapes(arrays=0, settings=(), pooled=False):
    """Rows of a convolution, followed by what keeps the shape, and perhaps by a 2x2 max pool of stride 1."""

    def shapes(N, C, F, H, W, K, L, S, P):
        out = conv_out(H, W, K, L, S, P)
        pools = ()
        if pooled:
            height, width = min(2, out[0]), min(2, out[1])
            pools, out = (pool(height, width, 1),), conv_out(*out, height, width, 1, 0)
        return (
            (N, C, H, W),
            ((F, C, K, L), (F,), *((F,),) * arrays),
            ({"stride": S, "pad": P}, *(dict(setting) for setting in settings), *pools),
            (N, F, *out),
        )

    return shapes


def affine_shapes(arrays=0, settings=()):
    return lambda N, A, B, M: (
        (N, A, B),
        ((A * B, M), (M,), *((M,),) * arrays),
        tuple(dict(setting) for setting in settings),
        (N, M),
    )


def pool_shapes(N, C, H, W, K, L, S):
    return (N, C, H, W), (), (pool(K, L, S),), (N, C, *conv_out(H, W, K, L, S, 0))


def norm_shapes(**setting):
    return lambda N, D: ((N, D), ((D,), (D,)), (dict(setting),), (N, D))


def spatial_norm_shapes(**setting):
    return lambda N, C, H, W: ((N, C, H, W), ((C,), (C,)), (dict(setting),), (N, C, H, W))


def gate_shapes(N, A, B):
    return (N, A, B), ((A, 1),), (), (N, A, B)


def groupnorm_shapes(N, G, C, H, W):
    return (N, G * C, H, W), ((1, G * C, 1, 1), (1, G * C, 1, 1)), (G, {}), (N, G * C, H, W)


TRAIN, TEST = {"mode": "train"}, {"mode": "test"}

ROWS = [
    Row(layers.add_gate, gate_shapes, any_shape=True),
    Row(layers.multiply_gate, gate_shapes, any_shape=True),
    Row(layers.max_gate, gate_shapes, any_shape=True),
    Row(layers.affine, affine_shapes(), flattens=True),
    Row(layers.relu, elementwise(), any_shape=True),
    Row(layers.leaky_relu, elementwise({"negative_slope": 0.1}), any_shape=True),
    Row(layers.sigmoid, elementwise(), any_shape=True),
    Row(layers.tanh, elementwise(), any_shape=True),
    Row(layers.gelu, elementwise(), any_shape=True),
    Row(layers.softmax, elementwise(), any_shape=True),
    Row(layers.dropout, elementwise({"p": 0.6, "mode": "train", "seed": 3}), any_shape=True),
    Row(layers.dropout, elementwise({"p": 0.6, "mode": "test"}), any_shape=True),
    Row(layers.batchnorm, norm_shapes(**TRAIN)),
    Row(layers.batchnorm, norm_shapes(**TEST)),
    Row(Layer(layers.batchnorm_forward, layers.batchnorm_backward), norm_shapes(**TRAIN)),
    Row(Layer(layers.batchnorm_forward, layers.batchnorm_backward), norm_shapes(**TEST)),
    Row(layers.layernorm, norm_shapes()),
    Row(layers.spatial_batchnorm, spatial_norm_shapes(**TRAIN)),
    Row(layers.spatial_batchnorm, spatial_norm_shapes(**TEST)),
    Row(layers.spatial_batchnorm_relu, spatial_norm_shapes(**TRAIN)),
    Row(layers.spatial_batchnorm_relu, spatial_norm_shapes(**TEST)),
    Row(layers.spatial_groupnorm, groupnorm_shapes),
    Row(layers.conv, conv_shapes()),
    Row(Layer(layers.conv_forward_naive, layers.conv_backward_naive), conv_shapes()),
    Row(layers.max_pool, pool_shapes),
    Row(Layer(layers.max_pool_forward_naive, layers.max_pool_backward_naive), pool_shapes),
    Row(layers.relu_pool, pool_shapes),
    Row(layers.avg_pool, pool_shapes),
    Row(layers.global_avg_pool, lambda N, C, H, W: ((N, C, H, W), (), (), (N, C))),
    Row(layers.affine_relu, affine_shapes(), flattens=True),
    Row(layers.affine_bn_relu, affine_shapes(2, [TRAIN]), flattens=True),
    Row(layers.affine_ln_relu, affine_shapes(2, [{}]), flattens=True),
    Row(layers.conv_relu, conv_shapes()),
    Row(layers.conv_bn_relu, conv_shapes(2, [TRAIN])),
    Row(layers.conv_relu_pool, conv_shapes(pooled=True)),
    Row(layers.conv_bn_relu_pool, conv_shapes(2, [TRAIN], pooled=True)),
    Row(layers.residual(layers.tanh), elementwise(), any_shape=True),
    Row(layers.add(layers.affine, layers.affine_relu), lambda N, A, B, M: (
        (N, A, B), ((A * B, M), (M,), (A * B, M), (M,)), (), (N, M)), flattens=True),
]  # fmt: skip
