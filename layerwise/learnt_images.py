"""Images made by following the gradient with respect to the image, while the net stays as it is."""

import numpy as np
import scipy

from .learnt_gradient import as_images, first_layers, gradient_of_input, layers_of, one_hot


def make_fooling_image(X, target_y, model, learning_rate=0.1, num_iterations=200, bounds=None):
    """Change an image by little until the model takes it for a class of one's choice (Szegedy et al., 2013).

    Each step goes along the gradient of the target's score minus the highest other score, and has the same length.

    Parameters
    ----------
    X : ndarray of shape (1, ...)
    target_y : int
    model : Classifier
    learning_rate : float
        Length of a step (its L2 norm), in units of the pixels.
    num_iterations : int
        At most.
    bounds : (low, high), optional
        What a pixel may be: numbers, or arrays that broadcast with X.

    Returns
    -------
    X_fooling : ndarray of X's shape

    Raises
    ------
    RuntimeError
        If the model is not fooled after so many steps.

    References
    ----------
    C. Szegedy et al. (2013), Intriguing properties of neural networks, arXiv:1312.6199.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(input_dim=1, hidden_dim=1, num_classes=2)
    >>> model.params.update(W1=np.array([[1.0]]), W2=np.array([[1.0, 0.0]]), b2=np.array([0.0, 0.75]))
    >>> make_fooling_image(np.array([[1.0]]), 1, model).round(2)
    array([[0.7]])
    """
    where = "make_fooling_image"
    if len(as_images(where, X)) != 1:
        raise ValueError(f"{where}: X has shape {X.shape}; expected one image, (1, ...)")
    image = X.astype(_dtype(model))
    for _ in range(num_iterations + 1):
        layers = layers_of(model, image)
        scores = layers[-1].out
        target = one_hot(where, [target_y], scores)
        others = np.where(target > 0, -np.inf, scores)
        if scores[0, target_y] > others.max():
            return image
        gradient = gradient_of_input(layers, target - one_hot(where, others.argmax(axis=1), scores))
        image = _clipped(image + learning_rate * _unit(gradient), bounds)
    raise RuntimeError(f"{where}: after {num_iterations} steps of {learning_rate} it is not taken for class {target_y}")


def create_class_visualization(
    target_y, model, shape, l2_reg=1e-3, learning_rate=0.2, num_iterations=100, blur_every=10, max_jitter=1,
    bounds=None, seed=0
):
    """Make the image that a class's score likes best (Simonyan et al., 2013, arXiv:1312.6034).

    Gradient ascent on ``score - l2_reg * sum(X ** 2)`` from faint noise, in steps of one length. That the image is
    moved about a little before each step, and blurred now and then, keeps it from becoming noise (Yosinski et al.,
    2015, arXiv:1506.06579).

    Parameters
    ----------
    target_y : int
    model : Classifier
    shape : (C, H, W)
        Of the image.
    l2_reg : float
    learning_rate : float
        Length of a step (its L2 norm), in units of the pixels.
    num_iterations : int
    blur_every : int
        Blur by half a pixel after so many steps.
    max_jitter : int
        The image is rolled by up to so many pixels each way.
    bounds : (low, high), optional
        What a pixel may be: numbers, or arrays that broadcast with (1, C, H, W).
    seed : int or numpy.random.Generator

    Returns
    -------
    X : ndarray of shape (1, C, H, W)

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(input_dim=4, hidden_dim=1, num_classes=2)
    >>> model.params.update(W1=np.array([[1.0], [1.0], [0.0], [-1.0]]), W2=np.array([[1.0, 0.0]]), b1=np.ones(1))
    >>> create_class_visualization(0, model, (1, 2, 2), max_jitter=0, blur_every=200, bounds=(-1, 1)).round(1)[0, 0]
    array([[ 1.,  1.],
           [ 0., -1.]])
    """
    where = "create_class_visualization"
    _check_shape(where, shape)
    rng = np.random.default_rng(seed)
    image = _clipped((0.01 * rng.standard_normal((1, *shape))).astype(_dtype(model)), bounds)
    for step in range(1, num_iterations + 1):
        jitter = tuple(rng.integers(-max_jitter, max_jitter + 1, 2))
        layers = layers_of(model, np.roll(image, jitter, axis=(2, 3)))
        gradient = gradient_of_input(layers, one_hot(where, [target_y], layers[-1].out))
        gradient = np.roll(gradient, np.negative(jitter), axis=(2, 3))
        image = image + learning_rate * _unit(gradient - 2 * l2_reg * image)
        if step % blur_every == 0 and step < num_iterations:
            image = scipy.ndimage.gaussian_filter(image, (0, 0, 0.5, 0.5), mode="nearest")
        image = _clipped(image, bounds)
    return image


