"""Images and their colours: grey, and hue, saturation and value."""

import numpy as np

from .prepare import float_dtype

BLOCK = 512  # images that are worked on at a time: the arrays in between are larger than the images


def rgb2gray(rgb):
    """Turn colours into grey: ``0.299 R + 0.587 G + 0.114 B`` (ITU-R BT.601; the course's 0.144 is a slip of the pen).

    Parameters
    ----------
    rgb : ndarray of an image, or of N images

    Returns
    -------
    ndarray of float32 or float64, shape (H, W) or (N, H, W)
        What has no colours stays what it is.

    Raises
    ------
    TypeError, ValueError
        If rgb is not an image.

    Examples
    --------
    >>> rgb2gray(np.full((3, 1, 2), 100, dtype=np.uint8))
    array([[100., 100.]], dtype=float32)
    """
    return in_blocks(grey, as_images("rgb2gray", rgb), rgb)


def rgb_to_hsv(images):
    """Turn red, green and blue into hue, saturation and value.

    V is the largest of the three, S = (V - the smallest) / V, and H tells, from 0 to below 1, where on the circle red -
    yellow - green - cyan - blue - magenta the colour is. Grey has H = 0, black S = 0 too.

    Parameters
    ----------
    images : ndarray of shape (N, 3, H, W)
        Floats or integers, from 0 up on any scale.

    Returns
    -------
    ndarray of float32 or float64, shape (N, 3, H, W)
        H and S from 0 to 1, V on the scale of images.

    Raises
    ------
    TypeError, ValueError
        If images are not an ndarray of this shape, of floats or integers.

    Examples
    --------
    >>> rgb_to_hsv(np.array([0.0, 50.0, 100.0]).reshape(1, 3, 1, 1)).ravel().round(3)
    array([  0.583,   1.   , 100.   ])
    """
    if not isinstance(images, np.ndarray) or images.ndim != 4 or images.shape[1] != 3:
        came = f"shape {images.shape}" if isinstance(images, np.ndarray) else type(images).__name__
        raise ValueError(f"rgb_to_hsv: images must be an ndarray of shape (N, 3, H, W), got {came}")
    rgb = as_images("rgb_to_hsv", images).astype(float_dtype(images))
    red, green, blue = rgb[:, 0], rgb[:, 1], rgb[:, 2]
    value = rgb.max(axis=1)
    spread = value - rgb.min(axis=1)
    divisor = np.where(spread > 0, spread, 1)
    # How far round the circle, in sixths: from the strongest of the three towards the second strongest.
    sixths = np.where(value == red, (green - blue) / divisor % 6,
                      np.where(value == green, (blue - red) / divisor + 2, (red - green) / divisor + 4))  # fmt: skip
    hue = np.where(sixths < 6, sixths / 6, 0)
    return np.stack([hue, spread / np.where(value > 0, value, 1), value], axis=1)


def as_images(where, im, channels=(1, 3)):
    """Return an image, or N of them, as (N, C, H, W), from any layout that `datasets.features` tells of."""
    if not isinstance(im, np.ndarray) or im.dtype.kind not in "iuf":
        came = f"dtype {im.dtype}" if isinstance(im, np.ndarray) else type(im).__name__
        raise TypeError(f"{where}: an image must be an ndarray of floats or integers, got {came}")
    images = im.reshape({2: (1, 1, *im.shape), 3: (1, *im.shape)}.get(im.ndim, im.shape))
    if images.ndim == 4 and images.shape[1] in channels:
        return images
    if images.ndim == 4 and images.shape[3] in channels:
        return np.moveaxis(images, 3, 1)
    grey = ", (H, W)" if 1 in channels else ""
    raise ValueError(
        f"{where}: the image has shape {im.shape}; expected (C, H, W), (H, W, C){grey}, or N of them: (N, C, H, W), "
        f"(N, H, W, C), with C = {' or '.join(map(str, channels))}"
    )


def in_blocks(function, images, im):
    """Apply a function to images (N, C, H, W), block by block; return its rows, or the only one if im is one image."""
    starts = range(0, max(len(images), 1), BLOCK)
    rows = np.concatenate([function(images[start : start + BLOCK]) for start in starts])
    rows = rows.astype(float_dtype(im), copy=False)
    return rows if im.ndim == 4 else rows[0]


def grey(images):
    """Weigh the colours of images (N, C, H, W), or take the only channel: (N, H, W)."""
    floats = images.astype(float_dtype(images))
    if floats.shape[1] == 1:
        return floats[:, 0]
    red, green, blue = floats[:, 0], floats[:, 1], floats[:, 2]
    return 0.299 * red + 0.587 * green + 0.114 * blue
