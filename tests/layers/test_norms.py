"""Batch, layer and group normalisation: what they normalise, and batchnorm's running statistics."""

import copy

import numpy as np
import pytest

import layers
from layers import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward, layernorm_backward, layernorm_forward
from layers import spatial_batchnorm_backward, spatial_batchnorm_forward
from layers import spatial_groupnorm_backward, spatial_groupnorm_forward


def draw(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def parameters(C, spatial=False):
    gamma, beta = draw(C, C, seed=9)
    return (gamma.reshape(1, C, 1, 1), beta.reshape(1, C, 1, 1)) if spatial else (gamma, beta)


def groups(name, x):
    """The values that one of the layers normalises together, a row a group."""
    N, C = x.shape[:2]
    return {
        "batchnorm": lambda: x.T,
        "layernorm": lambda: x,
        "spatial_batchnorm": lambda: x.transpose(1, 0, 2, 3).reshape(C, -1),
        "spatial_groupnorm": lambda: x.reshape(2 * N, -1),
    }[name]()


def normalised(name, x, **eps):
    """Normalise by one of the layers, without scale and shift, and return its output a row a group."""
    settings = {"layernorm": [eps], "spatial_groupnorm": [2, eps]}.get(name, [{"mode": "train", **eps}])
    shape = (1, x.shape[1], 1, 1) if name == "spatial_groupnorm" else x.shape[1]
    out, _ = getattr(layers, f"{name}_forward")(x, np.ones(shape), np.zeros(shape), *settings)
    return groups(name, out)


IMAGES = (5, 4, 6, 7)
NAMES = {"batchnorm": (50, 6), "layernorm": (6, 50), "spatial_batchnorm": IMAGES, "spatial_groupnorm": IMAGES}
every_norm = pytest.mark.parametrize("name", NAMES)


@every_norm
def test_mean_0_and_variance_1_before_the_scale(name):
    (x,) = draw(NAMES[name])
    out = normalised(name, 100 * x + 12)
    np.testing.assert_allclose(out.mean(axis=1), 0, atol=1e-13)
    np.testing.assert_allclose(out.var(axis=1), 1, rtol=1e-6)


@every_norm
@pytest.mark.parametrize("eps", [{}, {"eps": 0.3}, {"eps": 5}], ids=str)
def test_eps_is_added_to_the_biased_variance(name, eps):
    x = 0.01 * draw(NAMES[name])[0]
    values = groups(name, x)
    centered = values - values.mean(axis=1, keepdims=True)
    expected = centered / np.sqrt((centered**2).mean(axis=1, keepdims=True) + eps.get("eps", 1e-5))
    np.testing.assert_allclose(normalised(name, x, **eps), expected, rtol=1e-12, atol=1e-14)


@every_norm
def test_gamma_scales_and_beta_shifts_each_channel(name):
    (x,) = draw(NAMES[name])
    C = x.shape[1]
    gamma, beta = parameters(C, spatial=name == "spatial_groupnorm")
    settings = {"batchnorm": [{"mode": "train"}], "spatial_batchnorm": [{"mode": "train"}], "layernorm": [{}],
                "spatial_groupnorm": [2, {}]}[name]  # fmt: skip
    forward = getattr(layers, f"{name}_forward")
    plain, _ = forward(x, np.ones_like(gamma), np.zeros_like(beta), *copy.deepcopy(settings))
    out, _ = forward(x, gamma, beta, *copy.deepcopy(settings))
    shape = (1, C, *(1,) * (x.ndim - 2))
    np.testing.assert_allclose(out, gamma.reshape(shape) * plain + beta.reshape(shape), rtol=1e-13, atol=1e-13)


@every_norm
@pytest.mark.parametrize("constant", [0.0, 3.0, 1e4, 1e150])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_features_stay_finite(name, constant, dtype):
    """N1: a variance of 0, forward and backward."""
    constant = min(constant, 1e15) if dtype is np.float32 else constant
    shape = NAMES[name]
    x, C = np.full(shape, constant, dtype), shape[1]
    gamma, beta = (value.astype(dtype) for value in parameters(C, spatial=name == "spatial_groupnorm"))
    settings = {"layernorm": [{}], "spatial_groupnorm": [2, {}]}.get(name, [{"mode": "train"}])
    layer = getattr(layers, name)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out, cache = layer.forward(x, gamma, beta, *settings)
        grads = layer.backward(np.ones(shape, dtype), cache)
    assert all(np.isfinite(value).all() for value in (out, *grads))
    if constant <= 1e4:  # beyond, the rounding of the mean is large against eps
        np.testing.assert_allclose(out, np.broadcast_to(beta.reshape(1, C, *(1,) * (len(shape) - 2)), shape), atol=1e-5)


def test_float32_far_from_zero():
    """N2: 1e4 + N(0, 1) in float32, where E[x^2] - E[x]^2 has no digit left."""
    x = (1e4 + draw((256, 8))[0]).astype(np.float32)
    gamma, beta = np.ones(8, np.float32), np.zeros(8, np.float32)
    out, _ = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    exact, _ = batchnorm_forward(*(value.astype(np.float64) for value in (x, gamma, beta)), {"mode": "train"})
    assert np.abs(out - exact).max() <= 1e-2
    rows, _ = layernorm_forward(x.T.copy(), np.ones(256, np.float32), np.zeros(256, np.float32), {})
    assert np.abs(rows.T - exact).max() <= 1e-2


@pytest.mark.parametrize("mode", ["train", "test"])
@pytest.mark.parametrize("N", [1, 2, 20])
def test_step_by_step_and_simplified_backward_agree(mode, N):
    x, dout = draw((N, 5), (N, 5))
    bn_param = {"mode": mode, "running_mean": np.full(5, 0.3), "running_var": np.full(5, 2.0)}
    _, cache = batchnorm_forward(10 * x + 3, *parameters(5), bn_param)
    for grad, simplified in zip(batchnorm_backward(dout, cache), batchnorm_backward_alt(dout, cache), strict=True):
        np.testing.assert_allclose(simplified, grad, rtol=1e-12, atol=1e-12)


def test_running_statistics_start_at_zero_and_follow_the_formula():
    bn_param = {"mode": "train", "momentum": 0.7}
    mean, var = np.zeros(3), np.zeros(3)
    for seed in range(4):
        x = 2 * draw((6, 3), seed=seed)[0] + 5
        batchnorm_forward(x, *parameters(3), bn_param)
        mean, var = 0.7 * mean + 0.3 * x.mean(axis=0), 0.7 * var + 0.3 * x.var(axis=0)
        np.testing.assert_allclose(bn_param["running_mean"], mean, rtol=1e-13)
        np.testing.assert_allclose(bn_param["running_var"], var, rtol=1e-13)
    assert set(bn_param) == {"mode", "momentum", "running_mean", "running_var"}


def test_the_default_momentum_is_nine_tenths():
    x = draw((6, 3))[0]
    bn_param = {"mode": "train"}
    batchnorm_forward(x, *parameters(3), bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], 0.1 * x.mean(axis=0), rtol=1e-13)


