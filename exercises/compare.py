"""Comparing what a student's functions gave with what the reference gives: what differs, where, and by how much."""

import math
import threading
from dataclasses import dataclass, field

import numpy as np

from . import drivers, wire
from .world import REFERENCE_LINES

_ONE_AT_A_TIME = threading.RLock()  # a driver may redirect what is printed, which concerns all threads
LEAST_ACCURACY = 0.97
# Of the largest entry. Formulas that are equal differ by rounding, a wrong one by far more.
BOUNDS = {np.dtype(np.float64): 1e-7, np.dtype(np.float32): 1e-4}


@dataclass
class Feedback:
    """What is wrong with one output of one case.

    Attributes
    ----------
    case, output : str
        Which; output is empty if the case as a whole failed.
    problem : str
        'values', 'shape', 'dtype', 'type', 'missing', 'inputs changed', 'result', 'error' or 'stopped'.
    text : str
        What was expected and what came, in words.
    error, bound : float, optional
        Largest difference, relative to the largest entry; and what it may be.
    index : tuple, optional
        Where the difference is largest; there stand `value`, `expected` and, for a gradient, `numerical`.
    got, right : object
        The output, and what it should be.
    """

    case: str
    output: str
    problem: str
    text: str
    error: float | None = None
    bound: float | None = None
    index: tuple | None = None
    value: float | None = None
    expected: float | None = None
    numerical: float | None = None
    got: object = field(default=None, repr=False)
    right: object = field(default=None, repr=False)


def compare(cases, reports, reference, texts=None):
    """Compare the reports of a run, the child's or that of `run_here`, with the reference.

    Parameters
    ----------
    cases : list of Case
    reports : list of dict
        One a case.
    reference : Reference
    texts : dict, optional
        The student's files by name, to quote from.

    Returns
    -------
    feedback : list of Feedback
        Empty if all is right.
    """
    return [
        item
        for case, report in zip(cases, reports, strict=True)
        for item in _compare_case(case, report, reference, texts or {})
    ]


def run_here(cases, reference):
    """Run the cases in this process on a reference, with reports as the child's; only for functions one trusts."""
    reports = []
    for case in cases:
        inputs = wire.unpack(wire.pack(case.inputs))
        try:
            with _ONE_AT_A_TIME, np.errstate(all="ignore"):
                outputs = getattr(drivers, case.driver)(reference.find, **inputs)
            reports.append({"outputs": wire.unpack(wire.pack(outputs)), "inputs": inputs})
        except drivers.WrongResult as error:
            reports.append({"wrong_result": str(error)})
        except Exception as error:
            reports.append({"error": {"type": type(error).__name__, "message": str(error), "frames": []}})
    return reports


def _compare_case(case, report, reference, texts):
    if not isinstance(report, dict) or not {"outputs", "wrong_result", "error"} & set(report):
        yield Feedback(case.label, "", "stopped", "there is no report of this case")
        return
    if "error" in report:
        yield Feedback(case.label, "", "error", _describe_error(report["error"], texts))
        return
    if "wrong_result" in report:
        yield Feedback(case.label, "", "result", str(report["wrong_result"]))
        return
    if case.labels is not None:
        yield from _compare_predictions(case, report["outputs"])
        return
    (expected,) = run_here([case], reference)
    if "outputs" not in expected:
        raise RuntimeError(f"compare: the reference itself fails on {case.driver}, {case.label}: {expected}")
    try:
        got = drivers.seen(case.driver, case.inputs, report["outputs"])
    except drivers.WrongResult as error:
        yield Feedback(case.label, "", "result", str(error))
        return
    expected = drivers.seen(case.driver, case.inputs, expected["outputs"])
    yield from _compare(case, "", got, expected, reference)
    after = report.get("inputs")
    for name, given in case.inputs.items():
        if wire.text(given) != wire.text(after.get(name) if isinstance(after, dict) else None):
            text = f"{_plain(name)} was changed; what is given stays as it is"
            yield Feedback(case.label, name, "inputs changed", text)


def _compare_predictions(case, outputs):
    """Hold predictions against the labels, which the child has not seen."""
    came = outputs.get("predictions") if isinstance(outputs, dict) else None
    if not isinstance(came, np.ndarray) or came.shape != case.labels.shape:
        text = f"predictions is {describe(came)}; expected one for each of {len(case.labels)} images"
        yield Feedback(case.label, "predictions", "type", text)
        return
    accuracy = float(np.mean(came == case.labels))
    if accuracy <= LEAST_ACCURACY:
        text = f"{accuracy:.1%} of the test images are read right; expected more than {LEAST_ACCURACY:.0%}"
        yield Feedback(case.label, "predictions", "values", text, got=came)


