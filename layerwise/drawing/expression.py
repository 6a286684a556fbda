"""Read an expression such as ``(x + y) * z`` as a list of gates. Nothing is ever evaluated as Python."""

import ast
import math
import warnings
from dataclasses import dataclass

from .gates import FUNCTIONS, evaluate

MOST_CHARACTERS, MOST_GATES, MOST_DEPTH, LARGEST_POWER = 500, 60, 40, 100


@dataclass(frozen=True)
class Wire:
    """An input of a circuit, or a gate with the wire that leaves it.

    Attributes
    ----------
    name : str
    gate : str or None
        A key of `GATES`; None for an input.
    operands : tuple of int or float
        For each input of the gate the number of the wire that feeds it; a float is a constant.
    column : int
        Where it stands in the expression; the first character is column 1.
    """

    name: str
    gate: str | None
    operands: tuple
    column: int


def read_expression(text):
    """Turn an expression into wires in the order of computation.

    Parameters
    ----------
    text : str
        Names, numbers, ``+ - * /``, ``** number``, the functions of `FUNCTIONS`, and ``(q := x + y)``, which names a
        gate's output for use further right.

    Returns
    -------
    wires : list of Wire
        The last one is the output. Unless named, it is called f, and what lies between q, or q1, q2 ...

    Raises
    ------
    ValueError
        If it is anything else, or too long; the message points at the column.

    Examples
    --------
    >>> for wire in read_expression("(x + y) * z"):
    ...     print(wire.name, wire.gate, wire.operands)
    x None ()
    y None ()
    q add (0, 1)
    z None ()
    f multiply (2, 3)
    """
    if not isinstance(text, str):
        raise TypeError(f"circuit: expected an expression as text, got {type(text).__name__}")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"circuit: the expression has {len(text)} characters; expected up to {MOST_CHARACTERS}")
    reader = _Reader(text)
    out = reader.read(reader.parse(), 0)
    if not isinstance(out, int) or reader.wires[out].gate is None:
        raise ValueError(f"circuit: {text.strip()!r} has no gate; expected an expression such as (x + y) * z")
    return reader.named()


def mistake(text, column, what):
    """Make the error that says what is wrong, and points at the column."""
    start = max(0, column - 40)
    shown = "".join(letter if letter.isprintable() else " " for letter in text[start : column + 40])
    return ValueError(f"circuit: {what} (column {column})\n    {shown}\n    {' ' * (column - 1 - start)}^")


