"""The verb ``train``: train a model on a dataset, and leave a folder with all that there is to see."""

import argparse
import importlib
import json
import math
import platform
import sys
from contextlib import nullcontext
from functools import partial

import numpy as np
import scipy

from solvers import UPDATE_RULES, Solver

from . import __version__, catalogue, progress
from .report import History, accuracy_table, confusion_matrix, predict
from .run_folder import RunFolder

LR_DECAY = 0.8


def add_train(verbs):
    """Add the verb and its options to the program's parser."""
    about = "Train a model, and leave a folder with its history, its best parameters and pictures."
    parser = verbs.add_parser("train", help=about, description=about)
    add = parser.add_argument
    add("--data", choices=catalogue.DATA, default="digits", help="what to learn (digits)")
    add("--model", choices=catalogue.MODELS, help="what learns it (convnet for images, fc for points)")
    add("--epochs", type=_integer(1), default=20, metavar="N", help="how often each example is shown (%(default)s)")
    add("--batch-size", type=_integer(1), default=32, metavar="N", help="examples in a minibatch (%(default)s)")
    add("--lr", type=_number(above=True), default=1e-2, metavar="RATE", help="learning rate at the start (%(default)s)")
    add("--update-rule", choices=UPDATE_RULES, default="adam", help="how gradients change parameters (%(default)s)")
    add("--reg", type=_number(), metavar="R", help="L2 regularisation of the weights (the model's own)")
    add("--seed", type=_integer(0), default=0, metavar="N", help="the same seed gives the same numbers (%(default)s)")
    add("--out", metavar="FOLDER", help="a new or empty folder for the files (runs/<data>-<model>)")
    add("--quiet", action="store_true", help="print only the result and the files")
    parser.set_defaults(run=lambda options: train(options, parser.error))


def train(options, refuse):
    """Do a whole run and return the exit status.

    Parameters
    ----------
    options : argparse.Namespace
        What `add_train` asks for.
    refuse : function
        Is told what is wrong with an option; does not return.
    """
    data = catalogue.DATA[options.data]()
    options.model = options.model or catalogue.default_model(data)
    if options.model in catalogue.FOR_IMAGES and not catalogue.is_images(data):
        others = ", ".join(name for name in catalogue.MODELS if name not in catalogue.FOR_IMAGES)
        refuse(f"argument --model: {options.model} needs images; {options.data} are points, for {others}")
    if options.reg is None:
        options.reg = catalogue.default_reg(options.model)
    model = catalogue.make_model(options.model, data, options.reg, options.seed)
    try:
        folder = RunFolder(f"{options.data}-{options.model}", options.out)
    except OSError as error:
        refuse(f"argument --out: {error}")
    try:
        return _run(options, data, model, folder)
    finally:
        folder.discard_if_empty()


