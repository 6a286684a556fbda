"""What a Classifier refuses and names; what all models do is in `test_every_model`."""

import copy
import re
import sys
import weakref
from functools import partial

import numpy as np
import pytest

from layers import Layer, affine, affine_bn_relu, affine_ln_relu, affine_relu, chain, mse_loss, relu, svm_loss
from models import Classifier, FullyConnectedNet
from models.files import save_arrays

X = np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 2.0]])
y = np.array([0, 1, 1])


def make_params():
    return {
        "W1": np.array([[1.0, 2.0], [3.0, 5.0]]),
        "b1": np.zeros(2),
        "gamma1": np.ones(2),
        "beta1": np.zeros(2),
        "W2": np.eye(2),
        "b2": np.ones(2),
    }


def make_model(**changed):
    return Classifier(chain(affine_bn_relu, affine), make_params() | changed, [{"mode": "train"}])


def test_loss_is_the_net_and_the_loss_function():
    params = {"W1": np.array([[1.0, 2.0], [3.0, 5.0]]), "b1": np.array([0.5, -1.0])}
    scores = X @ params["W1"] + params["b1"]
    for loss_function, target in ((svm_loss, y), (mse_loss, X)):
        model = Classifier(affine, params, loss_function=loss_function)
        np.testing.assert_array_equal(model.loss(X), scores)
        expected, dscores = loss_function(scores, target)
        loss, grads = model.loss(X, target)
        assert loss == expected
        np.testing.assert_array_equal(grads["W1"], X.T @ dscores)
        np.testing.assert_array_equal(grads["b1"], dscores.sum(axis=0))


def test_labels_mean_train_mode_and_none_test_mode():
    bn_param, ln_param = {"mode": "test"}, {}
    net = chain(affine_bn_relu, affine_ln_relu, affine)
    params = {f"{name}{i}": value for i in (1, 2) for name, value in (("W", np.eye(2)), *zero_one())}
    model = Classifier(net, params | {"W3": np.eye(2), "b3": np.zeros(2)}, (bn_param, ln_param))
    model.loss(X, y)
    assert bn_param["mode"] == "train" and ln_param == {}
    state = model.state
    model.loss(X)
    assert bn_param["mode"] == "test"
    for name, array in model.state.items():
        np.testing.assert_array_equal(array, state[name])


def zero_one():
    return ("b", np.zeros(2)), ("gamma", np.ones(2)), ("beta", np.zeros(2))


def test_the_keys_decide_not_the_order_in_which_params_are_later():
    model, turned = make_model(), make_model()
    turned.params = dict(reversed(turned.params.items()))
    np.testing.assert_array_equal(turned.loss(X), model.loss(X))
    (loss, grads), (other_loss, other_grads) = model.loss(X, y), turned.loss(X, y)
    assert loss == other_loss
    for key, grad in grads.items():
        np.testing.assert_array_equal(grad, other_grads[key])


def test_parameters_in_another_order_are_refused():
    params = make_params()
    swapped = {key: params[key] for key in ("W1", "b1", "beta1", "gamma1", "W2", "b2")}
    came, taken = ["W1", "b1", "beta1", "gamma1", "W2", "b2"], ["w1", "b1", "gamma", "beta", "w2", "b2"]
    with pytest.raises(ValueError, match=re.escape(f"params are {came}; the net takes {taken}, in this order")):
        Classifier(chain(affine_bn_relu, affine), swapped, [{"mode": "train"}])


@pytest.mark.parametrize("drop, more", [("b2", {}), ("", {"b3": np.zeros(2)})])
def test_too_few_or_too_many_parameters_are_refused(drop, more):
    params = {key: array for key, array in make_params().items() if key != drop} | more
    with pytest.raises(ValueError, match="Classifier: params are .* in this order"):
        Classifier(chain(affine_bn_relu, affine), params, [{"mode": "train"}])


