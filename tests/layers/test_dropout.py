"""Dropout: what it keeps, by how much, and where its randomness comes from."""

import numpy as np
import pytest

from layers import dropout_backward, dropout_forward


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_inverted_scaling_keeps_the_mean(p):
    """R1: over 2e5 draws the mean lies within 5 sigma, and so does the number of elements kept."""
    n = 200_000
    out, _ = dropout_forward(np.ones(n), {"p": p, "mode": "train", "seed": 0})
    assert abs(out.mean() - 1) <= 5 * np.sqrt((1 - p) / p / n)
    assert abs((out > 0).mean() - p) <= 5 * np.sqrt(p * (1 - p) / n)
    assert set(np.unique(out)) == {0, 1 / p}


def test_the_mask_is_the_local_gradient():
    x, dout = np.random.default_rng(0).standard_normal((2, 50, 3))
    out, cache = dropout_forward(x, {"p": 0.4, "mode": "train", "seed": 1})
    dropout_param, mask = cache
    assert dropout_param == {"p": 0.4, "mode": "train", "seed": 1}
    assert set(np.unique(mask)) == {0, 2.5}
    np.testing.assert_array_equal(out, x * mask)
    np.testing.assert_array_equal(dropout_backward(dout, cache), dout * mask)


@pytest.mark.parametrize("param", [{"p": 1, "mode": "train"}, {"p": 1.0, "mode": "train"}, {"p": 0.2, "mode": "test"}])
def test_to_keep_everything_and_to_test_are_the_identity(param):
    """R1: and out is the caller's own."""
    x, dout = np.random.default_rng(0).standard_normal((2, 20, 3))
    out, cache = dropout_forward(x, param)
    np.testing.assert_array_equal(out, x)
    assert not np.shares_memory(out, x)
    dx = dropout_backward(dout, cache)
    np.testing.assert_array_equal(dx, dout)
    assert not np.shares_memory(dx, dout)


@pytest.mark.parametrize("p", [0, 0.0, -0.1, 1.1, np.nan, np.inf, "0.5", None, True, 1j])
@pytest.mark.parametrize("mode", ["train", "test"])
def test_what_is_no_probability_to_keep_is_refused(p, mode, figures):
    """R1, S4: p = 0 would keep nothing and divide by 0."""
    with pytest.raises(ValueError, match="^dropout_forward: p must be a finite number above 0 up to 1, got") as refusal:
        dropout_forward(np.ones(3), {"p": p, "mode": mode})
    assert str(refusal.value).endswith(repr(p))
    figures["wrong settings refused (S4)"] += 1


@pytest.mark.parametrize("mode", ["trian", "eval", None, True])
def test_an_unknown_mode_is_refused(mode, figures):
    """S4."""
    with pytest.raises(ValueError, match=f"^dropout_forward: mode must be 'train' or 'test', got {mode!r}$"):
        dropout_forward(np.ones(3), {"p": 0.5, "mode": mode})
    figures["wrong settings refused (S4)"] += 1


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_what_is_no_seed_is_refused(seed, figures):
    """S4."""
    with pytest.raises(ValueError, match="^dropout_forward: seed must be an integer >= 0, got"):
        dropout_forward(np.ones(3), {"p": 0.5, "mode": "train", "seed": seed})
    figures["wrong settings refused (S4)"] += 1


@pytest.mark.parametrize("rng", [np.random.RandomState(0), np.random, 0])
def test_what_is_no_generator_is_refused(rng, figures):
    """S4."""
    with pytest.raises(TypeError, match="^dropout_forward: rng must be a numpy.random.Generator, got"):
        dropout_forward(np.ones(3), {"p": 0.5, "mode": "train", "rng": rng})
    figures["wrong settings refused (S4)"] += 1


@pytest.mark.parametrize("extra", [{}, {"seed": 3}, {"rng": np.random.default_rng(3)}], ids=["none", "seed", "rng"])
def test_numpy_s_global_generator_is_left_alone(extra):
    """R1: neither drawn from nor seeded."""
    before = np.random.get_state()
    dropout_forward(np.ones(100), {"p": 0.5, "mode": "train", **extra})
    after = np.random.get_state()
    assert before[0] == after[0] and before[2:] == after[2:]
    np.testing.assert_array_equal(before[1], after[1])


def masks(param, count=2, dtype=np.float64):
    return [dropout_forward(np.ones(64, dtype), {"p": 0.5, "mode": "train", **param})[0] for _ in range(count)]


def test_a_seed_gives_the_same_mask_each_time():
    first, second = masks({"seed": 5})
    np.testing.assert_array_equal(first, second)
    assert (first != masks({"seed": 6})[0]).any()
    np.testing.assert_array_equal(first, masks({"seed": 5, "rng": np.random.default_rng(0)})[0])


def test_a_generator_gives_the_next_mask_each_time():
    first, second = masks({"rng": np.random.default_rng(5)})
    assert (first != second).any()
    again, _ = masks({"rng": np.random.default_rng(5)})
    np.testing.assert_array_equal(first, again)


def test_without_seed_and_generator_each_call_draws_anew():
    first, second = masks({})
    assert (first != second).any()


def test_test_mode_draws_nothing_from_the_generator():
    rng = np.random.default_rng(5)
    dropout_forward(np.ones(10), {"p": 0.5, "mode": "test", "rng": rng})
    assert rng.bit_generator.state == np.random.default_rng(5).bit_generator.state


@pytest.mark.parametrize(
    "source", [lambda: {"seed": 5}, lambda: {"rng": np.random.default_rng(5)}], ids=["seed", "rng"]
)
def test_the_float64_twin_of_a_float32_net_drops_the_same_elements(source):
    """And so it does in every later call: the generator has gone on by the same amount."""
    for single, double in zip(masks(source(), dtype=np.float32), masks(source())):
        np.testing.assert_array_equal(single > 0, double > 0)


def test_later_changes_of_the_settings_do_not_reach_the_cache():
    dropout_param = {"p": 0.5, "mode": "train", "seed": 0}
    _, cache = dropout_forward(np.ones(8), dropout_param)
    before = dropout_backward(np.ones(8), cache)
    dropout_param.update(p=0.1, mode="test", seed=1)
    np.testing.assert_array_equal(dropout_backward(np.ones(8), cache), before)
    assert cache[0]["mode"] == "train"
