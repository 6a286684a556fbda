"""What a trained net has learnt, as arrays: which pixels matter, what it sees in images, which of them it finds alike.

All of it looks at a `Classifier` in test mode and leaves it as it was. `learnt_images` makes images by following a
gradient; `learnt_pictures` draws; ``layerwise learnt FOLDER`` makes one page of it all for a run.

>>> from layerwise.learnt import compute_saliency_maps, features, input_gradient, nearest_neighbours
>>> from layerwise.learnt_images import create_class_visualization, invert_features, make_fooling_image
"""

import numpy as np
import scipy

from datasets import fit_pca, pca

from .learnt_gradient import as_images, features, gradient_of_input, input_gradient, layers_of, one_hot

__all__ = [
    "compute_saliency_maps",
    "features",
    "first_filters",
    "input_gradient",
    "layers_of",
    "nearest_neighbours",
    "occlusion_maps",
    "principal_plane",
    "visualize_grid",
]


def compute_saliency_maps(X, y, model):
    """Compute how much the score of its class would move with each pixel (Simonyan et al., 2013, arXiv:1312.6034).

    Parameters
    ----------
    X : ndarray of shape (N, C, H, W)
    y : ndarray of int, shape (N,)
    model : Classifier

    Returns
    -------
    saliency : ndarray of shape (N, H, W)
        The absolute value of the gradient of each image's score for its label; of the channels, the largest.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(input_dim=4, hidden_dim=1, num_classes=2)
    >>> model.params.update(W1=np.array([[1.0], [2.0], [0.0], [-3.0]]), W2=np.array([[1.0, 0.0]]), b1=np.ones(1))
    >>> compute_saliency_maps(np.zeros((1, 1, 2, 2)), np.array([0]), model)
    array([[[1., 2.],
            [0., 3.]]])
    """
    layers = layers_of(model, as_images("compute_saliency_maps", X, maps=True))
    return np.abs(gradient_of_input(layers, one_hot("compute_saliency_maps", y, layers[-1].out))).max(axis=1)


def occlusion_maps(X, y, model, size=3, fill=0.0):
    """Compute how far the score of its class falls when a patch hides the image there (Zeiler and Fergus, 2013).

    Where saliency asks of a pixel what a small change of it would do, this really covers a part of the image.

    Parameters
    ----------
    X : ndarray of shape (N, C, H, W)
    y : ndarray of int, shape (N,)
    model : Classifier
    size : int
        Height and width of the patch in pixels, odd. At the borders a part of it lies outside.
    fill : float or ndarray that broadcasts to (C, H, W)
        What is seen in its place; 0 is the mean image, where that was subtracted.

    Returns
    -------
    drops : ndarray of shape (N, H, W)
        The score of the image minus that with the patch centred at each pixel; below 0 where hiding helps.

    References
    ----------
    M. Zeiler, R. Fergus (2013), Visualizing and Understanding Convolutional Networks, arXiv:1311.2901.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(input_dim=3, hidden_dim=1, num_classes=2)
    >>> model.params.update(W1=np.array([[1.0], [0.0], [5.0]]), W2=np.array([[1.0, 0.0]]))
    >>> occlusion_maps(np.ones((1, 1, 1, 3)), np.array([0]), model, size=1)
    array([[[1., 0., 5.]]])
    """
    X = as_images("occlusion_maps", X, maps=True)
    if not isinstance(size, (int, np.integer)) or size < 1 or size % 2 == 0:
        raise ValueError(f"occlusion_maps: size must be an odd integer >= 1, got {size!r}")
    (N, _, H, W), reach = X.shape, size // 2
    scores = layers_of(model, X)[-1].out
    chosen = one_hot("occlusion_maps", y, scores)
    fill = np.broadcast_to(fill, X.shape[1:])
    drops = np.empty((N, H, W), scores.dtype)
    for i, j in np.ndindex(H, W):
        hidden = X.copy()
        patch = np.s_[..., max(i - reach, 0) : i + reach + 1, max(j - reach, 0) : j + reach + 1]
        hidden[patch] = fill[patch]
        drops[:, i, j] = np.sum(chosen * (scores - layers_of(model, hidden)[-1].out), axis=1)
    return drops


