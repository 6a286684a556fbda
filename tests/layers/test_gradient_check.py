"""The checker is checked: the course's functions, and planted faults that `check_layer` has to find and name."""

import copy

import numpy as np
import pytest

import layers
from layers import Layer, affine, batchnorm, check_layer, conv, dropout, layernorm, max_pool, relu, softmax, tanh
from layers import eval_numerical_gradient, eval_numerical_gradient_array, grad_check_sparse, rel_error

from .rows import distinct, pool
from .test_pool import overwriting_backward


def test_rel_error_is_the_course_s():
    assert rel_error(np.array([1.0, 2.0]), np.array([1.0, 3.0])) == 1 / 5
    assert rel_error(np.array([1.0]), np.array([-1.0])) == 1
    assert rel_error(np.array([0.0]), np.array([1e-9])) == pytest.approx(0.1)
    assert rel_error(2.0, 2.0) == rel_error(np.zeros(0), np.zeros(0)) == 0
    assert type(rel_error(np.float32([1]), np.float32([2]))) is float
    with pytest.raises(ValueError, match=r"^rel_error: x has shape \(2,\) and y has shape \(3,\); expected one shape$"):
        rel_error(np.zeros(2), np.zeros(3))


def test_numerical_gradient_of_a_number(capsys):
    x = np.random.default_rng(0).standard_normal((2, 3))
    np.testing.assert_allclose(eval_numerical_gradient(lambda x: np.sum(x**3), x, verbose=False), 3 * x**2, rtol=1e-8)
    assert capsys.readouterr().out == ""
    assert eval_numerical_gradient(lambda x: x**2, np.array(3.0), False, 1e-3) == pytest.approx(6)


def test_numerical_gradient_is_centred():
    """At h = 0.5 the centred difference of x^2 is exact; a one-sided one is not."""
    x = np.array([1.0, -2.0])
    assert eval_numerical_gradient(lambda x: np.sum(x**2), x, verbose=False, h=0.5).tolist() == [2, -4]
    assert eval_numerical_gradient_array(lambda x: x**2, x, np.array([1.0, 3.0]), h=0.5).tolist() == [2, -12]


def test_numerical_gradient_prints_each_entry(capsys):
    eval_numerical_gradient(lambda x: np.sum(x * [[1.0, 4.0]]), np.zeros((1, 2)), h=0.5)
    assert capsys.readouterr().out == "(0, 0) 1.0\n(0, 1) 4.0\n"


def test_numerical_gradient_of_an_array_weighs_by_df():
    rng = np.random.default_rng(1)
    x, w, df = rng.standard_normal((2, 3)), rng.standard_normal((3, 4)), rng.standard_normal((2, 4))
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: x @ w, x, df), df @ w.T, rtol=1e-8)
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda w: x @ w, w, df), x.T @ df, rtol=1e-8)


def test_a_function_that_returns_x_itself():
    assert eval_numerical_gradient_array(lambda x: x, np.zeros(2), np.array([1.0, 2.0]), h=0.5).tolist() == [1, 2]


COURSE = [
    lambda f, x: eval_numerical_gradient(f, x, verbose=False),
    lambda f, x: eval_numerical_gradient_array(f, x, 1.0),
    lambda f, x: grad_check_sparse(f, x, np.zeros_like(x)),
]


@pytest.mark.parametrize("check", COURSE)
def test_x_is_restored_to_the_bit(check, capsys):
    x = np.random.default_rng(2).standard_normal((2, 3)) * 1e-3
    before = x.tobytes()
    check(lambda x: np.sum(x**2), x)
    assert x.tobytes() == before


@pytest.mark.parametrize("check", COURSE)
@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_x_is_restored_when_f_raises(check, fails_at, capsys):
    x = np.random.default_rng(2).standard_normal((2, 3))
    before, calls = x.tobytes(), []

    def f(x):
        calls.append(x.copy())
        if len(calls) == fails_at:
            raise KeyError("f")
        return np.sum(x**2)

    with pytest.raises(KeyError):
        check(f, x)
    assert x.tobytes() == before
    assert (calls[-1] != x).sum() == 1


def test_grad_check_sparse_prints_as_in_the_course(capsys):
    answer = grad_check_sparse(lambda x: np.sum(x) * 2, np.zeros((2, 2)), np.full((2, 2), 3.0), num_checks=4, h=0.5)
    assert answer is None
    line = "numerical: 2.000000 analytic: 3.000000, relative error: 2.000000e-01\n"
    assert capsys.readouterr().out == 4 * line
    grad_check_sparse(lambda x: np.sum(x) * 2, np.zeros((2, 2)), np.full((2, 2), 2.0), h=0.5)
    assert capsys.readouterr().out.count("relative error: 0.000000e+00\n") == 10
    grad_check_sparse(lambda x: 0.0 * np.sum(x), np.zeros(2), np.zeros(2), num_checks=1)
    assert capsys.readouterr().out.endswith("relative error: 0.000000e+00\n")


