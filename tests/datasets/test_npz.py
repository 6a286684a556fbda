"""Arrays of one's own: the names that are known, the split, and archives that are not what they say."""

import io
import re
import zipfile

import numpy as np
import pytest

from datasets import load_npz

from . import made

PARTS = ("train", "val", "test")
X, Y = made.images(40, (3, 4)), made.labels(40, 4)


def written(tmp_path, content=None, **arrays):
    path = tmp_path / "own.npz"
    path.write_bytes(made.npz(**arrays) if content is None else content)
    return path


@pytest.mark.parametrize("names", ["X_train y_train X_test y_test", "x_train y_train x_test y_test"])
def test_a_training_and_a_test_set(names, tmp_path):
    path = written(tmp_path, **dict(zip(names.split(), (X[:30], Y[:30], X[30:], Y[30:]))))
    data = load_npz(path, keep_uint8=True, seed=None)
    np.testing.assert_array_equal(np.concatenate([data[f"X_{part}"] for part in PARTS])[:, 0], X)
    assert [len(data[f"y_{part}"]) for part in PARTS] == [27, 3, 10] and data["class_names"] == ["0", "1", "2", "3"]
    shuffled = load_npz(path, keep_uint8=True)
    assert not np.array_equal(shuffled["y_train"], data["y_train"])
    np.testing.assert_array_equal(shuffled["X_test"], data["X_test"])


def test_a_validation_set_of_its_own_stays(tmp_path):
    arrays = {"X_train": X[:20], "y_train": Y[:20], "X_val": X[20:25], "y_val": Y[20:25]}
    data = load_npz(written(tmp_path, **arrays, X_test=X[25:], y_test=Y[25:]), keep_uint8=True)
    np.testing.assert_array_equal(data["X_val"][:, 0], X[20:25])
    np.testing.assert_array_equal(data["y_train"], Y[:20])


def test_one_set_is_split_by_class(tmp_path):
    data = load_npz(written(tmp_path, X=X, y=Y), class_names=list("abcd"))
    assert [len(data[f"y_{part}"]) for part in PARTS] == [28, 4, 8] and data["class_names"] == list("abcd")
    np.testing.assert_array_equal(np.bincount(data["y_test"]), [2] * 4)
    again = load_npz(written(tmp_path, X=X, y=Y))
    np.testing.assert_array_equal(data["X_train"], again["X_train"])


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", "u1"])
@pytest.mark.parametrize("order", "CF")
def test_points_of_any_numbers(dtype, order, tmp_path):
    points = np.asarray(np.arange(80).reshape(40, 2).astype(dtype), order=order)
    data = load_npz(written(tmp_path, X=points, y=Y), subtract_mean=False)
    rows = np.concatenate([data[f"X_{part}"] for part in PARTS]) * data["scale"]
    np.testing.assert_allclose(rows[np.argsort(rows[:, 0])], points, atol=1e-4)


def zipped(members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def npy(array, shape=None):
    """The bytes of a .npy file, which may claim another shape."""
    file = io.BytesIO()
    header = {"descr": np.lib.format.dtype_to_descr(array.dtype), "fortran_order": False, "shape": shape or array.shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + array.tobytes()


OWN_Y = ("y.npy", npy(Y))


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "File is not a zip file"),
        (b"<html>", "File is not a zip file"),
        (made.npz(X=X, y=Y)[:-30], "File is not a zip file"),
        (made.npz(X=X), "holds ['X']; ['X', 'y'] are needed"),
        (made.npz(a=X), "holds nothing of use; ['X_test', 'X_train', 'y_test', 'y_train'] are needed"),
        (made.npz(X_train=X, X_val=X), "['X_test', 'X_train', 'X_val', 'y_test', 'y_train', 'y_val'] are needed"),
        (made.npz(X=np.array([{}] * 40, object), y=Y), "X.npy holds object; expected plain numbers"),
        (made.npz(X=np.array(["a"] * 40), y=Y), "X.npy holds <U1; expected plain numbers"),
        (zipped([("X.npy", npy(X)), ("x.npy", npy(X)), OWN_Y]), "has two arrays X"),
        (zipped([("X.npy", npy(X, (10**6, 10**6))), OWN_Y]), "claims shape (1000000, 1000000) of uint8; it has 480"),
        (zipped([("X.npy", npy(X, (2**62, 2**62))), OWN_Y]), "it has 480 bytes"),
        (zipped([("X.npy", npy(X, (-40, -12))), OWN_Y]), "expected plain numbers"),
        (zipped([("X.npy", b"\x93NUMPY\x09\0"), OWN_Y]), "is no .npz file of plain arrays, or is damaged"),
        (zipped([("X.npy", npy(X)), OWN_Y] + [(f"{number}", b"") for number in range(99)]), "are needed"),
        (made.npz(X=X[:30], y=Y), "X has 30 examples, and y 40 labels"),
        (made.npz(X=X, y=np.full(40, 2**62)), "a label is 4611686018427387904; labels count from 0, up to"),
        (made.npz(X=X, y=Y.astype(int) - 1), "y is -1 to 2; there are 3 classes"),
        (made.npz(X=X, y=Y.astype(float)), "y must be an ndarray of integer class labels, got dtype float64"),
        (made.npz(X=X[:, :, :, None, None], y=Y), "X must be an ndarray of numbers, (N, C, H, W) or (N, D), got shape"),
    ],
)
def test_files_refused(content, words, tmp_path):
    path = written(tmp_path, content)
    with pytest.raises((ValueError, TypeError), match=re.escape(words)) as raised:
        load_npz(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_a_member_that_claims_more_than_deflate_can_do_is_refused(tmp_path):
    content = bytearray(zipped([("X.npy", npy(X)), OWN_Y]))
    at = content.index(b"PK\x01\x02")  # the directory; in its first entry the length is a field
    content[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    with pytest.raises(ValueError, match=r"own.npz: is no .npz file .* damaged: claims to expand from"):
        load_npz(written(tmp_path, bytes(content)))
