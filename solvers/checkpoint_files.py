"""The checkpoints that a run leaves in a folder: their names, their order, and which of them are kept."""

import re
import warnings
from pathlib import Path

from .checkpoint import CheckpointError, read_checkpoint


class CheckpointFiles:
    """The files ``<name>_epoch_<epoch>.npz`` and, from between epochs' ends, ``<name>_iteration_<iteration>.npz``.

    Parameters
    ----------
    name : str or path
        Folder and beginning of the files' names.
    iterations_per_epoch : int
    """

    def __init__(self, name, iterations_per_epoch):
        self.name = Path(name)
        self.iterations_per_epoch = iterations_per_epoch

    @classmethod
    def around(cls, path, iterations_per_epoch):
        """The files among which one is."""
        path = Path(path)
        return cls(path.with_name(re.sub(r"_(epoch|iteration)_\d+\.npz$", "", path.name)), iterations_per_epoch)

    def include(self, path):
        """Say whether a file has the name of one of these; None has not."""
        return path is not None and self.around(path, 1).name.resolve() == self.name.resolve()

    def path(self, iteration):
        """Name the checkpoint after that many iterations; the first iteration's is epoch 0, as in the course."""
        epoch, rest = divmod(iteration, self.iterations_per_epoch)
        kind, number = ("iteration", iteration) if rest and iteration > 1 else ("epoch", epoch)
        return self.name.with_name(f"{self.name.name}_{kind}_{number}.npz")

    def newest_first(self):
        """List the files that are there, the one after the most iterations first."""
        iterations = self._iterations()
        return sorted(iterations, key=iterations.get, reverse=True)

    def _iterations(self):
        """Map each file to how many iterations it was written after."""
        pattern = re.compile(re.escape(self.name.name) + r"_(epoch|iteration)_(\d+)\.npz")
        found = {}
        for path in self.name.parent.iterdir() if self.name.parent.is_dir() else ():
            match = pattern.fullmatch(path.name)
            if match:
                number = int(match[2])
                found[path] = number * self.iterations_per_epoch if match[1] == "epoch" else number
        return found

    def read_newest(self, up_to=None):
        """Read the newest checkpoint that is whole; a warning names each that is not.

        Parameters
        ----------
        up_to : path, optional
            The one to begin with, in place of the newest.

        Returns
        -------
        path, arrays, facts
            Of the file that was read; the last two as `read_checkpoint` gives them.

        Raises
        ------
        FileNotFoundError
        CheckpointError
            If none is whole.
        """
        iterations = self._iterations()
        paths = self.newest_first()
        if up_to is not None:
            earlier = [path for path in paths if iterations[path] < iterations.get(Path(up_to), 0)]
            paths = [Path(up_to), *earlier]
        if not paths:
            raise FileNotFoundError(f"there is no checkpoint {self.name}_epoch_<epoch>.npz")
        refused = []
        for path in paths:
            try:
                arrays, facts = read_checkpoint(path)
            except CheckpointError as error:
                refused.append(str(error))
                continue
            for reason in refused:
                warnings.warn(f"{reason}; {path} is used instead", stacklevel=4)  # whoever called Solver.resume
            return path, arrays, facts
        raise CheckpointError("; ".join(refused))

    def prune(self, newest, best):
        """Delete all but the newest two and the best; those after the newest are not this run's to delete.

        Parameters
        ----------
        newest, best : int
            The iterations after which the newest and the best were written.
        """
        iterations = self._iterations()
        before = [path for path in self.newest_first() if iterations[path] <= newest]
        for path in before[2:]:
            if path != self.path(best):
                path.unlink()

    def clean(self):
        """Delete what a process left that was killed while it saved."""
        for path in self.name.parent.glob("*.tmp"):
            if re.fullmatch(re.escape(self.name.name) + r"_(epoch|iteration)_\d+\.npz\.\d+\.tmp", path.name):
                path.unlink(missing_ok=True)
