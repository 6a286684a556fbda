"""What the input pipeline costs: ``python -m benchmarks.input_pipeline``.

An epoch of the default convolutional net on Fashion-MNIST, as ``layerwise train`` runs it: from pixels kept as uint8,
flipped and cropped at random and made floats a minibatch at a time; and from floats in memory, as they are. The two by
turns; the first of each is not counted. Besides, the time in which the training step waits for its minibatch is taken
inside the epochs, as the ratio of whole epochs is as noisy as the machine.
"""

import argparse
import time
from statistics import median

from layerwise import catalogue
from layerwise.options import settings_of
from layerwise.problem import make_solver, open_problem
from layerwise.train import NAMES

from . import machine


def epoch(settings, data):
    """Train for an epoch, and return the seconds in all and in waiting for minibatches."""
    solver = make_solver(settings, data)
    waiting = []
    minibatch = solver._minibatch

    def timed():
        start = time.perf_counter()
        made = minibatch()
        waiting.append(time.perf_counter() - start)
        return made

    solver._minibatch = timed
    start = time.perf_counter()
    solver.train()
    return time.perf_counter() - start, sum(waiting)


def problems(name, augment, num_examples=None):
    """The settings, and the data with and without the pipeline, cut down to so many examples."""
    given = argparse.Namespace(data=name, augment=augment, epochs=1)
    settings, raw = open_problem(settings_of(given, NAMES), refuse=_refuse)
    sides = {"pipeline": (settings, raw), "in memory": ({**settings, "augment": None}, catalogue.load(name))}
    return {side: (settings, _first(num_examples, data)) for side, (settings, data) in sides.items()}


def _first(num_examples, data):
    parts = {f"{array}_{part}" for array in "Xy" for part in ("train", "val")}
    return {name: value[:num_examples] if name in parts else value for name, value in data.items()}


def _refuse(words):
    raise SystemExit(words)


def main(argv=None):
    """Run the benchmark and print what it found."""
    about = __doc__.split(":")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.input_pipeline", description=about)
    parser.add_argument("--data", default="fashion_mnist", help="%(default)s, or another set of images")
    parser.add_argument("--augment", default="flip,crop", help="as of layerwise train (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how many epochs of each kind (%(default)s)")
    parser.add_argument("--examples", type=int, help="cut the training set down to so many (all)")
    options = parser.parse_args(argv)
    sides = problems(options.data, options.augment, options.examples)
    print(machine.describe(), flush=True)
    others, ratios, waits = machine.Others(), [], []
    for number in range(options.rounds + 1):
        order = list(sides)[:: -1 if number % 2 else 1]
        took = {side: epoch(*sides[side]) for side in order}
        if number:
            (with_, waited), (without, gathered) = took["pipeline"], took["in memory"]
            ratios.append(with_ / without)
            waits.append((waited - gathered) / without)
            print(
                f"{with_:.2f} s from uint8 with {options.augment}, {waited:.3f} s of it waiting for minibatches; "
                f"{without:.2f} s from floats in memory, {gathered:.3f} s of it", flush=True,
            )  # fmt: skip
    print(others)
    print(
        f"the pipeline adds {median(waits):.2%} to an epoch (waiting for minibatches; median of {options.rounds}, from "
        f"{min(waits):.2%} to {max(waits):.2%}); the ratio of whole epochs is {median(ratios):.3f} "
        f"(from {min(ratios):.3f} to {max(ratios):.3f})"
    )


if __name__ == "__main__":
    main()
