"""Every model with a net, small enough to ask each of its parameters: ``MODELS[name](dtype, seed)``, and its inputs."""

from functools import partial

import numpy as np

from models import ConvNet, FullyConnectedNet, ResNet, ThreeLayerConvNet, TwoLayerNet

NUM_CLASSES = 3
IMAGE = (2, 6, 5)

fc = partial(FullyConnectedNet, [5, 4], input_dim=6, num_classes=NUM_CLASSES, weight_scale="he")
conv_net = partial(ConvNet, IMAGE, (2, "pool", 3), hidden_dims=(4,), num_classes=NUM_CLASSES)
res_net = partial(ResNet, num_blocks=(1, 2), num_filters=(2, 3), num_classes=NUM_CLASSES)

MODELS = {
    "two layers": partial(TwoLayerNet, 6, 5, NUM_CLASSES, weight_scale="xavier", reg=0.7),
    "fully connected": partial(fc, reg=0.7),
    "fully connected, batchnorm": partial(fc, normalization="batchnorm", reg=0.7),
    "fully connected, layernorm, dropout": partial(fc, normalization="layernorm", dropout_keep_ratio=0.5),
    "fully connected, batchnorm, dropout": partial(fc, normalization="batchnorm", dropout_keep_ratio=0.7, reg=0.3),
    "linear": partial(FullyConnectedNet, [], input_dim=6, num_classes=NUM_CLASSES, weight_scale="he", reg=0.7),
    "three layers": partial(
        ThreeLayerConvNet, IMAGE, 2, filter_size=3, hidden_dim=4, num_classes=NUM_CLASSES, weight_scale="he", reg=0.7
    ),
    "conv": partial(conv_net, reg=0.7),
    "conv, batchnorm": partial(conv_net, normalization="batchnorm", reg=0.7),
    "residual": partial(res_net, IMAGE, reg=0.7),
    "residual, imagenet stem": partial(res_net, (1, 11, 9), stem="imagenet"),
}


def inputs(model, N=4, seed=0):
    """Draw examples and labels that fit the model."""
    rng = np.random.default_rng(seed)
    first = next(iter(model.params.values())).shape
    shape = (first[0],) if len(first) == 2 else IMAGE if first[1] == IMAGE[0] else (1, 11, 9)
    return rng.standard_normal((N, *shape)), rng.integers(NUM_CLASSES, size=N)
