"""Layers with their sizes: the pieces from which models of any depth are put together."""

from collections import Counter
from dataclasses import dataclass

from layers import Layer, affine, batchnorm, chain, conv, conv_relu_pool, layernorm, max_pool, relu, relu_pool
from layers import spatial_batchnorm, spatial_batchnorm_relu


@dataclass(frozen=True)
class Block:
    """A layer, the shapes of its arrays, and its settings: all that a model needs to call it."""

    layer: Layer
    shapes: tuple = ()
    settings: tuple = ()


def join(how, *blocks, name=None):
    """Combine blocks by `chain`, `add` or `residual`, as their layers are combined."""
    return Block(
        how(*(block.layer for block in blocks), name=name),
        tuple(shape for block in blocks for shape in block.shapes),
        tuple(setting for block in blocks for setting in block.settings),
    )


# What does in one go what two layers do one after the other.
IN_ONE_GO = {
    (relu, max_pool): relu_pool,
    (conv, relu_pool): conv_relu_pool,
    (spatial_batchnorm, relu): spatial_batchnorm_relu,
}


def in_one_go(*blocks):
    """List the blocks of a chain, with one pair of functions for two layers wherever there is one.

    The last comes first: for batchnorm, relu and pool, `relu_pool` behind batchnorm, which keeps least for backward.

    Examples
    --------
    >>> blocks = conv_block(3, 8, 3), spatial_batchnorm_block(8), relu_block, pool_block(2, 2), relu_block
    >>> [block.layer.name for block in in_one_go(*blocks)]
    ['conv', 'spatial_batchnorm', 'relu_pool', 'relu']
    >>> [block.layer.name for block in in_one_go(conv_block(3, 8, 3), relu_block, pool_block(2, 2))]
    ['conv_relu_pool']
    """
    done = []
    for block in reversed(blocks):
        pair = IN_ONE_GO.get((block.layer, done[0].layer)) if done else None
        if pair:
            block = Block(pair, block.shapes + done[0].shapes, block.settings + done.pop(0).settings)
        done.insert(0, block)
    return done


def named_shapes(block):
    """Name the shapes by what they are, and number every name in the order of the net: W1, b1, gamma1, beta1, W2 ...

    Examples
    --------
    >>> named_shapes(join(chain, affine_block(4, 3), relu_block, affine_block(3, 2), batchnorm_block(2)))
    {'W1': (4, 3), 'b1': (3,), 'W2': (3, 2), 'b2': (2,), 'gamma1': (2,), 'beta1': (2,)}
    """
    seen, named = Counter(), {}
    for name, shape in zip(block.layer.bare_arrays, block.shapes):
        seen[name] += 1
        named[f"{'W' if name == 'w' else name}{seen[name]}"] = shape
    return named


relu_block = Block(relu)


def affine_block(D, M):
    return Block(affine, ((D, M), (M,)))


def batchnorm_block(D):
    return Block(batchnorm, ((D,), (D,)), ({"mode": "train"},))


def spatial_batchnorm_block(C):
    return Block(spatial_batchnorm, ((C,), (C,)), ({"mode": "train"},))


def layernorm_block(D):
    return Block(layernorm, ((D,), (D,)), ({},))


def conv_block(C, F, size, stride=1):
    """F square filters with the padding that, for an odd size and stride 1, keeps height and width."""
    return Block(conv, ((F, C, size, size), (F,)), ({"stride": stride, "pad": (size - 1) // 2},))


def conv_bn_block(C, F, size, stride=1, bn=spatial_batchnorm):
    return join(chain, conv_block(C, F, size, stride), Block(bn, ((F,), (F,)), ({"mode": "train"},)))


def conv_bn_relu_block(C, F, size, stride=1):
    return conv_bn_block(C, F, size, stride, spatial_batchnorm_relu)


def pool_block(size, stride):
    return Block(max_pool, (), ({"pool_height": size, "pool_width": size, "stride": stride},))
