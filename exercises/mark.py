"""Marking one submission: its files in a copy of their own, and a process of its own to judge them in.

The student's code runs in grandchildren, caged (`cage`). The process between is ours, but it parses what was handed in,
and a source that breaks Python's parser should break one submission's marks, not the run. Run as a program
(``python -m exercises.mark``), it reads a job as JSON from standard input and writes the mark to standard output.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .judge import check
from .reference import default_reference
from .report import render, render_line
from .runner import Limits
from .student import STAMP
from .submission import Unreadable, read_submission
from .syllabus import exercise as exercise_of

MOST_SECONDS = 900.0  # for a whole submission; one that is right takes about ten
_MOST_MEGABYTES = 4096
_ROOT = Path(__file__).parent.parent


@dataclass
class Row:
    """What came of one exercise.

    Attributes
    ----------
    exercise : str
        Its id.
    state : str
        'passed', 'failed', 'not written', or 'not checked', which is for the instructor to look into.
    points : int
    line, text, hidden : str
        The verdict in a line, in full for the instructor, and without the numbers of the hidden cases.
    diagnosis : str or None
    """

    exercise: str
    state: str
    points: int
    line: str
    text: str
    hidden: str
    diagnosis: str | None = None


@dataclass
class Mark:
    """What came of one submission: a row for each exercise, a problem with it as a whole if there is one, and notes."""

    name: str
    rows: list = field(default_factory=list)
    problem: str | None = None
    notes: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def points(self):
        return sum(row.points for row in self.rows)

    @property
    def not_checked(self):
        """The ids of the exercises that could not be judged, though not for want of an answer."""
        return [row.exercise for row in self.rows if row.state == "not checked"]

    @property
    def remarks(self):
        """All that is to be said of it in words: the problem, what was not checked, and the notes."""
        not_checked = [f"NOT CHECKED: {', '.join(self.not_checked)}"] if self.not_checked else []
        return [*([self.problem] if self.problem else []), *not_checked, *self.notes]


def mark_submission(path, exercises, seed, limits=Limits(), most_seconds=MOST_SECONDS):
    """Mark a submission, in a process of its own that ends with it and leaves nothing behind.

    Parameters
    ----------
    path : path
        A zip or a folder.
    exercises : iterable of Exercise
    seed : int
        For the cases; not the one that students have.
    limits : Limits
        For each exercise.
    most_seconds : float
        For all of them.

    Returns
    -------
    mark : Mark
    """
    path, exercises, start = Path(path).absolute(), list(exercises), time.perf_counter()
    name = printable(path.name)
    job = {
        "path": os.fsencode(path).hex(),
        "exercises": [known.id for known in exercises],
        "seed": seed,
        "limits": asdict(limits),
        "most_seconds": most_seconds,
    }
    with tempfile.TemporaryDirectory(prefix="submission-", ignore_cleanup_errors=True) as folder:
        answer, problem = _ask(job, folder, most_seconds + limits.seconds + 30)
    try:
        mark = Mark(**answer | {"name": name, "rows": [Row(**row) for row in answer["rows"]]})
    except TypeError:
        mark = Mark(name, [_not_checked(known, problem) for known in exercises], problem)
    mark.seconds = time.perf_counter() - start
    return mark


def printable(text):
    """Replace what would do something to a terminal instead of being shown by it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _ask(job, folder, seconds):
    """Run this file as a program; return what it answers, or else None and what went wrong."""
    process = subprocess.Popen(
        [sys.executable, "-B", "-m", "exercises.mark"],
        cwd=_ROOT,
        env=os.environ | {"TMPDIR": folder, "HOME": folder},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        answer, errors = process.communicate(json.dumps(job).encode(), seconds)
        return json.loads(answer), None
    except subprocess.TimeoutExpired:
        return None, f"the grader was stopped after {seconds:g} seconds"
    except ValueError:
        last = errors.decode(errors="replace").strip().splitlines()[-1:] or [f"exit status {process.returncode}"]
        return None, f"the grader itself broke on it: {last[0][:300]}"
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _not_checked(exercise, why):
    text = f"....  exercise {exercise.id}, {exercise.title}: not checked; {why}\n"
    return Row(exercise.id, "not checked", 0, text, text, text)


def _mark(path, exercises, seed, limits, most_seconds):
    """Mark a submission in this process."""
    until = time.monotonic() + most_seconds
    try:
        submission = read_submission(path)
    except Unreadable as error:
        text = "not handed in\n"
        rows = [Row(known.id, "not written", 0, text, text, text) for known in exercises]
        return Mark("", rows, problem=str(error))
    with tempfile.TemporaryDirectory(prefix="copy-") as folder:
        submission.write(folder)
        rows = []
        for known in exercises:
            if time.monotonic() > until:
                rows.append(_not_checked(known, f"the submission has taken {most_seconds:g} seconds already"))
            else:
                rows.append(_row(known, folder, seed, limits))
    return Mark("", rows, notes=[*submission.notes, *_doubts_about_version(submission.stamp)])


def _doubts_about_version(stamp):
    """Whole files are handed in, and they fit the version of the project from which the hand-out was made."""
    ours = default_reference().stamp()
    if not stamp:
        return [f"it has no {STAMP}: nothing tells which version of the project it is made for"]
    if stamp != ours:
        return [f"it is made for another version of the project: its {STAMP} says {stamp[:12]!r}, not {ours!r}"]
    return []


def _row(exercise, folder, seed, limits):
    try:
        result = check(exercise, folder, seed=seed, limits=limits)
    except Exception as error:  # of the judge's own; one exercise is lost, the others need not be
        return _not_checked(exercise, f"the judge itself broke on it: {type(error).__name__}: {error}"[:500])
    state = "passed" if result.passed else "failed" if result.is_written else "not written"
    texts = render_line(result), render(result), render(result, figures=False)
    return Row(exercise.id, state, result.points, *texts, result.diagnosis)


def _main():
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEGABYTES << 20,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    job = json.load(sys.stdin)
    job["path"] = os.fsdecode(bytes.fromhex(job["path"]))
    job["limits"] = Limits(**job["limits"])
    job["exercises"] = [exercise_of(id) for id in job["exercises"]]
    with contextlib.redirect_stdout(sys.stderr):  # the reference prints too, where an exercise asks for it
        mark = _mark(**job)
    json.dump(asdict(mark), sys.stdout)


if __name__ == "__main__":
    _main()
