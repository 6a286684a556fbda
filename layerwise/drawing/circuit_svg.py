"""Draw a circuit as the notes do: values in green above the wires, gradients in red below them."""

from html import escape
from pathlib import Path

from .layout import columns_of, heights_of
from .text import number

STUB, GAP, ROW, RADIUS = 66, 38, 66, 21  # the labelled piece of a wire, the bend to the next column, in pixels
LETTER, MARGIN, HEADING = 8.2, 16, 34
WITH_FORKS = 520  # wide enough for the heading
STYLE = (Path(__file__).parent / "drawing.css").read_text(encoding="utf-8")


def circuit_svg(circuit):
    """Draw a circuit as an SVG document that needs nothing else.

    Parameters
    ----------
    circuit : Circuit

    Returns
    -------
    svg : str
        What is drawn of wire 3 has ``data-wire="3"``; what comes back along its branch into the gate of wire 5, as that
        gate's first operand, has ``data-branch="5-0"``.
    """
    feeds = _cells(circuit)
    columns = columns_of(feeds)
    links = _link(feeds, columns)
    heights = heights_of(columns, links)
    wide = [0.0] * (1 + max(columns.values()))
    for cell, column in columns.items():
        wide[column] = max(wide[column], _width(circuit, cell))
    lefts = [MARGIN]
    for width in wide:
        lefts.append(lefts[-1] + width + STUB + GAP)
    width, height = lefts[-1] - GAP + MARGIN, HEADING + ROW * (max(heights.values()) + 1) + 6

    def place(cell):
        """Where the wire of a cell begins and ends: x, x, y."""
        column = columns[cell]
        return lefts[column], lefts[column] + wide[column] + STUB, HEADING + ROW * (heights[cell] + 0.5)

    shapes = [_sigmoid_box(circuit, chain, place, wide, columns) for chain in circuit.sigmoids()]
    shapes += [_bend(place(source), place(target), _source(source)) for source, target in links]
    for cell in columns:
        left, right, y = place(cell)
        shapes += _draw(circuit, cell, left, left + wide[columns[cell]] / 2, right, y)
    said = f"The circuit of {circuit.expression.strip()}: its output is {number(circuit.value)}, and the gradients " + (
        ", ".join(f"{name} {number(grad)}" for name, grad in circuit.grads.items())
    )
    forks = any(cell[0] == "branch" for cell in columns)
    heading = (
        f'<text class="heading" x="{MARGIN}" y="22"><tspan class="value">values</tspan> above, <tspan class="grad">'
        f'gradients</tspan> below{"; at a dot, where a value branches, they add up" if forks else ""}</text>'
    )
    width = max(width, WITH_FORKS) if forks else width
    return svg_document(width, height, said, [heading, *shapes], name="circuit")


def svg_document(width, height, said, shapes, name):
    """Put shapes into an SVG document with the style of all drawings; what is said is its alternative text."""
    body = "\n".join(shape for shape in shapes if shape)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="layerwise {name}" role="img" width="{width:.0f}" '
        f'height="{height:.0f}" style="--wide: {width:.0f}px" viewBox="0 0 {width:.0f} {height:.0f}">\n'
        f"<title>{escape(said)}</title>\n"
        f"<style>{STYLE}</style>\n"
        f'<rect class="ground" width="{width:.0f}" height="{height:.0f}" rx="8"/>\n{body}\n</svg>\n'
    )


def _cells(circuit):
    """The cells of the drawing: ("wire", 3), and ("branch", 5, 0) where wire 3 also leads elsewhere."""
    leads = circuit.branches()
    feeds = {}
    for index, wire in enumerate(circuit.wires):
        own = []
        for slot, operand in enumerate(wire.operands):
            if isinstance(operand, int):
                source = ("wire", operand)
                if len(leads[operand]) > 1:
                    feeds["branch", index, slot, operand] = [source]
                    source = ("branch", index, slot, operand)
                own.append(source)
        feeds["wire", index] = own
    return feeds


def _link(feeds, columns):
    """List the links from column to column, with cells for long wires to pass through, which join the columns."""
    links = []
    for target, sources in feeds.items():
        for source in sources:
            end = source
            for column in range(columns[source] + 1, columns[target]):
                step = ("pass", target, column, _source(source))
                columns[step] = column
                links.append((end, step))
                end = step
            links.append((end, target))
    return links


def _source(cell):
    """The number of the wire that runs through a cell."""
    return cell[1] if cell[0] == "wire" else cell[3]


def _width(circuit, cell):
    if cell[0] != "wire":
        return 0.0
    wire = circuit.wires[cell[1]]
    return max(2 * RADIUS, LETTER * len(circuit.label(cell[1])) + 18) if wire.gate else LETTER * len(wire.name) + 8


def _bend(source, target, wire):
    (_, x, y), (to_x, _, to_y) = source, target
    middle = (x + to_x) / 2
    path = f"M{x:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    return f'<path class="wire" data-wire="{wire}" d="{path}"/>'


def _draw(circuit, cell, left, middle, right, y):
    """The wire of a cell, with its labels and its gate."""
    kind, at = cell[0], _source(cell)
    wire, label = circuit.wires[at], right - STUB / 2
    begin = right - STUB if kind == "wire" and wire.gate is None else left
    yield f'<path class="wire" data-wire="{at}" d="M{begin:.1f} {y:.1f}H{right:.1f}"/>'
    if kind == "branch":
        gate, slot = cell[1:3]
        share = number(circuit.local[gate][slot] * circuit.wire_grads[gate])
        yield f'<text class="grad share" data-branch="{gate}-{slot}" x="{label:.1f}" y="{y + 17:.1f}">{share}</text>'
    if kind != "wire":
        return
    for name, side, amount in (("value", -7, circuit.values[at]), ("grad", 17, circuit.wire_grads[at])):
        yield f'<text class="{name}" data-wire="{at}" x="{label:.1f}" y="{y + side:.1f}">{number(amount)}</text>'
    if wire.gate is None:
        yield f'<text class="input" x="{right - STUB - 5:.1f}" y="{y + 5:.1f}">{escape(wire.name)}</text>'
    else:
        own = _width(circuit, cell) / 2
        yield (
            f'<g class="gate" data-wire="{at}"><rect x="{middle - own:.1f}" y="{y - RADIUS:.1f}" width="{2 * own:.1f}" '
            f'height="{2 * RADIUS}" rx="{RADIUS}"/>'
            f'<text x="{middle:.1f}" y="{y + 5:.1f}">{escape(circuit.label(at))}</text></g>'
            f'<text class="name" x="{middle:.1f}" y="{y - RADIUS - 5:.1f}">{escape(wire.name)}</text>'
        )
    if len(circuit.branches()[at]) > 1:
        yield f'<circle class="fork" cx="{right:.1f}" cy="{y:.1f}" r="4"/>'


def _sigmoid_box(circuit, chain, place, wide, columns):
    """A dashed frame about the four gates of a sigmoid, if they stand in one row."""
    first, *_, last = (("wire", index) for index in chain)
    (left, _, y), (right, _, end_y) = place(first), place(last)
    if abs(y - end_y) > 0.1:
        return ""
    x, width = left - 10, right + wide[columns[last]] - left + 20
    said = "together a sigmoid, \u03c3, with the local gradient (1 \u2212 \u03c3) \u03c3"
    return (
        f'<rect class="together" x="{x:.1f}" y="{y - 46:.1f}" width="{width:.1f}" height="76" rx="10"/>'
        f'<text class="name" x="{x + width / 2:.1f}" y="{y + 46:.1f}">{said}</text>'
    )