def _compare(case, name, got, expected, reference):
    """Walk along two outputs side by side, and say where they differ."""
    if isinstance(expected, (dict, tuple, list)):
        kind = dict if isinstance(expected, dict) else (tuple, list)
        if not isinstance(got, kind):
            text = f"{name} is {describe(got)}; expected {describe(expected)}"
            yield Feedback(case.label, name, "type", text, got=got)
            return
        if isinstance(expected, dict):
            for key in [*expected, *(key for key in got if key not in expected)]:
                inner = f"{name}[{key!r}]" if name else str(key)
                if key not in got:
                    yield Feedback(case.label, inner, "missing", f"{inner} is missing")
                elif key not in expected:
                    yield Feedback(case.label, inner, "type", f"{inner} is not expected")
                else:
                    yield from _compare(case, inner, got[key], expected[key], reference)
        elif len(got) != len(expected):
            text = f"{name} has {len(got)} members; expected {len(expected)}"
            yield Feedback(case.label, name, "type", text, got=got)
        else:
            for position, (one, other) in enumerate(zip(got, expected)):
                yield from _compare(case, f"{name}[{position}]", one, other, reference)
    elif isinstance(expected, (np.ndarray, np.generic, float)):
        yield from _compare_numbers(case, name, got, expected, reference)
    elif type(got) is type(expected) is bool:
        if got != expected:
            yield Feedback(case.label, name, "values", f"{'does' if expected else 'should'} not hold: {name}", got=got)
    elif type(got) is not type(expected) or got != expected:
        text = f"{name} is {describe(got)}; expected {describe(expected)}"
        yield Feedback(case.label, name, "type" if type(got) is not type(expected) else "values", text, got=got)


def _compare_numbers(case, name, got, expected, reference):
    def wrong(problem, text, **more):
        return Feedback(case.label, name, problem, text, got=got, right=expected, **more)

    is_number = isinstance(got, (float, int, np.generic)) and not isinstance(got, (bool, np.bool_))
    if not (is_number or isinstance(got, np.ndarray)):
        yield wrong("type", f"{name} is {describe(got)}; expected {describe(expected)}")
        return
    if np.shape(got) != np.shape(expected):
        yield wrong("shape", f"{name} has shape {np.shape(got)}; expected {np.shape(expected)}")
        return
    right, came = np.asarray(expected), np.asarray(got)
    if isinstance(expected, np.ndarray) and came.dtype != right.dtype and not (right.ndim == 0 and is_number):
        yield wrong("dtype", f"{name} has dtype {came.dtype}; expected {right.dtype}")
        if came.dtype.kind not in "fiub":
            return
    with np.errstate(all="ignore"):
        apart = np.abs(came.astype(np.float64) - right.astype(np.float64))
        # Two infinities are alike, and so are two NaN.
        difference = np.where((came == right) | (np.isnan(came) & np.isnan(right)), 0.0, apart)
    largest = float(np.abs(right[np.isfinite(right)]).max(initial=0.0)) if right.dtype.kind == "f" else 0.0
    # A number that comes out of float32 may have been computed in it.
    dtype = np.dtype(np.float32) if right.dtype.kind == "f" and _has_float32(case.inputs) else right.dtype
    scale, bound = max(largest, 1e-3), BOUNDS.get(dtype, 0.0)
    if difference.size == 0 or (difference <= bound * scale).all():
        return
    index = np.unravel_index(np.argmax(np.where(np.isnan(difference), np.inf, difference)), difference.shape)
    index = tuple(int(i) for i in index)
    error = float(difference[index]) / scale
    yield wrong(
        "values",
        f"{name} is wrong",
        error=error if not math.isnan(error) else math.inf,
        bound=bound,
        index=index,
        value=float(came[index]),
        expected=float(right[index]),
        numerical=_numerical(case, name, index, float(right[index]), reference),
    )


def _has_float32(value):
    if isinstance(value, (dict, tuple, list)):
        return any(map(_has_float32, value.values() if isinstance(value, dict) else value))
    return getattr(value, "dtype", None) == np.float32


def _numerical(case, name, index, expected, reference):
    """Take the derivative by numbers: the reference's forward pass with one entry of one input moved both ways."""
    gradients = [gradient for gradient in case.inputs.get("names", ()) if gradient.startswith("d")]
    if case.forward is None or name not in gradients:
        return None
    forward, args = case.forward
    args = wire.unpack(wire.pack(args))
    position = gradients.index(name)
    args = [arg.astype(np.float64) if isinstance(arg, np.ndarray) and arg.dtype.kind == "f" else arg for arg in args]
    dout, h = case.inputs.get("dout", 1.0), 1e-5
    value, old = [], args[position][index]
    for step in (h, -h):
        args[position][index] = old + step
        out, _ = reference.find(forward)(*wire.unpack(wire.pack(args)))
        value.append(np.sum(np.asarray(out, dtype=np.float64) * dout))
    numerical = float((value[0] - value[1]) / (2 * h))
    # At a kink it is the mean of the two slopes, which would only confuse.
    return numerical if abs(numerical - expected) <= 1e-3 * max(abs(expected), 1e-3) else None


def describe(value):
    """Describe a value in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, wire.Other):
        return f"of type {value.name}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"a dict with the keys {list(value)}"[:80]
    return f"{value!r}"[:200]


def _plain(name):
    return {"arrays": "an array that was given", "args": "an argument", "cache": "the cache"}.get(name, name)


def _describe_error(error, texts):
    """Show what was raised and the student's own line in which it was."""
    if not isinstance(error, dict):
        return "an error that cannot be read"
    lines = [f"{error.get('type')}: {error.get('message')}"]
    for frame in error.get("frames", ()):
        if isinstance(frame, list) and len(frame) == 3 and isinstance(frame[1], int):
            file, number, function = frame
            if file in texts and 0 < number < REFERENCE_LINES:
                text = texts[file].splitlines()
                line = text[number - 1].strip() if number <= len(text) else ""
                lines.append(f"  {'/'.join(str(file).split('/')[-2:])}, line {number}, in {function}: {line}")
    return "\n".join(lines)
