"""The features of a net, layer by layer, and the gradient with respect to its input.

``Classifier.loss`` gives the gradients of the parameters, for training. To see what a net has learnt one asks the other
way: the parameters stay, and the image moves. All that `layerwise.learnt` shows comes from these few functions. They
run the net in test mode, and leave the model, its running statistics and its generators as they are.
"""

import numpy as np

from .parts import run_backward, run_model


def layers_of(model, X):
    """Run a net on images, in test mode, and list its layers in order of execution.

    Chains are opened. What else combines layers is one layer here: the branches of a sum have no order.

    Parameters
    ----------
    model : Classifier
    X : ndarray of shape (N, ...)

    Returns
    -------
    layers : list of Part
        Each with the ``x`` that it got and the ``out`` that it made of it.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> [(part.layer.name, part.out.shape) for part in layers_of(TwoLayerNet(4, 5, 3), np.ones((2, 4)))]
    [('affine', (2, 5)), ('relu', (2, 5)), ('affine', (2, 3))]
    """
    return _opened(run_model(model, X))


def gradient_of_input(layers, dout):
    """Go backward through the first layers of a net, from the gradient of the last one's output to that of the input.

    Parameters
    ----------
    layers : list of Part
        What `layers_of` gives, or the beginning of it.
    dout : ndarray
        Of the shape of ``layers[-1].out``.

    Returns
    -------
    dX : ndarray of the input's shape
    """
    for part in reversed(layers):
        dout = run_backward(part, dout)[0]
    return dout


def features(model, X, layer=None):
    """Compute what a layer makes of images.

    Parameters
    ----------
    model : Classifier
    X : ndarray of shape (N, ...)
    layer : int, optional
        Its number in `layers_of`, from 1. By default the last but one, from whose output the scores are made.

    Returns
    -------
    out : ndarray of shape (N, ...)

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> features(TwoLayerNet(4, 5, 3), np.ones((2, 4))).shape
    (2, 5)
    """
    layers = first_layers("features", layers_of(model, as_images("features", X)), layer)
    return layers[-1].out if layers else X


def input_gradient(model, X, dscores):
    """Compute the gradient of ``sum(dscores * scores)`` with respect to the input.

    Backward starts from dscores as from any upstream gradient, and goes down to X.

    Parameters
    ----------
    model : Classifier
    X : ndarray of shape (N, ...)
    dscores : ndarray of shape (N, C)
        A one in the column of a class asks how the score of that class moves with each pixel.

    Returns
    -------
    dX : ndarray of X's shape

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(2, 1, 2)
    >>> model.params.update(W1=np.array([[1.0], [2.0]]), W2=np.array([[3.0, 0.0]]))
    >>> input_gradient(model, np.ones((1, 2)), np.array([[1.0, 0.0]]))
    array([[3., 6.]])
    """
    layers = layers_of(model, as_images("input_gradient", X))
    scores = layers[-1].out
    if np.shape(dscores) != scores.shape:
        raise ValueError(f"input_gradient: dscores has shape {np.shape(dscores)}; the scores have {scores.shape}")
    return gradient_of_input(layers, np.asarray(dscores, scores.dtype))


def one_hot(where, y, scores):
    """Return ones of the shape and dtype of the scores (N, C) in the columns of the labels y (N,), zeros elsewhere.

    Raises
    ------
    TypeError, ValueError
        Unless y holds N integers from 0 to C - 1.
    """
    y = np.asarray(y)
    N, C = scores.shape
    if y.dtype.kind not in "iu":
        raise TypeError(f"{where}: labels must be integers, got dtype {y.dtype}")
    if y.shape != (N,):
        raise ValueError(f"{where}: y has shape {y.shape}; N = {N} images need ({N},)")
    if y.min() < 0 or y.max() >= C:
        bad = int(y[(y < 0) | (y >= C)][0])
        raise ValueError(f"{where}: the label {bad} is out of range; expected 0 to {C - 1} for {C} classes")
    return np.eye(C, dtype=scores.dtype)[y]


def as_images(where, X, maps=False):
    """Return X; an error unless it is an ndarray of numbers with an example, and (N, C, H, W) if maps are needed."""
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "iuf":
        came = f"dtype {X.dtype}" if isinstance(X, np.ndarray) else type(X).__name__
        raise TypeError(f"{where}: X must be an ndarray of floats or integers, got {came}")
    if X.ndim < 2 or not len(X) or (maps and X.ndim != 4):
        raise ValueError(f"{where}: X has shape {X.shape}; expected ({'N, C, H, W' if maps else 'N, ...'}) with N >= 1")
    return X


def first_layers(where, layers, layer):
    """Return the layers up to that of a number, by default all but the last; a ValueError unless there is such one."""
    if layer is None:
        return layers[:-1]
    if layer not in range(1, len(layers) + 1):
        names = ", ".join(f"{number} {part.layer.name}" for number, part in enumerate(layers, start=1))
        raise ValueError(f"{where}: layer is {layer!r}; known are {names}")
    return layers[:layer]


def _opened(part):
    if part.layer.joined_by == "chain":
        return [layer for child in part.parts for layer in _opened(child)]
    return [part]
