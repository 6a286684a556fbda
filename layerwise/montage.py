"""A picture of a set: a row of examples for each class. Like `pictures`, it leaves pyplot and its state alone."""

import numpy as np
from matplotlib.figure import Figure

INK = "#22303c"
MOST_ROWS = 25  # below each other; more classes go into further blocks
MOST_COLUMNS = 16
CELL = 0.42  # inches


def draw_montage(images, y, class_names, title):
    """Draw the first examples of each class.

    Parameters
    ----------
    images : ndarray of shape (N, C, H, W)
        From 0 to 1; C = 3 are the colours red, green and blue, of others the mean is drawn.
    y : ndarray of int, shape (N,)
    class_names : sequence of K str
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    K, (H, W) = len(class_names), images.shape[2:]
    blocks = -(-K // MOST_ROWS)
    rows, columns = -(-K // blocks), max(1, MOST_COLUMNS // blocks)
    names = 0.09 * max(map(len, class_names)) + 0.2
    width, height = blocks * (columns * CELL * W / H + names), rows * CELL + 0.7
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained", facecolor="white")
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, color=INK)
    for block, axes in enumerate(np.ravel(figure.subplots(1, blocks, squeeze=False))):
        classes = range(block * rows, min((block + 1) * rows, K))
        cells = [_row(images[np.flatnonzero(y == label)[:columns]], columns) for label in classes]
        axes.imshow(np.concatenate(cells), cmap="gray", vmin=0, vmax=1)
        axes.set_yticks([(H + 1) * (row + 0.5) - 1 for row in range(len(classes))], [class_names[k] for k in classes])
        axes.set_xticks([])
        axes.tick_params(length=0, labelcolor=INK, labelsize=8)
        axes.spines[:].set_visible(False)
    return figure


def _row(images, columns):
    """Put images beside each other, a white line after each, white where there are no more; (H + 1, width, 3)."""
    _, C, H, W = images.shape
    colors = images if C == 3 else np.repeat(images.mean(axis=1, keepdims=True), 3, axis=1)
    cells = np.ones((columns, H + 1, W + 1, 3))
    cells[: len(images), :H, :W] = np.clip(colors, 0, 1).transpose(0, 2, 3, 1)
    return cells.transpose(1, 0, 2, 3).reshape(H + 1, -1, 3)