def spoil(layer, change):
    """The layer with another backward: change(grads, dout, cache) -> grads, each grads a list."""

    def backward(dout, cache):
        grads = layer.backward(dout, cache)
        grads = change(list(grads) if isinstance(grads, tuple) else [grads], dout, cache)
        return tuple(grads) if len(grads) > 1 else grads[0]

    return Layer(layer.forward, backward, layer.settings)


def replace(position, make):
    def change(grads, dout, cache):
        grads[position] = make(grads[position], dout, cache)
        return grads

    return change


def swap(grads, dout, cache):
    dx, dgamma, dbeta = grads
    return [dx, dbeta, dgamma]


def one_entry(grad, dout, cache):
    grad = grad.copy()
    grad[1, 2] += 1e-4
    return grad


def stale(layer):
    """A layer whose backward uses the x of its first call for ever."""
    kept = []

    def backward(dout, cache):
        kept.append(cache)
        return layer.backward(dout, kept[0])

    return Layer(layer.forward, backward)


AFFINE = (4, 5), ((5, 5), (5,)), ()
NORM = (4, 5), ((5,), (5,)), ({"mode": "train"},)
IMAGES = (2, 2, 5, 6), (), (pool(3, 2, 1),)
CONV = (2, 2, 5, 4), ((3, 2, 3, 2), (3,)), ({"stride": 1, "pad": 1},)
X = (4, 5), (), ()

FAULTS = {
    "sign of dx": (affine, replace(0, lambda dx, *_: -dx), AFFINE, {"dx"}),
    "dw N times too large": (affine, replace(1, lambda dw, *_: 4 * dw), AFFINE, {"dw"}),
    "db is not summed": (affine, replace(2, lambda db, dout, _: dout[0]), AFFINE, {"db"}),
    "db is a mean": (affine, replace(2, lambda db, dout, _: dout.mean(axis=0)), AFFINE, {"db"}),
    "dw transposed": (affine, replace(1, lambda dw, *_: dw.T), AFFINE, {"dw"}),
    "dx uses w for w.T": (affine, replace(0, lambda dx, dout, cache: dout @ cache[1]), AFFINE, {"dx"}),
    "one wrong entry": (affine, replace(1, one_entry), AFFINE, {"dw"}),
    "gamma and beta swapped": (batchnorm, swap, NORM, {"dgamma", "dbeta"}),
    "the mean's share is missing": (batchnorm, replace(0, lambda dx, d, c: d * c[2] / c[1]), NORM, {"dx"}),
    "layernorm's gamma over the wrong axis": (
        layernorm, replace(1, lambda dgamma, d, c: (d * c[0]).sum(axis=1)[[0, 1, 2, 3, 0]]),
        ((4, 5), ((5,), (5,)), ({},)), {"dgamma"}),
    "= for +=": (max_pool, lambda grads, d, c: [overwriting_backward(d, c)], IMAGES, {"dx"}),
    "sign of the mask": (relu, replace(0, lambda dx, d, x: d * (x < 0)), X, {"dx"}),
    "no mask": (relu, replace(0, lambda dx, d, x: d), X, {"dx"}),
    "tanh without the square": (tanh, replace(0, lambda dx, d, out: d * (1 - out)), X, {"dx"}),
    "a small smooth error": (tanh, replace(0, lambda dx, d, out: dx * (1 + 1e-6)), X, {"dx"}),
    "softmax by its diagonal": (softmax, replace(0, lambda dx, d, out: d * out * (1 - out)), X, {"dx"}),
    "filters flipped": (conv, replace(1, lambda dw, *_: dw[:, :, ::-1, ::-1]), CONV, {"dw"}),
    "db over the images alone": (conv, replace(2, lambda db, d, _: d[:, :, 0, 0].sum(axis=0)), CONV, {"db"}),
    "dropout's scale forgotten": (
        dropout, replace(0, lambda dx, d, c: d * (c[1] > 0)),
        (*X[:2], ({"p": 0.6, "mode": "train", "seed": 0},)), {"dx"}),
}  # fmt: skip


def check(layer, case):
    x, arrays, settings = case
    values = distinct(np.random.default_rng(4), x, *arrays)
    return {check.name: check for check in check_layer(layer, values[0], values[1:], settings)}


