"""The Solver's dict, made in one way from every set of images or points."""

import numpy as np

from .checks import check_integer, check_labels, check_seed
from .split import stratified_split

ROWS_AT_A_TIME = 1000
MOST_CLASSES = 100_000


def solver_data(
    X,
    y,
    X_test,
    y_test,
    class_names,
    *,
    num_training=None,
    num_validation=None,
    num_test=None,
    subtract_mean=True,
    normalize=False,
    flatten=False,
    dtype=np.float32,
    keep_uint8=False,
    seed=None,
    scale=None,
):
    """Split, scale and centre examples, and give the dict that the Solver takes. Every loader ends in this.

    Parameters
    ----------
    X : ndarray of shape (N, C, H, W) or (N, D)
        The training examples, from which the validation set is cut; of uint8 if they are images as read.
    y : ndarray of shape (N,)
        Integer class labels, from 0 to the number of class names - 1.
    X_test, y_test : ndarrays
        The test set, likewise.
    class_names : sequence of str
    num_training : int, optional
        The first so many examples are the training set, as in the course; all that the validation set leaves.
    num_validation : int, optional
        The so many examples after these are the validation set; a tenth of all.
    num_test : int, optional
        The first so many of the test set; all.
    subtract_mean : bool
        Subtract the mean image of the training set from every image.
    normalize : bool
        Divide by the standard deviation of each channel, or of each feature of points, in the training set.
    flatten : bool
        Make a row of each example, of shape (C * H * W,).
    dtype : dtype
        Of the examples; a float.
    keep_uint8 : bool
        Leave the pixels as they were read, to be converted a minibatch at a time: a quarter of the memory. The dict
        still has the statistics that the conversion needs.
    seed : int, optional
        Shuffles the training examples before the split. Without, they keep the order of the files.
    scale : float, optional
        What examples are divided by; 255 for uint8, else 1.

    Returns
    -------
    dict
        ``X_train X_val X_test`` : ndarrays of dtype, or of uint8; new ones, never views of what was given.
        ``y_train y_val y_test`` : ndarrays of int64.
        ``class_names`` : list of str.
        ``scale`` (float), ``mean_image`` (C, H, W), ``std`` (C, 1, 1) : statistics of the training set alone, so that

            x = (X / scale - mean_image) / std

        is what the pixels X become, and ``x * std + mean_image`` shows them again, from 0 to 1. Zeros and ones where
        nothing was subtracted or divided by. Flattened, both have the shape (C * H * W,).

    Raises
    ------
    TypeError, ValueError
        If the arrays do not fit each other or the class names, hold NaN or infinity, or a number is out of range.

    Notes
    -----
    Memory: a pixel is a byte as uint8, and four as float32. CIFAR-10 (60,000 images) is 184 MB as uint8 and 737 MB as
    float32, MNIST 55 and 220 MB. Until a loader returns, it also holds what it read.

    Examples
    --------
    >>> X, y = np.arange(40, dtype=np.uint8).reshape(10, 1, 2, 2), np.arange(10) % 2
    >>> data = solver_data(X, y, X[:2], y[:2], ["even", "odd"], num_validation=4)
    >>> data["X_train"].shape, data["X_train"].dtype, data["y_val"]
    ((6, 1, 2, 2), dtype('float32'), array([0, 1, 0, 1]))
    >>> (data["X_train"][1] * data["std"] + data["mean_image"]) * 255
    array([[[4., 5.], [6., 7.]]], dtype=float32)
    """
    _check_examples("X", X, y, class_names)
    _check_examples("X_test", X_test, y_test, class_names)
    if X_test.shape[1:] != X.shape[1:]:
        raise ValueError(f"solver_data: X_test has examples of shape {X_test.shape[1:]}, X of shape {X.shape[1:]}")
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise ValueError(f"solver_data: dtype must be a float, got {dtype}")
    if keep_uint8 and X.dtype != np.uint8:
        raise ValueError(f"solver_data: keep_uint8 is for pixels of uint8; X has dtype {X.dtype}")
    check_seed("solver_data", seed)
    num_training, num_validation, num_test = _numbers(len(X), len(X_test), num_training, num_validation, num_test)
    if scale is None:
        scale = 255 if X.dtype == np.uint8 else 1

    order = np.arange(len(X)) if seed is None else np.random.default_rng(seed).permutation(len(X))
    rows = {"train": order[:num_training], "val": order[num_training : num_training + num_validation]}
    parts = {name: (X[_range(indices)], y[_range(indices)]) for name, indices in rows.items()}
    parts["test"] = X_test[:num_test], y_test[:num_test]

    train = parts["train"][0]
    mean_image = np.zeros(X.shape[1:], dtype)
    if subtract_mean:
        mean_image = (train.mean(axis=0, dtype=np.float64) / scale).astype(dtype)
    std = (_std(train) / scale).astype(dtype) if normalize else np.ones((X.shape[1], 1, 1)[: X.ndim - 1], dtype)

    data = {}
    for name, (examples, labels) in parts.items():
        if keep_uint8:
            examples = examples.copy()
        else:
            examples = examples.astype(dtype)
            if scale != 1:
                examples /= dtype.type(scale)
            if subtract_mean:
                examples -= mean_image
            if normalize:
                examples /= std
        data[f"X_{name}"] = examples.reshape(len(examples), mean_image.size) if flatten else examples
        data[f"y_{name}"] = labels.astype(np.int64)
    if flatten:
        mean_image, std = mean_image.ravel(), np.broadcast_to(std, mean_image.shape).flatten()
    return data | {"mean_image": mean_image, "std": std, "scale": float(scale), "class_names": list(class_names)}


