"""Fully connected nets."""

from itertools import pairwise

import numpy as np

from layers import affine, affine_relu, chain, dropout

from .blocks import Block, affine_block, batchnorm_block, join, layernorm_block, named_shapes, relu_block
from .checks import check_counts, check_known, check_number, check_sizes
from .classifier import Classifier
from .initialise import initialise


class TwoLayerNet(Classifier):
    """affine - relu - affine - softmax.

    Parameters
    ----------
    input_dim, hidden_dim, num_classes : int
        D features, H hidden units, C classes.
    weight_scale, reg, dtype, seed
        As in `initialise` and `Classifier`. The course checks this net's gradients as it is, so it is in float64.

    Examples
    --------
    >>> model = TwoLayerNet(input_dim=4, hidden_dim=5, num_classes=3)
    >>> {key: array.shape for key, array in model.params.items()}
    {'W1': (4, 5), 'b1': (5,), 'W2': (5, 3), 'b2': (3,)}
    >>> model.loss(np.zeros((2, 4)))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """

    def __init__(
        self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
        seed=None
    ):
        check_counts("TwoLayerNet", input_dim=input_dim, hidden_dim=hidden_dim, num_classes=num_classes)
        shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
        super().__init__(
            net=chain(affine_relu, affine, name="two_layer_net"),
            params=initialise(shapes, weight_scale, dtype, seed),
            reg=reg,
        )


class FullyConnectedNet(Classifier):
    """{affine - [batchnorm or layernorm] - relu - [dropout]} x (L - 1) - affine - softmax.

    Parameters
    ----------
    hidden_dims : list of L - 1 int
        Units of each hidden layer.
    input_dim, num_classes : int
    dropout_keep_ratio : float
        Above 0, up to 1: the probability to keep a unit. 1 means no dropout.
    normalization : None, 'batchnorm' or 'layernorm'
    reg, weight_scale, dtype
        As in `Classifier` and `initialise`.
    seed : None, int or numpy.random.Generator
        To train with dropout, give a Generator: the weights are drawn from it, and each call's mask. With an int,
        dropout draws one and the same mask at every call, as the course has it, so that gradients can be checked
        numerically.

    Attributes
    ----------
    num_layers : int
        L.
    normalization, use_dropout
    bn_params : list of dict
        Of the L - 1 normalisations; empty without normalisation.
    dropout_param : dict
        Of all dropout layers; empty without dropout.

    Examples
    --------
    >>> model = FullyConnectedNet([5, 6], input_dim=4, num_classes=3, normalization="batchnorm")
    >>> list(model.params)
    ['W1', 'b1', 'gamma1', 'beta1', 'W2', 'b2', 'gamma2', 'beta2', 'W3', 'b3']
    """

    def __init__(
        self, hidden_dims, input_dim=3 * 32 * 32, num_classes=10, dropout_keep_ratio=1, normalization=None, reg=0.0,
        weight_scale=1e-2, dtype=np.float32, seed=None
    ):
        where = "FullyConnectedNet"
        check_counts(where, input_dim=input_dim, num_classes=num_classes)
        hidden_dims = check_sizes(where, "hidden_dims", hidden_dims)
        check_known(where, "normalization", normalization, (None, *_NORMALIZATIONS))
        if check_number(where, "dropout_keep_ratio", dropout_keep_ratio, above=0) > 1:
            raise ValueError(f"{where}: dropout_keep_ratio must be above 0, up to 1, got {dropout_keep_ratio!r}")
        self.num_layers = len(hidden_dims) + 1
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.dropout_param = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
            if seed is None or isinstance(seed, np.random.Generator):
                self.dropout_param["rng"] = np.random.default_rng(seed)
            else:
                self.dropout_param["seed"] = seed

        blocks, self.bn_params = [], []
        for D, M in pairwise((input_dim, *hidden_dims)):
            blocks.append(affine_block(D, M))
            if normalization:
                blocks.append(_NORMALIZATIONS[normalization](M))
                self.bn_params += blocks[-1].settings
            blocks.append(relu_block)
            if self.use_dropout:
                blocks.append(Block(dropout, settings=(self.dropout_param,)))
        net = join(chain, *blocks, affine_block((input_dim, *hidden_dims)[-1], num_classes), name="fully_connected_net")
        super().__init__(
            net=net.layer,
            params=initialise(named_shapes(net), weight_scale, dtype, seed),
            settings=net.settings,
            reg=reg,
        )


_NORMALIZATIONS = {"batchnorm": batchnorm_block, "layernorm": layernorm_block}
