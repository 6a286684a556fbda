"""All parameters in one go give the numbers of one after the other, bit by bit, and nothing that is held changes."""

import copy
import weakref

import numpy as np
import pytest

from solvers import Solver, all_at_once
from solvers.all_at_once import AllAtOnce
from solvers.optim import UPDATE_RULES, adam, sgd, sgd_momentum
from solvers.optim_into import INTO

from .tiny import SETTINGS, SoftmaxRegression, blobs

RULES = list(UPDATE_RULES.values())
BLOCK, SMALL = 16, 12


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(all_at_once, "BLOCK", BLOCK)
    monkeypatch.setattr(all_at_once, "SMALL", SMALL)


def one_by_one(rule, params, grads, configs):
    results = {name: rule(w, grads[name], configs[name]) for name, w in params.items()}
    return {name: w for name, (w, _) in results.items()}, {name: config for name, (_, config) in results.items()}


def assert_same(got, expected):
    """Two dicts of arrays and numbers, perhaps of dicts of them, agree in names, order of names, types and bits."""
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, dict):
            assert_same(got[name], value)
        elif isinstance(value, (np.ndarray, np.generic)):
            assert got[name].dtype == value.dtype and got[name].shape == value.shape
            assert np.asarray(got[name]).tobytes() == np.asarray(value).tobytes()
        else:
            assert type(got[name]) is type(value) and got[name] == value


def varied(rng):
    """Parameters of all kinds: names, layouts, sizes around that of a block, both dtypes, one read-only."""
    params = {
        "W1": rng.standard_normal((7, 9)).astype(np.float32),
        "b1": rng.standard_normal(9).astype(np.float32),
        "W2": rng.standard_normal((5, 4)),
        "scalar": np.array(1.5, np.float32),
        "nothing": np.zeros((3, 0), np.float32),
        "Fortran": np.asfortranarray(rng.standard_normal((4, 3, 2)).astype(np.float32)),
        "filters": rng.standard_normal((3, 3, 2, 4)).astype(np.float32).transpose(3, 2, 0, 1),
        "with gaps": rng.standard_normal((6, 10)).astype(np.float32)[::2, ::3],
        "backwards": rng.standard_normal(11)[::-1],
        "one row": rng.standard_normal((1, 5, 1)),
    }
    params["b1"].flags.writeable = False
    return params


def like(params, rng):
    """Gradients, in layouts of their own."""
    grads = {name: np.asarray(rng.standard_normal(w.shape)).astype(w.dtype) for name, w in params.items()}
    grads["W1"] = np.asfortranarray(grads["W1"])
    grads["scalar"] = grads["scalar"][()]  # a NumPy scalar, as a sum over all axes gives
    grads["W2"] = grads["W2"].astype(np.float32)  # the rules convert it
    grads["b1"] = (9 * grads["b1"]).astype(np.int64)
    return grads


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_numbers_are_those_of_one_after_the_other(rule, figures):
    rng = np.random.default_rng(0)
    params = expected_params = varied(rng)
    configs = expected_configs = {name: {"learning_rate": 0.1} for name in params}
    update = AllAtOnce(rule)
    for _ in range(5):
        grads = like(params, rng)
        before = copy.deepcopy((params, configs, grads))
        new = update(params, grads, configs)
        assert_same(dict(zip("pcg", (params, configs, grads))), dict(zip("pcg", before)))  # what came is left alone
        params, configs = new
        expected_params, expected_configs = one_by_one(rule, expected_params, grads, expected_configs)
        assert list(params) == list(configs) == list(expected_params)
        assert_same(params, expected_params)
        assert_same(configs, expected_configs)
        figures["updates of all parameters at once, equal to one after the other bit by bit"] += len(params)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1, 5 * BLOCK - 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sizes_around_that_of_a_block(size, dtype):
    rng, sizes = np.random.default_rng(0), []

    def rule(w, dw, config):
        sizes.append(w.size)
        return adam(w, dw, config)

    params = expected = {"w": rng.standard_normal(size).astype(dtype)}
    configs = expected_configs = {"w": {}}
    update = AllAtOnce(rule)
    for _ in range(3):
        grads = {"w": rng.standard_normal(size).astype(dtype)}
        params, configs = update(params, grads, configs)
        expected, expected_configs = one_by_one(adam, expected, grads, expected_configs)
    assert_same(params, expected)
    assert_same(configs, expected_configs)
    assert max(sizes) <= BLOCK and sum(sizes) == 3 * size


