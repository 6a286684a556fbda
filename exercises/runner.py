"""Run cases in a child process that sees a world and nothing else, and bring its raw outputs back.

The child is not trusted: what it prints and its exit code count for nothing, and its file of results is read as data,
within a size. It runs in a cage (`cage` says what that holds) and is stopped when its time is up.
"""

import contextlib
import json
import marshal
import os
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import weakref
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import wire

_HERE = Path(__file__).parent
_MOST_RESULTS = 64 << 20


@dataclass(frozen=True)
class Limits:
    """What one exercise may take: seconds by the clock and of processor time, and megabytes of memory."""

    seconds: float = 20.0
    megabytes: int = 2048


class Stopped(Exception):
    """The child left no results; the message says why."""


def run_in_child(world, cases, limits=Limits()):
    """Run cases in a child process.

    Parameters
    ----------
    world : World
    cases : list of Case
    limits : Limits

    Returns
    -------
    reports : list of dict
        One for each case, with ``outputs`` and ``inputs`` (after the call), or ``wrong_result`` or ``error``, and with
        what was ``printed``. All of it is the child's word.

    Raises
    ------
    Stopped
        If there are no results, or not of that form.
    """
    folder = Path(tempfile.mkdtemp(prefix="exercise-"))
    try:
        (folder / "world").write_bytes(marshal.dumps(world.modules | _harness()))
        packed = [{"driver": case.driver, "inputs": wire.pack(case.inputs)} for case in cases]
        (folder / "cases.json").write_text(json.dumps(packed), encoding="utf-8")
        child_limits = {"seconds": int(limits.seconds) + 1, "megabytes": limits.megabytes}
        (folder / "limits.json").write_text(json.dumps(child_limits), encoding="utf-8")
        last_words = _run(folder, limits.seconds)
        return _read(folder / "results.json", len(cases), last_words)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Warm:
    """A process that has imported NumPy already and forks one child after the other; one for each of our threads."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="exercises-")
        shutil.copy(_HERE / "child.py", self.folder)
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", "child.py"],
            cwd=self.folder,
            env={
                "HOME": self.folder,
                "TMPDIR": self.folder,
                **{f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "LAYERWISE")},
                **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        weakref.finalize(self, _end, self.process, self.folder)

    def run(self, folder, seconds):
        """Run the job in a folder to its end; a Stopped if its time was up, an OSError if we are not answered."""
        self.process.stdin.write(f"{seconds} {folder}\n".encode())
        self.process.stdin.flush()
        answered, _, _ = select.select([self.process.stdout], [], [], seconds + 5)
        answer = self.process.stdout.readline() if answered else b""
        if answer == b"stopped\n":
            raise Stopped(f"stopped after {seconds:g} seconds: a loop without end?")
        if answer != b"ended\n":
            raise OSError("no answer")


def _end(process, folder):
    process.kill()
    with contextlib.suppress(OSError):
        process.stdin.close()
    process.stdout.close()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


_of_thread = threading.local()


def start_afresh():
    """End this thread's warm process. A grader does it between two submissions, lest one disturbs the next."""
    _of_thread.warm = None


def _run(folder, seconds):
    """Run the job in a folder; return the last line of what it wrote to standard error."""
    warm = getattr(_of_thread, "warm", None)
    if warm is None or warm.process.poll() is not None:
        warm = _of_thread.warm = _Warm()
    try:
        warm.run(folder, seconds)
    except OSError:
        start_afresh()
        raise Stopped("the process ended the one that had started it") from None
    lines = _text(folder / "stderr")[-2000:].strip().splitlines()
    return lines[-1] if lines else "it left no word"


def _read(path, count, last_words):
    data = _text(path)
    if not data:
        raise Stopped(f"the process ended before there were results ({last_words[:200]})")
    try:
        reports = json.loads(data)
        if type(reports) is not list or len(reports) != count:
            raise ValueError("not one report a case")
        for report in reports:
            for key in ("outputs", "inputs"):
                if key in report:
                    report[key] = wire.unpack(report[key])
        return reports
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        raise Stopped("the file of results is not what the child process writes") from None


def _text(path):
    """Read a file that must be a plain one of moderate size, no link and no pipe; nothing if it is not."""
    with contextlib.suppress(OSError):
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_RESULTS:
            return path.read_text(encoding="utf-8", errors="replace")
    return ""


@lru_cache(maxsize=1)
def _harness():
    """Compile what the child runs the cases with."""
    modules = {"exercises": (compile("", "<exercises>", "exec"), "<exercises>", True)}
    for name in ("cage", "drivers", "wire"):
        code = compile((_HERE / f"{name}.py").read_text(encoding="utf-8"), f"<exercises {name}>", "exec")
        modules[f"exercises.{name}"] = (code, f"<exercises {name}>", False)
    return modules
