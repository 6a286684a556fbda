"""Wrong parts: copies of layers with one mistake each, such as people make, and the nets they are planted in."""

import inspect

import numpy as np

from layers import Layer, add, avg_pool, chain, conv, dropout, gelu, global_avg_pool, leaky_relu, residual
from layers import softmax_loss, spatial_batchnorm, tanh
from models import Classifier, initialise
from models.blocks import Block, affine_block, batchnorm_block, conv_bn_block, conv_block, join, layernorm_block
from models.blocks import named_shapes, pool_block, relu_block

NUM_CLASSES = 3


def points_net():
    """1 affine - 2 batchnorm - 3 relu - 4 dropout - 5 affine - 6 layernorm - 7 tanh - 8 affine."""
    drop = Block(dropout, settings=({"mode": "train", "p": 0.7, "rng": np.random.default_rng(0)},))
    hidden = affine_block(6, 5), batchnorm_block(5), relu_block, drop, affine_block(5, 4), layernorm_block(4)
    return (6,), join(chain, *hidden, Block(tanh), affine_block(4, NUM_CLASSES), name="net")


def images_net():
    """1 conv - 2 spatial_batchnorm - 3 relu - 4 max_pool - 5 conv - 6 gelu - 7 avg_pool - 8 affine; pools overlap."""
    average = Block(avg_pool, settings=({"pool_height": 2, "pool_width": 2, "stride": 1},))
    blocks = conv_bn_block(2, 3, 3), relu_block, pool_block(3, stride=2), conv_block(3, 2, 3), Block(gelu), average
    return (2, 8, 7), join(chain, *blocks, affine_block(8, NUM_CLASSES), name="net")


def residual_net():
    """1 conv - residual(2 conv - 3 spatial_batchnorm - 4 identity) - 5 relu
    - add(6 conv - 7 spatial_batchnorm, 8 conv) - 9 leaky_relu - 10 global_avg_pool - 11 affine."""
    shortcut = join(residual, conv_bn_block(3, 3, 3), name="shortcut")
    projection = join(add, conv_bn_block(3, 2, 3, stride=2), conv_block(3, 2, 1, stride=2), name="projection")
    leaky = Block(leaky_relu, settings=({"negative_slope": 0.2},))
    ends = leaky, Block(global_avg_pool), affine_block(2, NUM_CLASSES)
    return (2, 6, 5), join(chain, conv_block(2, 3, 3), shortcut, relu_block, projection, *ends, name="net")


def make(net, place=None, wrong=None, loss_function=softmax_loss):
    """Make a model of one of the nets, with a wrong layer in a place, and examples for it.

    place : the number of a layer, or the name of a composite.
    """
    shape, block = net()
    params = initialise(named_shapes(block), "he", np.float32, seed=0)
    layer = block.layer if place is None else planted(block.layer, place, wrong)
    model = Classifier(layer, params, block.settings, reg=0.1, loss_function=loss_function)
    rng = np.random.default_rng(1)
    return model, rng.standard_normal((5, *shape)).astype(np.float32), rng.integers(NUM_CLASSES, size=5)


def planted(layer, place, wrong, first=1):
    """The same net with ``wrong(part)`` instead of the part in that place."""
    if place in (layer.name, first) and (not layer.parts or place == layer.name):
        return wrong(layer)
    parts = []
    for part in layer.parts:
        parts.append(planted(part, place, wrong, first))
        first += num_layers(part)
    return {"chain": chain, "add": add}[layer.joined_by](*parts, name=layer.name) if parts else layer


def num_layers(layer):
    return sum(map(num_layers, layer.parts)) if layer.parts else 1


def after(change):
    """A mistake in what backward returns: change(dout, cache, grads) gives the wrong grads."""

    def wrong(layer):
        def backward(dout, cache):
            grads = layer.backward(dout, cache)
            return change(dout, cache, *(grads if isinstance(grads, tuple) else (grads,)))

        made = Layer(layer.forward, backward, settings=layer.settings)
        made.parts, made.joined_by, made.name = layer.parts, layer.joined_by, layer.name
        made.bare_arrays, made.bare_settings = layer.bare_arrays, layer.bare_settings
        return made

    return wrong


