"""The world of an exercise holds the student's functions and not the answer."""

import ast
import marshal

import pytest

from exercises.reference import Reference
from exercises.source import find
from exercises.syllabus import EXERCISES
from exercises.world import build_world

from .conftest import ROOT


def codes_of(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            yield from codes_of(constant)


@pytest.mark.parametrize("known", EXERCISES, ids=[known.id for known in EXERCISES])
def test_the_answer_is_not_in_the_world(known, reference, blank_sources, make_tree):
    world = build_world(known, make_tree(blank_sources), reference)
    present = {_signature(code) for entry in world.modules.values() for code in codes_of(entry[0])}
    for name in known.functions + known.twins:
        module, _, path = name.partition(":")
        node = find(ast.parse(reference.sources[reference.modules()[module]]), path)
        answer = compile(reference.sources[reference.modules()[module]], "", "exec")
        place = node.name, _first_line(node)
        own = [code for code in codes_of(answer) if (code.co_name, code.co_firstlineno) == place]
        assert len(own) == 1
        assert _signature(own[0]) not in present, name


def _signature(code):
    return code.co_name, code.co_code, code.co_names


def _first_line(node):
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def test_the_exercise_is_the_students_and_the_rest_the_references(reference, make_tree):
    tree = make_tree({"layers/affine.py": reference.sources["layers/affine.py"] + "\n\nEXTRA = 1\n"})
    known = next(known for known in EXERCISES if known.id == "4.2")
    code, file, _ = build_world(known, tree, reference).modules["layers.affine"]
    files = {inner.co_name: inner.co_filename for inner in codes_of(code)}
    assert file == str(tree / "layers/affine.py")
    assert files["affine_backward"] == files["<module>"] == file
    assert files["affine_forward"] == "<reference layers/affine.py>"
    assert "EXTRA" in code.co_names


def test_a_world_is_code_without_sources(reference):
    for code, file, _ in build_world(EXERCISES[0], ROOT, reference).modules.values():
        marshal.dumps(code)
        assert file.startswith("<reference") or file.endswith("layers/gradient_check.py")


def test_functions_that_the_student_deleted_come_from_the_reference(reference, make_tree):
    text = reference.sources["layers/relu.py"]
    without = text.replace("def relu_forward", "def something_else")
    known = next(known for known in EXERCISES if known.id == "4.4")
    code, _, _ = build_world(known, make_tree({"layers/relu.py": without}), reference).modules["layers.relu"]
    assert "relu_forward" in {inner.co_name for inner in codes_of(code)}


def test_a_packed_reference_is_the_same_and_not_to_be_read(tmp_path, reference):
    reference.save(tmp_path / "reference.bin")
    assert Reference.from_file(tmp_path / "reference.bin").sources == reference.sources
    assert b"def affine_forward" not in (tmp_path / "reference.bin").read_bytes()


def test_a_reference_runs_beside_the_projects_own_packages(reference):
    import layers

    affine = reference.find("layers.affine:affine_forward")
    assert affine is not layers.affine_forward
    assert affine.__module__.startswith("_exercises_reference")
