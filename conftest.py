"""NumPy for the doctests, and the figures that the suite counts, printed at its end."""

import os

# The tests' matrices are small, and the suite runs on two processes: BLAS's own threads would only be in the way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections import Counter  # noqa: E402

import numpy as np  # noqa: E402
import pytest  # noqa: E402

FIGURES = Counter()


@pytest.fixture(autouse=True)
def numpy_in_doctests(doctest_namespace):
    doctest_namespace["np"] = np


@pytest.fixture
def figures():
    """Counts of what the tests tried, by name; whatever is entered here is printed at the end of the run."""
    return FIGURES


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # one of several processes: hand the counts to the first
        session.config.workeroutput["figures"] = dict(FIGURES)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    FIGURES.update(getattr(node, "workeroutput", {}).get("figures", {}))


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("what was tried")
        for name, count in sorted(FIGURES.items()):
            terminalreporter.write_line(f"{count:>9,} {name}")