def test_running_statistics_are_written_as_new_arrays():
    """Whoever kept the old ones, as a model that keeps its best state, still has them."""
    mean, var = np.ones(3), np.ones(3)
    bn_param = {"mode": "train", "running_mean": mean, "running_var": var}
    batchnorm_forward(draw((6, 3))[0], *parameters(3), bn_param)
    assert (mean == 1).all() and (var == 1).all()
    assert bn_param["running_mean"] is not mean and bn_param["running_var"] is not var


@pytest.mark.parametrize("momentum", [0, 1])
def test_momentum_0_takes_the_minibatch_and_momentum_1_keeps_the_old(momentum):
    x = draw((6, 3))[0]
    bn_param = {"mode": "train", "momentum": momentum, "running_mean": np.full(3, 7.0), "running_var": np.full(3, 8.0)}
    batchnorm_forward(x, *parameters(3), bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], 7.0 if momentum else x.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(bn_param["running_var"], 8.0 if momentum else x.var(axis=0), rtol=1e-14)


def test_test_mode_uses_the_running_statistics_and_leaves_them():
    x, mean = draw((4, 3), 3)
    var = np.array([0.5, 1.0, 4.0])
    gamma, beta = parameters(3)
    bn_param = {"mode": "test", "running_mean": mean, "running_var": var}
    before = mean.copy(), var.copy()
    out, cache = batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(out, gamma * (x - mean) / np.sqrt(var + 1e-5) + beta, rtol=1e-13)
    assert bn_param["running_mean"] is mean and bn_param["running_var"] is var
    np.testing.assert_array_equal((mean, var), before)
    dx, dgamma, dbeta = batchnorm_backward(np.ones((4, 3)), cache)
    np.testing.assert_allclose(dx, np.broadcast_to(gamma / np.sqrt(var + 1e-5), (4, 3)), rtol=1e-13)


def test_test_mode_does_not_depend_on_the_other_examples():
    x = draw((4, 3))[0]
    bn_param = {"mode": "test", "running_mean": np.zeros(3), "running_var": np.ones(3)}
    out, _ = batchnorm_forward(x, *parameters(3), bn_param)
    alone, _ = batchnorm_forward(x[:1], *parameters(3), bn_param)
    np.testing.assert_array_equal(alone, out[:1])


