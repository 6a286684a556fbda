"""Gradients with respect to the image are right, and asking for them changes nothing."""

import copy

import numpy as np
import pytest

from layers import add, affine, chain, eval_numerical_gradient, relu, residual, tanh
from layerwise.learnt import compute_saliency_maps, features, input_gradient, layers_of, occlusion_maps
from layerwise.learnt_gradient import gradient_of_input, one_hot
from layerwise.learnt_images import create_class_visualization, invert_features, make_fooling_image
from models import Classifier, ConvNet, FullyConnectedNet, ResNet, ThreeLayerConvNet, TwoLayerNet

RNG = np.random.default_rng(0)
SHAPE = (2, 6, 6)
D = 72


def settled(model):
    """Give a net running statistics and biases as training would leave them."""
    rng = np.random.default_rng(1)
    for name, array in model.params.items():
        if not name.startswith("W"):
            array += 0.1 * rng.standard_normal(array.shape)
    draw = {
        "running_mean": lambda shape: 0.2 * rng.standard_normal(shape),
        "running_var": lambda shape: rng.uniform(0.3, 2, shape),
    }
    model.state = {
        name: draw[name.split(".")[1]](array.shape).astype(array.dtype) for name, array in model.state.items()
    }
    return model


MODELS = {
    "two layers": lambda dtype: TwoLayerNet(D, 9, 4, weight_scale=0.3, dtype=dtype, seed=0),
    "batchnorm and dropout": lambda dtype: FullyConnectedNet(
        [9, 8], D, 4, dropout_keep_ratio=0.6, normalization="batchnorm", weight_scale="he", dtype=dtype,
        seed=np.random.default_rng(5)
    ),
    "layernorm": lambda dtype: FullyConnectedNet([9, 8], D, 4, normalization="layernorm", dtype=dtype, seed=0),
    "three layers": lambda dtype: ThreeLayerConvNet(SHAPE, 3, 3, 8, 4, weight_scale=0.3, dtype=dtype, seed=0),
    "convolutions": lambda dtype: ConvNet(
        SHAPE, (4, "pool"), hidden_dims=(6,), num_classes=4, normalization="batchnorm", dtype=dtype, seed=0
    ),
    "residual": lambda dtype: ResNet(SHAPE, (1, 1), (3, 5), num_classes=4, dtype=dtype, seed=0),
}  # fmt: skip
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


@every_model
def test_the_gradient_of_the_scores_is_the_numerical_one(make, figures):
    model = settled(make(np.float64))
    X, dscores = RNG.standard_normal((2, *SHAPE)), RNG.standard_normal((2, 4))
    dX = input_gradient(model, X, dscores)
    numerical = eval_numerical_gradient(lambda X: np.sum(model.loss(X) * dscores), X.copy(), verbose=False, h=1e-6)
    assert np.abs(numerical).max() > 1e-4
    np.testing.assert_allclose(dX, numerical, rtol=0, atol=1e-6 * np.abs(numerical).max())
    figures["models' gradients with respect to the image, against numerical ones"] += 1


@every_model
def test_the_gradient_from_any_layer_is_the_numerical_one(make):
    model = settled(make(np.float64))
    X = RNG.standard_normal((1, *SHAPE))
    for number in range(1, len(layers_of(model, X)) + 1):
        layers = layers_of(model, X)[:number]
        dout = RNG.standard_normal(layers[-1].out.shape)
        dX, along = gradient_of_input(layers, dout), RNG.standard_normal(X.shape)
        up, down = (features(model, X + step * along, number) for step in (1e-6, -1e-6))
        numerical = np.sum(dout * (up - down)) / 2e-6
        assert np.sum(dX * along) == pytest.approx(numerical, rel=1e-5, abs=1e-7)


@every_model
def test_the_last_layer_gives_the_scores_in_test_mode(make):
    model = settled(make(np.float32))
    X = RNG.standard_normal((3, *SHAPE))
    number = len(layers_of(model, X))
    np.testing.assert_array_equal(features(model, X, number), model.loss(X))
    np.testing.assert_array_equal(features(model, X), features(model, X, number - 1))


