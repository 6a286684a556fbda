from pathlib import Path

import pytest

from exercises.reference import Reference
from exercises.source import blank
from exercises.syllabus import hidden_functions

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def reference():
    return Reference.from_tree(ROOT)


@pytest.fixture(scope="session")
def blank_sources(reference):
    """The modules of a hand-out, by path."""
    hidden = hidden_functions()
    return {
        path: blank(reference.sources[path], hidden[name]) if name in hidden else reference.sources[path]
        for name, path in reference.modules().items()
    }


@pytest.fixture
def make_tree(tmp_path, reference):
    """Return a function that writes a student's tree: the given modules, and the reference's for the rest."""

    def make(changed):
        for path in reference.modules().values():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(changed.get(path, reference.sources[path]), encoding="utf-8")
        return tmp_path

    return make