def _run(options, data, model, folder):
    """Train, then test, print and draw."""
    say = _say_nothing if options.quiet else print
    config = _config(options, data, model)
    say(_summary(config))
    history = History()
    tqdm = _extra("tqdm") if sys.stderr.isatty() and not options.quiet else None
    with progress.bar(tqdm.tqdm) if tqdm else nullcontext() as move:
        solver = Solver(
            model,
            data,
            update_rule=options.update_rule,
            optim_config={"learning_rate": options.lr},
            lr_decay=LR_DECAY,
            batch_size=options.batch_size,
            num_epochs=options.epochs,
            num_train_samples=None,
            verbose=False,
            seed=options.seed,
            on_iteration=[history, move] if move else [history],
            on_epoch=[_forget_early_best] if move or options.quiet else [_forget_early_best, progress.print_epoch],
        )
        status, trouble = _train(solver)
    if trouble:
        print(f"layerwise train: {trouble}", file=sys.stderr)
    if not history.rows:
        return status

    kept, names, y = history.kept, catalogue.class_names(data), data["y_test"]
    said = predict(model, data["X_test"])
    counts = confusion_matrix(y, said, len(names))
    say(f"\nThe test set, by the parameters of epoch {kept['epoch']} (validation accuracy {kept['val_acc']:.1%}):\n")
    say(accuracy_table(counts, names), end="\n\n")

    folder.add("config.json", lambda path: path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8"))
    folder.add("history.csv", history.write)
    folder.add("best.npz", model.save)
    accuracy = f"{counts.trace() / len(y):.2%}"
    pictures = _extra("layerwise.pictures")
    if pictures:
        title = f"{_title(config)}: test accuracy {accuracy}"
        for name, figure in _draw(pictures, title, data, model, history, counts, names, said).items():
            folder.add(name, figure.savefig)
    else:
        print("layerwise train: pictures need matplotlib; in the checkout: pip install -e '.[run]'", file=sys.stderr)
    print(f"Test accuracy {accuracy} ({counts.trace()} of {len(y)})")
    print(f"Files in {folder.path}: {', '.join(folder.files)}")
    return status


def _train(solver):
    """Train; return the exit status and what went wrong. What was learned until then stays in the model."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # the Solver says it in words
            solver.train()
    except FloatingPointError as error:
        return 1, error
    except KeyboardInterrupt:
        return 130, f"stopped by hand after iteration {solver.iteration} of {solver.num_iterations}"
    return 0, None


def _forget_early_best(solver):
    """Let the last quarter of the epochs alone decide which parameters are kept.

    Before, at a high learning rate, the accuracy jumps from epoch to epoch, and on a small validation set the highest
    one is luck.
    """
    if solver.epoch == solver.num_epochs * 3 // 4:
        solver.best_val_acc = -math.inf


def _draw(pictures, title, data, model, history, counts, names, said):
    """Draw all pictures of a run, as a dict of file name to figure."""
    X, y = data["X_test"], data["y_test"]
    figures = {
        "curve.png": pictures.draw_curve(history, title),
        "confusion.png": pictures.draw_confusion(counts, names, title),
    }
    if catalogue.is_images(data):
        figures["mistakes.png"] = pictures.draw_mistakes(X + data["mean_image"], y, said, names, title)
    else:
        figures["mistakes.png"] = pictures.draw_mistakes_in_plane(partial(predict, model), X, y, said, names, title)
    filters = [w for w in model.params.values() if w.ndim == 4]
    if filters:
        figures["filters.png"] = pictures.draw_filters(filters[0], title)
    return figures


def _config(options, data, model):
    """Everything that the numbers of a run depend on, for config.json."""
    names = "data", "model", "epochs", "batch_size", "lr", "update_rule", "reg", "seed", "out", "quiet"
    return {
        **{name: getattr(options, name) for name in names},
        "lr_decay": LR_DECAY,
        "num_parameters": sum(array.size for array in model.params.values()),
        "num_train": len(data["y_train"]),
        "num_val": len(data["y_val"]),
        "num_test": len(data["y_test"]),
        "input_dim": list(data["X_train"].shape[1:]),
        "num_classes": len(catalogue.class_names(data)),
        "versions": {
            "layerwise": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
    }


def _summary(config):
    return (
        "{data}: {num_train} training, {num_val} validation and {num_test} test examples of shape {shape} "
        "in {num_classes} classes; {model}: {num_parameters:,} parameters"
    ).format(shape=tuple(config["input_dim"]), **config)


def _title(config):
    return "{data}, {model}, {update_rule}, lr {lr:g}, seed {seed}".format(**config)


def _extra(name):
    """Import a module that needs an extra; None if the extra is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in (name.split(".")[0], "matplotlib"):
            return None
        raise


def _say_nothing(*_, **__):
    pass


def _integer(least):
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


def _number(above=False):
    """Make an argparse type: a finite number from 0, or above it."""

    def number(text):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (0 <= value < math.inf) or (above and value == 0):
            raise argparse.ArgumentTypeError(f"must be a finite number {'>' if above else '>='} 0, got {text!r}")
        return value

    return number
