"""Circuits of gates: the notes' numbers, gradients against numerical ones, and what is refused."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from layerwise.drawing import circuit, circuit_svg
from layerwise.drawing.expression import FUNCTIONS, MOST_CHARACTERS, read_expression
from layerwise.drawing.gates import GATES, evaluate
from layerwise.drawing.layout import columns_of, heights_of
from layers import eval_numerical_gradient
from tests.browser import opened

SIGMOID = "1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))"
WEIGHTS = {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}
PROPERTY = settings(
    derandomize=True, deadline=None, max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)  # fmt: skip


def on_wires(drawn):
    return {wire.name: (value, grad) for wire, value, grad in zip(drawn.wires, drawn.values, drawn.wire_grads)}


def test_the_first_circuit_of_the_notes():
    drawn = circuit("(x + y) * z", x=-2, y=5, z=-4)
    assert on_wires(drawn) == {"x": (-2, -4), "y": (5, -4), "q": (3, -4), "z": (-4, 3), "f": (-12, 1)}


def test_the_sigmoid_of_the_notes_gate_by_gate():
    """The notes print 0.73, and -0.2, 0.4, -0.4, -0.6, 0.2: rounded at every gate."""
    drawn = circuit(SIGMOID, **WEIGHTS)
    assert [wire.gate for wire in drawn.wires[-4:]] == ["multiply", "exp", "add", "reciprocal"]
    np.testing.assert_allclose(drawn.values[-5:], [1, -1, 0.37, 1.37, 0.73], atol=0.005)
    np.testing.assert_allclose(drawn.wire_grads[-5:], [0.2, -0.2, -0.53, -0.53, 1], atol=0.005)
    np.testing.assert_allclose(list(drawn.grads.values()), [-0.2, 0.39, -0.39, -0.59, 0.2], atol=0.005)


def test_four_gates_grouped_are_one_sigmoid_with_the_same_gradients():
    drawn = circuit(SIGMOID, **WEIGHTS)
    grouped = drawn.grouped()
    assert len(grouped.wires) == len(drawn.wires) - 3 and grouped.wires[-1].gate == "sigmoid"
    assert grouped.value == pytest.approx(drawn.value, rel=1e-14)
    assert grouped.grads == pytest.approx(drawn.grads, rel=1e-14)
    assert 'class="together"' in circuit_svg(drawn) and 'class="together"' not in circuit_svg(grouped)


@pytest.mark.parametrize("near", ["1 / (2 + exp(-x))", "1 / (1 + exp(x))", "1 / (1 + exp(-2 * x))", "1 / (1 + x)"])
def test_only_the_sigmoid_is_grouped(near):
    assert "sigmoid" not in [wire.gate for wire in circuit(near, x=0.5).grouped().wires]


def test_a_sigmoid_inside_an_expression_is_grouped():
    gates = [wire.gate for wire in circuit("3 / (exp(-(x * y)) + 1) + x", x=0.5, y=2).grouped().wires]
    assert gates == [None, None, "multiply", "sigmoid", "multiply", "add"]


def test_a_sigmoid_whose_inside_is_used_elsewhere_is_not_grouped():
    assert circuit("1 / (1 + (e := exp(-x))) + e", x=0.5).sigmoids() == []


def test_where_a_value_branches_its_gradients_add_up():
    drawn = circuit("x * x + 3 * x", x=5)
    assert drawn.grads == {"x": 2 * 5 + 3}
    assert len(re.findall("data-branch", circuit_svg(drawn))) == 3
    assert "they add up" in circuit_svg(drawn)


def test_a_named_gate_may_branch():
    drawn = circuit("(q := x + y) * q", x=1, y=2)
    assert on_wires(drawn) == {"x": (1, 6), "y": (2, 6), "q": (3, 6), "f": (9, 1)}


def test_names_are_not_given_twice():
    names = [wire.name for wire in read_expression("f * q1 + q2 * q + f * q")]
    assert len(set(names)) == len(names) and {"f", "q1", "q2", "q"} <= set(names)


def test_constants_are_folded_and_stand_in_their_gate():
    drawn = circuit("2 * 3 * x - 2**3 + 3 / 2 - (x + 1) / 4", x=1)
    labels = [drawn.label(number) for number, wire in enumerate(drawn.wires) if wire.gate]
    assert labels == ["\u00d76", "\u22128", "+1.5", "+1", "\u00d70.25", "\u2212"]
    assert drawn.value == 6 - 8 + 1.5 - 0.5


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("a, b", [(0.7, 1.9), (2.5, -0.3), (1.2, 3.0)])
def test_every_gate_has_the_numerical_gradient(gate, a, b):
    places = [0] if gate == "power" else range(len(GATES[gate].local))
    count = len(GATES[gate].local)
    operands = np.array((a, b)[:count])
    _, local = evaluate(gate, operands)
    numerical = eval_numerical_gradient(lambda x: evaluate(gate, x)[0], operands.copy(), verbose=False)
    for place in places:
        assert local[place] == pytest.approx(numerical[place], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_can_be_called(name):
    two = "x, y" if name in ("max", "min") else "x"
    values = {"x": 0.5, "y": 2.0} if "y" in two else {"x": 0.5}
    assert circuit(f"{name}({two})", **values).wires[-1].gate == name


def tied(drawn, wire):
    """At a tie max has no derivative, and each side gets the whole gradient."""
    a, b = (drawn.values[operand] if isinstance(operand, int) else operand for operand in wire.operands)
    return a == b


def expressions():
    """Texts of the grammar, in x, y and z."""
    leaf = st.sampled_from(["x", "y", "z", "1.5", "-2"])

    def grow(inner):
        sign = st.sampled_from(["+", "-", "*", "/"])
        return st.one_of(
            st.builds("({} {} {})".format, inner, sign, inner),
            st.builds("{}({})".format, st.sampled_from(["exp", "sigmoid", "tanh", "relu", "abs"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["max", "min"]), inner, inner),
            st.builds("({})**{}".format, inner, st.sampled_from(["2", "3", "-1", "0.5"])),
            st.builds("-{}".format, inner),
        )

    return st.recursive(leaf, grow, max_leaves=8)


@PROPERTY
@given(expressions(), st.tuples(*[st.floats(0.5, 2)] * 3))
def test_gradients_of_random_expressions_are_the_numerical_ones(figures, text, point):
    values = dict(zip("xyz", point))
    try:
        wires = read_expression(text)
        inputs = {wire.name: values[wire.name] for wire in wires if wire.gate is None}
        drawn = circuit(text, **inputs)
        assume(max(map(abs, (*drawn.values, *drawn.wire_grads))) < 1e3)
        assume(not any(wire.gate in ("max", "min") and tied(drawn, wire) for wire in wires))
        for name, grad in drawn.grads.items():
            h = 1e-5
            up, down = (circuit(text, **{**inputs, name: inputs[name] + step}).value for step in (h, -h))
            left, right = (drawn.value - down) / h, (up - drawn.value) / h
            assume(abs(right - left) < 1e-3 * (1 + abs(grad)))  # no kink near, not too curved
            assert grad == pytest.approx((left + right) / 2, rel=1e-3, abs=1e-3)
            figures["gradients of random expressions against numerical ones, layerwise draw"] += 1
    except ValueError as error:
        assert str(error).startswith("circuit: ")
        assume(False)


@PROPERTY
@given(st.one_of(st.text(max_size=60), st.text("xyz0129+-*/()., :=eEj[]'#\\\nabsexplogmaxif", max_size=40)))
def test_any_text_is_read_or_refused_in_words(figures, text):
    figures["texts read or refused as an expression, layerwise draw"] += 1
    try:
        inputs = {wire.name: 0.5 for wire in read_expression(text) if wire.gate is None}
        drawn = circuit(text, **inputs)
    except ValueError as error:
        assert str(error).startswith("circuit: ")
    else:
        ElementTree.fromstring(circuit_svg(drawn))


@pytest.mark.parametrize(
    "text, column, words",
    [
        ("x + foo(y)", 5, "unknown function 'foo'; known are abs, exp, log"),
        ("  x.real * 2", 3, "'x.real' is not part of a circuit"),
        ("x + y[0]", 5, "'y[0]' is not part"),
        ("\u00e9 + (lambda: 1)", 6, "'lambda: 1' is not part"),
        ("x + 'a'", 5, "is not part"),
        ("x + True", 5, "'True' is not part"),
        ("x + 2j", 5, "'2j' is not part"),
        ("(x).real(y)", 1, "is not part"),
        ("exp(x=1)", 1, "is not part"),
        ("x if y else z", 1, "'x if y else z' is not part"),
        ("3 + x^2", 1, "max, min, relu, sigmoid, sqrt, tanh; a power is x**2"),
        ("x ** y", 6, "an exponent must be a number from -100 to 100"),
        ("x ** 101", 6, "an exponent must be a number"),
        ("x ** 9 ** 9 ** 9", 11, "an exponent must be"),
        ("x + 1" + 400 * "0", 5, "a number is too large"),
        ("x + 1e999", 5, "a number is too large"),
        ("x + exp(1000)", 5, "exp of 1000 gives inf"),
        ("x + 1 / 0", 5, "reciprocal of 0 gives inf"),
        ("exp(x, y)", 1, "exp takes one input, got 2"),
        ("x + max(y)", 5, "max takes two or more inputs, got 1"),
        ("x + (q := y)", 6, "names the output of a gate"),
        ("(q := x + 1) * (q := x * 2)", 17, "the name 'q' is taken"),
        ("x + + * y", 7, "cannot be read"),
        ("(x + y", 1, "cannot be read: '(' was never closed"),
        ("x = 2", 3, "cannot be read"),
        ("-" * 45 + "x", 42, "nested more than 40 deep"),
        ("+".join(["x"] * 45), 1, "nested more than 40 deep"),
        ("x + y", 5, "y has no value; expected y=NUMBER"),
        ("1 + log(x)", 5, "the gate log has no finite value for \u22121"),
        ("1 + sqrt(x + 1)", 5, "the gate sqrt has no finite local gradient for 0"),
    ],
)  # fmt: skip
def test_what_is_refused_is_pointed_at(text, column, words):
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        circuit(text, x=-1)
    said, shown, caret = str(caught.value).split("\n")
    assert said.startswith("circuit: ") and said.endswith(f"(column {column})")
    assert text.replace("\n", " ")[column - 1] == shown[caret.index("^")]


def test_the_place_of_a_mistake_far_to_the_right_is_shown():
    text = "x + " * 20 + "foo(x)"
    with pytest.raises(ValueError) as caught:
        circuit(text, x=1)
    _, shown, caret = str(caught.value).split("\n")
    assert len(shown) < 90 and shown[caret.index("^") :].startswith("foo")


@pytest.mark.parametrize(
    "text, values, error, words",
    [
        ("x", {"x": 1}, ValueError, "'x' has no gate"),
        ("1 + 2", {}, ValueError, "'1 + 2' has no gate"),
        ("x + " * MOST_CHARACTERS + "x", {"x": 1}, ValueError, "2001 characters; expected up to 500"),
        ("x + 1", {"x": 1, "y": 2}, ValueError, "a value for 'y' came, which is no input; there are x"),
        ("x + 1", {"x": float("nan")}, ValueError, "x must be finite, got nan"),
        ("x + 1", {"x": "2"}, TypeError, "x must be a number, got str"),
        ("x + 1", {"x": True}, TypeError, "x must be a number, got bool"),
        (None, {}, TypeError, "expected an expression as text, got NoneType"),
    ],
)
def test_values_that_do_not_fit_are_refused(text, values, error, words):
    with pytest.raises(error, match=re.escape(words)):
        circuit(text, **values)


def test_more_gates_than_can_be_looked_at_are_refused():
    def balanced(depth):
        return "x" if not depth else f"({balanced(depth - 1)} + {balanced(depth - 1)})"

    assert len(read_expression(balanced(5))) == 32
    with pytest.raises(ValueError, match="more than 60 gates and inputs"):
        read_expression(balanced(6))


def test_columns_follow_the_longest_path_and_rows_keep_their_distance():
    feeds = {"x": [], "y": [], "a": ["x"], "b": ["x", "y"], "c": ["a", "b"], "d": ["c", "b"]}
    columns = columns_of(feeds)
    assert all(columns[source] < columns[cell] for cell, sources in feeds.items() for source in sources)
    links = [(source, cell) for cell, sources in feeds.items() for source in sources if (source, cell) != ("b", "d")]
    heights = heights_of(columns, links)
    for one, other in itertools.combinations(feeds, 2):
        assert columns[one] != columns[other] or abs(heights[one] - heights[other]) > 0.999


def test_a_tree_has_no_crossings_and_a_chain_is_straight():
    feeds = {"a": [], "b": [], "p": ["a", "b"], "c": [], "d": [], "q": ["c", "d"]}
    feeds |= {"s": ["p", "q"], "t": ["s"], "u": ["t"]}
    links = [(source, cell) for cell, sources in feeds.items() for source in sources]
    heights = heights_of(columns_of(feeds), links)
    assert [heights[cell] for cell in "abcd"] == sorted(heights[cell] for cell in "abcd")
    assert heights["s"] == heights["t"] == heights["u"]


def test_the_drawing_is_a_whole_document_that_says_what_it_shows():
    drawn = circuit("(x + y) * z", x=-2, y=5, z=-4)
    svg = drawn._repr_svg_()
    root = ElementTree.fromstring(svg)
    assert root.find("{*}title").text == (
        "The circuit of (x + y) * z: its output is \u221212, and the gradients x \u22124, y \u22124, z 3"
    )
    shown = [(text.get("class"), text.text) for text in root.findall(".//{*}text") if "data-wire" in text.attrib]
    assert shown.count(("value", "\u221212")) == 1 and shown.count(("grad", "\u22124")) == 3
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


LABELS = """() => [...document.querySelectorAll("svg")].map(svg =>
    [...svg.querySelectorAll("text, .gate rect")].filter(shape => !shape.closest(".gate") || shape.matches("rect"))
    .map(shape => [shape.textContent || "gate", shape.getBBox()])
    .map(([text, b]) => [text, b.x, b.y, b.width, b.height])
    .concat([["page", 0, 0, svg.viewBox.baseVal.width, svg.viewBox.baseVal.height]]))"""


def test_no_two_labels_overlap_and_none_is_cut_off(tmp_path, opened):
    texts = [
        (SIGMOID, WEIGHTS),
        ("(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)", {"x": 3, "y": -4}),
        ("(q := learning_rate + y) * q + x**3 - max(0, 1 - x*q) * y - log(x)", {"x": 3, "y": -4, "learning_rate": 2}),
        ("x * x", {"x": -1234.5678}),
        ("(learning_rate + y) * z", {"learning_rate": 2, "y": -4, "z": 1}),
        ("exp(x) / (exp(x) + exp(y) + exp(z)) * 1e-7 * x * y * z", {"x": 12.345, "y": 12.2, "z": -0.00123}),
        ("-".join("abcdefghijkl"), dict.fromkeys("abcdefghijkl", 1e-4)),
    ]
    page = tmp_path / "all.html"
    page.write_text("<!DOCTYPE html><meta charset=utf-8>" + "".join(circuit_svg(circuit(t, **v)) for t, v in texts))
    with opened(page) as browser:
        drawings = browser.evaluate(LABELS)
    assert len(drawings) == len(texts)
    for *labels, (_, _, _, width, height) in drawings:
        for text, x, y, w, h in labels:
            assert x >= 0 and y >= 0 and x + w <= width and y + h <= height, text
        for (one, x, y, w, h), (other, x2, y2, w2, h2) in itertools.combinations(labels, 2):
            apart = x + w <= x2 + 1 or x2 + w2 <= x + 1 or y + h <= y2 + 4 or y2 + h2 <= y + 4
            assert apart, f"{one} and {other} overlap"
