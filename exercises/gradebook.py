"""What a run of the grader leaves: ``grades.csv``, ``summary.html``, and for each submission a file for Gradescope."""

import csv
import html
import json
from collections import Counter
from pathlib import Path

from .gradescope import results_of
from .syllabus import LESSONS

_MOST_NAME = 60
_STATES = {
    "passed": ("all", "✓"), "failed": ("none", "✗"), "not written": ("blank", "–"), "not checked": ("some", "?"),
}  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2530; --quiet: #566472; --paper: #fff; --line: #d5dce3; --code: #f4f6f8;
  --all: #cdebd3; --some: #fdf3cf; --none: #f6d5d2; --blank: #e9edf1; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ed; --quiet: #a3b0bd; --paper: #14191f; --line: #3a4550;
  --code: #1e252d; --all: #1e4a2b; --some: #55460f; --none: #5c2522; --blank: #2b333c; --link: #8ab8f0; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p { margin: .3rem 0; overflow-wrap: anywhere; } a { color: var(--link); } .quiet { color: var(--quiet); }
.warning { background: var(--some); padding: .5rem .8rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } th, td { padding: .3rem .5rem; text-align: right; }
th { font-weight: 600; border-bottom: 2px solid var(--line); } td { border-bottom: 1px solid var(--line); }
.text { text-align: left; overflow-wrap: anywhere; min-width: 9rem; } td.points { font-weight: 600; }
.all { background: var(--all); } .some { background: var(--some); } .none { background: var(--none); }
.blank { background: var(--blank); color: var(--quiet); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem; }
td.quiet { min-width: 16rem; }
summary { cursor: pointer; overflow-wrap: anywhere; } summary span { white-space: nowrap; }
@media (min-width: 40rem) { summary b { display: inline-block; min-width: 16rem; } }
[id] { scroll-margin-top: 4rem; }
pre { background: var(--code); padding: .6rem .8rem; font-size: .82rem; margin: .5rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.chip { display: inline-block; padding: 0 .45rem; margin: .12rem; border-radius: 4px; font-size: .8rem; }
"""


def write_gradebook(folder, marks, exercises, seed, walls):
    """Write all files into a folder.

    Parameters
    ----------
    folder : path
        In which there is nothing yet.
    marks : list of Mark
    exercises : list of Exercise
    seed : int
        To be noted, for the same hidden cases again.
    walls : list of str
        What the students' code was contained by.
    """
    folder = Path(folder)
    _write_csv(folder / "grades.csv", marks, exercises)
    page = _page(marks, exercises, seed, walls)
    (folder / "summary.html").write_text(page, encoding="utf-8", errors="replace")
    (folder / "gradescope").mkdir()
    taken = set()
    for mark in marks:
        name = mark.name[:_MOST_NAME]
        while name in taken:
            name += "_"
        taken.add(name)
        (folder / "gradescope" / f"{name}.json").write_text(json.dumps(results_of(mark), indent=1), encoding="utf-8")


def _write_csv(path, marks, exercises):
    with open(path, "w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["submission", "points", "of", *(known.id for known in exercises), "remarks"])
        for mark in marks:
            points = [row.points if row.state != "not checked" else "?" for row in mark.rows]
            name, remarks = _cell(mark.name), _cell("; ".join(mark.remarks))
            writer.writerow([name, mark.points, _most(exercises), *points, remarks])


def _cell(text):
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _most(exercises):
    return sum(known.points for known in exercises)


def _page(marks, exercises, seed, walls):
    points = sorted(mark.points for mark in marks)
    unsure = [mark.name for mark in marks if mark.not_checked]
    parts = [
        "<h1>Grades</h1>",
        f'<p class="quiet">{len(marks)} submissions, {len(exercises)} exercises, {_most(exercises)} points. '
        f"Median {points[len(points) // 2]}. Hidden cases of seed {seed}. Contained by {', '.join(walls)}.</p>",
    ]
    if unsure:
        names = html.escape(", ".join(unsure))
        parts.append(f'<p class="warning">Not all of these could be checked; see what they say below: {names}</p>')
    parts += ["<h2>Submissions</h2>", _table_of_submissions(marks, exercises)]
    parts += ["<h2>Exercises</h2>", _table_of_exercises(marks, exercises)]
    signs = ", ".join(f"{sign} {state}" for state, (_, sign) in _STATES.items())
    parts += ["<h2>What was found</h2>", f'<p class="quiet">{signs}</p>']
    parts += [_details(*pair) for pair in enumerate(marks)]
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Grades</title>\n'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _table_of_submissions(marks, exercises):
    lessons = [number for number in LESSONS if any(known.lesson == number for known in exercises)]
    head = "".join(f'<th title="{html.escape(LESSONS[number])}">{number}</th>' for number in lessons)
    rows = []
    for position, mark in enumerate(marks):
        cells = []
        for number in lessons:
            lesson = [known for known in exercises if known.lesson == number]
            ids = {known.id for known in lesson}
            rows_of_lesson = [row for row in mark.rows if row.exercise in ids]
            got = sum(row.points for row in rows_of_lesson)
            is_blank = all(row.state == "not written" for row in rows_of_lesson)
            cells.append(f'<td class="{"blank" if is_blank else _shade(got, _most(lesson))}">{got}</td>')
        remarks = html.escape("; ".join(mark.remarks))
        rows.append(
            f'<tr><td class="text"><a href="#{position}">{html.escape(mark.name)}</a></td>'
            f'<td class="points">{mark.points}</td>{"".join(cells)}<td class="text quiet">{remarks}</td></tr>'
        )
    return _table(f'<th class="text">submission</th><th>points</th>{head}<th class="text">remarks</th>', rows)


def _table_of_exercises(marks, exercises):
    rows = []
    for position, known in enumerate(exercises):
        states = Counter(mark.rows[position].state for mark in marks)
        mistakes = Counter(mark.rows[position].diagnosis for mark in marks if mark.rows[position].state == "failed")
        mistakes.pop(None, None)
        common = "; ".join(f"{name} ({count})" for name, count in mistakes.most_common(3))
        rows.append(
            f'<tr><td class="text">{known.id} {html.escape(known.title)}</td><td>{known.points}</td>'
            f'<td class="{_shade(states["passed"], len(marks))}">{states["passed"]}</td><td>{states["failed"]}</td>'
            f'<td>{states["not written"]}</td><td class="text quiet">{html.escape(common)}</td></tr>'
        )
    head = '<th class="text">exercise</th><th>points</th><th>passed</th><th>failed</th><th>not written</th>'
    return _table(f'{head}<th class="text">the most frequent mistakes</th>', rows)


def _details(number, mark):
    chips = "".join(_chip(row) for row in mark.rows)
    remarks = "".join(f"<p>{html.escape(text)}</p>" for text in mark.remarks)
    shown = [row.text for row in mark.rows if row.state in ("failed", "not checked")]
    texts = "".join(f"<pre>{html.escape(text)}</pre>" for text in shown)
    return (
        f"<details><summary><b>{html.escape(mark.name)}</b> "
        f'<span>{mark.points} points <span class="quiet">({mark.seconds:.0f} s)</span></span></summary>'
        f'<div id="{number}">{remarks}<p>{chips}</p>{texts}</div></details>'  # a link to what is inside opens it
    )


def _chip(row):
    shade, sign = _STATES[row.state]
    return f'<span class="chip {shade}" title="{row.state}">{row.exercise} {sign}</span>'


def _shade(got, most):
    return "all" if got == most else "some" if got else "none"


def _table(head, rows):
    return f'<div class="wide" tabindex="0"><table>\n<tr>{head}</tr>\n' + "\n".join(rows) + "\n</table></div>"
