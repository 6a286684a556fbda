"""Known mistakes, and how the numbers give them away.

A diagnosis has a name and a sentence for the student. Some have a test: a relation between what came and what is right
that holds for any exercise (a constant factor, another sign, transposed). The others are told by the wrong answers in
`wrong_answers`: the same numbers mean the same mistake. They are looked at first, as they are the more particular.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .compare import compare, run_here
from .mistakes import wrong_answers

_CLOSE = 1e-6


@dataclass(frozen=True)
class Diagnosis:
    """A known mistake: its name, what to tell the student, and a test of an `Evidence`, if there is one."""

    name: str
    sentence: str
    test: object = None


@dataclass
class Evidence:
    """One output that is wrong, with all that can be asked about it."""

    item: object
    case: object
    same_case: list
    feedback: list
    reference: object

    @property
    def got(self):
        return self.item.got

    @property
    def right(self):
        return self.item.right

    def same(self, one, other):
        """Tell whether two arrays are equal but for rounding in the type of the output."""
        return same(one, other, 1e-3 if getattr(self.right, "dtype", None) == np.float32 else _CLOSE)

    @cached_property
    def arrays(self):
        """What came and what is right, as arrays of floats; None if either is not numeric."""
        if self.right is None or not isinstance(self.got, (np.ndarray, np.generic, float, int)):
            return None
        return np.asarray(self.got, dtype=np.float64), np.asarray(self.right, dtype=np.float64)

    @cached_property
    def alike(self):
        """The same, if both have one shape; else None."""
        return self.arrays if self.arrays and self.arrays[0].shape == self.arrays[1].shape else None

    @cached_property
    def ratio(self):
        """By which factor everything is too large; None if it is not one factor."""
        if not self.alike:
            return None
        got, right = self.alike
        large = np.abs(right) > 1e-3 * np.abs(right).max(initial=0)
        if not large.any():
            return None
        ratios = got[large] / right[large]
        factor = float(np.median(ratios))
        return factor if self.same(got, factor * right) else None

    @cached_property
    def num_examples(self):
        """N, from the upstream gradient or the scores; 0 if the case has none."""
        inputs = self.case.inputs if self.case else {}
        for array in (inputs.get("dout"), inputs.get("x"), *inputs.get("args", ())[:1]):
            if isinstance(array, np.ndarray) and array.ndim:
                return len(array)
        return 0

    @cached_property
    def expected(self):
        """All that the reference gives in this case."""
        return run_here([self.case], self.reference)[0].get("outputs", {})

    def expected_with(self, **inputs):
        """What the reference would give in place of `right`, were the inputs others."""
        case = replace(self.case, inputs=self.case.inputs | inputs)
        return run_here([case], self.reference)[0].get("outputs", {}).get(self.item.output)


def diagnose(exercise, cases, feedback, reference):
    """Name the known mistake that explains what failed.

    Parameters
    ----------
    exercise : Exercise
    cases : list of Case
    feedback : list of Feedback
        Of all failed cases.
    reference : Reference

    Returns
    -------
    name, sentence : str or None
        Both None if nothing fits.
    """
    name = _by_wrong_answers(exercise, cases, feedback, reference) or _by_relation(cases, feedback, reference)
    return (name, sentence_of(name)) if name else (None, None)


def sentence_of(name):
    """Return what to tell the student; a ValueError if there is no such diagnosis."""
    for diagnosis in DIAGNOSES:
        if diagnosis.name == name:
            return diagnosis.sentence
    raise ValueError(f"sentence_of: unknown diagnosis {name!r}; known are {[known.name for known in DIAGNOSES]}")


def _by_relation(cases, feedback, reference):
    """Take the relation that explains most outputs, at least half of them; of equals the one that stands first."""
    by_label = {case.label: case for case in cases}
    same_case = {}
    for item in feedback:
        same_case.setdefault(item.case, []).append(item)
    evidence = [
        Evidence(item, by_label.get(item.case), same_case[item.case], feedback, reference) for item in feedback
    ]
    with np.errstate(all="ignore"):
        votes = {
            diagnosis.name: sum(bool(diagnosis.test(one)) for one in evidence)
            for diagnosis in DIAGNOSES
            if diagnosis.test
        }
    best = max(votes, key=votes.get)
    return best if 2 * votes[best] >= len(feedback) else None


def _by_wrong_answers(exercise, cases, feedback, reference):
    """Name the diagnosis of the first wrong answer that gives the student's outputs, in every case that failed."""
    labels = {item.case for item in feedback}
    failed = [case for case in cases if case.label in labels]
    for answer in wrong_answers(reference):
        if answer.exercise == exercise.id and answer.diagnosis and failed:
            known = compare(failed, run_here(failed, answer.as_reference(reference)), reference)
            if len(known) == len(feedback) and all(map(_same_item, known, feedback)):
                return answer.diagnosis
    return None