def nearest_neighbours(found_in, of, k=5):
    """Find, for each row of `of`, the k rows of `found_in` that lie nearest, by Euclid; the nearest first.

    Parameters
    ----------
    found_in : ndarray of shape (N, ...)
        Features of the images that one looks among, from `features`; flattened to rows.
    of : ndarray of shape (Q, ...)
        Features of the images that one asks about.
    k : int

    Returns
    -------
    indices : ndarray of int, shape (Q, k)
        Of equally near ones, the lower index comes first.
    distances : ndarray of shape (Q, k)

    Examples
    --------
    >>> nearest_neighbours(np.array([[0.0], [3.0], [5.0]]), np.array([[4.5]]), k=2)
    (array([[2, 1]]), array([[0.5, 1.5]]))
    """
    rows, asked = (array.reshape(len(array), -1) for array in (found_in, of))
    if rows.shape[1] != asked.shape[1]:
        came = f"of has shape {of.shape}, found_in {found_in.shape}"
        raise ValueError(f"nearest_neighbours: {came}; expected rows of one length")
    if not isinstance(k, (int, np.integer)) or not 1 <= k <= len(rows):
        raise ValueError(f"nearest_neighbours: k must be an integer from 1 to N = {len(rows)}, got {k!r}")
    distances = scipy.spatial.distance.cdist(asked, rows)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(distances, indices, axis=1)


def principal_plane(F):
    """Map features to the plane in which they vary most: their first two principal components.

    Parameters
    ----------
    F : ndarray of shape (N, ...)
        Flattened to rows of D >= 2 features.

    Returns
    -------
    coordinates : ndarray of shape (N, 2)
        Of each example, measured from the mean of all. The largest entry of each component is positive, so that the map
        is not mirrored by chance.
    shares : ndarray of shape (2,)
        Of the total variance, the larger first.

    Examples
    --------
    >>> coordinates, shares = principal_plane(np.array([[1.0, 1.0], [3.0, 3.0]]))
    >>> coordinates.round(3)[:, 0], shares.round(3)
    (array([-1.414,  1.414]), array([1., 0.]))
    """
    if np.ndim(F) < 2 or np.size(F[0]) < 2:
        raise ValueError(f"principal_plane: F has shape {np.shape(F)}; expected N rows of at least two features")
    stats = fit_pca(F)
    variances = stats["variances"]
    return pca(F, stats)[:, :2], variances[:2] / max(variances.sum(), np.finfo(float).tiny)


def first_filters(model, shape):
    """Return the weights of the first layer as images: what each of its units looks for.

    Parameters
    ----------
    model : Classifier
    shape : (C, H, W)
        Of the images; an affine layer has a weight for each pixel.

    Returns
    -------
    filters : ndarray of shape (F, C, HH, WW)

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> first_filters(TwoLayerNet(12, 5, 3), (3, 2, 2)).shape
    (5, 3, 2, 2)
    """
    w = next(array for array in model.params.values() if array.ndim in (2, 4))
    if w.ndim == 4:
        return w
    if len(w) != np.prod(shape):
        raise ValueError(f"first_filters: images of shape {shape} do not fit the first layer, of shape {w.shape}")
    return w.T.reshape(-1, *shape)


def visualize_grid(Xs, ubound=255.0, padding=1):
    """Put images on a square grid, row by row, each stretched from its own darkest to its own brightest value.

    Parameters
    ----------
    Xs : ndarray of shape (N, H, W, C)
    ubound : float
        Each image reaches from 0 to this; one that is all of one value becomes 0.
    padding : int
        Pixels of 0 between the images.

    Returns
    -------
    grid : ndarray of shape (S * H + (S - 1) * padding, S * W + (S - 1) * padding, C)
        S is the square root of N, rounded up.

    Examples
    --------
    >>> visualize_grid(np.array([[[[1.0], [2.0]]], [[[5.0], [3.0]]]]))[..., 0]
    array([[  0., 255.,   0., 255.,   0.],
           [  0.,   0.,   0.,   0.,   0.],
           [  0.,   0.,   0.,   0.,   0.]])
    """
    if not isinstance(Xs, np.ndarray) or Xs.ndim != 4 or not Xs.size:
        raise ValueError(f"visualize_grid: Xs has shape {np.shape(Xs)}; expected (N, H, W, C) with at least one image")
    N, H, W, C = Xs.shape
    S = int(np.ceil(np.sqrt(N)))
    low, high = Xs.min(axis=(1, 2, 3), keepdims=True), Xs.max(axis=(1, 2, 3), keepdims=True)
    stretched = ubound * ((Xs - low) / np.where(high > low, high - low, 1))
    grid = np.zeros((S * (H + padding), S * (W + padding), C))
    for number, image in enumerate(stretched):
        i, j = number // S * (H + padding), number % S * (W + padding)
        grid[i : i + H, j : j + W] = image
    return grid[: S * (H + padding) - padding, : S * (W + padding) - padding]

