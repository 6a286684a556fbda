"""NumPy for the doctests, and the figures that the suite counts, printed at its end."""

from collections import Counter

import numpy as np
import pytest

FIGURES = Counter()


@pytest.fixture(autouse=True)
def numpy_in_doctests(doctest_namespace):
    doctest_namespace["np"] = np


@pytest.fixture
def figures():
    """Counts of what the tests tried, by name; whatever is entered here is printed at the end of the run."""
    return FIGURES


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("what was tried")
        for name, count in sorted(FIGURES.items()):
            terminalreporter.write_line(f"{count:>9,} {name}")
