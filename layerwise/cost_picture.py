"""The picture of what a model costs, part by part."""

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from .pictures import INK, QUIET, RIGHT, WRONG


def draw_cost(report):
    """Draw time, cache, operations and parameters of each part, side by side.

    Parameters
    ----------
    report : Report

    Returns
    -------
    figure : matplotlib Figure
    """
    parts = report.parts
    rows = range(len(parts))
    figure = Figure(figsize=(10, 1.6 + 0.26 * len(parts)), layout="constrained")
    figure.suptitle(report.title, color=INK, fontsize=11)
    times, caches, operations, parameters = figure.subplots(1, 4, sharey=True, width_ratios=(2.2, 1, 1, 1))

    forward = [1e3 * part.forward.median for part in parts]
    backward = [1e3 * part.backward.median for part in parts]
    for left, values, spreads, color, label, shift in (
        ([0] * len(parts), forward, [part.forward for part in parts], RIGHT, "forward", -0.15),
        (forward, backward, [part.backward for part in parts], WRONG, "backward", 0.15),
    ):
        times.barh(rows, values, left=left, color=color, height=0.7, label=label)
        for row, start, spread in zip(rows, left, spreads):
            ends = [start + 1e3 * spread.low, start + 1e3 * spread.high]
            times.plot(ends, [row + shift, row + shift], color=INK, linewidth=1)
    times.plot([], [], color=INK, linewidth=1, label="quartiles")
    times.legend(frameon=False, fontsize=8, labelcolor=INK, loc="best")
    times.set_xlabel("ms")
    times.set_title("time", fontsize=10, color=INK)
    times.set_yticks(rows, [f"{part.number or ''} {part.name}".strip() for part in parts], fontsize=8)
    times.set_ylim(len(parts) - 0.4, -0.6)

    for axes, values, title, unit in (
        (caches, [part.cache_bytes / 1e3 for part in parts], "cache", "kB"),
        (operations, [(part.flops or 0) / 1e6 for part in parts], "operations", "MFLOP"),
        (parameters, [part.num_parameters for part in parts], "parameters", ""),
    ):
        axes.barh(rows, values, color=QUIET, height=0.7)
        axes.set_title(title, fontsize=10, color=INK)
        axes.set_xlabel(unit)
    for row, part in enumerate(parts):
        if part.flops is None:
            operations.text(0, row, " no formula", fontsize=7, color=INK, va="center")
    for axes in (times, caches, operations, parameters):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="both", labelsize=8, length=2)
        axes.locator_params(axis="x", nbins=5 if axes is times else 3)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.grid(axis="x", color="#e6eaee", linewidth=0.8)
        axes.set_axisbelow(True)
    return figure
