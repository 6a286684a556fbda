import ast

import pytest

from exercises.cases import draw_cases
from exercises.source import find
from exercises.syllabus import EXERCISES, LESSONS, exercise, hidden_functions

IDS = [known.id for known in EXERCISES]


def test_ids_are_unique_and_in_course_order():
    numbers = [tuple(map(int, id.split("."))) for id in IDS]
    assert numbers == sorted(set(numbers))
    assert {lesson for lesson, _ in numbers} == set(LESSONS)


@pytest.mark.parametrize("known", EXERCISES, ids=IDS)
def test_every_function_and_twin_is_in_the_source(known, reference):
    for name in (*known.functions, *known.twins):
        module, _, path = name.partition(":")
        find(ast.parse(reference.sources[reference.modules()[module]]), path)


@pytest.mark.parametrize("known", EXERCISES, ids=IDS)
def test_a_row_is_complete_and_builds_only_on_what_came_before(known):
    assert len(known.hints) == 3 and all(known.hints)
    assert known.points > 0 and known.title
    assert all(IDS.index(earlier) < IDS.index(known.id) for earlier in known.builds_on)


@pytest.mark.parametrize("known", EXERCISES, ids=IDS)
def test_cases_are_drawn_from_the_seed_alone(known, reference):
    from exercises import wire

    def drawn(seed):
        return [wire.text([case.label, case.driver, case.inputs]) for case in draw_cases(known, seed, reference)]

    assert len(drawn(1)) == len({case.label for case in draw_cases(known, 1, reference)}) >= 3
    assert drawn(1) == drawn(1)


def test_every_way_to_convolve_is_a_twin(reference):
    """A kernel is a module that says what it `fits`; a new one is an answer to the exercises, too."""
    hidden = hidden_functions()
    for module, path in reference.modules().items():
        functions = [node.name for node in ast.parse(reference.sources[path]).body if isinstance(node, ast.FunctionDef)]
        if module.startswith("layers.kernels.") and "fits" in functions:
            answers = {"forward", "forward_blocks", "backward_w_and_b", "backward_blocks", "backward_x"}
            answers |= {"_blocks", "_correlate", "correlate"}
            assert answers & set(functions) <= set(hidden.get(module, ())), module


def test_every_way_to_pool_is_a_twin(reference):
    text = reference.sources["layers/kernels/pooling.py"]
    pooling = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    hidden = set(hidden_functions()["layers.kernels.pooling"])
    assert {name for name in pooling if name.startswith("max_")} <= hidden


def test_no_function_is_asked_for_twice():
    names = [name for known in EXERCISES for name in known.functions]
    assert len(names) == len(set(names))


def test_an_unknown_id_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown id '99.1'; known are 1.1, 1.2"):
        exercise("99.1")


def test_exercises_and_twins_are_hidden():
    hidden = hidden_functions()
    assert hidden["layers.affine"]["affine_forward"] == "exercise 4.1: affine_forward"
    assert "4.3" in hidden["layers.leaky_relu"]["leaky_relu_forward"]
    # A twin that is an exercise itself bears that one's number.
    assert hidden["layers.naive"]["conv_forward_naive"].startswith("exercise 10.1:")
