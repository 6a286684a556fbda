"""``layerwise lab``: the verbs with which a student works in a hand-out, and an instructor makes and grades them."""

import argparse
import difflib
import shutil
import sys
import time
import zipfile
from pathlib import Path

from .judge import check_all
from .reference import default_reference
from .report import render, render_line
from .source import cut_out, find, parse, replace
from .student import STAMP, Progress, files_to_hand_in, fingerprint, handed_out, places
from .syllabus import EXERCISES, LESSONS

ROOT = Path(__file__).parent.parent
IS_HAND_OUT = Path(__file__).with_name("reference.bin").exists()
SUBMISSION = "submission.zip"


def add_lab(verbs):
    """Add the verb and its own verbs to the program's parser."""
    about = "The course: write the functions of a hand-out, and check them."
    lab = verbs.add_parser("lab", help=about, description=about).add_subparsers(
        title="verbs", metavar="verb", required=True
    )

    def add(name, run, about):
        parser = lab.add_parser(name, help=about, description=about)
        parser.set_defaults(run=run if IS_HAND_OUT or run is show_list else _refuse_outside_of_a_hand_out)
        return parser

    add("list", show_list, "List the exercises, lesson by lesson.")
    one_or_more = add("check", check, "Check an exercise, a lesson, or all.")
    one_or_more.add_argument("chosen", type=_one_or_a_lesson, nargs="?", default=EXERCISES, metavar="ID")
    add("watch", watch, "Check what was changed whenever a file is saved, until Ctrl-C.")
    add("hint", hint, "Give a hint; there are three to each exercise, each time the next.").add_argument(
        "exercise", type=_one, metavar="ID"
    )
    add("status", status, "Show progress and points.")
    add("diff", diff, "Show what is changed since the hand-out.")
    add("reset", reset, "Put an exercise back to how it was handed out.").add_argument(
        "exercise", type=_one, metavar="ID"
    )
    add("submit", submit, "Pack what is to be handed in.").add_argument(
        "file", type=_zip_file, nargs="?", default=SUBMISSION, metavar="FILE.zip", help="(%(default)s)"
    )
    if not IS_HAND_OUT:
        from .grade import add_grade  # these are not in a hand-out
        from .handout import add_build

        add_build(lab)
        add_grade(lab)


def _refuse_outside_of_a_hand_out(options):
    print(
        "layerwise lab: this is the project itself, where all is done. Make a hand-out to work in by `layerwise lab "
        "build DIR`; in one, run `python -m layerwise lab`",
        file=sys.stderr,
    )
    return 1


def _one(id):
    for known in EXERCISES:
        if known.id == id:
            return known
    lesson = [known.id for known in EXERCISES if known.id.split(".")[0] == id.split(".")[0]]
    known = f"lesson {id.split('.')[0]} has {', '.join(lesson)}" if lesson else f"there are lessons 1 to {len(LESSONS)}"
    raise argparse.ArgumentTypeError(f"unknown exercise {id!r}; {known}")


def _one_or_a_lesson(id):
    if id.isdecimal() and int(id) in LESSONS:
        return [known for known in EXERCISES if known.lesson == int(id)]
    return [_one(id)]


def _zip_file(name):
    if not name.endswith(".zip"):
        raise argparse.ArgumentTypeError(f"{name!r} does not end in .zip")
    return name


def show_list(options):
    """Print the exercises, lesson by lesson."""
    for number, title in LESSONS.items():
        print(f"\nLesson {number}: {title}")
        for known in EXERCISES:
            if known.lesson == number:
                points = f"{known.points} point" + "s" * (known.points != 1)
                print(f"  {known.id:<6} {known.title:<50} {points}")
    return 0


def check(options):
    """Check exercises and print what was found: of one all, of several a line each, and all of the first that fails."""
    progress, chosen = _progress(), options.chosen
    fingerprints = {known.id: fingerprint(known, ROOT) for known in chosen}
    failed, first = 0, None
    for result in check_all(chosen, ROOT):
        progress.record(result, fingerprints[result.exercise.id])
        print(render(result) if len(chosen) == 1 else render_line(result), end="", flush=True)
        failed += not result.passed
        if not result.passed and result.is_written:
            first = first or result
    if first and len(chosen) > 1:
        print(f"\nThe first that fails:\n\n{render(first)}", end="")
    print(f"\n{_points(progress)}. {_what_next(progress, first)}", flush=True)
    return 1 if failed else 0


def watch(options):
    """Look at the files again and again, and check the exercises whose functions have changed."""
    saved_at, seen = _modified(), {known.id: fingerprint(known, ROOT) for known in EXERCISES}
    print(f"watching {len(saved_at)} files; save one to have it checked, Ctrl-C ends", flush=True)
    try:
        while True:
            time.sleep(0.3)
            before, saved_at = saved_at, _modified()
            saved = {path for path in saved_at if saved_at[path] != before.get(path)}
            for problem in filter(None, map(_unreadable, sorted(saved))):
                print(f"{problem}\n", flush=True)
            touched = [known for known in EXERCISES if saved & dict(places(known)).keys()]
            now = {known.id: fingerprint(known, ROOT) for known in touched}
            changed = [known for known in touched if now[known.id] not in (None, seen[known.id])]
            seen |= {known.id: now[known.id] for known in changed}
            if changed:
                check(argparse.Namespace(chosen=changed))
                print(flush=True)
    except KeyboardInterrupt:
        print()
        return 0


