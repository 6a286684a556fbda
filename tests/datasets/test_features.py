"""The course's features, against hand counts and loops; and a linear classifier is better off with them."""

import colorsys
import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import linalg

from datasets import (
    color_histogram_hsv,
    colors,
    extract_features,
    fit_standardize,
    hog_feature,
    load_digits,
    read_idx,
    rgb2gray,
    standardize,
)

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # Debian's package dataset-fashion-mnist


def images(N=4, C=3, H=19, W=26, dtype=np.float64):
    return np.random.default_rng(0).uniform(0, 255, (N, C, H, W)).astype(dtype)


def hog_by_loops(image, cell_size, num_orientations):
    """The docstring's words, pixel by pixel, for one grey image."""
    H, W = image.shape
    rows, columns = H // cell_size, W // cell_size
    top, left = (H - rows * cell_size) // 2, (W - columns * cell_size) // 2
    out = np.zeros((rows, columns, num_orientations))
    for i in range(rows * cell_size):
        for j in range(columns * cell_size):
            m, n = top + i, left + j
            down = image[min(m + 1, H - 1), n] - image[max(m - 1, 0), n]
            across = image[m, min(n + 1, W - 1)] - image[m, max(n - 1, 0)]
            angle = math.degrees(math.atan2(down, across)) % 180
            for k in range(num_orientations):
                centre = 180 * (k + 0.5) / num_orientations
                distance = min(abs(angle - centre), 180 - abs(angle - centre)) / (180 / num_orientations)
                share = max(0, 1 - distance) * math.hypot(down, across)
                out[i // cell_size, j // cell_size, k] += share / cell_size**2
    return out.ravel()


@pytest.mark.parametrize("cell_size, num_orientations", [(8, 9), (5, 4), (19, 2), (1, 3)])
def test_hog_by_loops(cell_size, num_orientations):
    X = images()
    expected = [hog_by_loops(image, cell_size, num_orientations) for image in rgb2gray(X)]
    np.testing.assert_allclose(hog_feature(X, cell_size, num_orientations), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("down, across, expected", [
    (0, 1, [0.5, 0, 0, 0, 0, 0, 0, 0, 0.5]),  # 0 degrees: between 10 and 170
    (math.tan(math.radians(10)), 1, [1, 0, 0, 0, 0, 0, 0, 0, 0]),
    (1, 0, [0, 0, 0, 0, 1, 0, 0, 0, 0]),  # 90 degrees
    (1, -1, [0, 0, 0, 0, 0, 0, 0.75, 0.25, 0]),  # 135: three quarters of the way from 150 to 130
    (-1, 1, [0, 0, 0, 0, 0, 0, 0.75, 0.25, 0]),  # the other way is the same orientation
])  # fmt: skip
def test_a_slope_votes_for_its_orientation(down, across, expected):
    image = down * np.arange(10.0)[:, np.newaxis] + across * np.arange(10.0)
    length = 2 * math.hypot(down, across)
    np.testing.assert_allclose(hog_feature(image), length * np.array(expected), atol=1e-12)


def test_on_32_x_32_pixels_hog_has_the_course_s_144_numbers():
    assert hog_feature(images(H=32, W=32)).shape == (4, 144)
    assert hog_feature(images(H=32, W=32)[0]).shape == (144,)
    np.testing.assert_array_equal(hog_feature(np.full((3, 32, 32), 7, np.uint8)), np.zeros(144))


def test_hue_by_hand():
    red, yellow, blue, grey = [255, 0, 0], [255, 255, 0], [0, 0, 255], [9, 9, 9]
    im = np.array([[red, yellow, blue], [blue, grey, grey]], np.uint8)
    np.testing.assert_allclose(color_histogram_hsv(im, nbin=6), [3 / 6, 1 / 6, 0, 0, 2 / 6, 0], rtol=1e-6)
    np.testing.assert_array_equal(color_histogram_hsv(im, nbin=6, normalized=False), [3, 1, 0, 0, 2, 0])
    np.testing.assert_array_equal(color_histogram_hsv(im, nbin=1), [1])
    # From xmin = 51, a fifth of the circle, on: only blue is left, at 170, which is 119 of 204.
    np.testing.assert_array_equal(color_histogram_hsv(im, nbin=4, xmin=51), [0, 0, 1, 0])
    np.testing.assert_array_equal(color_histogram_hsv(im, nbin=4, xmin=200), [0, 0, 0, 0])


@pytest.mark.parametrize("nbin", [5, 10, 15, 30])
def test_a_hue_on_an_edge_belongs_to_the_bin_above(nbin):
    for k in range(nbin):
        red, green, blue = (round(30 * part) for part in colorsys.hsv_to_rgb(k / nbin, 1, 1))
        im = np.array([red, green, blue], np.uint8).reshape(3, 1, 1)
        assert np.argmax(color_histogram_hsv(im, nbin)) == k


@pytest.mark.parametrize("xmax", [1, 255])
def test_hue_is_counted_as_numpy_counts(xmax):
    X = images() / 255 * xmax
    hue = colors.rgb_to_hsv(X)[:, 0] * xmax
    expected = [np.histogram(one, np.linspace(0.1 * xmax, xmax, 8))[0] for one in hue]
    counts = color_histogram_hsv(X, nbin=7, xmin=0.1 * xmax, xmax=xmax, normalized=False)
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_allclose(color_histogram_hsv(X, xmax=xmax).sum(axis=1), 1)


FEATURES = pytest.mark.parametrize("feature", [hog_feature, color_histogram_hsv])


@FEATURES
@pytest.mark.parametrize(
    "dtype, expected", [(np.uint8, np.float32), (np.float32, np.float32), (np.float64, np.float64)]
)
def test_one_image_or_many_in_any_layout_and_type(feature, dtype, expected, monkeypatch):
    X = images(dtype=dtype)
    X.flags.writeable = False
    rows = feature(X)
    assert rows.dtype == expected and len(rows) == 4
    monkeypatch.setattr(colors, "BLOCK", 3)
    np.testing.assert_array_equal(feature(X), rows)
    np.testing.assert_array_equal(feature(np.ascontiguousarray(X.transpose(0, 2, 3, 1))), rows)
    for image, row in zip(X, rows):
        np.testing.assert_array_equal(feature(image), row)
        np.testing.assert_array_equal(feature(image.transpose(1, 2, 0)), row)
    np.testing.assert_allclose(rows, feature(X.astype(np.float64)), rtol=1e-3, atol=1e-3)
    assert feature(X[:0]).shape == (0, rows.shape[1])


@pytest.mark.parametrize("call, error, words", [
    (lambda: hog_feature(np.zeros((7, 9))), ValueError, "im has 7 x 9 pixels, too few for a cell of 8 x 8"),
    (lambda: hog_feature(np.zeros((9, 9)), 0), ValueError, "hog_feature: cell_size must be an integer >= 1, got 0"),
    (lambda: hog_feature(np.zeros((9, 9)), 8, 1.5), ValueError, "num_orientations must be an integer >= 1, got 1.5"),
    (lambda: hog_feature(np.zeros(9)), ValueError, "hog_feature: the image has shape (9,); expected (C, H, W)"),
    (lambda: color_histogram_hsv(np.zeros((9, 9))), ValueError, "expected (C, H, W), (H, W, C), or N of them: (N, C,"),
    (lambda: color_histogram_hsv(np.zeros((1, 9, 9))), ValueError, "with C = 3"),
    (lambda: color_histogram_hsv(images(), 0), ValueError, "color_histogram_hsv: nbin must be an integer >= 1, got 0"),
    (lambda: color_histogram_hsv(images(), xmin=-1), ValueError, "xmin must be a finite number >= 0, got -1"),
    (lambda: color_histogram_hsv(images(), xmax="1"), ValueError, "xmax must be a finite number above xmin = 0"),
    (lambda: color_histogram_hsv(images(), xmin=5, xmax=5), ValueError, "a finite number above xmin = 5, got 5"),
    (lambda: color_histogram_hsv(None), TypeError, "an image must be an ndarray of floats or integers, got NoneType"),
    (lambda: extract_features([], [len]), ValueError, "extract_features: imgs must be an ndarray of images, got []"),
    (lambda: extract_features(images(), []), ValueError, "feature_fns must be a list of functions, got []"),
    (lambda: extract_features(images(), [1]), ValueError, "feature_fns must be a list of functions, got [1]"),
    (lambda: extract_features(images(), [lambda im: im[0, 0, im[0, 0] > 128]]), ValueError, "has features of lengths"),
])  # fmt: skip
def test_refuses(call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call()


def test_extract_features_puts_them_side_by_side(capsys):
    X = images(H=32, W=32)
    rows = extract_features(X, [hog_feature, lambda im: color_histogram_hsv(im, nbin=10), np.mean])
    assert rows.shape == (4, 155) and rows.dtype == np.float64 and capsys.readouterr().out == ""
    np.testing.assert_array_equal(rows[:, :144], hog_feature(X))
    np.testing.assert_array_equal(rows[:, 144:154], color_histogram_hsv(X))
    np.testing.assert_allclose(rows[:, 154], X.mean(axis=(1, 2, 3)))
    assert extract_features(X[:0], [hog_feature]).shape == (0, 0)


def test_extract_features_tells_how_far_it_is(capsys):
    extract_features(np.zeros((2500, 2)), [np.sum], verbose=True)
    assert capsys.readouterr().out == "Features of 1000 / 2500 images\nFeatures of 2000 / 2500 images\n"


def accuracy(X_train, y_train, X_test, y_test):
    """That of a linear classifier fitted by least squares, with the strength of regularisation that suits it best."""
    stats = fit_standardize(X_train)
    X_train, X_test = (np.insert(standardize(X, stats), 0, 1, axis=1).astype(np.float64) for X in (X_train, X_test))
    targets = np.eye(10)[y_train]
    found = []
    for reg in (10, 100, 1000):
        W = linalg.solve(X_train.T @ X_train + reg * np.eye(X_train.shape[1]), X_train.T @ targets, assume_a="pos")
        found.append(np.mean(np.argmax(X_test @ W, axis=1) == y_test))
    return max(found)


def accuracies(X_train, y_train, X_test, y_test, cell_size):
    """By raw pixels, and by HOG features."""
    return [
        accuracy(describe(X_train), y_train, describe(X_test), y_test)
        for describe in (lambda X: X.reshape(len(X), -1), lambda X: hog_feature(X, cell_size))
    ]


def test_a_linear_classifier_of_digits_is_better_off_with_hog():
    data = load_digits()
    X_train, X_test = (data[name] + data["mean_image"] for name in ("X_train", "X_test"))
    raw, hog = accuracies(X_train, data["y_train"], X_test, data["y_test"], cell_size=2)
    assert raw > 0.9 and hog > raw + 0.02


@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_a_linear_classifier_of_clothes_is_better_off_with_hog():
    X, y = (read_idx(FASHION_MNIST / f"t10k-{name}-ubyte.gz")[:4000] for name in ("images-idx3", "labels-idx1"))
    X = X[:, np.newaxis]
    raw, hog = accuracies(X[:2000], y[:2000], X[2000:], y[2000:], cell_size=4)
    assert raw > 0.77 and hog > raw + 0.02
