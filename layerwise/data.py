"""The verb ``data``: what there is to learn, where it lies, and what it looks like."""

import sys
import textwrap
from pathlib import Path

import numpy as np

from datasets import (
    OFFICIAL_SETS,
    data_home,
    fetch,
    load_cifar10,
    load_cifar100,
    load_csv,
    load_digits,
    load_fashion_mnist,
    load_image_folder,
    load_mnist,
    load_npz,
    load_svhn,
    whereabouts,
)

LOADERS = {
    "digits": load_digits,
    "mnist": load_mnist,
    "fashion_mnist": load_fashion_mnist,
    "cifar10": load_cifar10,
    "cifar100": load_cifar100,
    "svhn": load_svhn,
}


def add_data(verbs):
    """Add the verb and its own verbs to the program's parser."""
    about = "The sets to learn from: what there is, where it lies, what it looks like."
    data = verbs.add_parser("data", help=about, description=about).add_subparsers(
        title="verbs", metavar="verb", required=True
    )

    def add(name, run, about):
        parser = data.add_parser(name, help=about, description=about)
        parser.set_defaults(run=lambda options: _in_words(run, options))
        return parser

    add("list", list_sets, "List the sets, and where they are.")
    parser = add("fetch", fetch_set, "Download a set, and check that it is the official one to the bit.")
    parser.add_argument("name", choices=OFFICIAL_SETS, metavar="NAME", help=", ".join(OFFICIAL_SETS))
    parser.add_argument("--folder", help=f"where to ({data_home()}/NAME; LAYERWISE_DATA changes it)")
    parser = add("show", show_set, "Count the examples of each class, and draw some.")
    parser.add_argument("name", metavar="NAME", help=f"{', '.join(LOADERS)}, a folder of images, a .npz or a .csv file")
    parser.add_argument("--out", metavar="FILE.png", help="the picture (NAME.png)")


def load_data(name, **options):
    """Load what the command line names: a known set, a folder of images with a folder a class, a .npz or a .csv file.

    Parameters
    ----------
    name : str
    **options
        For the loader.

    Returns
    -------
    dict
        As `solver_data` gives it.

    Raises
    ------
    ValueError
        If it is none of these; and whatever the loaders raise.
    """
    if name in LOADERS:
        return LOADERS[name](**options)
    for is_such, load in (
        (Path(name).is_dir(), load_image_folder),
        (name.lower().endswith(".npz"), load_npz),
        (name.lower().endswith(".csv"), load_csv),
    ):
        if is_such:
            return load(name, **options)
    raise ValueError(f"{name!r} is no folder, .npz or .csv file, and no set; known are {', '.join(LOADERS)}")


def list_sets(options):
    """Print a line a set."""
    digits = ("digits", "handwritten digits", (1, 8, 8), 1437, 360, "in this package")
    print(_line("name", "what", "shape", "train", "test", "where"))
    for name, title, shape, num_train, num_test, where in (digits, *map(_facts, OFFICIAL_SETS)):
        print(_line(name, title, "x".join(map(str, shape)), f"{num_train:,}", f"{num_test:,}", where))
    print(f"\nSets are kept in {data_home()}; the environment variable LAYERWISE_DATA names another folder.")
    licences = {"digits": "CC BY 4.0"} | {name: known.licence for name, known in OFFICIAL_SETS.items()}
    words = "Licences: " + "; ".join(f"{name} {licence}" for name, licence in licences.items())
    print(textwrap.fill(words, 100))


def _facts(name):
    known = OFFICIAL_SETS[name]
    missing = f"{sum(file.size for file in known.files) / 1e6:.0f} MB to fetch"
    return name, known.title, known.shape, known.num_train, known.num_test, whereabouts(name) or missing


def _line(name, what, shape, train, test, where):
    return f"{name:<14}{what:<25}{shape:<8}{train:>7}{test:>8}   {where}"


def fetch_set(options):
    """Download a set, unless the system has it."""
    place = whereabouts(options.name, options.folder)
    if str(place) not in OFFICIAL_SETS[options.name].system_folders:
        place = fetch(options.name, options.folder)
    print(f"{options.name} is in {place}")


def show_set(options):
    """Print what a set has in it, and draw examples of each class."""
    name = options.name
    is_file = name not in LOADERS and not Path(name).is_dir()
    data = load_data(name, keep_uint8=not is_file)  # what comes in a file may be no pixels
    X, class_names = data["X_train"], data["class_names"]
    what = f"images of shape {X.shape[1:]}" if X.ndim == 4 else f"points with {X.shape[1]} features"
    print(f"{name}: {what} in {len(class_names)} classes")
    if name in OFFICIAL_SETS:
        known = OFFICIAL_SETS[name]
        print(f"{known.source}\nlicence: {known.licence}; read from {whereabouts(name)}")
    print(f"\n{_table(data)}\n")
    pixels = sum(data[f"X_{part}"].size for part in ("train", "val", "test"))
    as_uint8 = f", {pixels / 1e6:,.1f} MB as uint8" if X.dtype == np.uint8 else ""
    print(f"in memory: {4 * pixels / 1e6:,.1f} MB as float32{as_uint8}")
    if X.ndim != 4:
        print("no picture: these are no images")
        return
    try:
        from .montage import MOST_COLUMNS, draw_montage
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"the picture needs {error.name}; in the checkout: pip install -e '.[run]'") from None
    firsts = [np.flatnonzero(data["y_train"] == label)[:MOST_COLUMNS] for label in range(len(class_names))]
    shown = np.concatenate(firsts)
    images = X[shown] / data["scale"] if X.dtype == np.uint8 else X[shown] * data["std"] + data["mean_image"]
    out = Path(options.out or f"{Path(name).stem}.png")
    draw_montage(images, data["y_train"][shown], class_names, name).savefig(out)
    print(f"examples of each class: {out}")


def _table(data):
    """The number of examples of each class in each part."""
    parts = ("train", "val", "test")
    counts = np.stack([np.bincount(data[f"y_{part}"], minlength=len(data["class_names"])) for part in parts], axis=1)
    width = max(map(len, ("class", *data["class_names"])))
    lines = [f"{'class':<{width}} " + "".join(f"{part:>9}" for part in parts)]
    for name, row in zip((*data["class_names"], "all"), (*counts, counts.sum(axis=0))):
        lines.append(f"{name:<{width}} " + "".join(f"{count:>9,}" for count in row))
    return "\n".join(lines)


def _in_words(run, options):
    """Run a verb and return its exit status; what goes wrong with files, data or extras is said, not thrown."""
    try:
        run(options)
    except (OSError, ValueError, TypeError, ModuleNotFoundError) as error:
        print(f"layerwise data: {error}", file=sys.stderr)
        return 1
    return 0
