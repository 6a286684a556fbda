"""Checkpoints: one ``.npz`` of numbers, written whole or not at all.

The file holds arrays under the names ``group/name``, and a JSON manifest as an array of bytes under ``manifest``. It is
read by ``np.load(path, allow_pickle=False)``: nothing in it can run.
"""

import json
import os
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

FORMAT_VERSION = 1


_CONFIG = ("update_rule", "lr_decay", "batch_size", "num_epochs", "num_train_samples", "num_val_samples", "seed")
_POSITION = ("iteration", "num_iterations", "iterations_per_epoch", "epoch")


def save_checkpoint(path, solver):
    """Write all that a run consists of, apart from the data and the model's code.

    Parameters
    ----------
    path : str or path
    solver : Solver

    Raises
    ------
    ValueError
        If the model's state holds objects in place of numbers. The file is left as it was, as on every other error.
    """
    groups = {
        "params": solver.model.params,
        "state": getattr(solver.model, "state", {}),
        "best_params": solver.best_params,
        "best_state": solver.best_state,
        "history": {
            "loss": solver.loss_history,
            "train_acc": solver.train_acc_history,
            "val_acc": solver.val_acc_history,
            "best_val_acc": solver.best_val_acc,
        },
    }
    settings = {}
    for name, config in solver.optim_configs.items():
        arrays = {key: value for key, value in config.items() if isinstance(value, np.ndarray)}
        groups[f"optim/{name}"] = arrays
        settings[name] = {key: value for key, value in config.items() if key not in arrays}
    manifest = {
        "format_version": FORMAT_VERSION,
        "config": {name: getattr(solver, name) for name in _CONFIG},
        "position": {name: getattr(solver, name) for name in _POSITION},
        "optim": settings,
    }
    text = json.dumps(manifest, default=float).encode()
    arrays = {"manifest": np.frombuffer(text, dtype=np.uint8)}
    for group, members in groups.items():
        arrays.update({f"{group}/{name}": array for name, array in members.items()})
    with atomic_write(path) as file:
        write_npz(file, arrays)


def write_npz(file, arrays):
    """Write a dict of arrays to an open file, as np.savez does, but never a pickle.

    The ``allow_pickle`` of np.savez is younger than NumPy 2.0. Every member also gets the same date here, so that the
    same arrays give the same bytes.
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


@contextmanager
def atomic_write(path):
    """Open a binary file that takes its name only when all of it is on disk; on an error nothing is left behind."""
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder):
    """Make a rename in the folder survive a power failure, on the systems where a folder can be opened for that."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
