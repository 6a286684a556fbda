"""Principal components decorrelate, whiten and reduce, and keep what the numbers say they keep."""

import re

import numpy as np
import pytest

from datasets import fit_pca, pca, pca_whiten, zca_whiten, prepare

APPLIED = pytest.mark.parametrize("apply", [pca, pca_whiten, zca_whiten])


def correlated(N=200, shape=(2, 3, 1), seed=0):
    rng = np.random.default_rng(seed)
    D = int(np.prod(shape))
    return (rng.standard_normal((N, D)) @ rng.standard_normal((D, D)) + 5).reshape(N, *shape)


def covariance(X):
    X = X.reshape(len(X), -1)
    X = X - X.mean(axis=0)
    return X.T @ X / len(X)


def test_coordinates_are_uncorrelated_with_the_variances_named_widest_first():
    X = correlated()
    stats = fit_pca(X)
    np.testing.assert_allclose(covariance(pca(X, stats)), np.diag(stats["variances"]), atol=1e-10)
    assert (np.diff(stats["variances"]) <= 0).all()
    np.testing.assert_allclose(stats["components"].T @ stats["components"], np.eye(6), atol=1e-12)


def test_the_components_are_the_singular_vectors():
    X = correlated()
    _, singular, rows = np.linalg.svd(X.reshape(200, 6) - X.reshape(200, 6).mean(axis=0), full_matrices=False)
    stats = fit_pca(X)
    np.testing.assert_allclose(stats["variances"], singular**2 / 200, rtol=1e-10)
    np.testing.assert_allclose(np.abs(np.sum(stats["components"] * rows.T, axis=0)), 1, atol=1e-10)
    assert (stats["components"].max(axis=0) == np.abs(stats["components"]).max(axis=0)).all()


def test_fewer_components_are_the_first_of_all():
    X = correlated()
    few, all_of_them = fit_pca(X, num_components=2), fit_pca(X)
    np.testing.assert_allclose(few["components"], all_of_them["components"][:, :2], atol=1e-10)
    np.testing.assert_allclose(few["variances"], all_of_them["variances"][:2], rtol=1e-10)
    assert pca(X, few).shape == (200, 2) and zca_whiten(X, few).shape == X.shape


@pytest.mark.parametrize("whiten", [pca_whiten, zca_whiten])
def test_whitening_makes_the_covariance_the_identity(whiten):
    X = correlated()
    np.testing.assert_allclose(covariance(whiten(X, fit_pca(X), eps=1e-12)), np.eye(6), atol=1e-9)


def test_zca_is_the_whitening_that_stays_closest():
    """Of all rotations of whitened data it has the largest correlation with the data."""
    X = correlated()
    stats, centred = fit_pca(X), X.reshape(200, 6) - X.reshape(200, 6).mean(axis=0)
    closest = zca_whiten(X, stats).reshape(200, 6)
    rng = np.random.default_rng(1)
    for _ in range(20):
        rotation, _ = np.linalg.qr(rng.standard_normal((6, 6)))
        assert np.sum(centred * closest) >= np.sum(centred * (closest @ rotation))


def test_no_variance_is_negative_where_there_are_fewer_examples_than_features():
    X = np.random.default_rng(0).standard_normal((5, 30))
    assert np.linalg.eigvalsh(covariance(X)).min() < 0
    assert (fit_pca(X)["variances"] >= 0).all()


@pytest.mark.parametrize("whiten", [pca_whiten, zca_whiten])
def test_eps_is_added_to_the_variances(whiten):
    X = np.array([[2.0], [-2.0]])
    np.testing.assert_allclose(whiten(X, fit_pca(X), eps=5), X / 3)


def test_a_direction_without_variance_stays_small():
    X = correlated(shape=(3,))
    X = np.concatenate([X, X[:, :1]], axis=1)
    stats = fit_pca(X)
    assert (stats["variances"] >= 0).all() and stats["variances"][-1] < 1e-12
    for whiten in (pca_whiten, zca_whiten):
        assert np.abs(whiten(X, stats)).max() < 10


@APPLIED
def test_uint8_and_floats_agree_and_float64_alone_stays(apply):
    X = np.random.default_rng(0).integers(0, 256, (50, 1, 2, 3)).astype(np.uint8)
    stats = fit_pca(X)
    exact = apply(X.astype(np.float64), fit_pca(X.astype(np.float64)))
    assert exact.dtype == np.float64
    for dtype in (np.uint8, np.float32):
        out = apply(X.astype(dtype), stats)
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, exact, atol=1e-4)


@APPLIED
def test_other_examples_are_measured_by_the_training_set_and_nothing_is_changed(apply):
    X = correlated()
    X.flags.writeable = False
    stats = fit_pca(X)
    before = {name: array.tobytes() for name, array in stats.items()}
    np.testing.assert_allclose(apply(X[3:5], stats), apply(X, stats)[3:5], atol=1e-12)
    assert len(apply(X[:0], stats)) == 0
    assert {name: array.tobytes() for name, array in stats.items()} == before


def test_many_examples_are_measured_in_blocks(monkeypatch):
    X = correlated()
    whole = fit_pca(X)
    monkeypatch.setattr(prepare, "BLOCK", 7)
    np.testing.assert_allclose(fit_pca(X)["components"], whole["components"], atol=1e-10)


@APPLIED
def test_examples_of_another_shape_are_refused(apply):
    words = f"{apply.__name__}: X has shape (4, 6); the training set needs (N, 2, 3, 1)"
    with pytest.raises(ValueError, match=re.escape(words)):
        apply(np.zeros((4, 6)), fit_pca(correlated()))


@pytest.mark.parametrize("whiten", [pca_whiten, zca_whiten])
@pytest.mark.parametrize("eps", [0, -1.0, np.nan, np.inf, "1", True])
def test_eps_is_checked(whiten, eps):
    with pytest.raises(ValueError, match=re.escape(f"{whiten.__name__}: eps must be a finite number > 0, got {eps!r}")):
        whiten(np.zeros((1, 2, 3, 1)), fit_pca(correlated()), eps)


@pytest.mark.parametrize("X, num_components, error, words", [
    (np.zeros((4, 2)), 0, ValueError, "num_components must be an integer >= 1, got 0"),
    (np.zeros((4, 2)), 1.0, ValueError, "num_components must be an integer >= 1, got 1.0"),
    (np.zeros((4, 2)), 3, ValueError, "num_components is 3; X of shape (4, 2) has D = 2 features"),
    (np.zeros((0, 2)), None, ValueError, "X has shape (0, 2); there must be at least one example to measure"),
    (np.zeros((4, 2), bool), None, TypeError, "X must be an ndarray of floats or integers, got dtype bool"),
])  # fmt: skip
def test_fit_pca_refuses(X, num_components, error, words):
    with pytest.raises(error, match=re.escape(f"fit_pca: {words}")):
        fit_pca(X, num_components)
