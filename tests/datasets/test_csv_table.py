"""Tables: columns by place and by name, labels as numbers and as words, pixels; and what is no table."""

import re

import numpy as np
import pytest

from datasets import load_csv
from datasets.csv_table import parse_csv

from . import made

QUOTED = '"u","the, kind","v"\r\n1,"x, y",-2.5\r\n1e3,"z",.5\r\n'
PARTS = ("train", "val", "test")


def written(tmp_path, text, name="own.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text, label, X, y, names",
    [
        ("1,2,a\n3,4,b\n", -1, [[1, 2], [3, 4]], [0, 1], ["a", "b"]),
        ("b,1,2\na,3,4\n", 0, [[1, 2], [3, 4]], [1, 0], ["a", "b"]),
        ("u,v,k\n1,2,a\n3,4,b\n", -1, [[1, 2], [3, 4]], [0, 1], ["a", "b"]),
        ("k,u,v\nb,1,2\na,3,4", "k", [[1, 2], [3, 4]], [1, 0], ["a", "b"]),
        (QUOTED, "the, kind", [[1, -2.5], [1000, 0.5]], [0, 1], ["x, y", "z"]),
        ("1,10\n2,9\n3,10\n", 1, [[1], [2], [3]], [1, 0, 1], ["9", "10"]),
        ("1,-1\r2,7\r", 1, [[1], [2]], [0, 1], ["-1", "7"]),
        ("\ufeff\n\n 1 , 2 , a \n\n3,4,b\n\n", -1, [[1, 2], [3, 4]], [0, 1], ["a", "b"]),
        ("1,2,ä\n3,4,#\n", 2, [[1, 2], [3, 4]], [1, 0], ["#", "ä"]),
    ],
)  # fmt: skip
def test_tables(text, label, X, y, names):
    features, labels, class_names = parse_csv("x", text.encode(), label)
    np.testing.assert_array_equal(features, X)
    np.testing.assert_array_equal(labels, y)
    assert class_names == names and labels.dtype == np.int64


def test_another_delimiter():
    features, _, names = parse_csv("x", b"1,5\tb\n2\ta\n".replace(b",", b"."), -1, "\t")
    assert features.tolist() == [[1.5], [2]] and names == ["a", "b"]


def test_a_table_becomes_the_solver_s_dict(tmp_path):
    rows = "".join(f"{k},{k % 3},{'abc'[k % 3]}\n" for k in range(60))
    data = load_csv(written(tmp_path, "u,v,kind\n" + rows), label="kind", normalize=True)
    assert [len(data[f"y_{part}"]) for part in PARTS] == [42, 6, 12] and data["class_names"] == list("abc")
    shown = np.concatenate([data[f"X_{part}"] for part in PARTS]) * data["std"] + data["mean_image"]
    labels = np.concatenate([data[f"y_{part}"] for part in PARTS])
    np.testing.assert_allclose(np.sort(shown[:, 0]), np.arange(60), atol=1e-4)
    np.testing.assert_allclose(shown[:, 1], labels, atol=1e-5)
    np.testing.assert_allclose(data["X_train"].std(axis=0), 1, rtol=1e-5)


def test_pixels_in_columns(tmp_path):
    X, y = made.images(40, (2, 2, 3)), made.labels(40, 4)
    rows = "".join(",".join(map(str, [label, *image.ravel()])) + "\n" for image, label in zip(X, y))
    path = written(tmp_path, rows)
    data = load_csv(path, label=0, image_shape=(2, 2, 3), keep_uint8=True)
    assert data["X_train"].shape == (28, 2, 2, 3) and data["X_train"].dtype == np.uint8 and data["scale"] == 255
    got = sorted((image.tobytes(), int(k)) for part in PARTS for image, k in zip(data[f"X_{part}"], data[f"y_{part}"]))
    assert got == sorted((image.tobytes(), int(k)) for image, k in zip(X, y))
    for shape, words in (((2, 2, 2), "needs 8 columns of pixels, got 12"), ((2, 0, 3), "H of image_shape must be an")):
        with pytest.raises(ValueError, match=f"own.csv: load_csv: .*{words}"):
            load_csv(path, label=0, image_shape=shape)
    with pytest.raises(ValueError, match="pixels must be integers from 0 to 255; they go from 1.5 to 256"):
        load_csv(written(tmp_path, "a,1.5\nb,256\n" * 9), label=0, image_shape=(1, 1, 1))


@pytest.mark.parametrize(
    "text, options, words",
    [
        ("", {}, "begins with ''; it needs columns, with ',' between them"),
        ("<html>\n", {}, "begins with '<html>'; it needs columns"),
        ("1;2\n", {}, "begins with '1;2'; it needs columns"),
        (b"\xff\xfe1,2", {}, "is not text in UTF-8"),
        ("u,v,k\n", {}, "has no row of numbers"),
        ("u,v,k\n1,2,a\n1,x,b\n", {}, "is no table of numbers: could not convert string 'x' to float64 at row 1, col"),
        ("1,2,a\n1,,b\n", {}, "is no table of numbers: could not convert string '' to float64"),
        ("1,2,a\n1,2\n", {}, "is no table of numbers: the number of columns changed from 3 to 2 at row 2"),
        ("1,2,a\n1,2,3,b\n", {}, "is no table of numbers: the number of columns changed from 3 to 4 at row 2"),
        ("u,v,k\n1,a\n", {}, "is no table of numbers"),
        ("1,2,a\nnan,2,b\n", {}, "has nan in row 2 of numbers, column 1"),
        ("a,1,2\nb,1,1e999\n", {"label": 0}, "has inf in row 2 of numbers, column 3"),
        ("1,2,a\n", {"label": 3}, "has 3 columns; there is no column 3"),
        ("1,2,a\n", {"label": -4}, "has 3 columns; there is no column -4"),
        ("u,v,k\n1,2,a\n", {"label": "kind"}, "the first row has not one 'kind': u, v, k"),
        ("u,v,v\n1,2,a\n", {"label": "v"}, "the first row has not one 'v': u, v, v"),
        ("1,a\n2,b\n", {}, "stratified_split: N = 2 examples are too few"),
    ],
)
def test_tables_refused(text, options, words, tmp_path):
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=re.escape(words)) as raised:
        load_csv(path, **options)
    assert str(raised.value).startswith(f"{path}: ")
