"""The verb ``train``: train a model on a dataset, and leave a folder with all that there is to see."""

import argparse
import platform
import signal
import sys

import numpy as np
import scipy

from solvers import CheckpointError

from . import __version__, catalogue
from .extras import extra
from .options import add_options, refuse_beside_resume, settings_of
from .problem import make_solver, open_problem
from .run import CHECKPOINTS, run, warnings_in_words
from .run_folder import RunFolder
from .stop import STATUS

NAMES = (
    "data", "model", "augment", "epochs", "batch_size", "accumulate", "lr", "schedule", "update_rule", "reg",
    "label_smoothing", "clip_norm", "ema", "patience", "seed", "tensorboard", "out", "quiet",
)  # fmt: skip
ABOUT = "Train a model, and leave a folder with its history, its best parameters, pictures and a page, report.html."
RESUMING = (
    "While it trains, the folder holds checkpoints: the last two, and that of the best model. Ctrl-C, SIGTERM and a "
    "closed terminal end it after the current iteration. --resume FOLDER goes on, also after a crash, and the numbers "
    "are bit by bit those of a run that was not stopped. When the page, report.html, is written, the run is done and "
    "the checkpoints are removed; best.npz is the model."
)


def add_train(verbs):
    """Add the verb and its options to the program's parser."""
    parser = verbs.add_parser("train", help=ABOUT, description=ABOUT, epilog=RESUMING)
    add_options(parser, NAMES)
    parser.add_argument(
        "--resume", default=argparse.SUPPRESS, metavar="FOLDER", help="go on with a run that was stopped, by itself"
    )
    parser.set_defaults(run=lambda options: train(options, parser.error))


def train(options, refuse):
    """Do a whole run, or the rest of one, and return the exit status.

    Parameters
    ----------
    options : argparse.Namespace
        What `add_train` asks for.
    refuse : function
        Is told what is wrong with an option; does not return.
    """
    try:
        with warnings_in_words("train"):
            if hasattr(options, "resume"):
                refuse_beside_resume(options, NAMES, refuse)
                return _resume(options.resume, refuse)
            return _begin(settings_of(options, NAMES), refuse)
    except OSError as error:  # such as a full disk, before there was anything to go on with
        print(f"layerwise train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before it began
        return STATUS[signal.SIGINT]


def _begin(settings, refuse):
    """Train in a new folder."""
    _check_extra(settings, refuse)
    settings, data = open_problem(settings, refuse)
    try:
        folder = RunFolder(f"{catalogue.short_name(settings['data'])}-{settings['model']}", settings["out"])
    except OSError as error:
        refuse(f"argument --out: {error}")
    try:
        solver = _make_solver(settings, data, folder)
    except ValueError as error:
        folder.discard()
        refuse(error)
    config = describe(settings, data, solver.model)
    folder.add_config(config)
    return run(config, data, folder, solver)


def _resume(path, refuse):
    """Go on in the folder of a run that was stopped."""
    try:
        folder, config = RunFolder.reopen(path, (*NAMES, "versions"))
        _check_extra(config, refuse)
        settings, data = open_problem({name: config[name] for name in NAMES}, refuse)
        solver = _make_solver(settings, data, folder)
    except KeyError as error:
        refuse(f"argument --resume: {path}: its config.json names {error}, which is not known here")
    except (AttributeError, TypeError) as error:
        refuse(f"argument --resume: {path}: its config.json cannot be understood: {error}")
    except ValueError as error:
        refuse(f"argument --resume: {error}")
    begun = any(folder.path.glob(f"{CHECKPOINTS}_*.npz"))
    if not begun and (folder.path / "report.html").exists():
        refuse(f"argument --resume: the run in {path} is done; there is nothing to go on with")
    try:
        if begun:
            solver.resume()
    except (CheckpointError, ValueError) as error:
        refuse(f"argument --resume: {error}")
    facts = describe(settings, data, solver.model)
    then, now = config["versions"], facts.pop("versions")
    wrong = [f"{name} is {config.get(name)!r} there" for name in facts if config.get(name) != facts[name]]
    if not isinstance(then, dict):
        wrong.append(f"versions is {then!r} there")
    if wrong:
        refuse(f"argument --resume: {path}: its config.json was edited: {'; '.join(wrong)}")
    changed = [f"{name} {then.get(name)} then and {now[name]} now" for name in now if then.get(name) != now[name]]
    if changed:
        words = "the last bits may differ from those of a run without a stop"
        print(f"layerwise train: {words}: {'; '.join(changed)}", file=sys.stderr)
    return run(config, data, folder, solver)


def _check_extra(settings, refuse):
    if settings["tensorboard"] and not extra("tensorboardX"):
        refuse("argument --tensorboard: needs tensorboardX; in the checkout: pip install -e '.[tensorboard]'")


def _make_solver(settings, data, folder):
    return make_solver(settings, data, checkpoint_name=folder.path / CHECKPOINTS, checkpoint_seconds=60)


def describe(settings, data, model):
    """Everything that the numbers of a run depend on, for config.json."""
    return {
        **settings,
        "num_parameters": sum(array.size for array in model.params.values()),
        "num_train": len(data["y_train"]),
        "num_val": len(data["y_val"]),
        "num_test": len(data["y_test"]),
        "input_dim": list(data["X_train"].shape[1:]),
        "num_classes": len(catalogue.class_names(data)),
        "versions": versions(),
    }


def versions():
    """The versions of all that computes."""
    return {
        "layerwise": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "machine": platform.machine(),
    }
