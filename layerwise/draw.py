"""The verb ``draw``: a circuit of gates, or a whole net, with what flows through it forward and backward."""

import math
import sys
from pathlib import Path

from . import catalogue
from .drawing import circuit, circuit_page, circuit_svg, net_flow, net_page, net_svg
from .model_file import sizes, make_model_and_data
from .options import as_float, integer

EXAMPLE = '"(x + y) * z" x=-2 y=5 z=-4'
KINDS = {".svg": "a picture", ".html": "a page to step through"}


def add_draw(verbs):
    """Add the verb and its options to the program's parser."""
    about = (
        "Draw values forward (green) and gradients backward (red): of an expression, gate by gate, or of a net on a "
        f"minibatch, part by part. For example: layerwise draw {EXAMPLE}; layerwise draw --model convnet"
    )
    summary = "Draw what flows forward and backward: a circuit, or a net."
    parser = verbs.add_parser("draw", help=summary, description=about)
    add = parser.add_argument
    add("expression", nargs="?", help="numbers, names, + - * / **, exp log sigmoid max ...; (q := x + y) names a gate")
    add("values", nargs="*", metavar="NAME=NUMBER", help="a value for each name")
    add("--group", action="store_true", help="draw 1 / (1 + exp(-u)) as one sigmoid gate")
    add("--model", metavar="MODEL", help=f"a net: {', '.join(catalogue.MODELS)}; or your own: my_model.py:MyNet")
    add("--data", metavar="NAME", default="digits", help=f"examples for the net: {catalogue.SPELLINGS} (%(default)s)")
    add("--input-dim", type=sizes, metavar="C,H,W", help="random examples of that shape in place of data")
    add("--batch-size", type=integer(1), default=32, metavar="N", help="examples in the minibatch (%(default)s)")
    add("--seed", type=integer(0), default=0, metavar="N", help="of the net's weights (%(default)s)")
    add(
        "--out", action="append", metavar="FILE",
        help="a picture, FILE.svg, or a page to step through, FILE.html; may be given twice (circuit.html or net.html)",
    )  # fmt: skip
    parser.set_defaults(run=lambda options: draw(options, parser.error))


def draw(options, refuse):
    """Print a table, write the files, and return the exit status.

    Parameters
    ----------
    options : argparse.Namespace
        What `add_draw` asks for.
    refuse : function
        Is told what is wrong with an option; does not return.
    """
    if (options.expression is None) == (options.model is None):
        refuse(f"expected an expression with values, such as {EXAMPLE}, or --model, one of the two")
    if options.model is None and (options.expression in catalogue.MODELS or ".py:" in options.expression):
        refuse(f"a net is drawn with --model {options.expression}")
    files = [Path(name) for name in options.out or ["net.html" if options.model else "circuit.html"]]
    for file in files:
        if file.suffix not in KINDS:
            known = " and ".join(f"{ending} ({what})" for ending, what in KINDS.items())
            refuse(f"argument --out: {file} ends in neither of {known}")
        if not file.parent.is_dir():
            refuse(f"argument --out: {file.parent} is no folder")
    try:
        if options.model is None:
            drawn, svg, page = _circuit(options), circuit_svg, circuit_page
        else:
            drawn, svg, page = _net(options), net_svg, net_page
    except (TypeError, ValueError) as error:
        refuse(str(error))
    print(drawn.table())
    try:
        for file in files:
            file.write_text((svg if file.suffix == ".svg" else page)(drawn), encoding="utf-8")
            print(f"wrote {file}, {KINDS[file.suffix]}")
    except OSError as error:
        print(f"layerwise draw: {error}", file=sys.stderr)
        return 1
    return 0


def _circuit(options):
    values = {}
    for text in options.values:
        name, _, amount = text.partition("=")
        value = as_float(amount)
        if not name or not math.isfinite(value):
            raise ValueError(f"expected NAME=NUMBER, such as x=-2, got {text!r}")
        if name in values:
            raise ValueError(f"{name} has two values")
        values[name] = value
    made = circuit(options.expression, **values)
    return made.grouped() if options.group else made


def _net(options):
    model, X, y = make_model_and_data(options, options.batch_size, options.seed)
    return net_flow(model, X, y)
