"""Squares, levels and mixtures, counted by hand."""

import re

import numpy as np
import pytest

from datasets import cutout, mixup, one_hot, random_brightness, random_contrast
from layers import softmax_loss

from .augmenting import DTYPES, images, labels

every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@every_dtype
@pytest.mark.parametrize("size", [1, 2, 3, 4, 20])
def test_a_square_about_a_pixel_of_the_image_is_blank_in_all_channels(size, dtype):
    X = images(N=60, dtype=dtype)
    out, _ = cutout(X, None, np.random.default_rng(0), size=size)
    whole = 0
    for image, result in zip(X, out):
        blank = (result == 0).all(axis=0)
        np.testing.assert_array_equal(result, np.where(blank, 0, image))
        rows, columns = np.flatnonzero(blank.any(axis=1)), np.flatnonzero(blank.any(axis=0))
        assert blank.sum() == len(rows) * len(columns) >= min((size + 1) // 2, 6) ** 2
        for found, length in ((rows, 6), (columns, 7)):
            assert len(found) <= size and found[-1] - found[0] == len(found) - 1
            assert len(found) == size or found[0] == 0 or found[-1] == length - 1
        whole += len(rows) == len(columns) == size
    assert whole > 0 or size == 20


def test_the_middle_of_the_square_is_any_pixel_equally_often():
    out, _ = cutout(np.ones((4200, 1, 6, 7), np.uint8), None, np.random.default_rng(0), size=1)
    counts = (out[:, 0] == 0).sum(axis=0)
    assert counts.sum() == 4200 and np.abs(counts - 100).max() < 40


def test_brightness_adds_one_number_to_each_image():
    X = images(N=500, dtype=np.float64)
    out, _ = random_brightness(X, None, np.random.default_rng(0), most=0.3)
    change = (out - X).reshape(500, -1)
    assert np.ptp(change, axis=1).max() < 1e-12
    assert -0.3 <= change.min() < -0.28 and 0.28 < change.max() <= 0.3 and abs(change.mean()) < 0.03


def test_contrast_stretches_each_image_about_its_own_mean():
    X = images(N=500, dtype=np.float64)
    out, _ = random_contrast(X, None, np.random.default_rng(0), most=0.3)
    mean = X.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(out.mean(axis=(1, 2, 3), keepdims=True), mean, atol=1e-12)
    factor = ((out - mean) / (X - mean)).reshape(500, -1)
    np.testing.assert_allclose(factor, factor[:, :1] * np.ones(factor.shape[1]), rtol=1e-8)
    assert 0.7 <= factor.min() < 0.72 and 1.28 < factor.max() <= 1.3 and abs(factor.mean() - 1) < 0.03


@pytest.mark.parametrize("step", [random_brightness, random_contrast])
def test_uint8_does_what_floats_do_rounded_and_cut_off(step):
    X = images(N=50)
    X[:, 0, 0, :2] = 0, 255
    scale = 255 if step is random_brightness else 1
    exact, _ = step(X.astype(np.float64) / scale, None, np.random.default_rng(0), most=0.9)
    out, _ = step(X, None, np.random.default_rng(0), most=0.9)
    assert np.abs(out - np.clip(exact * scale, 0, 255)).max() <= 0.5 + 1e-3
    assert out.min() == 0 and out.max() == 255 and (exact * scale).max() > 260


@every_dtype
def test_mixup_mixes_images_and_labels_in_one_proportion(dtype):
    """Image n is constant and all its own, so that a mixture tells its two parts and their shares."""
    values = np.array([0, 10, 60, 250])
    X, y = np.broadcast_to(values.astype(dtype).reshape(4, 1, 1, 1), (4, 2, 3, 3)), np.arange(4)
    for seed in range(20):
        out, soft = mixup(X, y, np.random.default_rng(seed), num_classes=4, alpha=1.0)
        assert soft.shape == (4, 4) and soft.dtype == np.float64
        np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-14)
        assert ((soft > 0).sum(axis=1) <= 2).all() and (soft >= 0).all()
        tolerance = 0.51 if dtype == np.uint8 else 1e-4
        np.testing.assert_allclose(out, (soft @ values).reshape(4, 1, 1, 1) * np.ones(X.shape), atol=tolerance)
        assert (np.diag(soft) > 0).all()


def test_every_image_is_mixed_in_a_proportion_of_its_own():
    _, soft = mixup(np.zeros((50, 1, 1, 1)), np.arange(50), np.random.default_rng(0), num_classes=50, alpha=1.0)
    assert len(set(np.diag(soft))) > 45


def test_mixtures_of_labels_that_are_soft_already():
    X, y = images(), labels()
    smooth = 0.9 * one_hot(y, 5) + 0.02
    (same, hard), (out, soft) = (mixup(X, t, np.random.default_rng(0), 5, 1.0) for t in (y, smooth))
    np.testing.assert_array_equal(out, same)
    np.testing.assert_allclose(soft, 0.9 * hard + 0.02, atol=1e-14)


def test_a_small_alpha_leaves_most_images_nearly_pure():
    X, y = np.zeros((3000, 1, 1, 1)), np.arange(3000) % 2
    pure = [np.mean(mixup(X, y, np.random.default_rng(0), 2, alpha)[1].max(axis=1) > 0.95) for alpha in (0.1, 1, 10)]
    assert pure[0] > pure[1] > pure[2]


def test_the_softmax_loss_takes_what_mixup_gives():
    X, soft = mixup(images(dtype=np.float32), labels(), np.random.default_rng(0), num_classes=5)
    loss, dx = softmax_loss(np.zeros((20, 5), np.float32), soft)
    assert loss == pytest.approx(np.log(5))
    np.testing.assert_allclose(dx, (0.2 - soft) / 20, atol=1e-7)


@pytest.mark.parametrize("y, num_classes, error, words", [
    (np.zeros(3, int), None, ValueError, "num_classes is missing; give it as in functools.partial(mixup, num_"),
    (np.zeros(4, int), 2, ValueError, "y has shape (4,); X of shape (3, 3, 6, 7) needs 3 labels"),
    (np.full((4, 2), 0.5), None, ValueError, "y has shape (4, 2); X of shape (3, 3, 6, 7) needs 3 labels"),
])  # fmt: skip
def test_mixup_refuses_labels_that_do_not_fit(y, num_classes, error, words):
    with pytest.raises(error, match=re.escape(f"mixup: {words}")):
        mixup(images(N=3), y, np.random.default_rng(0), num_classes)


@pytest.mark.parametrize(
    "y, num_classes", [(np.array([0, 1, 2]), 2), (np.zeros(3), 2), (None, 2), (np.eye(3, dtype=int), 3)]
)
def test_mixup_refuses_what_one_hot_refuses(y, num_classes):
    with pytest.raises((TypeError, ValueError), match="^mixup: y "):
        mixup(images(N=3), y, np.random.default_rng(0), num_classes)
