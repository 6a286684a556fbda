"""Tables of numbers as text, a row an example, one column the label."""

import csv
import io
import os

import numpy as np

from .checks import check_integer
from .files import read_bytes
from .solver_data import split_and_solver_data


def load_csv(path, *, label=-1, image_shape=None, delimiter=",", seed=0, **options):
    """Load a table from a text file, as the Solver's dict.

    Parameters
    ----------
    path : str or path
        A row an example; all columns but the label's are numbers. If the first row has anything else, it is taken for
        the names of the columns. UTF-8.
    label : int or str
        The column of the class label, by its place, from the end if negative, or by its name. Whatever stands there is
        a class: sorted, by number if all are integers, these are the class names.
    image_shape : (int, int, int), optional
        (C, H, W) of images, whose pixels, integers from 0 to 255, are the other columns: ``label=0,
        image_shape=(1, 28, 28)`` loads the tables of MNIST that are about.
    delimiter : str
        What separates columns.
    seed : int or None
        Of the split: 70 % to train on, 10 % to validate and 20 % to test, each with its share of every class. With None
        it is another one each time.
    **options
        ``num_training num_validation num_test subtract_mean normalize flatten dtype keep_uint8``, as `solver_data` has
        them.

    Returns
    -------
    dict
        As `solver_data` gives it.

    Raises
    ------
    ValueError
        If it is no such table; the message names the file and the place.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/flowers.csv", "w") as file:
    ...         _ = file.write("height,width,kind\\n" + "1,2,rose\\n3,1,tulip\\n" * 10)
    ...     data = load_csv(f"{folder}/flowers.csv", label="kind")
    >>> data["X_train"].shape, data["class_names"]
    ((14, 2), ['rose', 'tulip'])
    """
    X, y, class_names = parse_csv(os.fspath(path), read_bytes(path), label, delimiter)
    try:
        examples = X if image_shape is None else _images(X, image_shape)
        return split_and_solver_data(examples, y, class_names, seed, **options)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{os.fspath(path)}: {error}") from None


def parse_csv(where, content, label=-1, delimiter=","):
    """Make features, (N, D) of float64, labels, (N,), and class names, of the bytes of a table."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: is not text in UTF-8: {error}") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip()
    first, _, rest = text.partition("\n")
    fields = _fields(where, first, delimiter)
    column = _column(where, label, fields)
    if not all(_is_number(field) for place, field in enumerate(fields) if place != column):
        text = rest
    if not text.strip():
        raise ValueError(f"{where}: has no row of numbers")

    codes = {}
    try:
        table = np.loadtxt(
            io.StringIO(text),
            delimiter=delimiter,
            comments=None,
            quotechar='"',
            converters={column: lambda field: codes.setdefault(field.strip(), len(codes))},
            ndmin=2,
        )
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where}: is no table of numbers: {error}") from None
    if table.shape[1] != len(fields):
        raise ValueError(f"{where}: has rows of {table.shape[1]} columns; the first row has {len(fields)}")
    X = np.delete(table, column, axis=1)
    if not np.isfinite(X).all():
        row, place = np.argwhere(~np.isfinite(X))[0]
        place += place >= column  # of the columns with the label among them
        raise ValueError(f"{where}: has {table[row, place]} in row {row + 1} of numbers, column {place + 1}")
    names = sorted(codes, key=int) if all(map(_is_integer, codes)) else sorted(codes)
    place_of = np.empty(len(codes), np.int64)
    place_of[[codes[name] for name in names]] = np.arange(len(codes))
    return X, place_of[table[:, column].astype(np.int64)], names


def _images(X, image_shape):
    C, H, W = image_shape
    for name, length in zip("CHW", image_shape):
        check_integer("load_csv", f"{name} of image_shape", length, at_least=1)
    if X.shape[1] != C * H * W:
        raise ValueError(f"load_csv: image_shape {image_shape} needs {C * H * W} columns of pixels, got {X.shape[1]}")
    if X.min() < 0 or X.max() > 255 or (X != np.rint(X)).any():
        raise ValueError(f"load_csv: pixels must be integers from 0 to 255; they go from {X.min():g} to {X.max():g}")
    return X.astype(np.uint8).reshape(-1, C, H, W)


def _fields(where, line, delimiter):
    try:
        fields = [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error as error:
        raise ValueError(f"{where}: its first row is no row of a table: {error}") from None
    if len(fields) < 2:
        raise ValueError(f"{where}: begins with {line[:60]!r}; it needs columns, with {delimiter!r} between them")
    return fields


def _column(where, label, fields):
    if isinstance(label, str):
        if fields.count(label) != 1:
            raise ValueError(f"{where}: the first row has not one {label!r}: {', '.join(fields[:20])}")
        return fields.index(label)
    if not -len(fields) <= label < len(fields):
        raise ValueError(f"{where}: has {len(fields)} columns; there is no column {label}")
    return label % len(fields)


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_integer(field):
    return field.lstrip("+-").isdecimal() and len(field) < 18
