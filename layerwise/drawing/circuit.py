"""A circuit of gates on single numbers, with every value and every gradient."""

import math
from dataclasses import replace
from numbers import Real

from .expression import mistake, read_expression
from .gates import GATES, evaluate
from .text import number

SUPERSCRIPTS = str.maketrans(
    "0123456789.\u2212", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u00b7\u207b"
)


class Circuit:
    """Wires in the order of computation, with what flows on them forward and backward.

    Attributes
    ----------
    expression : str
    wires : list of Wire
        Inputs and gates in the order of computation; the last is the output.
    values : list of float
        On each wire.
    local : list of tuple of float
        At each gate the local gradient with respect to each operand; empty for inputs.
    wire_grads : list of float
        The gradient of the output with respect to each wire. Where a wire branches, those of its branches add up.

    Notes
    -----
    A notebook shows the drawing of a circuit that stands at the end of a cell.
    """

    def __init__(self, expression, wires, inputs):
        self.expression, self.wires = expression, wires
        self.values, self.local = [], []
        for wire in wires:
            value, local = (inputs[wire.name], ()) if wire.gate is None else self._forward(wire)
            self.values.append(value)
            self.local.append(local)
        self.wire_grads = self._backward()

    def _forward(self, wire):
        operands = [self.values[operand] if isinstance(operand, int) else operand for operand in wire.operands]
        value, local = evaluate(wire.gate, operands)
        if not all(map(math.isfinite, (value, *local))):
            of = ", ".join(map(number, operands))
            what = "value" if not math.isfinite(value) else "local gradient"
            raise mistake(self.expression, wire.column, f"the gate {wire.gate} has no finite {what} for {of}")
        return value, local

    def _backward(self):
        grads = [0.0] * len(self.wires)
        grads[-1] = 1.0
        for index, wire in reversed(list(enumerate(self.wires))):
            for operand, local in zip(wire.operands, self.local[index]):
                if isinstance(operand, int):
                    grads[operand] += local * grads[index]
            if not math.isfinite(grads[index]):
                raise mistake(self.expression, wire.column, f"the gradient of {wire.name} is not finite")
        return grads

    @property
    def value(self):
        """The value of the output."""
        return self.values[-1]

    @property
    def inputs(self):
        """The value of each input, by name."""
        return {wire.name: value for wire, value in zip(self.wires, self.values) if wire.gate is None}

    @property
    def grads(self):
        """The gradient of the output with respect to each input, by name."""
        return {wire.name: grad for wire, grad in zip(self.wires, self.wire_grads) if wire.gate is None}

    def branches(self):
        """List where each wire leads, as (number of the gate, place among its operands)."""
        leads = [[] for _ in self.wires]
        for index, wire in enumerate(self.wires):
            for place, operand in enumerate(wire.operands):
                if isinstance(operand, int):
                    leads[operand].append((index, place))
        return leads

    def sigmoids(self):
        """List the chains of gates that compute ``1 / (1 + exp(-u))``, as the numbers of their four wires."""
        leads = self.branches()
        steps = (("multiply", -1.0), ("exp", None), ("add", 1.0), ("reciprocal", None))

        def fits(index, gate, constant):
            wire = self.wires[index]
            constants = [operand for operand in wire.operands if isinstance(operand, float)]
            return wire.gate == gate and constants == ([] if constant is None else [constant])

        chains = []
        for start in range(len(self.wires)):
            chain = [start]
            while len(chain) < 4 and len(leads[chain[-1]]) == 1:
                chain.append(leads[chain[-1]][0][0])
            if len(chain) == 4 and all(fits(index, *step) for index, step in zip(chain, steps)):
                chains.append(tuple(chain))
        return chains

    def grouped(self):
        """Return the circuit in which the four gates of ``1 / (1 + exp(-u))`` are one sigmoid gate.

        Examples
        --------
        >>> [wire.gate for wire in circuit("1 / (1 + exp(-x))", x=1).grouped().wires]
        [None, 'sigmoid']
        """
        wires = list(self.wires)
        for first, _, _, last in self.sigmoids():
            (inner,) = (operand for operand in wires[first].operands if isinstance(operand, int))
            wires[last] = replace(wires[last], gate="sigmoid", operands=(inner,))
        dropped = {index for chain in self.sigmoids() for index in chain[:-1]}
        kept = [index for index in range(len(wires)) if index not in dropped]
        place = {index: i for i, index in enumerate(kept)}
        renumbered = [
            replace(
                wires[index],
                operands=tuple(place[o] if isinstance(o, int) else o for o in wires[index].operands),
            )
            for index in kept
        ]
        return Circuit(self.expression, renumbered, self.inputs)

    def label(self, index):
        """What stands in a gate: its symbol, and its constant if it has one."""
        wire = self.wires[index]
        symbol = GATES[wire.gate].symbol
        constants = [operand for operand in wire.operands if isinstance(operand, float)]
        if not constants:
            return symbol
        constant = number(constants[0])
        if wire.gate == "add":
            return constant if constants[0] < 0 else f"+{constant}"
        if wire.gate == "subtract":
            return f"{constant} {symbol}"
        if wire.gate == "power":
            return symbol + constant.translate(SUPERSCRIPTS)
        return f"{symbol}{' ' if len(symbol) > 1 else ''}{constant}"

    def table(self):
        """Write every wire with its value and its gradient as a table.

        Examples
        --------
        >>> print(circuit("(x + y) * z", x=-2, y=5, z=-4).table())
        wire  is     value  gradient
        x     input     -2        -4
        y     input      5        -4
        q     x + y      3        -4
        z     input     -4         3
        f     q * z    -12         1
        """
        rows = [("wire", "is", "value", "gradient")]
        for wire, value, grad in zip(self.wires, self.values, self.wire_grads):
            written = GATES[wire.gate].written.format(**self.operand_names(wire)) if wire.gate else "input"
            rows.append((wire.name, written, number(value), number(grad)))
        wide = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = (f"{row[0]:<{wide[0]}}  {row[1]:<{wide[1]}}  {row[2]:>{wide[2]}}  {row[3]:>{wide[3]}}" for row in rows)
        return "\n".join(lines).replace("\u2212", "-")

    def operand_names(self, wire):
        """Give the operands of a gate, a and b, by their names; a constant is its own name."""
        names = [self.wires[operand].name if isinstance(operand, int) else number(operand) for operand in wire.operands]
        return dict(zip("ab", names))

    def _repr_svg_(self):
        from .circuit_svg import circuit_svg

        return circuit_svg(self)


