"""Tables as text and as CSV, from rows that are dicts with the same keys."""

import csv

from .timing import Spread, short


def as_text(title, notes, rows):
    """Write a table in Markdown: title, columns in line, notes.

    Examples
    --------
    >>> print(as_text("Two", ["n: a number."], [{"name": "one", "n": 1}, {"name": "two", "n": None}]))
    ## Two
    <BLANKLINE>
    | name | n |
    | ---- | - |
    | one  | 1 |
    | two  | - |
    <BLANKLINE>
    - n: a number.
    """
    cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    head, *body = ([cell.ljust(width) for cell, width in zip(line, widths)] for line in cells)
    lines = ["| " + " | ".join(line) + " |" for line in (head, ["-" * width for width in widths], *body)]
    return "\n".join([f"## {title}", "", *lines, "", *(f"- {note}" for note in notes)])


def write_csv(path, rows):
    """Write the rows, a median with its quartiles as three columns, None as an empty field."""
    flat = [_flat(row) for row in rows]
    columns = {name: None for row in flat for name in row}
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(flat)


def _flat(row):
    flat = {}
    for name, value in row.items():
        if isinstance(value, Spread):
            flat |= {name: value.median, f"{name} q1": value.low, f"{name} q3": value.high}
        else:
            flat[name] = value
    return flat


def _text(value):
    if value is None:
        return "-"
    return short(value) if isinstance(value, float) else str(value)
