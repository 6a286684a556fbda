"""What the program can train, by name: datasets and models."""

from pathlib import Path

import numpy as np

from datasets import OFFICIAL_SETS, load_digits, make_blobs, make_spirals, split_data, whereabouts
from models import ConvNet, FullyConnectedNet, ResNet, ThreeLayerConvNet, TwoLayerNet

from .data import load_data

# The toy cases have a fixed seed: --seed is the model's and the Solver's, the data are the same in every run.
DATA = {
    "digits": load_digits,
    "spirals": lambda: split_data(*make_spirals(num_per_class=500, seed=0), seed=0),
    "blobs": lambda: split_data(*make_blobs(num_per_class=500, seed=0), seed=0),
}
SPELLINGS = f"{', '.join((*DATA, *OFFICIAL_SETS))}, a folder of images with a folder a class, or a .npz or .csv file"
LARGE = 10_000  # training examples from which a set is a large one
LARGE_IMAGES = 16  # pixels a side from which images are large


def load(name, keep_uint8=False):
    """Load what ``--data`` names.

    Parameters
    ----------
    name : str
        One of `DATA` or `OFFICIAL_SETS`, a folder of images, a .npz or a .csv file.
    keep_uint8 : bool
        Leave the pixels of real images as they are: a quarter of the memory. `prepare` in `problem` says how they
        become floats.

    Returns
    -------
    dict
        As `solver_data` gives it; whatever is read from files has the standard deviation 1.

    Raises
    ------
    ValueError
        If it is none of these, is not on this machine, or cannot be read.
    """
    if not isinstance(name, str):  # in a config.json that was edited
        raise ValueError(f"{name!r} is unknown; known are {SPELLINGS}")
    if name in DATA:
        return DATA[name]()
    if name in OFFICIAL_SETS and whereabouts(name) is None:
        size = sum(file.size for file in OFFICIAL_SETS[name].files) / 1e6
        raise ValueError(f"{name} is not on this machine: `layerwise data fetch {name}` downloads it ({size:.0f} MB)")
    if not (name in OFFICIAL_SETS or Path(name).is_dir() or Path(name).suffix.lower() in (".npz", ".csv")):
        raise ValueError(f"{name!r} is unknown; known are {SPELLINGS}")
    are_pixels = name in OFFICIAL_SETS or Path(name).is_dir()
    try:
        return load_data(name, normalize=True, keep_uint8=keep_uint8 and are_pixels)
    except (OSError, TypeError, ModuleNotFoundError) as error:  # for the verbs it is all one
        raise ValueError(str(error)) from error


def short_name(name):
    """Name a dataset in the name of a folder: a path by its last part.

    Examples
    --------
    >>> short_name("digits"), short_name("../my/flowers.npz")
    ('digits', 'flowers')
    """
    return name if name in DATA or name in OFFICIAL_SETS else Path(name).resolve().stem


def _two_layer(input_dim, **settings):
    return TwoLayerNet(input_dim=int(np.prod(input_dim)), hidden_dim=100, **settings)


def _fc(input_dim, **settings):
    hidden_dims = (256, 256) if are_large(input_dim) else (100, 100)
    return FullyConnectedNet(hidden_dims, input_dim=int(np.prod(input_dim)), **settings)


def _three_layer(input_dim, **settings):
    return ThreeLayerConvNet(input_dim, num_filters=32, filter_size=3, hidden_dim=100, **settings)


def _convnet(input_dim, **settings):
    num_filters = (16, 32, "pool", 64, "pool")
    return ConvNet(input_dim, num_filters, hidden_dims=(64,), normalization="batchnorm", **settings)


def _resnet(input_dim, **settings):
    num_filters = (32, 64, 128) if are_large(input_dim) else (16, 32)
    return ResNet(input_dim, num_blocks=(1,) * len(num_filters), num_filters=num_filters, **settings)


MODELS = {"two_layer": _two_layer, "fc": _fc, "three_layer": _three_layer, "convnet": _convnet, "resnet": _resnet}
FOR_IMAGES = ("three_layer", "convnet", "resnet")
WITH_BATCHNORM = ("convnet", "resnet")


def are_large(input_dim):
    """Tell whether examples are images of a size that more units and more stages pay for."""
    return len(input_dim) == 3 and min(input_dim[1:]) >= LARGE_IMAGES


def default_model(data):
    """Name a good model for a dataset: a convolutional net for images, else a fully connected one."""
    return "convnet" if is_images(data) else "fc"


def default_reg(model_name, num_train=0):
    """Give a regularisation that suits a model, and a training set of so many examples.

    Where batchnorm follows, the size of the weights does not matter to what a net can say, only to how far a step
    turns them: there it may be large. Many examples need less of it.
    """
    with_batchnorm = model_name in WITH_BATCHNORM
    if num_train >= LARGE:
        return 5e-4 if with_batchnorm else 1e-4
    return 0.03 if with_batchnorm else 1e-3


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
