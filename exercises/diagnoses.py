"""Known mistakes, and how the numbers give them away.

A diagnosis has a name and a sentence for the student. Some have a test: a relation between what came and what is right
that holds for any exercise (a constant factor, another sign, transposed). The others are told by the wrong answers in
`wrong_answers`: the same numbers mean the same mistake. They are looked at first, as they are the more particular.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

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
    came = {}
    for item in feedback:
        came.setdefault(item.case, []).append(item)
    failed = [case for case in cases if case.label in came]
    # How well a net has learnt says least of why it did not; and with random numbers of its own, that is chance.
    failed = [case for case in failed if case.driver != "trained_net"] or failed
    for answer in wrong_answers(reference):
        if answer.exercise == exercise.id and answer.diagnosis and failed:
            wrong = _reference_with(answer, reference)
            if all(_same_feedback(case, came[case.label], wrong, reference) for case in failed):
                return answer.diagnosis
    return None


@lru_cache(maxsize=16)
def _reference_with(answer, reference):
    """Return the reference with a wrong answer in it; it is asked for again and again for one exercise."""
    return answer.as_reference(reference)


def _same_feedback(case, came, wrong, reference):
    known = compare([case], run_here([case], wrong), reference)
    return len(known) == len(came) and all(map(_same_item, known, came))


def _same_item(one, other):
    if (one.output, one.problem) != (other.output, other.problem):
        return False
    if isinstance(one.got, (np.ndarray, np.generic, float)) and isinstance(other.got, (np.ndarray, np.generic, float)):
        return same(one.got, other.got)
    # Of an error, what was raised; the lines below say where, in the student's file.
    return one.text.split("\n")[0] == other.text.split("\n")[0]


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
        "everything is 0, as if the result were written into another array than the one returned.",
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
    Diagnosis(
        "mean instead of sum",
        "what branches or is used many times adds up; a mean divides by how many there are.",
    ),
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
    Diagnosis("mean of the errors", "the worst entry counts: a mean hides one wrong entry among many right ones."),
    Diagnosis("absolute error", "this is the difference itself; an error is relative to the size of the two numbers."),
    Diagnosis("sign of the difference kept", "a difference may be negative: it is its size that is an error."),
    Diagnosis(
        "values not copied",
        "f may return x itself, which changes at the next step: what is kept must be a copy.",
    ),
    Diagnosis("steps pile up", "each step starts from the old value of the entry, not from where the last step ended."),
    Diagnosis("every entry moved", "only the entry at index is nudged; here the whole array moves."),
    Diagnosis(
        "verbose not obeyed",
        "with verbose=True each entry is printed as it is found, in the form of the docstring.",
    ),
    Diagnosis("h ignored", "the step is a fixed number here; it is given as h."),
    Diagnosis(
        "only the diagonal",
        "one entry of x may move every entry of f(x): all of them count, not the one at its own place.",
    ),
    Diagnosis("returns what it should print", "nothing is returned here: the docstring asks for printed lines."),
    Diagnosis("num_checks ignored", "it is num_checks entries that are looked at, a line each."),
    Diagnosis("out and cache swapped", "a forward pass returns out first and the cache behind it."),
    Diagnosis(
        "gradient split",
        "a gate hands the whole of its upstream gradient to each input; it is not shared out among them.",
    ),
    Diagnosis("matrix product", "entry by entry is meant, so that shapes broadcast; `@` is the matrix product."),
    Diagnosis(
        "maximum along an axis",
        "the larger of two arrays, entry by entry, is meant; np.max looks along an axis of one array.",
    ),
    Diagnosis("the smaller in place of the larger", "the smaller of the two is taken, where the larger is asked for."),
    Diagnosis("axis ignored", "the axis that is given is not used: everything is taken together."),
    Diagnosis("sum instead of mean", "it is a sum where a mean is asked for: divide by how many there are."),
    Diagnosis(
        "examples not flattened",
        "each example is one row of numbers to this layer, however many axes it has: images fail here.",
    ),
    Diagnosis("bias forgotten", "the bias is missing from the output."),
    Diagnosis(
        "examples mixed",
        "reshaped this way a row holds pieces of several examples: the axis of the examples stays in front.",
    ),
    Diagnosis(
        "masked by dout",
        "what passes was decided in forward, by the sign of x; the sign of dout does not matter.",
    ),
    Diagnosis(
        "normalised over the wrong axis",
        "the probabilities of one example add up to 1: over its classes, not over the minibatch.",
    ),
    Diagnosis(
        "right class forgotten",
        "the gradient at the right class is the wrong one: raising its score lowers the loss, so it is negative.",
    ),
    Diagnosis(
        "every row with every label",
        "y picks one entry of each row; here each label is applied to all rows: index rows and columns in pairs.",
    ),
    Diagnosis("right class counted", "the right class is compared with itself: only the wrong classes have margins."),
    Diagnosis(
        "right class pushed once",
        "every wrong class with a positive margin pushes the right score up: there may be several.",
    ),
    Diagnosis("margin forgotten", "a wrong class must stay below the right one by the margin 1, not just below it."),
    Diagnosis(
        "margin in place of its slope",
        "the loss grows with slope 1 wherever a margin is positive, however large that is.",
    ),
    Diagnosis(
        "x not handed on",
        "each part takes what the part before it gave; here one of them gets the first x again.",
    ),
    Diagnosis(
        "arguments not shared out",
        "each part takes its own arguments only, and the next part those after them.",
    ),
    Diagnosis(
        "chain rule in forward order",
        "backward starts at the output: the gradient of the last part is needed first.",
    ),
    Diagnosis(
        "dout not handed on",
        "the gradient that a part returns for its input is the upstream gradient of the part before it.",
    ),
    Diagnosis("dx in a tuple", "without arrays there is one gradient: it is returned alone, not in a tuple of one."),
    Diagnosis("one after the other", "side by side every part gets the same x, not the output of its neighbour."),
    Diagnosis("outputs not added up", "the outputs of all parts are added; here some are lost."),
    Diagnosis(
        "mode not set",
        "dropout and batchnorm have a mode: with labels it is 'train', without them it is 'test'.",
    ),
    Diagnosis(
        "regularisation not in the gradient",
        "the loss has a regularisation term, but its derivative is missing from the gradients.",
    ),
    Diagnosis("regularisation not in the loss", "the gradients have the regularisation's part, but the loss has not."),
    Diagnosis(
        "nonlinearity forgotten",
        "two affine layers in a row are one affine layer: something has to stand between them.",
    ),
    Diagnosis("relu on the scores", "scores may be negative: the last layer has no relu."),
    Diagnosis(
        "seed not passed on",
        "the same seed must give the same net: the seed does not reach the random numbers.",
    ),
    Diagnosis("reg not passed on", "the net is not told its regularisation strength."),
    Diagnosis(
        "weights not drawn with weight_scale",
        "weights start as normal random numbers with the standard deviation weight_scale, only biases start at zero.",
    ),
    Diagnosis(
        "sizes turned round",
        "a weight has the number of features that come in first, then that of those that go out.",
    ),
    Diagnosis("learning rate forgotten", "the gradient gives the direction; how far to go is the learning rate."),
    Diagnosis(
        "velocity not remembered",
        "the velocity lives in config from one step to the next; here each step starts at rest.",
    ),
    Diagnosis("velocity not used", "the velocity is kept, but it is not what moves w."),
    Diagnosis("velocity of the other sign", "the velocity in config points to where w goes; here it points back."),
    Diagnosis(
        "no look ahead",
        "this is plain momentum: Nesterov's step goes beyond it, and needs the old velocity as well as the new.",
    ),
    Diagnosis(
        "old velocity with the wrong sign",
        "the old velocity was already added in the step before: its part is taken back.",
    ),
    Diagnosis("squares forgotten", "the squares of the gradients are collected, not the gradients."),
    Diagnosis("root forgotten", "a square root is missing: what is divided by must have the unit of what is divided."),
    Diagnosis("history lost", "the cache collects over all steps; here each step starts anew."),
    Diagnosis(
        "decay turned round",
        "the cache keeps the share decay_rate (or beta) of itself, and takes in the rest of what is new.",
    ),
    Diagnosis(
        "share of the new forgotten",
        "this is a moving average: what is new comes in with the share that the old one gives up.",
    ),
    Diagnosis(
        "t not raised",
        "t counts the steps, and goes up before it is used: at t = 0 the correction divides by 0.",
    ),
    Diagnosis(
        "corrected moments kept",
        "m and v stay uncorrected in config; the corrected ones are for this step only.",
    ),
    Diagnosis("betas swapped", "beta1 belongs to the mean of the gradients, beta2 to that of their squares."),
    Diagnosis(
        "decay in the gradient",
        "added to the gradient, the decay goes through Adam's averages; decoupled, it shrinks w itself.",
    ),
    Diagnosis(
        "decay without the learning rate",
        "the weights shrink by the learning rate times weight_decay in each step.",
    ),
    Diagnosis("step decayed too", "it is w before the step that shrinks, not what the step makes of it."),
    Diagnosis("weights grow", "weight decay makes weights smaller; here they grow."),
    Diagnosis(
        "config not kept",
        "a rule returns the config for the next step: without it momentum and Adam have no memory.",
    ),
    Diagnosis("parameters not updated", "what the rule returns does not arrive in the model's params."),
    Diagnosis(
        "loss not checked",
        "a loss or gradient that is not finite must stop the step before it spoils the parameters.",
    ),
    Diagnosis("loss_history forgotten", "each step's loss is added to loss_history."),
    Diagnosis("last batch dropped", "the last batch may be smaller, and it counts as well."),
    Diagnosis(
        "mean of means",
        "a mean over batches of unequal size weighs the small one too much: count examples instead.",
    ),
    Diagnosis(
        "predicted over the wrong axis",
        "each example has a row of scores: the prediction is the place of the largest one in it.",
    ),
    Diagnosis("count in place of the share", "accuracy is a share of all examples, between 0 and 1."),
    Diagnosis(
        "test mode forgotten",
        "at test time the layer does something else than in training: the docstring has both.",
    ),
    Diagnosis(
        "scaled at test time",
        "what is kept was scaled up in training already (inverted dropout): at test time nothing is done.",
    ),
    Diagnosis("generator left aside", "the random numbers come from the generator or the seed in dropout_param."),
    Diagnosis("unbiased variance", "the variance here is a mean over all N, not a sum divided by N - 1."),
    Diagnosis("eps forgotten", "without eps a feature that is constant divides by 0."),
    Diagnosis("eps ignored", "eps is a setting; here it is a fixed number."),
    Diagnosis(
        "momentum turned round",
        "the running statistics keep the share momentum, and take in 1 - momentum of the minibatch's.",
    ),
    Diagnosis("gamma and beta swapped", "gamma scales and beta shifts; here it is the other way round."),
    Diagnosis(
        "running statistics not moved",
        "in training the running mean and variance move towards those of the minibatch.",
    ),
    Diagnosis(
        "standard deviation in place of the variance", "running_var is a variance: the square of std, without eps."
    ),
    Diagnosis(
        "place in the window taken for one in the image",
        "the place of the maximum is counted from the window's corner, which lies somewhere in the image.",
    ),
    Diagnosis(
        "axes merged in another order",
        "a reshape keeps the order of the numbers: the axes have to stand in the right order before it, by transpose.",
    ),
    Diagnosis("overwrites what is there", "what stands in dx already stays: the windows are added to it."),
    Diagnosis("dtype not passed on", "the parameters are not of the dtype that was asked for."),
    Diagnosis(
        "upstream gradient not copied",
        "dout itself is handed on: whoever adds to one of the gradients then changes the other.",
    ),
    Diagnosis("not standardised", "the mean is taken away, but nothing is divided by the spread."),
    Diagnosis("gamma forgotten", "forward multiplies by gamma: so does the gradient on its way to x."),
    Diagnosis("normalized forgotten", "gamma's local gradient is the normalized x: it multiplies dout before the sum."),
    Diagnosis(
        "gradient through the variance left out",
        "x reaches the output through the variance as well: that way is missing.",
    ),
    Diagnosis("not divided by std", "forward divides by std: so does the gradient."),
    Diagnosis(
        "channels mixed",
        "a reshape keeps the order of the numbers: axes change places with transpose, and only then are they merged.",
    ),
    Diagnosis("groups ignored", "each group of channels has statistics of its own; here all channels share one."),
    Diagnosis("channels grouped in another order", "a group is C // G neighbouring channels."),
    Diagnosis("pad ignored", "pad rows and columns of zeros stand around each image."),
    Diagnosis("stride ignored", "neighbouring windows begin stride pixels apart, in height and in width."),
    Diagnosis(
        "border not cut off",
        "the gradient of the padded image is larger than x: what belongs to the padding is dropped.",
    ),
    Diagnosis(
        "cut off at the wrong place",
        "the padding is on all four sides: x begins pad rows and columns inside the padded image.",
    ),
    Diagnosis("last window skipped", "the last row and column of windows are missing: look at how far the loops go."),
    Diagnosis("one channel only", "a filter looks at all channels of a window: the products of all are added."),
    Diagnosis(
        "filter's gradient not added up",
        "a filter and its bias are used at every place of every image: each adds its part.",
    ),
    Diagnosis("average in place of the maximum", "this is the average of a window; the largest element is asked for."),
    Diagnosis(
        "maximum starts at zero",
        "where all of a window is negative the maximum is negative, too: begin with -inf or an element.",
    ),
    Diagnosis("windows copied", "the windows are to be a view of the image, not a copy many times as large."),
    Diagnosis("height and width swapped", "rows come before columns: height first, then width."),
    Diagnosis("returned instead of written", "the array that is given is to be changed; here a new one is returned."),
    Diagnosis(
        "maximum over the wrong axes",
        "a window lies along the last two axes; the two before them count the windows.",
    ),
    Diagnosis(
        "wrong number of features",
        "count what leaves the pool: filters times half the height times half the width.",
    ),
    Diagnosis(
        "settings not as the net takes them",
        "conv_param comes first, then pool_param, and a 2 x 2 window moves on by 2.",
    ),
    Diagnosis(
        "not restored after an error",
        "f may raise an error: the entry is put back all the same, in a finally.",
    ),
    Diagnosis(
        "old value not kept",
        "x + step - step is not always x, for rounding: keep the old value, and put that back.",
    ),
    Diagnosis(
        "small number in the log",
        "a number added in the log bends the loss where a probability is tiny: take log of the sum less the score.",
    ),
    Diagnosis("velocity of the step before", "w moves by the new velocity, in which this step's gradient is already."),
    Diagnosis(
        "gradients not clipped",
        "with a clip_norm the rule gets the gradients that clip_gradients makes of them.",
    ),
    Diagnosis("one config for all", "each parameter has a config of its own, in optim_configs under its name."),
    Diagnosis("num_samples ignored", "of more than num_samples examples that many are drawn and looked at."),
    Diagnosis("drawn more than once", "the examples are drawn without repetition: each at most once."),
    Diagnosis("batch_size ignored", "the model is given batch_size examples at a time: all might not fit into memory."),
    Diagnosis(
        "not a number counted",
        "np.argmax takes a NaN for the largest score: only an example whose highest score is finite can be right.",
    ),
    Diagnosis(
        "one mask for many",
        "every element is kept or dropped on its own: draw as many random numbers as x has elements.",
        lambda e: any("mask of its own" in item.output for item in e.same_case),
    ),
    Diagnosis("always the same mask", "without a seed and without a generator every call draws another mask."),
    Diagnosis("seed and rng are optional", "dropout_param may hold neither a seed nor an rng: ask for them by get."),
    Diagnosis("running statistics moved at test time", "at test time the running statistics are used, not moved."),
    Diagnosis("padded with other numbers than zeros", "around the image stand zeros, not its own border again."),
    Diagnosis("padded on one side", "pad rows and columns stand on all four sides: left and right, above and below."),
    Diagnosis(
        "filter_size ignored",
        "filters are filter_size wide, and the padding is (filter_size - 1) // 2: one is a fixed number here.",
    ),
    Diagnosis("filters and channels swapped", "the filters' W1 has num_filters first and the channels of x second."),
)
