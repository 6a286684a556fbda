"""The options that several verbs share: their defaults, what they accept, and which of them were given."""

import argparse
import math

from solvers import UPDATE_RULES

from . import augmentation, catalogue
from .schedule import SPELLINGS, make_schedule


def integer(least):
    """Make an argparse type: an integer of at least `least`."""

    def integer(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least:
            raise argparse.ArgumentTypeError(f"must be an integer >= {least}, got {text!r}")
        return value

    return integer


def number(above=False, below=math.inf):
    """Make an argparse type: a finite number from 0, or above it, to below a bound."""

    def number(text):
        value = as_float(text)
        if not (0 <= value < below) or (above and value == 0):
            bound = "" if below == math.inf else f" and < {below}"
            raise argparse.ArgumentTypeError(f"must be a finite number {'>' if above else '>='} 0{bound}, got {text!r}")
        return value

    return number


def bounds(text):
    """Be an argparse type: two numbers ``LOW:HIGH``, of which the first is above 0 and the second above the first."""
    low, high = map(as_float, text.split(":")) if text.count(":") == 1 else (math.nan, math.nan)
    if not 0 < low < high < math.inf:
        raise argparse.ArgumentTypeError(f"must be LOW:HIGH with 0 < LOW < HIGH, got {text!r}")
    return [low, high]


def as_float(text):
    """Read a number; NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def schedule(text):
    """Be an argparse type: a schedule, which stays as it was written."""
    try:
        make_schedule(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def augment(text):
    """Be an argparse type: an augmentation, which stays as it was written."""
    try:
        augmentation.make_augment(text, num_classes=1)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


# What is not given follows from the number of training examples: for fewer than catalogue.LARGE, and for more.
BY_SIZE = {
    "epochs": (20, 8),
    "batch_size": (32, 100),
    "lr": (1e-2, 3e-3),
    "schedule": ("exponential:0.8", "one-cycle"),
}


def _by_size(about, name):
    few, many = BY_SIZE[name]
    return f"{about} ({few}; with {catalogue.LARGE:,} examples or more {many})"


def _by_model(about):
    few, many = (
        f"{catalogue.default_reg('fc', size):g}, of models with batchnorm {catalogue.default_reg('convnet', size):g}"
        for size in (0, catalogue.LARGE)
    )
    return f"{about} ({few}; with {catalogue.LARGE:,} examples or more {many})"


# Name: default, help, and what argparse is told besides. A default that is no value is told of in the help.
OPTIONS = {
    "data": ("digits", f"what to learn: {catalogue.SPELLINGS}", {"metavar": "NAME"}),
    "model": (None, "what learns it (convnet for images, fc for points)", {"choices": catalogue.MODELS}),
    "augment": (
        None, f"change the images of each minibatch at random, such as flip,crop:2: {augmentation.SPELLINGS} (none)",
        {"type": augment, "metavar": "STEPS"},
    ),
    "epochs": (None, _by_size("how often each example is shown", "epochs"), {"type": integer(1), "metavar": "N"}),
    "batch_size": (None, _by_size("examples in a minibatch", "batch_size"), {"type": integer(1), "metavar": "N"}),
    "accumulate": (1, "minibatches that make one step, to save memory", {"type": integer(1), "metavar": "N"}),
    "lr": (None, _by_size("learning rate at its highest", "lr"), {"type": number(above=True), "metavar": "RATE"}),
    "schedule": (
        None, _by_size(f"how it changes, by epochs: {SPELLINGS}", "schedule"), {"type": schedule, "metavar": "NAME"}
    ),
    "update_rule": ("adam", "how gradients change parameters", {"choices": UPDATE_RULES}),
    "reg": (None, _by_model("L2 regularisation of the weights"), {"type": number(), "metavar": "R"}),
    "label_smoothing": (
        0.0, "this share of each label is spread over all classes", {"type": number(below=1), "metavar": "SHARE"}
    ),
    "clip_norm": (
        None, "shorten longer gradients to this norm (not shortened)", {"type": number(above=True), "metavar": "NORM"}
    ),
    "ema": (None, "average the parameters, such as 0.99 (not averaged)", {"type": number(below=1), "metavar": "DECAY"}),
    "patience": (None, "end after so many epochs without a gain (never)", {"type": integer(1), "metavar": "N"}),
    "seed": (0, "the same seed gives the same numbers", {"type": integer(0), "metavar": "N"}),
    "tensorboard": (False, "write scalars for TensorBoard, too", {"action": "store_true"}),
    "out": (None, "a new or empty folder for the files (one of its own below runs)", {"metavar": "FOLDER"}),
    "quiet": (False, "print only the result and the files", {"action": "store_true"}),
}  # fmt: skip


def flag(name):
    """Write an option's name as it is typed: ``--batch-size``."""
    return "--" + name.replace("_", "-")


def add_options(parser, names, **others):
    """Add the options of these names; what is not given is left out of what the parser returns.

    `settings_of` then gives the defaults, None where the data decide; `problem.open_problem` asks them.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    names : sequence of str
    others : (default, help, settings)
        As in `OPTIONS`, in the place of those.
    """
    parser.description = f"{parser.description} Defaults stand in parentheses."
    for name in names:
        default, about, settings = others.get(name) or OPTIONS[name]
        spelt = ":".join(map(str, default)) if isinstance(default, list) else default
        shown = "" if default is None or default is False else f" ({spelt})"
        parser.add_argument(flag(name), default=argparse.SUPPRESS, help=about + shown, **settings)


def settings_of(options, names, **others):
    """Give a dict with a value for each of these names, the default where an option was not given."""
    return {name: getattr(options, name, (others.get(name) or OPTIONS[name])[0]) for name in names}


def refuse_beside_resume(options, names, refuse):
    """Refuse options that were given together with --resume: all settings are in the folder."""
    given = [flag(name) for name in names if hasattr(options, name)]
    if given:
        wrong = f"leave out {', '.join(given)}"
        refuse(f"argument --resume: goes on with the settings in the folder's config.json; {wrong}")
