"""Colours: known ones, and all others as the standard library has them."""

import colorsys
import re

import numpy as np
import pytest

from datasets import rgb2gray, rgb_to_hsv

RED, GREEN, BLUE = [255, 0, 0], [0, 255, 0], [0, 0, 255]
KNOWN = [
    (RED, (0, 1, 255)), ([255, 255, 0], (1 / 6, 1, 255)), (GREEN, (2 / 6, 1, 255)), ([0, 255, 255], (3 / 6, 1, 255)),
    (BLUE, (4 / 6, 1, 255)), ([255, 0, 255], (5 / 6, 1, 255)), ([0, 0, 0], (0, 0, 0)), ([255] * 3, (0, 0, 255)),
    ([100] * 3, (0, 0, 100)), ([200, 100, 100], (0, 0.5, 200)), ([255, 0, 1], (1 - 1 / 255 / 6, 1, 255)),
]  # fmt: skip


@pytest.mark.parametrize("dtype, expected", [(np.uint8, np.float32), (np.int32, np.float32), (np.float32, np.float32),
                                             (np.float64, np.float64)])  # fmt: skip
@pytest.mark.parametrize("rgb, hsv", KNOWN)
def test_known_colours(rgb, hsv, dtype, expected):
    out = rgb_to_hsv(np.array(rgb, dtype).reshape(1, 3, 1, 1))
    assert out.dtype == expected
    np.testing.assert_allclose(out.ravel(), hsv, atol=1e-6)


def test_any_colours_are_those_of_the_standard_library():
    rgb = np.random.default_rng(0).uniform(size=(4, 3, 10, 10)) ** 2
    rgb[0] = rgb[0].round(1)  # ties among the three
    expected = [colorsys.rgb_to_hsv(*pixel) for pixel in rgb.transpose(0, 2, 3, 1).reshape(-1, 3).tolist()]
    out = rgb_to_hsv(rgb).transpose(0, 2, 3, 1).reshape(-1, 3)
    np.testing.assert_allclose(out, expected, atol=1e-12)
    assert out[:, 0].min() >= 0 and out[:, 0].max() < 1


def test_hue_stays_below_1_where_rounding_would_make_it_so():
    rgb = np.array([1.0, 0.0, 1e-20]).reshape(1, 3, 1, 1)
    assert rgb_to_hsv(rgb)[0, 0, 0, 0] == 0


def test_grey_by_hand_and_in_every_layout():
    X = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5)).astype(np.uint8)
    expected = 0.299 * X[:, 0] + 0.587 * X[:, 1] + 0.114 * X[:, 2]
    for layout in (X, X.transpose(0, 2, 3, 1)):
        out = rgb2gray(layout)
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, expected, rtol=1e-6)
        np.testing.assert_allclose(rgb2gray(layout[1]), expected[1], rtol=1e-6)
    np.testing.assert_array_equal(rgb2gray(X[:, :1]), X[:, 0])
    np.testing.assert_array_equal(rgb2gray(X[0, 0]), X[0, 0])
    assert rgb2gray(X[:0]).shape == (0, 4, 5)


def test_where_both_ends_could_be_the_colours_the_first_is():
    X = np.random.default_rng(0).uniform(size=(3, 4, 3))
    np.testing.assert_array_equal(rgb2gray(X), 0.299 * X[0] + 0.587 * X[1] + 0.114 * X[2])


@pytest.mark.parametrize("im, error, words", [
    (np.zeros(5), ValueError, "rgb2gray: the image has shape (5,); expected (C, H, W), (H, W, C), (H, W), or"),
    (np.zeros((4, 5, 6)), ValueError, "rgb2gray: the image has shape (4, 5, 6)"),
    (np.zeros((2, 4, 5, 6)), ValueError, "(N, H, W, C), with C = 1 or 3"),
    (np.zeros((1, 2, 3, 4, 5)), ValueError, "rgb2gray: the image has shape (1, 2, 3, 4, 5)"),
    (np.zeros((4, 5), bool), TypeError, "rgb2gray: an image must be an ndarray of floats or integers, got dtype bool"),
    ([[1.0]], TypeError, "rgb2gray: an image must be an ndarray of floats or integers, got list"),
])  # fmt: skip
def test_what_is_no_image_is_refused(im, error, words):
    with pytest.raises(error, match=re.escape(words)):
        rgb2gray(im)


@pytest.mark.parametrize("images, came", [(np.zeros((2, 4, 5, 3)), "shape (2, 4, 5, 3)"), (None, "NoneType")])
def test_hsv_needs_three_channels_first(images, came):
    words = f"rgb_to_hsv: images must be an ndarray of shape (N, 3, H, W), got {came}"
    with pytest.raises(ValueError, match=re.escape(words)):
        rgb_to_hsv(images)
