"""One threading regime for all heavy layers: the work is split over a small pool, and BLAS keeps to one thread inside.

NumPy releases the interpreter's lock in its loops and in BLAS, so the threads of one process can share the work on
parts of one array. BLAS's own threads go on spinning for a while after every product and take the cores from the loops
that follow, which costs more than they win. So while a layer works here, BLAS is limited to one thread, by
threadpoolctl. Where that is not installed, nothing is split, and BLAS does what it always does: the results are right,
but slower.

A net of affine layers alone is nothing but products: there BLAS's own threads win, see `products_alone`.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import lru_cache
from threading import Lock, local

import numpy as np

from .workspace import empty

# Handing work to another thread takes 20 to 75 microseconds, and twice that until its result is there; a core does some
# 50 million operations of a product of matrices in a third of a millisecond.
LEAST_WORK = 5e7

# BLAS itself keeps to one thread for products that are smaller than this.
LEAST_TO_LIMIT = 1e5

_products_alone = ContextVar("products_alone", default=False)
_lock = Lock()
_worker = local()
_pool = None
_num_threads = None
_num_limits, _blas_threads = 0, ()


def set_num_threads(num_threads):
    """Set how many threads the layers use, from now on and in the whole process.

    Parameters
    ----------
    num_threads : int or None
        At least 1. None means as in the beginning: the environment variable LAYERWISE_NUM_THREADS, or else all cores.

    Raises
    ------
    ValueError
        If it is not a positive integer.

    Examples
    --------
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(None)
    """
    global _num_threads, _pool
    if num_threads is not None:
        _check("set_num_threads: num_threads", num_threads)
    with _lock:
        _num_threads = num_threads
        pool, _pool = _pool, None
    if pool:
        pool.shutdown(wait=True)


def get_num_threads():
    """Return how many threads the layers use."""
    if _num_threads is not None:
        return _num_threads
    wanted = os.environ.get("LAYERWISE_NUM_THREADS")
    if wanted:
        return _check("LAYERWISE_NUM_THREADS", int(wanted) if wanted.isdecimal() else wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def split(function, N, work):
    """Call ``function(start, stop)`` on consecutive parts of range(N), one a thread, and return the results in order.

    Parameters
    ----------
    function : function of two ints
        Must write to parts of arrays that no other part writes to.
    N : int
    work : float
        About how many operations of a product of matrices in float32 there are in all, two a multiplication and
        addition, or what takes as long: in float64 twice as many; an operation on every element of an array counts 10
        for each. Little work is not split.
    """
    global _pool
    if work < LEAST_TO_LIMIT or _products_alone.get():
        return [function(0, N)]
    num_parts = min(get_num_threads(), N)
    if num_parts < 2 or work < LEAST_WORK or hasattr(_worker, "is_one") or not _blas_libraries():
        with _BlasThreads(1):
            return [function(0, N)]
    bounds = [N * part // num_parts for part in range(num_parts + 1)]
    with _BlasThreads(1):
        with _lock:
            if _pool is None:
                _pool = ThreadPoolExecutor(get_num_threads(), "layerwise", initializer=_become_worker)
            # In the caller's context, so that its np.errstate holds in every part.
            others = [_pool.submit(copy_context().run, function, *part) for part in zip(bounds[1:], bounds[2:])]
        try:
            first = function(0, bounds[1])
        finally:
            for other in others:  # for all of them, even if one fails: they write to what the caller holds
                other.exception()  # waits, and raises nothing
    return [first, *(other.result() for other in others)]


def matmul(a, b):
    """Multiply two matrices, ``a @ b``, with the longest of the three axes split over the threads.

    Then the threads have least in common: BLAS copies both operands into an order of its own, each thread what it
    needs.
    """
    (M, K), N = a.shape, b.shape[1]
    work = M * K * N * a.itemsize / 2
    if work < LEAST_TO_LIMIT or _products_alone.get():
        return a @ b
    if K > max(M, N):
        out, *others = split(lambda start, stop: a[:, start:stop] @ b[start:stop], K, work)
        for other in others:
            out += other
        return out
    out = empty((M, N), np.result_type(a, b))
    if N > M:
        split(lambda start, stop: np.matmul(a, b[:, start:stop], out=out[:, start:stop]), N, work)
    else:
        split(lambda start, stop: np.matmul(a[start:stop], b, out=out[start:stop]), M, work)
    return out


@contextmanager
def products_alone():
    """Work in which no layer splits anything, and BLAS shares out the products over its own threads."""
    token = _products_alone.set(True)
    try:
        with _BlasThreads(get_num_threads()):
            yield
    finally:
        _products_alone.reset(token)


def _check(name, value):
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer >= 1, got {value!r}")
    return value


def _become_worker():
    _worker.is_one = True


def _begin_anew():
    """In the child of a fork: the pool's threads were left behind, and whoever held the lock with them."""
    global _lock, _pool, _num_limits
    _lock, _pool, _num_limits = Lock(), None, 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@lru_cache(maxsize=None)
def _blas_libraries():
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return ()
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set_blas_threads(library, number):
    """Set it from whatever thread of Python.

    Newer versions of threadpoolctl obey only the first thread that asked, lest two be at odds; here a lock sees to
    that.
    """
    getattr(library, "_real_set_num_threads", library.set_num_threads)(number)


class _BlasThreads:
    """Context in which BLAS has so many threads; the first to enter sets it, the last to leave sets back what was."""

    def __init__(self, number):
        self.number = number

    def __enter__(self):
        global _num_limits, _blas_threads
        with _lock:
            if _num_limits == 0:
                _blas_threads = tuple(library.get_num_threads() for library in _blas_libraries())
                for library in _blas_libraries():
                    _set_blas_threads(library, self.number)
            _num_limits += 1

    def __exit__(self, *_):
        global _num_limits
        with _lock:
            _num_limits -= 1
            if _num_limits == 0:
                for library, number in zip(_blas_libraries(), _blas_threads):
                    _set_blas_threads(library, number)
