"""Where data lives: an argument, else ``LAYERWISE_DATA``, else the platform's cache folder."""

import os
import sys
from pathlib import Path

from .registry import OFFICIAL_SETS


def data_home():
    """Find the folder that holds a folder for each set.

    Returns
    -------
    Path
        What the environment variable ``LAYERWISE_DATA`` says; else ``layerwise`` in the folder that the platform has
        for what can be fetched again: ``~/.cache`` (or ``XDG_CACHE_HOME``), on macOS ``~/Library/Caches``, on Windows
        ``%LOCALAPPDATA%``. It need not exist.
    """
    chosen = os.environ.get("LAYERWISE_DATA")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        caches = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    else:
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "layerwise"


def set_folder(name, folder=None):
    """Give the folder of a set that is fetched: the folder if there is one, else ``data_home() / name``."""
    return data_home() / name if folder is None else Path(folder)


def set_folders(name, folder=None):
    """List where the files of a set are looked for: in the folder alone if there is one, else also in the system's."""
    first = set_folder(name, folder)
    return [first] if folder is not None else [first, *map(Path, OFFICIAL_SETS[name].system_folders)]


def whereabouts(name, folder=None):
    """Find the folder in which a set is, by its files' names alone; None if it is in none."""
    contents = OFFICIAL_SETS[name].contents
    files = {*contents, *(f"{file}.gz" for file in contents)}
    for place in filter(Path.is_dir, set_folders(name, folder)):
        if any((path / file).exists() for path in (place, *filter(Path.is_dir, place.iterdir())) for file in files):
            return place
    return None
