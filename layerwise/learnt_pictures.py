"""The pictures of what a net has learnt. Images are given as they look: of shape (N, C, H, W), the mean added back."""

import numpy as np
from matplotlib import colormaps

from .pictures import INK, QUIET, WRONG, draw_filters, new_figure

__all__ = [
    "draw_attention",
    "draw_classes",
    "draw_feature_maps",
    "draw_filters",
    "draw_fooling",
    "draw_inversions",
    "draw_map",
    "draw_neighbours",
]
MOST_CHANNELS = 10


def draw_feature_maps(layers, title):
    """Draw what each layer makes of one image: its first channels.

    Where a layer gives negative values, red is positive and blue negative, and each map has a scale of its own; else a
    layer's maps have one, from white to black.

    Parameters
    ----------
    layers : list of Part
        From ``layers_of(model, image)`` with one image; layers whose output is no map are left out.
    title : str
    """
    rows = [("input", layers[0].x[0], "image")]
    for number, part in enumerate(layers, start=1):
        if part.out.ndim == 4:
            maps = part.out[0, :MOST_CHANNELS]
            short = part.layer.name if len(part.layer.name) <= 18 else part.layer.name[:17] + "\u2026"
            name = f"{number} {short}\n{' x '.join(map(str, part.out.shape[1:]))}"
            rows.append((name, maps, "signed" if maps.min() < 0 else "image"))
    return _draw_rows([(name, maps[:, None], kind) for name, maps, kind in rows], None, title)


def draw_attention(images, saliency, drops, names, title):
    """Draw, for each image, its saliency map and its occlusion map.

    Parameters
    ----------
    images : ndarray of shape (N, C, H, W)
    saliency, drops : ndarray of shape (N, H, W)
        From `compute_saliency_maps` and `occlusion_maps`.
    names : sequence of N str
    title : str
    """
    maps = [("saliency", saliency[:, None], "size"), ("occlusion", drops[:, None], "signed")]
    heading = "Saliency: dark where a small change matters. Occlusion: red where a patch costs score"
    return _draw_rows([("image", images, "image"), *maps], names, f"{heading}\n{title}")


def draw_fooling(images, fooling, names, title):
    """Draw images, what was added to them, and the images that fool the net.

    Parameters
    ----------
    images, fooling : ndarray of shape (N, C, H, W)
    names : sequence of N str
        What each is, and what it is taken for.
    title : str
    """
    changed = [("change", fooling - images, "signed"), ("taken for\nanother", fooling, "image")]
    heading = "Fooling images: red was added, blue taken away"
    return _draw_rows([("image", images, "image"), *changed], names, f"{heading}\n{title}")


def draw_classes(means, images, class_names, title):
    """Draw the image that each class's score likes best, below the mean image of the class.

    Parameters
    ----------
    means, images : ndarray of shape (C, C', H, W)
        One for each class.
    class_names : sequence of str
    title : str
    """
    rows = [("mean of\nthe class", means, "image"), ("what raises\nthe score", images, "own")]
    return _draw_rows(rows, class_names, f"Class visualisation: images that raise the score of one class\n{title}")


def draw_inversions(images, inverted, title):
    """Draw images, and below them what can be made again of them from each layer's features.

    Parameters
    ----------
    images : ndarray of shape (N, C, H, W)
    inverted : dict of str to ndarray of shape (N, C, H, W)
        By the name of the layer.
    title : str
    """
    rows = [("image", images, "image"), *((name, made, "image") for name, made in inverted.items())]
    return _draw_rows(rows, None, f"Feature inversion: images made again from what each layer knows of them\n{title}")