def test_a_net_without_parameters_is_refused():
    with pytest.raises(ValueError, match="Classifier: params are"):
        Classifier(relu, {})


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros(2, dtype=int), "Classifier: b1 must be an ndarray of float32 or float64, got dtype int64"),
        (np.zeros(2, dtype=object), "Classifier: b1 must be an ndarray of float32 or float64, got dtype object"),
        ([0.0, 0.0], "Classifier: b1 must be an ndarray of float32 or float64, got list"),
        (np.zeros(2, dtype=np.float32), "Classifier: params must all have one dtype; they have W1 float64, b1 float32"),
    ],
)
def test_parameters_of_another_or_mixed_dtype_are_refused(array, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        make_model(b1=array)


@pytest.mark.parametrize("settings", [(), ({"mode": "train"}, {}), ("train",)])
def test_the_wrong_settings_are_refused(settings):
    with pytest.raises(ValueError, match=re.escape("Classifier: settings must be 1 dicts, for ['bn_param']; got")):
        Classifier(chain(affine_bn_relu, affine), make_params(), settings)


def test_a_net_that_is_no_layer_is_refused():
    with pytest.raises(TypeError, match="Classifier: net must be a Layer, got tuple"):
        Classifier(tuple(affine_relu), make_params())


@pytest.mark.parametrize("reg", [-1, np.nan, np.inf, "0", True])
def test_a_regularisation_that_is_no_strength_is_refused(reg):
    with pytest.raises(ValueError, match="Classifier: reg must be a finite number >= 0"):
        Classifier(affine, {"W1": np.eye(2), "b1": np.zeros(2)}, reg=reg)


def test_a_numpy_number_as_regularisation_keeps_float32():
    model = Classifier(affine, {"W1": np.eye(2, dtype=np.float32), "b1": np.zeros(2, dtype=np.float32)})
    model.reg = np.float64(0.5)
    loss, grads = model.loss(X, y)
    assert type(loss) is float and grads["W1"].dtype == np.float32


@pytest.mark.parametrize("dtype", [bool, object, complex, "U3"])
def test_examples_of_no_number_type_are_refused(dtype):
    model = make_model()
    for ask in (model.loss, partial(model.loss, y=y), model.first_nonfinite):
        with pytest.raises(TypeError, match="X must be an ndarray of floats or integers, got dtype"):
            ask(np.ones((3, 2)).astype(dtype))
    with pytest.raises(TypeError, match="FullyConnectedNet.loss: X must be an ndarray of floats or integers, got list"):
        FullyConnectedNet([2], input_dim=2).loss([[1.0, 2.0]])


# State


def test_state_of_unknown_missing_or_misshapen_arrays_is_refused_and_nothing_changed():
    model = make_model()
    model.loss(X, y)
    state = copy.deepcopy(model.state)
    mean, var = "bn_param.running_mean", "bn_param.running_var"
    sevens = np.full(2, 7.0)
    for given, message in (
        ({mean: sevens}, "missing ['bn_param.running_var'], unknown []; the model has"),
        (state | {"bn_param2.running_var": sevens}, "missing [], unknown ['bn_param2.running_var']"),
        ({mean: sevens, var: np.ones(3)}, "running_var has shape (3,) and dtype float64"),
        ({mean: sevens, var: np.ones(2, np.float32)}, "the model needs (2,) and float64"),
    ):
        with pytest.raises(ValueError, match="Classifier.state: .*" + re.escape(message)):
            model.state = given
        for name, array in model.state.items():
            np.testing.assert_array_equal(array, state[name])


def test_state_is_taken_as_a_copy():
    model = make_model()
    given = {"bn_param.running_mean": np.zeros(2), "bn_param.running_var": np.ones(2)}
    model.state = given
    given["bn_param.running_var"][:] = 5
    np.testing.assert_array_equal(model.state["bn_param.running_var"], [1, 1])


def test_running_statistics_given_in_the_settings_are_kept():
    settings = {"mode": "test", "running_mean": np.array([1.0, 2.0]), "running_var": np.array([3.0, 4.0])}
    model = Classifier(chain(affine_bn_relu, affine), make_params(), [settings])
    np.testing.assert_array_equal(model.state["bn_param.running_mean"], [1, 2])
    np.testing.assert_array_equal(model.state["bn_param.running_var"], [3, 4])


# Where the first value that is not finite is


def planted(value, backward=1.0):
    """A layer that makes one value of its output, and of its gradient, what it is told."""

    def planted_forward(x):
        out = x.copy()
        out[-1, -1] *= value
        return out, None

    def planted_backward(dout, cache):
        return dout * backward

    return Layer(planted_forward, planted_backward)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "parts, name",
    [
        ([planted, affine_bn_relu, affine], "planted (layer 1 of 5)"),
        ([affine_bn_relu, planted, affine], "planted (layer 4 of 5)"),
        ([affine_bn_relu, affine, planted], "planted (layer 5 of 5)"),
    ],
)
def test_the_layer_is_named(value, parts, name):
    net = chain(*(planted(value) if part is planted else part for part in parts))
    bn_param = {"mode": "train", "running_mean": np.zeros(2), "running_var": np.ones(2)}
    model = Classifier(net, make_params() | {"b1": np.ones(2), "beta1": np.ones(2)}, [bn_param])
    assert model.first_nonfinite(X, y) == model.first_nonfinite(X) == name
    np.testing.assert_array_equal(bn_param["running_mean"], 0)
    np.testing.assert_array_equal(bn_param["running_var"], 1)


