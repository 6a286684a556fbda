"""Images made by following a gradient do what they are made for."""

import numpy as np
import pytest

from datasets import load_digits
from layers import affine
from layerwise.learnt import features, layers_of
from layerwise.learnt_images import _total_variation, create_class_visualization, invert_features, make_fooling_image
from models import Classifier, ConvNet, TwoLayerNet
from solvers import Solver

RNG = np.random.default_rng(0)
SHAPE = (1, 8, 8)


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def trained(digits):
    model = ConvNet(SHAPE, (8, "pool", 16, "pool"), hidden_dims=(32,), normalization="batchnorm", seed=0)
    Solver(
        model, digits, update_rule="adam", optim_config={"learning_rate": 3e-3}, num_epochs=3, batch_size=50,
        verbose=False, seed=0
    ).train()  # fmt: skip
    return model


@pytest.fixture(scope="module")
def bounds(digits):
    return -digits["mean_image"], 1 - digits["mean_image"]


def softmax_of(scores):
    return np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("with_bounds", [False, True])
def test_a_fooling_image_is_taken_for_its_target_and_lies_close(trained, digits, bounds, number, with_bounds, figures):
    X = digits["X_test"][number : number + 1]
    before, target = X.copy(), (int(trained.loss(X).argmax()) + 3) % 10
    fooling = make_fooling_image(X, target, trained, bounds=bounds if with_bounds else None)
    assert fooling.shape == X.shape and fooling.dtype == X.dtype
    assert trained.loss(fooling).argmax() == target
    assert np.linalg.norm(fooling - X) < 0.7 * np.linalg.norm(X)
    np.testing.assert_array_equal(X, before)
    if with_bounds:
        assert (fooling >= bounds[0]).all() and (fooling <= bounds[1]).all()
    figures["fooling images, each taken for its target"] += 1


def test_an_image_that_is_taken_for_the_target_already_stays(trained, digits):
    X = digits["X_test"][:1]
    np.testing.assert_array_equal(make_fooling_image(X, int(trained.loss(X).argmax()), trained), X)


def test_a_fooling_image_of_a_linear_net_is_the_nearest_one_to_a_step():
    """Two classes with scores w.x and 0: the nearest image of the other class lies along w."""
    model = TwoLayerNet(2, 1, 2)
    model.params.update(W1=np.array([[3.0], [4.0]]), b1=np.array([100.0]), W2=np.array([[1.0, 0.0]]))
    model.params["b2"] = np.array([-100.0, 0.0])
    X = np.array([[1.0, 0.5]])
    fooling = make_fooling_image(X, 1, model, learning_rate=0.01)
    np.testing.assert_allclose((fooling - X) / np.linalg.norm(fooling - X), [[-0.6, -0.8]])
    assert np.linalg.norm(fooling - X) == pytest.approx(1.0, abs=0.011)


def test_a_net_that_cannot_be_fooled_is_told_of(trained, digits):
    with pytest.raises(RuntimeError, match="after 2 steps of 1e-06 it is not taken for class"):
        target = int(trained.loss(digits["X_test"][:1]).argmin())
        make_fooling_image(digits["X_test"][:1], target, trained, learning_rate=1e-6, num_iterations=2)
    dead = TwoLayerNet(4, 3, 2, weight_scale=0.0)
    dead.params["b2"][:] = 1, 0
    with pytest.raises(RuntimeError, match="is not taken for class 1"):
        make_fooling_image(np.ones((1, 4)), 1, dead)


@pytest.mark.parametrize("target", range(10))
def test_a_class_visualisation_raises_its_score(trained, digits, bounds, target):
    image = create_class_visualization(target, trained, SHAPE, num_iterations=50, max_jitter=0, bounds=bounds)
    assert image.shape == (1, *SHAPE) and image.dtype == np.float32
    assert (image >= bounds[0] - 1e-6).all() and (image <= bounds[1] + 1e-6).all()
    scores = trained.loss(image)[0]
    start = trained.loss(np.zeros((1, *SHAPE)))[0]
    assert scores.argmax() == target and softmax_of(scores)[target] > softmax_of(start)[target]
    typical = trained.loss(digits["X_test"][digits["y_test"] == target])[:, target]
    assert scores[target] > np.median(typical)


def test_a_class_visualisation_depends_on_its_seed_alone(trained):
    made = [create_class_visualization(3, trained, SHAPE, num_iterations=5, seed=seed) for seed in (1, 1, 2)]
    one, again, other = made
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_regularisation_keeps_a_visualisation_small(trained):
    weak, strong = (create_class_visualization(3, trained, SHAPE, l2_reg=reg, num_iterations=60) for reg in (0.0, 10.0))
    assert np.linalg.norm(strong) < 0.5 * np.linalg.norm(weak)


