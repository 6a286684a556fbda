"""The picture of a flow: histograms of all layers, and how their figures change while the net learns."""

import numpy as np
from matplotlib.colors import LogNorm, Normalize

from .flow import EDGES
from .pictures import INK, RIGHT, WRONG, new_figure


def draw_flow(flows, title):
    """Draw what flows forward (blue) and back (orange) through one net, or through several side by side.

    Above, the histograms of each layer: filled at the first moment, a line at the last. Below, over the iterations, the
    standard deviation of the activations, the norm of the gradients, the share of dead units, and the loss.

    Parameters
    ----------
    flows : dict of str to Flow
        By the name of the net; each with at least one moment.
    title : str

    Returns
    -------
    figure : matplotlib.figure.Figure
    """
    several = len(flows) > 1
    rows = max(len(flow.layers) for flow in flows.values())
    tall = 0.6 + 0.19 * rows
    if several:
        figure = new_figure(title, 1 + 2.9 * len(flows), 4.6 + 5 * tall)
        heights = [1.2 * tall, 1.2 * tall, tall, tall, tall, 1.6]
        columns = figure.subplots(6, len(flows), height_ratios=heights, squeeze=False).T
    else:
        figure = new_figure(title, 9, 3.2 + 3.2 * tall)
        columns = [figure.subplots(3, 2, height_ratios=[1.2 * tall, tall, tall]).ravel()]
    every = list(flows.values())
    decades = {of: _decades(every, of) for of in ("activations", "gradients")}
    scales = {
        "std": _log_scale(every, "activations", "std"),
        "norm": _log_scale(every, "gradients", "norm"),
        "dead": Normalize(0, 1),
    }
    end = max(flow.moments[-1].iteration for flow in every)
    # A run that ended at once has nothing to show, and its loss would flatten the others'.
    losses = [moment.loss for flow in every for moment in flow.moments if np.isfinite(moment.loss) and flow.moments[1:]]
    for number, (axes, (name, flow)) in enumerate(zip(columns, flows.items())):
        last = number == len(flows) - 1
        _draw_histograms(axes[0], flow, "activations", RIGHT, decades["activations"])
        _draw_histograms(axes[1], flow, "gradients", WRONG, decades["gradients"])
        panels = (("activations", "std", "Blues"), ("gradients", "norm", "Oranges"), ("activations", "dead", "Greys"))
        for place, (of, figure_name, colors) in zip(axes[2:5], panels):
            image = _draw_over_time(place, flow, of, figure_name, colors, scales[figure_name], end)
            if last:
                figure.colorbar(image, ax=place, aspect=15, pad=0.02).ax.tick_params(labelsize=8)
        _draw_loss(axes[5], flow, end, losses)
        if several:
            axes[0].set_title(f"{name}\n\n{axes[0].get_title(loc='left')}", fontsize=9, color=INK, loc="left")
    return figure


def _draw_histograms(axes, flow, of, color, decades):
    """One histogram a layer, the first layer above; their heights have one scale, so that zeros are seen as lack."""
    first, last = (getattr(flow.moments[place], of) for place in (0, -1))
    middles = (EDGES[:-1] + EDGES[1:]) / 2
    highest = max(first["histogram"].max(), last["histogram"].max(), 1e-9)
    for i in range(len(flow.layers)):
        axes.fill_between(middles, i, i - 0.9 * first["histogram"][i] / highest, color=color, alpha=0.45, linewidth=0)
        if len(flow.moments) > 1:
            axes.plot(middles, i - 0.9 * last["histogram"][i] / highest, color=INK, linewidth=0.8)
        axes.axhline(i, color="#e6eaee", linewidth=0.6, zorder=0)
    axes.set_xlim(decades)
    axes.xaxis.set_major_formatter(lambda decade, _: f"$10^{{{decade:g}}}$")
    _name_layers(axes, flow)
    axes.set_ylim(len(flow.layers) - 0.6, -1.1)
    axes.set_title(f"size of the {of}", fontsize=9, color=INK, loc="left")


def _draw_over_time(axes, flow, of, name, colors, scale, end):
    """A row a layer, a column a moment."""
    values = flow.figures(of, name).T
    at = np.array([moment.iteration for moment in flow.moments], float)
    steps = np.append(at, at[-1] + flow.every)
    shown = np.clip(values, scale.vmin, scale.vmax)
    image = axes.pcolormesh(steps, np.arange(len(values) + 1) - 0.5, shown, cmap=colors, norm=scale)
    axes.set_xlim(0, max(end, steps[-1]))
    _name_layers(axes, flow)
    axes.set_ylim(len(values) - 0.5, -0.5)
    words = {"std": "std of the activations", "norm": "norm of the gradients", "dead": "share of dead units"}[name]
    axes.set_title(words, fontsize=9, color=INK, loc="left")
    return image


def _draw_loss(axes, flow, end, losses):
    """The loss of the examples that the flow is measured on."""
    axes.plot([moment.iteration for moment in flow.moments], [moment.loss for moment in flow.moments], color=INK)
    axes.set_xlim(0, max(end, 1))
    axes.set_ylim(0, 1.05 * max(losses, default=1))
    axes.set_title("loss", fontsize=9, color=INK, loc="left")
    axes.set_xlabel("iteration", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _name_layers(axes, flow):
    axes.set_yticks(range(len(flow.layers)), flow.layers, fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[:].set_color("#d5dbe1")


def _decades(flows, of):
    """The decades in which any histogram has anything, as the limits of an axis."""
    counts = sum(flow.figures(of, "histogram")[[0, -1]].sum(axis=(0, 1)) for flow in flows)
    filled = np.flatnonzero(counts > 1e-3)
    return (EDGES[filled[0]] - 0.5, EDGES[filled[-1] + 1] + 0.5) if len(filled) else (-1, 1)


def _log_scale(flows, of, name):
    values = np.concatenate([flow.figures(of, name).ravel() for flow in flows])
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return LogNorm(0.1, 1)
    low, high = np.floor(np.log10(max(values.min(), 1e-12))), np.ceil(np.log10(max(values.max(), 1e-11)))
    return LogNorm(10.0**low, 10.0 ** max(high, low + 1))
