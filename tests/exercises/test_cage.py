"""What a caged process may and may not do, with all walls and with one at a time."""

import json
import subprocess
import sys

import pytest

from exercises import cage

from .conftest import ROOT

# Each attempt, and which walls alone refuse it: the kernel's, or Python's audit hook.
ATTEMPTS = {
    "read the project": ("open(ROOT + '/layers/affine.py').read()", "landlock hook"),
    "list the project": ("os.listdir(ROOT)", "landlock hook"),
    "read /etc/passwd": ("open('/etc/passwd').read()", "landlock hook"),
    "look at another process": ("open(f'/proc/{os.getppid()}/environ', 'rb').read()", "landlock hook"),
    "write a file": ("open(HERE + '/new', 'w')", "landlock hook"),
    "write to a file": ("open(HERE + '/there', 'a')", "landlock hook"),
    "write to Python's library": ("os.open(os.__file__, os.O_WRONLY)", "landlock hook"),
    "open a file by number": ("os.open(HERE + '/there', os.O_RDWR)", "landlock hook"),
    "cut a file short": ("os.truncate(HERE + '/there', 0)", "landlock hook"),
    "make a folder": ("os.mkdir(HERE + '/folder')", "landlock hook"),
    "make a link": ("os.symlink('/etc/passwd', HERE + '/link')", "landlock hook"),
    "make a pipe": ("os.mkfifo(HERE + '/pipe')", "landlock"),
    "use shared memory": ("open('/dev/shm/layerwise-test', 'w')", "landlock hook"),
    "change rights": ("os.chmod(HERE + '/there', 0o777)", "seccomp hook"),
    "change a file's time": ("os.utime(HERE + '/there')", "seccomp hook"),
    "fork": ("os.fork() or os._exit(0)", "seccomp hook"),
    "run a program": ("subprocess.run(['true'])", "seccomp hook"),
    "become a program": ("os.execv('/bin/true', ['true'])", "seccomp landlock hook"),
    "spawn a program": ("os.posix_spawn('/bin/true', ['true'], {})", "seccomp hook"),
    "start a thread": ("threading.Thread(target=print).start()", "seccomp"),
    "signal the parent": ("os.kill(os.getppid(), 0)", "seccomp hook"),
    "signal everybody": ("os.kill(-1, 0)", "seccomp hook"),
    "slow the parent down": ("os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)", "seccomp"),
    "set limits of its own": ("resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))", "seccomp hook"),
    "open a connection": ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "seccomp hook"),
    "set limits": ("resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))", "seccomp hook"),
    "look at all objects": ("gc.get_objects()", "hook"),
    "call the C library": ("ctypes.CDLL(None)", "hook"),
    "rename a file": ("os.rename(HERE + '/there', HERE + '/gone')", "landlock hook"),
    "remove a file": ("os.remove(HERE + '/there')", "landlock hook"),
}
ALLOWED = {
    "compute": "numpy.linalg.svd(numpy.ones((3, 3)))",
    "import from Python's library": "__import__('colorsys')",
    "import from SciPy": "__import__('scipy.signal')",
    "raise a signal": "os.kill(os.getpid(), 0)",
    "ask for a limit": "None if resource.getrlimit(resource.RLIMIT_CORE) else None",
}

