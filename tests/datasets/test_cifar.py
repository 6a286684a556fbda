"""CIFAR-10 and CIFAR-100 round-trip at full size in both versions; hostile batches can do nothing but be refused."""

import hashlib
import os
import pickle
import re
import struct
import sys
import time
import tracemalloc

import numpy as np
import pytest

from datasets import OFFICIAL_SETS, get_CIFAR10_data, load_CIFAR10, load_cifar10, load_cifar100, load_CIFAR_batch
from datasets.cifar_batch import read_batch

from . import made

pytestmark = pytest.mark.usefixtures("no_network")
BATCHES = [f"data_batch_{number}" for number in range(1, 6)]
X, Y = made.images(60, (3, 32, 32)), made.labels(60)
COARSE, FINE = made.labels(60, 20), made.labels(60, 100)


def cifar10_files(version, N=10):
    """The six files of a version, by name, of N images each."""
    files = {}
    for number, name in enumerate([*BATCHES, "test_batch"]):
        rows = slice(number * N, (number + 1) * N)
        if version == "binary":
            files[f"{name}.bin"] = made.cifar_bin(X[rows], Y[rows])
        elif version == "python 2":
            files[name] = made.cifar_python2(X[rows], labels=Y[rows])
        else:
            files[name] = made.cifar_python(X[rows], labels=Y[rows], protocol=int(version[-1]))
    return files


def cifar100_files(version):
    files = {}
    for name, rows in (("train", slice(0, 50)), ("test", slice(50, 60))):
        if version == "binary":
            files[f"{name}.bin"] = made.cifar_bin(X[rows], COARSE[rows], FINE[rows])
        else:
            files[name] = made.cifar_python2(X[rows], coarse_labels=COARSE[rows], fine_labels=FINE[rows])
    return files


def placed(folder, how, inner, archive, files):
    """Write files as an archive, as the unpacked folder, or right into the folder."""
    folder.mkdir()
    if how == "archive":
        (folder / archive).write_bytes(made.tar_gz({f"{inner}/{name}": content for name, content in files.items()}))
        return folder
    place = folder / inner if how == "unpacked" else folder
    place.mkdir(exist_ok=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("how", ["archive", "unpacked", "itself"])
@pytest.mark.parametrize("version", ["binary", "python 2", "python 3, protocol 2", "python 3, protocol 4"])
def test_cifar10_round_trips(version, how, tmp_path):
    names = ("cifar-10-batches-bin", "cifar-10-binary.tar.gz")
    if version != "binary":
        names = ("cifar-10-batches-py", "cifar-10-python.tar.gz")
    folder = placed(tmp_path / "some", how, *names, cifar10_files(version))
    data = load_cifar10(folder, verify=False, keep_uint8=True, num_validation=10)
    np.testing.assert_array_equal(np.concatenate([data["X_train"], data["X_val"], data["X_test"]]), X)
    np.testing.assert_array_equal(np.concatenate([data["y_train"], data["y_val"], data["y_test"]]), Y)
    assert data["class_names"][:2] == ["airplane", "automobile"]


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("how", ["archive", "unpacked", "itself"])
@pytest.mark.parametrize("version", ["binary", "python"])
def test_cifar100_round_trips(version, how, coarse, tmp_path):
    inner = f"cifar-100-{version}"
    folder = placed(tmp_path / "some", how, inner, f"{inner}.tar.gz", cifar100_files(version))
    data = load_cifar100(folder, coarse=coarse, verify=False, keep_uint8=True, num_validation=10)
    np.testing.assert_array_equal(np.concatenate([data["X_train"], data["X_val"], data["X_test"]]), X)
    labels = np.concatenate([data["y_train"], data["y_val"], data["y_test"]])
    np.testing.assert_array_equal(labels, COARSE if coarse else FINE)
    assert len(data["class_names"]) == (20 if coarse else 100)


@pytest.fixture(scope="module")
def full_size(tmp_path_factory):
    """All of CIFAR-10 in the binary version: six files of 30,730,000 bytes, of made pixels."""
    folder = tmp_path_factory.mktemp("cifar") / "cifar-10-batches-bin"
    folder.mkdir()
    pixels = made.images(10_000, (3, 32, 32))
    for number, name in enumerate([*BATCHES, "test_batch"]):
        content = made.cifar_bin(pixels + np.uint8(number), made.labels(10_000))
        assert len(content) == 30_730_000
        (folder / f"{name}.bin").write_bytes(content)
    yield folder, pixels
    for path in folder.iterdir():
        path.unlink()


def test_full_size_batches_round_trip_by_their_checksums(full_size, monkeypatch):
    """The checksums are those of the made files; that they are asked is seen when a byte is changed."""
    folder, pixels = full_size
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    for name, checksum in sums.items():
        monkeypatch.setitem(OFFICIAL_SETS["cifar10"].contents, name, checksum)
    data = load_cifar10(folder, keep_uint8=True)
    assert data["X_train"].shape == (45_000, 3, 32, 32) and data["X_test"].shape == (10_000, 3, 32, 32)
    for number in range(4):
        rows = slice(number * 10_000, (number + 1) * 10_000)
        np.testing.assert_array_equal(data["X_train"][rows], pixels + np.uint8(number))
    np.testing.assert_array_equal(data["X_test"], pixels + np.uint8(5))
    np.testing.assert_array_equal(np.bincount(data["y_test"]), [1000] * 10)
    with open(folder / "data_batch_3.bin", "r+b") as file:
        file.seek(12_345)
        byte = file.read(1)[0]
        file.seek(12_345)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ValueError, match="data_batch_3.bin: is not the official file"):
        load_cifar10(folder)


