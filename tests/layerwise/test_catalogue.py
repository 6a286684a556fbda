"""Datasets and models of the program fit together."""

import gzip

import numpy as np
import pytest

from datasets import OFFICIAL_SETS, to_float
from layerwise import catalogue
from layerwise.problem import prepare


@pytest.fixture(autouse=True)
def no_sets(tmp_path, monkeypatch):
    """No sets are found but what the system has."""
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path / "sets"))


@pytest.fixture
def photographs(tmp_path):
    """A folder of a class each, with small colour photographs of noise."""
    Image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photographs" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 256, (16, 18, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photographs" / name / f"{number}.png")
    return tmp_path / "photographs"


@pytest.mark.parametrize("name", catalogue.DATA)
def test_every_dataset_is_what_the_solver_takes_and_the_same_each_time(name):
    data, again = catalogue.load(name), catalogue.load(name, keep_uint8=True)
    for part in ("train", "val", "test"):
        assert len(data[f"X_{part}"]) == len(data[f"y_{part}"]) > 100
        np.testing.assert_array_equal(data[f"X_{part}"], again[f"X_{part}"])
    assert data["X_train"].dtype == np.float32
    assert len(catalogue.class_names(data)) == data["y_train"].max() + 1
    default = catalogue.default_model(data)
    assert (default in catalogue.FOR_IMAGES) == catalogue.is_images(data)


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_every_model_fits_the_digits_with_he_initialisation(name):
    data = catalogue.DATA["digits"]()
    model = catalogue.make_model(name, data, reg=0.25, seed=0)
    assert model.loss(data["X_test"][:3]).shape == (3, 10)
    assert model.reg == 0.25
    for key, w in model.params.items():
        assert w.dtype == np.float32
        if key.startswith("W") and w.size > 1000:
            fan_in = np.prod(w.shape[1:]) if w.ndim == 4 else len(w)
            np.testing.assert_allclose(w.std(), np.sqrt(2 / fan_in), rtol=0.1)


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_the_seed_decides_the_weights(name):
    data = catalogue.DATA["digits"]()
    first, again, other = (catalogue.make_model(name, data, 0.0, seed).params["W1"] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_folder_of_images_is_kept_as_it_was_read_or_standardised(photographs):
    raw, floats = (catalogue.load(str(photographs), keep_uint8=keep) for keep in (True, False))
    assert raw["X_train"].dtype == np.uint8 and raw["X_train"].shape[1:] == (3, 16, 18)
    assert raw["class_names"] == ["cat", "dog"]
    np.testing.assert_allclose(floats["X_train"].std(axis=(0, 2, 3)), 1, atol=0.02)  # its mean image is of few
    for part in ("train", "val", "test"):
        np.testing.assert_array_equal(prepare(raw)(raw[f"X_{part}"]), floats[f"X_{part}"])
    assert prepare(floats) is None


def test_what_a_file_holds_is_standardised(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "points.npz", X=rng.normal(5, [1, 100], (50, 2)), y=np.arange(50) % 2)
    data = catalogue.load(str(tmp_path / "points.npz"), keep_uint8=True)
    np.testing.assert_allclose(data["X_train"].std(axis=0), 1, rtol=1e-5)
    assert data["X_train"].dtype == np.float32 and catalogue.short_name(str(tmp_path / "points.npz")) == "points"


@pytest.mark.parametrize("name", [name for name, known in OFFICIAL_SETS.items() if not known.system_folders])
def test_a_set_that_is_not_there_is_named_with_what_fetches_it(name):
    with pytest.raises(ValueError, match=f"^{name} is not on this machine: `layerwise data fetch {name}` downloads it"):
        catalogue.load(name)


def test_a_damaged_set_is_refused_in_words(tmp_path):
    (tmp_path / "sets/mnist").mkdir(parents=True)
    (tmp_path / "sets/mnist/train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"no images"))
    with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz: "):
        catalogue.load("mnist")
    with pytest.raises(ValueError, match="'moons' is unknown; known are digits, spirals, blobs, mnist, .*.csv file"):
        catalogue.load("moons")


@pytest.mark.parametrize("name", catalogue.MODELS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 17, 23)])
def test_every_model_takes_images_of_any_size(name, shape):
    X = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    model = catalogue.make_model(name, {"X_train": X, "class_names": list("abcde")}, reg=0.0, seed=0)
    assert model.loss(to_float(X)).shape == (4, 5)


def test_batchnorm_is_where_the_large_regularisation_is():
    data = catalogue.DATA["digits"]()
    for name in catalogue.MODELS:
        has_batchnorm = "gamma1" in catalogue.make_model(name, data, 0.0, 0).params
        assert (name in catalogue.WITH_BATCHNORM) == has_batchnorm
        assert catalogue.default_reg(name) == (0.03 if has_batchnorm else 0.001)
        assert catalogue.default_reg(name, num_train=10_000) == (5e-4 if has_batchnorm else 1e-4)