PROGRAM = """
import ctypes, errno, gc, json, os, platform, resource, socket, subprocess, sys, sysconfig, threading, traceback
from importlib.util import module_from_spec, spec_from_file_location
import numpy, scipy.special

wall, HERE, ROOT = sys.argv[1:]
spec = spec_from_file_location("cage", ROOT + "/exercises/cage.py")
cage = module_from_spec(spec)
spec.loader.exec_module(cage)


def hook(readable):
    cage._audit_hook(readable)
    return True


def landlock(readable):
    cage._libc().prctl(38, 1, 0, 0, 0)  # no new privileges
    return cage._landlock(readable)


def seccomp(readable):
    cage._libc().prctl(38, 1, 0, 0, 0)
    return cage._seccomp()


put_up = {"all": lambda readable: cage.close(), "none": lambda readable: True}
walls = (put_up | {"hook": hook, "landlock": landlock, "seccomp": seccomp})[wall](list(cage._readable()))


def not_refused():
    libc, column = ctypes.CDLL(None, use_errno=True), ["x86_64", "aarch64"].index(platform.machine())
    for name, numbers in cage._REFUSED.items():
        if numbers[column] is not None:
            result = libc.syscall(numbers[column], -1, -1, -1, -1, -1, -1)
            assert (result, ctypes.get_errno()) == (-1, errno.EPERM), name


attempts = {ATTEMPTS}
done = {}
for name, attempt in attempts.items():
    try:
        attempt()
        done[name] = "done"
    except BaseException as error:
        done[name] = f"{type(error).__name__}: {error}"
print(json.dumps([walls, done]))
"""


def behind(wall, attempts, folder):
    """Return which walls there are, and what came of each attempt, in a process behind them."""
    (folder / "there").write_text("precious")
    lambdas = ", ".join(f"{name!r}: lambda: {attempt}" for name, attempt in attempts.items())
    program = PROGRAM.replace("{ATTEMPTS}", f"{{{lambdas}}}")
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", program, wall, folder, ROOT],
        capture_output=True,
        text=True,
        env={"OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("wall", ["landlock", "seccomp", "hook"])
def test_each_wall_alone_refuses_what_it_should(wall, tmp_path):
    attempts = {name: attempt for name, (attempt, walls) in ATTEMPTS.items() if wall in walls.split()}
    there, said = behind(wall, attempts, tmp_path)
    if not there:
        pytest.skip(f"this system has no {wall}")
    assert len(said) > 10
    assert {name: text for name, text in said.items() if "Error" not in text} == {}
    assert [path.name for path in tmp_path.iterdir()] == ["there"] and (tmp_path / "there").read_text() == "precious"


def test_behind_all_walls_nothing_is_possible_but_to_compute(tmp_path):
    walls, said = behind("all", {name: attempt for name, (attempt, _) in ATTEMPTS.items()} | ALLOWED, tmp_path)
    assert walls[-1] == "audit hook"
    for wall, name in (("landlock", "Landlock"), ("seccomp", "seccomp")):
        assert (name in walls) == behind(wall, {}, tmp_path)[0]
    if {"Landlock", "seccomp"} <= set(walls):
        assert {name for name, text in said.items() if text == "done"} == set(ALLOWED)
    assert all(said[name] == "done" for name in ALLOWED), said


def test_without_a_wall_it_is_all_possible(tmp_path):
    """Else the tests above would show nothing."""
    lasting = {"become a program", "signal everybody", "slow the parent down", "set limits", "use shared memory"}
    lasting |= {"remove a file", "write to Python's library"}
    _, said = behind("none", {name: ATTEMPTS[name][0] for name in ATTEMPTS if name not in lasting}, tmp_path)
    assert {name: text for name, text in said.items() if text != "done"} == {}
    assert {path.name for path in tmp_path.iterdir()} == {"new", "folder", "link", "pipe", "gone"}


def test_the_hook_says_what_is_not_allowed(tmp_path):
    _, said = behind("hook", {"read": "open('/etc/passwd')", "run": "subprocess.run(['true'])"}, tmp_path)
    assert said == {
        "read": "PermissionError: no file is read while an exercise is checked: '/etc/passwd'",
        "run": "PermissionError: subprocess.Popen is not allowed while an exercise is checked",
    }


def test_the_kernel_refuses_every_call_that_is_listed(tmp_path):
    """By number, as a program in machine language would."""
    assert {"fork", "vfork", "clone", "execve", "ptrace", "socket", "mount", "chmod"} <= set(cage._REFUSED)
    there, said = behind("seccomp", {"calls that are not refused": "not_refused()"}, tmp_path)
    if not there:
        pytest.skip("this system has no seccomp")
    assert said == {"calls that are not refused": "done"}
