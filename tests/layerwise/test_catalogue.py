"""Datasets and models of the program fit together."""

import numpy as np
import pytest

from layerwise import catalogue


@pytest.mark.parametrize("name", catalogue.DATA)
def test_every_dataset_is_what_the_solver_takes_and_the_same_each_time(name):
    data, again = catalogue.DATA[name](), catalogue.DATA[name]()
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


def test_batchnorm_is_where_the_large_regularisation_is():
    data = catalogue.DATA["digits"]()
    for name in catalogue.MODELS:
        has_batchnorm = "gamma1" in catalogue.make_model(name, data, 0.0, 0).params
        assert (name in catalogue.WITH_BATCHNORM) == has_batchnorm
        assert catalogue.default_reg(name) == (0.03 if has_batchnorm else 0.001)
