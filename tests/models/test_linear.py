"""Linear classifiers: the loops and the matrix products agree with each other and with numerical gradients."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import eval_numerical_gradient, rel_error
from models import LinearClassifier, LinearSVM, Softmax
from models import softmax_loss_naive, softmax_loss_vectorized, svm_loss_naive, svm_loss_vectorized

LOSSES = {
    "svm_loss_naive": svm_loss_naive,
    "svm_loss_vectorized": svm_loss_vectorized,
    "softmax_loss_naive": softmax_loss_naive,
    "softmax_loss_vectorized": softmax_loss_vectorized,
}
every_loss = pytest.mark.parametrize("name", LOSSES)
both_classifiers = pytest.mark.parametrize("classifier", [LinearSVM, Softmax])


def draw(N=6, D=5, C=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((D, C)), rng.standard_normal((N, D)), rng.integers(C, size=N)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    N=st.integers(1, 6),
    D=st.integers(1, 5),
    C=st.integers(1, 5),
    seed=st.integers(0, 999),
    reg=st.sampled_from([0.0, 0.7]),
)
@pytest.mark.parametrize("kind", ["svm", "softmax"])
def test_loops_and_matrix_products_agree(kind, N, D, C, seed, reg):
    W, X, y = draw(N, D, C, seed)
    loss, dW = LOSSES[f"{kind}_loss_naive"](W, X, y, reg)
    fast_loss, fast_dW = LOSSES[f"{kind}_loss_vectorized"](W, X, y, reg)
    assert type(loss) is type(fast_loss) is float
    assert fast_loss == pytest.approx(loss, rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(fast_dW, dW, rtol=1e-10, atol=1e-13)


@every_loss
@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_gradient_is_the_numerical_one(name, reg):
    W, X, y = draw(seed=1)
    _, dW = LOSSES[name](W, X, y, reg)
    margins = X @ W - np.take_along_axis(X @ W, y[:, np.newaxis], axis=1) + 1
    assert np.abs(margins).min() > 1e-3, "the hinge has a kink at margin 0"
    numerical = eval_numerical_gradient(lambda W: LOSSES[name](W, X, y, reg)[0], W, verbose=False)
    assert rel_error(dW, numerical) <= 1e-6


@every_loss
def test_regularisation_has_no_half(name):
    W, X, y = draw()
    (loss, dW), (loss2, dW2) = LOSSES[name](W, X, y, 0.0), LOSSES[name](W, X, y, 2.0)
    assert loss2 - loss == pytest.approx(2 * np.sum(W * W))
    np.testing.assert_allclose(dW2 - dW, 4 * W)


@every_loss
def test_loss_of_zero_weights(name):
    _, X, y = draw(C=4)
    assert LOSSES[name](np.zeros((5, 4)), X, y, 1.0)[0] == pytest.approx(3 if "svm" in name else math.log(4))


@every_loss
def test_huge_scores_do_not_overflow(name):
    W, X, y = draw()
    loss, dW = LOSSES[name](1e4 * W, X, y, 0.0)
    assert np.isfinite(loss) and np.isfinite(dW).all()


@every_loss
def test_types_stay_and_arguments_are_left_alone(name):
    W, X, y = draw()
    for array in (W, X, y):
        array.setflags(write=False)
    _, dW = LOSSES[name](W.astype(np.float32), X, y, np.float64(0.5))
    assert dW.dtype == np.float32
    assert LOSSES[name](W, (20 * X).astype(np.int8), y, 0.5)[1].dtype == np.float64


@every_loss
def test_what_does_not_fit_is_refused(name):
    W, X, y = draw(N=6, D=5, C=4)
    loss = LOSSES[name]
    for arguments, message in (
        ((W, X[:, :4], y, 0.0), "X has shape (6, 4) and W (5, 4); expected (N, D) and (D, C)"),
        ((W[0], X, y, 0.0), "X has shape (6, 5) and W (4,); expected"),
        ((W, X[0], y, 0.0), "X has shape (5,) and W (5, 4); expected"),
        ((W, X[:0], y[:0], 0.0), "X has shape (0, 5) and W (5, 4); expected (N, D) and (D, C) with N >= 1"),
        ((W, X, y[:5], 0.0), "y has shape (5,); X of shape (6, 5) needs (6,)"),
        ((W, X, y + 4, 0.0), "y has the label"),
        ((W, X, y - 4, 0.0), "y has the label"),
        ((W, X, y, -1), "reg must be a finite number >= 0, got -1"),
        ((W, X, y, np.nan), "reg must be a finite number >= 0, got nan"),
    ):
        with pytest.raises(ValueError, match=f"{name}: {re.escape(message)}"):
            loss(*arguments)
    for arguments, message in (
        ((W, X > 0, y, 0.0), "X must be an ndarray of floats or integers, got dtype bool"),
        ((W.astype(int), X, y, 0.0), "W must be an ndarray of float32 or float64, got dtype int64"),
        ((W, X, y.astype(float), 0.0), "y must be an ndarray of integer class labels, got dtype float64"),
        ((W, X, list(y), 0.0), "y must be an ndarray of integer class labels, got list"),
    ):
        with pytest.raises(TypeError, match=f"{name}: {message}"):
            loss(*arguments)


# The classifiers


def separable(N=60):
    """Draw three groups far apart, with the course's column of ones."""
    rng = np.random.default_rng(0)
    y = np.arange(N) % 3
    centers = np.array([[4.0, 0.0], [-4.0, 3.0], [-4.0, -3.0]])
    return np.hstack([centers[y] + rng.standard_normal((N, 2)), np.ones((N, 1))]), y