@pytest.mark.parametrize("layer, change, case, wrong", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found_named_and_not_blamed_on_a_kink(layer, change, case, wrong):
    right = check(layer, case)
    assert all(result.error <= 1e-7 for result in right.values())
    results = check(spoil(layer, change), case)
    assert {name for name, result in results.items() if result.error > 1e-7} == wrong
    for name in wrong:
        assert results[name].num_kinks == 0 and not results[name].kink_near
        assert "kink" not in str(results[name])


def test_the_place_and_both_values_of_the_worst_entry():
    right = check(affine, AFFINE)["dw"]
    wrong = check(spoil(affine, replace(1, one_entry)), AFFINE)["dw"]
    assert wrong.index == (1, 2)
    assert wrong.analytic - wrong.numerical == pytest.approx(1e-4, rel=1e-4)
    assert (wrong.num_checked, right.num_checked) == (25, 25)
    assert str(wrong) == f"dw: error {wrong.error:.1e}, largest at (1, 2): analytic {wrong.analytic:.9g}, " \
        f"numerical {wrong.numerical:.9g}"  # fmt: skip


def test_a_nan_in_a_gradient_is_the_worst_entry():
    def put_nan(dw, *_):
        dw[3, 1] = np.nan
        return dw

    result = check(spoil(affine, replace(1, put_nan)), AFFINE)["dw"]
    assert not result.error <= 1e-7
    assert result.index == (3, 1) and np.isnan(result.analytic)


def test_a_stale_cache_is_found_with_another_input():
    """The first input is remembered: at the second one the gradient is wrong."""
    layer = stale(affine)
    first, second = (distinct(np.random.default_rng(seed), (4, 5), (5, 3), (3,)) for seed in (0, 1))
    assert all(result.error <= 1e-7 for result in check_layer(layer, first[0], first[1:]))
    errors = {result.name: result.error for result in check_layer(layer, second[0], second[1:])}
    assert errors["dx"] > 0.1 and errors["dw"] > 0.1 and errors["db"] <= 1e-7


def test_a_kink_of_relu_is_said_to_be_near():
    x = np.array([[-1.0, 0.0, 2.0], [0.5, 3.0, -0.5]])
    (result,) = check_layer(relu, x)
    assert result.index == (0, 1)
    assert (result.kink_near, result.num_kinks) == (True, 1)
    assert str(result).endswith("; a kink is near")
    (close,) = check_layer(relu, np.where(x == 0, 1e-5, x))
    assert close.kink_near and close.index == (0, 1)


def test_a_tie_in_a_pool_is_a_kink():
    x = distinct(np.random.default_rng(5), (1, 1, 4, 4))[0]
    x[0, 0, :2, :2] = [[7.0, 7.0], [0.1, 0.2]]
    (result,) = check_layer(max_pool, x, settings=[pool(2, 2, 2)])
    assert (result.kink_near, result.num_kinks) == (True, 2)
    assert result.index in [(0, 0, 0, 0), (0, 0, 0, 1)]


def test_a_wrong_gradient_beside_a_kink_is_still_wrong():
    """The kink at one entry does not excuse the other entries."""
    x = np.array([[-1.0, 0.0, 2.0], [0.5, 3.0, -0.5]])
    (result,) = check_layer(spoil(relu, replace(0, lambda dx, *_: 3 * dx)), x, dout=np.ones((2, 3)))
    assert result.num_kinks == 1
    assert not result.kink_near and result.index in [(0, 2), (1, 0), (1, 1)]


def test_a_steep_curve_is_no_kink():
    """A wave so fast that the slopes over h and over 2h differ to the eye; the wrong sign is not excused by it."""
    wave = Layer(lambda x: (np.sin(50 * x), x), lambda dout, x: -50 * dout * np.cos(50 * x))
    (result,) = check_layer(wave, distinct(np.random.default_rng(5), (3, 4))[0])
    assert result.error > 1 and result.num_kinks == 0


def test_state_stands_still():
    """Neither running statistics nor generators move, and x and the arrays are only read."""
    values = distinct(np.random.default_rng(6), (4, 3), (3,), (3,))
    before = [value.tobytes() for value in values]
    bn_param = {"mode": "train", "running_mean": np.ones(3), "running_var": np.ones(3)}
    check_layer(batchnorm, values[0], values[1:], [bn_param])
    assert (bn_param["running_mean"] == 1).all() and (bn_param["running_var"] == 1).all()
    dropout_param = {"p": 0.5, "mode": "train", "rng": np.random.default_rng(7)}
    state = copy.deepcopy(dropout_param["rng"].bit_generator.state)
    (result,) = check_layer(dropout, values[0], settings=[dropout_param])
    assert result.error <= 1e-7
    assert dropout_param["rng"].bit_generator.state == state
    assert [value.tobytes() for value in values] == before


def test_float32_is_checked_in_float64():
    values = [value.astype(np.float32) for value in distinct(np.random.default_rng(8), *(AFFINE[0], *AFFINE[1]))]
    assert all(result.error <= 1e-9 for result in check_layer(affine, values[0], values[1:]))


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda grads, *_: grads[:2], r"returned 2 gradients; expected \['dx', 'dw', 'db'\]"),
        (lambda grads, *_: [*grads, grads[0]], "returned 4 gradients; expected"),
        (replace(0, lambda dx, *_: dx.T), r"returned dx of shape \(5, 4\); expected \(4, 5\)"),
        (replace(2, lambda db, *_: db[np.newaxis]), r"returned db of shape \(1, 5\); expected \(5,\)"),
        (replace(2, lambda db, *_: 0.0), r"returned db of shape \(\); expected \(5,\)"),
        (replace(2, lambda db, *_: None), r"returned db of shape \(\); expected \(5,\)"),
    ],
)
def test_a_wrong_count_or_shape_is_refused(change, message):
    with pytest.raises(ValueError, match=f"^check_layer: affine_backward {message}"):
        check(spoil(affine, change), AFFINE)


