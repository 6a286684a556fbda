"""Are the gradients of this model right? Every part against its own numbers, and the loss by every parameter.

A part in the middle of a net is judged by itself, on the values that really arrive there, so that a wrong one is named,
and not only seen in the gradients of all that stands before it.
"""

import copy

import numpy as np

from layers import Layer

from .check_gradient import Rules, compare
from .parts import run_model

# A part's values are spread out, and few kinks are near; any relu of the whole net may have one for the loss.
OF_PART, OF_LOSS = Rules(1e-6, (1e-4, 1e-5, 1e-6), 12), Rules(1e-6, (1e-5, 1e-6), 4)

MOST_EXAMPLES = 4
LEAST_PIXELS = 8
NUM_DRAWS = 3


def check_model(model, X, y, seed=0):
    """Compare all gradients of a model with numerical ones, on a float64 twin; the model itself is left as it is.

    The twin gets few examples, and smaller images if it takes them. Its parameters and the examples are moved a little
    at random, since biases of 0, scales of 1 and equal pixels hide mistakes and lie on kinks. Running statistics and
    generators stand still. Arrays with many entries are tried at some of them and along random directions through all.

    Parameters
    ----------
    model : Classifier, or anything with params and loss
        Without a ``net`` there are no parts to look at: the loss alone is.
    X : ndarray of shape (N, ...)
    y : ndarray of shape (N,)
    seed : int
        For all that is drawn.

    Returns
    -------
    results : list of Result
        The worst first. Where the loss is wrong and every layer right, composites are looked at, the innermost first.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(input_dim=4, hidden_dim=5, num_classes=3, seed=0)
    >>> results = check_model(model, np.ones((2, 4)), np.array([0, 2]))
    >>> len(results), {result.verdict for result in results}
    (13, {'ok'})
    """
    for draw in range(NUM_DRAWS):
        results = _check_once(model, X, y, np.random.default_rng((seed, draw)))
        if all(result.verdict != "kink" for result in results):
            break
    return sorted(results, key=_rank)


def _rank(result):
    """What was found wrong first; there the parts, which are the cause, come before the loss."""
    good = result.verdict == "ok"
    return good, not good and result.where == "the loss", -result.error


def _check_once(model, X, y, rng):
    twin = _twin(model, rng)
    X, y = _few(twin, X, y, rng)
    if not isinstance(getattr(twin, "net", None), Layer):
        return _check_loss(twin, X, y, rng)
    net = run_model(_fresh(twin), X, mode="train")
    parts = [part for part in net.nodes() if not part.parts or part.is_fused]
    results = [result for part in parts for result in _check_part(part, rng)]
    results += _check_loss_function(twin, net.out, y, rng)
    loss = _check_loss(twin, X, y, rng) + _check_input(twin, X, y, rng)
    if any(result.verdict == "WRONG" for result in loss) and all(result.verdict != "WRONG" for result in results):
        for part in net.nodes():
            if part not in parts:
                results += _check_part(part, rng)
                if any(result.verdict == "WRONG" for result in results):
                    break
    return results + loss


def _check_part(part, rng):
    """Compare a part's backward with its own forward, on what arrived there, and a random dout.

    What arrived is moved a little: where a relu cut off, zeros lie next to each other, and every pool has ties.
    """
    values = [part.x + 0.1 * (part.x.std() or 1.0) * rng.standard_normal(part.x.shape), *part.arrays]
    dout = rng.standard_normal(part.out.shape)
    others = [value + rng.standard_normal(value.shape) for value in values]
    for value in (*values, dout):
        value.flags.writeable = False  # a layer that writes to what it is given is told so

    def forward(*values):
        return part.layer.forward(*values, *copy.deepcopy(part.settings))

    def backward():
        # Other calls between: where the cache that backward uses is not that of its own forward, it shows.
        _, other_cache = forward(*others)
        _, cache = forward(*values)
        forward(*others)
        part.layer.backward(dout, other_cache)
        grads = part.layer.backward(dout, cache)
        return grads if isinstance(grads, tuple) else (grads,)

    named = dict(zip(("dx", *(f"d{key}" for key in part.keys)), values))
    return compare(part.name, named, lambda *moved: forward(*moved)[0], backward, dout, OF_PART, rng)


