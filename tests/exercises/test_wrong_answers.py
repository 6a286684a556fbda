"""Every known mistake fails, and is called by its name."""

from pathlib import Path

import pytest

from exercises.cases import PUBLIC_SEED, draw_cases
from exercises.compare import compare, run_here
from exercises.diagnoses import DIAGNOSES, _by_relation
from exercises.judge import check, verdict
from exercises.mistakes import wrong_answers
from exercises.reference import Reference
from exercises.syllabus import exercise

ANSWERS = wrong_answers(Reference.from_tree(Path(__file__).parents[2]))


def judged(answer, seed, reference):
    known = exercise(answer.exercise)
    cases = draw_cases(known, seed, reference)
    feedback = compare(cases, run_here(cases, answer.as_reference(reference)), reference)
    return cases, feedback, verdict(known, cases, feedback, reference)


@pytest.mark.parametrize("answer", ANSWERS, ids=[f"{answer.exercise}-{answer.name}" for answer in ANSWERS])
def test_a_wrong_answer_fails_with_the_right_diagnosis(answer, reference, figures):
    for seed in (PUBLIC_SEED, 7):
        _, _, result = judged(answer, seed, reference)
        assert not result.passed
        assert result.diagnosis == answer.diagnosis
    figures["wrong answers to exercises that fail"] += 1


RELATIONS = {diagnosis.name for diagnosis in DIAGNOSES if diagnosis.test}


def test_wrong_answers_have_names_of_their_own():
    assert len({(answer.exercise, answer.name) for answer in ANSWERS}) == len(ANSWERS)


@pytest.mark.parametrize(
    "name, diagnosis",
    [
        ("affine_backward__mean_over_the_batch", "divided by N"),
        ("affine_backward__no_sum_for_the_bias", "gradient not summed"),
        ("affine_backward__dx_left_flat", "not in the input's shape"),
        ("softmax_loss__sum_instead_of_mean", "not divided by N"),
        ("_values_around__nothing_restored", "input overwritten"),
        ("max_gate_backward__nothing_at_a_tie", "ties"),
        ("dropout_backward__no_mask", "upstream gradient unchanged"),
        ("batchnorm_backward_alt__swapped", "results swapped"),
        ("eval_numerical_gradient__not_divided_by_two_h", "constant factor"),
    ],
)
def test_relations_are_told_from_the_numbers_alone(name, diagnosis, reference):
    """Without looking at the wrong answers, so that other ways to make the same mistake are told as well."""
    answer = next(answer for answer in ANSWERS if answer.name == name)
    cases, feedback, _ = judged(answer, PUBLIC_SEED, reference)
    assert _by_relation(cases, feedback, reference) == diagnosis


def test_the_child_process_comes_to_the_same_verdict(make_tree, reference):
    answer = next(answer for answer in ANSWERS if answer.name == "affine_backward__mean_over_the_batch")
    tree = make_tree({answer.path: answer.put_into(reference.sources[answer.path])})
    assert check("4.2", tree, reference=reference).diagnosis == "divided by N"
