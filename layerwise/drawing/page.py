"""Pages in which one steps through a drawing: one file that opens from disk in any browser, and needs nothing else."""

import json
from html import escape
from pathlib import Path
from string import Template

from .circuit_svg import circuit_svg
from .gates import GATES
from .net_svg import net_svg
from .text import number

HERE = Path(__file__).parent
CHANGE = """<section id="change">
<h2>Change an input</h2>
<p class="quiet">A gradient is a sensitivity: when an input moves by h, the output moves by about h times its
gradient.</p>
<table><thead><tr><th>input</th><th>value</th><th></th><th>gradient at the start</th><th>moved by</th></tr></thead>
<tbody id="inputs"></tbody></table>
<div class="pair" aria-live="polite"><div>predicted: h times gradient<strong id="predicted"></strong></div>
<div>the output really moves by<strong id="really"></strong></div></div>
<p id="verdict"></p>
<p class="buttons"><button id="here">Start from here</button>
<button id="typed">Back to the first values</button></p>
</section>"""


def circuit_page(circuit):
    """Make the page of a circuit: step through its gates, and change its inputs.

    Parameters
    ----------
    circuit : Circuit

    Returns
    -------
    html : str
    """
    wires = []
    for wire, value in zip(circuit.wires, circuit.values):
        names = circuit.operand_names(wire)
        wires.append(
            {
                "name": wire.name,
                "gate": wire.gate,
                "operands": [{"wire": o} if isinstance(o, int) else {"constant": o} for o in wire.operands],
                "written": GATES[wire.gate].written if wire.gate else "",
                "local": [text.format(**names, out=wire.name) for text in GATES[wire.gate].local] if wire.gate else [],
                "value": value,
            }
        )
    return _fill(
        title=f"{circuit.wires[-1].name} = {circuit.expression.strip()}",
        about="Values forward in green, gradients backward in red. Every number is computed in this page.",
        drawing=circuit_svg(circuit),
        more=CHANGE,
        data={"wires": wires},
        scripts=("steps.js", "circuit.js"),
    )


def net_page(flow):
    """Make the page of a net: step through its parts, forward and back.

    Parameters
    ----------
    flow : NetFlow

    Returns
    -------
    html : str
    """
    about = [
        f"A minibatch of {flow.num_examples} examples flows down through the net (green), and the gradient of the loss "
        "flows back up (red): every part multiplies what comes to it by its local gradients. Feature maps are of the "
        "first example; histograms leave zeros out, and say how many there are.",
        "Go through it step by step with \u2192. Inputs can be changed in the pages of circuits only.",
    ]
    rows = [{"title": row.title, "forward": row.forward, "backward": row.backward} for row in flow.rows]
    return _fill(
        title=f"{flow.title}: loss {number(flow.loss)}",
        about="Values forward in green, gradients backward in red, part by part.",
        drawing=net_svg(flow) + net_svg(flow, narrow=True),
        more="",
        data={"about": about, "rows": rows},
        scripts=("steps.js", "net.js"),
    )


def _fill(title, about, drawing, more, data, scripts):
    """Fill the template; drawing and more are HTML, title and about are text."""
    return Template(_read("page.html")).substitute(
        title=escape(title),
        about=escape(about),
        style=_read("page.css"),
        drawing=drawing,
        more=more,
        data=json.dumps(data).replace("<", "\\u003c"),
        script="\n".join(map(_read, scripts)),
    )


def _read(name):
    return (HERE / name).read_text(encoding="utf-8")