def _check_loss_function(twin, scores, y, rng):
    def forward(scores):
        return np.array(twin.loss_function(scores, y)[0])

    def backward():
        return (twin.loss_function(scores, y)[1],)

    name = getattr(twin.loss_function, "__name__", "loss_function")
    named = {"dscores": scores}
    return compare(name, named, forward, backward, np.array(1.0), OF_PART, rng)


def _check_loss(twin, X, y, rng):
    """Compare the gradients of the model's own loss by all parameters."""

    def loss(model, arrays):
        fresh = _fresh(model)
        fresh.params = dict(zip(twin.params, arrays))
        return fresh.loss(X, y)

    def backward():
        _, grads = loss(twin, twin.params.values())
        if set(grads) != set(twin.params):
            raise ValueError(f"loss returned gradients of {list(grads)}; the parameters are {list(twin.params)}")
        return tuple(grads[key] for key in twin.params)

    def forward(*arrays):
        return np.array(loss(forward_only, arrays)[0])

    forward_only = _forward_only(twin, X)
    named = {f"d{key}": array for key, array in twin.params.items()}
    return compare("the loss", named, forward, backward, np.array(1.0), OF_LOSS, rng)


def _check_input(twin, X, y, rng):
    """Compare the gradient of the loss by the examples, which the model itself does not compute."""
    arrays = tuple(twin.params.values())

    def forward(X):
        fresh = _fresh(twin)
        scores, cache = fresh.net.forward(X, *arrays, *_in_training(fresh.settings))
        loss, dscores = fresh.loss_function(scores, y)
        return np.array(loss), dscores, cache

    def backward():
        _, dscores, cache = forward(X)
        grads = twin.net.backward(dscores, cache)
        return (grads[0] if isinstance(grads, tuple) else grads,)

    return compare("the loss", {"dX": X}, lambda X: forward(X)[0], backward, np.array(1.0), OF_LOSS, rng)


def _twin(model, rng):
    """A copy in float64, with its parameters moved a little at random."""
    try:
        twin = copy.deepcopy(model)
    except Exception as error:
        raise ValueError(f"check_model: {type(model).__name__} cannot be copied: {error}") from error
    twin.params = {key: _shaken(np.array(array, np.float64), rng) for key, array in twin.params.items()}
    if hasattr(twin, "dtype"):
        twin.dtype = np.dtype(np.float64)
    for setting in getattr(twin, "settings", ()):
        for key, value in setting.items():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                setting[key] = value.astype(np.float64)
    return twin


def _shaken(array, rng):
    """The array and noise: of weights, as large as He initialisation's; of what has one axis, 0.2."""
    fan_in = {0: 1, 1: 1, 2: len(array)}.get(array.ndim, array[:1].size)
    return array + (0.2 if array.ndim < 2 else np.sqrt(2 / max(1, fan_in))) * rng.standard_normal(array.shape)


def _fresh(twin):
    """A copy of the twin that may draw and move its running statistics; it shares the large arrays, and the net."""
    shared = [*twin.params.values(), *([twin.net] if hasattr(twin, "net") else [])]
    return copy.deepcopy(twin, {id(value): value for value in shared})


def _forward_only(twin, X):
    """The twin with a net whose backward does nothing: half of the time, where the loss's value alone is asked for."""
    if not isinstance(getattr(twin, "net", None), Layer):
        return twin
    zeros = tuple(map(np.zeros_like, (X, *twin.params.values())))
    other = copy.copy(twin)
    other.net = Layer(twin.net.forward, lambda dout, cache: zeros, settings=twin.net.settings)
    return other


def _in_training(settings):
    for setting in settings:
        if "mode" in setting:
            setting["mode"] = "train"
    return settings


def _few(twin, X, y, rng):
    """A few examples, moved a little at random; of images the smallest middle that the model takes."""
    X, y = np.array(X[:MOST_EXAMPLES], np.float64), y[:MOST_EXAMPLES]
    X += 0.1 * (X.std() or 1.0) * rng.standard_normal(X.shape)
    if X.ndim != 4:
        return X, y
    pixels = LEAST_PIXELS
    while pixels < max(X.shape[2:]):
        height, width = (min(pixels, size) for size in X.shape[2:])
        top, left = (X.shape[2] - height) // 2, (X.shape[3] - width) // 2
        middle = X[:, :, top : top + height, left : left + width].copy()
        try:
            _fresh(twin).loss(middle, y)
        except ValueError:
            pixels *= 2
        else:
            return middle, y
    return X, y
