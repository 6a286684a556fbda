"""Raw pixels become the floats that the loaders would have given."""

from functools import partial

import numpy as np
import pytest

from datasets import solver_data, to_float

from .augmenting import images, labels


@pytest.mark.parametrize(
    "dtype, expected", [(np.uint8, np.float32), (np.float32, np.float32), (np.float64, np.float64)]
)
def test_to_float_does_what_the_loaders_do(dtype, expected):
    X = images().astype(dtype)
    mean_image, std = X.mean(axis=0) / 255, X.std(axis=(0, 2, 3)).reshape(3, 1, 1)
    out = to_float(X, scale=255.0, mean_image=mean_image, std=std)
    assert out.dtype == expected and not np.shares_memory(out, X)
    np.testing.assert_allclose(out, (X / 255 - mean_image) / std, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(to_float(X), X / 255, rtol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"normalize": True}, {"subtract_mean": False}, {"flatten": True}])
def test_to_float_gives_bit_for_bit_what_loaders_give_without_keep_uint8(settings):
    X, y = images(), labels()
    floats, raw = (
        solver_data(X, y, X, y, list("abcde"), num_validation=4, keep_uint8=keep, **settings) for keep in (False, True)
    )
    convert = partial(to_float, scale=raw["scale"], mean_image=raw["mean_image"], std=raw["std"])
    for name in ("X_train", "X_val", "X_test"):
        assert raw[name].dtype == np.uint8
        assert convert(raw[name]).tobytes() == floats[name].tobytes()


def test_to_float_takes_points_and_refuses_what_are_no_numbers():
    assert to_float(np.zeros((4, 2))).shape == (4, 2)
    with pytest.raises(TypeError, match="to_float: X must be an ndarray of floats or integers, got dtype bool"):
        to_float(np.zeros((4, 2), bool))
