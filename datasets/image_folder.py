"""A folder of images of one's own: a folder a class."""

import io
import warnings
from pathlib import Path

import numpy as np

from .checks import check_integer
from .files import MOST_EXPANSION, read_bytes
from .solver_data import solver_data, split_and_solver_data

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".webp"}
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP")  # what Pillow may try: some others run programs
MOST_PIXELS = 2**26
MOST_PIXELS_PER_BYTE = 8 * MOST_EXPANSION  # black and white, in a PNG


def load_image_folder(folder, *, size=None, color=True, seed=0, **options):
    """Load the images in a folder, as the Solver's dict; the name of the folder that an image is in is its class.

    Parameters
    ----------
    folder : str or path
        It has a folder for each class (``cats/1.jpg``, ``dogs/2.png`` ...), and the images are split into 70 % to train
        on, 10 % to validate and 20 % to test, each with its share of every class. Or it has ``train`` and ``test``, and
        perhaps ``val``, with the classes in each; without ``val`` a tenth of ``train`` is put aside to validate. Names
        that begin with a dot, and files that are no images by their suffix, are passed over.
    size : (int, int), optional
        (H, W) to which every image is resized (bilinear); without, all must have one size.
    color : bool
        Load three channels, red, green and blue; else one, grey. Transparency is dropped.
    seed : int or None
        Of the split; with None it is another one each time. Folders with ``val`` are not shuffled.
    **options
        ``num_training num_validation num_test subtract_mean normalize flatten dtype keep_uint8``, as `solver_data` has
        them.

    Returns
    -------
    dict
        As `solver_data` gives it; the class names are those of the folders, sorted.

    Raises
    ------
    ValueError
        If there is nothing to load, an image is damaged or too large, or sizes differ; the message names the file.
    OSError
        If the folder cannot be read.
    ModuleNotFoundError
        If Pillow is not installed.
    """
    folder = Path(folder)
    if size is not None:
        H, W = size
        check_integer("load_image_folder", "H of size", H, at_least=1)
        check_integer("load_image_folder", "W of size", W, at_least=1)
    has_parts = (folder / "train").is_dir() and (folder / "test").is_dir()
    parts = [part for part in ("train", "val", "test") if (folder / part).is_dir()] if has_parts else [""]
    class_names = _folders(folder / parts[0])
    images = {part: _images(folder / part, class_names) for part in parts}
    X = _read([path for part in parts for path, _ in images[part]], size, color)
    y = np.array([label for part in parts for _, label in images[part]])
    try:
        if not has_parts:
            return split_and_solver_data(X, y, class_names, seed, **options)
        first_test = len(X) - len(images["test"])
        if "val" in images:
            options = {"num_training": len(images["train"]), "num_validation": len(images["val"])} | options
            seed = None
        return solver_data(
            X[:first_test], y[:first_test], X[first_test:], y[first_test:], class_names, seed=seed, **options
        )
    except (TypeError, ValueError) as error:
        raise type(error)(f"{folder}: {error}") from None


def _folders(folder):
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        raise ValueError(f"{folder}: has no folders in it; load_image_folder needs one for each class")
    return names


def _images(folder, class_names):
    """List the images of a part, and the label of each."""
    unknown = sorted(set(_folders(folder)) - set(class_names))
    if unknown:
        raise ValueError(f"{folder / unknown[0]}: is of no known class; the training set has {', '.join(class_names)}")
    found = []
    for label, name in enumerate(class_names):
        if (folder / name).is_dir():
            files = sorted(path for path in (folder / name).iterdir() if not path.name.startswith("."))
            found += [(path, label) for path in files if path.suffix.lower() in SUFFIXES]
    if not found:
        raise ValueError(f"{folder}: has no images in its folders; known are {', '.join(sorted(SUFFIXES))}")
    return found


def _read(paths, size, color):
    """Read images into one array, (N, C, H, W) of uint8."""
    images = None
    for number, path in enumerate(paths):
        image = parse_image(path, read_bytes(path), size, color)
        if images is None:
            images = np.empty((len(paths), *image.shape), np.uint8)
        if image.shape != images.shape[1:]:
            raise ValueError(
                f"{path}: is {image.shape[1]} x {image.shape[2]} pixels, {paths[0]} {images.shape[2]} x "
                f"{images.shape[3]}; size=(H, W) makes them equal"
            )
        images[number] = image
    return images


def parse_image(where, content, size=None, color=True):
    """Make an ndarray of uint8, shape (C, H, W), of the bytes of an image file."""
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "load_image_folder: reading images needs Pillow; in the checkout: pip install -e '.[data]'"
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > min(MOST_PIXELS, len(content) * MOST_PIXELS_PER_BYTE):
                    raise ValueError(f"it claims {image.width} x {image.height} pixels, in {len(content):,} bytes")
                if image.mode[0] in "IF":
                    raise ValueError(f"its pixels are of mode {image.mode}, not of 8 bits")
                pixels = image.convert("RGBA" if "transparency" in image.info else "RGB")
                pixels = pixels.convert("RGB" if color else "L")
                if size is not None:
                    pixels = pixels.resize((size[1], size[0]), Image.Resampling.BILINEAR)
                pixels = np.asarray(pixels)
        except Exception as error:  # there is no end to what damaged bytes can bring a decoder to raise
            raise ValueError(f"{where}: is no image that can be read: {error}") from None
    return pixels.transpose(2, 0, 1) if color else pixels[None]