def invert_features(target_feats, layer, model, shape, tv_reg=1e-3, num_iterations=200, bounds=None):
    """Make images with given features: what a layer still knows of an image (Mahendran and Vedaldi, 2014).

    For each image, minimises ``sum((features(X) - target_feats) ** 2) / sum(target_feats ** 2) + tv_reg * tv(X)`` by
    L-BFGS-B, from an image of zeros; tv sums the squared differences of neighbouring pixels. Of all images with these
    features it finds a smooth one.

    Parameters
    ----------
    target_feats : ndarray of shape (N, ...)
        From ``features(model, images, layer)``.
    layer : int
        Its number, from 1; None is the last but one, as in `features`.
    model : Classifier
    shape : (C, H, W)
        Of an image.
    tv_reg : float
    num_iterations : int
        At most.
    bounds : (low, high), optional
        What a pixel may be: numbers, or arrays that broadcast with (N, C, H, W).

    Returns
    -------
    X : ndarray of shape (N, C, H, W)

    References
    ----------
    A. Mahendran, A. Vedaldi (2014), Understanding Deep Image Representations by Inverting Them, arXiv:1412.0035.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(input_dim=2, hidden_dim=2, num_classes=2)
    >>> model.params["W1"] = np.array([[1.0, 1.0], [-1.0, 1.0]])
    >>> invert_features(np.array([[1.0, 5.0]]), 1, model, (1, 1, 2), tv_reg=0).round(2)
    array([[[[3., 2.]]]])
    """
    where, dtype = "invert_features", _dtype(model)
    _check_shape(where, shape)
    shape = (len(target_feats), *shape)
    layers = first_layers(where, layers_of(model, np.zeros(shape)), layer)
    expected, layer = layers[-1].out.shape, len(layers)
    if np.shape(target_feats) != expected:
        raise ValueError(f"{where}: target_feats has shape {np.shape(target_feats)}; layer {layer} gives {expected}")
    target = np.asarray(target_feats, np.float64)
    sizes = np.sum(target**2, axis=tuple(range(1, target.ndim)), keepdims=True)
    sizes = np.maximum(sizes, np.finfo(dtype).tiny)

    def distance(pixels):
        X = pixels.reshape(shape)
        layers = layers_of(model, X)[:layer]
        difference = layers[-1].out - target
        gradient = gradient_of_input(layers, (2 * difference / sizes).astype(dtype))
        variation, variation_gradient = _total_variation(X)
        value = np.sum(difference**2 / sizes) + tv_reg * variation
        return value, (gradient + tv_reg * variation_gradient).ravel()

    start = _clipped(np.zeros(shape), bounds).ravel()
    if bounds is not None:
        bounds = list(zip(*(np.broadcast_to(np.asarray(bound, np.float64), shape).ravel() for bound in bounds)))
    options = {"maxiter": num_iterations}
    found = scipy.optimize.minimize(distance, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return found.x.reshape(shape).astype(dtype)


def _check_shape(where, shape):
    if len(shape) != 3:
        raise ValueError(f"{where}: shape is {shape}; expected (C, H, W) of an image")


def _dtype(model):
    return next(iter(model.params.values())).dtype


def _total_variation(X):
    """The sum of the squared differences of neighbouring pixels, and its gradient."""
    down, right = np.diff(X, axis=2), np.diff(X, axis=3)
    gradient = np.zeros_like(X)
    gradient[:, :, 1:] += 2 * down
    gradient[:, :, :-1] -= 2 * down
    gradient[..., 1:] += 2 * right
    gradient[..., :-1] -= 2 * right
    return np.sum(down**2) + np.sum(right**2), gradient


def _unit(gradient):
    """The gradient with length 1; zeros where there is none."""
    return gradient / max(float(np.linalg.norm(gradient)), np.finfo(gradient.dtype).tiny)


def _clipped(X, bounds):
    return X if bounds is None else np.clip(X, *bounds).astype(X.dtype)
