"""The update rules: one table of closed forms drives every question."""

import math

import numpy as np
import pytest

import solvers
from solvers import UPDATE_RULES

ADAM = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
DEFAULTS = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "nesterov": {"learning_rate": 1e-2, "momentum": 0.9},
    "adagrad": {"learning_rate": 1e-2, "epsilon": 1e-8},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": ADAM,
    "adamw": {**ADAM, "weight_decay": 1e-2},
}
# No default, and an epsilon so large that it shows on which side of the root it stands.
OTHER = {
    "learning_rate": 0.3, "momentum": 0.6, "decay_rate": 0.7, "beta1": 0.5, "beta2": 0.8, "epsilon": 0.2,
    "weight_decay": 0.4,
}
STATE = {
    "sgd": (),
    "sgd_momentum": ("velocity",),
    "nesterov": ("velocity",),
    "adagrad": ("cache",),
    "rmsprop": ("cache",),
    "adam": ("m", "v", "t"),
    "adamw": ("m", "v", "t"),
}
every_rule = pytest.mark.parametrize("name", UPDATE_RULES)


def average(values, rate):
    """The exponential average that starts at zero, as the sum that it is."""
    return sum((1 - rate) * rate ** (len(values) - 1 - i) * value for i, value in enumerate(values))


def closed_form(name, w, g, c):
    """Return w and the state after gradients g[0], g[1], ... as sums over all of them, without recursion."""
    lr, steps = c["learning_rate"], range(1, len(g) + 1)
    if name == "sgd":
        return w - lr * sum(g), {}
    if name in ("sgd_momentum", "nesterov"):
        velocities = [-lr * sum(c["momentum"] ** (k - i) * g[i - 1] for i in range(1, k + 1)) for k in steps]
        ahead = c["momentum"] * velocities[-1] if name == "nesterov" else 0
        return w + sum(velocities) + ahead, {"velocity": velocities[-1]}
    squares = [gradient * gradient for gradient in g]
    if name in ("adagrad", "rmsprop"):
        caches = [sum(squares[:k]) if name == "adagrad" else average(squares[:k], c["decay_rate"]) for k in steps]
        return w - sum(lr * d / (cache**0.5 + c["epsilon"]) for d, cache in zip(g, caches)), {"cache": caches[-1]}
    shrink = 1 - lr * c.get("weight_decay", 0.0)
    w = shrink ** len(g) * w
    for k in steps:
        m, v = average(g[:k], c["beta1"]), average(squares[:k], c["beta2"])
        step = lr * m / (1 - c["beta1"] ** k) / ((v / (1 - c["beta2"] ** k)) ** 0.5 + c["epsilon"])
        w = w - shrink ** (len(g) - k) * step
    return w, {"m": m, "v": v, "t": len(g)}


def draw(shape=(3, 4), steps=3, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape).astype(dtype), [rng.normal(size=shape).astype(dtype) for _ in range(steps)]


def run(name, w, gradients, config=None):
    for dw in gradients:
        w, config = UPDATE_RULES[name](w, dw, config)
    return w, config


def test_the_tables_have_every_rule_under_its_own_name():
    assert set(UPDATE_RULES) == set(DEFAULTS) == set(STATE)
    assert all(getattr(solvers, name) is rule and rule.__name__ == name for name, rule in UPDATE_RULES.items())


@every_rule
def test_defaults_and_state_keys(name):
    w, (dw,) = draw(steps=1)
    _, config = UPDATE_RULES[name](w, dw)
    assert set(config) == set(DEFAULTS[name]) | set(STATE[name])
    assert {key: config[key] for key in DEFAULTS[name]} == DEFAULTS[name]


@every_rule
@pytest.mark.parametrize("settings", ["default", "other"])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_closed_form(name, settings, steps):
    config = DEFAULTS[name] if settings == "default" else {key: OTHER[key] for key in DEFAULTS[name]}
    w, gradients = draw(steps=steps)
    expected_w, expected_state = closed_form(name, w, gradients, config)
    next_w, state = run(name, w, gradients, config)
    np.testing.assert_allclose(next_w, expected_w, rtol=0, atol=1e-12)
    for key, value in expected_state.items():
        np.testing.assert_allclose(state[key], value, rtol=0, atol=1e-12)


