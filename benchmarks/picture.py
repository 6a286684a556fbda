"""The picture of the ratios: how many times faster than PyTorch, every step and layer."""

import textwrap

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

INK, QUIET, FASTER, SLOWER = "#22303c", "#8a97a3", "#2c6fa6", "#cf5c2b"


def draw_ratios(groups, title):
    """Draw the ratios as horizontal bars from 1, on a logarithmic scale, with their quartiles and their targets.

    Parameters
    ----------
    groups : dict of str to list of (label, Spread, target or None)
    title : str

    Returns
    -------
    figure : matplotlib Figure
    """
    heights = [len(bars) + 1.5 for bars in groups.values()]
    figure = Figure(figsize=(10, 1.2 + 0.24 * sum(heights)), dpi=150, layout="constrained", facecolor="white")
    heading = "PyTorch's time / ours (where it says so, scikit-learn's): to the right of 1 we are faster"
    figure.suptitle("\n".join([heading, *textwrap.wrap(title, 150)]), x=0.01, ha="left", fontsize=8, color=INK)
    panels = figure.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (heading, bars) in zip(panels, groups.items()):
        axes.set_title(heading, loc="left", fontsize=9, color=INK)
        for place, (label, ratio, target) in enumerate(bars):
            color = FASTER if ratio.median >= 1 else SLOWER
            axes.barh(place, ratio.median - 1, left=1, height=0.62, color=color)
            axes.plot(ratio[::2], (place, place), color=INK, linewidth=1)
            if target is not None:
                axes.plot((target, target), (place - 0.42, place + 0.42), color=QUIET, linewidth=2.2)
        axes.set_yticks(range(len(bars)), [label for label, _, _ in bars], fontsize=7, color=INK)
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.axvline(1, color=INK, linewidth=0.8)
        axes.set_xscale("log")
        axes.grid(axis="x", which="both", color="#e6eaee", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    axes.set_xticks((0.25, 0.5, 1, 2, 4, 8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("ratio (log scale); thin line: quartiles of the rounds; grey mark: target", fontsize=8, color=INK)
    return figure
