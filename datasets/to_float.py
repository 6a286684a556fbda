"""Raw pixels to floats, a minibatch at a time: for data kept as uint8, which take a quarter of the memory."""

import numpy as np

from .prepare import check_examples, float_dtype


def to_float(X, scale=255.0, mean_image=0.0, std=1.0):
    """Turn raw pixels into standardised floats: ``(X / scale - mean_image) / std``.

    With the statistics that the loaders return, it gives bit for bit what they would have given without
    ``keep_uint8``. The Solver does it to every minibatch after augmentation, and to what it measures accuracy on::

        data = load_cifar10(keep_uint8=True, normalize=True)
        statistics = {name: data[name] for name in ("scale", "mean_image", "std")}
        Solver(model, data, augment=compose_augment("flip", "crop"), prepare=partial(to_float, **statistics))

    Parameters
    ----------
    X : ndarray of shape (N, ...)
        Integers or floats.
    scale : float
    mean_image, std : float or ndarray that broadcasts against an example

    Returns
    -------
    ndarray of float32 (float64 if X is float64), of X's shape

    Raises
    ------
    TypeError
        If X is not an ndarray of floats or integers.

    Examples
    --------
    >>> to_float(np.array([[0, 51, 255]], dtype=np.uint8), mean_image=0.2, std=2.0)
    array([[-0.1,  0. ,  0.4]], dtype=float32)
    """
    check_examples("to_float", X)
    dtype = float_dtype(X)
    out = X.astype(dtype)
    out /= dtype.type(scale)
    out -= np.asarray(mean_image, dtype)
    out /= np.asarray(std, dtype)
    return out