@every_rule
def test_converges_on_a_convex_function(name):
    minimum, curvature = np.array([3.0, -2.0, 0.5]), np.array([1.0, 4.0, 0.3])
    w, config = np.zeros(3), {"learning_rate": 0.2 if name != "adagrad" else 1.0}
    if name == "adamw":
        config["weight_decay"] = 0.0
    for _ in range(400):
        w, config = UPDATE_RULES[name](w, curvature * (w - minimum), config)
        config["learning_rate"] *= 0.995
    np.testing.assert_allclose(w, minimum, atol=1e-3)


def test_weight_decay_shrinks_weights_without_gradient():
    w, _ = run("adamw", np.array([2.0]), [np.zeros(1)] * 3, {"learning_rate": 0.1, "weight_decay": 0.5})
    np.testing.assert_allclose(w, 2 * 0.95**3, rtol=1e-15)


@every_rule
def test_nothing_given_is_changed_or_shared(name):
    w, gradients = draw()
    config = {"learning_rate": 0.1}
    for dw in gradients:
        given = [w, dw, *(value for value in config.values() if isinstance(value, np.ndarray))]
        before, before_config = [array.tobytes() for array in given], dict(config)
        for array in given:
            array.flags.writeable = False
        next_w, next_config = UPDATE_RULES[name](w, dw, config)
        assert [array.tobytes() for array in given] == before
        assert config.keys() == before_config.keys()
        assert all(config[key] is before_config[key] for key in config)
        results = [next_w, *(value for value in next_config.values() if isinstance(value, np.ndarray))]
        assert not any(np.shares_memory(new, old) for new in results for old in given)
        w, config = next_w, next_config


@every_rule
def test_one_config_handed_to_two_parameters_gives_two_states(name):
    config = {"learning_rate": 0.1}
    w, (dw, other, dw_next) = draw()
    alone, _ = run(name, w, [dw, dw_next], config)
    between, state = UPDATE_RULES[name](w, dw, config)
    _, other_state = UPDATE_RULES[name](w, other, config)
    between, _ = UPDATE_RULES[name](between, dw_next, state)
    assert config == {"learning_rate": 0.1}
    np.testing.assert_array_equal(between, alone)
    assert not any(np.shares_memory(state[key], other_state[key]) for key in set(STATE[name]) - {"t"})


@every_rule
@pytest.mark.parametrize("gradient_dtype", [np.float32, np.float64])
def test_float32_stays_float32_whatever_the_settings_are(name, gradient_dtype):
    config = {key: np.float64(value) for key, value in DEFAULTS[name].items()}
    w, gradients = draw(dtype=np.float32)
    w, config = run(name, w, [dw.astype(gradient_dtype) for dw in gradients], config)
    assert w.dtype == np.float32
    assert all(config[key].dtype == np.float32 for key in set(STATE[name]) - {"t"})


@every_rule
def test_float64_parameters_stay_float64_with_a_float32_gradient(name):
    w, gradients = draw()
    w, config = run(name, w, [dw.astype(np.float32) for dw in gradients])
    assert w.dtype == np.float64
    assert all(config[key].dtype == np.float64 for key in set(STATE[name]) - {"t"})


@every_rule
@pytest.mark.parametrize("layout", [np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2], lambda a: a[::-1]])
def test_the_layout_in_memory_does_not_matter(name, layout):
    w, gradients = draw()
    gradients = [layout(dw) for dw in gradients]
    expected, _ = run(name, np.ascontiguousarray(layout(w)), [np.ascontiguousarray(dw) for dw in gradients])
    np.testing.assert_array_equal(run(name, layout(w), gradients)[0], expected)


@every_rule
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0, 3), (2, 3, 1, 2)])
def test_any_shape(name, shape):
    w, config = run(name, *draw(shape=shape))
    assert w.shape == shape
    assert all(np.shape(config[key]) == shape for key in set(STATE[name]) - {"t"})


