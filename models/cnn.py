"""Convolutional nets."""

import numpy as np

from layers import affine, affine_relu, chain, conv_relu_pool

from .blocks import affine_block, batchnorm_block, conv_block, in_one_go, join, named_shapes
from .blocks import pool_block, relu_block, spatial_batchnorm_block
from .checks import check_counts, check_integer, check_known, check_sizes
from .classifier import Classifier
from .initialise import initialise


class ThreeLayerConvNet(Classifier):
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax.

    Parameters
    ----------
    input_dim : (C, H, W)
        Of one image; H and W are at least 2 pixels.
    num_filters, hidden_dim, num_classes : int
    filter_size : int
        Height and width of the filters, in pixels; odd, so that a padding of (filter_size - 1) / 2 keeps the image's.
    weight_scale, reg, dtype, seed
        As in `initialise` and `Classifier`.

    Examples
    --------
    >>> model = ThreeLayerConvNet(input_dim=(1, 8, 8), num_filters=4, filter_size=3, hidden_dim=16)
    >>> {key: array.shape for key, array in model.params.items()}
    {'W1': (4, 1, 3, 3), 'b1': (4,), 'W2': (64, 16), 'b2': (16,), 'W3': (16, 10), 'b3': (10,)}
    """

    def __init__(
        self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
        reg=0.0, dtype=np.float32, seed=None
    ):
        C, H, W = check_sizes("ThreeLayerConvNet", "input_dim", input_dim, length=3)
        check_counts("ThreeLayerConvNet", num_filters=num_filters, hidden_dim=hidden_dim, num_classes=num_classes)
        _check_geometry("ThreeLayerConvNet", filter_size, 1, H, W)
        shapes = {
            "W1": (num_filters, C, filter_size, filter_size),
            "b1": num_filters,
            "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
            "b2": hidden_dim,
            "W3": (hidden_dim, num_classes),
            "b3": num_classes,
        }
        super().__init__(
            net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
            params=initialise(shapes, weight_scale, dtype, seed),
            settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
            reg=reg,
        )


class ConvNet(Classifier):
    """{conv - [batchnorm] - relu - [2x2 max pool]} x K - {affine - [batchnorm] - relu} x L - affine - softmax.

    Parameters
    ----------
    input_dim : (C, H, W)
        Of one image.
    num_filters : sequence of int and 'pool'
        Filters of each convolution; ``'pool'`` halves height and width at that place. So the tables of VGG are written
        (Simonyan and Zisserman, 2014, arXiv:1409.1556).
    filter_size : int
        Height and width of the filters, in pixels; odd, as in `ThreeLayerConvNet`.
    hidden_dims : sequence of int
        Units of the hidden affine layers; it may be empty.
    num_classes : int
    normalization : None or 'batchnorm'
    weight_scale, reg, dtype, seed
        As in `initialise` and `Classifier`.

    Examples
    --------
    >>> model = ConvNet(input_dim=(1, 8, 8), num_filters=(4, 4, "pool", 8, "pool"), hidden_dims=(16,))
    >>> model.params["W4"].shape
    (32, 16)
    """

    def __init__(
        self, input_dim=(3, 32, 32), num_filters=(32, "pool", 64, "pool"), filter_size=3, hidden_dims=(128,),
        num_classes=10, normalization=None, weight_scale="he", reg=0.0, dtype=np.float32, seed=None
    ):
        C, H, W = check_sizes("ConvNet", "input_dim", input_dim, length=3)
        check_counts("ConvNet", num_classes=num_classes)
        if not isinstance(num_filters, (list, tuple)):
            raise ValueError(f"ConvNet: num_filters must be a list of integers and 'pool', got {num_filters!r}")
        check_sizes("ConvNet", "num_filters apart from 'pool'", [entry for entry in num_filters if entry != "pool"])
        num_pools = num_filters.count("pool")
        _check_geometry("ConvNet", filter_size, num_pools, H, W)
        hidden_dims = check_sizes("ConvNet", "hidden_dims", hidden_dims)
        check_known("ConvNet", "normalization", normalization, (None, "batchnorm"))

        blocks = []
        for entry in num_filters:
            if entry == "pool":
                blocks.append(pool_block(2, stride=2))
                continue
            norm = [spatial_batchnorm_block(entry)] if normalization else []
            blocks += [conv_block(C, entry, filter_size), *norm, relu_block]
            C = entry
        D = C * (H // 2**num_pools) * (W // 2**num_pools)
        for M in hidden_dims:
            blocks += [affine_block(D, M), *([batchnorm_block(M)] if normalization else []), relu_block]
            D = M
        net = join(chain, *in_one_go(*blocks), affine_block(D, num_classes), name="conv_net")
        super().__init__(
            net=net.layer,
            params=initialise(named_shapes(net), weight_scale, dtype, seed),
            settings=net.settings,
            reg=reg,
        )


def _check_geometry(where, filter_size, num_pools, H, W):
    if check_integer(where, "filter_size", filter_size, at_least=1) % 2 == 0:
        raise ValueError(f"{where}: filter_size must be odd, to keep the image's size by padding, got {filter_size}")
    least = 2**num_pools
    if min(H, W) < least:
        raise ValueError(f"{where}: {num_pools} pools of 2x2 need images of {least} x {least} or more, got {H} x {W}")
