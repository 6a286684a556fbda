"""What every model with a net promises: dtypes, modes, losses before training, files."""

import math

import numpy as np
import pytest

from models import Classifier

from .zoo import MODELS, NUM_CLASSES, inputs

every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def train_once(model, seed=0):
    """Move the parameters and the running statistics off their first values."""
    X, y = inputs(model, seed=seed)
    _, grads = model.loss(X, y)
    for key in model.params:
        model.params[key] = model.params[key] - model.dtype.type(0.1) * grads[key]


@every_model
@both_dtypes
def test_dtype_of_parameters_scores_and_gradients(make, dtype):
    model = make(dtype=dtype, seed=0)
    X, y = inputs(model)
    assert isinstance(model, Classifier) and model.dtype == dtype
    for given in (X, X.astype(np.float32), (10 * X).astype(np.int8), (10 * X).astype(np.uint8)):
        scores = model.loss(given)
        loss, grads = model.loss(given, y)
        assert scores.dtype == dtype and scores.shape == (len(X), NUM_CLASSES)
        assert type(loss) is float
        for key, array in model.params.items():
            assert array.dtype == grads[key].dtype == dtype
            assert array.shape == grads[key].shape
    for array in model.state.values():
        assert array.dtype == dtype


@every_model
def test_float32_and_float64_start_alike(make):
    single, double = make(dtype=np.float32, seed=3), make(dtype=np.float64, seed=3)
    X, y = inputs(single)
    for key, array in double.params.items():
        np.testing.assert_array_equal(single.params[key], array.astype(np.float32))
    (loss, grads), (exact, exact_grads) = single.loss(X, y), double.loss(X, y)
    assert loss == pytest.approx(exact, rel=1e-4)
    for key, grad in grads.items():
        assert np.abs(grad - exact_grads[key]).max() <= 1e-4 * max(1, np.abs(exact_grads[key]).max())


@every_model
def test_with_tiny_weights_every_class_is_as_likely(make):
    model = make(dtype=np.float64, seed=0, weight_scale=1e-9)
    model.reg = 0.0
    X, y = inputs(model)
    assert model.loss(X, y)[0] == pytest.approx(math.log(NUM_CLASSES), abs=1e-6)


@every_model
def test_regularisation_is_half_the_squares_of_the_weights_alone(make):
    model = make(dtype=np.float64, seed=0)
    X, y = inputs(model)
    model.reg = 0.0
    loss, grads = model.loss(X, y)
    model.reg = 3.0
    weights = [array for key, array in model.params.items() if key.startswith("W")]
    loss3, grads3 = model.loss(X, y)
    assert loss3 - loss == pytest.approx(1.5 * sum(np.sum(W * W) for W in weights))
    for key, array in model.params.items():
        strength = 3 if key.startswith("W") else 0
        np.testing.assert_allclose(grads3[key] - grads[key], strength * array, atol=1e-12)


@every_model
def test_examples_parameters_and_gradients_are_left_alone(make):
    model = make(dtype=np.float64, seed=0)
    X, y = inputs(model)
    X.setflags(write=False)
    y.setflags(write=False)
    for array in model.params.values():
        array.setflags(write=False)
    model.loss(X)
    model.loss(X, y)


@every_model
def test_the_seed_decides_all_weights(make):
    one, same, other = make(seed=5), make(seed=5), make(seed=6)
    generator = make(seed=np.random.default_rng(5))
    for key in one.params:
        np.testing.assert_array_equal(one.params[key], same.params[key])
        np.testing.assert_array_equal(one.params[key], generator.params[key])
        assert not key.startswith("W") or not np.array_equal(one.params[key], other.params[key])


@every_model
def test_numpys_global_generator_is_not_touched(make):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    model = make()
    model.loss(*inputs(model))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@every_model
@both_dtypes
def test_save_and_load_give_the_same_scores(make, dtype, tmp_path):
    model, other = make(dtype=dtype, seed=0), make(dtype=dtype, seed=1)
    train_once(model)
    X, _ = inputs(model, seed=2)
    model.save(tmp_path / "model")
    assert other.load(tmp_path / "model.npz") is True
    np.testing.assert_array_equal(model.loss(X), other.loss(X))
    assert list(other.params) == list(model.params)
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert set(file.files) == set(model.params) | set(model.state)


@every_model
def test_state_is_what_batchnorm_has_seen(make):
    model = make(seed=0)
    bn_params = [name for name in model.net.settings if name.startswith("bn_param")]
    assert list(model.state) == [f"{name}.{key}" for name in bn_params for key in ("running_mean", "running_var")]
    before = {name: array.copy() for name, array in model.state.items()}
    train_once(model)
    X, _ = inputs(model, seed=1)
    after, scores = model.state, model.loss(X)
    for name, array in after.items():
        assert not np.array_equal(array, before[name])
    model.state = before
    assert not before or not np.array_equal(model.loss(X), scores)
    model.state = after
    np.testing.assert_array_equal(model.loss(X), scores)


@every_model
def test_no_nonfinite_value_is_found_where_there_is_none(make):
    model = make(seed=0)
    X, y = inputs(model)
    state = {name: array.copy() for name, array in model.state.items()}
    assert model.first_nonfinite(X, y) is None
    assert model.first_nonfinite(X) is None
    for name, array in model.state.items():
        np.testing.assert_array_equal(array, state[name])
