"""Draw a circuit of gates as the notes do: values in green above the wires, gradients in red below them.

It draws what it is told and computes nothing: values and gradients come from the student's own functions.
"""

import textwrap

import matplotlib.pyplot as plt
from matplotlib.patches import PathPatch
from matplotlib.path import Path

VALUE, GRADIENT, WIRE, INK = "#1a7f37", "#c8281e", "#9aa5b0", "#22303c"
_STUB = (0.2, 0.64)  # where the labelled piece of a wire begins and ends, to the right of its source
_BLANK = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
_INCHES = 1.35, 0.85  # of one column and of one row


def draw_circuit(gates, values, grads=(), branches=(), rows=(), spread=1.0, title=""):
    """Draw gates from left to right, each as far left as its inputs allow, as a picture of its own.

    Parameters
    ----------
    gates : list of (str, str, str)
        In the order of computation: the name of the output, the gate's symbol, and the names of its inputs with blanks
        between them. ``("q", "+", "x y")`` is q = x + y.
    values : dict of str to number or str
        What stands above a wire, in green; a string, such as a shape, stands as it is.
    grads : dict of str to number or str
        What stands below a wire, in red: the sensitivity of the last output to it.
    branches : dict of (str, str) to number or str
        What comes back along one branch of a wire that feeds several gates: ``{("x", "q"): -4}`` from gate q to wire x.
    rows : dict of str to number
        How high a wire begins. Unless given, inputs stand below each other in the order in which they are used, and a
        gate at the mean height of its inputs.
    spread : float
        How much wider than usual a column is, for long labels.
    title : str

    Raises
    ------
    ValueError
        If a label is of a wire that no gate has.
    """
    columns, heights = _places(gates, dict(rows))
    for name in (*values, *dict(grads), *(wire for wire, _ in dict(branches))):
        if name not in columns:
            raise ValueError(f"draw_circuit: there is no wire {name!r}; there are {', '.join(columns)}")
    symbols = {out: symbol for out, symbol, _ in gates}
    width, low, high = max(columns.values()) + 1, min(heights.values()) - 0.5, max(heights.values()) + 0.5
    title = textwrap.wrap(title, int(16 * width * spread))
    inches = _INCHES[0] * spread * (width + 0.2), _INCHES[1] * (high - low) + 0.25 * len(title)
    figure, axes = plt.subplots(figsize=inches, layout="constrained")
    for out, _, inputs in gates:
        for name in inputs.split():
            place = _draw_wire(axes, (columns[name], heights[name]), (columns[out], heights[out]))
            _draw_label(axes, *place, dict(branches).get((name, out)), GRADIENT)
    for name, column in columns.items():
        x, y = column, heights[name]
        if name in symbols:
            style = "circle,pad=0.25" if len(symbols[name]) == 1 else "round,pad=0.3,rounding_size=0.6"
            box = {"boxstyle": style, "facecolor": "white", "edgecolor": INK, "linewidth": 1.2}
            axes.text(x, y, symbols[name], ha="center", va="center", color=INK, fontsize=11, bbox=box, zorder=3)
            axes.text(x, y + 0.27, name, ha="center", va="bottom", color=WIRE, fontsize=9, style="italic", bbox=_BLANK)
        else:
            axes.text(x + 0.12, y, name, ha="right", va="center", color=INK, fontsize=11, style="italic", zorder=3)
        begin = x if name in symbols else x + _STUB[0]
        axes.plot([begin, x + _STUB[1]], [y, y], color=WIRE, linewidth=1.4, zorder=1)
        middle = x + sum(_STUB) / 2 + 0.04
        _draw_label(axes, middle, y + 0.05, "bottom", values.get(name), VALUE)
        _draw_label(axes, middle, y - 0.06, "top", dict(grads).get(name), GRADIENT)
    axes.set(xlim=(-0.35, width - 0.15), ylim=(low, high))
    axes.axis("off")
    if title:
        axes.set_title("\n".join(title), loc="left", fontsize=11, color=INK)


def _places(gates, rows):
    """Column and height of the beginning of every wire."""
    outs, columns, heights = {out for out, _, _ in gates}, {}, {}
    for out, _, inputs in gates:
        inner = [columns[name] for name in inputs.split() if name in outs]
        columns[out] = 1 + max(inner, default=0)
    num_inputs = 0
    for out, _, inputs in gates:
        for name in inputs.split():
            if name not in columns:
                columns[name] = columns[out] - 1
            if name not in heights and name not in outs:
                heights[name] = rows.get(name, -num_inputs)
                num_inputs += 1
        own = [heights[name] for name in inputs.split()]
        heights[out] = rows.get(out, sum(own) / len(own))
    return columns, heights


def _draw_wire(axes, source, target):
    """Draw a wire that keeps its height until just before its target; return where a label near its end belongs."""
    (x, y), (to_x, to_y) = (source[0] + _STUB[1], source[1]), target
    bend = max(x, to_x - 1 + _STUB[1])
    middle = (bend + to_x) / 2
    points = [(x, y), (bend, y), (middle, y), (middle, to_y), (to_x, to_y)]
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    axes.add_patch(PathPatch(Path(points, codes), facecolor="none", edgecolor=WIRE, linewidth=1.4, zorder=1))
    return (to_x - 0.42, y - 0.06, "top") if y == to_y else (middle, (y + to_y) / 2, "center")


def _draw_label(axes, x, y, side, label, color):
    if label is not None:
        text = label if isinstance(label, str) else f"{float(label):.2f}".rstrip("0").rstrip(".").replace("-", "\u2212")
        on_wire = _BLANK if side == "center" else None
        axes.text(x, y, text, ha="center", va=side, color=color, fontsize=10, bbox=on_wire, zorder=4)
