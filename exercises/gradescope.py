"""Gradescope: its format of results, and the zip that makes an autograder of the project.

In Gradescope's container the zip is unpacked in ``/autograder/source``; ``setup.sh`` runs once, when the image is
built, and ``run_autograder`` for each submission. It runs this file as a program.
"""

import configparser
import json
import sys
import zipfile
from pathlib import Path

from .mark import mark_submission
from .syllabus import EXERCISES, exercise

_ROOT = Path(__file__).parent.parent
_PACKAGES = ("layers", "models", "solvers", "datasets", "layerwise", "exercises")
_SUFFIXES = (".py", ".npz", ".txt", ".md")
_SETTINGS = "grading.json"
_SETUP = """#!/usr/bin/env bash
set -e
apt-get update
apt-get install -y python3 python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install {requires}
"""
# Students' code becomes another user, who is to find the project and the results closed.
_RUN = """#!/usr/bin/env bash
set -e
chmod -R go-rwx /autograder/source /autograder/results /autograder/submission
cd /autograder/source
exec /autograder/venv/bin/python -B -m exercises.gradescope /autograder/submission /autograder/results/results.json
"""


def results_of(mark):
    """Write a mark as Gradescope's results: a dict for JSON. The numbers of the hidden cases are not in it."""
    output = [mark.problem, *mark.notes] if mark.problem else mark.notes
    if mark.not_checked:
        output = [*output, f"Not checked; ask your instructor to grade it again: {', '.join(mark.not_checked)}"]
    return {
        "score": mark.points,
        "execution_time": round(mark.seconds),
        "output": "\n".join(output),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_test(row) for row in mark.rows],
    }


def _test(row):
    known = exercise(row.exercise)
    return {
        "number": row.exercise,
        "name": known.title,
        "score": row.points,
        "max_score": known.points,
        "status": "passed" if row.state == "passed" else "failed",
        "output": row.hidden,
        "output_format": "text",
        "visibility": "visible",
    }


def build_autograder(file, seed, exercises=EXERCISES, root=_ROOT):
    """Write the zip to upload.

    Parameters
    ----------
    file : path
        A new one.
    seed : int
        For the hidden cases.
    exercises : iterable of Exercise
        Those that count.
    root : path
        The project's checkout.

    Raises
    ------
    FileExistsError
        If there is a file of that name.
    """
    root = Path(root)
    config = configparser.ConfigParser(interpolation=None)
    config.read(root / "setup.cfg", encoding="utf-8")
    requires = " ".join(f"'{line}'" for line in config["options"]["install_requires"].split())
    settings = {"seed": seed, "exercises": [known.id for known in exercises]}
    with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED) as packed:
        for name, text in (
            ("setup.sh", _SETUP.format(requires=requires)),
            ("run_autograder", _RUN),
            (_SETTINGS, json.dumps(settings)),
        ):
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o644 if name == _SETTINGS else 0o755) << 16
            packed.writestr(member, text)
        for package in _PACKAGES:
            for path in sorted((root / package).rglob("*")):
                if path.is_file() and path.suffix in _SUFFIXES:
                    packed.write(path, path.relative_to(root).as_posix())


def main(submission, results, root=_ROOT):
    """Mark what is in a folder by the settings in the zip, and write Gradescope's results."""
    settings = json.loads((Path(root) / _SETTINGS).read_text(encoding="utf-8"))
    mark = mark_submission(submission, map(exercise, settings["exercises"]), settings["seed"])
    Path(results).write_text(json.dumps(results_of(mark), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