def circuit(expression, /, **values):
    """Build the circuit of an expression, and send its values forward and the gradients back.

    Parameters
    ----------
    expression : str
        As in `read_expression`: ``"(x + y) * z"``.
    **values : float
        One for each name in the expression.

    Returns
    -------
    circuit : Circuit

    Raises
    ------
    TypeError
        If the expression is no text, or a value no number.
    ValueError
        If the expression cannot be read, a value is missing or not used, or a gate has no finite value or gradient
        there; the message points at the column.

    Examples
    --------
    The circuit of the notes (https://cs231n.github.io/optimization-2/):

    >>> c = circuit("(x + y) * z", x=-2, y=5, z=-4)
    >>> c.value, c.grads
    (-12.0, {'x': -4.0, 'y': -4.0, 'z': 3.0})
    """
    wires = read_expression(expression)
    inputs = [wire for wire in wires if wire.gate is None]
    for wire in inputs:
        if wire.name not in values:
            raise mistake(expression, wire.column, f"{wire.name} has no value; expected {wire.name}=NUMBER")
    names = [wire.name for wire in inputs]
    for name, value in values.items():
        if name not in names:
            raise ValueError(f"circuit: a value for {name!r} came, which is no input; there are {', '.join(names)}")
        if not isinstance(value, Real) or isinstance(value, bool):
            raise TypeError(f"circuit: {name} must be a number, got {type(value).__name__}")
        if not math.isfinite(value):
            raise ValueError(f"circuit: {name} must be finite, got {value}")
    return Circuit(expression, wires, {name: float(value) for name, value in values.items()})
