"""The verb ``cost``: what each part of a model takes of parameters, operations, memory and time."""

import argparse
import csv
import sys
from dataclasses import dataclass

from .cost_model import Spread, matrix_product_peak, model_cost, step_cost
from .extras import NO_PICTURES, extra
from .model_file import add_model_options, make_model_and_data

COLUMNS = ("part", "out", "params", "MFLOP", "cache", "forward ms", "backward ms", "share", "GFLOP/s", "peak")


@dataclass(frozen=True)
class Report:
    """All that was measured of a model.

    Attributes
    ----------
    title : str
    parts : list of PartCost
    step : Spread
        Seconds of a whole training step.
    peak : float
        Operations a second of a large matrix product.
    by_batch_size : dict of int to Spread
        Seconds of a training step.
    """

    title: str
    parts: list
    step: Spread
    peak: float
    by_batch_size: dict


def add_cost(verbs):
    """Add the verb and its options to the program's parser."""
    about = "Measure what each part of a model takes of parameters, operations, memory and time."
    parser = verbs.add_parser("cost", help=about, description=about)
    add_model_options(parser)
    add = parser.add_argument
    add("--batch-size", type=_count, default=32, metavar="N", help="examples in a minibatch (%(default)s)")
    add("--batch-sizes", type=_counts, default=(1, 8, 32, 128), metavar="N,N", help="to compare steps of (1,8,32,128)")
    add("--rounds", type=_count, default=7, metavar="N", help="how often everything is timed (%(default)s)")
    add("--csv", metavar="FILE", help="write the table there, too")
    add("--picture", metavar="FILE", help="draw it there, as .png, .svg or .pdf")
    parser.set_defaults(run=lambda options: cost(options, parser.error))


def cost(options, refuse):
    """Measure a model, print the tables, and return the exit status."""
    pictures = extra("layerwise.cost_picture") if options.picture else None
    if options.picture and not pictures:
        refuse(f"argument --picture: {NO_PICTURES}")
    try:
        most = max(options.batch_size, *options.batch_sizes)
        model, X, y = make_model_and_data(options, num_examples=most)
        if len(X) < most:
            raise ValueError(f"batches of {most} are asked for; the training set has {len(X)} examples")
        N, dtype = options.batch_size, next(iter(model.params.values())).dtype
        report = Report(
            title=f"{options.model}, minibatches of {N} example{'s' * (N > 1)} of shape {X.shape[1:]}, {dtype}",
            parts=model_cost(model, X[:N], y[:N], options.rounds),
            step=step_cost(model, X[:N], y[:N], options.rounds),
            peak=matrix_product_peak(dtype),
            by_batch_size={n: step_cost(model, X[:n], y[:n], options.rounds) for n in options.batch_sizes},
        )
    except (TypeError, ValueError) as error:
        refuse(str(error))
    print(report.title, cost_table(report), batch_size_table(report.by_batch_size), sep="\n\n")
    try:
        if options.csv:
            write_csv(report, options.csv)
        if options.picture:
            pictures.draw_cost(report).savefig(options.picture)
    except (OSError, ValueError) as error:  # matplotlib does not know the ending
        print(f"layerwise cost: {error}", file=sys.stderr)
        return 1
    return 0