def test_an_archive_is_held_against_its_checksum_before_it_is_opened(tmp_path):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"anything at all")
    with pytest.raises(ValueError, match="cifar-10-binary.tar.gz: is not the official file: its sha256"):
        load_cifar10(tmp_path)


@pytest.mark.parametrize("load, files, inner", [
    (load_cifar10, lambda: cifar10_files("python 2"), "cifar-10-batches-py"),
    (load_cifar100, lambda: cifar100_files("python"), "cifar-100-python"),
])  # fmt: skip
def test_unpacked_files_that_are_not_official_are_refused(load, files, inner, tmp_path):
    folder = placed(tmp_path / "some", "unpacked", inner, "", files())
    with pytest.raises(ValueError, match="is not the official file: its md5 is"):
        load(folder)


def test_the_course_s_functions(tmp_path, monkeypatch):
    files = cifar10_files("binary")
    folder = placed(tmp_path / "some", "unpacked", "cifar-10-batches-bin", "", files)
    for name, content in files.items():
        monkeypatch.setitem(OFFICIAL_SETS["cifar10"].contents, name, hashlib.sha256(content).hexdigest())
    X_train, y_train, X_test, y_test = load_CIFAR10(folder)
    assert X_train.dtype == X_test.dtype == np.float64 and y_train.dtype == y_test.dtype == np.int64
    np.testing.assert_array_equal(X_train, X[:50].transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(X_test, X[50:].transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), Y)
    X_batch, y_batch = load_CIFAR_batch(folder / "cifar-10-batches-bin" / "data_batch_2.bin")
    np.testing.assert_array_equal(X_batch, X_train[10:20])
    np.testing.assert_array_equal(y_batch, Y[10:20])

    data = get_CIFAR10_data(num_training=30, num_validation=15, num_test=5, folder=folder)
    assert [len(data[f"y_{part}"]) for part in ("train", "val", "test")] == [30, 15, 5]
    mean_image = X[:30].mean(axis=0)
    np.testing.assert_allclose(data["X_val"], X[30:45] - mean_image, atol=1e-4)
    raw = get_CIFAR10_data(num_training=30, num_validation=15, num_test=5, subtract_mean=False, folder=folder)
    np.testing.assert_array_equal(raw["X_train"], X[:30])


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "has 0 bytes; that is no whole number of records of 3,073"),
        (made.cifar_bin(X[:2], Y[:2])[:-1], "has 6,145 bytes; that is no whole number of records of 3,073"),
        (made.cifar_bin(X[:2], Y[:2] + np.uint8(10)), "has labels from 10 to 11; there are 10 classes"),
    ],
)
def test_binary_files_refused(content, words, tmp_path):
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path}: {words}")):
        load_CIFAR_batch(path)


