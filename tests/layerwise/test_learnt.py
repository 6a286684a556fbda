"""What is said to have been learnt is there, by numbers."""

import numpy as np
import pytest

from datasets import load_digits
from layers import chain, conv_relu_pool, affine
from layerwise.learnt import (
    compute_saliency_maps, features, first_filters, nearest_neighbours, occlusion_maps, principal_plane, visualize_grid
)  # fmt: skip
from models import Classifier, ConvNet, FullyConnectedNet, ResNet, TwoLayerNet
from solvers import Solver

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def trained(digits):
    """A small convolutional net that knows most digits."""
    model = ConvNet((1, 8, 8), (8, "pool", 16, "pool"), hidden_dims=(32,), seed=0)
    Solver(
        model, digits, update_rule="adam", optim_config={"learning_rate": 5e-3}, num_epochs=5, batch_size=25,
        verbose=False, seed=0
    ).train()  # fmt: skip
    assert np.mean(model.loss(digits["X_test"]).argmax(axis=1) == digits["y_test"]) > 0.9
    return model


def test_saliency_is_the_numerical_derivative_of_the_right_score():
    model = FullyConnectedNet([9], 2 * 3 * 4, 5, weight_scale=0.5, dtype=np.float64, seed=0)
    X, y = RNG.standard_normal((3, 2, 3, 4)), np.array([4, 0, 2])
    expected = np.empty_like(X)
    for c, i, j in np.ndindex(2, 3, 4):
        up, down = X.copy(), X.copy()
        up[:, c, i, j] += 1e-6
        down[:, c, i, j] -= 1e-6
        expected[:, c, i, j] = (model.loss(up) - model.loss(down))[[0, 1, 2], y] / 2e-6
    np.testing.assert_allclose(compute_saliency_maps(X, y, model), np.abs(expected).max(axis=1), atol=1e-7)


def test_hiding_the_object_costs_the_score_and_hiding_the_ground_does_not():
    """The score of class 0 is the sum of all pixels, so that what a patch costs is what it covers."""
    model = TwoLayerNet(49, 1, 2)
    model.params.update(W1=np.ones((49, 1)), W2=np.array([[1.0, 0.0]]))
    X = np.zeros((1, 1, 7, 7))
    X[0, 0, 4, 5] = 2.0
    drops = occlusion_maps(X, np.array([0]), model, size=3)
    expected = np.zeros((7, 7))
    expected[3:6, 4:7] = 2.0
    np.testing.assert_allclose(drops[0], expected)
    np.testing.assert_allclose(occlusion_maps(X, np.array([0]), model, size=1)[0], X[0, 0])


def test_the_patch_is_filled_with_what_is_asked_for_and_cut_at_the_border():
    model = TwoLayerNet(2 * 9, 1, 2)
    model.params.update(W1=np.ones((18, 1)), W2=np.array([[1.0, 0.0]]))
    X = np.ones((1, 2, 3, 3))
    pixels = np.array([[4, 6, 4], [6, 9, 6], [4, 6, 4]])
    np.testing.assert_allclose(occlusion_maps(X, np.array([0]), model, size=3, fill=0.5)[0], pixels * 2 * 0.5)
    fill = np.array([1.0, 0.0]).reshape(2, 1, 1)
    np.testing.assert_allclose(occlusion_maps(X, np.array([0]), model, size=3, fill=fill)[0], pixels)


def test_on_digits_the_pixels_that_matter_are_where_the_ink_is(trained, digits):
    X, y = digits["X_test"][:60], digits["y_test"][:60]
    drops = occlusion_maps(X, y, trained)
    assert drops[:, 2:6, 2:6].mean() > 3 * abs(drops[:, :, [0, 7]].mean())


def test_the_nearest_neighbour_of_an_image_is_the_image_itself(trained, digits):
    F = features(trained, digits["X_train"])
    asked = np.array([5, 700, 3])
    indices, distances = nearest_neighbours(F, F[asked], k=4)
    np.testing.assert_array_equal(indices[:, 0], asked)
    np.testing.assert_allclose(distances[:, 0], 0)
    assert (np.diff(distances, axis=1) >= 0).all()


def test_neighbours_by_features_are_mostly_of_the_same_class(trained, digits):
    indices, _ = nearest_neighbours(features(trained, digits["X_train"]), features(trained, digits["X_test"]), k=5)
    assert np.mean(digits["y_train"][indices] == digits["y_test"][:, None]) > 0.9


def test_neighbours_are_those_of_plain_loops_and_ties_go_to_the_lower_index():
    found_in, of = RNG.integers(0, 3, (20, 2, 2)).astype(float), RNG.integers(0, 3, (5, 2, 2)).astype(float)
    indices, distances = nearest_neighbours(found_in, of, k=20)
    for q in range(5):
        by_hand = [np.sqrt(np.sum((row - of[q]) ** 2)) for row in found_in]
        assert indices[q].tolist() == sorted(range(20), key=lambda i: (by_hand[i], i))
        np.testing.assert_allclose(distances[q], sorted(by_hand))


