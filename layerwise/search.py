"""The verb ``search``: random search over learning rate and regularisation, with its table and picture."""

import argparse
import shlex
import sys

import numpy as np

from solvers import random_search

from . import catalogue
from .extras import NO_PICTURES, extra
from .options import OPTIONS, add_options, bounds, flag, integer, refuse_beside_resume, settings_of
from .problem import make_solver, open_problem
from .run import warnings_in_words
from .run_folder import RunFolder
from .stop import STATUS, Stopped, how_to_resume, stoppable

NAMES = (
    "data", "model", "augment", "epochs", "batch_size", "accumulate", "lr", "schedule", "update_rule", "reg",
    "label_smoothing", "clip_norm", "ema", "patience", "seed", "trials", "out", "quiet",
)  # fmt: skip
OWN = {
    "epochs": (5, "epochs of each trial", OPTIONS["epochs"][2]),
    "lr": ([1e-4, 1e-1], "range of the learning rate", {"type": bounds, "metavar": "LOW:HIGH"}),
    "reg": ([1e-6, 1e-1], "range of the regularisation", {"type": bounds, "metavar": "LOW:HIGH"}),
    "trials": (20, "how many pairs are tried", {"type": integer(1), "metavar": "N"}),
}
ABOUT = "Try pairs of learning rate and regularisation, drawn log-uniformly, and list them by validation accuracy."
RESUMING = (
    "Each trial that has ended is recorded in the folder's trials.jsonl. A search that was stopped, by Ctrl-C or in "
    "any other way, goes on after the last of them with --resume FOLDER."
)
SHOWN = 10


def add_search(verbs):
    """Add the verb and its options to the program's parser."""
    parser = verbs.add_parser("search", help=ABOUT, description=ABOUT, epilog=RESUMING)
    add_options(parser, NAMES, **OWN)
    parser.add_argument(
        "--resume", default=argparse.SUPPRESS, metavar="FOLDER", help="go on with a search that was stopped, by itself"
    )
    parser.set_defaults(run=lambda options: search(options, parser.error))


def search(options, refuse):
    """Do a whole search, or the rest of one, and return the exit status."""
    if hasattr(options, "resume"):
        refuse_beside_resume(options, NAMES, refuse)
        try:
            folder, settings = RunFolder.reopen(options.resume, NAMES)
            problem, data = open_problem({**settings, "reg": 0.0}, refuse)
        except (KeyError, ValueError) as error:
            refuse(f"argument --resume: {error}")
    else:
        settings = settings_of(options, NAMES, **OWN)
        problem, data = open_problem({**settings, "reg": 0.0}, refuse)
        try:
            folder = RunFolder(f"search-{catalogue.short_name(settings['data'])}-{problem['model']}", settings["out"])
            folder.add_config({**settings, "model": problem["model"]})
        except OSError as error:
            refuse(f"argument --out: {error}")
    try:
        with warnings_in_words("search"), stoppable():
            return _search(settings, problem, data, folder)
    except ValueError as error:  # a record that somebody damaged
        print(f"layerwise search: {error}", file=sys.stderr)
        return 1
    except (OSError, Stopped) as error:
        print(f"layerwise search: {error}; {how_to_resume('search', folder.path)}", file=sys.stderr, flush=True)
        return STATUS[error.signal] if isinstance(error, Stopped) else 1


def _search(settings, problem, data, folder):
    """Try, print each trial, and leave table and picture in the folder."""

    def evaluate(drawn, number):
        solver = make_solver({**problem, **drawn}, data)
        solver.train()
        return solver.best_val_acc

    def print_trial(trials):
        print(f"trial {len(trials):3d} of {settings['trials']}   {_line(trials[-1])}", flush=True)

    ranges = {"lr": settings["lr"], "reg": settings["reg"]}
    record = folder.path / "trials.jsonl"
    with np.errstate(over="ignore", invalid="ignore"):
        on_trial = [] if settings["quiet"] else [print_trial]
        trials = random_search(evaluate, ranges, settings["trials"], record, settings["seed"], on_trial)
    folder.files.append(record.name)
    if trials[0]["score"] is None:
        print("layerwise search: the loss of every trial was not finite; try lower learning rates", file=sys.stderr)
        return 1
    if not settings["quiet"]:
        print("\nThe best:\n", *map(_line, trials[:SHOWN]), sep="\n", end="\n\n")
    pictures = extra("layerwise.tuning_pictures")
    if pictures:
        title = "{data}, {model}, {update_rule}, {epochs} epochs, seed {seed}".format(**problem)
        folder.add("search.png", pictures.draw_trials(trials, title).savefig)
    else:
        print(f"layerwise search: {NO_PICTURES}", file=sys.stderr)
    print(f"To train with the best of them: {_command({**settings, 'model': problem['model']}, trials[0]['settings'])}")
    print(f"Files in {folder.path}: {', '.join(folder.files)}")
    return 0


def _line(trial):
    score = "not finite" if trial["score"] is None else f"{trial['score']:10.1%}"
    return f"val acc {score}   lr {trial['settings']['lr']:.2e}   reg {trial['settings']['reg']:.2e}"


def _command(settings, best):
    """The command that trains with what was found; options that have their defaults are left out, but for epochs."""
    words = ["layerwise", "train", "--lr", f"{best['lr']:.3g}", "--reg", f"{best['reg']:.3g}"]
    for name in NAMES:
        if name in OPTIONS and name not in (*OWN, "out", "quiet") and settings[name] != OPTIONS[name][0]:
            words += [flag(name), str(settings[name])]
    return shlex.join(words)