@pytest.mark.parametrize(
    "batch, words",
    [
        ({"labels": [1]}, "has no array 'data' of shape (N, 3072)"),
        ({"data": X[0].reshape(3, 1024), "labels": [1] * 3}, "has no array 'data' of shape (N, 3072)"),
        ({"data": X[:1].reshape(1, -1)}, "has no list 'labels' of 1 integers"),
        ({"data": X[:1].reshape(1, -1), "labels": [1, 2]}, "has no list 'labels' of 1 integers"),
        ({"data": X[:1].reshape(1, -1), "labels": ["1"]}, "has no list 'labels' of 1 integers"),
        ({"data": X[:1].reshape(1, -1), "labels": [True]}, "has no list 'labels' of 1 integers"),
        ({"data": X[:1].reshape(1, -1), "labels": [10]}, "has labels from 10 to 10; there are 10 classes"),
        ({"data": X[:1].reshape(1, -1), "labels": [-1]}, "has labels from -1 to -1; there are 10 classes"),
        ({"data": X[:1].reshape(1, -1).astype(float), "labels": [1]}, "its arrays must be of uint8"),
        ([1, 2], "holds list, not a dict"),
        ({"data": {1: 2}}, "it has int where a string belongs"),
    ],
)
def test_python_batches_refused(batch, words, tmp_path):
    path = tmp_path / "data_batch_1"
    path.write_bytes(pickle.dumps(batch, protocol=2))
    with pytest.raises(ValueError, match=re.escape(words)) as raised:
        load_CIFAR_batch(path)
    assert str(raised.value).startswith(f"{path}: ")