def _same_item(one, other):
    if (one.case, one.output, one.problem) != (other.case, other.output, other.problem):
        return False
    if isinstance(one.got, (np.ndarray, np.generic, float)) and isinstance(other.got, (np.ndarray, np.generic, float)):
        return same(one.got, other.got)
    return one.text == other.text


def same(one, other, close=_CLOSE):
    """Tell whether two arrays are equal but for rounding."""
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    close = max(close, 1e-3 if np.float32 in (one.dtype, other.dtype) else 0)
    scale = max(float(np.abs(other[np.isfinite(other)]).max(initial=0)), 1e-12) if other.dtype.kind == "f" else 1.0
    return bool(np.allclose(one, other, rtol=0, atol=close * scale, equal_nan=True))


def _not_written(e):
    return e.item.problem == "error" and e.item.text.startswith("NotImplementedError: exercise")


def _unsummed(e):
    """Summed over the axes that are too many or too long, it is right."""
    if not e.arrays or e.alike:
        return False
    got, right = e.arrays
    added = got.ndim - right.ndim
    if added < 0:
        return False
    axes = tuple(range(added)) + tuple(
        added + axis for axis, size in enumerate(right.shape) if size == 1 and got.shape[added + axis] != 1
    )
    return bool(axes) and e.same(got.sum(axis=axes).ravel(), right.ravel())


def _transposed(e):
    if not e.arrays:
        return False
    got, right = e.arrays
    return right.ndim >= 2 and got.shape == right.shape[::-1] and not e.same(got, right) and e.same(got.T, right)


def _swapped(e):
    """It is what another output of the same case should be."""
    return e.arrays is not None and any(
        name != e.item.output and isinstance(value, np.ndarray) and value.size > 0 and e.same(e.got, value)
        for name, value in e.expected.items()
    )


def _is_dout(e):
    dout = e.case.inputs.get("dout") if e.case else None
    return isinstance(dout, np.ndarray) and e.arrays is not None and e.same(e.got, dout)


def _ignores_dout(e):
    dout = e.case.inputs.get("dout") if e.case and e.case.driver == "backward" else None
    return (
        isinstance(dout, np.ndarray)
        and e.alike is not None
        and e.same(e.got, e.expected_with(dout=np.ones_like(dout)))
    )


def _offset(e):
    if not e.alike or e.alike[0].size < 2:
        return False
    difference = e.alike[0] - e.alike[1]
    return e.same(difference, np.full_like(difference, np.median(difference)))


def _only_in(*words):
    return lambda e: all(any(word in item.case for word in words) for item in e.feedback)