def stale(which):
    """A cache that is kept in the layer, and not handed from forward to backward: the first one, or the last."""

    def wrong(layer):
        kept = []

        def forward(*args):
            out, cache = layer.forward(*args)
            kept.append(cache)
            return out, cache

        forward.__signature__ = inspect.signature(layer.forward)
        forward.__name__ = layer.forward.__name__
        return Layer(forward, lambda dout, cache: layer.backward(dout, kept[which]))

    return wrong


def stale_in_backward(layer):
    """A cache that backward keeps from its first call."""
    kept = []

    def backward(dout, cache):
        kept.append(cache)
        return layer.backward(dout, kept[0])

    return Layer(layer.forward, backward)


def in_place(layer):
    def relu_forward(x):
        np.maximum(x, 0, out=x)
        return x, x

    return Layer(relu_forward, layer.backward)


def windows(x, size, stride):
    for i in range(1 + (x.shape[2] - size) // stride):
        for j in range(1 + (x.shape[3] - size) // stride):
            yield i, j, (..., slice(i * stride, i * stride + size), slice(j * stride, j * stride + size))


def max_pool_set(dout, cache, dx):
    x, dx = cache[0], np.zeros_like(dx)
    for i, j, window in windows(x, 3, 2):
        chosen = x[window] == x[window].max(axis=(2, 3), keepdims=True)
        dx[window] = np.where(chosen, dout[:, :, i : i + 1, j : j + 1], dx[window])
    return dx


def avg_pool_set(dout, cache, dx):
    dx = np.zeros_like(dx)
    for i, j, window in windows(dx, 2, 1):
        dx[window] = dout[:, :, i : i + 1, j : j + 1] / 4
    return dx


def conv_dx_set(dout, cache, dx, dw, db):
    w, padded = cache[1], np.zeros((*dx.shape[:2], dx.shape[2] + 2, dx.shape[3] + 2))
    for i, j, window in windows(padded, 3, 1):
        padded[window] = np.tensordot(dout[:, :, i, j], w, axes=1)
    return padded[:, :, 1:-1, 1:-1], dw, db


def conv_dw_last_place(dout, cache, dx, dw, db):
    x, w, b, conv_param = cache
    last = np.zeros_like(dout)
    last[:, :, -1, -1] = dout[:, :, -1, -1]
    return dx, conv.backward(last, cache)[1], db


def batchnorm_constant_mean(dout, cache, dx, dgamma, dbeta):
    normalized, std, gamma, mode = cache
    return dout * gamma / std, dgamma, dbeta


def softmax_loss_sum(scores, y):
    loss, dscores = softmax_loss(scores, y)
    return loss, dscores * len(y)


def swapped(dout, cache, dx, dgamma, dbeta):
    return dx, dbeta, dgamma


# kind, net, place, layer that is to be named, mistake
FAULTS = [
    ("sign of dx", points_net, 5, "affine", after(lambda dout, cache, dx, dw, db: (-dx, dw, db))),
    ("sign of dw", points_net, 1, "affine", after(lambda dout, cache, dx, dw, db: (dx, -dw, db))),
    ("sign of dw in a block", residual_net, 2, "conv", after(lambda dout, cache, dx, dw, db: (dx, -dw, db))),
    ("sign of dbeta", points_net, 6, "layernorm", after(lambda dout, cache, dx, dgamma, dbeta: (dx, dgamma, -dbeta))),
    ("missing sum in db", points_net, 5, "affine", after(lambda dout, cache, dx, dw, db: (dx, dw, dout[0]))),
    ("missing sum in db", images_net, 5, "conv",
     after(lambda dout, cache, dx, dw, db: (dx, dw, dout[:, :, 0, 0].sum(0)))),
    ("missing sum in dgamma", images_net, 2, "spatial_batchnorm",
     after(lambda dout, cache, dx, dgamma, dbeta: (dx, dbeta, dbeta))),
    ("missing sum over examples in dw", residual_net, 6, "conv",
     after(lambda dout, cache, dx, dw, db: (dx, conv.backward(dout[:1], (cache[0][:1], *cache[1:]))[1], db))),
    ("missing sum through the mean", points_net, 2, "batchnorm", after(batchnorm_constant_mean)),
    ("shape of db", points_net, 8, "affine", after(lambda dout, cache, dx, dw, db: (dx, dw, dout))),
    ("number of gradients", points_net, 8, "affine", after(lambda dout, cache, dx, dw, db: (dx, dw))),
    ("factor N in dw", points_net, 8, "affine", after(lambda dout, cache, dx, dw, db: (dx, dw / len(dout), db))),
    ("factor N in db", residual_net, 11, "affine", after(lambda dout, cache, dx, dw, db: (dx, dw, db / len(dout)))),
    ("factor N in dw", images_net, 1, "conv", after(lambda dout, cache, dx, dw, db: (dx, dw / len(dout), db))),
    ("factor N in the loss", points_net, None, "softmax_loss_sum", softmax_loss_sum),
    ("factor of the window", images_net, 7, "avg_pool", after(lambda dout, cache, dx: 4 * dx)),
    ("factor of the image", residual_net, 10, "global_avg_pool",
     after(lambda dout, cache, dx: dx * cache[2] * cache[3])),
    ("factor of the kept share", points_net, 4, "dropout", after(lambda dout, cache, dx: dx * 0.7)),
    ("factor of the slope", residual_net, 9, "leaky_relu", after(lambda dout, cache, dx: dout * (cache[0] > 0))),
    ("swapped gamma and beta", points_net, 2, "batchnorm", after(swapped)),
    ("swapped gamma and beta", points_net, 6, "layernorm", after(swapped)),
    ("swapped gamma and beta", images_net, 2, "spatial_batchnorm", after(swapped)),
    ("swapped gamma and beta in a block", residual_net, 3, "spatial_batchnorm", after(swapped)),
    ("gamma forgotten in dx", residual_net, 7, "spatial_batchnorm",
     after(lambda dout, cache, dx, dgamma, dbeta:
           (spatial_batchnorm.backward(dout, (*cache[:3], np.ones_like(cache[3]), *cache[4:]))[0], dgamma, dbeta))),
    ("stale cache, the first", points_net, 1, "affine", stale(0)),
    ("stale cache, the last", points_net, 3, "relu", stale(-1)),
    ("stale cache in a block", residual_net, 2, "conv", stale(-1)),
    ("stale cache, the first", images_net, 4, "max_pool", stale(0)),
    ("stale cache, that of the first backward", images_net, 8, "affine", stale_in_backward),
    ("= for += in overlapping windows", images_net, 4, "max_pool", after(max_pool_set)),
    ("= for += in overlapping windows", images_net, 7, "avg_pool", after(avg_pool_set)),
    ("= for += in overlapping windows", images_net, 5, "conv", after(conv_dx_set)),
    ("= for += over the places", residual_net, 1, "conv", after(conv_dw_last_place)),
    ("= for += where x branches", residual_net, "shortcut", "shortcut",
     after(lambda dout, cache, dx, *grads: (dx - dout, *grads))),
    ("no gradient past the block", residual_net, 4, "identity", after(lambda dout, cache, dx: 0 * dout)),
    ("mask of dout", points_net, 3, "relu", after(lambda dout, cache, dx: dout * (dout > 0))),
    ("no mask", images_net, 3, "relu", after(lambda dout, cache, dx: dout)),
    ("derivative at out for that at x", images_net, 6, "gelu",
     after(lambda dout, cache, dx: gelu.backward(dout, gelu.forward(cache)[0]))),
    ("derivative without the square", points_net, 7, "tanh", after(lambda dout, cache, dx: dout * (1 - cache))),
    ("input changed in place", points_net, 3, "relu", in_place),
]  # fmt: skip
