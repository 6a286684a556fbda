"""What the figures were measured on: the machine, whether it was quiet, and how fast it multiplies matrices."""

import datetime
import functools
import importlib.metadata
import os
import platform
import time

import numpy as np

from layers import get_num_threads

HAMPERING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def warning(environment):
    """Say which variables keep OpenBLAS from its fastest code; an empty text if none is set."""
    found = [f"{name}={environment[name]}" for name in HAMPERING if name in environment]
    if not found:
        return ""
    unset = " ".join(f"-u {name}" for name in HAMPERING)
    return f"WARNING: {' and '.join(found)} may halve NumPy's speed; run under `env {unset}`"


def describe():
    """Processor, cores, versions, BLAS, threads and date, in one line."""
    parts = [
        f"{_processor()}, cores: {os.cpu_count()}",
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__} with {_blas()}",
        *(f"{name} {_version(package)}" for name, package in [("PyTorch", "torch"), ("scikit-learn", "scikit-learn")]),
        f"threads: {get_num_threads()}",
        datetime.date.today().isoformat(),
    ]
    return "; ".join(parts)


class Others:
    """What share of the cores went to others since this was made, as a text.

    It matters: PyTorch's threads wait for each other at the end of every operation, so a busy core costs it several
    times what it costs us, and the ratios look far better than they are.
    """

    QUIET = 0.03

    def __init__(self):
        self._before = _processor_seconds()

    def share(self):
        """A number from 0 to 1, or None where the system does not tell."""
        if self._before is None:
            return None
        total, busy, own = (now - then for now, then in zip(_processor_seconds(), self._before))
        return max(0.0, busy - own) / total if total else 0.0

    def __str__(self):
        share = self.share()
        if share is None:
            return "how busy others kept the machine is not known"
        warning = "; WARNING: too busy for the ratios to mean anything" if share > self.QUIET else ""
        return f"others had {share:.0%} of the cores meanwhile{warning}"


@functools.cache
def peak(dtype):
    """Measure the operations a second of a product of two large matrices, BLAS with its own threads: best of ten."""
    size = 2048
    a = np.ones((size, size), dtype)
    out = np.empty_like(a)
    seconds = []
    for _ in range(11):
        start = time.perf_counter()
        np.matmul(a, a, out=out)
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds[1:])


def _processor_seconds():
    """Of all cores since the start of the system: seconds in all, seconds not idle; and those of this process."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(field) for field in file.readline().split()[1:9]]
    except OSError:
        return None
    total = sum(ticks) / os.sysconf("SC_CLK_TCK")
    idle = (ticks[3] + ticks[4]) / os.sysconf("SC_CLK_TCK")
    return total, total - idle, sum(os.times()[:4])


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _blas():
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "an unknown BLAS (threadpoolctl is missing, and so are threads)"
    loaded = [info for info in threadpool_info() if info["user_api"] == "blas"]
    # SciPy may bring another one of its own; where neither is bundled, both use the system's.
    bundled = [info for info in loaded if "numpy" in info["filepath"]] or loaded
    kinds = {f"{info['internal_api']} {info['version']} ({info.get('architecture', 'unknown')})" for info in bundled}
    return " and ".join(sorted(kinds))


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"
