"""CIFAR-10 and CIFAR-100: 60,000 colour photographs of 32 x 32 pixels, in the binary version or the python version.

A record of the binary version is the label (CIFAR-100: the coarse label, then the fine one), a byte each, and 3,072
bytes of pixels: the red, the green and the blue channel. https://www.cs.toronto.edu/~kriz/cifar.html
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .archive import read_members
from .cifar_batch import read_batch
from .fetch import find_or_fetch
from .files import read_bytes, verify, verify_file
from .registry import CIFAR100_COARSE_NAMES, OFFICIAL_SETS
from .solver_data import solver_data

PIXELS = 3 * 32 * 32
MOST_BATCH_BYTES = 250_000_000  # CIFAR-100's training images are 155,249,918, 230 million if Python 3 wrote them


@dataclass(frozen=True)
class Version:
    """How a set is packed: the archive, the folder in it, the files of the two parts; and how a record is laid out."""

    archive: str
    folder: str
    train: tuple
    test: tuple
    labels: tuple  # of a record, in their order: bytes in the binary version, keys of the dict in the python version
    classes: tuple  # how many there are of each

    @property
    def is_binary(self):
        return self.train[0].endswith(".bin")


BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
VERSIONS = {
    "cifar10": (
        Version(
            "cifar-10-binary.tar.gz",
            "cifar-10-batches-bin",
            tuple(f"{batch}.bin" for batch in BATCHES),
            ("test_batch.bin",),
            ("labels",),
            (10,),
        ),
        Version("cifar-10-python.tar.gz", "cifar-10-batches-py", BATCHES, ("test_batch",), ("labels",), (10,)),
    ),
    "cifar100": (
        Version(
            "cifar-100-binary.tar.gz",
            "cifar-100-binary",
            ("train.bin",),
            ("test.bin",),
            ("coarse_labels", "fine_labels"),
            (20, 100),
        ),
        Version(
            "cifar-100-python.tar.gz",
            "cifar-100-python",
            ("train",),
            ("test",),
            ("coarse_labels", "fine_labels"),
            (20, 100),
        ),
    ),
}


def load_cifar10(folder=None, *, verify=True, **options):
    """Load CIFAR-10, colour photographs of ten kinds of things, as the Solver's dict.

    Parameters
    ----------
    folder : str or path, optional
        Where the set lies, or is fetched to: the archive ``cifar-10-binary.tar.gz`` or ``cifar-10-python.tar.gz`` as it
        is, the unpacked folder, or a folder with either in it. See `data_home` for where else it is looked for.
    verify : bool
        Refuse files that are not the official ones. With False, other pictures in the same files load as well, and
        nothing is fetched.
    **options
        ``num_training num_validation num_test subtract_mean normalize flatten dtype keep_uint8 seed``, as `solver_data`
        has them.

    Returns
    -------
    dict
        As `solver_data` gives it; images are (3, 32, 32): 45,000 to train on, 5,000 to validate and 10,000 to test.
        All of them are 737 MB in float32; ``keep_uint8=True`` makes it 184 MB.

    Raises
    ------
    ValueError
        If a file is damaged, or not the official one; the message names it.
    OSError
        If a file is neither there nor to be fetched; the message says what to do.

    Notes
    -----
    An archive is held against its sha256 before it is opened, unpacked files of the binary version against theirs. Of
    unpacked files of the python version only the md5 was published; they are read by a machine that can make arrays and
    nothing else (`cifar_batch`).

    References
    ----------
    A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. No licence is stated.
    """
    arrays = _read("cifar10", folder, "labels", verify)
    return solver_data(*arrays, OFFICIAL_SETS["cifar10"].class_names, **options)


def load_cifar100(folder=None, *, coarse=False, verify=True, **options):
    """Load CIFAR-100, colour photographs of a hundred kinds of things, as the Solver's dict.

    Parameters
    ----------
    folder, verify, **options
        As `load_cifar10`; the archives are ``cifar-100-binary.tar.gz`` and ``cifar-100-python.tar.gz``.
    coarse : bool
        Take the 20 superclasses as labels.

    Returns
    -------
    dict
        As `solver_data` gives it; images are (3, 32, 32): 45,000 to train on, 5,000 to validate and 10,000 to test.

    Raises
    ------
    ValueError, OSError
        As `load_cifar10`.

    References
    ----------
    A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. No licence is stated.
    """
    arrays = _read("cifar100", folder, "coarse_labels" if coarse else "fine_labels", verify)
    names = CIFAR100_COARSE_NAMES if coarse else OFFICIAL_SETS["cifar100"].class_names
    return solver_data(*arrays, names, **options)


def get_CIFAR10_data(num_training=49000, num_validation=1000, num_test=1000, subtract_mean=True, folder=None):
    """Load CIFAR-10 as the course does: pixels from 0 to 255, less the mean image.

    Parameters
    ----------
    num_training, num_validation, num_test, subtract_mean
        As in `solver_data`.
    folder : str or path, optional
        As in `load_cifar10`.

    Returns
    -------
    dict
        As `load_cifar10`; `load_cifar10` scales the pixels to 0..1.
    """
    numbers = {"num_training": num_training, "num_validation": num_validation, "num_test": num_test}
    return load_cifar10(folder, **numbers, subtract_mean=subtract_mean, scale=1)


def load_CIFAR10(folder=None):
    """Read CIFAR-10 as the course does.

    Parameters
    ----------
    folder : str or path, optional
        As in `load_cifar10`.

    Returns
    -------
    X_train : ndarray of float64, shape (50000, 32, 32, 3)
        Pixels from 0 to 255, the channels last. With X_test 1.5 GB; `load_cifar10` needs half, or an eighth.
    y_train : ndarray of int64, shape (50000,)
    X_test : ndarray of float64, shape (10000, 32, 32, 3)
    y_test : ndarray of int64, shape (10000,)
    """
    X, y, X_test, y_test = _read("cifar10", folder, "labels", verify=True)
    return _channels_last(X), y.astype(np.int64), _channels_last(X_test), y_test.astype(np.int64)


def load_CIFAR_batch(path):
    """Read one batch of CIFAR-10 as the course does, of either version; nothing is verified.

    Returns
    -------
    X : ndarray of float64, shape (N, 32, 32, 3)
    y : ndarray of int64, shape (N,)
    """
    binary, python = VERSIONS["cifar10"]
    version = binary if Path(path).suffix == ".bin" else python
    X, y = _parse(path, read_bytes(path, MOST_BATCH_BYTES), version, "labels")
    return _channels_last(X), y.astype(np.int64)


def _channels_last(X):
    return np.ascontiguousarray(X.transpose(0, 2, 3, 1), dtype=np.float64)


def _read(name, folder, label, verify):
    """Read the four arrays of a set: images as uint8, and one kind of its labels."""
    version, contents = _contents(name, folder, verify)
    parts = []
    for files in (version.train, version.test):
        batches = [_parse(where, content, version, label) for where, content in map(contents.pop, files)]
        X, y = zip(*batches)
        parts += X[0] if len(X) == 1 else np.concatenate(X), np.concatenate(y)
    return parts


def _contents(name, folder, verify_them):
    """Find a version of a set, and read its files as a dict of name to (where, bytes)."""
    wanted = [place for version in VERSIONS[name] for place in (version.folder, version.train[0], version.archive)]
    found = find_or_fetch(name, wanted, folder, may_fetch=verify_them)
    version = next(v for v in VERSIONS[name] if found.name in (v.folder, v.train[0], v.archive))
    files = (*version.train, *version.test)
    if found.name == version.archive:
        if verify_them:
            verify_file(found, OFFICIAL_SETS[name].contents[found.name])
        members = read_members(found, [f"{version.folder}/{file}" for file in files], MOST_BATCH_BYTES)
        return version, {file: (f"{found}, {file}", content) for file, content in zip(files, members)}
    place = found if found.is_dir() else found.parent
    contents = {file: (place / file, read_bytes(place / file, MOST_BATCH_BYTES)) for file in files}
    if verify_them:
        for file in files:
            verify(*contents[file], OFFICIAL_SETS[name].contents[file])
    return version, contents


def _parse(where, content, version, label):
    """Make images, (N, 3, 32, 32) of uint8, and one kind of labels, (N,), of the bytes of a file."""
    column = version.labels.index(label)
    if version.is_binary:
        record = len(version.labels) + PIXELS
        if not content or len(content) % record:
            raise ValueError(f"{where}: has {len(content):,} bytes; that is no whole number of records of {record:,}")
        records = np.frombuffer(content, np.uint8).reshape(-1, record)
        X, y = records[:, len(version.labels) :], records[:, column]
    else:
        batch = read_batch(where, content)
        X, y = batch.get("data"), batch.get(label)
        if not isinstance(X, np.ndarray) or X.ndim != 2 or X.shape[1] != PIXELS or not len(X):
            raise ValueError(f"{where}: has no array 'data' of shape (N, {PIXELS})")
        if not isinstance(y, list) or len(y) != len(X) or not all(type(value) is int for value in y):
            raise ValueError(f"{where}: has no list {label!r} of {len(X)} integers, one for each image")
    if min(y) < 0 or max(y) >= version.classes[column]:
        raise ValueError(f"{where}: has labels from {min(y)} to {max(y)}; there are {version.classes[column]} classes")
    return X.reshape(-1, 3, 32, 32), np.asarray(y, np.uint8)
