"""Losses: exact to the last digits, finite at the extremes, and choosy about labels."""

import functools

import mpmath
import numpy as np
import pytest

from layers import eval_numerical_gradient, Layer, check_layer, mse_loss, sigmoid_cross_entropy_loss, softmax_loss, svm_loss

from .rows import distinct


@functools.wraps(softmax_loss)
def soft_loss(x, y):
    """The softmax loss once more, to be asked the same questions with soft labels."""
    return softmax_loss(x, y)


LOSSES = {loss.__name__: loss for loss in (softmax_loss, svm_loss, mse_loss, sigmoid_cross_entropy_loss)}
LOSSES["softmax_loss-soft"] = soft_loss
CLASSIFYING = (softmax_loss, svm_loss)

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
classifying = pytest.mark.parametrize("loss", CLASSIFYING, ids=lambda loss: loss.__name__)


def labels_for(loss, x, rng):
    if loss in CLASSIFYING:
        return rng.integers(x.shape[1], size=len(x))
    if loss is mse_loss:
        return rng.standard_normal(x.shape).astype(x.dtype)
    if loss is soft_loss:
        return rng.dirichlet(np.ones(x.shape[1]), size=len(x))
    return rng.uniform(size=x.shape)


def exactly(loss, x, y):
    """The loss and dx by its definition, in 60 digits."""
    N, C = x.shape
    x = [[mpmath.mpf(float(value)) for value in row] for row in x]
    total, dx = mpmath.mpf(0), [[mpmath.mpf(0)] * C for _ in range(N)]
    for n in range(N):
        if loss is softmax_loss:
            powers = [mpmath.exp(value) for value in x[n]]
            total += mpmath.log(mpmath.fsum(powers)) - x[n][y[n]]
            dx[n] = [power / mpmath.fsum(powers) - (c == y[n]) for c, power in enumerate(powers)]
            continue
        if loss is soft_loss:
            powers = [mpmath.exp(value) for value in x[n]]
            total_power = mpmath.fsum(powers)
            for c in range(C):
                target = mpmath.mpf(float(y[n, c]))
                total -= target * (x[n][c] - mpmath.log(total_power))
                dx[n][c] = powers[c] / total_power - target
            continue
        for c in range(C):
            if loss is svm_loss:
                margin = x[n][c] - x[n][y[n]] + 1
                if c != y[n] and margin > 0:
                    total += margin
                    dx[n][c] += 1
                    dx[n][y[n]] -= 1
                continue
            target = mpmath.mpf(float(y[n, c]))
            if loss is mse_loss:
                total += (x[n][c] - target) ** 2 / C
                dx[n][c] = 2 * (x[n][c] - target) / C
            else:
                # log(1 / (1 + e^-x)) and log(1 - 1 / (1 + e^-x)), written so that 60 digits are enough at any x
                log_s, log_1_s = -mpmath.log1p(mpmath.exp(-x[n][c])), -mpmath.log1p(mpmath.exp(x[n][c]))
                total -= (target * log_s + (1 - target) * log_1_s) / C
                dx[n][c] = (mpmath.exp(log_s) - target) / C
    return total / N, [[value / N for value in row] for row in dx]


@every_loss
def test_losses_are_exact(loss, figures):
    """G2: 250 draws a loss at scales from 1e-3 to 1e3, within 1e-14 of 60 digits."""
    rng = np.random.default_rng(0)
    with mpmath.workdps(60):
        for _ in range(250):
            x = rng.standard_normal(rng.integers(1, (3, 5), endpoint=True)) * 10 ** rng.uniform(-3, 3)
            y = labels_for(loss, x, rng)
            value, dx = loss(x, y)
            exact, exact_dx = exactly(loss, x, y)
            # The squares of mean squared error are as large as the loss itself, not as x.
            scale = max(1, np.abs(x).max()) if loss is not mse_loss else max(1, float(exact))
            assert abs(value - exact) <= 1e-14 * scale
            scale = max(1, np.abs(x).max())
            entries = zip(dx.ravel(), sum(exact_dx, []), strict=True)
            assert all(abs(result - reference) <= 1e-14 * scale for result, reference in entries)
            figures["losses compared with 60 digits (G2)"] += 1


