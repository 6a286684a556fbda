"""The pictures of a run. Each function returns a matplotlib Figure of its own; pyplot and its state are not used."""

import textwrap

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

INK, QUIET, RIGHT, WRONG = "#22303c", "#8a97a3", "#2c6fa6", "#cf5c2b"
RIGHTS = LinearSegmentedColormap.from_list("rights", ["#ffffff", RIGHT])
WRONGS = LinearSegmentedColormap.from_list("wrongs", ["#fbe9e1", WRONG])
MOST_MISTAKES = 40  # more would not be looked at, and the picture would get too tall
MOST_FILTERS = 144


def draw_curve(history, title):
    """Draw the loss, above, and both accuracies, below, against the epochs.

    Parameters
    ----------
    history : History
    title : str
    """
    rows, measured, kept = history.rows, history.measured(), history.kept
    epochs = np.array([row["iteration"] for row in rows]) / history.iterations_per_epoch
    losses = np.array([row["loss"] for row in rows])
    at = epochs[[row["iteration"] - 1 for row in measured]]

    figure = new_figure(f"Loss and accuracy while training\n{title}", 7.2, 5.6)
    above, below = figure.subplots(2, 1, sharex=True)
    few = "." if len(losses) < 20 else None
    above.plot(epochs, losses, color=QUIET, linewidth=0.6, alpha=0.6)
    above.plot(epochs, _smoothed(losses, max(1, len(losses) // 40)), color=INK, linewidth=1.6, marker=few)
    above.set_ylabel("loss of a minibatch")
    if losses.max() > 10 * losses.min() > 0:
        above.set_yscale("log")
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        above.yaxis.set_minor_formatter(NullFormatter())
        above.set_ylabel("loss of a minibatch (log scale)")

    for name, label, color in (("train_acc", "training", QUIET), ("val_acc", "validation", RIGHT)):
        below.plot(at, [100 * row[name] for row in measured], color=color, linewidth=1.6, marker=few, label=label)
    x = epochs[kept["iteration"] - 1]
    below.plot(x, 100 * kept["val_acc"], "o", color=WRONG, label=f"kept: {kept['val_acc']:.1%} validation")
    # The first quarter may run out of the picture below: it would press all the others together at the top.
    later = measured[-(-len(measured) // 4) :] or measured
    least = min(min(row["train_acc"], row["val_acc"]) for row in later)
    below.set_ylim(max(0, 100 * least - 3), 100 + (103 - 100 * least) / 30)
    below.set_ylabel("accuracy (%)")
    below.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    below.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    below.set_xlabel("epoch")
    below.legend(frameon=False, loc="best", labelcolor=INK, fontsize=9)
    for axes in (above, below):
        axes.grid(axis="y", color="#e6eaee", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_xlim(0, 1.01 * epochs[-1])
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_confusion(counts, class_names, title):
    """Draw a confusion matrix with its counts: what is right in blue, what is wrong in orange.

    Parameters
    ----------
    counts : ndarray of int, shape (C, C)
        Rows: what an example is; columns: what was said.
    class_names : sequence of C str
    title : str
    """
    C = len(counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = share * (1 - np.eye(C))
    colors = WRONGS(wrong / max(wrong.max(), 0.2))
    colors[counts == 0] = 1
    diagonal = np.arange(C)
    colors[diagonal, diagonal] = RIGHTS(0.25 + 0.6 * share.diagonal())

    size = 2.2 + 0.42 * max(C, 8)
    figure = new_figure(f"What was said, and what was right\n{title}", size, size)
    axes = figure.subplots()
    axes.imshow(colors)
    font = 10 if C <= 12 else 7
    for i, j in zip(*np.nonzero(counts)):
        color = "white" if i == j and share[i, j] > 0.5 else INK
        axes.text(j, i, counts[i, j], ha="center", va="center", fontsize=font, color=color)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, class_names)) > 4 else {}
    axes.set_xticks(diagonal, class_names, fontsize=font, **slanted)
    axes.set_yticks(diagonal, class_names, fontsize=font)
    axes.set_xticks(diagonal[1:] - 0.5, minor=True)
    axes.set_yticks(diagonal[1:] - 0.5, minor=True)
    axes.grid(which="minor", color="#e6eaee", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_color("#e6eaee")
    axes.set_xlabel("said")
    axes.set_ylabel("is", rotation=0, labelpad=12)
    return figure


def draw_mistakes(images, y, said, class_names, title):
    """Draw the images that were taken for something else, with what was said and what is right.

    Parameters
    ----------
    images : ndarray of shape (N, C, H, W)
        As they look, before any mean was removed; C = 3 are the colours red, green and blue.
    y, said : ndarrays of int, shape (N,)
    class_names : sequence of str
    title : str
    """
    wrong = np.flatnonzero(said != y)
    shown = wrong[:MOST_MISTAKES]
    some = f", the first {len(shown)} of them shown" if len(shown) < len(wrong) else ""
    rows = -(-len(shown) // 8)
    columns = max(5, -(-len(shown) // max(rows, 1)))
    heading = f"{_counted(len(wrong), 'mistake')} in {len(y)} test images{some}"
    figure = new_figure(f"{heading}\n{title}", 0.6 + 1.15 * columns, 0.8 + 1.5 * rows)
    low, high = images.min(), images.max()
    for axes, i in _tiles(figure, rows, columns, shown):
        image = (images[i] - low) / (high - low)
        axes.imshow(np.moveaxis(image, 0, -1) if len(image) == 3 else image.mean(axis=0), cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(f"said {class_names[said[i]]}\nis {class_names[y[i]]}", fontsize=9, color=INK)
    return figure


def draw_mistakes_in_plane(predict, X, y, said, class_names, title):
    """Draw points in the plane over the regions that a model divides it into, with rings round the wrong ones.

    Parameters
    ----------
    predict : function
        Labels of shape (N,) for points of shape (N, 2).
    X : ndarray of shape (N, 2)
    y, said : ndarrays of int, shape (N,)
    class_names : sequence of str
    title : str
    """
    C = len(class_names)
    colors = colormaps["viridis"](np.linspace(0.08, 0.92, C))
    reach = 1.1 * np.abs(X).max()
    axis = np.linspace(-reach, reach, 300)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    regions = predict(grid).reshape(len(axis), len(axis))
    wrong = said != y

    figure = new_figure(f"{_counted(wrong.sum(), 'mistake')} in {len(y)} test points\n{title}", 5.8, 6.4)
    axes = figure.subplots()
    axes.imshow(
        regions,
        origin="lower",
        extent=(-reach, reach, -reach, reach),
        cmap=ListedColormap(0.3 * colors[:, :3] + 0.7),
        vmin=-0.5,
        vmax=C - 0.5,
        interpolation="nearest",
    )
    for label in range(C):
        axes.scatter(*X[y == label].T, s=14, color=colors[label], label=f"is {class_names[label]}", linewidth=0)
    axes.scatter(*X[wrong].T, s=70, facecolor="none", edgecolor=WRONG, linewidth=1.4, label="said wrong")
    axes.set_xlabel("$x_0$; the colour behind a point is what was said")
    axes.set_ylabel("$x_1$")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=C + 1, frameon=False, fontsize=9, labelcolor=INK)
    return figure


def draw_filters(w, title):
    """Draw the filters of a convolutional layer, each scaled by its own largest weight.

    Parameters
    ----------
    w : ndarray of shape (F, C, HH, WW)
        With C = 3 a filter is a picture in colours; else each channel of a filter is a picture of its own.
    title : str
    """
    F, C, HH, WW = w.shape
    pictures = w if C == 3 else w.reshape(F * C, HH, WW)
    pictures = pictures / np.maximum(np.abs(pictures).reshape(len(pictures), -1).max(axis=1), 1e-30).reshape(
        -1, *[1] * (pictures.ndim - 1)
    )
    shown = range(min(len(pictures), MOST_FILTERS))
    some = f", the first {len(shown)} of {len(pictures)} pictures" if len(shown) < len(pictures) else ""
    key = "" if C == 3 else "; red adds, blue subtracts"
    heading = f"First layer: {_counted(F, 'filter')} of {HH} x {WW}, {_counted(C, 'channel')}{some}{key}"
    columns = max(8, int(np.ceil(np.sqrt(len(shown)))))
    rows = -(-len(shown) // columns)
    figure = new_figure(f"{heading}\n{title}", 0.4 + 0.72 * columns, 0.9 + 0.72 * rows)
    for axes, i in _tiles(figure, rows, columns, shown):
        picture = np.moveaxis((pictures[i] + 1) / 2, 0, -1) if C == 3 else pictures[i]
        axes.imshow(picture, cmap="RdBu_r", vmin=-1, vmax=1)
    return figure


def new_figure(title, width, height):
    """Make a white figure with a title at its left, wrapped to its width."""
    title = "\n".join(part for line in title.splitlines() for part in textwrap.wrap(line, int(12 * width)))
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, color=INK)
    return figure


def _tiles(figure, rows, columns, items):
    """Give (axes, item) for each item, on a grid; axes without ticks, none drawn where the items run out."""
    for number, item in enumerate(items, start=1):
        axes = figure.add_subplot(rows, columns, number)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_color("#d5dbe1")
        yield axes, item


def _smoothed(values, width):
    """The mean of the values up to `width` before and after each, of fewer at the ends."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    places = np.arange(len(values))
    start, end = np.maximum(places - width, 0), np.minimum(places + width + 1, len(values))
    return (sums[end] - sums[start]) / (end - start)


def _counted(number, noun):
    return f"{number} {noun}{'' if number == 1 else 's'}"
