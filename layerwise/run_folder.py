"""The folder that a run leaves behind: never over another run, and never half a file."""

import itertools
import os
from pathlib import Path


class RunFolder:
    """A new, empty folder that files are added to whole.

    Parameters
    ----------
    name : str
        The folder is ``runs/<name>``; if that exists, ``runs/<name>-2``, and so on.
    out : path, optional
        The folder, in place of that.

    Raises
    ------
    OSError
        If out exists and is not an empty folder, or a folder cannot be made.
    """

    def __init__(self, name, out=None):
        self.path = _first_free(Path("runs") / name) if out is None else _empty(Path(out))
        self.files = []

    def add(self, name, write):
        """Let ``write(path)`` write a file, and give it its name when it is complete."""
        temporary = self.path / f".{name}"
        try:
            write(temporary)
            os.replace(temporary, self.path / name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self.files.append(name)

    def discard_if_empty(self):
        """Remove the folder of a run that failed before it had anything to keep."""
        if not any(self.path.iterdir()):
            self.path.rmdir()


def _first_free(path):
    for number in itertools.count(1):
        numbered = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            numbered.mkdir(parents=True)
        except FileExistsError:
            continue
        return numbered


def _empty(path):
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()):
        raise FileExistsError(f"{path} exists and is not empty; a run is never written over another")
    return path
