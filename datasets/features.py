"""The course's image features: histograms of oriented gradients, and of hue. Linear classifiers do better on them.

Images have their channels first, as everywhere here, or last, as in the course's notebook: the axis of size 1 or 3
tells (where both could be meant, the first is). Every feature takes one image and gives a vector of F numbers, or many
at once, (N, C, H, W) or (N, H, W, C), and gives (N, F). Results are float32; float64 stays float64.
"""

import math

import numpy as np
import scipy

from .checks import check_integer
from .colors import as_images, grey, in_blocks, rgb_to_hsv
from .images import check_number


def extract_features(imgs, feature_fns, verbose=False):
    """Compute several features of every image, and put them side by side.

    Parameters
    ----------
    imgs : ndarray of N images
    feature_fns : list of functions
        Each takes one image and returns a vector or a number. For our own features
        ``np.hstack([hog_feature(imgs), color_histogram_hsv(imgs)])`` gives the same sooner.
    verbose : bool
        Whether to print progress after every thousand images.

    Returns
    -------
    ndarray of float64, shape (N, F)
        F is the sum of the features' lengths; (0, 0) if there are no images.

    Raises
    ------
    ValueError
        If imgs is not an ndarray, feature_fns are not functions, or a feature has not the same length for every image.

    Examples
    --------
    >>> imgs = np.random.default_rng(0).uniform(0, 255, (5, 3, 32, 32))
    >>> extract_features(imgs, [hog_feature, color_histogram_hsv, lambda im: im.mean()]).shape
    (5, 155)
    """
    if not isinstance(imgs, np.ndarray) or imgs.ndim == 0:
        raise ValueError(f"extract_features: imgs must be an ndarray of images, got {imgs!r:.40}")
    feature_fns = list(feature_fns)
    if not feature_fns or not all(map(callable, feature_fns)):
        raise ValueError(f"extract_features: feature_fns must be a list of functions, got {feature_fns!r}")
    rows = []
    for im in imgs:
        rows.append([np.ravel(feature(im)).astype(np.float64) for feature in feature_fns])
        lengths, first = [list(map(len, row)) for row in (rows[-1], rows[0])]
        if lengths != first:
            raise ValueError(
                f"extract_features: image {len(rows) - 1} has features of lengths {lengths}, and image 0 {first}"
            )
        if verbose and len(rows) % 1000 == 0:
            print(f"Features of {len(rows)} / {len(imgs)} images")
    return np.array([np.concatenate(row) for row in rows]).reshape(len(rows), -1 if rows else 0)


def hog_feature(im, cell_size=8, num_orientations=9):
    """Describe an image by how much its brightness changes in which direction, cell by cell.

    At every pixel of the grey image the gradient is taken, by [-1, 0, 1] across and down (at the border the image is
    continued by its outermost pixels). Square cells cover the middle of the image; a margin that fills no cell is left
    out. Within a cell every pixel votes for the direction of its gradient, with the gradient's length, shared between
    the two orientations next to it. Orientations divide half a turn, so that light on dark is dark on light. The
    feature is the mean vote. As in the course, contrast is not normalised over blocks of cells: `standardize` features.

    Parameters
    ----------
    im : ndarray of an image, or of N images
    cell_size : int
        Side of a cell, in pixels.
    num_orientations : int
        The k-th one is ``180 (k + 1/2) / num_orientations`` degrees from the horizontal.

    Returns
    -------
    ndarray of float32 or float64, shape (F,) or (N, F)
        Row by row of cells, cell by cell, the orientations: on 32 x 32 pixels, F = 4 * 4 * 9 = 144.

    Raises
    ------
    TypeError, ValueError
        If im is not an image, has no room for a cell, or a setting is not a positive integer.

    References
    ----------
    N. Dalal, B. Triggs (2005), Histograms of oriented gradients for human detection, CVPR.

    Examples
    --------
    Brightness that grows from left to right, by 1 a pixel: the gradient, of length 2 by [-1, 0, 1], points along
    0 degrees, half way between the first orientation and the last.

    >>> hog_feature(np.arange(10.0) + np.zeros((10, 1)), num_orientations=4)
    array([1., 0., 0., 1.])
    """
    check_integer("hog_feature", "cell_size", cell_size, at_least=1)
    check_integer("hog_feature", "num_orientations", num_orientations, at_least=1)
    images = as_images("hog_feature", im)
    H, W = images.shape[2:]
    if min(H, W) < cell_size:
        raise ValueError(f"hog_feature: im has {H} x {W} pixels, too few for a cell of {cell_size} x {cell_size}")
    return in_blocks(lambda block: _hog(block, cell_size, num_orientations), images, im)