@both_classifiers
def test_training_separates_what_is_separable(classifier):
    X, y = separable()
    model = classifier(seed=0)
    losses = model.train(X, y, num_iters=0)
    before = np.mean(model.predict(X) == y)
    losses = model.train(X, y, learning_rate=0.1, reg=1e-4, num_iters=200, batch_size=20)
    assert losses == [float(loss) for loss in losses] and len(losses) == 200
    assert np.mean(losses[-20:]) < 0.2 * losses[0]
    assert before < 1 and np.mean(model.predict(X) == y) == 1


@both_classifiers
def test_one_step_goes_down_the_gradient(classifier):
    X, y = separable()
    model = classifier(seed=0)
    model.train(X[:1], np.array([2]), num_iters=0)
    W = model.W.copy()
    assert W.shape == (3, 3)
    expected_loss, dW = model.loss(X[:1], np.array([2]), 0.5)
    losses = model.train(X[:1], np.array([2]), learning_rate=0.1, reg=0.5, num_iters=1, batch_size=1)
    assert losses == [expected_loss]
    np.testing.assert_allclose(model.W, W - 0.1 * dW, rtol=1e-14)


@pytest.mark.parametrize("classifier, loss", [(LinearSVM, svm_loss_vectorized), (Softmax, softmax_loss_vectorized)])
def test_each_classifier_has_its_loss(classifier, loss):
    W, X, y = draw()
    model = classifier()
    model.W = W
    np.testing.assert_array_equal(model.loss(X, y, 0.3)[1], loss(W, X, y, 0.3)[1])
    np.testing.assert_array_equal(model.predict(X), np.argmax(X @ W, axis=1))


@both_classifiers
def test_first_weights_are_small_and_of_the_examples_type(classifier):
    rng = np.random.default_rng(0)
    for dtype, expected in ((np.float32, np.float32), (np.float64, np.float64), (np.uint8, np.float64)):
        model = classifier(seed=0)
        model.train(rng.integers(9, size=(5, 400)).astype(dtype), np.arange(5), num_iters=0)
        assert model.W.shape == (400, 5) and model.W.dtype == expected
        assert model.W.std() == pytest.approx(0.001, rel=0.1)
    model.train(rng.random((5, 400), dtype=np.float32), np.arange(5), num_iters=2)
    assert model.W.dtype == np.float64


