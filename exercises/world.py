"""The world that a child process sees: one exercise is the student's, everything else the reference's.

- A module that holds functions of the exercise is the student's file, in which the functions of all other exercises
  are replaced by the reference's. Its code bears the student's file name: a traceback shows the student's own lines.
- Every other module is the reference's, with the exercise's functions and their twins blanked.

So the answer is nowhere in this world. The texts are put together as syntax trees and compiled here; nothing of the
student's is run. The child gets compiled code, since sources would show more than it needs.
"""

import ast
import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .source import blank_node, compile_tree, find_all, parse
from .syllabus import EXERCISES

REFERENCE_LINES = 1_000_000  # added to the line numbers of what is spliced in, to tell it from the student's own
_MOST_BYTES = 1 << 20


class UnusableSource(Exception):
    """The student's file cannot be checked at all; the message says why."""


@dataclass(frozen=True)
class World:
    """Compiled modules by name, as ``(code, file name, is a package)``, and the texts of the student's files."""

    modules: dict
    texts: dict


def build_world(exercise, student_root, reference):
    """Put together the modules in which an exercise is checked.

    Parameters
    ----------
    exercise : Exercise
    student_root : path
        The folder that has the student's ``layers``, ``models`` and ``solvers``.
    reference : Reference

    Returns
    -------
    world : World

    Raises
    ------
    UnusableSource
        If the student's file is missing, is no Python, or has not the function that is asked for.
    """
    hidden = _by_module((*exercise.functions, *exercise.twins))
    others = _by_module(
        name for other in EXERCISES for name in other.functions if name not in exercise.functions + exercise.twins
    )
    own = _by_module(exercise.functions)
    message = f"the answer to exercise {exercise.id} is not here while it is checked"
    modules, texts = {}, {}
    for name, path in reference.modules().items():
        text, file = reference.sources[path], f"<reference {path}>"
        if name in own:
            twins = [function for function in hidden[name] if function not in own[name]]
            student = _read(Path(student_root) / path, path)
            tree = _splice(_parse(student, path), _parsed(text), own[name], others.get(name, []), path)
            code = _compile(_blanked(tree, twins, message), str(Path(student_root) / path), path)
            code, file = _with_true_file_names(code, file), str(Path(student_root) / path)
            texts[file] = student
        elif name in hidden:
            code = compile_tree(_blanked(copy.deepcopy(_parsed(text)), hidden[name], message), file)
        else:
            code = _compiled(text, file)
        modules[name] = code, file, path.endswith("/__init__.py")
    return World(modules, texts)


@lru_cache(maxsize=256)
def _parsed(text):
    """Parse a module of the reference, once; who changes the tree changes a copy."""
    return parse(text)


@lru_cache(maxsize=256)
def _compiled(text, file):
    return compile_tree(_parsed(text), file)


def _by_module(names):
    modules = {}
    for name in names:
        module, _, path = name.partition(":")
        modules.setdefault(module, []).append(path)
    return modules


def _read(file, path):
    if not file.is_file():
        raise UnusableSource(f"there is no file {path}")
    if file.stat().st_size > _MOST_BYTES:
        raise UnusableSource(f"{path} is larger than a megabyte")
    try:
        return file.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise UnusableSource(f"{path} cannot be read: {error}") from None


def _parse(text, path):
    try:
        return parse(text)
    except SyntaxError as error:
        line = f"\n    {error.text.rstrip()}" if error.text else ""
        raise UnusableSource(f"{path}, line {error.lineno}: {error.msg}{line}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnusableSource(f"{path} is no Python: {error or type(error).__name__}") from None


def _splice(student, reference, own, others, path):
    """Replace the functions of other exercises in the student's tree by the reference's."""
    for function in own:
        if not find_all(student, function):
            raise UnusableSource(f"{path} has no function {function}")
    for function in others:
        ours = copy.deepcopy(find_all(reference, function)[-1])
        ast.increment_lineno(ours, REFERENCE_LINES)
        *parents, _ = function.split(".")
        theirs = find_all(student, function)
        for node in theirs:
            vars(node).update(vars(ours))
        if not theirs and not parents:
            student.body.insert(_after_imports(student.body), ours)
    return student


def _after_imports(body):
    imports = [position for position, node in enumerate(body) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return max(imports, default=0) + 1


def _blanked(tree, functions, message):
    for function in functions:
        for node in find_all(tree, function):
            blank_node(node, message)
    return tree


def _compile(tree, file, path):
    try:
        return compile_tree(tree, file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnusableSource(f"{path}: {error or type(error).__name__}") from None


def _with_true_file_names(code, reference_file):
    """Let what was spliced in say that it is the reference's."""
    constants = tuple(
        _with_true_file_names(constant, reference_file) if isinstance(constant, type(code)) else constant
        for constant in code.co_consts
    )
    file = reference_file if code.co_firstlineno >= REFERENCE_LINES else code.co_filename
    return code.replace(co_consts=constants, co_filename=file)