def cost_table(report):
    """Write the parts, their totals, and what they are measured against."""
    parts_seconds = sum(part.seconds for part in report.parts)
    rows = [COLUMNS]
    for part in report.parts:
        rows.append(
            (
                f"{part.number or '':>2} {part.name}",
                "x".join(map(str, part.out_shape[1:])),
                f"{part.num_parameters:,}" if part.num_parameters else "",
                "-" if part.flops is None else _mega(part.flops),
                _bytes(part.cache_bytes),
                _milliseconds(part.forward),
                _milliseconds(part.backward),
                f"{part.seconds / parts_seconds:.0%}",
                *_speed(part.flops, part.seconds, report.peak),
            )
        )
    known = [part.flops for part in report.parts if part.flops is not None]
    complete = len(known) == len(report.parts)
    rows.append(
        (
            "all parts",
            "",
            f"{sum(part.num_parameters for part in report.parts):,}",
            ("" if complete else ">= ") + _mega(sum(known)),
            _bytes(sum(part.cache_bytes for part in report.parts)),
            _short(1e3 * sum(part.forward.median for part in report.parts)) + 5 * " ",
            _short(1e3 * sum(part.backward.median for part in report.parts)) + 5 * " ",
            "100%",
            *_speed(sum(known) if complete else None, parts_seconds, report.peak),
        )
    )
    notes = [
        f"A whole step, with the loss and regularisation: {_milliseconds(report.step)} ms.",
        f"peak: of a product of two large matrices, {report.peak / 1e9:.3g} GFLOP/s here and now.",
        "ms: the median, ± half the distance between the quartiles. MFLOP: forward and backward, by formula; a",
        "multiplication and an addition are two; a fast convolution does fewer, and may pass the peak. cache: what is",
        "kept from forward to backward, apart from parameters and minibatch; what several caches hold counts once.",
    ]
    notes += [] if complete else ["-: there is no formula for that layer, and the total is without it."]
    return "\n".join([*_aligned(rows, num_left=2), "", *notes])


def batch_size_table(by_batch_size):
    """Write what a step takes with other batch sizes, in all and for each example.

    Examples
    --------
    >>> print(batch_size_table({1: Spread(1e-3, 1e-3, 2e-3), 8: Spread(4e-3, 4e-3, 4e-3)}))
    batch size    step ms  ms an example
             1  1.00 ±50%           1.00
             8  4.00  ±0%          0.500
    """
    rows = [("batch size", "step ms", "ms an example")]
    for N, spread in by_batch_size.items():
        rows.append((str(N), _milliseconds(spread), _short(1e3 * spread.median / N)))
    return "\n".join(_aligned(rows, num_left=0))


def write_csv(report, path):
    """Write the parts with all digits: seconds as median and quartiles, None as an empty field."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        quartiles = [f"{way} {which} (s)" for way in ("forward", "backward") for which in ("q1", "median", "q3")]
        writer.writerow(
            ["part", "name", "parameters", "out shape", "number of parameters", "forward FLOP", "backward FLOP"]
            + ["cache bytes", *quartiles, "share", "FLOP/s", "peak FLOP/s"]
        )
        total = sum(part.seconds for part in report.parts)
        for part in report.parts:
            writer.writerow(
                [part.number, part.name, " ".join(part.keys), " ".join(map(str, part.out_shape)), part.num_parameters]
                + [part.flops_forward, part.flops_backward, part.cache_bytes, *part.forward, *part.backward]
                + [part.seconds / total, None if part.flops is None else part.flops / part.seconds, report.peak]
            )


def _speed(flops, seconds, peak):
    """GFLOP/s, and which share of the peak that is."""
    return (f"{flops / seconds / 1e9:.3g}", f"{flops / seconds / peak:.0%}") if flops else ("-", "-")


def _milliseconds(spread):
    half = (spread.high - spread.low) / 2 / spread.median
    return f"{_short(1e3 * spread.median)} {'±' + format(half, '.0%'):>4}"


def _short(value):
    return f"{value:,.{3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0}f}"


def _mega(flops):
    return f"{flops / 1e6:,.0f}" if flops >= 1e8 else f"{flops / 1e6:.3g}"


def _bytes(count):
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def _aligned(rows, num_left):
    """Make lines of cells, the first few columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(
            cell.ljust(width) if place < num_left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]


def _count(text):
    """An argparse type: an integer of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be an integer >= 1, got {text!r}")
    return int(text)


def _counts(text):
    """An argparse type: integers of at least 1 with commas between them."""
    return tuple(_count(part.strip()) for part in text.split(","))