def test_after_many_minibatches_the_test_output_is_normalised():
    """As in the course's notebook."""
    rng = np.random.default_rng(1)
    bn_param = {"mode": "train"}
    for _ in range(100):
        batchnorm_forward(rng.normal(5, 3, (200, 4)), np.ones(4), np.zeros(4), bn_param)
    out, _ = batchnorm_forward(rng.normal(5, 3, (200, 4)), np.ones(4), np.zeros(4), {**bn_param, "mode": "test"})
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=0.25)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=0.15)


def test_the_minibatch_s_gradient_has_no_mean_and_no_scale_left():
    """What shifts or stretches all examples alike does not move the output."""
    x, dout = draw((30, 4), (30, 4))
    _, cache = batchnorm_forward(x, *parameters(4), {"mode": "train", "eps": 1e-12})
    for backward in (batchnorm_backward, batchnorm_backward_alt):
        dx, _, _ = backward(dout, cache)
        np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose((dx * x).sum(axis=0), 0, atol=1e-9)


def test_layernorm_is_batchnorm_turned_by_90_degrees():
    x, dout = draw((6, 9), (6, 9))
    out, cache = layernorm_forward(x, np.ones(9), np.zeros(9), {})
    turned, turned_cache = batchnorm_forward(x.T, np.ones(6), np.zeros(6), {"mode": "train"})
    np.testing.assert_allclose(out, turned.T, rtol=1e-12, atol=1e-13)
    dx, dgamma, dbeta = layernorm_backward(dout, cache)
    np.testing.assert_allclose(dx, batchnorm_backward(dout.T, turned_cache)[0].T, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(dgamma, (dout * out).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(dbeta, dout.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("name", ["layernorm", "spatial_groupnorm"])
def test_a_mode_is_ignored_where_training_and_test_are_the_same(name):
    (x,) = draw(NAMES[name])
    gamma, beta = parameters(x.shape[1], spatial=name != "layernorm")
    groups = [] if name == "layernorm" else [2]
    forward = getattr(layers, f"{name}_forward")
    outs = [forward(x, gamma, beta, *groups, param)[0] for param in ({}, {"mode": "train"}, {"mode": "test"})]
    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0], outs[2])


def test_groupnorm_with_one_group_is_layernorm_of_images():
    x, dout = draw((3, 4, 2, 5), (3, 4, 2, 5))
    out, cache = spatial_groupnorm_forward(x, np.ones((1, 4, 1, 1)), np.zeros((1, 4, 1, 1)), 1, {})
    flat, flat_cache = layernorm_forward(x.reshape(3, -1), np.ones(40), np.zeros(40), {})
    np.testing.assert_allclose(out.reshape(3, -1), flat, rtol=1e-12, atol=1e-13)
    dx = spatial_groupnorm_backward(dout, cache)[0]
    flat_dx = layernorm_backward(dout.reshape(3, -1), flat_cache)[0]
    np.testing.assert_allclose(dx.reshape(3, -1), flat_dx, rtol=1e-11, atol=1e-13)


def test_groupnorm_with_a_group_a_channel_is_batchnorm_of_one_image():
    x, dout = draw((1, 4, 3, 5), (1, 4, 3, 5))
    gamma, beta = parameters(4)
    shape = (1, 4, 1, 1)
    out, cache = spatial_groupnorm_forward(x, gamma.reshape(shape), beta.reshape(shape), 4, {})
    expected, bn_cache = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-13)
    for grad, reference in zip(spatial_groupnorm_backward(dout, cache), spatial_batchnorm_backward(dout, bn_cache)):
        np.testing.assert_allclose(grad.reshape(reference.shape), reference, rtol=1e-11, atol=1e-12)


def test_groups_are_neighbouring_channels_of_one_image():
    x = draw((2, 6, 2, 2))[0]
    ones, zeros = np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1))
    out, _ = spatial_groupnorm_forward(x, ones, zeros, 3, {})
    changed = x.copy()
    changed[1, 2] += draw((2, 2), seed=1)[0]
    moved = np.abs(spatial_groupnorm_forward(changed, ones, zeros, 3, {})[0] - out).max(axis=(2, 3)) > 0
    assert moved.tolist() == [[False] * 6, [False, False, True, True, False, False]]