def split_and_solver_data(X, y, class_names=None, seed=0, **options):
    """Make the Solver's dict of examples that have no test set: 70 % to train on, 10 % to validate, 20 % to test."""
    class_names = class_names or numbered(y)
    _check_examples("X", X, y, class_names)
    train, val, test = stratified_split(y, (0.7, 0.1, 0.2), seed)
    rest = np.concatenate([train, val])
    options = {"num_training": len(train), "num_validation": len(val)} | options
    return solver_data(X[rest], y[rest], X[test], y[test], class_names, **options)


def numbered(*labels):
    """Name classes by their numbers, up to the largest label."""
    largest = max(int(y.max(initial=0)) for y in labels)
    if largest >= MOST_CLASSES:
        raise ValueError(f"solver_data: a label is {largest}; labels count from 0, up to {MOST_CLASSES - 1}")
    return [str(label) for label in range(largest + 1)]


def _check_examples(name, X, y, class_names):
    labels = name.replace("X", "y")
    check_labels("solver_data", y)
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "uif" or X.ndim not in (2, 4) or 0 in X.shape:
        came = f"shape {X.shape} and dtype {X.dtype}" if isinstance(X, np.ndarray) else type(X).__name__
        raise ValueError(f"solver_data: {name} must be an ndarray of numbers, (N, C, H, W) or (N, D), got {came}")
    if len(X) != len(y):
        raise ValueError(f"solver_data: {name} has {len(X)} examples, and {labels} {len(y)} labels")
    if y.min() < 0 or y.max() >= len(class_names):
        raise ValueError(f"solver_data: {labels} is {y.min()} to {y.max()}; there are {len(class_names)} classes")
    if X.dtype.kind == "f" and not np.isfinite(X).all():
        raise ValueError(f"solver_data: {name} has NaN or infinity in it")


def _numbers(N, N_test, num_training, num_validation, num_test):
    """Fill in what was not given, and refuse what is more than there is."""
    num_validation = N // 10 if num_validation is None else num_validation
    check_integer("solver_data", "num_validation", num_validation, at_least=0)
    num_training = N - num_validation if num_training is None else num_training
    check_integer("solver_data", "num_training", num_training, at_least=1)
    num_test = N_test if num_test is None else num_test
    check_integer("solver_data", "num_test", num_test, at_least=0)
    if num_training + num_validation > N:
        raise ValueError(
            f"solver_data: num_training = {num_training} and num_validation = {num_validation} are more than N = {N}"
        )
    if num_test > N_test:
        raise ValueError(f"solver_data: num_test = {num_test} is more than the {N_test} examples of the test set")
    return num_training, num_validation, num_test


def _range(indices):
    """Write consecutive indices as a slice, which takes no copy."""
    if len(indices) and np.array_equal(indices, np.arange(indices[0], indices[0] + len(indices))):
        return slice(int(indices[0]), int(indices[0]) + len(indices))
    return indices


def _std(X):
    """Take the standard deviation of each channel or feature, of shape (C, 1, 1) or (D,); 1 where nothing varies."""
    axes = (0, 2, 3) if X.ndim == 4 else 0
    mean = X.mean(axis=axes, dtype=np.float64, keepdims=True)
    squares = np.zeros_like(mean)
    for start in range(0, len(X), ROWS_AT_A_TIME):  # in float64, but never all at once
        squares += np.square(X[start : start + ROWS_AT_A_TIME] - mean).sum(axis=axes, keepdims=True)
    std = np.sqrt(squares * mean.size / X.size)[0]
    return np.where(std == 0, 1, std)