def test_a_parameter_or_the_input_comes_before_the_layers():
    model = make_model()
    assert model.first_nonfinite(X + np.array([0, np.nan]), y) == "the input"
    model.params["b1"] = np.array([0, np.inf])
    model.params["W2"] = np.full((2, 2), np.nan)
    assert model.first_nonfinite(X, y) == "parameter b1"


def test_an_overflow_inside_is_named_without_a_warning():
    huge = {"W1": np.eye(2) * 1e200, "b1": np.zeros(2), "W2": np.eye(2) * 1e200, "b2": np.zeros(2)}
    model = Classifier(chain(affine_relu, affine), huge)
    assert model.first_nonfinite(X, y) == "affine (layer 3 of 3)"


def test_the_loss_and_the_gradients_come_after_the_layers():
    params = {"W1": np.eye(2), "b1": np.zeros(2), "W2": np.eye(2), "b2": np.zeros(2)}
    infinite = Classifier(chain(affine_relu, affine), params, loss_function=lambda scores, y: (np.inf, scores))
    assert infinite.first_nonfinite(X) is None
    assert infinite.first_nonfinite(X, y) == "the loss"
    # Backward comes from the end of the net: W2 and b2 are still finite, b1 is the first that is not.
    between = Classifier(chain(affine, planted(1.0, backward=np.inf), affine), params)
    assert between.first_nonfinite(X, y) == "the gradient of b1"


def test_looking_is_in_train_mode():
    model = make_model()
    model.state = {name: np.full(2, np.inf) for name in model.state}
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(model.loss(X)).all()
    assert model.first_nonfinite(X) is None


def test_looking_does_not_draw_from_the_generators():
    def scores(look):
        rng = np.random.default_rng(0)
        model = FullyConnectedNet([8], 2, 2, dropout_keep_ratio=0.5, normalization="batchnorm", seed=rng)
        if look:
            model.first_nonfinite(X, y)
        return model.loss(X, y)[0]

    assert scores(look=True) == scores(look=False)


# Files