class Runs:
    """What unpickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def refuse_to_run(*_):
    raise AssertionError("a hostile batch was run")


def reconstructed(shape, numbers=b""):
    """The instructions that make an array of this shape and put it on the stack, by the old names."""
    packed = b"(" + b"".join(b"J" + struct.pack("<i", length) for length in shape) + b"t"
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01" + packed
        + b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89U" + bytes([len(numbers)]) + numbers + b"tb"
    )  # fmt: skip


HOSTILE = {
    "os.system": pickle.dumps(Runs(os.system, "echo run > run"), 2),
    "builtins.eval": pickle.dumps(Runs(eval, "1"), 2),
    "exec in a dict": pickle.dumps({"data": Runs(exec, "1"), "labels": [1]}, 4),
    "a getattr chain": pickle.dumps(Runs(getattr, Runs(getattr, "", "join"), "__self__"), 4),
    "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x1bndarray.__class__.__bases__\x93.",
    "our own function": pickle.dumps(refuse_to_run, 2),
    "an allowed name of another module": b"\x80\x02cos\n_reconstruct\n.",
    "numpy.load": b"\x80\x02cnumpy\nload\nU\x01x\x85R.",
    "numpy.ndarray, called": b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85\x85R.",
    "an instance of a class": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "an extension code": b"\x80\x02\x82\x01.",
    "a persistent id": b"\x80\x02U\x01xQ.",
    "state for a name": b"\x80\x02c_codecs\nencode\n}U\x08__code__Nsb.",
    "state for a dict": b"\x80\x02}}U\x01xNsb.",
    "an array of 2 ** 60 bytes": b"\x80\x02" + reconstructed((2**30, 2**30)) + b".",
    "an array of 2 ** 150 bytes": b"\x80\x02" + reconstructed((2**30,) * 5) + b".",
    "an array of negative length": b"\x80\x02" + reconstructed((-1, -1), b"x") + b".",
    "an array of objects": pickle.dumps({"data": np.array([{}], object), "labels": [1]}, 2),
    "a string of 2 ** 62 bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b".",
    "a frame of 2 ** 62 bytes": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N.",
    "a memo entry of number 2 ** 32": b"\x80\x02Nr\xff\xff\xff\xff.",
    "a memo entry that is not there": b"\x80\x02j\xff\xff\xff\xff.",
    "20,000 nested tuples, hashed": b"\x80\x02}N" + b"\x85" * 20_000 + b"Ns.",
    "20,000 nested lists": b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b".",
    "a string encoded 10,000 times": (
        b"\x80\x02X" + struct.pack("<I", 10**6) + b"a" * 10**6 + b"q\x01"
        + b"c_codecs\nencode\nh\x01X\x06\0\0\0latin1\x86R" * 10**4 + b"."
    ),
    "another encoding": b"\x80\x02c_codecs\nencode\nX\x01\0\0\0aX\x03\0\0\0hex\x86R.",
    "a long number in text": b"L" + b"9" * 10**6 + b"L\n.",
    "a number pushed without end": b"\x80\x02" + b"K\0" * 10**5,
    "no end": b"\x80\x02}",
    "an end at once": b".",
    "a mark without a beginning": b"\x80\x02e.",
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_batch_is_refused_soon_and_takes_no_memory(name, tmp_path, monkeypatch, figures):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules["datasets.cifar_batch"], "MOST_INSTRUCTIONS", 99_999)
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(ValueError, match="^some file: is no batch of CIFAR's python version: .{8}"):
            read_batch("some file", HOSTILE[name])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < 10 and peak < 20e6
    assert not list(tmp_path.iterdir())
    figures["hostile batches of CIFAR's python version, each refused"] += 1


@pytest.mark.parametrize("order", "CF")
def test_arrays_come_in_either_order(order):
    array = np.asarray(X[:2].reshape(2, -1), order=order)
    np.testing.assert_array_equal(read_batch("x", pickle.dumps({"data": array}, 2))["data"], array)


def test_strings_of_python_2_and_3_are_the_same():
    batch = read_batch("x", pickle.dumps({b"batch_label": b"one", "labels": [1, 2], "more": (None, True)}, 3))
    assert batch == {"batch_label": b"one", "labels": [1, 2], "more": (None, True)}


@pytest.mark.parametrize(
    "name, words",
    [
        ("os.system", "it names 'posix system', which no such file needs" if os.name == "posix" else "it names"),
        ("a dotted name", "it names 'numpy ndarray.__class__.__bases__', which no such file needs"),
        ("an instance of a class", "it contains the instruction b'\\x81', which no such file needs"),
        ("numpy.ndarray, called", "it calls ndarray with what no such file needs"),
        ("an array of 2 ** 60 bytes", "its array of shape (1073741824, 1073741824) has 0 bytes"),
        ("an array of 2 ** 150 bytes", "its array of shape (1073741824, 1073741824, 1073741824, 107"),
        ("an array of negative length", "its array has no shape"),
        ("another encoding", "it calls encode with what no such file needs"),
        ("an array of objects", "it calls dtype with what no such file needs; its arrays must be of uint8"),
        ("a string encoded 10,000 times", "it encodes more than it holds"),
        ("a number pushed without end", "it has more than 2,000,000 instructions"),
        ("20,000 nested tuples, hashed", "it has tuple where a string belongs"),
        ("state for a name", "it gives state to _Name"),
        ("no end", "it is incomplete"),
    ],
)
def test_the_reason_is_said(name, words):
    content = HOSTILE[name] * (25 if name.startswith("a number") else 1)  # so that the limit is reached as it is
    with pytest.raises(ValueError, match=re.escape(words)):
        read_batch("some file", content)
