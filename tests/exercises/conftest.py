import ast
from pathlib import Path

import pytest

from exercises.reference import Reference
from exercises.source import replace
from exercises.student import handed_out
from exercises.syllabus import EXERCISES

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
    text = Path(__file__).with_name("model_answers.py").read_text(encoding="utf-8")
    answers = {node.name: ast.get_source_segment(text, node) for node in ast.parse(text).body[1:]}
    sources = {path: reference.sources[path] for path in reference.modules().values()}
    for name in (name for known in EXERCISES for name in known.functions):
        module, _, function = name.partition(":")
        if function in answers:
            path = reference.modules()[module]
            sources[path] = replace(sources[path], function, answers.pop(function))
    assert not answers
    return sources


@pytest.fixture
def make_tree(tmp_path, solved_sources):
    """Return a function that writes a student's tree: the given modules, and for the rest those with all done."""

    def make(changed):
        for path, text in (solved_sources | changed).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return tmp_path

    return make
