"""IDX files round-trip, plain and gzipped; Fashion-MNIST is the official one; what is not as it says is refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from datasets import OFFICIAL_SETS, load_fashion_mnist, load_mnist, read_idx

from . import made

pytestmark = pytest.mark.usefixtures("no_network")
X, Y = made.images(12, (5, 4)), made.labels(12)
X_TEST, Y_TEST = made.images(6, (5, 4), seed=1), made.labels(6)
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
needs_debian = pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")


def written(folder, suffix="", change=lambda raw: raw):
    folder.mkdir(exist_ok=True, parents=True)
    arrays = {"train-images-idx3": X, "train-labels-idx1": Y, "t10k-images-idx3": X_TEST, "t10k-labels-idx1": Y_TEST}
    for name, array in arrays.items():
        (folder / f"{name}-ubyte{suffix}").write_bytes(change(made.idx(array)))
    return folder


@pytest.mark.parametrize("load", [load_mnist, load_fashion_mnist])
@pytest.mark.parametrize("suffix, change", [("", bytes), (".gz", made.gz), ("", made.gz), (".gz", bytes)])
def test_made_files_round_trip(load, suffix, change, tmp_path):
    folder = written(tmp_path / "some", suffix, change)
    data = load(folder, verify=False, keep_uint8=True, num_validation=2)
    np.testing.assert_array_equal(np.concatenate([data["X_train"], data["X_val"]])[:, 0], X)
    np.testing.assert_array_equal(np.concatenate([data["y_train"], data["y_val"]]), Y)
    np.testing.assert_array_equal(data["X_test"][:, 0], X_TEST)
    assert data["class_names"] == [str(k) for k in range(10)]


def test_the_folder_of_the_environment_is_used_and_other_spellings_of_the_names(tmp_path):
    folder = written(tmp_path / "home" / "mnist")
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace("-idx", ".idx"))
    assert len(load_mnist(verify=False)["y_test"]) == 6


def test_files_that_are_not_official_are_refused_by_name(tmp_path):
    folder = written(tmp_path / "some")
    with pytest.raises(ValueError, match="train-images-idx3-ubyte: is not the official file: its sha256 is .{64}, t"):
        load_mnist(folder)


@needs_debian
def test_fashion_mnist_is_the_official_one():
    """F2: to the bit, by the sha256 of the decompressed files, and by its known figures."""
    data = load_fashion_mnist(keep_uint8=True)
    X_all, y = (np.concatenate([data[f"{name}_train"], data[f"{name}_val"]]) for name in "Xy")
    assert X_all.shape == (60000, 1, 28, 28) and data["X_test"].shape == (10000, 1, 28, 28)
    np.testing.assert_array_equal(np.bincount(y), [6000] * 10)
    np.testing.assert_array_equal(np.bincount(data["y_test"]), [1000] * 10)
    assert f"{X_all.mean() / 255:.4f} {X_all.std() / 255:.4f}" == "0.2860 0.3530"  # as widely quoted
    assert list(y[:5]) == [9, 0, 0, 3, 0] and data["class_names"][9] == "Ankle boot"


@needs_debian
def test_one_changed_byte_of_an_official_file_is_noticed(tmp_path):
    for path in DEBIAN.glob("*.gz"):
        (tmp_path / path.name).symlink_to(path)
    raw = bytearray(read_idx(DEBIAN / "t10k-labels-idx1-ubyte.gz").tobytes())
    raw[5000] ^= 1
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(made.gz(made.idx(np.frombuffer(raw, np.uint8))))
    with pytest.raises(ValueError, match="t10k-labels-idx1-ubyte.gz: is not the official file"):
        load_fashion_mnist(tmp_path)


def test_what_is_missing_is_named_with_the_folder(tmp_path):
    folder = written(tmp_path / "some")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=re.escape("there is no t10k-labels-idx1-ubyte or")) as raised:
        load_mnist(folder, verify=False)
    assert str(folder) in str(raised.value)


GOOD = made.idx(X)


@pytest.mark.parametrize(
    "raw, words",
    [
        (b"", "is no IDX file: it begins with nothing, not with 00 00"),
        (b"<html>", "is no IDX file: it begins with 3c 68 74 6d, not with 00 00"),
        (b"\0\0\x0d\3" + GOOD[4:], "holds type 0x0d in 3 dimensions; known is 0x08 (uint8) in 1 to 4"),
        (b"\0\0\x08\0" + GOOD[4:], "holds type 0x08 in 0 dimensions"),
        (b"\0\0\x08\x05" + GOOD[4:], "holds type 0x08 in 5 dimensions"),
        (GOOD[:9], "is cut off after 9 bytes, within its dimensions"),
        (GOOD[:-1], "has 255 bytes, which can hold 255 at most; dimensions (12, 5, 4) need 256"),
        (GOOD + b"\0", "has 257 bytes, which can hold 257 at most; dimensions (12, 5, 4) need 256"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "dimensions (4294967295, 4294967295, 4294967295) need 79"),
        (made.gz(b"\0\0\x08\x03" + b"\xff" * 12), "dimensions (4294967295, 4294967295, 4294967295) need"),
        (made.gz(GOOD)[:-1], "should hold 256 bytes, decompressed, and is cut off after 256"),
        (made.gz(GOOD)[:60], "should hold 256 bytes, decompressed, and is cut off after"),
        (made.gz(GOOD[:-9]), "should hold 256 bytes, decompressed, and has 247"),
        (made.gz(GOOD + b"\0" * 10**6), "should hold 256 bytes, decompressed, and has more"),
        (made.gz(GOOD) + b"x", "should hold 256 bytes, decompressed, and has 256, and something after its end"),
        (made.gz(GOOD)[:-6] + b"\0" * 6, "damaged gzip: Error -3 while decompressing data: incorrect data check"),
        (b"\x1f\x8b\x07" + b"\0" * 20, "damaged gzip: Error -3"),
    ],
)
def test_a_file_that_is_not_as_it_says_is_refused(raw, words, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=re.escape(words)) as raised:
        read_idx(path)
    assert str(raised.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "name, array, words",
    [
        ("train-labels-idx1-ubyte", Y[:9], "train-labels-idx1-ubyte: has 9 labels, for 12 images"),
        ("train-labels-idx1-ubyte", X, "train-labels-idx1-ubyte: has dimensions (12, 5, 4); labels need 1"),
        ("train-images-idx3-ubyte", X[:, :, 0], "train-images-idx3-ubyte: has dimensions (12, 5); images need 3"),
        ("train-images-idx3-ubyte", X[:0], "train-images-idx3-ubyte: has dimensions (0, 5, 4); images need 3, non"),
    ],
)
def test_files_that_do_not_fit_each_other_are_refused(name, array, words, tmp_path):
    folder = written(tmp_path / "some")
    (folder / name).write_bytes(made.idx(array))
    with pytest.raises(ValueError, match=re.escape(words)):
        load_mnist(folder, verify=False)


def test_every_official_file_has_its_checksums():
    for known in OFFICIAL_SETS.values():
        assert known.files and known.contents and len(set(known.class_names)) == len(known.class_names)
        for file in known.files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.size > 4000
            assert file.urls and all(url.endswith(f"/{file.name}") for url in file.urls)
        checksums = list(known.contents.values())
        assert all(re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{32}", checksum) for checksum in checksums)
        assert len(set(checksums)) == len(checksums)