DIAGNOSES = (
    Diagnosis("not written yet", "the body still raises NotImplementedError.", _not_written),
    Diagnosis(
        "answered by its twin",
        "it calls a function that is the answer under another name, and that is not there while this is checked.",
        lambda e: e.item.problem == "error" and e.item.text.startswith("NotImplementedError: the answer"),
    ),
    Diagnosis(
        "returns nothing",
        "the function returns None: a return is missing, or it prints what it should return.",
        lambda e: e.item.problem in ("type", "result") and (e.got is None and "None" in e.item.text),
    ),
    Diagnosis(
        "wrong number of results",
        "the docstring lists what is returned, and in which order.",
        lambda e: e.item.problem == "result" and " returned " in e.item.text,
    ),
    Diagnosis(
        "wrong cache",
        "the output is right, but the cache is not as the docstring has it, and backward lives on it.",
        lambda e: (e.item.problem == "result" and "the cache is not" in e.item.text)
        or (" from the cache" in e.item.output and all(" from the cache" in item.output for item in e.same_case)),
    ),
    Diagnosis(
        "input overwritten",
        "an array that was given is changed (`+=`, `-=`, `x[...] =` or out=): work on a copy, or write x = x + ...",
        lambda e: any(item.problem == "inputs changed" for item in e.same_case),
    ),
    Diagnosis(
        "float64 out of float32",
        "float32 came in and float64 goes out: an array made without dtype=x.dtype, or an np.float64 in the formula.",
        lambda e: e.item.problem == "dtype" and e.got.dtype == np.float64 and e.right.dtype == np.float32,
    ),
    Diagnosis(
        "mask in place of numbers",
        "the result is of integers or booleans; the docstring asks for floats.",
        lambda e: e.item.problem == "dtype" and e.got.dtype.kind in "biu",
    ),
    Diagnosis(
        "not a number",
        "there is a NaN or an infinity: exp of something large, log of 0, or a division by 0.",
        lambda e: e.arrays is not None and not np.isfinite(e.arrays[0]).all() and np.isfinite(e.arrays[1]).all(),
    ),
    Diagnosis("transposed", "it is right but transposed: look at which axis is which.", _transposed),
    Diagnosis(
        "gradient not summed",
        "a sum is missing: what was used or broadcast many times gets the sum of its gradients.",
        _unsummed,
    ),
    Diagnosis(
        "axes not kept",
        "an axis of size 1 is missing or too many: keepdims=True keeps it.",
        lambda e: e.arrays is not None
        and not e.alike
        and [n for n in e.arrays[0].shape if n != 1] == [n for n in e.arrays[1].shape if n != 1],
    ),
    Diagnosis(
        "not in the input's shape",
        "the numbers are right, but not in the shape of the input: reshape at the end.",
        lambda e: e.arrays is not None and not e.alike and e.same(e.arrays[0].ravel(), e.arrays[1].ravel()),
    ),
    Diagnosis(
        "all zeros",
        "everything is 0: was the result written into another array than the one returned?",
        lambda e: e.alike is not None and e.alike[0].size > 0 and not e.alike[0].any() and e.alike[1].any(),
    ),
    Diagnosis("wrong sign", "it is right but for its sign.", lambda e: e.ratio is not None and e.same(e.ratio, -1.0)),
    Diagnosis(
        "divided by N",
        "it is exactly N times too small: the mean over the minibatch belongs to the loss, where dout has it already.",
        lambda e: e.ratio is not None and e.num_examples > 1 and e.same(e.ratio, 1 / e.num_examples),
    ),
    Diagnosis(
        "not divided by N",
        "it is exactly N times too large: the loss is a mean over the N examples, and so is its gradient.",
        lambda e: e.ratio is not None and e.num_examples > 1 and e.same(e.ratio, float(e.num_examples)),
    ),
    Diagnosis(
        "upstream gradient unchanged",
        "dout is returned as it came: it has to be multiplied by the local gradient.",
        _is_dout,
    ),
    Diagnosis(
        "upstream gradient forgotten",
        "these are the local gradients alone: the chain rule multiplies them by dout.",
        _ignores_dout,
    ),
    Diagnosis(
        "results swapped", "this is another one of the results: look at their order, or at which is which.", _swapped
    ),
    Diagnosis(
        "constant factor",
        "it is right but for a constant factor: a 2, a 1/2, or a 1/N too much or missing.",
        lambda e: e.ratio is not None and e.alike[0].size > 1 and not e.same(e.ratio, 1.0),
    ),
    Diagnosis("constant offset", "it is off by one and the same number everywhere.", _offset),
    Diagnosis(
        "ties",
        "only where values are equal it is wrong: the docstring says who gets the gradient then.",
        _only_in("ties", "zeros in x"),
    ),
    Diagnosis(
        "fails for one example",
        "only a minibatch of one example is wrong: squeeze(), or an axis of size 1 that is taken for another.",
        _only_in("N = 1", "one row"),
    ),
    Diagnosis(
        "mask of the wrong sign",
        "the gradient passes where it should be stopped, and the other way round: turn the comparison.",
    ),
    Diagnosis("compared with one side only", "the error is relative to both numbers together, |x| + |y|."),
    Diagnosis(
        "difference from one side",
        "f(x + h) - f(x) has an error that falls with h alone: take f(x + h) - f(x - h), divided by 2 h.",
    ),
    Diagnosis(
        "inputs not swapped",
        "a multiply gate swaps its inputs: the gradient of x has y in it, and that of y has x.",
    ),
    Diagnosis(
        "summed in float32",
        "added up in float32, many small numbers lose digits: give np.sum dtype=np.float64.",
    ),
    Diagnosis("mean instead of sum", "gradients of branches add up; a mean divides them by their number."),
    Diagnosis(
        "gradients in another order",
        "the gradients are right but stand in another order: that of forward's arguments.",
    ),
    Diagnosis(
        "ways not added up",
        "x reaches the output on several ways, and the gradient of only one is here: add them up.",
    ),
    Diagnosis(
        "regularisation without the half",
        "the regularisation is 0.5 * reg * sum(W ** 2), whose gradient is reg * W.",
    ),
    Diagnosis("biases regularised", "only weights (keys that begin with W) are regularised."),
    Diagnosis("uphill", "the step goes along the gradient, which points uphill: subtract it."),
    Diagnosis("epsilon inside the root", "epsilon is added outside the root here: sqrt(cache) + epsilon."),
    Diagnosis(
        "no bias correction",
        "m and v start at zero and are too small at first: divide by 1 - beta ** t for the step.",
    ),
    Diagnosis(
        "iteration not counted",
        "the books are not kept: each step adds its loss to loss_history and 1 to iteration.",
    ),
    Diagnosis(
        "not scaled by 1 / p",
        "what is kept must be divided by p, so that the expected output stays the same (inverted dropout).",
    ),
    Diagnosis("p taken for the probability to drop", "p is the probability to keep."),
    Diagnosis("eps outside the root", "eps is added to the variance, under the root: sqrt(var + eps)."),
    Diagnosis(
        "variance in one pass",
        "mean(x^2) - mean(x)^2 loses its digits where the mean is large: square x - mean instead.",
    ),
    Diagnosis(
        "gradient through the mean left out",
        "x reaches the output through the mean as well: its gradient -sum(dcentered) / N is missing.",
    ),
    Diagnosis(
        "statistics over the wrong axis",
        "mean and variance are taken over another axis than the docstring says.",
    ),
    Diagnosis(
        "sum over the wrong axis",
        "the sum runs over another axis than the one along which the input was used or broadcast.",
    ),
    Diagnosis(
        "assigned where windows overlap",
        "`=` where `+=` is needed: a pixel in several windows adds up what it gets from each.",
    ),
    Diagnosis("filters flipped", "the filters are turned round; here they are not (a cross-correlation)."),
    Diagnosis(
        "loops in Python",
        "the numbers are right, but loops over pixels take many times as long: one operation on all windows.",
    ),
    Diagnosis(
        "no padding",
        "the images are not padded: with (filter_size - 1) // 2 zeros around they keep their size.",
    ),
)
