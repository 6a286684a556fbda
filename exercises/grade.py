"""The instructor's verbs ``lab grade``, for a folder of submissions, and ``lab gradescope``, for an autograder."""

import argparse
import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

from .cases import PUBLIC_SEED
from .gradebook import write_gradebook
from .gradescope import build_autograder
from .mark import mark_submission
from .runner import Limits
from .syllabus import EXERCISES, LESSONS


def add_grade(verbs):
    """Add the verbs and their arguments to the parser of `layerwise lab`."""
    about = "Grade a folder of submissions: zips made by `lab submit`, or folders."
    grading = verbs.add_parser("grade", help=about, description=about)
    grading.add_argument("folder", type=Path, metavar="DIR")
    grading.add_argument("--out", type=Path, default=Path("grades"), metavar="FOLDER", help="a new one (%(default)s)")
    grading.add_argument("--jobs", type=_positive, default=os.cpu_count(), metavar="N", help="at a time (%(default)s)")
    _add_what(grading)
    grading.set_defaults(run=lambda options: _grade(options, grading.error))

    about = "Write a zip that is an autograder on Gradescope."
    packing = verbs.add_parser("gradescope", help=about, description=about)
    packing.add_argument("file", type=Path, metavar="OUT.zip")
    _add_what(packing)
    packing.set_defaults(run=lambda options: _gradescope(options, packing.error))


def _add_what(parser):
    about = "for the hidden cases (drawn anew)"
    parser.add_argument("--seed", type=_hidden_seed, default=secrets.randbelow(1 << 32), metavar="N", help=about)
    lessons = {"type": int, "nargs": "+", "choices": LESSONS, "default": list(LESSONS), "metavar": "N"}
    parser.add_argument("--lessons", **lessons, help="those that count (all)")


def _hidden_seed(text):
    if not text.isdecimal() or int(text) == PUBLIC_SEED:
        expected = f"a number from 0 on other than the students' {PUBLIC_SEED}"
        raise argparse.ArgumentTypeError(f"expected {expected}, not {text!r}")
    return int(text)


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {text!r}")
    return int(text)


def _chosen(options):
    return [known for known in EXERCISES if known.lesson in options.lessons]


def _grade(options, refuse):
    print(f"hidden cases of seed {options.seed}; students' code is contained by {', '.join(walls())}", flush=True)
    if not {"Landlock", "another user"} & set(walls()) or "seccomp" not in walls():
        print("WARNING: the kernel does not hold it here; grade in a container (exercises/INSTRUCTOR.md)", flush=True)
    try:
        for mark in grade(options.folder, options.out, options.seed, options.jobs, _chosen(options)):
            print(f"{mark.points:>5}  {mark.name}  {'; '.join(mark.remarks)}".rstrip(), flush=True)
    except (FileExistsError, FileNotFoundError, NotADirectoryError, ValueError) as error:
        refuse(str(error))
    print(f"{options.out}: grades.csv, summary.html, and gradescope/ with a file for each submission")
    return 0


def grade(folder, out, seed, jobs=1, exercises=EXERCISES, limits=Limits()):
    """Grade a folder of submissions, and write what came of it.

    Parameters
    ----------
    folder : path
        Everything in it is a submission, but for what begins with a dot.
    out : path
        A new folder, or an empty one, that is not inside the other.
    seed : int
        For the hidden cases; not the students' own.
    jobs : int
        How many submissions are graded at a time.
    exercises : list of Exercise
    limits : Limits
        For each exercise.

    Yields
    ------
    mark : Mark
        For each submission, by name. When the last one is there, the files are written.

    Raises
    ------
    FileNotFoundError, NotADirectoryError, FileExistsError, ValueError
        If there is nothing to grade, or no place to write to, or it is the students' seed.
    """
    folder, out = Path(folder), Path(out)
    if not folder.is_dir():
        raise NotADirectoryError(f"grade: there is no folder {folder}")
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if not paths:
        raise FileNotFoundError(f"grade: there is no submission in {folder}")
    if seed == PUBLIC_SEED:
        raise ValueError(f"grade: seed {seed} is the students' own; hidden cases need another")
    if out.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"grade: {out} is inside the folder of submissions; grades need a place of their own")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise FileExistsError(f"grade: {out} is a file or a folder that is not empty; grades need a new one")
    out.mkdir(parents=True, exist_ok=True)
    marks = []
    with ThreadPoolExecutor(jobs) as pool:
        mark_one = partial(mark_submission, exercises=exercises, seed=seed, limits=limits)
        for mark in pool.map(mark_one, paths):
            marks.append(mark)
            yield mark
    write_gradebook(out, marks, exercises, seed, walls())


@lru_cache(maxsize=1)
def walls():
    """Ask a child what cage it can close around itself; return the names of its walls."""
    command = [sys.executable, "-I", "-B", Path(__file__).with_name("cage.py")]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()


def _gradescope(options, refuse):
    try:
        build_autograder(options.file, options.seed, _chosen(options))
    except FileExistsError:
        refuse(f"gradescope: there is a file {options.file} already; the zip needs a new one")
    print(f"{options.file}: to be uploaded as a Gradescope autograder. Hidden cases of seed {options.seed}")
    return 0
