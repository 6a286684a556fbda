"""Pixels go where they should: against hand counts, and by chances that are even."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from datasets import random_crop, random_flip, random_rotate, random_shift

from .augmenting import DTYPES, images

every_dtype = pytest.mark.parametrize("dtype", DTYPES)


class Draws:
    """A generator that gives what it was told."""

    def __init__(self, *values):
        self.values = list(values)

    def _next(self, *_, **__):
        return np.array(self.values.pop(0))

    random = integers = uniform = _next


@every_dtype
def test_flip_mirrors_left_to_right(dtype):
    X = images(N=3, dtype=dtype)
    out, _ = random_flip(X, None, Draws([0.4, 0.5, 0.0]))
    np.testing.assert_array_equal(out[0], X[0, :, :, ::-1])
    np.testing.assert_array_equal(out[1], X[1])
    np.testing.assert_array_equal(out[2], X[2, :, :, ::-1])


def test_half_of_the_images_are_flipped():
    X = images(N=1000, C=1, H=1, W=3)
    out, _ = random_flip(X, None, np.random.default_rng(0))
    assert 450 < np.sum((out != X).any(axis=(1, 2, 3))) < 550


def cropped(image, down, right, fill):
    """Loops: the image moved down and right by so many pixels; fill(i, j) says what comes in."""
    C, H, W = image.shape
    out = np.empty_like(image)
    for c, i, j in itertools.product(range(C), range(H), range(W)):
        inside = 0 <= i - down < H and 0 <= j - right < W
        out[c, i, j] = image[c, i - down, j - right] if inside else fill(image[c], i - down, j - right)
    return out


def zero(channel, i, j):
    return 0


def nearest(channel, i, j):
    return channel[min(max(i, 0), len(channel) - 1), min(max(j, 0), channel.shape[1] - 1)]


@every_dtype
@pytest.mark.parametrize("step, setting, fill", [(random_crop, "pad", zero), (random_shift, "pixels", nearest)])
@pytest.mark.parametrize("most", [1, 2, 9])
def test_every_place_by_loops(step, setting, fill, most, dtype):
    """Each image at all four extremes, in the middle, and at others; 9 is farther than the image is wide."""
    places = [(0, 0), (0, 2 * most), (2 * most, 0), (2 * most, 2 * most), (most, most), (most - 1, most + 1)]
    X = images(N=len(places), C=2, H=4, W=5, dtype=dtype)
    out, _ = step(X, None, Draws(np.transpose(places)), **{setting: most})
    for image, result, (top, left) in zip(X, out, places):
        np.testing.assert_array_equal(result, cropped(image, most - top, most - left, fill))
    assert out.flags.c_contiguous


def test_a_crop_by_hand():
    X = np.array([[[[1, 2], [3, 4]]]], dtype=np.uint8)
    assert random_crop(X, None, Draws([[0], [0]]), pad=1)[0].tolist() == [[[[0, 0], [0, 1]]]]
    assert random_crop(X, None, Draws([[2], [1]]), pad=1)[0].tolist() == [[[[3, 4], [0, 0]]]]
    assert random_shift(X, None, Draws([[0], [0]]), pixels=1)[0].tolist() == [[[[1, 1], [1, 1]]]]
    assert random_shift(X, None, Draws([[2], [1]]), pixels=1)[0].tolist() == [[[[3, 4], [3, 4]]]]


@pytest.mark.parametrize("step, setting", [(random_crop, "pad"), (random_shift, "pixels")])
def test_all_places_come_equally_often(step, setting):
    X = np.zeros((5000, 1, 7, 7), np.uint8)
    X[:, :, 3, 3] = 1
    out, _ = step(X, None, np.random.default_rng(0), **{setting: 2})
    _, _, rows, columns = np.nonzero(out)
    counts = np.bincount(rows * 7 + columns, minlength=49).reshape(7, 7)[1:6, 1:6]
    assert len(rows) == 5000 == counts.sum()
    assert stats.chisquare(counts.ravel()).pvalue > 0.001


@every_dtype
@pytest.mark.parametrize("angle, quarters", [(0, 0), (90, 1), (180, 2), (-90, 3)])
def test_square_images_turn_by_quarters(angle, quarters, dtype):
    X = images(N=1, H=5, W=5, dtype=dtype)
    out, _ = random_rotate(X, None, Draws([angle]), degrees=180)
    np.testing.assert_allclose(out[0], np.rot90(X[0], -quarters, axes=(1, 2)), atol=1e-5)


def test_each_pixel_is_interpolated_from_the_four_that_it_comes_from():
    X, angle = images(N=1, C=1, H=4, W=6, dtype=np.float64), 20
    (out,), _ = random_rotate(X, None, Draws([angle]), degrees=30)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    for i, j in itertools.product(range(4), range(6)):
        row, column = 1.5 + cos * (i - 1.5) - sin * (j - 2.5), 2.5 + sin * (i - 1.5) + cos * (j - 2.5)
        expected = 0.0
        for k, m in itertools.product(range(4), range(6)):
            expected += max(0, 1 - abs(row - k)) * max(0, 1 - abs(column - m)) * X[0, 0, k, m]
        assert out[0, i, j] == pytest.approx(expected, abs=1e-12)


def test_uint8_is_rounded_and_does_not_wrap():
    X = np.full((30, 1, 9, 9), 255, np.uint8)
    X[:, :, ::2] = 0
    out, _ = random_rotate(X, None, np.random.default_rng(0), degrees=180)
    exact, _ = random_rotate(X.astype(np.float64), None, np.random.default_rng(0), degrees=180)
    assert np.abs(out - exact).max() <= 0.5 + 1e-9


def test_angles_are_spread_over_both_sides():
    level = np.zeros((400, 1, 21, 21))
    level[:, :, 10] = 1
    out, _ = random_rotate(level, None, np.random.default_rng(0), degrees=40)
    weights = out[:, 0, :, 17]  # how high the line is, 7 pixels to the right of the middle, tells the angle
    height = weights @ np.arange(21) / weights.sum(axis=1) - 10
    angle = np.degrees(np.arctan(height / 7))
    assert 38 < abs(angle).max() < 42 and abs(angle.mean()) < 3 and abs(angle.std() - 40 / math.sqrt(3)) < 2
