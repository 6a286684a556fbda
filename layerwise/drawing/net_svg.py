"""Draw a net from top to bottom: its wires at the left; beside each part what leaves it, and the gradient of that."""

import base64
import struct
import zlib
from html import escape

import numpy as np

from .circuit_svg import svg_document
from .net import norm
from .text import number

LANE, MARGIN, HEADING, LETTER = 22, 20, 58, 8.6
HIGH, BINS = 34, 28  # of a histogram
MOST_IMAGES, IMAGES_A_ROW, MOST_PIXELS, IMAGES_HIGH = 10, 5, 32, 56


def net_svg(flow, narrow=False):
    """Draw a net's flow as an SVG document that needs nothing else.

    Parameters
    ----------
    flow : NetFlow
    narrow : bool
        For a phone: what else stands side by side stands below each other.

    Returns
    -------
    svg : str
        Row 3 is a group with ``data-row="3"``, and in it stand groups of the classes ``forward`` and ``backward``.
    """
    left = MARGIN + LANE * flow.num_lanes
    if narrow:
        wide = 124  # each of the two columns
        right = left + wide + 12
        at = {"images": (right, 8), "forward": (left, 72), "backward": (right, 72)}
        width = right + wide + 8
    else:
        wide = 140
        start = left + 190
        after = start + (wide + 22 if any(images(row) is not None for row in flow.rows) else 0)
        at = {"images": (start, 10), "forward": (after, 10), "backward": (after + wide + 22, 10)}
        width = after + 2 * wide + 22 + MARGIN
    tops, y = [], HEADING
    for row in flow.rows:
        tops.append(y)
        y += _height(row, narrow)
    middles = [top + (14 if row.kind == "fork" else 28) for top, row in zip(tops, flow.rows)]
    shapes = [_heading(flow, at, narrow)]
    shapes += [_wire(flow, link, middles) for link in flow.links]
    for index, row in enumerate(flow.rows):
        shapes += _draw_row(index, row, tops[index], middles[index], left, width, at, wide, narrow)
    said = f"{flow.title} on {flow.num_examples} examples: " + ", ".join(
        row.title for row in flow.rows if row.kind not in ("fork", "sum")
    )
    return svg_document(width, y + 4, said, shapes, name="net narrow" if narrow else "net wide")


def _height(row, narrow):
    if row.kind in ("fork", "loss"):
        return 28 if row.kind == "fork" else 60
    return 138 if narrow else 78


def _heading(flow, at, narrow):
    title = f'<text class="heading" x="{MARGIN}" y="24">{escape(flow.title)}, {flow.num_examples} examples</text>'
    if narrow:
        return title  # each row says by its colours which is which
    words = (("images", "feature maps"), ("forward", "values"), ("backward", "gradients"))
    with_images = at["images"][0] != at["forward"][0]
    return title + "".join(
        f'<text class="heading {name}-heading" x="{at[name][0]}" y="48">{word}</text>'
        for name, word in words
        if with_images or name != "images"
    )


def _x(lane):
    return MARGIN + LANE * lane


def _wire(flow, link, middles):
    start, end, lane = link
    x, from_x, to_x = _x(lane), _x(flow.rows[start].lane), _x(flow.rows[end].lane)
    y, to_y = middles[start], middles[end]
    bend = min(26, (to_y - y) / 2)
    path = f"M{from_x} {y}" + (f"C{from_x} {y + bend} {x} {y} {x} {y + bend}" if from_x != x else "")
    path += f"V{to_y - bend}C{x} {to_y} {to_x} {to_y - bend} {to_x} {to_y}" if to_x != x else f"V{to_y}"
    return f'<path class="wire" d="{path}"/>'


def _draw_row(index, row, top, middle, left, width, at, wide, narrow):
    x, height = _x(row.lane), _height(row, narrow)
    yield f'<g class="row" data-row="{index}">'
    yield f'<rect class="back" x="{left - 8}" y="{top + 1}" width="{width - left}" height="{height - 2}" rx="6"/>'
    if row.kind == "fork":
        yield f'<circle class="fork" cx="{x}" cy="{middle}" r="4"/>'
        yield f'<g class="backward"><text class="detail grad" x="{left}" y="{middle + 4}">'
        yield f"gradients of the branches add up: norm {norm(row.grad)}</text></g></g>"
        return
    sign = "+" if row.kind == "sum" else ""
    yield f'<g class="gate"><rect x="{x - 9}" y="{middle - 9}" width="18" height="18" rx="9"/>'
    yield f'<text class="sign" x="{x}" y="{middle + 5}">{sign}</text></g>'
    room = at["images"][0] - left - 8
    squeezed = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if LETTER * len(row.title) > room else ""
    yield f'<text class="title" x="{left}" y="{top + 22}"{squeezed}>{escape(row.title)}</text>'
    if row.kind == "loss":
        yield f'<text class="detail" x="{left}" y="{top + 40}">without regularisation</text></g>'
        return
    yield f'<text class="detail" x="{left}" y="{top + 39}">{escape(str(row.value.shape))}</text>'
    yield '<g class="forward">'
    pixels = images(row)
    if pixels is not None:
        yield _image(pixels, at["images"][0], top + at["images"][1], wide)
    yield from _histogram("value", row.value, at["forward"][0], top + at["forward"][1], wide)
    yield '</g><g class="backward">'
    for line, text in enumerate(_params(row)):
        yield f'<text class="detail grad" x="{left}" y="{top + 53 + 13 * line}">{text}</text>'
    yield from _histogram("grad", row.grad, at["backward"][0], top + at["backward"][1], wide)
    yield "</g></g>"


