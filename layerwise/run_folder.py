"""The folder that a run leaves behind: never over another run, and never half a file."""

import itertools
import json
import os
from pathlib import Path

CONFIG = "config.json"


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

    @classmethod
    def reopen(cls, path, needed):
        """Take up the folder of a run that was stopped.

        Parameters
        ----------
        path : path
        needed : sequence of str
            What its config.json must tell.

        Returns
        -------
        folder : RunFolder
        config : dict

        Raises
        ------
        ValueError
            If it has no config.json that tells this.
        """
        folder = cls.__new__(cls)
        folder.path, folder.files = Path(path), [CONFIG]
        try:
            config = json.loads((folder.path / CONFIG).read_text(encoding="utf-8"))
            missing = [name for name in needed if name not in config]
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(f"{path} is not the folder of a run: its {CONFIG} cannot be read: {error}") from None
        if missing:
            raise ValueError(f"{path} is not the folder of such a run: its {CONFIG} lacks {', '.join(missing)}")
        return folder, config

    def add_config(self, config):
        """Write down all that the numbers of the run depend on."""
        text = json.dumps(config, indent=2) + "\n"
        self.add(CONFIG, lambda path: path.write_text(text, encoding="utf-8"))

    def add(self, name, write):
        """Let ``write(path)`` write a file, and give it its name when it is complete."""
        temporary = self.path / f".{name}"
        try:
            write(temporary)
            os.replace(temporary, self.path / name)
        except BaseException as error:
            temporary.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno and error.filename is None:
                error.filename = str(self.path / name)  # a full disk does not say which file did not fit
            raise
        self.files.append(name)

    def discard(self, *names):
        """Remove the folder of a run that ended before it had anything to keep, with its config and files so named."""
        for name in (CONFIG, *names):
            (self.path / name).unlink(missing_ok=True)
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
