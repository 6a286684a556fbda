"""The pictures of ``layerwise lr`` and ``layerwise search``, in the style of `layerwise.pictures`."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from .pictures import INK, QUIET, RIGHT, WRONG, new_figure

SCORES = LinearSegmentedColormap.from_list("scores", ["#e9eef2", RIGHT, "#0d2438"])


def draw_range_test(found, title):
    """Draw the losses of a learning-rate range test against the rates, and what it suggests.

    Parameters
    ----------
    found : RangeTest
    title : str
    """
    figure = new_figure(f"Learning-rate range test: try {found.suggestion:.2g}\n{title}", 7.2, 4.2)
    axes = figure.subplots()
    axes.plot(found.learning_rates, found.losses, color=QUIET, linewidth=0.6, alpha=0.6, label="loss of a minibatch")
    axes.plot(found.learning_rates, found.smoothed, color=INK, linewidth=1.6, label="smoothed")
    least = np.argmin(found.smoothed)
    axes.plot(found.learning_rates[least], found.smoothed[least], "o", color=WRONG, label="smallest")
    axes.axvline(found.suggestion, color=RIGHT, linewidth=1.6, linestyle="--", label="a tenth of that: try it")
    axes.set_xscale("log")
    # The explosion may run out of the picture: it would press all the rest together at the bottom.
    low, high = found.smoothed.min(), max(found.smoothed[: least + 1].max(), found.losses[0])
    axes.set_ylim(low - 0.25 * (high - low), high + 0.6 * (high - low))
    axes.set_xlabel("learning rate (log scale)")
    axes.set_ylabel("loss")
    _finish(axes)
    axes.legend(frameon=False, loc="upper left", labelcolor=INK, fontsize=9)
    return figure


def draw_trials(trials, title):
    """Draw the trials of a search over learning rate and regularisation, coloured by their scores.

    Parameters
    ----------
    trials : list of dict
        As `random_search` gives them, best first; the settings are ``lr`` and ``reg``.
    title : str
    """
    best, right = trials[0], [trial for trial in trials if trial["score"] is not None]
    figure = new_figure(f"{len(trials)} trials: the best has {best['score']:.1%}\n{title}", 7.2, 5.2)
    axes = figure.subplots()
    x, y = ([trial["settings"][name] for trial in right] for name in ("lr", "reg"))
    scores = [100 * trial["score"] for trial in right]
    dots = axes.scatter(x, y, c=scores, cmap=SCORES, s=70, edgecolor=INK, linewidth=0.6)
    failed = [trial["settings"] for trial in trials if trial["score"] is None]
    if failed:
        x, y = ([settings[name] for settings in failed] for name in ("lr", "reg"))
        axes.scatter(x, y, marker="x", color=WRONG, label="the loss was not finite")
    axes.scatter(
        best["settings"]["lr"], best["settings"]["reg"], s=220, facecolor="none", edgecolor=WRONG, linewidth=1.6,
        label="the best",
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("learning rate (log scale)")
    axes.set_ylabel("regularisation (log scale)")
    bar = figure.colorbar(dots, ax=axes, label="validation accuracy (%)")
    bar.outline.set_edgecolor("#e6eaee")
    _finish(axes)
    figure.legend(frameon=False, loc="outside lower left", ncols=2, labelcolor=INK, fontsize=9)
    return figure


def _finish(axes):
    axes.grid(color="#e6eaee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