def _params(row):
    """The norm of each parameter's gradient, in two lines at most."""
    words = [f"|d{escape(key)}| {norm(dw)}" for key, _, dw in row.params]
    return words if len(words) < 3 else [words[0], f"{words[1]} and {len(words) - 2} more"]


def _histogram(name, array, x, y, wide):
    """Bars of all finite values but the zeros, whose share is written below them."""
    finite = array[np.isfinite(array)].astype(np.float64)
    others = finite[finite != 0]
    if others.size:
        low, high = min(0.0, others.min()), max(0.0, others.max())
        counts, _ = np.histogram(others, BINS, range=(low, high))
        tall = np.round(HIGH * counts / counts.max(), 1)
        step = wide / BINS
        bars = "".join(f"V{y + HIGH - bar:.4g}h{step:g}" for bar in tall)
        zero = x + wide * (0 - low) / (high - low)
        yield f'<path class="bars {name}" d="M{x} {y + HIGH}{bars}V{y + HIGH}Z"/>'
        yield f'<path class="axis" d="M{x} {y + HIGH}h{wide}M{zero:.1f} {y + HIGH}v4"/>'
        yield f'<text class="detail {name}" x="{x}" y="{y + HIGH + 14}">{number(low)}</text>'
        yield f'<text class="detail end {name}" x="{x + wide}" y="{y + HIGH + 14}">{number(high)}</text>'
    zeros, lost = np.mean(array == 0), array.size - finite.size
    said = f"norm {norm(array)}" if name == "grad" else f"mean {number(finite.mean())}" if finite.size else ""
    said += f", {zeros:.0%} zero" if zeros else ""
    said = f"{lost} not finite" if lost else said
    yield f'<text class="detail middle {name}" x="{x + wide / 2}" y="{y + HIGH + 27}">{said}</text>'


def images(row):
    """The images of a row as one array of bytes, shape (H, W, 4), red, green, blue and opacity; None if it has none.

    The input shows the first examples, a part the first channels of the first example, each row of its own contrast.
    """
    if row.value is None or row.kind == "fork" or row.value.ndim != 4 or min(row.value.shape[2:]) < 2:
        return None
    if row.kind == "input":
        shown = row.value[:MOST_IMAGES, : 3 if row.value.shape[1] == 3 else 1]
    else:
        shown = row.value[0, :MOST_IMAGES, np.newaxis]
    step = -(-max(shown.shape[2:]) // MOST_PIXELS)
    shown = shown[:, :, ::step, ::step].astype(np.float64)
    shown = np.where(np.isfinite(shown), shown, 0)
    low, high = shown.min(), shown.max()
    shown = np.round(255 * (shown - low) / ((high - low) or 1)).astype(np.uint8)
    count, _, H, W = shown.shape
    across = min(IMAGES_A_ROW, count)
    canvas = np.zeros((-(-count // across) * (H + 1) - 1, across * (W + 1) - 1, 4), np.uint8)
    for place, image in enumerate(shown):
        top, left = place // across * (H + 1), place % across * (W + 1)
        canvas[top : top + H, left : left + W, :3] = np.moveaxis(image, 0, -1)
        canvas[top : top + H, left : left + W, 3] = 255
    return canvas


def png(pixels):
    """Encode bytes of shape (H, W, 4) as a PNG file (https://www.w3.org/TR/png/)."""
    H, W, _ = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", W, H, 8, 6, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines, 9)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _image(pixels, x, y, wide):
    H, W, _ = pixels.shape
    scale = min(wide / W, IMAGES_HIGH / H)
    content = base64.b64encode(png(pixels)).decode()
    return (
        f'<image class="maps" x="{x}" y="{y}" width="{W * scale:.1f}" height="{H * scale:.1f}" '
        f'href="data:image/png;base64,{content}"/>'
    )
