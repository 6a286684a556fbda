"""How good nets get on Fashion-MNIST, and in what time: ``python -m benchmarks.fashion_mnist [--only NAME]``.

Each row is a run of ``layerwise train`` in a process of its own, one after the other; the time is that of the whole
process: loading, training, scoring, pictures. The test accuracy is that of the parameters that were best on the
validation set. The folders of the runs are kept.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from . import machine
from .tables import as_text, write_csv

RUNS = {
    "fc": "--model fc",
    "convnet": "--model convnet --augment flip --epochs 10",
    "resnet": (
        "--model resnet --augment flip,crop:2 --epochs 14 --update-rule sgd_momentum --lr 0.1 --label-smoothing 0.1"
    ),
}
TITLE = "Fashion-MNIST: 54,000 training, 6,000 validation and 10,000 test examples"
RESULT = re.compile(r"^Test accuracy .* \((\d+) of (\d+)\)$", re.M)


def run(name, folder, more=()):
    """Train by the command of a row, and return the row.

    Parameters
    ----------
    name : str
        In `RUNS`.
    folder : path
        Of the run.
    more : sequence of str
        Further options, which prevail.

    Raises
    ------
    RuntimeError
        If the run failed.
    """
    arguments = ["train", "--data", "fashion_mnist", *RUNS[name].split(), *more, "--out", str(folder)]
    print(f"\nlayerwise {' '.join(arguments)}", flush=True)
    start = time.perf_counter()
    command = [sys.executable, "-u", "-m", "layerwise", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            print(line, end="", flush=True)
    seconds = time.perf_counter() - start
    found = RESULT.search("".join(said))
    if process.returncode or not found:
        raise RuntimeError(f"{name}: layerwise train ended with status {process.returncode}")
    right, total = map(int, found.groups())
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    with open(folder / "epochs.csv", newline="", encoding="utf-8") as file:
        epochs = len(list(csv.DictReader(file)))
    return {
        "model": config["model"],
        "parameters": f"{config['num_parameters']:,}",
        "augmentation": config["augment"] or "none",
        "epochs": epochs,
        "time": f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min",
        "test accuracy": f"{right / total:.2%}",
    }


def main(argv=None):
    """Run the rows, print the table, and return the exit status."""
    about = __doc__.split(":")[0] + ". Other options are those of layerwise train, and prevail."
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fashion_mnist", description=about)
    parser.add_argument("--only", choices=RUNS, action="append", help="this row; may be given twice (all)")
    out = Path("runs/fashion_mnist")
    parser.add_argument("--out", type=Path, default=out, metavar="FOLDER", help="for runs and table (%(default)s)")
    options, more = parser.parse_known_args(argv)
    about = machine.describe()
    print(about, flush=True)
    others, rows = machine.Others(), []
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        for name in options.only or RUNS:
            rows.append(run(name, options.out / name, more))
            write_csv(options.out / "fashion_mnist.csv", rows)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{as_text(TITLE, [about, str(others)], rows)}\n\nwritten to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
