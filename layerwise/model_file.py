"""Which model, and which minibatch: a built-in one by name, or a user's from a file, ``my_model.py:MyNet``."""

import argparse
import importlib.util
import sys
import traceback
from pathlib import Path

import numpy as np

from . import catalogue


def load_model(place):
    """Import a user's file, and make the model that it names.

    Parameters
    ----------
    place : str
        ``"my_model.py:MyNet"``: a file, and in it a class or a function, which is called without arguments, or a model.
        The file can import what lies beside it.

    Returns
    -------
    model : object with params and loss

    Raises
    ------
    ValueError
        If there is no such file or name, the file cannot be imported, or what it makes is no model. The message says
        which, and where in the file.
    """
    file, colon, name = place.rpartition(":")
    if not colon or not file.endswith(".py") or not name.isidentifier():
        raise ValueError(f"load_model: expected FILE.py:NAME, as my_model.py:MyNet, got {place!r}")
    path = Path(file).resolve()
    if not path.is_file():
        raise ValueError(f"load_model: there is no file {file}")
    module = _imported(path)
    made = vars(module).get(name)
    if made is None:
        public = [key for key, value in vars(module).items() if callable(value) and _is_own(value, module)]
        raise ValueError(f"load_model: {file} has no {name}; it has {', '.join(public) or 'no class and no function'}")
    if isinstance(made, type) or not _is_model(made):
        if not callable(made):
            raise ValueError(f"load_model: {place} is of type {type(made).__name__}; expected a class or a function")
        try:
            made = made()
        except Exception as error:
            said = f"{_said(error, path)}; it is called without arguments"
            raise ValueError(f"load_model: {name}() failed: {said}") from error
    if not _is_model(made):
        kind = f"an object of type {type(made).__name__}"
        raise ValueError(f"load_model: {place} made {kind}; a model has a dict params, and loss(X, y)")
    return made


def add_model_options(parser):
    """Add the arguments that say which model, and on which examples, to a verb's parser."""
    known = ", ".join(catalogue.MODELS)
    parser.add_argument("model", metavar="MODEL", help=f"{known}; or your own: my_model.py:MyNet")
    parser.add_argument(
        "--data", metavar="NAME", default="digits", help=f"the examples: {catalogue.SPELLINGS} (%(default)s)"
    )
    parser.add_argument(
        "--input-dim", type=sizes, metavar="C,H,W", help="random examples of that shape in place of data"
    )


def make_model_and_data(options, num_examples, seed=0):
    """Make what `add_model_options` asks for.

    Returns
    -------
    model
    X, y : ndarray
        The first examples of the training set, as many as there are of num_examples.

    Raises
    ------
    ValueError
        If there is no such model, or it does not take these examples.
    """
    random = options.input_dim is not None
    data = _random_data(options.input_dim, num_examples) if random else catalogue.load(options.data)
    X, y = data["X_train"][:num_examples], data["y_train"][:num_examples]
    if options.model not in catalogue.MODELS:
        if ":" not in options.model:
            known = ", ".join(catalogue.MODELS)
            raise ValueError(f"unknown model {options.model!r}; known are {known}, or FILE.py:NAME for your own")
        model = load_model(options.model)
    elif options.model in catalogue.FOR_IMAGES and not catalogue.is_images(data):
        raise ValueError(f"{options.model} needs images (C, H, W); the examples have the shape {X.shape[1:]}")
    else:
        model = catalogue.make_model(options.model, data, catalogue.default_reg(options.model), seed)
    try:
        scores = model.loss(X)
    except (TypeError, ValueError) as error:
        hint = f"the examples have the shape {X.shape[1:]}; --data and --input-dim give others"
        raise ValueError(f"{options.model} does not take them: {error} ({hint})") from error
    return model, X, y % scores.shape[1] if random else y


def _random_data(input_dim, num_examples, num_classes=10):
    """Images or points from the normal distribution; the labels go round, so that every class is there."""
    num_examples = max(num_examples, num_classes)
    X = np.random.default_rng(0).standard_normal((num_examples, *input_dim)).astype(np.float32)
    return {"X_train": X, "y_train": np.arange(num_examples) % num_classes}


def _imported(path):
    name = f"model_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass looks its module up there
    sys.path.append(str(path.parent))  # last: a file `layers.py` there does not stand in for ours
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ValueError(f"load_model: {path.name} cannot be imported: {_said(error, path)}") from error
    finally:
        sys.path.remove(str(path.parent))
    return module


def _said(error, path):
    """The error in one line, with the line of the file that it came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{type(error).__name__}: {error}" + (f" ({path.name}, line {lines[-1]})" if lines else "")


def _is_model(made):
    return isinstance(getattr(made, "params", None), dict) and callable(getattr(made, "loss", None))


def _is_own(value, module):
    return getattr(value, "__module__", None) == module.__name__


def sizes(text):
    """An argparse type: ``3,32,32`` or ``64``."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"must be sizes >= 1 as C,H,W or D, got {text!r}")
    return tuple(int(part) for part in parts)