def saved(tmp_path, **changed):
    """Write a file as save does, with some arrays changed; None leaves one out."""
    arrays = make_params() | make_model().state | {"W1": np.full((2, 2), 9.0)}
    for key, array in changed.items():
        key = key.replace("__", ".")
        arrays.pop(key, None)
        if array is not None:
            arrays[key] = array
    save_arrays(tmp_path / "m.npz", arrays)
    return tmp_path / "m.npz"


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"b2": None}, "missing ['b2'], unknown []"),
        ({"bn_param__running_var": None}, "missing ['bn_param.running_var'], unknown []"),
        ({"W3": np.eye(2)}, "missing [], unknown ['W3']"),
        ({"b2": np.zeros(3)}, "b2 has shape (3,) and dtype float64; the model needs (2,) and float64"),
        ({"b2": np.zeros((1, 2))}, "b2 has shape (1, 2)"),
        ({"b2": np.zeros(2, np.float32)}, "b2 has shape (2,) and dtype float32"),
        ({"b2": np.zeros(2, complex)}, "b2 has shape (2,) and dtype complex128"),
        ({"bn_param__running_var": np.zeros(3)}, "bn_param.running_var has shape (3,)"),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(tmp_path, changed, message):
    path, model = saved(tmp_path, **changed), make_model()
    before = copy.deepcopy(model.params | model.state)
    with pytest.raises(ValueError, match=re.escape(f"Classifier.load: {path}: ") + ".*" + re.escape(message)):
        model.load(path)
    for key, array in (model.params | model.state).items():
        np.testing.assert_array_equal(array, before[key])


def test_a_file_that_fits_is_taken(tmp_path):
    model = make_model()
    model.load(saved(tmp_path))
    np.testing.assert_array_equal(model.params["W1"], 9)


def pickled(path):
    with open(path, "wb") as file:
        np.savez(file, W1=np.array([{}], dtype=object))


def truncated(path):
    make_model().save(path)
    path.write_bytes(path.read_bytes()[:-100])


def one_bit_flipped(path):
    make_model().save(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"\x93NUMPY") + 130] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [pickled, truncated, one_bit_flipped, lambda path: path.write_bytes(b"")])
def test_a_damaged_or_dangerous_file_is_refused_by_name(tmp_path, spoil):
    path = tmp_path / "m.npz"
    spoil(path)
    with pytest.raises(ValueError, match=re.escape(f"{path} is no .npz file of plain arrays, or is damaged: ")):
        make_model().load(path)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match="m.npz"):
        make_model().load(tmp_path / "m")


@pytest.mark.parametrize("name, written", [("m", "m.npz"), ("m.npz", "m.npz"), ("m.best", "m.best.npz")])
def test_the_ending_is_added_where_it_is_missing(tmp_path, name, written):
    make_model().save(str(tmp_path / name))
    assert [path.name for path in tmp_path.iterdir()] == [written]
    assert make_model().load(str(tmp_path / name)) is True


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = saved(tmp_path)
    content = path.read_bytes()

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="no space left"):
        make_model().save(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_saved_holds_no_objects(tmp_path):
    model = make_model()
    model.params["b1"] = np.array([0, "x"], dtype=object)
    with pytest.raises(ValueError, match="could not convert string to float"):
        model.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before Python 3.11 a call holds what it is given")
@pytest.mark.parametrize("can_skip_dx", [True, False])
def test_loss_hands_the_cache_over_to_backward(can_skip_dx):
    alive = []

    def forward(x, w):
        return x @ w, (x.copy(), w)

    def back(dout, caches):
        x, w = caches.pop()
        kept, dw = weakref.ref(x), x.T @ dout
        del x
        alive.append(kept() is not None)
        return dout @ w.T, dw

    def backward(dout, cache):
        caches = [cache]
        del cache
        return back(dout, caches)

    def backward_skipping(dout, cache, need_dx=True):
        caches = [cache]
        del cache
        return back(dout, caches)

    net = Layer(forward, backward_skipping if can_skip_dx else backward)
    Classifier(net, {"W1": np.eye(2)}).loss(X, y)
    assert net.can_skip_dx == can_skip_dx and alive == [False]
