"""The gates of scalar circuits: what each computes, and its local gradients."""

from dataclasses import dataclass

import numpy as np

from layers import Layer, add_gate, max_gate, multiply_gate, relu, sigmoid, tanh


@dataclass(frozen=True)
class Gate:
    """A gate with one or two inputs, written a and b.

    Attributes
    ----------
    layer : Layer
        ``out, cache = forward(a, b)``; backward returns upstream gradient times local gradient for each input.
    symbol : str
        What stands in the gate.
    written : str
        How it is typed, in terms of {a} and {b}.
    local : tuple of str
        The formula of each local gradient, in terms of {a}, {b} and {out}.
    """

    layer: Layer
    symbol: str
    written: str
    local: tuple


def _pair(function, local):
    """Make a layer of a function of numbers and of its local gradients, ``local(out, a, b)``, a tuple."""

    def forward(*operands):
        out = function(*operands)
        return out, (out, *operands)

    def backward(dout, cache):
        return tuple(dout * gradient for gradient in local(*cache))

    return Layer(forward, backward, settings=())


def _power_local(out, a, b):
    return b * a ** (b - 1) if b else 0.0, 0.0


GATES = {
    "add": Gate(add_gate, "+", "{a} + {b}", ("1", "1")),
    "subtract": Gate(
        _pair(lambda a, b: a - b, lambda out, a, b: (1.0, -1.0)), "\u2212", "{a} - {b}", ("1", "\u22121")
    ),
    "multiply": Gate(multiply_gate, "\u00d7", "{a} * {b}", ("{b}", "{a}")),
    "max": Gate(max_gate, "max", "max({a}, {b})", ("1 if {a} \u2265 {b}, else 0", "1 if {b} \u2265 {a}, else 0")),
    "min": Gate(
        _pair(np.minimum, lambda out, a, b: (float(a <= b), float(b <= a))),
        "min",
        "min({a}, {b})",
        ("1 if {a} \u2264 {b}, else 0", "1 if {b} \u2264 {a}, else 0"),
    ),
    "reciprocal": Gate(
        _pair(lambda a: 1 / a, lambda out, a: (-out * out,)), "1/x", "1 / {a}", ("\u22121 / {a}\u00b2",)
    ),
    "power": Gate(_pair(lambda a, b: a**b, _power_local), "x", "{a} ** {b}", ("{b} {a}^({b} \u2212 1)", "")),
    "exp": Gate(_pair(np.exp, lambda out, a: (out,)), "exp", "exp({a})", ("exp({a}) = {out}",)),
    "log": Gate(_pair(np.log, lambda out, a: (1 / a,)), "log", "log({a})", ("1 / {a}",)),
    "sqrt": Gate(_pair(np.sqrt, lambda out, a: (0.5 / out,)), "sqrt", "sqrt({a})", ("1 / (2 {out})",)),
    "abs": Gate(_pair(np.abs, lambda out, a: (np.sign(a),)), "abs", "abs({a})", ("the sign of {a}",)),
    "relu": Gate(relu, "relu", "relu({a})", ("1 if {a} > 0, else 0",)),
    "sigmoid": Gate(sigmoid, "\u03c3", "sigmoid({a})", ("(1 \u2212 {out}) {out}",)),
    "tanh": Gate(tanh, "tanh", "tanh({a})", ("1 \u2212 {out}\u00b2",)),
}

# What may be called by name in an expression. Of max and min two or more inputs are taken.
FUNCTIONS = ("abs", "exp", "log", "max", "min", "relu", "sigmoid", "sqrt", "tanh")


def evaluate(gate, operands):
    """Send numbers through a gate forward, and 1 backward.

    Parameters
    ----------
    gate : str
    operands : sequence of float

    Returns
    -------
    value : float
    local : tuple of float
        The local gradient with respect to each operand: what backward makes of an upstream gradient of 1.

    Examples
    --------
    >>> evaluate("multiply", (3.0, -4.0))
    (-12.0, (-4.0, 3.0))
    """
    forward, backward = GATES[gate].layer
    with np.errstate(all="ignore"):  # whoever asks looks whether the numbers are finite, and can say where
        value, cache = forward(*map(np.float64, operands))
        local = backward(np.float64(1), cache)
    return float(value), tuple(map(float, local if isinstance(local, tuple) else (local,)))