@every_rule
def test_a_zero_gradient_leaves_the_parameter_finite_and_in_place(name):
    w = np.array([1.0, -2.0], dtype=np.float32)
    config = {"weight_decay": 0.0} if name == "adamw" else None
    np.testing.assert_array_equal(run(name, w, [np.zeros_like(w)] * 3, config)[0], w)


@every_rule
@pytest.mark.parametrize("shape", [(4, 3), (1, 4), (3, 1), (4,), (), (3, 4, 1)])
def test_a_gradient_of_another_shape_is_refused(name, shape):
    w, _ = draw()
    with pytest.raises(ValueError) as error:
        UPDATE_RULES[name](w, np.ones(shape))
    assert str(error.value) == f"{name}: dw has shape {shape}; w has shape (3, 4) and dw needs the same"


@pytest.mark.parametrize("name, key", [(name, key) for name in STATE for key in STATE[name] if key != "t"])
@pytest.mark.parametrize("shape", [(4, 3), (1, 4), (), (12,)])
def test_a_resumed_state_of_another_shape_is_refused(name, key, shape):
    w, (dw,) = draw(steps=1)
    with pytest.raises(ValueError) as error:
        UPDATE_RULES[name](w, dw, {key: np.zeros(shape)})
    assert str(error.value) == f"{name}: {key} has shape {shape}; w has shape (3, 4) and it needs the same"


@every_rule
def test_an_unknown_key_is_answered_with_the_known_ones(name):
    w, (dw,) = draw(steps=1)
    with pytest.raises(ValueError) as error:
        UPDATE_RULES[name](w, dw, {"learning_rate": 0.1, "lr": 0.1})
    known = ", ".join([*DEFAULTS[name], *STATE[name]])
    assert str(error.value) == f"{name}: unknown config key 'lr'; known are {known}"


NO_NUMBERS = [math.nan, math.inf, -math.inf, "0.1", None, True, np.array([0.1]), 1j]
BAD = {key: [*NO_NUMBERS, -0.1] for key in OTHER}
BAD["epsilon"] += [0.0]
for key in ("momentum", "decay_rate", "beta1", "beta2"):
    BAD[key] += [1.0, 1.5]


@pytest.mark.parametrize("name, key", [(name, key) for name in DEFAULTS for key in DEFAULTS[name]])
def test_a_setting_that_is_not_allowed_is_refused_by_name_and_value(name, key):
    w, (dw,) = draw(steps=1)
    for value in BAD[key]:
        with pytest.raises(ValueError) as error:
            UPDATE_RULES[name](w, dw, {key: value})
        assert str(error.value).startswith(f"{name}: {key} must be a finite number")
        assert str(error.value).endswith(f", got {value!r}")


@pytest.mark.parametrize("name", ["adam", "adamw"])
@pytest.mark.parametrize("t", [-1, 1.0, True, None])
def test_a_step_count_that_is_no_count_is_refused(name, t):
    with pytest.raises(ValueError, match=f"{name}: t must be an integer >= 0, got {t!r}"):
        UPDATE_RULES[name](np.ones(1), np.ones(1), {"t": t})


@every_rule
def test_a_learning_rate_of_zero_is_allowed(name):
    w, gradients = draw()
    np.testing.assert_array_equal(run(name, w, gradients, {"learning_rate": 0})[0], w)


@every_rule
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, np.float16, complex, object, "U1"])
def test_a_parameter_that_is_not_float32_or_float64_is_refused(name, dtype):
    with pytest.raises(TypeError, match=f"{name}: w must be float32 or float64, got {np.dtype(dtype)}"):
        UPDATE_RULES[name](np.ones(2).astype(dtype), np.ones(2))


@every_rule
@pytest.mark.parametrize("dtype", [bool, complex, object, "U1"])
def test_a_gradient_that_holds_no_real_numbers_is_refused(name, dtype):
    with pytest.raises(TypeError, match=f"{name}: dw must be an array of real numbers, got {np.dtype(dtype)}"):
        UPDATE_RULES[name](np.ones(2), np.ones(2).astype(dtype))


@every_rule
def test_a_config_that_is_no_dict_is_refused(name):
    with pytest.raises(TypeError, match=f"{name}: config must be a dict, got float"):
        UPDATE_RULES[name](np.ones(2), np.ones(2), 0.1)
