"""Every known mistake fails, and is called by its name."""

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from exercises.cases import PUBLIC_SEED, draw_cases
from exercises.compare import compare, run_here
from exercises.diagnoses import DIAGNOSES, _by_relation, _reference_with, sentence_of
from exercises.judge import check, verdict
from exercises.mistakes import WrongAnswer, wrong_answers
from exercises.reference import Reference
from exercises.syllabus import EXERCISES, exercise

ANSWERS = wrong_answers(Reference.from_tree(Path(__file__).parents[2]))
SEEDS = (PUBLIC_SEED, 7)
# A body that does not run at all would match itself in the table and prove nothing.
DOES_NOT_RUN = re.compile("(Name|Import|ModuleNotFound|UnboundLocal|Syntax|NotImplemented)Error")
RELATIONS = {diagnosis.name for diagnosis in DIAGNOSES if diagnosis.test}
# What comes out of these shows its relation only to who knows the exercise.
NOT_FROM_THE_NUMBERS = {
    "eval_numerical_gradient_array__without_upstream",
    "forward__caches_from_the_last",
    "forward__last_cache_only",
    "dropout_forward__float64_mask",
}


@lru_cache(maxsize=4)
def drawn(id, seed, reference):
    return draw_cases(exercise(id), seed, reference)


def judged(answer, seed, reference):
    cases = drawn(answer.exercise, seed, reference)
    feedback = compare(cases, run_here(cases, _reference_with(answer, reference)), reference)
    return cases, feedback, verdict(exercise(answer.exercise), cases, feedback, reference)


@pytest.mark.parametrize("answer", ANSWERS, ids=[f"{answer.exercise}-{answer.name}" for answer in ANSWERS])
def test_a_wrong_answer_fails_with_the_right_diagnosis(answer, reference, figures):
    for seed in SEEDS:
        cases, feedback, result = judged(answer, seed, reference)
        assert not result.passed
        assert result.diagnosis == answer.diagnosis
        assert not [item.text for item in feedback if item.problem == "error" and DOES_NOT_RUN.match(item.text)]
        if answer.diagnosis in RELATIONS and answer.name not in NOT_FROM_THE_NUMBERS:
            # Without a look at the wrong answers, so that other ways to make the same mistake are told as well.
            assert _by_relation(cases, feedback, reference) == answer.diagnosis
    figures["wrong answers killed, with the right diagnosis"] += 1


# The same mistakes in other words than those of the table: it is the numbers that are compared.
VARIANTS = [
    WrongAnswer("6.6", "", "epsilon inside the root", "solvers.optim:adam", """\
def adam(w, dw, config=None):
    names = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    w, dw, c = _prepare("adam", w, dw, config, "m", "v", "t", **names)
    c["t"] = c["t"] + 1
    c["m"], c["v"] = (c[b] * c[k] + (1 - c[b]) * dw**n for b, k, n in (("beta1", "m", 1), ("beta2", "v", 2)))
    unbiased = c["v"] / (1 - c["beta2"] ** c["t"]) + c["epsilon"]
    return w - c["learning_rate"] * c["m"] / (1 - c["beta1"] ** c["t"]) * unbiased**-0.5, c
"""),
    WrongAnswer("4.6", "", "right class pushed once", "layers.losses:svm_loss", """\
def svm_loss(x, y):
    loss, dx = 0.0, np.zeros_like(x)
    for n in range(len(x)):
        dx[n, y[n]] = -1 / len(x)
        for c in range(x.shape[1]):
            margin = float(x[n, c]) - float(x[n, y[n]]) + 1
            if c != y[n] and margin > 0:
                loss += margin / len(x)
                dx[n, c] = 1 / len(x)
    return loss, dx
"""),
    WrongAnswer("9.5", "", "groups ignored", "layers.spatial_groupnorm:spatial_groupnorm_forward", """\
def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    std = (x.var(axis=(1, 2, 3), keepdims=True) + gn_param.get("eps", 1e-5)) ** 0.5
    normalized = (x - mean) / std
    return normalized * gamma + beta, (normalized[:, None], std[:, None], gamma)
"""),
    WrongAnswer("10.2", "", "stride ignored", "layers.naive:conv_backward_naive", """\
def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    pad, (HH, WW) = conv_param["pad"], w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(dout.shape[2:]):
        here = dout[:, :, i, j]
        dpadded[:, :, i : i + HH, j : j + WW] += np.tensordot(here, w, 1)
        dw += np.tensordot(here.T, padded[:, :, i : i + HH, j : j + WW], 1)
    return dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, dout.sum(axis=(0, 2, 3))
"""),
]


@pytest.mark.parametrize("variant", VARIANTS, ids=[variant.diagnosis for variant in VARIANTS])
def test_a_mistake_is_known_however_it_is_written(variant, reference):
    _, _, result = judged(variant, PUBLIC_SEED, reference)
    assert result.diagnosis == variant.diagnosis


def test_every_exercise_has_wrong_answers_of_its_own():
    count = Counter(answer.exercise for answer in ANSWERS)
    assert not [known.id for known in EXERCISES if count[known.id] < 2]


def test_wrong_answers_have_names_of_their_own():
    assert len({(answer.exercise, answer.name) for answer in ANSWERS}) == len(ANSWERS)


def test_every_diagnosis_is_told_by_a_relation_or_by_a_wrong_answer():
    used = {answer.diagnosis for answer in ANSWERS}
    assert not [diagnosis.name for diagnosis in DIAGNOSES if not diagnosis.test and diagnosis.name not in used]
    assert len({diagnosis.name for diagnosis in DIAGNOSES}) == len(DIAGNOSES)


@pytest.mark.parametrize("name", [diagnosis.name for diagnosis in DIAGNOSES])
def test_a_sentence_is_a_sentence(name):
    sentence = sentence_of(name)
    assert sentence.endswith(".") and "\n" not in sentence and 20 < len(sentence) < 120


@pytest.mark.parametrize(
    "name",
    [
        "affine_backward__mean_over_the_batch",
        "affine_forward__images_refused",
        "conv_forward__filters_flipped",
        "spatial_batchnorm_forward__momentum_turned_round",
    ],
)
def test_the_child_process_comes_to_the_same_verdict(name, make_tree, reference):
    answer = next(answer for answer in ANSWERS if answer.name == name)
    tree = make_tree({answer.path: answer.put_into(reference.sources[answer.path])})
    assert check(answer.exercise, tree, reference=reference).diagnosis == answer.diagnosis
