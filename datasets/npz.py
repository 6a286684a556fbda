"""Arrays of one's own, in NumPy's ``.npz`` files."""

import io
import math
import os
import zipfile

import numpy as np

from .files import MOST_EXPANSION, read_bytes
from .solver_data import numbered, solver_data, split_and_solver_data

MOST_MEMBERS = 100
MOST_BYTES = 2**32  # of all arrays
NAMES = ("X_train", "y_train", "X_val", "y_val", "X_test", "y_test")


def load_npz(path, *, class_names=None, seed=0, **options):
    """Load examples and labels from an ``.npz`` file, as the Solver's dict.

    Parameters
    ----------
    path : str or path
        It holds ``X_train y_train X_test y_test``, and ``X_val y_val`` if the validation set is not to be cut from the
        training set; or only ``X`` and ``y``, which are split into 70 % to train on, 10 % to validate and 20 % to test,
        each with its share of every class. Capitals do not matter: Keras' ``mnist.npz`` loads as it is. Images are
        (N, H, W) or (N, C, H, W), points are (N, D); those of uint8 are divided by 255. Labels are integers from 0.
    class_names : sequence of str, optional
        Else the classes are numbered.
    seed : int or None
        Of the split. Examples are shuffled before it, since files are often in the order of the classes; None leaves
        the order, where there is a test set. A file that has its own validation set keeps it.
    **options
        ``num_training num_validation num_test subtract_mean normalize flatten dtype keep_uint8``, as `solver_data` has
        them.

    Returns
    -------
    dict
        As `solver_data` gives it.

    Raises
    ------
    ValueError
        If it is no such file, is damaged, holds anything but plain numbers, or the arrays do not fit each other.
    OSError
        If it cannot be read.
    """
    arrays = parse_npz(path, read_bytes(path, MOST_BYTES))
    for name in arrays:
        if name.startswith("X") and arrays[name].ndim == 3:
            arrays[name] = arrays[name][:, None]
    try:
        if "X" in arrays:
            return split_and_solver_data(arrays["X"], arrays["y"], class_names, seed, **options)
        X, y, X_test, y_test = (arrays[name] for name in NAMES if "val" not in name)
        if "X_val" in arrays:
            X_val, y_val = arrays["X_val"], arrays["y_val"]
            options = {"num_training": len(X), "num_validation": len(X_val)} | options
            X, y, seed = np.concatenate([X, X_val]), np.concatenate([y, y_val]), None
        return solver_data(X, y, X_test, y_test, class_names or numbered(y, y_test), seed=seed, **options)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{os.fspath(path)}: {error}") from None


def parse_npz(where, content):
    """Make the arrays of the bytes of an ``.npz`` file, by the names of `NAMES`, or ``X`` and ``y``."""
    known = {name.lower(): name for name in (*NAMES, "X", "y")}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {}
            for info in archive.infolist()[: MOST_MEMBERS + 1]:
                name = known.get(info.filename.removesuffix(".npy").lower())
                if name in members:
                    raise ValueError(f"has two arrays {name}")
                if name:
                    members[name] = info
            wanted = {"X", "y"} if "X" in members else {*NAMES} if "X_val" in members else {*NAMES} - {"X_val", "y_val"}
            claimed = sum(members[name].file_size for name in wanted & {*members})
            if claimed > min(MOST_BYTES, len(content) * MOST_EXPANSION):
                raise ValueError(f"claims to expand from {len(content):,} bytes to {claimed:,}")
            if not wanted <= set(members) or len(archive.infolist()) > MOST_MEMBERS:
                raise ValueError(f"holds {sorted(members) or 'nothing of use'}; {sorted(wanted)} are needed")
            return {name: _read_array(archive, members[name]) for name in wanted}
    except Exception as error:  # there is no end to what damaged bytes can bring the reader of zip files to raise
        raise ValueError(f"{where}: is no .npz file of plain arrays, or is damaged: {error}") from None


def _read_array(archive, info):
    """Read one array, after its header has been held against the number of bytes that are there."""
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran_order, dtype = header(member)
        if dtype.kind not in "uif" or not all(length >= 0 for length in shape):
            raise ValueError(f"{info.filename} holds {dtype}; expected plain numbers")
        length = info.file_size - member.tell()
        if math.prod(shape) * dtype.itemsize != length:
            raise ValueError(f"{info.filename} claims shape {shape} of {dtype}; it has {length:,} bytes")
        return np.frombuffer(member.read(length), dtype).reshape(shape, order="F" if fortran_order else "C")
