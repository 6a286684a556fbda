"""The cage: what a child process closes around itself before it runs any of a student's code.

From then on it may compute, and read Python's own library, NumPy and SciPy: it writes no file, starts no process, has
no network, sends no signal to others, and does not see the project. Its results go through a file that is already
open. There are four walls, each put up where the system has it:

- ``seccomp`` (Linux on x86-64 and ARM64): the kernel refuses the calls that start, signal, trace or talk to something.
- ``Landlock`` (Linux 5.13, if it is switched on): the kernel refuses to open or change any file that is not listed.
- ``another user``: root becomes the user nobody, if that one can still read Python's library, and has no privileges
  in any case. So the project is out of reach if its folder is closed to others.
- ``audit hook`` (everywhere): Python itself refuses, and says so in words. That stops what goes wrong by accident or
  idle cunning; alone it does not hold who searches for a way around it, since it lives in the process that it guards.

None of them can be taken down from within. Limits on time and memory are the child's affair.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig

NOBODY = 65534
# These are not to be found beside Python's library, should the project be installed there. Folders of libraries that
# lie in one another are gone through one by one.
_OURS = ("layers", "models", "solvers", "datasets", "layerwise", "exercises", "benchmarks", "tests")
_PASSED_OVER = ("layerwise-", "__editable__", "site-packages", "dist-packages", "python")
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")

_PR_SET_SECCOMP, _PR_GET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 21, 38
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION = 0x20080522
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 4, 8
_RIGHTS_ON_FILES = {1: 13, 2: 14, 3: 15, 4: 15}  # how many, by the version of the interface; 16 since the fifth
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NEWEST_CALL = 451  # what came later is refused: it is not known here

# The kernel's calls by their numbers on x86-64 and on ARM64.
_REFUSED = {
    "clone": (56, 220), "clone3": (435, 435), "fork": (57, None), "vfork": (58, None),
    "execve": (59, 221), "execveat": (322, 281),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "setrlimit": (160, 164), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "socket": (41, 198), "socketpair": (53, 199), "io_uring_setup": (425, 425),
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "mq_unlink": (241, 181),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
}  # fmt: skip
# Allowed only if an argument has a value: signals to oneself, and asking for a limit without setting it.
_KILL, _TGKILL, _PRLIMIT = (62, 129), (234, 131), (302, 261)

_REFUSED_EVENTS = (
    "subprocess.", "socket.", "ctypes.", "pty.", "resource.", "fcntl.", "gc.", "shutil.", "tempfile.", "sqlite3.",
    "syslog.", "urllib.", "webbrowser.", "os.exec", "os.fork", "os.system", "os.posix_spawn", "os.spawn",
    "os.startfile", "os.killpg", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink",
    "os.truncate", "os.chmod", "os.chown", "os.lchown", "os.lchmod", "os.chflags", "os.lockf", "os.utime",
    "os.setxattr", "os.removexattr", "signal.pthread_kill", "sys._current_frames",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def close():
    """Close the cage around this process, which must have a single thread; return the names of its walls."""
    walls, readable = [], list(_readable())
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if _landlock(readable):
            walls.append("Landlock")
        if _leave_root(readable):
            walls.append("another user")
        if _seccomp():
            walls.append("seccomp")
    _audit_hook(readable)
    return [*walls, "audit hook"]


def _readable():
    """List what may be read: what is in Python's library, beside NumPy, and in the system's, but for what is ours."""
    paths = sysconfig.get_paths()
    for folder in {*sys.path, paths["stdlib"], paths["platstdlib"], f"{sys.base_prefix}/lib", *_SYSTEM_LIBRARIES}:
        if not os.path.isdir(folder):
            continue
        for entry in os.scandir(os.path.realpath(folder)):
            if entry.name.removesuffix(".py") not in _OURS and not entry.name.startswith(_PASSED_OVER):
                yield os.path.realpath(entry.path) if entry.is_symlink() else entry.path


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _landlock(readable):
    """Let this process and its children open nothing but what is readable; tell whether the kernel can."""
    syscall = _libc().syscall
    version = syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    everything = (1 << _RIGHTS_ON_FILES.get(version, 16)) - 1
    connections, signals_and_sockets = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    attributes = struct.pack("QQQ", everything, connections, signals_and_sockets)
    rules = syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    for path in readable:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE
        syscall(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights, descriptor), 0)
        os.close(descriptor)
    refused = syscall(_LANDLOCK_RESTRICT, rules, 0)
    os.close(rules)
    return refused == 0


def _leave_root(readable):
    """Give up what root may do, and become nobody if that one can read Python's library; tell whether that was done."""
    if os.geteuid():
        return False
    os.seteuid(NOBODY)
    is_readable = os.access(os.__file__, os.R_OK, effective_ids=True)
    os.seteuid(0)
    if is_readable:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    elif platform.machine() in _CAPSET:
        _libc().syscall(_CAPSET[platform.machine()], struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24))
    return is_readable