def draw_neighbours(images, others, labels, other_labels, found, class_names, title):
    """Draw, behind each image, those that lie nearest to it; the frames of other classes are orange.

    Parameters
    ----------
    images : ndarray of shape (Q, C, H, W)
    others : ndarray of shape (N, C, H, W)
        Among which was looked.
    labels, other_labels : ndarray of int, shapes (Q,) and (N,)
    found : dict of str to ndarray of int, shape (Q, k)
        What `nearest_neighbours` found, by the name of the space.
    class_names : sequence of str
    title : str
    """
    columns = 1 + sum(1 + indices.shape[1] for indices in found.values())
    heading = f"Nearest neighbours in the training set; orange: of another class\n{title}"
    figure = new_figure(heading, 0.62 * columns, 1.2 + 0.66 * len(images))
    low, high = others.min(), others.max()
    grid = figure.subplots(len(images), columns, squeeze=False)
    for axes in grid.ravel():
        axes.axis("off")
    for q, row in enumerate(grid):
        _show(row[0], images[q], "image", low, high, QUIET)
        start = 2
        for name, indices in found.items():
            for axes, i in zip(row[start:], indices[q]):
                wrong = other_labels[i] != labels[q]
                _show(axes, others[i], "image", low, high, WRONG if wrong else "#d5dbe1", 2.2 if wrong else 0.8)
                if wrong:
                    axes.set_title(class_names[other_labels[i]], fontsize=7, color=WRONG, pad=2)
            if q == 0:
                place = {"transform": row[start].transAxes, "fontsize": 9, "color": INK}
                # It is wider than its column, which must not grow with it.
                row[start].text(0, 1.15, f"nearest by {name}", **place).set_in_layout(False)
            start += 1 + indices.shape[1]
    grid[0, 0].set_title("image", fontsize=9, color=INK)
    return figure


def draw_map(maps, y, class_names, title):
    """Draw examples on flat maps of feature spaces, coloured by class.

    Parameters
    ----------
    maps : dict of str to (coordinates (N, 2), shares (2,))
        From `principal_plane`, by the name of the space.
    y : ndarray of int, shape (N,)
    class_names : sequence of str
    title : str
    """
    colors = colormaps["tab10" if len(class_names) <= 10 else "tab20"].colors
    figure = new_figure(f"PCA: the two directions of largest variance\n{title}", 5.2 * len(maps), 5.6)
    for axes, (name, (coordinates, shares)) in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps.items()):
        for label, class_name in enumerate(class_names):
            points = coordinates[y == label]
            color = colors[label % len(colors)]
            axes.scatter(*points.T, s=9, color=color, alpha=0.7, linewidth=0)
            if len(points):
                box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": color, "alpha": 0.85}
                size = 10 if len(class_name) < 4 else 7.5
                at = np.median(points, axis=0)
                axes.text(*at, class_name, fontsize=size, color=INK, weight="bold", ha="center", va="center", bbox=box)
        axes.set_title(f"{name}: {shares.sum():.0%} of the variance", fontsize=9.5, color=INK, loc="left")
        axes.set_xlabel(f"first component ({shares[0]:.0%})", fontsize=9)
        axes.set_ylabel(f"second component ({shares[1]:.0%})", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_rows(rows, names, title):
    """Draw rows of images, each with its name at its left; names of the columns above the first.

    A row is (name, images (N, C, H, W), kind); the images of kind "image" have one scale in a row.
    """
    columns = max(len(images) for _, images, _ in rows)
    figure = new_figure(title, 1.3 + 0.78 * columns, 0.9 + 0.84 * len(rows))
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, images, kind) in zip(grid, rows):
        for axes, image in zip(line, images):
            _show(axes, image, kind, images.min(), images.max())
        for axes in line[len(images) :]:
            axes.axis("off")
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9, color=INK)
    longest = max((len(line) for name in names or () for line in name.splitlines()), default=0)
    for axes, name in zip(grid[0], names or ()):
        axes.set_title(name, fontsize=9 if longest <= 11 else 7, color=INK)
    return figure


def _show(axes, image, kind, low, high, frame="#d5dbe1", width=0.8):
    """Show one image (C, H, W): as it looks, stretched by itself, by the size of its values, or by their signs."""
    axes.axis("on")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color=frame, linewidth=width)
    if kind == "own":
        low, high = image.min(), image.max()
    most = max(float(np.abs(image).max()), 1e-30)
    if len(image) == 3 and kind in ("image", "own"):
        axes.imshow(np.moveaxis((image - low) / max(high - low, 1e-30), 0, -1))
    elif kind == "size":
        axes.imshow(image.mean(axis=0), cmap="Blues", vmin=0, vmax=most)
    elif kind == "signed":
        axes.imshow(image.mean(axis=0), cmap="RdBu_r", vmin=-most, vmax=most)
    else:
        axes.imshow(image.mean(axis=0), cmap="gray_r", vmin=low, vmax=max(high, low + 1e-30))

