"""How a run is written to disk, and taken up from there."""

import json
import warnings
from functools import partial

import numpy as np

from .checkpoint import CheckpointError, write_checkpoint
from .checkpoint_files import CheckpointFiles
from .schedules import describe_schedule
from .snapshot import describe_data, describe_model, pack, put_back, take_snapshot, unpack

_SETTINGS = (
    "update_rule", "optim_config", "lr_decay", "batch_size", "accumulate", "num_epochs", "num_train_samples",
    "num_val_samples", "seed", "clip_norm", "ema_decay", "patience",
)


def own_files(solver):
    """The checkpoints under the Solver's own name."""
    return CheckpointFiles(solver.checkpoint_name, solver.iterations_per_epoch)


def save_run(solver):
    """Write a checkpoint of where the run stands, and delete those that are not kept.

    Returns
    -------
    path or None
        None if the disk refused; a warning says so, and earlier checkpoints are as they were.
    """
    files = own_files(solver)
    path = files.path(solver.iteration)
    arrays, facts = pack(take_snapshot(solver))
    try:
        write_checkpoint(path, arrays, {**facts, "run": describe_run(solver)})
        files.prune(solver.iteration, solver.best_iteration)
    except OSError as error:
        warnings.warn(f"Solver: {path} was not saved ({error}); earlier checkpoints are whole, training goes on")
        return None
    return path


def resume_run(solver, path=None):
    """Put a Solver where a checkpoint stands, or leave it as it is and raise; return the path that was read."""
    if path is not None and not str(path).endswith(".npz"):
        files, path = CheckpointFiles(path, solver.iterations_per_epoch), None
    elif path is not None:
        files = CheckpointFiles.around(path, solver.iterations_per_epoch)
    elif solver.checkpoint_name is not None:
        files = own_files(solver)
    else:
        raise ValueError("Solver.resume: expected a path, or a Solver with a checkpoint_name")
    path, arrays, facts = files.read_newest(up_to=path)
    try:
        there, here = facts["run"], describe_run(solver)
        if not solver.seed_is_given:
            here["seed"] = there["seed"]
        differences = _differences(there, here)
        snapshot = None if differences else unpack(arrays, facts, solver)
    except (CheckpointError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} does not hold what this run consists of: {error!r}") from None
    if differences:
        more = f" and {len(differences) - 5} more" if len(differences) > 5 else ""
        raise ValueError(f"Solver.resume: {path} is of another run: {'; '.join(differences[:5])}{more}")
    solver.seed = there["seed"]
    put_back(solver, snapshot)
    files.clean()
    return path


def describe_run(solver):
    """Say what must be the same for a run to go on as if it had not been stopped: a dict for JSON, a line an item."""
    return {
        **{name: getattr(solver, name) for name in _SETTINGS},
        "schedule": describe_schedule(solver.schedule, solver.num_epochs),
        "augment": describe_function(solver.augment),
        "prepare": describe_function(solver.prepare),
        **describe_model(solver.model),
        **solver.described_data,
    }


def describe_function(function):
    """Write down which function it is: its name, and of a `functools.partial` the settings, of arrays a checksum.

    Examples
    --------
    >>> describe_function(partial(np.add, np.zeros(2), dtype=float))
    "add((2,) <f8 sha256 374708fff7719dd5, dtype=<class 'float'>)"
    """
    if function is None:
        return None
    if not isinstance(function, partial):
        name = getattr(function, "__name__", type(function).__name__)  # all that a ufunc has before NumPy 2.2
        return getattr(function, "__qualname__", name)
    told = [_tell(value) for value in function.args]
    told += [f"{name}={_tell(value)}" for name, value in function.keywords.items()]
    return f"{describe_function(function.func)}({', '.join(told)})"


def _tell(value):
    return describe_data(value) if isinstance(value, np.ndarray) else repr(value)


def _differences(there, here):
    """List in words what differs between two descriptions of a run."""
    here = json.loads(json.dumps(here, default=lambda number: number.item()))
    differing = [name for name in {**here, **there} if there.get(name) != here.get(name)]
    return [f"{name} is {there.get(name)!r} there and {here.get(name)!r} here" for name in differing]
