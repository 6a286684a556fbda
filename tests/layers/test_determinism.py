"""C4: the same numbers in every process, and with one and two threads of the matrix product."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from .rows import ROWS, SIZES
from .test_every_layer import call

ROOT = Path(__file__).parents[2]

# So large that the matrix products of affine and conv are split among threads.
LARGE = {**SIZES, "N": 64, "A": 16, "B": 24, "M": 64, "D": 40}


def save_results(path):
    """Run every row of the table forward and backward, and save all results."""
    results = {}
    for i, row in enumerate(ROWS):
        for dtype in (np.float32, np.float64):
            for j, result in enumerate(call(row, row.case(LARGE), dtype)):
                results[f"{i} {row.layer.name} {np.dtype(dtype)} {j}"] = result
    np.savez(path, **results)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of three processes: one thread, one thread, two threads; each with its own order of hashes."""
    folder = tmp_path_factory.mktemp("results")
    command = "import sys; from tests.layers.test_determinism import save_results; save_results(sys.argv[1])"
    processes = []
    for name, threads in (("first", "1"), ("second", "1"), ("two threads", "2")):
        limits = {f"{library}_NUM_THREADS": threads for library in ("OPENBLAS", "OMP", "MKL")}
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", command, str(folder / f"{name}.npz")],
                cwd=ROOT,
                env={**os.environ, **limits, "PYTHONHASHSEED": str(len(processes))},
            )
        )
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    return {path.stem: dict(np.load(path, allow_pickle=False)) for path in folder.iterdir()}


def test_two_processes_give_the_same_bits(results, figures):
    first, second = results["first"], results["second"]
    assert first.keys() == second.keys() and len(first) >= 2 * len(ROWS)
    for name, value in first.items():
        assert value.dtype == second[name].dtype and value.tobytes() == second[name].tobytes(), name
        figures["results alike to the bit in two processes (C4)"] += 1


def test_two_threads_give_the_same_numbers(results):
    for name, value in results["first"].items():
        other = results["two threads"][name]
        tolerance = 1e-13 if value.dtype == np.float64 else 1e-5
        assert np.abs(other - value).max() <= tolerance * max(1, np.abs(value).max()), name