@both_classifiers
def test_float32_weights_stay_float32(classifier):
    X, y = separable()
    model = classifier(seed=0)
    model.train(X.astype(np.float32), y, learning_rate=np.float64(0.1), reg=np.float64(0.1), num_iters=2)
    assert model.W.dtype == np.float32


@both_classifiers
def test_the_seed_decides_everything(classifier):
    X, y = separable()
    one, same, other = classifier(seed=1), classifier(seed=1), classifier(seed=2)
    for model in (one, same, other):
        model.train(X, y, num_iters=3, batch_size=4)
    np.testing.assert_array_equal(one.W, same.W)
    assert not np.array_equal(one.W, other.W)


def test_verbose_prints_every_hundredth_loss(capsys):
    X, y = separable()
    losses = Softmax(seed=0).train(X, y, num_iters=101, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"iteration {i} / 101: loss {losses[i]:f}" for i in (0, 100)]
    Softmax(seed=0).train(X, y, num_iters=101)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("method", ["predict", "save"])
def test_before_training_there_is_nothing_to_use(method, tmp_path):
    with pytest.raises(RuntimeError, match=f"LinearSVM.{method}: there are no weights yet; call train"):
        getattr(LinearSVM(), method)(np.ones((1, 2)) if method == "predict" else tmp_path / "w")


def test_wrong_arguments_are_refused_and_nothing_is_changed():
    X, y = separable()
    model = LinearSVM(seed=0)
    for change, message in (
        ({"X": X[0]}, "train: X has shape (3,); expected (N, D) with N >= 1"),
        ({"y": y[1:]}, "train: y has shape (59,); X of shape (60, 3) needs (60,)"),
        ({"y": y - 1}, "train: y has the label -1; expected integers >= 0"),
        ({"learning_rate": -1}, "train: learning_rate must be a finite number >= 0, got -1"),
        ({"reg": np.inf}, "train: reg must be a finite number >= 0, got inf"),
        ({"num_iters": 1.5}, "train: num_iters must be an integer >= 0, got 1.5"),
        ({"batch_size": 0}, "train: batch_size must be an integer >= 1, got 0"),
    ):
        with pytest.raises(ValueError, match=f"LinearSVM.{re.escape(message)}"):
            model.train(**{"X": X, "y": y} | change)
        assert model.W is None
    model.train(X, y, num_iters=1)
    with pytest.raises(ValueError, match=re.escape("predict: X has shape (60, 2); W of shape (3, 3) needs (N, 3)")):
        model.predict(X[:, :2])
    with pytest.raises(TypeError, match="predict: X must be an ndarray of floats or integers, got dtype object"):
        model.predict(X.astype(object))
    with pytest.raises(ValueError, match="Softmax: seed must be an integer >= 0, got -1"):
        Softmax(seed=-1)


def test_weights_from_a_file(tmp_path):
    X, y = separable()
    model, fresh = Softmax(seed=0), Softmax()
    model.train(X, y, num_iters=5)
    model.save(tmp_path / "w")
    assert fresh.load(tmp_path / "w") is True
    np.testing.assert_array_equal(fresh.predict(X), model.predict(X))
    other = LinearClassifier()
    other.W = np.zeros((2, 2))
    with pytest.raises(ValueError, match=re.escape("W has shape (3, 3) and dtype float64; the model needs (2, 2)")):
        other.load(tmp_path / "w")
    assert not other.W.any()
    for spoilt in ({"W": np.zeros(3)}, {"W": np.zeros((3, 3), dtype=int)}, {"V": np.zeros((3, 3))}):
        np.savez(tmp_path / "spoilt.npz", **spoilt)
        fresh = Softmax()
        with pytest.raises(ValueError, match="Softmax.load: .*spoilt: (W has shape|missing)"):
            fresh.load(tmp_path / "spoilt")
        assert fresh.W is None
