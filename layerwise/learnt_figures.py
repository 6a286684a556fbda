"""All pictures of what a net that was trained on images has learnt, one after the other."""

from functools import partial

import numpy as np

from . import catalogue
from .learnt import compute_saliency_maps, first_filters, nearest_neighbours, occlusion_maps, principal_plane
from .learnt_gradient import features, layers_of
from .learnt_images import create_class_visualization, invert_features, make_fooling_image

MOST_IMAGES, MOST_LAYERS = 10, 5
MOST_TRAIN, MOST_TEST = 5000, 1000  # examples among which neighbours are looked for, and that the map shows


def draw_learnt(pictures, model, data, title):
    """Draw all pictures of a net.

    Parameters
    ----------
    pictures : module
        `layerwise.learnt_pictures`.
    model : Classifier
    data : dict
        With ``X_train``, ``y_train``, ``X_test``, ``y_test``, ``mean_image`` and ``std``, as the loaders give it.
    title : str

    Yields
    ------
    heading : str
    figure : matplotlib.figure.Figure
    words : str
        What is to be seen.
    """
    names, mean, std = catalogue.class_names(data), data["mean_image"], data["std"]
    train, train_y = data["X_train"][:MOST_TRAIN], data["y_train"][:MOST_TRAIN]
    test, test_y = data["X_test"][:MOST_TEST], data["y_test"][:MOST_TEST]
    X, y = _one_a_class(model, test, test_y)
    shape, looks = X.shape[1:], X * std + mean
    low, high = (test * std + mean).min(), (test * std + mean).max()
    bounds = (low - mean) / std, (high - mean) / std

    figure = pictures.draw_filters(first_filters(model, shape), title)
    yield "First-layer filters", figure, "The weights of the first layer, as images: what each unit looks for."

    layers = layers_of(model, X[:1])
    if layers[0].out.ndim == 4:
        figure = pictures.draw_feature_maps(layers, f"One image on its way through the layers\n{title}")
        yield "Feature maps", figure, f"The first {pictures.MOST_CHANNELS} channels of every layer, for one image."

    size = 2 * (shape[1] // 8) + 1
    saliency, drops = compute_saliency_maps(X, y, model), occlusion_maps(X, y, model, size)
    figure = pictures.draw_attention(looks, saliency, drops, [names[label] for label in y], title)
    words = (
        "Saliency: how much the score of the class moves with each pixel. Occlusion: how far the score falls when a "
        f"patch of {size} x {size} pixels there is replaced by the mean image."
    )
    yield "Saliency and occlusion maps", figure, words

    fooled, fooling, said = _fool(X, y, model, bounds, names)
    if said:
        fooled, fooling = fooled * std + mean, fooling * std + mean
        share = np.mean([np.linalg.norm(new - old) / np.linalg.norm(old) for old, new in zip(fooled, fooling)])
        figure = pictures.draw_fooling(fooled, fooling, said, title)
        words = f"Changed by {share:.0%} of their norm on average, images are taken for another class of one's choice."
        yield "Fooling images", figure, words

    labels = np.unique(train_y)[:MOST_IMAGES]
    how = _ascent(shape)
    made = [create_class_visualization(label, model, shape, bounds=bounds, **how) for label in labels]
    made = np.concatenate(made) * std + mean
    means = np.stack([train[train_y == label].mean(axis=0) for label in labels]) * std + mean
    figure = pictures.draw_classes(means, made, [names[label] for label in labels], title)
    yield "Class visualisation", figure, "Images made from noise by gradient ascent on the score of one class."

    layers, inverted = layers_of(model, X), {}
    for number in _chosen(layers):
        part = layers[number - 1]
        again = invert_features(part.out, number, model, shape, bounds=bounds)
        inverted[f"from {number}\n{part.layer.name}"] = again * std + mean
    figure = pictures.draw_inversions(looks, inverted, title)
    words = (
        "Smooth images whose features at a layer are those of the image above: "
        "what differs is what the net has forgotten by then."
    )
    yield "Feature inversion", figure, words

    spaces = {"features": partial(features, model), "pixels": lambda images: images}
    found = {name: nearest_neighbours(space(train), space(X), k=6)[0] for name, space in spaces.items()}
    figure = pictures.draw_neighbours(looks, train * std + mean, y, train_y, found, names, title)
    words = "Test images and the training images that lie nearest, by the last features and by the pixels."
    yield "Nearest neighbours", figure, words

    maps = {name: principal_plane(space(test)) for name, space in spaces.items()}
    figure = pictures.draw_map(maps, test_y, names, title)
    words = "The test images by their first two principal components, of features and of pixels."
    yield "PCA map", figure, words


def _one_a_class(model, X, y):
    """The first image of each class that the model gets right (or the first, if it gets none right)."""
    right = model.loss(X).argmax(axis=1) == y
    chosen = [np.flatnonzero(y == label)[right[y == label].argmax()] for label in np.unique(y)[:MOST_IMAGES]]
    return X[chosen], y[chosen]


def _ascent(shape):
    """Settings of `create_class_visualization`: large images need large steps, and often blurring, or noise wins."""
    if not catalogue.are_large(shape):
        return {"max_jitter": 0}  # of 8 pixels, one would be too much
    return {"max_jitter": shape[1] // 14, "blur_every": 1, "learning_rate": 0.05 * shape[1]}


def _fool(X, y, model, bounds, names):
    """Turn each image into one that is taken for the next class.

    Returns
    -------
    images, fooling : ndarray of shape (N', C, H, W)
        Those for which it could be done, and what they became.
    said : list of N' str
        What each is, and what it is taken for.
    """
    images, fooling, said = [], [], []
    for image, label in zip(X, y):
        target = (label + 1) % len(names)
        try:
            fooling.append(make_fooling_image(image[None], target, model, bounds=bounds)[0])
        except RuntimeError:
            continue
        images.append(image)
        said.append(f"{names[label]}\nnow {names[target]}")
    return np.array(images), np.array(fooling), said


def _chosen(layers):
    """Numbers of a few layers: from the first activations to the last, and the scores."""
    numbers = [number for number, part in enumerate(layers, start=1) if "relu" in part.layer.name] or [1]
    numbers.append(len(layers))
    places = np.linspace(0, len(numbers) - 1, min(len(numbers), MOST_LAYERS)).round().astype(int)
    return [numbers[place] for place in places]