@pytest.mark.parametrize("mode", ["train", "test"])
def test_spatial_batchnorm_is_batchnorm_of_the_pixels(mode):
    x, dout = draw((2, 3, 4, 5), (2, 3, 4, 5))
    gamma, beta = parameters(3)
    bn_param = {"mode": mode, "running_mean": np.full(3, 0.2), "running_var": np.full(3, 2.0)}
    pixel_param = dict(bn_param)

    def pixels(images):
        return np.moveaxis(images, 1, -1).reshape(-1, 3)

    out, cache = spatial_batchnorm_forward(x, gamma, beta, bn_param)
    expected, pixel_cache = batchnorm_forward(pixels(x), gamma, beta, pixel_param)
    np.testing.assert_allclose(pixels(out), expected, rtol=1e-12, atol=1e-13)
    dx, dgamma, dbeta = spatial_batchnorm_backward(dout, cache)
    expected_dx, expected_dgamma, expected_dbeta = batchnorm_backward(pixels(dout), pixel_cache)
    np.testing.assert_allclose(pixels(dx), expected_dx, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(dgamma, expected_dgamma, rtol=1e-12)
    np.testing.assert_allclose(dbeta, dout.sum(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(bn_param["running_mean"], pixel_param["running_mean"], rtol=1e-13)
    np.testing.assert_allclose(bn_param["running_var"], pixel_param["running_var"], rtol=1e-13)


WRONG = [("eps", value, "eps must be a finite number above 0, got") for value in (0, -1e-5, np.nan, np.inf, "1", None)]
WRONG += [
    ("momentum", value, "momentum must be a finite number from 0 up to 1, got")
    for value in (2, -0.1, np.nan, "0.9", None, True)
]
WRONG += [("mode", value, "mode must be 'train' or 'test', got") for value in ("trian", "Train", None, True, 1)]
WRONG += [
    (name, value, f"{name} {words}")
    for name in ("running_mean", "running_var")
    for value, words in (
        (np.ones(4), r"has shape \(4,\); expected \(3,\)"),
        (np.ones((1, 3)), r"has shape \(1, 3\); expected \(3,\)"),
        (np.ones(3, int), "must be of dtype float32 or float64, got int64"),
        ([1.0, 1.0, 1.0], "must be an ndarray of float32 or float64, got list"),
        (0.0, "must be an ndarray of float32 or float64, got float"),
    )
]


@pytest.mark.parametrize("key, value, message", WRONG)
@pytest.mark.parametrize("spatial", [False, True], ids=["batchnorm", "spatial_batchnorm"])
def test_wrong_settings_are_refused_and_change_nothing(spatial, key, value, message, figures):
    """S4: and a call that fails leaves the running statistics as they were."""
    forward, shape = (spatial_batchnorm_forward, (4, 3, 2, 2)) if spatial else (batchnorm_forward, (4, 3))
    bn_param = {"mode": "train", "running_mean": np.ones(3), "running_var": np.ones(3), key: value}
    before = copy.deepcopy(bn_param)
    with pytest.raises((ValueError, TypeError), match=rf"^(spatial_)?batchnorm_forward: {message}"):
        forward(draw(shape)[0], *parameters(3), bn_param)
    assert bn_param.keys() == before.keys()
    for name, kept in before.items():
        np.testing.assert_array_equal(bn_param[name], kept)
    figures["wrong settings refused (S4)"] += 1


def test_a_minibatch_of_a_wrong_shape_leaves_the_running_statistics():
    bn_param = {"mode": "train"}
    for shape in ((4, 2), (4, 3, 1), (0, 3)):
        with pytest.raises(ValueError, match="^batchnorm_forward: "):
            batchnorm_forward(np.ones(shape), *parameters(3), bn_param)
    assert bn_param == {"mode": "train"}


@pytest.mark.parametrize("eps", [0, -1.0, np.nan, "1", None])
def test_a_wrong_eps_of_layernorm_and_groupnorm_is_refused(eps, figures):
    """S4."""
    with pytest.raises(ValueError, match="^layernorm_forward: eps must be a finite number above 0, got"):
        layernorm_forward(np.ones((2, 4)), *parameters(4), {"eps": eps})
    with pytest.raises(ValueError, match="^spatial_groupnorm_forward: eps must be a finite number above 0, got"):
        spatial_groupnorm_forward(np.ones((2, 4, 2, 2)), *parameters(4, spatial=True), 2, {"eps": eps})
    figures["wrong settings refused (S4)"] += 2


@pytest.mark.parametrize("G", [0, -1, 2.0, True, None, "2"])
def test_a_wrong_number_of_groups_is_refused(G, figures):
    """S4."""
    with pytest.raises(ValueError, match="^spatial_groupnorm_forward: G must be an integer >= 1, got"):
        spatial_groupnorm_forward(np.ones((2, 4, 2, 2)), *parameters(4, spatial=True), G, {})
    figures["wrong settings refused (S4)"] += 1


@pytest.mark.parametrize("G", [3, 5, 8])
def test_groups_that_do_not_divide_the_channels_are_refused(G, figures):
    """S4."""
    message = rf"^spatial_groupnorm_forward: G = {G} groups do not divide the C = 4 channels of x \(2, 4, 2, 2\)$"
    with pytest.raises(ValueError, match=message):
        spatial_groupnorm_forward(np.ones((2, 4, 2, 2)), *parameters(4, spatial=True), G, {})
    figures["wrong settings refused (S4)"] += 1
