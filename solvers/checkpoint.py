"""The checkpoint file: one ``.npz`` of numbers, written whole or not at all, and read whole or not at all.

It holds the arrays under their names, and a JSON manifest as an array of bytes under ``manifest``. Nothing in it can
run, and ``np.load(path, allow_pickle=False)`` reads it too. Two checksums guard it. The archive's comment is the sha256
of all bytes before the digits, so that no damage whatever goes unseen. The manifest has the sha256 of each array, so
that arrays which somebody exchanged or edited are told by name.
"""

import hashlib
import json
import math
import os
import struct
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

FORMAT_VERSION = 2
MOST_ARRAYS = 10_000
MOST_MANIFEST_BYTES = 4 * 2**20

_COMMENT = b"sha256:"
_SEAL = len(_COMMENT) + 64
_END = struct.Struct("<4s4H2LH")  # the zip's end record, just before the comment
_END64 = struct.Struct("<4sQ2H2L4Q")  # in a file of more than 2 GiB another one, 76 bytes before the first
_LOCATOR64_BYTES = 20


class CheckpointError(ValueError):
    """A file is no checkpoint, or not a whole one, or one of another version."""


def write_checkpoint(path, arrays, facts):
    """Write arrays and facts to a file; a file of that name stays whole until the new one is.

    Parameters
    ----------
    path : str or path
    arrays : dict of str to ndarray
        Of floats, integers or booleans, at most `MOST_ARRAYS`.
    facts : dict
        What JSON can hold.

    Raises
    ------
    TypeError, ValueError
        If an array holds something other than numbers, there are too many, or the facts are not for JSON.
    OSError
        If the disk is full or the like. The file is left as it was, as on every other error.
    """
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    if len(arrays) >= MOST_ARRAYS:
        raise ValueError(f"write_checkpoint: {len(arrays)} arrays; expected fewer than {MOST_ARRAYS}")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise TypeError(f"write_checkpoint: {name} has dtype {array.dtype}; a checkpoint holds numbers only")
    entries = {name: {"sha256": _sha256(array), "axes": _axes(array)} for name, array in arrays.items()}
    manifest = {"format_version": FORMAT_VERSION, "arrays": entries, "facts": facts}
    text = json.dumps(manifest, default=lambda number: number.item()).encode()
    if len(text) > MOST_MANIFEST_BYTES - 1000:
        raise ValueError(f"write_checkpoint: the manifest has {len(text)} bytes; expected up to {MOST_MANIFEST_BYTES}")
    with atomic_write(path) as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in {"manifest": np.frombuffer(text, dtype=np.uint8), **arrays}.items():
                # Every member has the date that zipfile gives by itself, so that the same arrays give the same bytes.
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.asarray(array, order="C"), (1, 0), allow_pickle=False)
            archive.comment = _COMMENT + b"0" * 64
        seal = _seal(file)
        file.seek(-64, os.SEEK_END)
        file.write(seal)


