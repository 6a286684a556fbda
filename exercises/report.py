"""A result as one screen of text."""

import textwrap

WIDTH = 100
_MOST_ITEMS = 6


def render(result, figures=True):
    """Write a verdict as text, at most 100 characters wide.

    Parameters
    ----------
    result : Result
    figures : bool
        Whether with the numbers that came and were expected, and what was printed. Hidden cases keep theirs.

    Returns
    -------
    text : str
    """
    exercise = result.exercise
    title = f"exercise {exercise.id}, {exercise.title}"
    if result.passed:
        return f"PASS  {title}: {result.num_cases} cases, {_points(result.points)} ({result.seconds:.1f} s)\n"
    if not result.is_written:
        return f"....  {title}: to be written\n"
    lines = [f"FAIL  {title}: {result.num_failed} of {result.num_cases} cases ({result.seconds:.1f} s)"]
    first = result.feedback[0].case
    shown = [item for item in result.feedback if item.case == first][:_MOST_ITEMS]
    if first:
        lines += ["", f"case: {first}"]
    for item in shown:
        lines += [*_item(item, figures)]
    others = list(dict.fromkeys(item.case for item in result.feedback if item.case != first))
    if others:
        lines += ["", *_wrapped(f"also wrong: {'; '.join(others)}")]
    if result.advice:
        lines += ["", *_wrapped(f"It looks like this: {result.advice}")]
    if result.printed and figures:
        lines += ["", "your code printed:", *_wrapped(result.printed.strip()[:300], indent="  ")]
    return "\n".join(line[:WIDTH] for line in lines) + "\n"


def render_line(result):
    """Write a verdict as one line: what failed first, or what the mistake may be."""
    title = f"{result.exercise.id}, {result.exercise.title}"
    if result.passed:
        line = f"PASS  {title}: {_points(result.points)}"
    elif result.is_written:
        line = f"FAIL  {title}: {result.advice or result.feedback[0].text.splitlines()[0]}"
    else:
        line = f"....  {title}: to be written"
    return f"{line if len(line) <= WIDTH else line[:WIDTH - 4] + ' ...'}\n"


def _item(item, figures):
    yield from _wrapped(item.text, indent="  ")
    if item.error is not None and figures:
        yield f"    relative error {item.error:.1e}, may be {item.bound:.0e}"
        where = f" at {item.index}" if item.index else ""
        numerical = "" if item.numerical is None else f", by numbers {item.numerical:.9g}"
        yield f"    worst entry{where}: yours {item.value:.9g}, expected {item.expected:.9g}{numerical}"


def _wrapped(text, indent=""):
    for line in text.splitlines():
        yield from textwrap.wrap(line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ") or [""]


def _points(points):
    return f"{points} point" + "s" * (points != 1)