class _Reader:
    """Walks a syntax tree and gathers wires. What is not on its list is refused."""

    _OPERATORS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply"}

    def __init__(self, text):
        self.text = text
        self.wires = []
        self.known = {}  # the number of the wire of each name so far

    def parse(self):
        # A newline is a blank, and blanks at the head, which Python takes for an indent, go: the columns stay right.
        text = "".join(" " if letter.isspace() else letter for letter in self.text)
        self.skipped = len(text) - len(text.lstrip())
        text = self.stripped = text[self.skipped :]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such as of "1if x else y", which is refused further down
                return ast.parse(text, mode="eval").body
        except SyntaxError as error:
            column = min(max(1, error.offset or 1), len(text) + 1)
            raise mistake(self.text, self.skipped + column, f"cannot be read: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"circuit: the expression cannot be read: {error or type(error).__name__}") from None

    def column(self, node):
        return self.skipped + 1 + len(self.stripped.encode()[: node.col_offset].decode())

    def refuse(self, node, what):
        raise mistake(self.text, self.column(node), what)

    def read(self, node, depth):
        """Return the number of the wire on which the node's value stands, or its value if it is a constant."""
        if depth > MOST_DEPTH:
            self.refuse(node, f"nested more than {MOST_DEPTH} deep")
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self.constant(node, value)
            case ast.Name(id=name):
                if name not in self.known:
                    self.wires.append(Wire(name, None, (), self.column(node)))
                    self.known[name] = len(self.wires) - 1
                return self.known[name]
            case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                return self.read(inner, depth + 1)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self.add(node, "multiply", self.read(inner, depth + 1), -1.0)
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                base, exponent = self.read(left, depth + 1), self.read(right, depth + 1)
                if isinstance(exponent, int) or abs(exponent) > LARGEST_POWER:
                    self.refuse(right, f"an exponent must be a number from -{LARGEST_POWER} to {LARGEST_POWER}")
                return self.add(node, "power", base, exponent)
            case ast.BinOp(op=ast.Div(), left=left, right=right):
                above, below = self.read(left, depth + 1), self.read(right, depth + 1)
                inverse = self.add(node, "reciprocal", below)
                is_one = isinstance(above, float) and above == 1
                return inverse if is_one else self.add(node, "multiply", above, inverse)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() as operator, left=left, right=right):
                a, b = self.read(left, depth + 1), self.read(right, depth + 1)
                if isinstance(operator, ast.Sub) and isinstance(b, float):
                    return self.add(node, "add", a, -b)
                return self.add(node, self._OPERATORS[type(operator)], a, b)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
                return self.call(node, name, args, depth)
            case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
                self.refuse(node, f"unknown function {name!r}; known are {', '.join(FUNCTIONS)}")
            case ast.NamedExpr(target=ast.Name(id=name), value=inner):
                return self.name(node, name, self.read(inner, depth + 1))
        known = f"numbers, names, + - * / **, {', '.join(FUNCTIONS)}"
        written = ast.get_source_segment(self.stripped, node)
        shown = written if len(written) <= 40 else written[:39] + "\u2026"
        power = "; a power is x**2" if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor) else ""
        self.refuse(node, f"{shown!r} is not part of a circuit; expected {known}{power}")

    def constant(self, node, value):
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            self.refuse(node, "a number is too large")
        return value

    def call(self, node, name, args, depth):
        two = name in ("max", "min")
        if len(args) < 1 + two or len(args) > 1 and not two:
            self.refuse(node, f"{name} takes {'two or more inputs' if two else 'one input'}, got {len(args)}")
        first, *rest = (self.read(arg, depth + 1) for arg in args)
        if not two:
            return self.add(node, name, first)
        for operand in rest:
            first = self.add(node, name, first, operand)
        return first

    def add(self, node, gate, *operands):
        """Add a gate; what has only constants for inputs is a constant itself."""
        if all(isinstance(operand, float) for operand in operands):
            value, _ = evaluate(gate, operands)
            if not math.isfinite(value):
                self.refuse(node, f"{gate} of {', '.join(f'{operand:g}' for operand in operands)} gives {value:g}")
            return value
        if len(self.wires) >= MOST_GATES:
            self.refuse(node, f"more than {MOST_GATES} gates and inputs")
        self.wires.append(Wire("", gate, operands, self.column(node)))
        return len(self.wires) - 1

    def name(self, node, name, operand):
        if isinstance(operand, float) or self.wires[operand].gate is None or self.wires[operand].name:
            self.refuse(node, f"{name} := names the output of a gate that has no name yet")
        if name in self.known:
            self.refuse(node, f"the name {name!r} is taken")
        wire = self.wires[operand]
        self.wires[operand] = Wire(name, wire.gate, wire.operands, wire.column)
        self.known[name] = operand
        return operand

    def named(self):
        """Give names to the wires that have none: f to the last, and q, or q1, q2 ... to those before it."""
        unnamed = [number for number, wire in enumerate(self.wires) if not wire.name]
        between = [number for number in unnamed if number < len(self.wires) - 1]
        chosen = dict(zip(between, ["q"] if len(between) == 1 else [f"q{i}" for i in range(1, len(between) + 1)]))
        if unnamed and unnamed[-1] not in chosen:
            chosen[unnamed[-1]] = "f"
        taken = set(self.known)
        for number, name in chosen.items():
            while name in taken:
                name += "_"
            taken.add(name)
            wire = self.wires[number]
            self.wires[number] = Wire(name, wire.gate, wire.operands, wire.column)
        return self.wires