def read_checkpoint(path):
    """Read arrays and facts back; what the file says of itself is checked before anything is allocated.

    Returns
    -------
    arrays : dict of str to ndarray
        As they were written, the order of their axes in memory included.
    facts : dict

    Raises
    ------
    FileNotFoundError
    CheckpointError
        If the file is damaged, truncated, foreign or of another version; the message says which.
    """
    try:
        with open(path, "rb") as file:
            _check_seal(file)
            with zipfile.ZipFile(file) as archive:
                return _read_members(archive, os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        raise
    except CheckpointError as error:
        raise CheckpointError(f"{path} {error}") from None
    except Exception as error:  # there is no end to what a file made with ill intent can bring a parser to raise
        raise CheckpointError(f"{path} is no whole checkpoint: {type(error).__name__}: {error}") from None


def _read_members(archive, size):
    """Check the directory of the archive, then the manifest, then read the arrays."""
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if len(members) != len(archive.infolist()):
        raise CheckpointError("has two arrays of one name")
    for name, info in members.items():
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
            raise CheckpointError(f"is no checkpoint: {name} is compressed or encrypted")
    claimed = sum(info.file_size for info in members.values())
    if claimed > size:
        raise CheckpointError(f"is no checkpoint: it has {size} bytes, and claims to hold {claimed}")
    if "manifest" not in members or members["manifest"].file_size > MOST_MANIFEST_BYTES:
        raise CheckpointError("is no checkpoint: it has no manifest, or too large a one")

    manifest = json.loads(_read_array(archive, members.pop("manifest")).tobytes())
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise CheckpointError(f"has format version {version}; this program reads version {FORMAT_VERSION}")
    entries = manifest["arrays"]
    if set(entries) != set(members):
        raise CheckpointError(f"holds other arrays than its manifest lists: {sorted(set(entries) ^ set(members))}")
    arrays = {}
    for name, info in members.items():
        arrays[name] = _read_array(archive, info)
        if _sha256(arrays[name]) != entries[name]["sha256"]:
            raise CheckpointError(f"is damaged: {name} is not what its sha256 says")
        arrays[name] = _laid_out(arrays[name], entries[name]["axes"])
    return arrays, manifest["facts"]


def _read_array(archive, info):
    """Read one array, after its header has been held against the number of bytes that are there."""
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise CheckpointError(f"is no checkpoint: {info.filename} is of another .npy version")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(member)
        if dtype.kind not in "fiub" or fortran_order or any(length < 0 for length in shape):
            raise CheckpointError(f"is no checkpoint: {info.filename} holds {dtype}; expected plain numbers")
        if math.prod(shape) * dtype.itemsize != info.file_size - member.tell():
            raise CheckpointError(f"is no checkpoint: {info.filename} claims shape {shape}, its bytes are not as many")
        return np.frombuffer(member.read(), dtype=dtype).reshape(shape).copy()


def _sha256(array):
    """Take the checksum of dtype, shape and numbers."""
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.asarray(array, order="C").reshape(-1).view(np.uint8))
    return digest.hexdigest()


def _axes(array):
    """List the axes from the slowest in memory to the fastest.

    A convolution may carry its layout in the strides of its arrays, and sums come out in other last bits for another
    order in memory.
    """
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def _laid_out(array, axes):
    """Give an array in C order that order of axes in memory."""
    return np.ascontiguousarray(array.transpose(axes)).transpose(np.argsort(axes)) if array.ndim else array


def _seal(file):
    """Take the sha256 of an open file, but for its last 64 bytes, as 64 digits."""
    left = file.seek(0, os.SEEK_END) - 64
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0:
        part = file.read(min(left, 2**20))
        if not part:
            raise OSError("the file became shorter while it was read")
        digest.update(part)
        left -= len(part)
    return digest.hexdigest().encode()


def _check_seal(file):
    """Refuse a file that does not end as a checkpoint does, is not as it was written, or has an endless directory."""
    size = file.seek(0, os.SEEK_END)
    if size < _END.size + _SEAL:
        raise CheckpointError(f"is no checkpoint: it has {size} bytes only")
    file.seek(-_SEAL, os.SEEK_END)
    comment = file.read()
    if not comment.startswith(_COMMENT):
        raise CheckpointError("is no checkpoint, or one of an older version, or its end is missing or damaged")
    if _seal(file) != comment[-64:]:
        raise CheckpointError("is damaged: it is not what its sha256 says")
    # Read here as zipfile will, since zipfile takes in the whole directory, however long, before one can ask.
    end = size - _SEAL - _END.size
    file.seek(end)
    members, length = _END.unpack(file.read(_END.size))[4:6]
    end64 = end - _LOCATOR64_BYTES - _END64.size
    if end64 >= 0:
        file.seek(end64)
        record64, locator64 = file.read(_END64.size), file.read(4)
        if locator64 == b"PK\x06\x07":
            members, length = _END64.unpack(record64)[7:9]
    if members > MOST_ARRAYS or length > MOST_ARRAYS * 1000:
        raise CheckpointError(f"is no checkpoint: it has {members} members; expected up to {MOST_ARRAYS}")


@contextmanager
def atomic_write(path):
    """Open a binary file that takes its name only when all of it is on disk; on an error nothing is left behind."""
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w+b") as file:
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
