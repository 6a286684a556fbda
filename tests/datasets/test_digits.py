"""The digits are the official ones, split and prepared as promised."""

import hashlib

import numpy as np
import pytest
import sklearn.datasets

from datasets import load_digits
from datasets.build_digits import build_digits

PARTS = ("train", "val", "test")
OFFICIAL_COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.fixture(scope="module")
def data():
    return load_digits()


def pixels(data):
    """The images of each part as the whole numbers that they were made from."""
    return {part: np.rint((data[f"X_{part}"] + data["mean_image"]) * 16).astype(np.uint8)[:, 0] for part in PARTS}


@pytest.mark.parametrize("part, N", [("train", 1257), ("val", 180), ("test", 360)])
def test_shapes_and_dtypes(data, part, N):
    X, y = data[f"X_{part}"], data[f"y_{part}"]
    assert X.shape == (N, 1, 8, 8) and X.dtype == np.float32 and X.flags.c_contiguous
    assert y.shape == (N,) and y.dtype == np.int64


def test_counts_of_each_class_are_the_official_ones(data):
    y = np.concatenate([data[f"y_{part}"] for part in PARTS])
    np.testing.assert_array_equal(np.bincount(y), OFFICIAL_COUNTS)
    np.testing.assert_array_equal(np.bincount(sklearn.datasets.load_digits().target), OFFICIAL_COUNTS)


@pytest.mark.parametrize("part, fraction", [("train", 0.7), ("val", 0.1), ("test", 0.2)])
def test_every_part_has_its_share_of_every_class(data, part, fraction):
    share = np.array(OFFICIAL_COUNTS) * fraction
    assert np.abs(np.bincount(data[f"y_{part}"]) - share).max() < 1.5


def test_every_official_example_is_in_exactly_one_part(data):
    official = sklearn.datasets.load_digits()
    expected = sorted((image.tobytes(), int(y)) for image, y in zip(official.images.astype(np.uint8), official.target))
    images = pixels(data)
    got = sorted((image.tobytes(), int(y)) for part in PARTS for image, y in zip(images[part], data[f"y_{part}"]))
    assert got == expected


@pytest.mark.parametrize(
    "part, figure",
    [
        ("train", "e27cceded9f72c0a64a633923d482fd9a478bff90b19f66bf5917bb31c96acd1"),
        ("val", "43e3a0c87bb40b00205ed0558e5da59ab9a840b5db48a57543d5449d661a6319"),
        ("test", "adc88dba5472bbddfa9bc6ad4e9cb225b2f8d5a46d0705b7a27c594b5fefa16f"),
    ],
)
def test_the_split_never_changes(data, part, figure):
    labels = data[f"y_{part}"].astype(np.uint8).tobytes()
    assert hashlib.sha256(pixels(data)[part].tobytes() + labels).hexdigest() == figure


def test_the_mean_removed_is_that_of_the_training_set_alone(data):
    raw = pixels(data)
    mean_image = raw["train"].mean(axis=0, keepdims=True) / 16
    np.testing.assert_allclose(data["mean_image"], mean_image, atol=1e-7)
    assert data["mean_image"].shape == (1, 8, 8) and data["mean_image"].dtype == np.float32
    assert np.abs(data["X_train"].mean(axis=0)).max() < 1e-6
    for part in PARTS:
        np.testing.assert_allclose(data[f"X_{part}"][:, 0], raw[part] / 16 - mean_image, atol=1e-6)
        assert raw[part].min() == 0 and raw[part].max() == 16


def test_class_names(data):
    assert data["class_names"] == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]


def test_each_call_gives_the_same_in_fresh_arrays(data):
    again = load_digits()
    assert again.keys() == data.keys()
    for name, array in again.items():
        if isinstance(array, np.ndarray):
            np.testing.assert_array_equal(array, data[name])
            assert array.flags.writeable and not np.shares_memory(array, data[name])
    again["X_train"][:] = 7
    np.testing.assert_array_equal(load_digits()["X_train"], data["X_train"])


def test_the_options_of_all_loaders_are_taken(data):
    kept = load_digits(keep_uint8=True, num_training=100, num_test=7, normalize=True)
    assert kept["X_train"].dtype == np.uint8 and len(kept["X_train"]) == 100 and len(kept["X_test"]) == 7
    np.testing.assert_array_equal(kept["X_train"][:, 0], pixels(data)["train"][:100])
    assert kept["scale"] == 16 and kept["std"].shape == (1, 1, 1)
    np.testing.assert_allclose(kept["mean_image"][0], pixels(data)["train"][:100].mean(axis=0) / 16, atol=1e-7)
    assert load_digits(flatten=True)["X_val"].shape == (180, 64)
    assert not np.array_equal(load_digits(seed=1)["y_train"], data["y_train"])


def test_the_script_makes_the_packaged_file_and_the_same_bytes_twice(tmp_path):
    build_digits(tmp_path / "first.npz")
    build_digits(tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    from datasets import digits

    packaged = np.load(digits.Path(digits.__file__).with_name("digits.npz"), allow_pickle=False)
    made = np.load(tmp_path / "first.npz", allow_pickle=False)
    assert made.files == packaged.files
    for name in ("images", "labels"):
        np.testing.assert_array_equal(made[name], packaged[name])
