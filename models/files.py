"""Arrays on disk: ``.npz`` files without pickles, written whole or not at all."""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np


def npz_path(path):
    """Return the path with the ending ``.npz``, which is added where it is missing, as np.savez adds it."""
    path = Path(path)
    return path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz")


def save_arrays(path, arrays):
    """Write a dict of arrays to an ``.npz`` file; whatever goes wrong, a file of that name stays as it was."""
    path = npz_path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_arrays(path):
    """Read the dict of arrays back.

    Raises
    ------
    FileNotFoundError
    ValueError
        If it is not such a file, is damaged, or holds a pickle.
    """
    path = npz_path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {}
            for member in archive.namelist():
                with archive.open(member) as file:
                    arrays[member.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise ValueError(f"{path} is no .npz file of plain arrays, or is damaged: {error}") from None
    return arrays


def check_fit(where, given, own):
    """Refuse arrays unless they have the names, shapes and dtypes of one's own."""
    missing, unknown = [name for name in own if name not in given], [name for name in given if name not in own]
    if missing or unknown:
        raise ValueError(f"{where}: missing {missing}, unknown {unknown}; the model has {list(own)}")
    for name, array in own.items():
        came = np.asarray(given[name])
        if came.shape != array.shape or came.dtype != array.dtype:
            raise ValueError(
                f"{where}: {name} has shape {came.shape} and dtype {came.dtype}; "
                f"the model needs {array.shape} and {array.dtype}"
            )
