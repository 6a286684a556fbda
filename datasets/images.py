"""What a minibatch of images is to those who augment it, and in which words they refuse what is not."""

import math
from numbers import Real

import numpy as np


def check_images(where, X):
    """Refuse an X that is not an ndarray of images (N, C, H, W) in uint8, float32 or float64."""
    if not isinstance(X, np.ndarray) or X.dtype not in (np.uint8, np.float32, np.float64):
        came = f"dtype {X.dtype}" if isinstance(X, np.ndarray) else type(X).__name__
        raise TypeError(f"{where}: X must be an ndarray of uint8, float32 or float64, got {came}")
    if X.ndim != 4:
        raise ValueError(f"{where}: X has shape {X.shape}; expected images (N, C, H, W)")


def check_number(where, name, value, fits, expected):
    """Refuse a setting that is not a finite number for which ``fits(value)`` holds."""
    number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not (number and fits(value)):
        raise ValueError(f"{where}: {name} must be a finite number {expected}, got {value!r}")


def per_image(values):
    """Shape N numbers so that each meets its own image."""
    return values.reshape(-1, 1, 1, 1)


def as_dtype(images, dtype):
    """Return float images in this dtype; for uint8 they are rounded and what is beyond 0 or 255 is cut off."""
    if dtype == np.uint8:
        images = np.clip(np.rint(images), 0, 255)
    return images.astype(dtype, copy=False)
