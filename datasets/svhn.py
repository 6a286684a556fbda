"""SVHN: house numbers, cropped to one digit, in MATLAB files."""

import numpy as np

from .fetch import find_or_fetch
from .files import read_bytes, verify
from .matlab import parse_matlab
from .registry import OFFICIAL_SETS
from .solver_data import solver_data

MOST_BYTES = 400_000_000  # decompressed; the official training set has 226 million


def load_svhn(folder=None, *, verify=True, **options):
    """Load SVHN (the cropped digits, without the extra set), as the Solver's dict.

    Parameters
    ----------
    folder : str or path, optional
        Where ``train_32x32.mat`` and ``test_32x32.mat`` lie, or are fetched to; see `data_home` for where else they are
        looked for.
    verify : bool
        Refuse files that are not the official ones. With False other pictures in the same format load as well, and
        nothing is fetched.
    **options
        ``num_training num_validation num_test subtract_mean normalize flatten dtype keep_uint8 seed``, as `solver_data`
        has them.

    Returns
    -------
    dict
        As `solver_data` gives it; images are (3, 32, 32): 65,932 to train on, 7,325 to validate and 26,032 to test. The
        label of a digit is the digit: the files' 10 is turned into 0. All of them are 1.2 GB in float32;
        ``keep_uint8=True`` makes it 305 MB.

    Raises
    ------
    ValueError
        If a file is damaged, or not the official one; the message names it.
    OSError
        If a file is neither there nor to be fetched; the message says what to do.

    References
    ----------
    Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu, A. Ng, Reading Digits in Natural Images with Unsupervised Feature
    Learning, NIPS Workshop on Deep Learning and Unsupervised Feature Learning, 2011. For non-commercial use only.
    """
    arrays = []
    for name in ("train_32x32.mat", "test_32x32.mat"):
        path = find_or_fetch("svhn", [name], folder, may_fetch=verify)
        arrays += parse_svhn(path, read_bytes(path), OFFICIAL_SETS["svhn"].contents[name] if verify else None)
    return solver_data(*arrays, OFFICIAL_SETS["svhn"].class_names, **options)


def parse_svhn(where, content, checksum=None):
    """Make images, (N, 3, H, W) of uint8, and labels, (N,), of the bytes of a MATLAB file."""
    if checksum:
        verify(where, content, checksum)
    arrays = parse_matlab(where, content, ("X", "y"), MOST_BYTES)
    if len(arrays) < 2:
        raise ValueError(f"{where}: has arrays {sorted(arrays)} of X and y")
    X, y = arrays["X"], arrays["y"]
    if X.dtype != np.uint8 or X.ndim != 4 or X.shape[2] != 3 or 0 in X.shape:
        raise ValueError(f"{where}: X has shape {X.shape} and dtype {X.dtype}; uint8 of shape (H, W, 3, N) is needed")
    if y.dtype.kind not in "uif" or y.size != X.shape[3] or not np.isin(y, np.arange(1, 11)).all():
        raise ValueError(f"{where}: y has shape {y.shape} and dtype {y.dtype}; {X.shape[3]} labels, 1 to 10, are due")
    return np.ascontiguousarray(X.transpose(3, 2, 0, 1)), y.ravel().astype(np.int64) % 10