def test_many_small_parameters_cost_no_more_than_one():
    """A call with no elements comes first; a large parameter has blocks of its own."""
    sizes = []
    params = {"W": np.ones((4, 5)), **{f"b{number}": np.ones(2) for number in range(8)}}
    AllAtOnce(lambda w, *given: sizes.append(w.size) or sgd(w, *given))(params, params, {name: {} for name in params})
    assert sizes == [0, 16, 16, 4]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_from_the_second_step_on_rules_write_into_memory(rule, monkeypatch):
    """The rule itself is then called no more, but with no elements, to check its settings and to count the step."""
    sizes = []

    def counted(w, dw, config):
        sizes.append(w.size)
        return rule(w, dw, config)

    monkeypatch.setitem(INTO, counted, INTO[rule])
    params, configs, update = {"w": np.ones((4, 5))}, {"w": {}}, AllAtOnce(counted)
    for _ in range(3):
        params, configs = update(params, params, configs)
    assert sizes == ([0, 0, 0] if rule is sgd else [0, 16, 4, 0, 0])


def test_a_setting_that_is_not_allowed_is_refused_at_any_step():
    params, configs, update = {"w": np.ones(3)}, {"w": {}}, AllAtOnce(adam)
    params, configs = update(params, params, configs)
    with pytest.raises(ValueError, match="adam: beta1"):
        update(params, params, {"w": {**configs["w"], "beta1": 2.0}})


def test_parameters_with_settings_of_their_own():
    rng = np.random.default_rng(0)
    params = expected = {name: rng.standard_normal((3, 4)) for name in "abcde"}
    configs = {"a": {"learning_rate": 0.1}, "b": {"learning_rate": 0.2}, "c": {"learning_rate": 0.1}, "d": {}}
    configs["e"] = {"learning_rate": 0.1, "velocity": np.ones((3, 4)), "momentum": 0.5}
    expected_configs, update = configs, AllAtOnce(sgd_momentum)
    for step in range(4):
        grads = {name: rng.standard_normal((3, 4)) for name in params}
        params, configs = update(params, grads, configs)
        expected, expected_configs = one_by_one(sgd_momentum, expected, grads, expected_configs)
        assert_same(params, expected)
        assert_same(configs, expected_configs)
        configs["b"]["learning_rate"] /= 2  # as lr_decay does; the dicts are nobody else's
        expected_configs["b"]["learning_rate"] /= 2
        assert len(update._vectors) == (4, 3, 3, 4)[step]  # what no longer goes together is let go of
        if step == 1:
            configs["b"]["learning_rate"] = expected_configs["b"]["learning_rate"] = 0.1  # still with a and c