@pytest.mark.parametrize(
    "num_checks, expected", [(1, (1, 1, 1)), (7, (7, 7, 5)), (100, (20, 25, 5)), (None, (20, 25, 5))]
)
def test_num_checks_bounds_the_entries_of_each_array(num_checks, expected):
    values = distinct(np.random.default_rng(9), AFFINE[0], *AFFINE[1])
    results = check_layer(affine, values[0], values[1:], num_checks=num_checks)
    assert tuple(result.num_checked for result in results) == expected


def test_the_entries_checked_differ_with_the_seed():
    values = distinct(np.random.default_rng(9), AFFINE[0], *AFFINE[1])
    places = {check_layer(affine, values[0], values[1:], num_checks=1, seed=seed)[0].index for seed in range(20)}
    assert len(places) > 5
    again = [check_layer(affine, values[0], values[1:], num_checks=3, seed=2) for _ in range(2)]
    assert again[0] == again[1]


def test_no_entry_is_checked_twice():
    """24 of 25 entries: the one wrong entry is missed by 1 seed in 25, not by 1 in 3."""
    values = distinct(np.random.default_rng(9), AFFINE[0], *AFFINE[1])
    faulty = spoil(affine, replace(1, one_entry))
    found = [check_layer(faulty, values[0], values[1:], num_checks=24, seed=seed)[1].error > 1e-7 for seed in range(20)]
    assert sum(found) >= 17


def test_the_upstream_gradient_is_random_unless_given():
    """All ones would hide a softmax whose gradient is 0 by fault."""
    silent = spoil(softmax, replace(0, lambda dx, *_: 0 * dx))
    (x,) = distinct(np.random.default_rng(9), (3, 4))
    assert check_layer(silent, x)[0].error > 0.1
    assert check_layer(silent, x, dout=np.ones((3, 4)))[0].error <= 1e-3


def test_nothing_to_check_is_no_error():
    (result,) = check_layer(relu, np.zeros((0, 3)))
    assert (result.error, result.num_checked) == (0, 0)


def test_composites_are_checked_by_the_names_of_their_arguments():
    net = layers.chain(layers.affine_relu, layers.affine)
    values = distinct(np.random.default_rng(10), (3, 4), (4, 5), (5,), (5, 2), (2,))
    assert [result.name for result in check_layer(net, values[0], values[1:])] == ["dx", "dw1", "db1", "dw2", "db2"]


@pytest.mark.parametrize("check", [eval_numerical_gradient, lambda f, x: eval_numerical_gradient_array(f, x, np.ones(2))])
def test_integers_and_lists_are_refused(check):
    for x in (np.array([1, 2]), [1.0, 2.0]):
        with pytest.raises(TypeError, match="x must be .* float32 or float64"):
            check(lambda x: x, x)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"df has shape \(3,\); expected \(2, 1\)"):
        eval_numerical_gradient_array(lambda x: x, np.ones((2, 1)), np.ones(3))
    with pytest.raises(ValueError, match=r"analytic_grad has shape \(3,\); expected \(2,\)"):
        grad_check_sparse(np.sum, np.ones(2), np.ones(3))


def test_a_random_layer_is_asked_for_a_seed():
    with pytest.raises(ValueError, match="dropout gives two outputs for one input.*seed"):
        check_layer(layers.dropout, np.ones((4, 5)), settings=[{"p": 0.5, "mode": "train"}])


def test_what_is_no_layer_is_refused():
    with pytest.raises(TypeError, match="layer must be a Layer, got function"):
        check_layer(layers.relu_forward, np.ones(2))