def fool(model, X, y):
    """Fool a net of random weights with the first class that can be reached."""
    for target in range(4):
        try:
            return make_fooling_image(X[:1], target, model, num_iterations=60)
        except RuntimeError:
            pass


QUESTIONS = {
    "saliency": lambda model, X, y: compute_saliency_maps(X, y, model),
    "occlusion": lambda model, X, y: occlusion_maps(X, y, model),
    "features": lambda model, X, y: features(model, X),
    "fooling": fool,
    "class": lambda model, X, y: create_class_visualization(2, model, SHAPE, num_iterations=3),
    "inversion": lambda model, X, y: invert_features(features(model, X, 2), 2, model, SHAPE, num_iterations=3),
}


@every_model
@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_the_model_and_the_images_are_left_as_they_are(make, ask):
    model = settled(make(np.float32))
    X, y = RNG.standard_normal((2, *SHAPE)).astype(np.float32), np.array([0, 3])
    X.setflags(write=False)
    before = copy.deepcopy((model.params, model.settings, model.reg))
    states = {name: rng.bit_generator.state for name, rng in model.generators.items()}
    assert ask(model, X, y).dtype == np.float32
    after = model.params, model.settings, model.reg
    np.testing.assert_equal(after[0], before[0])
    for setting, was in zip(after[1], before[1]):
        np.testing.assert_equal(
            {key: value for key, value in setting.items() if key != "rng"},
            {key: value for key, value in was.items() if key != "rng"},
        )
    assert {name: rng.bit_generator.state for name, rng in model.generators.items()} == states


def test_chains_are_opened_and_sums_are_whole():
    inner = chain(affine, relu)
    net = chain(inner, residual(inner), add(tanh, relu), affine)
    shapes = {"W1": (4, 3), "b1": (3,), "W2": (3, 3), "b2": (3,), "W3": (3, 2), "b3": (2,)}
    model = Classifier(net, {name: RNG.standard_normal(shape) for name, shape in shapes.items()})
    names = [part.layer.name for part in layers_of(model, np.ones((1, 4)))]
    assert names == ["affine", "relu", "residual_affine_relu", "tanh_plus_relu", "affine"]


def test_a_net_of_a_single_layer_has_its_input_for_features():
    model = Classifier(affine, {"W1": np.eye(2), "b1": np.zeros(2)})
    X = np.ones((1, 2))
    np.testing.assert_array_equal(features(model, X), X)


def test_what_does_not_fit_is_refused_in_words():
    model, X = TwoLayerNet(4, 5, 3), np.ones((2, 4))
    with pytest.raises(TypeError, match="input_gradient: X must be an ndarray of floats or integers, got list"):
        input_gradient(model, [[1.0]], np.ones((1, 3)))
    with pytest.raises(TypeError, match="got dtype complex128"):
        features(model, X + 0j)
    with pytest.raises(ValueError, match=r"features: X has shape \(0, 4\); expected \(N, ...\) with N >= 1"):
        features(model, X[:0])
    with pytest.raises(ValueError, match=r"dscores has shape \(2, 4\); the scores have \(2, 3\)"):
        input_gradient(model, X, np.ones((2, 4)))
    for layer in (0, 4, -1, 1.5, "relu"):
        with pytest.raises(ValueError, match="features: layer is .*; known are 1 affine, 2 relu, 3 affine"):
            features(model, X, layer)
    with pytest.raises(TypeError, match="has no net"):
        features(object(), X)


@pytest.mark.parametrize(
    "y, error, said",
    [
        (np.array([0.0, 1.0]), TypeError, "labels must be integers, got dtype float64"),
        (np.array([0, 1, 2]), ValueError, r"y has shape \(3,\); N = 2 images need \(2,\)"),
        (np.array([0, 3]), ValueError, "the label 3 is out of range; expected 0 to 2 for 3 classes"),
        (np.array([-1, 0]), ValueError, "the label -1 is out of range"),
    ],
)
def test_wrong_labels_are_refused_in_words(y, error, said):
    with pytest.raises(error, match=said):
        one_hot("here", y, np.zeros((2, 3)))