def test_parameters_that_were_replaced_or_changed_in_between():
    rng = np.random.default_rng(0)
    params, expected = ({name: np.full((5, 6), 1.0) for name in "ab"} for _ in range(2))
    configs = expected_configs = {name: {"learning_rate": 0.1} for name in params}
    update = AllAtOnce(adam)
    changes = [
        lambda params, configs: None,
        lambda params, configs: params.update(a=np.full((5, 6), 2.0)),  # another array
        lambda params, configs: params["b"].__imul__(0.5),  # the same array, changed in place
        lambda params, configs: configs["a"].update(m=np.zeros((5, 6))),  # the state began anew
        lambda params, configs: configs["b"]["v"].__iadd__(1.0),
        lambda params, configs: params.update(a=params["b"], b=params["a"]),  # exchanged
        lambda params, configs: params.update(a=params["b"]),  # one array twice
        lambda params, configs: params.update(c=np.ones(3)) or configs.update(c={"learning_rate": 0.1, "t": 7}),
        lambda params, configs: params.pop("a") is configs.pop("a"),
        lambda params, configs: params.update(b=np.asfortranarray(params["b"])),
        lambda params, configs: params.update(b=params["b"].astype(np.float32)),
    ]
    for change in changes:
        change(params, configs)
        change(expected, expected_configs)
        grads = {name: rng.standard_normal(w.shape) for name, w in params.items()}
        params, configs = update(params, grads, configs)
        expected, expected_configs = one_by_one(adam, expected, grads, expected_configs)
        assert_same(params, expected)
        assert_same(configs, expected_configs)


@pytest.mark.parametrize("rule", [sgd, adam], ids=["sgd", "adam"])
def test_what_somebody_kept_is_never_overwritten(rule):
    rng = np.random.default_rng(0)
    params = {"w": rng.standard_normal((9, 5)), "b": rng.standard_normal(5)}
    configs, update, kept = {name: {} for name in params}, AllAtOnce(rule), []
    for step in range(30):
        grads = {name: rng.standard_normal(w.shape) for name, w in params.items()}
        params, configs = update(params, grads, configs)
        given = [*params.values(), *(value for config in configs.values() for value in config.values())]
        arrays = [value for value in given if isinstance(value, np.ndarray)]
        array = arrays[int(rng.integers(len(arrays)))]
        if step % 3:
            view = [array, array[2:4], array.T, array.reshape(-1)[::2], memoryview(array)][step % 5]
            kept.append((view, np.array(view)))
        for view, copied in kept:
            np.testing.assert_array_equal(np.asarray(view), copied)
        if step % 7 == 6:
            del kept[:2]
    assert len({id(view) for view, _ in kept}) == len(kept) > 10


def test_memory_is_used_again_when_nobody_keeps_it():
    params, configs, update, owners = {"w": np.ones(50)}, {"w": {}}, AllAtOnce(adam), []
    for _ in range(12):
        params, configs = update(params, params, configs)
        owners.append(weakref.ref(params["w"].base))
    assert [owner() is owners[step % 2]() is not None for step, owner in enumerate(owners)] == [True] * 12


def test_memory_of_another_dtype_is_not_used_again():
    params, configs, update = {"w": np.ones(50)}, {"w": {}}, AllAtOnce(adam)
    for dtype in (np.float64, np.float32, np.float64):
        params, configs = {"w": params["w"].astype(dtype)}, {"w": {}}
        for _ in range(3):
            expected, _ = one_by_one(adam, params, params, configs)
            params, configs = update(params, params, configs)
            assert_same(params, expected)


def test_a_rule_may_keep_more_from_step_to_step():
    def rule(w, dw, config):
        t = config.get("t", 0) + 1
        return w - dw, {"t": t, **{f"state {number}": number * w for number in range(t % 4)}}

    rng, params = np.random.default_rng(0), {"w": np.ones((2, 10)), "b": np.ones(3)}
    expected, configs, update = params, {name: {} for name in params}, AllAtOnce(rule)
    expected_configs = configs
    for _ in range(10):
        grads = {name: rng.standard_normal(w.shape) for name, w in params.items()}
        params, configs = update(params, grads, configs)
        expected, expected_configs = one_by_one(rule, expected, grads, expected_configs)
        assert_same(params, expected)
        assert_same(configs, expected_configs)