@pytest.mark.parametrize("shape", [(30, 7), (5, 12), (20, 2, 3, 2), (9, 2)])
def test_the_plane_is_that_of_the_singular_value_decomposition(shape):
    F = RNG.standard_normal(shape) * RNG.uniform(0.5, 3, shape[1:]) + 5
    coordinates, shares = principal_plane(F)
    rows = F.reshape(len(F), -1)
    U, lengths, Vt = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    signs = np.sign(Vt[range(2), np.abs(Vt[:2]).argmax(axis=1)])
    np.testing.assert_allclose(coordinates, signs * U[:, :2] * lengths[:2], atol=1e-5 * lengths[0])
    np.testing.assert_allclose(shares, (lengths**2 / np.sum(lengths**2))[:2])


def test_features_that_are_all_alike_have_a_plane_of_one_point():
    coordinates, shares = principal_plane(np.ones((4, 3)))
    np.testing.assert_allclose(coordinates, 0, atol=1e-6)
    assert (shares == 0).all()


@pytest.mark.parametrize(
    "model, shape",
    [
        (ConvNet((3, 8, 8), (5, "pool"), filter_size=5), (5, 3, 5, 5)),
        (ResNet((3, 8, 8), (1,), (4,)), (4, 3, 3, 3)),
        (TwoLayerNet(3 * 8 * 8, 7, 2, seed=0), (7, 3, 8, 8)),
    ],
)
def test_first_filters_are_images(model, shape):
    filters = first_filters(model, (3, 8, 8))
    assert filters.shape == shape
    if len(model.params["W1"]) == 192:
        np.testing.assert_array_equal(filters[2].ravel(), model.params["W1"][:, 2])


def test_a_filter_has_the_pixels_where_the_layer_sees_them():
    """Shown an image that is a filter itself, its own unit answers the most."""
    model = TwoLayerNet(2 * 3 * 4, 6, 2, weight_scale=1.0, seed=0)
    filters = first_filters(model, (2, 3, 4))
    images = filters / np.linalg.norm(filters.reshape(6, -1), axis=1).reshape(6, 1, 1, 1)
    answers = features(model, images, 1) / np.linalg.norm(filters.reshape(6, -1), axis=1)
    np.testing.assert_array_equal(answers.argmax(axis=1), range(6))


@pytest.mark.parametrize("N, S", [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (10, 4)])
@pytest.mark.parametrize("padding", [0, 1, 3])
def test_the_grid_is_the_courses(N, S, padding):
    Xs = RNG.standard_normal((N, 4, 5, 3)) * 10.0 ** RNG.integers(-3, 4, (N, 1, 1, 1))
    grid = visualize_grid(Xs, ubound=200.0, padding=padding)
    assert grid.shape == (S * 4 + (S - 1) * padding, S * 5 + (S - 1) * padding, 3)
    empty = np.ones(grid.shape, bool)
    for n in range(N):
        i, j = n // S * (4 + padding), n % S * (5 + padding)
        tile = grid[i : i + 4, j : j + 5]
        expected = 200 * (Xs[n] - Xs[n].min()) / (Xs[n].max() - Xs[n].min())
        np.testing.assert_allclose(tile, expected)
        empty[i : i + 4, j : j + 5] = False
    assert (grid[empty] == 0).all()


def test_an_image_of_one_value_becomes_black_and_the_images_stay():
    Xs = np.full((2, 3, 3, 1), 7.0)
    assert (visualize_grid(Xs) == 0).all() and (Xs == 7).all()


def test_what_does_not_fit_is_refused_in_words():
    model, X, y = TwoLayerNet(4, 5, 3), np.ones((2, 1, 2, 2)), np.array([0, 1])
    for ask in (compute_saliency_maps, occlusion_maps):
        with pytest.raises(ValueError, match=rf"{ask.__name__}: X has shape \(2, 4\); expected \(N, C, H, W\)"):
            ask(X.reshape(2, 4), y, model)
        with pytest.raises(ValueError, match=f"{ask.__name__}: the label 7 is out of range"):
            ask(X, np.array([0, 7]), model)
    for size in (0, 2, -1, 1.0):
        with pytest.raises(ValueError, match="occlusion_maps: size must be an odd integer >= 1"):
            occlusion_maps(X, y, model, size=size)
    for k in (0, 3, 1.0):
        with pytest.raises(ValueError, match="k must be an integer from 1 to N = 2"):
            nearest_neighbours(X, X, k)
    with pytest.raises(ValueError, match="expected rows of one length"):
        nearest_neighbours(X, X[:, :, :1], 1)
    with pytest.raises(ValueError, match=r"principal_plane: F has shape \(3, 1\)"):
        principal_plane(np.ones((3, 1)))
    with pytest.raises(ValueError, match=r"first_filters: images of shape \(1, 3, 3\) do not fit the first layer"):
        first_filters(model, (1, 3, 3))
    for Xs in (np.ones((2, 2)), np.ones((0, 2, 2, 1)), [1]):
        with pytest.raises(ValueError, match=r"visualize_grid: Xs has shape .*; expected \(N, H, W, C\)"):
            visualize_grid(Xs)


def test_a_net_of_ones_own_may_be_asked():
    net = chain(conv_relu_pool, affine)
    shapes = {"W1": (2, 1, 3, 3), "b1": (2,), "W2": (8, 3), "b2": (3,)}
    params = {name: RNG.standard_normal(shape) for name, shape in shapes.items()}
    settings = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    maps = compute_saliency_maps(RNG.standard_normal((2, 1, 4, 4)), np.array([0, 2]), Classifier(net, params, settings))
    assert maps.shape == (2, 4, 4) and (maps > 0).any()
