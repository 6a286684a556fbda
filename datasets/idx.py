"""MNIST, Fashion-MNIST, and whatever else comes in their IDX files, plain or gzipped.

The format: two zero bytes, 8 for uint8, the number of dimensions, each dimension as a big-endian 32-bit integer, and
the numbers, the last dimension fastest. http://yann.lecun.com/exdb/mnist/
"""

import math
import os
import struct

import numpy as np

from .fetch import find_or_fetch
from .files import MOST_BYTES, MOST_EXPANSION, first_bytes, inflate, is_gzip, read_bytes, verify
from .registry import OFFICIAL_SETS
from .solver_data import solver_data

UINT8 = 8


def read_idx(path, checksum=None):
    """Read an IDX file of uint8.

    Parameters
    ----------
    path : str or path
        Plain or gzipped, whatever its name.
    checksum : str, optional
        The sha256 that the decompressed file must have.

    Returns
    -------
    ndarray of uint8
        Read-only. EMNIST's images are stored transposed; ``images.transpose(0, 2, 1)`` puts them upright.

    Raises
    ------
    ValueError
        If it is no such file, is damaged, or is not as long as its dimensions say; nothing is allocated before.
    OSError
        If it cannot be read.

    Examples
    --------
    EMNIST, and others with names or sizes of their own, take two calls a part: ``y = read_idx(labels)`` and
    ``X = read_idx(images)[:, None]``, then `solver_data`.
    """
    return parse_idx(path, read_bytes(path), checksum)


def parse_idx(where, raw, checksum=None):
    """Make the array of the bytes of an IDX file; `where` is what messages call it."""
    head = first_bytes(where, raw, 4)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise ValueError(f"{where}: is no IDX file: it begins with {head.hex(' ') or 'nothing'}, not with 00 00")
    kind, ndim = head[2:]
    if kind != UINT8 or not 1 <= ndim <= 4:
        raise ValueError(f"{where}: holds type {kind:#04x} in {ndim} dimensions; known is 0x08 (uint8) in 1 to 4")
    start = 4 + 4 * ndim
    head = first_bytes(where, raw, start)
    if len(head) < start:
        raise ValueError(f"{where}: is cut off after {len(head)} bytes, within its dimensions")
    shape = struct.unpack(f">{ndim}I", head[4:])
    length = start + math.prod(shape)
    possible = min(MOST_BYTES, len(raw) * MOST_EXPANSION) if is_gzip(raw) else len(raw)
    if length > possible or (not is_gzip(raw) and length < possible):
        raise ValueError(
            f"{where}: has {len(raw):,} bytes, which can hold {possible:,} at most; dimensions {shape} need {length:,}"
        )
    content = inflate(where, raw, length) if is_gzip(raw) else raw
    if checksum:
        verify(where, content, checksum)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def load_mnist(folder=None, *, verify=True, **options):
    """Load MNIST, handwritten digits, as the Solver's dict.

    Parameters
    ----------
    folder : str or path, optional
        Where its four files lie, or are fetched to; see `data_home` for where else they are looked for.
    verify : bool
        Refuse files that are not the official ones. With False other sets under these names load as well (KMNIST,
        subsets of MNIST, your own): any number of classes, numbered, images of any one size; nothing is fetched.
    **options
        ``num_training num_validation num_test subtract_mean normalize flatten dtype keep_uint8 seed``, as `solver_data`
        has them.

    Returns
    -------
    dict
        As `solver_data` gives it; images are (1, 28, 28): 54,000 to train on, 6,000 to validate and 10,000 to test.

    Raises
    ------
    ValueError
        If a file is damaged, or not the official one; the message names it.
    OSError
        If a file is neither there nor to be fetched; the message says what to do.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, Proc. IEEE
    86(11), 1998. CC BY-SA 3.0.
    """
    return _load("mnist", folder, verify, options)


def load_fashion_mnist(folder=None, *, verify=True, **options):
    """Load Fashion-MNIST, pieces of clothing, as the Solver's dict.

    Debian's package ``dataset-fashion-mnist`` is found where it is installed.

    Parameters
    ----------
    folder, verify, **options
        As `load_mnist`.

    Returns
    -------
    dict
        As `solver_data` gives it; images are (1, 28, 28): 54,000 to train on, 6,000 to validate and 10,000 to test.

    Raises
    ------
    ValueError, OSError
        As `load_mnist`.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms,
    arXiv:1708.07747, 2017. (c) 2017 Zalando SE, MIT.
    """
    return _load("fashion_mnist", folder, verify, options)


def _load(name, folder, verify, options):
    X, y = _read_part(name, "train", folder, verify)
    X_test, y_test = _read_part(name, "t10k", folder, verify)
    if verify:
        names = OFFICIAL_SETS[name].class_names
    else:
        names = [str(label) for label in range(int(max(y.max(), y_test.max())) + 1)]
    return solver_data(X[:, None], y, X_test[:, None], y_test, names, **options)


def _read_part(name, part, folder, verify):
    """Read the images and the labels of a part, and hold them against each other."""
    arrays = []
    for kind, ndim in (("images", 3), ("labels", 1)):
        stem = f"{part}-{kind}-idx{ndim}-ubyte"
        dotted = f"{part}-{kind}.idx{ndim}-ubyte"  # as some unpackers write it
        path = find_or_fetch(name, [stem, f"{stem}.gz", dotted, f"{dotted}.gz"], folder, may_fetch=verify)
        array = read_idx(path, OFFICIAL_SETS[name].contents[stem] if verify else None)
        if array.ndim != ndim or 0 in array.shape:
            raise ValueError(f"{path}: has dimensions {array.shape}; {kind} need {ndim}, none of them 0")
        arrays.append(array)
    if len(arrays[0]) != len(arrays[1]):
        raise ValueError(f"{os.fspath(path)}: has {len(arrays[1])} labels, for {len(arrays[0])} images")
    return arrays
