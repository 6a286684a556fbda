"""What checkpoints cost: ``python -m benchmarks.checkpoint_overhead``.

The same training of the default net on the digits, with checkpoints at the default setting (after each epoch) and
without, in turns; the first of each is not counted. The share of time that the saving itself takes is measured inside
the runs, as the ratio of whole runs is as noisy as the machine.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from layerwise import catalogue
from solvers import Solver


def run(name, num_epochs, checkpoint_every=None):
    """Train, and return the seconds in all and in saving."""
    data = catalogue.DATA["digits"]()
    kind = catalogue.default_model(data)
    model = catalogue.make_model(kind, data, catalogue.default_reg(kind), 0)
    solver = Solver(
        model, data, update_rule="adam", optim_config={"learning_rate": 1e-2}, lr_decay=0.8, batch_size=32,
        num_epochs=num_epochs, num_train_samples=None, verbose=False, seed=0, checkpoint_name=name,
        checkpoint_every=checkpoint_every,
    )
    saving = []
    save = solver._save_checkpoint

    def timed():
        start = time.perf_counter()
        save()
        saving.append(time.perf_counter() - start)

    solver._save_checkpoint = timed
    start = time.perf_counter()
    solver.train()
    return time.perf_counter() - start, sum(saving), len(saving)


def main():
    about = __doc__.split(":")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checkpoint_overhead", description=about)
    parser.add_argument("--rounds", type=int, default=5, help="how many runs of each kind (%(default)s)")
    parser.add_argument("--epochs", type=int, default=4, help="of each run (%(default)s)")
    options = parser.parse_args()
    ratios, shares, each = [], [], []
    for number in range(options.rounds + 1):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            with_, saving, count = run(Path(folder) / "run", options.epochs)
            without, _, _ = run(None, options.epochs)
        if number:
            ratios.append(with_ / without)
            shares.append(saving / with_)
            each.append(saving / count)
            print(f"{with_:.2f} s with, {without:.2f} s without; {count} checkpoints of {1e3 * each[-1]:.1f} ms")
    print(
        f"checkpoints take {median(shares):.2%} of training time (median of {options.rounds} runs; "
        f"from {min(shares):.2%} to {max(shares):.2%}); the ratio of whole runs is {median(ratios):.3f} "
        f"(from {min(ratios):.3f} to {max(ratios):.3f})"
    )


if __name__ == "__main__":
    main()
