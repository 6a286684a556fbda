"""A run from its first iteration, or from where a checkpoint stands, to its end or to where it is stopped."""

import math
import sys
import warnings
from contextlib import ExitStack, contextmanager

import numpy as np

from . import progress
from .extras import extra
from .finish import finish
from .history import History
from .stop import STATUS, Stopped, how_to_resume, stoppable
from .tensorboard import TensorBoard
from .watch import Watch

CHECKPOINTS = "checkpoint"


def run(config, data, folder, solver):
    """Train, and leave all in the folder that there is to see; say what to do if it is stopped.

    Parameters
    ----------
    config : dict
        What config.json holds.
    data : dict
    folder : RunFolder
    solver : Solver
        New, or resumed.

    Returns
    -------
    status : int
        0 done; 1 the loss was not finite, a picture failed, or a file could not be written; 128 and the number of the
        signal that stopped it.
    """
    try:
        with stoppable():
            return _run(config, data, folder, solver)
    except Stopped as stopped:
        _say_how_to_go_on(f"{stopped} after iteration {solver.iteration} of {solver.num_iterations}", folder)
        return STATUS[stopped.signal]
    except OSError as error:  # such as a full disk, where it was not survived
        _say_how_to_go_on(error, folder)
        return 1
    except Exception as error:
        _say_how_to_go_on(repr(error), folder)
        raise


def _run(config, data, folder, solver):
    say = _say_nothing if config["quiet"] else print
    say(_summary(config))
    if solver.iteration:
        say(f"goes on after iteration {solver.iteration} of {solver.num_iterations}")
    with ExitStack() as stack:
        tqdm = extra("tqdm") if sys.stderr.isatty() and not config["quiet"] else None
        move = stack.enter_context(progress.bar(tqdm.tqdm)) if tqdm else None
        history = stack.enter_context(History(solver, folder.path / "history.csv"))
        watch = stack.enter_context(Watch(solver, folder.path / "epochs.csv", tqdm.tqdm.write if tqdm else say))
        on_iteration, on_epoch = [history, watch.follow], [watch]
        if config["patience"] is None:
            on_epoch.insert(0, forget_early_best)
            forget_early_best(solver)  # a run may have been stopped before this callback's turn
        if config["tensorboard"]:
            board = stack.enter_context(TensorBoard(solver, folder.path, history, watch))
            on_iteration.append(board.follow)
            on_epoch.append(board)
        if move:
            on_iteration.append(move)
        elif not config["quiet"]:
            on_epoch.insert(0, progress.print_epoch)
        solver.on_iteration, solver.on_epoch = tuple(on_iteration), tuple(on_epoch)
        trouble, stopped = _train(solver)
    if trouble:
        print(f"layerwise train: {trouble}", file=sys.stderr, flush=True)
    if solver.iteration:
        folder.add("history.csv", history.write)
        folder.add("epochs.csv", watch.write)
        folder.add("best.npz", solver.model.save)
    else:
        folder.discard("history.csv", "epochs.csv")
    if stopped:
        raise stopped
    if not solver.iteration:
        return 1
    findings = [*watch.findings(), *([trouble] if trouble else [])]
    failed = finish(config, data, folder, solver.model, history, watch, findings, say)
    for path in folder.path.glob(f"{CHECKPOINTS}_*.npz"):  # last: until the page is there, the run can be resumed
        path.unlink()
    return 1 if trouble or failed else 0


def _train(solver):
    """Train; return what went wrong, and what stopped it. What was learned until then stays in the model."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # the Solver says it in words
            solver.train()
    except FloatingPointError as error:
        return str(error), None
    except (KeyboardInterrupt, Stopped) as stopped:
        return None, stopped
    return None, None


def _say_how_to_go_on(reason, folder):
    resume = f"; {how_to_resume('train', folder.path)}" if any(folder.path.glob(f"{CHECKPOINTS}_*.npz")) else ""
    print(f"layerwise train: {reason}{resume}", file=sys.stderr, flush=True)


def forget_early_best(solver):
    """Let the last quarter of the epochs alone decide which parameters are kept.

    Before, at a high learning rate, the accuracy jumps from epoch to epoch, and on a small validation set the highest
    one is luck.
    """
    if solver.iteration == solver.num_epochs * 3 // 4 * solver.iterations_per_epoch:
        solver.best_val_acc = -math.inf


@contextmanager
def warnings_in_words(verb):
    """Print warnings as the program's own words, without a place in its source."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: print(f"layerwise {verb}: {message}", file=sys.stderr)
        yield


def _summary(config):
    return (
        "{data}: {num_train} training, {num_val} validation and {num_test} test examples of shape {shape} "
        "in {num_classes} classes; {model}: {num_parameters:,} parameters"
    ).format(shape=tuple(config["input_dim"]), **config)


def _say_nothing(*_, **__):
    pass