def color_histogram_hsv(im, nbin=10, xmin=0, xmax=255, normalized=True):
    """Count the hues of an image: the H of hue, saturation and value.

    Parameters
    ----------
    im : ndarray of an image, or of N images, in red, green and blue
        Raw: without the mean subtracted. Grey pixels have hue 0, as red ones have.
    nbin : int
        How many bins there are between xmin and xmax.
    xmin, xmax : float
        Hue is written on a scale from 0 to xmax; those below xmin are not counted.
    normalized : bool
        Whether to divide by the number of pixels counted, so that the sum is 1.

    Returns
    -------
    ndarray of float32 or float64, shape (nbin,) or (N, nbin)

    Raises
    ------
    TypeError, ValueError
        If im is not a colour image, nbin is not a positive integer, or not 0 <= xmin < xmax.

    Examples
    --------
    A red, a yellow and two blue pixels, in thirds of the colour circle:

    >>> im = np.array([[[255, 0, 0], [255, 255, 0]], [[0, 0, 255], [0, 0, 99]]], dtype=np.uint8)
    >>> color_histogram_hsv(im, nbin=3)
    array([0.5, 0. , 0.5], dtype=float32)
    """
    check_integer("color_histogram_hsv", "nbin", nbin, at_least=1)
    check_number("color_histogram_hsv", "xmin", xmin, lambda value: value >= 0, ">= 0")
    check_number("color_histogram_hsv", "xmax", xmax, lambda value: value > xmin, f"above xmin = {xmin!r}")
    images = as_images("color_histogram_hsv", im, channels=(3,))

    def histogram(block):
        hue = rgb_to_hsv(block.astype(np.float64))[:, 0] * xmax
        # Of whole numbers many hues are on the edge of a bin: rounding must not put them below it.
        bins = np.floor((hue - xmin) / (xmax - xmin) * nbin + 1e-9).astype(np.intp)
        first = nbin * np.arange(len(block)).reshape(-1, 1, 1)
        counts = _histograms(first + np.clip(bins, 0, nbin - 1), bins >= 0, (len(block), nbin))
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) if normalized else counts

    return in_blocks(histogram, images, im)


def _hog(images, cell_size, num_orientations):
    """Compute the feature of images (N, C, H, W): (N, F)."""
    brightness = grey(images)
    down, across = (scipy.ndimage.correlate1d(brightness, [-1, 0, 1], axis=axis, mode="nearest") for axis in (1, 2))
    rows, columns = (_cells(length, cell_size) for length in brightness.shape[1:])
    down, across = (gradient[:, rows, columns] for gradient in (down, across))
    N, H, W = down.shape
    cells = H // cell_size * (W // cell_size)
    cell = np.arange(H)[:, np.newaxis] // cell_size * (W // cell_size) + np.arange(W) // cell_size
    cell = cell + cells * np.arange(N)[:, np.newaxis, np.newaxis]

    length = np.hypot(down, across)
    place = np.arctan2(down, across) * (num_orientations / np.pi) - 0.5  # modulo num_orientations
    before = np.floor(place).astype(np.intp)
    after_share = place - before
    shape = (N * cells, num_orientations)
    votes = _histograms(cell * num_orientations + before % num_orientations, length * (1 - after_share), shape)
    votes += _histograms(cell * num_orientations + (before + 1) % num_orientations, length * after_share, shape)
    return votes.reshape(N, cells * num_orientations) / cell_size**2


def _cells(length, cell_size):
    """The part of an axis, around its middle, that whole cells fill."""
    left_out = length % cell_size
    return slice(left_out // 2, left_out // 2 + length - left_out)


def _histograms(bins, weights, shape):
    """Add up weights by bin, the bins of all histograms being numbered on."""
    return np.bincount(bins.ravel(), weights.ravel(), minlength=math.prod(shape)).reshape(shape)