@every_loss
def test_losses_agree_with_numerical_gradients(loss, figures):
    """G1: at 200 random shapes; a loss is a layer whose output is one number."""
    rng = np.random.default_rng(1)
    done = kinks = 0
    while done < 200:
        (x,) = distinct(rng, tuple(rng.integers(1, (4, 5), endpoint=True)))
        y = labels_for(loss, x, rng)

        def forward(x):
            value, dx = loss(x, y)
            return np.array(value), dx

        (check,) = check_layer(Layer(forward, lambda dout, dx: dout * dx), x, dout=1.0)
        if check.num_kinks:
            kinks += 1
            assert kinks < 60
            continue
        assert check.error <= 1e-7, str(check)
        done += 1
        figures["gradients checked against numerical ones (G1)"] += 1
    figures["cases drawn again because a kink was near (G1)"] += kinks


def test_svm_loss_by_loops():
    rng = np.random.default_rng(2)
    for _ in range(50):
        N, C = rng.integers(1, (6, 7), endpoint=True)
        x, y = rng.standard_normal((N, C)) * 2, rng.integers(C, size=N)
        expected, dx = 0.0, np.zeros_like(x)
        for n in range(N):
            for j in range(C):
                margin = x[n, j] - x[n, y[n]] + 1
                if j != y[n] and margin > 0:
                    expected += margin / N
                    dx[n, j] += 1 / N
                    dx[n, y[n]] -= 1 / N
        loss, result = svm_loss(x, y)
        assert loss == pytest.approx(expected, rel=1e-13, abs=1e-13)
        np.testing.assert_allclose(result, dx, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("C", [2, 10])
def test_at_the_first_iteration(C):
    """The notes' sanity check: with all scores alike softmax gives log C, and the hinge loss C - 1."""
    x, y = np.zeros((7, C)), np.arange(7) % C
    assert softmax_loss(x, y)[0] == pytest.approx(np.log(C), rel=1e-15)
    assert svm_loss(x, y)[0] == C - 1


@classifying
def test_the_gradients_of_one_example_s_scores_add_up_to_zero(loss):
    """A constant added to all scores changes nothing."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((5, 4)), rng.integers(4, size=5)
    np.testing.assert_allclose(loss(x, y)[1].sum(axis=1), 0, atol=1e-15)
    assert loss(x + 100, y)[0] == pytest.approx(loss(x, y)[0], rel=1e-12)


EXTREMES = [
    (softmax_loss, [[1e4, -1e4, 0.0]], [0], 0.0, [[0.0, 0.0, 0.0]]),
    (softmax_loss, [[1e4, -1e4, 0.0]], [1], 2e4, [[1.0, -1.0, 0.0]]),
    (softmax_loss, [[1e300, -1e300, 0.0]], [0], 0.0, [[0.0, 0.0, 0.0]]),
    (softmax_loss, [[1e300, -1e300, 0.0]], [1], 2e300, [[1.0, -1.0, 0.0]]),
    (softmax_loss, [[1e300, 1e300]], [0], np.log(2), [[-0.5, 0.5]]),
    (softmax_loss, [[-1e300, -1e300]], [0], np.log(2), [[-0.5, 0.5]]),
    (softmax_loss, [[0.0, -np.inf, 0.0]], [0], np.log(2), [[-0.5, 0.0, 0.5]]),
    (softmax_loss, [[-1e300, -np.inf]], [0], 0.0, [[0.0, 0.0]]),
    (soft_loss, [[1e300, -1e300, 0.0]], [[0.5, 0.25, 0.25]], 7.5e299, [[0.5, -0.25, -0.25]]),
    (soft_loss, [[-1e300, -1e300]], [[0.75, 0.25]], np.log(2), [[-0.25, 0.25]]),
    (soft_loss, [[0.0, -np.inf, 0.0]], [[0.25, 0.0, 0.75]], np.log(2), [[0.25, 0.0, -0.25]]),
    (svm_loss, [[1e300, -1e300, 0.0]], [0], 0.0, [[0.0, 0.0, 0.0]]),
    (svm_loss, [[1e300, -1e300, 0.0]], [1], 3e300, [[1.0, -2.0, 1.0]]),
    (svm_loss, [[0.5, -np.inf, 0.0]], [0], 0.5, [[-1.0, 0.0, 1.0]]),
    (mse_loss, [[1e150, -1e150]], [[-1e150, 1e150]], 4e300, [[2e150, -2e150]]),
    (sigmoid_cross_entropy_loss, [[1e300, -1e300]], [[1, 0]], 0.0, [[0.0, 0.0]]),
    (sigmoid_cross_entropy_loss, [[1e300, -1e300]], [[0, 1]], 1e300, [[0.5, -0.5]]),
    (sigmoid_cross_entropy_loss, [[1e4, -1e4]], [[0.25, 0.5]], 6250.0, [[0.375, -0.25]]),
]


@pytest.mark.parametrize("loss, x, y, expected, expected_dx", EXTREMES)
def test_extreme_scores_stay_finite(loss, x, y, expected, expected_dx):
    """N1: no inf, no NaN, and no warning that NumPy can give."""
    y = np.array(y, dtype=float if loss is mse_loss else None)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, dx = loss(np.array(x), y)
    assert value == pytest.approx(expected, rel=1e-15)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-15)


@every_loss
def test_float32_extremes_stay_finite(loss):
    x = np.array([[3e38, -3e38], [-3e38, 3e38]], dtype=np.float32)
    y = {mse_loss: np.zeros((2, 2), np.float32)}.get(loss, np.arange(2) if loss in CLASSIFYING else np.eye(2))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, dx = loss(x, y)
    assert np.isfinite(value) and np.isfinite(dx).all()


N, C = 3, 4
BAD_CLASSES = {
    "out of range": np.array([0, 1, C]),
    "negative": np.array([0, -1, 2]),
    "float": np.array([0.0, 1.0, 2.0]),
    "nan": np.array([0.0, np.nan, 2.0]),
    "bool": np.array([True, False, True]),
    "a column": np.array([[0], [1], [2]]),
    "one-hot": np.eye(C, dtype=int)[:N],
    "too short": np.array([0, 1]),
    "too long": np.array([0, 1, 2, 3]),
    "one number": np.array(1),
    "list": [0, 1, 2],
    "none": None,
    "object": np.array([0, 1, 2], dtype=object),
    "str": np.array(["0", "1", "2"]),
    "complex": np.array([0j, 1j, 2j]),
}
BAD_TARGETS = {
    "a column": np.ones((N, 1)),
    "one axis": np.ones(N),
    "too short": np.ones((N - 1, C)),
    "too long": np.ones((N + 1, C)),
    "transposed": np.ones((C, N)),
    "one number": np.array(1.0),
    "list": [[1.0] * C] * N,
    "float": 1.0,
    "none": None,
    "bool": np.ones((N, C), dtype=bool),
    "object": np.ones((N, C), dtype=object),
    "str": np.full((N, C), "1"),
    "complex": np.ones((N, C), dtype=complex),
}
BAD = {
    softmax_loss: BAD_CLASSES,
    soft_loss: {
        "a column": np.ones((N, 1)),
        "too short": np.full((N - 1, C), 1 / C),
        "too long": np.full((N + 1, C), 1 / C),
        "a class too few": np.full((N, C - 1), 1 / (C - 1)),
        "transposed": np.full((C, N), 1 / N),
        "three axes": np.full((N, C, 1), 1 / C),
        "negative": np.array([[1.5, -0.5, 0, 0]] * N),
        "sum above 1": np.full((N, C), 0.5),
        "sum below 1": np.array([[1.0, 0, 0, 0]] * (N - 1) + [[0.5, 0.25, 0, 0]]),
        "sum a little off": np.array([[1.0, 0, 0, 2e-5]] * N),
        "nan": np.full((N, C), np.nan),
        "inf": np.full((N, C), np.inf),
        "integers": np.eye(C, dtype=np.uint8)[:N],
        "bool": np.eye(C, dtype=bool)[:N],
        "object": np.eye(C)[:N].astype(object),
        "complex": np.eye(C)[:N].astype(complex),
        "str": np.eye(C)[:N].astype(str),
        "list": np.eye(C)[:N].tolist(),
    },
    svm_loss: BAD_CLASSES,
    mse_loss: BAD_TARGETS,
    sigmoid_cross_entropy_loss: {
        **BAD_TARGETS,
        "above 1": np.full((N, C), 1.5),
        "an integer above 1": np.full((N, C), 2),
        "negative": np.full((N, C), -0.1),
        "nan": np.full((N, C), np.nan),
    },
}


@pytest.mark.parametrize("loss, kind", [(loss, kind) for loss, kinds in BAD.items() for kind in kinds])
def test_bad_labels_are_refused(loss, kind, figures):
    """S3: before any arithmetic, which scores of inf would betray."""
    x = np.full((N, C), np.inf)
    with np.errstate(all="raise"), pytest.raises((TypeError, ValueError), match=rf"^{loss.__name__}: y "):
        loss(x, BAD[loss][kind])
    figures["bad labels refused (S3)"] += 1


@classifying
def test_the_message_shows_the_bad_label(loss):
    with pytest.raises(ValueError, match="y has the label -7; expected 0 to 3 for 4 classes"):
        loss(np.zeros((N, C)), np.array([0, -7, 9]))
    with pytest.raises(ValueError, match=r"y has shape \(2,\); N = 3 examples need \(3,\)"):
        loss(np.zeros((N, C)), np.array([0, 1]))
    with pytest.raises(TypeError, match="y must be an ndarray of integer class labels, got dtype float64"):
        loss(np.zeros((N, C)), np.zeros(N))


def test_the_message_shows_what_is_wrong_with_soft_labels():
    x, y = np.zeros((N, C)), np.full((N, C), 0.25)
    with pytest.raises(ValueError, match=r"y has shape \(3, 2\); soft labels need \(3, 4\), the shape of x"):
        softmax_loss(x, y[:, :2])
    y[1, 2] = 0.5
    with pytest.raises(ValueError, match=r"y has the sum 1\.25 in row 1; the probabilities of the classes sum to 1"):
        softmax_loss(x, y)
    y[1, 2] = -0.5
    with pytest.raises(ValueError, match=r"y has the probability -0\.5; expected 0 to 1"):
        softmax_loss(x, y)


def test_soft_labels_are_for_the_softmax_loss_alone():
    with pytest.raises(TypeError, match="svm_loss: y must be an ndarray of integer class labels, got dtype float64"):
        svm_loss(np.zeros((N, C)), np.full((N, C), 0.25))


def test_the_message_shows_the_bad_target():
    with pytest.raises(ValueError, match=r"y has the target 1\.5; expected 0 to 1"):
        sigmoid_cross_entropy_loss(np.zeros((1, 2)), np.array([[1.0, 1.5]]))


@classifying
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64])
def test_any_integers_are_labels(loss, dtype):
    x, y = np.random.default_rng(0).standard_normal((6, 4)), np.array([0, 1, 2, 3, 3, 0])
    value, dx = loss(x, y.astype(dtype))
    expected, expected_dx = loss(x, y)
    assert value == expected
    np.testing.assert_array_equal(dx, expected_dx)


@every_loss
@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_an_empty_minibatch_is_refused_in_words(loss, shape):
    x = np.zeros(shape)
    y = np.zeros(shape[0], dtype=int) if loss in CLASSIFYING else np.zeros(shape)
    with pytest.raises(ValueError, match=rf"^{loss.__name__}: x has shape .*; a mean needs at least one element"):
        loss(x, y)


@classifying
@pytest.mark.parametrize("shape", [(4,), (3, 4, 1), ()])
def test_scores_have_two_axes(loss, shape):
    with pytest.raises(ValueError, match=rf"^{loss.__name__}: x has shape .*; expected \(N, C\)"):
        loss(np.zeros(shape), np.zeros(3, dtype=int))


@every_loss
@pytest.mark.parametrize("x", [[[1.0, 2.0]], np.ones((1, 2), int), np.ones((1, 2), np.float16), None], ids=repr)
def test_scores_are_floats(loss, x):
    with pytest.raises(TypeError, match=rf"^{loss.__name__}: x must be"):
        loss(x, np.zeros(1, dtype=int))


@every_loss
def test_float32_gives_a_python_float_and_a_float32_gradient(loss):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((5, 3)).astype(np.float32)
    y = labels_for(loss, x, rng)
    value, dx = loss(x, y)
    exact, exact_dx = loss(x.astype(np.float64), y.astype(np.float64) if loss is mse_loss else y)
    assert type(value) is float and type(exact) is float
    assert (dx.dtype, exact_dx.dtype) == (np.float32, np.float64)
    assert value == pytest.approx(exact, rel=1e-15)
    np.testing.assert_allclose(dx, exact_dx, rtol=1e-6, atol=1e-8)


@every_loss
def test_nothing_is_changed_and_dx_is_new(loss):
    rng = np.random.default_rng(5)
    for dtype in (np.float32, np.float64):
        x = rng.standard_normal((5, 3)).astype(dtype)
        y = labels_for(loss, x, rng)
        before = x.tobytes(), y.tobytes()
        _, dx = loss(x, y)
        assert not np.shares_memory(dx, x) and not np.shares_memory(dx, y)
        dx[...] = np.nan
        assert (x.tobytes(), y.tobytes()) == before


@every_loss
def test_any_memory_layout_of_scores_and_labels(loss):
    rng = np.random.default_rng(6)
    x = rng.standard_normal((5, 3))
    y = labels_for(loss, x, rng)
    expected, expected_dx = loss(x, y)
    frozen = x.copy()
    frozen.flags.writeable = False
    for layout in (np.asfortranarray(x), x[::-1].copy()[::-1], np.repeat(x, 2, axis=1)[:, ::2], frozen):
        value, dx = loss(layout, np.repeat(y, 2, axis=0)[::2])
        assert value == pytest.approx(expected, rel=1e-14)
        np.testing.assert_allclose(dx, expected_dx, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("loss", [mse_loss, sigmoid_cross_entropy_loss])
def test_the_mean_is_over_all_elements_of_any_shape(loss):
    rng = np.random.default_rng(7)
    x = rng.standard_normal((2, 3, 4))
    y = labels_for(loss, x, rng)
    value, dx = loss(x, y)
    flat, flat_dx = loss(x.reshape(-1), y.reshape(-1))
    assert value == pytest.approx(flat, rel=1e-15)
    np.testing.assert_array_equal(dx.reshape(-1), flat_dx)


@pytest.mark.parametrize("loss, y", [(loss, np.array([0, 1])) for loss in CLASSIFYING] + [(soft_loss, np.eye(3)[:2])])
def test_a_nan_score_gives_a_nan_loss(loss, y):
    """N3."""
    x = np.zeros((2, 3))
    x[1, 2] = np.nan
    value, _ = loss(x, y)
    assert np.isnan(value)


@pytest.mark.parametrize("loss", [mse_loss, sigmoid_cross_entropy_loss])
def test_a_nan_prediction_gives_a_nan_loss_and_gradient(loss):
    """N3."""
    value, dx = loss(np.array([np.nan, 0.0]), np.array([1.0, 0.0]))
    assert np.isnan(value) and np.isnan(dx[0]) and not np.isnan(dx[1])


def test_integer_targets_are_accepted():
    x = np.array([[0.5, 2.0]])
    for loss_function in (mse_loss, sigmoid_cross_entropy_loss):
        loss, dx = loss_function(x, np.array([[0, 1]], dtype=np.uint8))
        expected, dexpected = loss_function(x, np.array([[0.0, 1.0]]))
        assert loss == expected
        np.testing.assert_array_equal(dx, dexpected)


@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_label_smoothing_is_the_cross_entropy_with_a_smoothed_target(smoothing, soft):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 4)), rng.integers(0, 4, 5)
    labels = rng.dirichlet(np.ones(4), 5) if soft else np.eye(4)[y]
    target = smoothing / 4 + (1 - smoothing) * labels
    log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    y = labels if soft else y
    loss, dx = softmax_loss(x, y, label_smoothing=smoothing)
    assert abs(loss + np.mean(np.sum(target * log_p, axis=1))) <= 1e-14
    np.testing.assert_allclose(dx, (np.exp(log_p) - target) / 5, atol=1e-15)
    numerical = eval_numerical_gradient(lambda x: softmax_loss(x, y, smoothing)[0], x, verbose=False)
    np.testing.assert_allclose(dx, numerical, atol=1e-9)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_soft_label_that_is_all_on_one_class_is_that_class(dtype, smoothing):
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((6, 4)), rng.integers(0, 4, 6)
    loss, dx = softmax_loss(x, np.eye(4, dtype=dtype)[y], smoothing)
    expected, expected_dx = softmax_loss(x, y, smoothing)
    assert loss == expected
    np.testing.assert_array_equal(dx, expected_dx)


def test_soft_labels_of_float32_may_miss_the_sum_1_by_rounding():
    y = np.random.default_rng(2).dirichlet(np.ones(1000), 20).astype(np.float32)
    assert np.abs(y.sum(axis=1, dtype=np.float64) - 1).max() > 1e-9
    loss, _ = softmax_loss(np.zeros((20, 1000)), y)
    assert loss == pytest.approx(np.log(1000), rel=1e-12)


@pytest.mark.parametrize("wrong", [-0.1, 1.0, np.nan, "0.1", True])
def test_label_smoothing_is_checked(wrong):
    with pytest.raises(ValueError, match="softmax_loss: label_smoothing must be a finite number from 0 below 1, got"):
        softmax_loss(np.zeros((1, 2)), np.array([0]), label_smoothing=wrong)
