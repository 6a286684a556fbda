"""Kill a training run at random moments, again and again, and see whether what is resumed is the same run.

``python -m benchmarks.kill_and_resume --kills 200`` starts a process that trains a net with dropout and batch
normalisation and writes a checkpoint after every iteration, kills it (SIGKILL) after a random time, starts another that
resumes, and so on. When a run gets to its end, its last checkpoint is compared, byte for byte, with that of a run that
nobody disturbed, and the next run begins. Every start after a kill must find a whole checkpoint.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from models import FullyConnectedNet
from solvers import Solver, cosine

NUM_EPOCHS = 8


class Net(FullyConnectedNet):
    """A small net that draws random numbers and keeps running statistics."""

    def __init__(self):
        self._rng = np.random.default_rng(0)
        super().__init__(
            [40], input_dim=20, num_classes=3, dropout_keep_ratio=0.8, normalization="batchnorm", seed=self._rng
        )

    @property
    def generators(self):
        return {"dropout": self._rng}


def make_solver(name, **options):
    """Make the Solver of the run, always with the same arguments."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(100, 20)), rng.integers(3, size=100)
    data = {"X_train": X[:80], "y_train": y[:80], "X_val": X[80:], "y_val": y[80:]}
    return Solver(
        Net(), data, update_rule="adam", schedule=cosine, ema_decay=0.9, batch_size=10, num_epochs=NUM_EPOCHS, seed=2,
        checkpoint_name=name, checkpoint_every=1, verbose=False, **options,
    )


def last_checkpoint(name):
    return Path(f"{name}_epoch_{NUM_EPOCHS}.npz")


def train_or_resume(name):
    """Be the process that is killed: say where it begins, and train to the end."""
    warnings.simplefilter("error")  # the use of an older checkpoint would be a warning
    solver = make_solver(name)
    if list(Path(name).parent.glob("*.npz")):
        solver.resume()
    print("resumed at" if solver.iteration else "new run at", solver.iteration, flush=True)
    solver.train()


def kill_and_resume(kills, folder, seed=0, longest=0.3, say=print):
    """Kill as often as asked, and compare.

    Parameters
    ----------
    kills : int
    folder : path
        For the checkpoints; empty.
    seed : int
        Of the moments.
    longest : float
        Seconds; a process is killed after a time from 0 to this after it began to train.
    say : function
        Is told of each run that got to its end.

    Returns
    -------
    figures : dict of str to int
        ``kills``, of which so many came ``while_saving`` (a file half written was left) and so many ``before`` the
        first checkpoint; ``resumed``, the kills after which the next process went on from a whole checkpoint, or
        rightly began anew; ``runs`` that got to their end, and how many were ``identical``.
    """
    folder, rng = Path(folder), np.random.default_rng(seed)
    make_solver(folder / "undisturbed").train()
    expected = last_checkpoint(folder / "undisturbed").read_bytes()
    figures = dict.fromkeys(("kills", "while_saving", "before", "resumed", "runs", "identical"), 0)
    run, killed, saved = 0, False, False
    while figures["kills"] < kills or killed:
        (folder / str(run)).mkdir(exist_ok=True)
        name = folder / str(run) / "run"
        command = [sys.executable, "-m", "benchmarks.kill_and_resume", "--child", str(name)]
        with subprocess.Popen(command, cwd=Path(__file__).parents[1], text=True, stdout=subprocess.PIPE) as child:
            begins = child.stdout.readline()
            figures["resumed"] += killed and begins.startswith("resumed at" if saved else "new run at 0")
            time.sleep(rng.uniform(0, longest))
            if figures["kills"] < kills and child.poll() is None:
                child.kill()
        killed = child.returncode < 0
        saved = any(name.parent.glob("*.npz"))
        figures["kills"] += killed
        figures["before"] += killed and not saved
        figures["while_saving"] += bool(list(name.parent.glob("*.tmp")))
        if not killed:
            if child.returncode:
                raise RuntimeError(f"a process failed with status {child.returncode}")
            same = last_checkpoint(name).read_bytes() == expected
            figures["runs"] += 1
            figures["identical"] += same
            say(f"{figures['kills']} kills: run {run} got to its end, {'the same' if same else 'NOT THE SAME'}")
            run += 1
    return figures


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill_and_resume", description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (%(default)s)")
    parser.add_argument("--child", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return train_or_resume(options.child)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        figures = kill_and_resume(options.kills, folder, options.seed)
    print(
        "{resumed} of {kills} kills resumed ({while_saving} came in the middle of a save, {before} before the first); "
        "{identical} of {runs} runs bit-identical to the undisturbed one".format(**figures)
        + f"; {time.perf_counter() - start:.0f} s"
    )
    return 0 if figures["resumed"] == figures["kills"] and figures["identical"] == figures["runs"] else 1


if __name__ == "__main__":
    sys.exit(main())
