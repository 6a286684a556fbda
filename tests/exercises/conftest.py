from pathlib import Path

import pytest

from exercises import specimens
from exercises.reference import Reference
from exercises.student import handed_out

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def reference():
    return Reference.from_tree(ROOT)


@pytest.fixture(scope="session")
def blank_sources(reference):
    """The modules of a hand-out, by path."""
    return handed_out(reference)


@pytest.fixture(scope="session")
def solved_sources(reference):
    """The modules with every exercise done, by path: the reference's, and the model answers."""
    return specimens.solved_sources(reference)


@pytest.fixture
def make_tree(tmp_path, solved_sources):
    """Return a function that writes a student's tree: the given modules, and for the rest those with all done."""

    def make(changed):
        for path, text in (solved_sources | changed).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return tmp_path

    return make