def _modified():
    """When each file was last written, by path; a missing one is left out."""
    return {path: (ROOT / path).stat().st_mtime_ns for path in files_to_hand_in() if (ROOT / path).exists()}


def hint(options):
    """Print the next hint to an exercise, after where it is and what it builds on."""
    known = options.exercise
    number = _progress().next_hint(known)
    print(f"exercise {known.id}, {known.title}: {_where(known)}")
    if known.builds_on:
        print(f"it builds on {', '.join(known.builds_on)}")
    print(f"\nhint {number} of {len(known.hints)}: {known.hints[number - 1]}")
    if number < len(known.hints):
        print("\nAsked again, there is another.")
    return 0


def status(options):
    """Print points by lesson, what was changed since it was checked, and what comes next."""
    progress, width = _progress(), 20
    for number, title in LESSONS.items():
        lesson = [known for known in EXERCISES if known.lesson == number]
        points, most = sum(map(progress.points, lesson)), sum(known.points for known in lesson)
        bar = "#" * (width * points // most)
        print(f"{number:>3}  {title:<52} [{bar:.<{width}}] {points:>3} of {most:>2}")
    print(f"\n{_points(progress)}.")
    for state, words in (("failed", "failed"), ("changed since", "changed since the last check")):
        ids = [known.id for known in EXERCISES if progress.state(known) == state]
        if ids:
            print(f"{words}: {', '.join(ids)}")
    print(_what_next(progress))
    return 0


def _progress():
    try:
        return Progress(ROOT)
    except ValueError as error:
        raise SystemExit(f"layerwise lab: {error}") from None


def _points(progress):
    return f"{sum(map(progress.points, EXERCISES))} of {sum(known.points for known in EXERCISES)} points"


def _what_next(progress, failed=None):
    if failed:
        return f"A hint: layerwise lab hint {failed.exercise.id}"
    for known in EXERCISES:
        if progress.state(known) != "passed":
            return f"Next: {known.id}, {known.title}, {_where(known)}"
    return "All is done."


def _where(exercise):
    """Say where an exercise is to be written."""
    texts = []
    for path, function in places(exercise):
        try:
            line = f", line {find(parse((ROOT / path).read_text(encoding='utf-8')), function).lineno}"
        except (OSError, SyntaxError, ValueError, LookupError):
            line = ""
        texts.append(f"{function} in {path}{line}")
    return "; ".join(texts)


def diff(options):
    """Print the differences between the files as handed out and as they are."""
    for path, text in handed_out(default_reference()).items():
        if not (ROOT / path).is_file():
            print(f"{path} is missing")
            continue
        now = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        lines = difflib.unified_diff(
            text.splitlines(keepends=True), now.splitlines(keepends=True), f"handed out/{path}", path
        )
        sys.stdout.writelines(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return 0


def reset(options):
    """Put an exercise's functions back, or a whole file in which they cannot be found; a copy is kept beside it."""
    originals = handed_out(default_reference())
    for path in dict(places(options.exercise)):
        functions = [function for other, function in places(options.exercise) if other == path]
        kept = ""
        if (ROOT / path).exists():
            shutil.copyfile(ROOT / path, ROOT / f"{path}.bak")
            kept = f"; the file as it was is kept as {path}.bak"
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
            for function in functions:
                text = replace(text, function, cut_out(originals[path], function))
            what = f"{' and '.join(functions)} in {path} as"
        except (OSError, SyntaxError, ValueError, LookupError):
            text, what = originals[path], f"{path} had not {' and '.join(functions)} in it; the whole file is as"
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"{what} handed out{kept}")
    return 0


def submit(options):
    """Pack all files that are to be handed in; a missing one is an error, and then nothing is written."""
    files = files_to_hand_in()
    missing = [path for path in files if not (ROOT / path).is_file()]
    if missing:
        print(f"layerwise lab submit: NOTHING IS PACKED. Missing: {', '.join(missing)}", file=sys.stderr)
        print("An exercise of a missing file is put back, unwritten, by `layerwise lab reset ID`", file=sys.stderr)
        return 1
    for problem in filter(None, map(_unreadable, files)):
        print(f"warning: {problem}\n  As it is, every exercise in this file fails.", file=sys.stderr)
    with zipfile.ZipFile(options.file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files:
            packed.write(ROOT / path, path)
        packed.writestr(STAMP, default_reference().stamp())
    progress = _progress()
    print(f"{options.file}: {len(files)} files. By the last checks {_points(progress)}.")
    unsure = [known.id for known in EXERCISES if progress.state(known) in ("failed", "changed since")]
    if unsure:
        print(f"failed or changed since: {', '.join(unsure)}")
    return 0


def _unreadable(path):
    """Say what is wrong with a file that is no Python; None if it is."""
    try:
        parse((ROOT / path).read_text(encoding="utf-8"))
    except SyntaxError as error:
        return f"{path}, line {error.lineno}: {error.msg}"
    except (OSError, ValueError) as error:
        return f"{path} cannot be read: {error}"
    return None