def _seccomp():
    """Let the kernel refuse what starts, signals, traces or talks to something; tell whether it can."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES or sys.maxsize < 1 << 32 or _libc().prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return False
    column = list(_ARCHITECTURES).index(machine)
    program = _filter(_ARCHITECTURES[machine], column)
    code = ctypes.create_string_buffer(b"".join(program))
    pointer = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    return _libc().prctl(_PR_SET_SECCOMP, 2, pointer, 0, 0) == 0


def _filter(architecture, column):
    """Write the filter in the kernel's machine language (BPF): jumps count the instructions that are passed over."""

    def load(offset):
        return struct.pack("HBBI", 0x20, 0, 0, offset)

    def skip_unless(test, value, count):
        return struct.pack("HBBI", test, 0, count, value)

    equal, greater = 0x15, 0x25
    allow, refuse, kill = (struct.pack("HBBI", 0x06, 0, 0, verdict) for verdict in (0x7FFF0000, 0x00050001, 0x80000000))
    program = [load(4), struct.pack("HBBI", equal, 1, 0, architecture), kill, load(0)]
    program += [skip_unless(greater, _NEWEST_CALL, 1), refuse]
    for numbers in _REFUSED.values():
        if numbers[column] is not None:
            program += [skip_unless(equal, numbers[column], 1), refuse]
    for numbers, argument, value in ((_KILL, 0, os.getpid()), (_TGKILL, 0, os.getpid()), (_PRLIMIT, 2, 0)):
        low = 16 + 8 * argument
        program += [skip_unless(equal, numbers[column], 6), load(low), skip_unless(equal, value, 3), load(low + 4)]
        program += [skip_unless(equal, 0, 1), allow, refuse]
    return [*program, allow]


def _audit_hook(readable):
    """Let Python refuse, in words, what the kernel refuses without."""
    readable, own = frozenset(readable), os.getpid()
    listed = frozenset(map(os.path.dirname, readable))
    realpath, dirname, fsdecode = os.path.realpath, os.path.dirname, os.fsdecode

    def is_readable(path):
        while path not in readable:
            if path == dirname(path):
                return False
            path = dirname(path)
        return True

    def hook(event, args):
        if event == "open":
            path, _, flags = args
            if isinstance(path, int):
                return
            if flags and flags & _WRITING:
                raise PermissionError(f"no file is written while an exercise is checked: {path!r}")
            if not is_readable(realpath(fsdecode(path))):
                raise PermissionError(f"no file is read while an exercise is checked: {path!r}")
        elif event in ("os.listdir", "os.scandir"):
            path = realpath(fsdecode(args[0] if args[0] is not None else "."))
            if path not in listed and not is_readable(path):
                raise PermissionError(f"no folder is read while an exercise is checked: {path!r}")
        elif event == "os.kill" and args[0] != own or event.startswith(_REFUSED_EVENTS):
            raise PermissionError(f"{event} is not allowed while an exercise is checked")

    sys.addaudithook(hook)


if __name__ == "__main__":  # to see which walls there are
    print(*close(), sep="\n")
