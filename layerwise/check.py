"""The verb ``check``: are the gradients of a model right?"""

import re
import sys

from .check_model import check_model
from .model_file import add_model_options, make_model_and_data

SHOWN = 12


def add_check(verbs):
    """Add the verb and its options to the program's parser."""
    about = "Compare every gradient of a model with the numerical one, part by part; status 1 if one is wrong."
    parser = verbs.add_parser("check", help=about, description=about)
    add_model_options(parser)
    parser.add_argument("--all", action="store_true", help=f"print all gradients, not only the worst {SHOWN}")
    parser.set_defaults(run=lambda options: check(options, parser.error))


def check(options, refuse):
    """Check a model, print what was found, and return the exit status."""
    try:
        model, X, y = make_model_and_data(options, num_examples=8)
    except ValueError as error:
        refuse(str(error))
    try:
        results = check_model(model, X, y)
    except (TypeError, ValueError) as error:
        print(f"layerwise check: {options.model}: {error}", file=sys.stderr)
        return 1
    print(check_table(results, len(results) if options.all else SHOWN), end="\n\n")
    print(check_verdict(results))
    if not hasattr(model, "net"):
        print(f"{type(model).__name__} has no net, as a Classifier has: its parts could not be checked one by one.")
    return int(any(result.verdict == "WRONG" for result in results))


def check_table(results, most):
    """Write the worst gradients as a table; whatever is not ok is shown, and of the others the first.

    Examples
    --------
    >>> from .check_gradient import Result
    >>> print(check_table([Result("affine (part 1 of 3)", "dW1", 0.5, 1e-6, "WRONG", "(0, 2)", 1.5, 3.0)], most=5))
    verdict    error  bound  gradient  of          worst at  analytic  numerical
    WRONG    5.0e-01  1e-06  dW1       affine (1)  (0, 2)         1.5          3
    """
    rows = [("verdict", "error", "bound", "gradient", "of", "worst at", "analytic", "numerical")]
    shown = [result for place, result in enumerate(results) if place < most or result.verdict != "ok"]
    for result in shown:
        where = re.sub(r"\(parts? (.*) of \d+\)", r"(\1)", result.where).replace(" to ", "-")
        numbers = ("", "") if result.trouble else (f"{result.analytic:.5g}", f"{result.numerical:.5g}")
        error = "-" if result.trouble else f"{result.error:.1e}"
        rows.append((result.verdict, error, f"{result.bound:.0e}", result.name or "-", where, result.place, *numbers))
    widths = [max(map(len, column)) for column in zip(*rows)]
    to_the_right = (1, 2, 6, 7)
    lines = [
        "  ".join(
            cell.rjust(width) if place in to_the_right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]
    rest = len(results) - len(shown)
    return "\n".join(lines + ([f"... and {rest} more, all ok (--all shows them)"] if rest else []))


def check_verdict(results):
    """Say in sentences which parts are wrong, and which gradients of the loss."""
    lines = []
    for where in dict.fromkeys(result.where for result in results if result.verdict == "WRONG"):
        found = [result for result in results if result.where == where and result.verdict == "WRONG"]
        said = [result.trouble or f"{result.name}, by {result.error:.0%} of the largest entry" for result in found]
        if where == "the loss" and len(found) > 1 and not any(result.trouble for result in found):
            said = [f"{', '.join(result.name for result in found)} are wrong"]
        lines.append(f"WRONG: {where}: {'; '.join(said)}")
    wrong_parts = {result.where for result in results if result.verdict == "WRONG"} - {"the loss"}
    if lines and any(result.where != "the loss" for result in results):
        lines.append(
            f"What is wrong with the loss may follow from {'that part' if len(wrong_parts) == 1 else 'those parts'}."
            if wrong_parts and any(line.startswith("WRONG: the loss") for line in lines)
            else "" if wrong_parts else "Every part is right by itself: look at what the model's loss does with them."
        )
    kinks = [f"{result.name} of {result.where}" for result in results if result.verdict == "kink"]
    if kinks:
        lines.append(f"Not judged, since a kink was near at every try: {', '.join(kinks)}.")
    if not lines:
        lines.append(f"Gradients that agree with the numerical ones: {len(results)} of {len(results)}.")
    return "\n".join(line for line in lines if line)
