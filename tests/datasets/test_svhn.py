"""SVHN's MATLAB files round-trip; ten is nought; MATLAB files that are not as they say are refused."""

import hashlib
import io
import re
import struct
import sys
import zlib

import numpy as np
import pytest
import scipy.io

from datasets import OFFICIAL_SETS, load_svhn
from datasets.matlab import parse_matlab

from . import made

pytestmark = pytest.mark.usefixtures("no_network")
X, Y = made.images(30, (3, 32, 32)), made.labels(30)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "train_32x32.mat").write_bytes(made.mat(X[:20], Y[:20]))
    (folder / "test_32x32.mat").write_bytes(made.mat(X[20:], Y[20:], compress=False))
    return folder


def test_made_files_round_trip(folder):
    data = load_svhn(folder, verify=False, keep_uint8=True, num_validation=5)
    np.testing.assert_array_equal(np.concatenate([data["X_train"], data["X_val"], data["X_test"]]), X)
    np.testing.assert_array_equal(np.concatenate([data["y_train"], data["y_val"], data["y_test"]]), Y)
    assert data["class_names"][0] == "0"


def test_the_file_says_10_where_the_digit_is_0(folder):
    assert set(scipy.io.loadmat(folder / "train_32x32.mat")["y"].ravel()) == set(range(1, 11))


def test_only_the_official_files_pass(folder, monkeypatch):
    with pytest.raises(ValueError, match="train_32x32.mat: is not the official file: its sha256 is"):
        load_svhn(folder)
    for path in folder.iterdir():
        monkeypatch.setitem(OFFICIAL_SETS["svhn"].contents, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(load_svhn(folder)["y_test"]) == 10


def saved(compress=True, **arrays):
    file = io.BytesIO()
    scipy.io.savemat(file, arrays, do_compression=compress)
    return file.getvalue()


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_arrays_are_as_scipy_wrote_them(dtype, compress):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    content = saved(compress, X=array, note="text", y=array[0], rest={"a": [1, "b"]}, one=np.uint8(7))
    arrays = parse_matlab("x", content, ("X", "y", "one"), 10**6)
    np.testing.assert_array_equal(arrays["X"], array)
    np.testing.assert_array_equal(arrays["y"], array[0])
    np.testing.assert_array_equal(arrays["one"], [[7]])
    assert arrays["X"].dtype == dtype and arrays.keys() == {"X", "y", "one"}


def compressed(content):
    return struct.pack("<II", 15, len(content)) + content


BOMB = zlib.compress(bytes(10**6))
PASSED_OVER = struct.pack("<II", 1, 6000) + bytes(6000)
GOOD = saved(False, X=np.zeros((4, 4, 3, 2), np.uint8), y=np.ones((2, 1)))


def with_x(array, **changes):
    return saved(**({"X": array, "y": np.ones((2, 1))} | changes))


def spoilt(at, value):
    return GOOD[:at] + value + GOOD[at + len(value) :]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "it has no header"),
        (b"<html>" * 50, "it has no header"),
        (spoilt(124, b"\0\2"), "it is of another version; save it by `save -v7`"),
        (GOOD[:-9], "an element claims"),
        (GOOD[:131], "is no MATLAB file of version 5 to 7, or is damaged: unpack_from requires"),
        (spoilt(132, b"\xff\xff\xff\xff"), "an element claims 4,294,967,295 bytes; there are"),
        (spoilt(160, struct.pack("<i", 10**9)), "X claims shape (1000000000, 4, 3, 2) of uint8; it has 96 bytes"),
        (spoilt(160, struct.pack("<i", -4)), "X claims shape (-4, 4, 3, 2)"),
        (GOOD[:128] + struct.pack("<II", 15, 8) + b"\0" * 8, "Error -3 while decompressing"),
        (GOOD[:128] + compressed(BOMB), "it expands to more than 10,000 bytes"),
        (GOOD[:128] + compressed(zlib.compress(PASSED_OVER)) * 2, "it expands to more than 3,992 bytes"),
        (GOOD[:128] + compressed(zlib.compress(GOOD[128:])[:-4]), "it is cut off"),
        (saved(X=np.zeros((4, 4, 3, 2), np.uint8)), "has arrays ['X'] of X and y"),
        (with_x(np.zeros((4, 4, 3, 2))), "X has shape (4, 4, 3, 2) and dtype float64; uint8 of shape (H, W, 3, N) is"),
        (with_x(np.zeros((4, 4, 1, 2), np.uint8)), "X has shape (4, 4, 1, 2) and dtype uint8"),
        (with_x(np.zeros((4, 4, 3, 5), np.uint8)), "y has shape (2, 1) and dtype float64; 5 labels, 1 to 10, are due"),
        (with_x(np.zeros((4, 4, 3, 2), np.uint8), y=np.array([0, 1])), "2 labels, 1 to 10, are due"),
        (with_x(np.zeros((4, 4, 3, 2), np.uint8), y=np.array([1.5, 1])), "2 labels, 1 to 10, are due"),
        (with_x(np.zeros((4, 4, 3, 2), np.uint8), y=np.array([1, 2j])), "y is no array of real numbers"),
        (with_x(np.zeros((4, 4, 3, 2), np.uint8), y="ab"), "y is no array of real numbers"),
        (with_x(np.array([{}], object)), "X is no array of real numbers"),
    ],
)
def test_matlab_files_refused(content, words, folder, monkeypatch):
    monkeypatch.setattr(sys.modules["datasets.svhn"], "MOST_BYTES", 10_000)
    (folder / "train_32x32.mat").write_bytes(GOOD)
    path = folder / "test_32x32.mat"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(words)) as raised:
        load_svhn(folder, verify=False)
    assert str(raised.value).startswith(f"{path}: ")
