"""Making a hand-out: the project without what the student is to write, and without what would tell it.

What is in it: the packages with the bodies of the exercises taken away (`source.blank`), the digits, the program, and
what checks exercises. The reference comes along packed, as ``exercises/reference.bin``. What is not: the folders of
tests, wrong answers and benchmarks, the git history, the project's README, compiled caches, and the instructor's
verbs.
"""

import configparser
import shutil
from pathlib import Path

from .reference import Reference, module_name
from .student import STAMP, handed_out

_WHOLE = ("datasets", "layerwise")
_SUFFIXES = (".py", ".css")
_CHECKER = (
    "__init__", "cage", "cases", "child", "compare", "diagnoses", "drivers", "judge", "lab", "mistakes", "reference",
    "report", "runner", "source", "student", "syllabus", "wire", "world",
)
_DATA = ("datasets/digits.npz", "datasets/LICENSE-digits.txt", "LICENSE", "pyproject.toml", ".gitignore")
_SETUP = """[metadata]
name = {name}
version = {version}
description = layerwise, to be written as an exercise
long_description = file: README.md
long_description_content_type = text/markdown
license = MIT
license_files =
    LICENSE
    datasets/LICENSE-digits.txt
classifiers =
    Private :: Do Not Upload

[options]
python_requires = {python}
packages ={packages}
install_requires ={requires}

[options.package_data]
datasets = *.npz, LICENSE-digits.txt
exercises = reference.bin

[options.entry_points]
console_scripts =
    layerwise = layerwise.__main__:main

[options.extras_require]
"""
_EXTRAS = ("run", "notebook")


def add_build(verbs):
    """Add the verb and its argument to the parser of `layerwise lab`."""
    about = "Write a hand-out into a new or empty folder."
    parser = verbs.add_parser("build", help=about, description=about)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.set_defaults(run=lambda options: _build(options.folder, parser.error))


def _build(folder, refuse):
    try:
        count = build(folder)
    except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
        refuse(str(error))
    print(f"{folder}: a hand-out of {count} files. Its README.md says how to work in it")
    return 0


def build(folder, root=None):
    """Write a hand-out.

    Parameters
    ----------
    folder : path
        New or empty.
    root : path, optional
        A project's checkout; unless given, the one around this file.

    Returns
    -------
    num_files : int

    Raises
    ------
    FileExistsError, NotADirectoryError
        If there is something in the folder, or it is a file.
    FileNotFoundError
        If the project is not a whole checkout.
    """
    folder, root = Path(folder), Path(root or Path(__file__).parent.parent)
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"build: the folder {folder} is not empty; a hand-out needs a new one")
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"build: {folder} is a file; a hand-out needs a new folder")
    files = _files(root)
    missing = [path for path in files if not (root / path).is_file()]
    if missing or not (root / "setup.cfg").is_file():
        raise FileNotFoundError(f"build: {root} is no whole checkout of the project; it lacks {missing or 'setup.cfg'}")
    reference = Reference.from_tree(root)
    modules = handed_out(reference)
    packages = sorted(module_name(path) for path in {*files, *modules} if path.endswith("/__init__.py"))
    texts = modules | {
        "setup.cfg": _setup(root / "setup.cfg", packages),
        "README.md": (root / "exercises/HANDOUT.md").read_text(encoding="utf-8"),
        STAMP: f"{reference.stamp()}\n",
    }
    for path in {*files, *texts}:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if path in texts:
            (folder / path).write_text(texts[path], encoding="utf-8")
        else:
            shutil.copyfile(root / path, folder / path)
    reference.save(folder / "exercises/reference.bin")
    return len({*files, *texts}) + 1


def _files(root):
    """List what is copied as it is."""
    found = [path for package in _WHOLE for path in (root / package).rglob("*") if path.suffix in _SUFFIXES]
    whole = [path for path in found if path.name[:6] != "build_"]
    lessons = sorted((root / "exercises/notebooks").glob("*.py"))
    return [
        *(path.relative_to(root).as_posix() for path in sorted(whole) + lessons),
        *(f"exercises/{name}.py" for name in _CHECKER),
        *_DATA,
    ]


def _setup(path, packages):
    """Write the hand-out's setup.cfg, with the numbers and requirements of the project's."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(path, encoding="utf-8")

    def lines(section, key):
        return "".join(f"\n    {line}" for line in config[section][key].split())

    setup = _SETUP.format(
        name=config["metadata"]["name"],
        version=config["metadata"]["version"],
        python=config["options"]["python_requires"],
        packages="".join(f"\n    {package}" for package in packages),
        requires=lines("options", "install_requires"),
    )
    extras = [name for name in _EXTRAS if name in config["options.extras_require"]]
    return setup + "".join(f"{name} ={lines('options.extras_require', name)}\n" for name in extras)
