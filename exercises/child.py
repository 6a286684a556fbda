"""The child process: install the world, run the cases, write the raw outputs. It knows nothing of what is right.

Run as a script from a copy in a temporary folder, so that no path leads to the project: ``python -I -B child.py``. It
reads jobs from standard input, a line of seconds and a folder each. For every job it forks a process, which spares the
time that it takes to import NumPy, and when that has ended or its time is up, it writes a line. In the folder of the
job the process finds ``world`` (marshalled code), ``cases.json`` and ``limits.json``, and leaves ``results.json``. It
opens that before it closes a cage around itself (`cage`), in which it runs the student's code.
"""

import contextlib
import importlib
import io
import json
import marshal
import os
import signal
import sys
import traceback
import warnings
from importlib.machinery import ModuleSpec

OURS = ("layers", "models", "solvers", "datasets", "layerwise", "exercises", "benchmarks", "tests")
MOST_TEXT = 2000


class Finder:
    """Serves the modules of the world, and refuses to look elsewhere for what bears one of our names."""

    def __init__(self, modules):
        self.modules = modules

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in OURS:
            return None
        if name not in self.modules:
            raise ModuleNotFoundError(f"No module named {name!r} where exercises are checked", name=name)
        _, file, is_package = self.modules[name]
        spec = ModuleSpec(name, self, origin=file, is_package=is_package)
        spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.modules[module.__name__][0], vars(module))


def limit(seconds, megabytes):
    """Let the operating system stop what takes too much: processor time, memory, the size of files, processes."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, megabytes << 20),
        (resource.RLIMIT_FSIZE, 64 << 20),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def run_case(drivers, wire, find, case):
    """Run one case; return outputs or what went wrong, the inputs afterwards, and what was printed."""
    printed, report = io.StringIO(), {}
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            inputs = wire.unpack(case["inputs"])
            outputs = getattr(drivers, case["driver"])(find, **inputs)
            report["outputs"] = wire.pack(outputs)
            report["inputs"] = wire.pack(inputs)
        except drivers.WrongResult as error:
            report["wrong_result"] = str(error)[:MOST_TEXT]
        except BaseException as error:
            report["error"] = describe(error)
    report["printed"] = printed.getvalue()[:MOST_TEXT]
    return report


def describe(error):
    """Describe an exception by its type, its message and the frames of the world's modules."""
    frames = [
        [frame.filename, frame.lineno, frame.name]
        for frame in traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)
        if not frame.filename.startswith("<exercises") and frame.filename != __file__
    ]
    return {"type": type(error).__name__, "message": str(error)[:MOST_TEXT], "frames": frames[-12:]}


def run_job():
    """Run the job in the current folder, in a process that ends with it."""
    with open("world", "rb") as file:
        modules = marshal.load(file)
    with open("cases.json", encoding="utf-8") as file:
        cases = json.load(file)
    with open("limits.json", encoding="utf-8") as file:
        limits = json.load(file)
    limit(**limits)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limits["seconds"] + 1)  # should nobody be left who waits for it
    sys.meta_path.insert(0, Finder(modules))
    cage, drivers, wire = (importlib.import_module(f"exercises.{name}") for name in ("cage", "drivers", "wire"))

    def find(name):
        return drivers.look_up(importlib.import_module, name)

    with open("results.json", "w", encoding="utf-8") as file:
        cage.close()
        reports = [run_case(drivers, wire, find, case) for case in cases]
        file.seek(0)
        file.truncate()  # the student's code may have written to it
        json.dump(reports, file)


def start_job(folder):
    """Fork a process for a job, in a session of its own and without our standard input and output."""
    process = os.fork()
    if process:
        return process
    try:
        os.setsid()
        os.chdir(folder)
        nowhere = os.open(os.devnull, os.O_RDWR)
        errors = os.open("stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for descriptor, target in ((nowhere, 0), (nowhere, 1), (errors, 2)):
            os.dup2(descriptor, target)
        os.closerange(3, 64)
        run_job()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(0)


def main():
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
    sys.meta_path[:] = [finder for finder in sys.meta_path if "__editable__" not in finder.__module__]
    for name in ("ctypes", "sysconfig", "numpy", "scipy.special"):
        importlib.import_module(name)
    sys.modules["threadpoolctl"] = None  # there is one thread only, and it would look for libraries in the cage
    for line in sys.stdin:
        seconds, folder = line.rstrip("\n").split(" ", 1)
        print("ended" if wait_for(start_job(folder), float(seconds)) else "stopped", flush=True)


def wait_for(process, seconds):
    """Wait until a process ends or its time is up, and kill what is left of its session; tell whether it ended."""
    stopped = []

    def stop(*_):
        stopped.append(True)
        kill_session(process)

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)  # not yet buried, so that its number is still its own
    signal.setitimer(signal.ITIMER_REAL, 0)
    kill_session(process)
    os.waitpid(process, 0)
    return not stopped


def kill_session(process):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
