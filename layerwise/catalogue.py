"""What the program can train, by name: datasets and models."""

import numpy as np

from datasets import load_digits, make_blobs, make_spirals, split_data
from models import ConvNet, FullyConnectedNet, ResNet, ThreeLayerConvNet, TwoLayerNet

# The toy cases have a fixed seed: --seed is the model's and the Solver's, the data are the same in every run.
DATA = {
    "digits": load_digits,
    "spirals": lambda: split_data(*make_spirals(num_per_class=500, seed=0), seed=0),
    "blobs": lambda: split_data(*make_blobs(num_per_class=500, seed=0), seed=0),
}


def _two_layer(input_dim, **settings):
    return TwoLayerNet(input_dim=int(np.prod(input_dim)), hidden_dim=100, **settings)


def _fc(input_dim, **settings):
    return FullyConnectedNet((100, 100), input_dim=int(np.prod(input_dim)), **settings)


def _three_layer(input_dim, **settings):
    return ThreeLayerConvNet(input_dim, num_filters=32, filter_size=3, hidden_dim=100, **settings)


def _convnet(input_dim, **settings):
    num_filters = (16, 32, "pool", 64, "pool")
    return ConvNet(input_dim, num_filters, hidden_dims=(64,), normalization="batchnorm", **settings)


def _resnet(input_dim, **settings):
    return ResNet(input_dim, num_blocks=(1, 1), num_filters=(16, 32), **settings)


MODELS = {"two_layer": _two_layer, "fc": _fc, "three_layer": _three_layer, "convnet": _convnet, "resnet": _resnet}
FOR_IMAGES = ("three_layer", "convnet", "resnet")
WITH_BATCHNORM = ("convnet", "resnet")


def default_model(data):
    """Name a good model for a dataset: a convolutional net for images, else a fully connected one."""
    return "convnet" if is_images(data) else "fc"


def default_reg(model_name):
    """Give a regularisation that suits a model.

    Where batchnorm follows, the size of the weights does not matter to what a net can say, only to how far a step
    turns them: there it may be large.
    """
    return 0.03 if model_name in WITH_BATCHNORM else 1e-3


def is_images(data):
    """Tell whether a dataset's examples have the shape (C, H, W)."""
    return data["X_train"].ndim == 4


def class_names(data):
    """Name a dataset's classes; without names of their own, they are numbered."""
    return data.get("class_names") or [str(label) for label in range(int(data["y_train"].max()) + 1)]


def make_model(name, data, reg, seed):
    """Make the model of that name to fit a dataset, with He initialisation."""
    settings = {"num_classes": len(class_names(data)), "weight_scale": "he", "reg": reg, "dtype": np.float32}
    return MODELS[name](data["X_train"].shape[1:], seed=seed, **settings)
