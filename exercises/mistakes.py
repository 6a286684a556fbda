"""The wrong answers: mistakes that people make, each a whole function body, kept in the folder ``wrong_answers``.

They prove the judge (each one must fail, with the right diagnosis), and they are how it diagnoses: a student whose
numbers equal those of a known mistake on every failed case has made that mistake.

One file a lesson, one function a wrong answer::

    def affine_backward__mean_over_the_batch(dout, cache):
        \"\"\"4.2: divided by N\"\"\"
        x, w, b = cache
        ...

Before the two underscores stands the name of the function that is answered (for ``Solver._step`` that is ``_step``, for
``chain.forward`` it is ``forward``), behind them a name for this answer. The docstring has the exercise's id and the
name of a diagnosis in `diagnoses.DIAGNOSES`, or ``none`` where there is nothing to say. The files are never imported: a
body sees what the module sees that it is put into.
"""

import ast
from dataclasses import dataclass
from functools import lru_cache

from .source import parse, replace
from .syllabus import exercise as exercise_of


@dataclass(frozen=True)
class WrongAnswer:
    """One wrong answer: its exercise's id, its name, the diagnosis that it should get, and its text.

    `function` is the function that it answers, as the syllabus names it.
    """

    exercise: str
    name: str
    diagnosis: str | None
    function: str
    text: str

    @property
    def path(self):
        """The module's path in the project."""
        return self.function.partition(":")[0].replace(".", "/") + ".py"

    def put_into(self, source):
        """Return the module's source with this answer in it."""
        return replace(source, self.function.partition(":")[2], self.text)

    def as_reference(self, reference):
        """Return the reference with this answer in it, to be run here."""
        return reference.with_source(self.path, self.put_into(reference.sources[self.path]))


def wrong_answers(reference):
    """List all wrong answers, in the order of the files."""
    return [answer for text in reference.wrong_answers().values() for answer in _read(text)]


@lru_cache(maxsize=32)
def _read(text):
    nodes = [node for node in parse(text).body if isinstance(node, ast.FunctionDef)]
    return tuple(_wrong_answer(node, ast.get_source_segment(text, node)) for node in nodes)


def _wrong_answer(node, text):
    answered, _, name = node.name.partition("__") if not node.name.startswith("_") else _split_private(node.name)
    id, _, diagnosis = (ast.get_docstring(node) or "").partition(": ")
    functions = [known for known in exercise_of(id).functions if known.replace(":", ".").split(".")[-1] == answered]
    if not functions or not name:
        known = exercise_of(id).functions
        raise ValueError(f"wrong_answers: {node.name} answers no function of exercise {id}: {known}")
    return WrongAnswer(id, node.name, None if diagnosis == "none" else diagnosis, functions[0], text)


def _split_private(name):
    """Split a name that begins with underscores itself: ``_step__twice``, ``__init____zeros``."""
    if name.startswith("__init__"):
        return "__init__", "__", name.removeprefix("__init__").lstrip("_")
    answered, underscores, rest = name[1:].partition("__")
    return f"_{answered}", underscores, rest
