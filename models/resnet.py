"""Residual nets (He et al., 2015, arXiv:1512.03385)."""

import numpy as np

from layers import add, chain, global_avg_pool, residual

from .blocks import Block, affine_block, conv_bn_block, conv_bn_relu_block, join, named_shapes, pool_block, relu_block
from .checks import check_counts, check_known, check_sizes
from .classifier import Classifier
from .initialise import initialise


class ResNet(Classifier):
    """Stem - stages of basic blocks - global average pool - affine - softmax.

    A basic block is ``relu(x + bn(conv(relu(bn(conv(x))))))``, with filters of 3x3. Each stage has its number of
    filters; its first block, but for the first stage, halves height and width. Where a block changes the shape, the
    shortcut is a projection: a 1x1 convolution with the same stride, and batchnorm.

    Parameters
    ----------
    input_dim : (C, H, W)
        Of one image.
    num_blocks, num_filters : sequence of int
        Blocks and filters of each stage. ``(n, n, n)`` and ``(16, 32, 64)`` is the paper's net of 6n + 2 layers for
        CIFAR; ``(2, 2, 2, 2)`` and ``(64, 128, 256, 512)`` with the stem ``'imagenet'`` is ResNet-18.
    num_classes : int
    stem : 'cifar' or 'imagenet'
        ``'cifar'``: a 3x3 convolution. ``'imagenet'``: a 7x7 convolution with stride 2, then 3x3 max pool with stride 2
        (the pool has no padding: images of 224 become 55 pixels wide here, and 56 in the paper).
    weight_scale, reg, dtype, seed
        As in `initialise` and `Classifier`.

    Examples
    --------
    >>> model = ResNet(input_dim=(1, 8, 8), num_blocks=(1, 1), num_filters=(4, 8))
    >>> [model.params[key].shape for key in ("W1", "W4", "W6", "W7")]
    [(4, 1, 3, 3), (8, 4, 3, 3), (8, 4, 1, 1), (8, 10)]
    >>> model.loss(np.zeros((2, 1, 8, 8))).shape
    (2, 10)
    """

    def __init__(
        self, input_dim=(3, 32, 32), num_blocks=(2, 2, 2), num_filters=(16, 32, 64), num_classes=10, stem="cifar",
        weight_scale="he", reg=0.0, dtype=np.float32, seed=None
    ):
        C, H, W = check_sizes("ResNet", "input_dim", input_dim, length=3)
        check_counts("ResNet", num_classes=num_classes)
        num_filters = check_sizes("ResNet", "num_filters", num_filters)
        num_blocks = check_sizes("ResNet", "num_blocks", num_blocks, length=len(num_filters))
        check_known("ResNet", "stem", stem, ("cifar", "imagenet"))
        if not num_filters:
            raise ValueError("ResNet: num_filters is empty; expected at least one stage")
        if stem == "imagenet" and min(H, W) < 5:
            raise ValueError(f"ResNet: the stem 'imagenet' needs images of 5 pixels a side, got {H} x {W}")

        F = num_filters[0]
        if stem == "cifar":
            blocks = [conv_bn_relu_block(C, F, 3)]
        else:
            blocks = [conv_bn_relu_block(C, F, 7, stride=2), pool_block(3, stride=2)]
        C = F
        for stage, (count, F) in enumerate(zip(num_blocks, num_filters)):
            for i in range(count):
                blocks.append(basic_block(C, F, stride=2 if stage > 0 and i == 0 else 1))
                C = F
        net = join(chain, *blocks, Block(global_avg_pool), affine_block(C, num_classes), name="resnet")
        super().__init__(
            net=net.layer,
            params=initialise(named_shapes(net), weight_scale, dtype, seed),
            settings=net.settings,
            reg=reg,
        )


def basic_block(C, F, stride):
    """Two convolutions with a shortcut past them, from C to F channels."""
    main = join(chain, conv_bn_relu_block(C, F, 3, stride), conv_bn_block(F, F, 3), name="two_convs")
    if C == F and stride == 1:
        summed = join(residual, main)
    else:
        summed = join(add, main, conv_bn_block(C, F, 1, stride))
    return join(chain, summed, relu_block)
