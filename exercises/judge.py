"""The judge: the verdict on one exercise, and what to tell the student. It rests on the raw outputs alone."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .cases import PUBLIC_SEED, draw_cases
from .compare import Feedback, compare
from .diagnoses import diagnose
from .reference import default_reference
from .runner import Limits, Stopped, run_in_child
from .syllabus import exercise as exercise_of
from .world import UnusableSource, build_world


@dataclass
class Result:
    """The verdict on one exercise.

    Attributes
    ----------
    exercise : Exercise
    passed : bool
    points : int
        The exercise's, or 0.
    feedback : list of Feedback
        Empty if passed.
    num_cases, num_failed : int
    diagnosis, advice : str or None
        Name and sentence of the known mistake that explains most of what failed.
    printed : str
        What the student's functions printed.
    seconds : float
    """

    exercise: object
    passed: bool
    points: int
    feedback: list
    num_cases: int
    num_failed: int
    diagnosis: str | None
    advice: str | None
    printed: str
    seconds: float

    @property
    def is_written(self):
        """Whether there is anything to judge: not if the body is as it was handed out."""
        return self.diagnosis != "not written yet"


def check(exercise, student_root, seed=PUBLIC_SEED, reference=None, limits=Limits()):
    """Check one exercise of a student's tree.

    Parameters
    ----------
    exercise : Exercise or str
        Or its id.
    student_root : path
        The folder with the student's ``layers``, ``models`` and ``solvers``.
    seed : int
        For the cases.
    reference : Reference, optional
        Unless given, the one that belongs to this package.
    limits : Limits

    Returns
    -------
    result : Result
    """
    exercise = exercise_of(exercise) if isinstance(exercise, str) else exercise
    reference = reference or default_reference()
    start = time.perf_counter()
    cases = draw_cases(exercise, seed, reference)
    try:
        world = build_world(exercise, student_root, reference)
        reports = run_in_child(world, cases, limits)
    except (UnusableSource, Stopped) as error:
        problem = "stopped" if isinstance(error, Stopped) else "error"
        return verdict(exercise, cases, [Feedback("", "", problem, str(error))], reference, start=start)
    feedback = compare(cases, reports, reference, world.texts)
    printed = "".join(str(report.get("printed", "")) for report in reports)
    return verdict(exercise, cases, feedback, reference, printed, start)


def check_all(exercises, student_root, jobs=2, **options):
    """Check several exercises of a student's tree, some at a time.

    Parameters
    ----------
    exercises : iterable of Exercise or str
    student_root : path
    jobs : int
        How many child processes there may be at a time.
    **options : seed, reference, limits
        As for `check`.

    Yields
    ------
    result : Result
        In the order of the exercises.
    """
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda exercise: check(exercise, student_root, **options), exercises)


def verdict(exercise, cases, feedback, reference, printed="", start=None):
    """Make a result of what was found; a ValueError if not a single case was run, which must never look like a pass."""
    if not cases:
        raise ValueError(f"verdict: no case of exercise {exercise.id} was run")
    diagnosis, advice = diagnose(exercise, cases, feedback, reference) if feedback else (None, None)
    failed = {item.case for item in feedback}
    return Result(
        exercise=exercise,
        passed=not feedback,
        points=0 if feedback else exercise.points,
        feedback=feedback,
        num_cases=len(cases),
        num_failed=len(cases) if "" in failed else len(failed),
        diagnosis=diagnosis,
        advice=advice,
        printed=printed,
        seconds=0.0 if start is None else time.perf_counter() - start,
    )
