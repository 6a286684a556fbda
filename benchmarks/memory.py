"""The memory that a training step needs at its peak, by the same measure for both sides.

Each side runs in a process of its own. After two steps its resident memory is noted, Linux's record of the highest
value is set back, and a third step is made: the record minus what was noted is the peak. Parameters, the state of the
update rule, the data and all program code are resident before; activations, caches, gradients and scratch memory are
not, since each side lets go of them first, and the C library is told to give freed blocks back at once. Buffers that
a BLAS keeps for itself are in neither figure.
"""

import gc
import os
import re
import subprocess
import sys

STATUS, RECORD = "/proc/self/status", "/proc/self/clear_refs"
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def peak_megabytes(step, contender):
    """Start a process that measures one contender of one step; None where the system keeps no such record."""
    command = [sys.executable, "-m", "benchmarks.memory", step, contender]
    done = subprocess.run(command, env=os.environ | GIVE_BACK, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"memory of {contender} in {step!r}: {done.stderr}")
    return None if done.stdout.strip() == "None" else float(done.stdout)


def peak_of(run, release):
    """Measure the peak of ``run()`` over what is resident after ``release()``, in megabytes, or None."""
    for _ in range(2):
        run()
    release()
    gc.collect()
    try:
        with open(RECORD, "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        return None
    before = _kilobytes("VmRSS")
    run()
    return max(0, _kilobytes("VmHWM") - before) / 1024


def _kilobytes(field):
    with open(STATUS, encoding="ascii") as file:
        return int(re.search(rf"{field}:\s+(\d+) kB", file.read())[1])


def main(step, contender):
    from .steps import STEPS, contenders

    chosen = contenders(next(case for case in STEPS if case.name == step), only=contender)[contender]
    print(peak_of(chosen, chosen.release))


if __name__ == "__main__":
    main(*sys.argv[1:])