def distance(model, X, target, layer):
    return np.sum((features(model, X, layer) - target) ** 2) / np.sum(target**2)


@pytest.mark.parametrize("layer", [1, 3, 7, -2, -1])
def test_inversion_finds_an_image_with_nearly_the_same_features(trained, digits, bounds, layer, figures):
    X = digits["X_test"][:3]
    layer = range(1, len(layers_of(trained, X)) + 1)[layer]
    target = features(trained, X, layer)
    found = invert_features(target, layer, trained, SHAPE, tv_reg=1e-4, num_iterations=150, bounds=bounds)
    assert found.shape == X.shape and found.dtype == np.float32
    assert (found >= bounds[0] - 1e-6).all() and (found <= bounds[1] + 1e-6).all()
    assert distance(trained, found, target, layer) < 0.1 * distance(trained, np.zeros_like(X), target, layer)
    figures["feature inversions, each with a tenth of the distance that it began with"] += 1


def test_the_first_layer_gives_the_image_back_and_the_last_does_not(trained, digits):
    X = digits["X_test"][:2]
    errors = []
    for layer in (1, len(layers_of(trained, X))):
        found = invert_features(features(trained, X, layer), layer, trained, SHAPE, tv_reg=1e-6, num_iterations=100)
        errors.append(np.linalg.norm(found - X) / np.linalg.norm(X))
    assert errors[0] < 0.05 and errors[1] > 0.5


def test_the_total_variation_has_the_right_gradient():
    X, step = RNG.standard_normal((2, 2, 3, 4)), 1e-6
    _, gradient = _total_variation(X)
    for place in np.ndindex(X.shape):
        up, down = X.copy(), X.copy()
        up[place] += step
        down[place] -= step
        numerical = (_total_variation(up)[0] - _total_variation(down)[0]) / (2 * step)
        assert gradient[place] == pytest.approx(numerical, abs=1e-6)


@pytest.mark.parametrize("tv_reg", [0.0, 0.01, 1.0])
def test_of_a_linear_layer_it_finds_the_solution_of_the_normal_equations(tv_reg):
    """With features = X, the sum of squares and the total variation are least where a linear system holds."""
    model = Classifier(affine, {"W1": np.eye(4), "b1": np.zeros(4)})
    target = np.array([[1.0, 3.0, -2.0, 0.5]])
    found = invert_features(target, 1, model, (1, 1, 4), tv_reg=tv_reg)
    differences = np.diff(np.eye(4), axis=0)
    system = np.eye(4) / np.sum(target**2) + tv_reg * differences.T @ differences
    expected = np.linalg.solve(system, target[0] / np.sum(target**2))
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-4)


def test_more_of_it_makes_a_smoother_image(trained, digits):
    target = features(trained, digits["X_test"][:1])
    rough, smooth = (
        invert_features(target, None, trained, SHAPE, tv_reg=tv_reg, num_iterations=60) for tv_reg in (1e-5, 1e-1)
    )
    assert _total_variation(smooth)[0] < _total_variation(rough)[0]


def test_what_does_not_fit_is_refused_in_words(trained):
    X = np.zeros((1, *SHAPE))
    with pytest.raises(ValueError, match=r"make_fooling_image: X has shape \(2, 1, 8, 8\); expected one image"):
        make_fooling_image(np.zeros((2, *SHAPE)), 1, trained)
    for target in (10, -1):
        with pytest.raises(ValueError, match=f"make_fooling_image: the label {target} is out of range"):
            make_fooling_image(X, target, trained)
        with pytest.raises(ValueError, match=f"create_class_visualization: the label {target} is out of range"):
            create_class_visualization(target, trained, SHAPE)
    with pytest.raises(TypeError, match="labels must be integers"):
        create_class_visualization(1.5, trained, SHAPE)
    with pytest.raises(ValueError, match=r"create_class_visualization: shape is \(8, 8\); expected \(C, H, W\)"):
        create_class_visualization(1, trained, (8, 8))
    with pytest.raises(ValueError, match=r"target_feats has shape \(1, 3\); layer 1 gives \(1, 8, 8, 8\)"):
        invert_features(np.zeros((1, 3)), 1, trained, SHAPE)
    with pytest.raises(ValueError, match="invert_features: layer is 99; known are 1 conv, "):
        invert_features(np.zeros((1, 3)), 99, trained, SHAPE)