@pytest.mark.parametrize("rule", [sgd, adam], ids=["sgd", "adam"])
@pytest.mark.parametrize("fails_at", range(1, 7))
def test_a_rule_that_fails_in_any_block_leaves_all_as_it_was(rule, fails_at):
    """Also where the parameters of another dtype have had their turn already."""
    rng, calls, broken = np.random.default_rng(0), [], []

    def failing(w, dw, config):
        calls.append(w.size)
        if broken and len(calls) == fails_at:
            raise RuntimeError("in the middle")
        return rule(w, dw, config)

    params = {"w": rng.standard_normal(2 * BLOCK).astype(np.float32), "b": rng.standard_normal(2 * BLOCK)}
    expected, configs = dict(params), {name: {"learning_rate": 0.1} for name in params}
    expected_configs, update = configs, AllAtOnce(failing)
    for step in range(6):
        grads = {name: rng.standard_normal(w.shape).astype(w.dtype) for name, w in params.items()}
        calls.clear()
        if step % 2:
            broken.append(True)
            before = copy.deepcopy((params, configs))
            with pytest.raises(RuntimeError, match="in the middle"):
                update(params, grads, configs)
            assert_same(params, before[0])
            assert_same(configs, before[1])
            broken.clear()
            calls.clear()
        params, configs = update(params, grads, configs)
        expected, expected_configs = one_by_one(rule, expected, grads, expected_configs)
        assert_same(params, expected)
        assert_same(configs, expected_configs)


@pytest.mark.parametrize("wrong", ["1", 1j, None])
def test_gradients_that_are_no_real_numbers_are_refused(wrong):
    params = {"w": np.ones(2)}
    with pytest.raises(TypeError):
        AllAtOnce(sgd)(params, {"w": np.array([wrong, wrong])}, {"w": {}})
    assert params["w"].tolist() == [1, 1]


def test_several_of_them_know_nothing_of_each_other():
    params = {"w": np.ones(40)}
    one, other = AllAtOnce(sgd), AllAtOnce(sgd)
    first, _ = one(params, params, {"w": {}})
    again, _ = other(params, params, {"w": {}})
    assert_same(first, again)
    assert not np.shares_memory(first["w"], again["w"])


def test_in_the_solver_what_a_callback_kept_stays_and_what_it_replaced_counts():
    kept = []

    def keep(solver):
        arrays = [*solver.model.params.values(), *(config["m"] for config in solver.optim_configs.values())]
        kept.extend((array, array.copy()) for array in arrays)
        if solver.iteration == 3:
            solver.model.params["W"] = np.zeros_like(solver.model.params["W"])

    def run(update):
        kept.clear()
        solver = Solver(SoftmaxRegression(), blobs(), update_rule="adam", on_iteration=[keep], **SETTINGS)
        if update:
            solver._update = update
        solver.train()
        for array, copied in kept:
            np.testing.assert_array_equal(array, copied)
        return {**solver.model.params, "losses": np.array(solver.loss_history)}

    assert_same(run(None), run(lambda *given: one_by_one(adam, *given)))


@pytest.mark.parametrize("shape", [(1,), (2,), (4,), (3, 1)])
def test_a_gradient_of_another_shape_is_refused_at_any_step(shape):
    params, update = {"w": np.ones(3), "z": np.ones(40)}, AllAtOnce(sgd)
    wrong = {"w": np.ones(shape), "z": np.ones(40)}
    for _ in range(2):
        with pytest.raises(ValueError, match=r"AllAtOnce: gradient 'w' has shape \(.*\); needs \(3,\)"):
            update(params, wrong, {"w": {}, "z": {}})
        params, _ = update(params, params, {"w": {}, "z": {}})


def test_states_in_another_order_than_the_rules():
    rng = np.random.default_rng(0)
    params, configs = {"w": rng.standard_normal(20)}, {"w": {"v": np.full(20, 0.25), "m": np.ones(20), "t": 3}}
    got, next_configs = AllAtOnce(adam)(params, params, configs)
    expected, expected_configs = one_by_one(adam, params, params, configs)
    assert_same(got, expected)
    assert_same(next_configs, expected_configs)
