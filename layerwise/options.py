"""The options that several verbs share: their defaults, what they accept, and which of them were given."""

import argparse
import math

from solvers import UPDATE_RULES

from . import catalogue
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


# Name: default, help, and what argparse is told besides. A default that is no value is told of in the help.
OPTIONS = {
    "data": ("digits", "what to learn", {"choices": catalogue.DATA}),
    "model": (None, "what learns it (convnet for images, fc for points)", {"choices": catalogue.MODELS}),
    "epochs": (20, "how often each example is shown", {"type": integer(1), "metavar": "N"}),
    "batch_size": (32, "examples in a minibatch", {"type": integer(1), "metavar": "N"}),
    "accumulate": (1, "minibatches that make one step, to save memory", {"type": integer(1), "metavar": "N"}),
    "lr": (1e-2, "learning rate at the start", {"type": number(above=True), "metavar": "RATE"}),
    "schedule": (
        "exponential:0.8", f"how it goes on, by epochs: {SPELLINGS}", {"type": schedule, "metavar": "NAME"}
    ),
    "update_rule": ("adam", "how gradients change parameters", {"choices": UPDATE_RULES}),
    "reg": (None, "L2 regularisation of the weights (the model's own)", {"type": number(), "metavar": "R"}),
    "label_smoothing": (
        0.0, "this share of each label is spread over all classes", {"type": number(below=1), "metavar": "SHARE"}
    ),
    "clip_norm": (None, "shorten longer gradients to this norm (no)", {"type": number(above=True), "metavar": "NORM"}),
    "ema": (None, "average the parameters, such as 0.99 (no)", {"type": number(below=1), "metavar": "DECAY"}),
    "patience": (None, "end after so many epochs without a gain (no)", {"type": integer(1), "metavar": "N"}),
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

    Parameters
    ----------
    parser : argparse.ArgumentParser
    names : sequence of str
    others : (default, help, settings)
        As in `OPTIONS`, in the place of those.
    """
    for name in names:
        default, about, settings = others.get(name) or OPTIONS[name]
        shown = "" if default is None or default is False else f" ({default})"
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
