"""The verb ``lr``: the learning-rate range test, with its picture."""

import sys

from solvers import lr_range_test

from . import catalogue
from .extras import NO_PICTURES, extra
from .growing_csv import write_csv
from .options import add_options, integer, number, settings_of
from .problem import make_model, open_problem, step_arguments
from .run import warnings_in_words
from .run_folder import RunFolder
from .stop import STATUS, Stopped, stoppable

NAMES = (
    "data", "model", "augment", "batch_size", "accumulate", "update_rule", "reg", "label_smoothing", "clip_norm",
    "seed", "lowest", "highest", "iterations", "out",
)  # fmt: skip
OWN = {
    "lowest": (1e-6, "learning rate of the first step", {"type": number(above=True), "metavar": "RATE"}),
    "highest": (10.0, "learning rate of the last step", {"type": number(above=True), "metavar": "RATE"}),
    "iterations": (200, "steps", {"type": integer(2), "metavar": "N"}),
}
ABOUT = "Find a learning rate: raise it from step to step until the loss explodes, and draw the loss against it."


def add_lr(verbs):
    """Add the verb and its options to the program's parser."""
    parser = verbs.add_parser("lr", help=ABOUT, description=ABOUT)
    add_options(parser, NAMES, **OWN)
    parser.set_defaults(run=lambda options: lr(options, parser.error))


def lr(options, refuse):
    """Do the test, leave a folder with its figures and picture, and return the exit status."""
    settings = settings_of(options, NAMES, **OWN)
    if settings["lowest"] >= settings["highest"]:
        refuse(f"argument --highest: must be above --lowest {settings['lowest']:g}, got {settings['highest']:g}")
    settings, data = open_problem(settings, refuse)
    try:
        folder = RunFolder(f"lr-{catalogue.short_name(settings['data'])}-{settings['model']}", settings["out"])
        folder.add_config(settings)
    except OSError as error:
        refuse(f"argument --out: {error}")
    arguments = step_arguments({**settings, "lr": settings["lowest"]}, data)
    limits = settings["lowest"], settings["highest"], settings["iterations"]
    try:
        with warnings_in_words("lr"), stoppable():
            found = lr_range_test(make_model(settings, data), data, *limits, **arguments)
            _show(found, settings, folder)
    except (FloatingPointError, OSError, Stopped) as error:
        folder.discard("lr.csv")  # it is soon done again
        print(f"layerwise lr: {error}", file=sys.stderr)
        return STATUS[error.signal] if isinstance(error, Stopped) else 1
    return 0


def _show(found, settings, folder):
    """Leave the figures and the picture in the folder, and say what they tell."""
    columns = "learning_rate", "loss", "smoothed"
    arrays = (found.learning_rates, found.losses, found.smoothed)
    rows = [dict(zip(columns, row)) for row in zip(*(array.tolist() for array in arrays))]
    folder.add("lr.csv", lambda path: write_csv(path, columns, rows))
    pictures = extra("layerwise.tuning_pictures")
    if pictures:
        title = "{data}, {model}, {update_rule}, minibatches of {batch_size}, seed {seed}".format(**settings)
        folder.add("lr.png", pictures.draw_range_test(found, title).savefig)
    else:
        print(f"layerwise lr: {NO_PICTURES}", file=sys.stderr)
    least = found.smoothed.argmin()
    print(
        f"Loss {found.losses[0]:.3f} at first; smallest, smoothed, at learning rate {found.learning_rates[least]:.2g} "
        f"({found.smoothed[least]:.3f}); ended at {found.learning_rates[-1]:.2g} ({found.losses[-1]:.3g})"
    )
    print(f"A tenth of the rate with the smallest loss: try --lr {found.suggestion:.2g}")
    print(f"Files in {folder.path}: {', '.join(folder.files)}")
