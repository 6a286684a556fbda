"""Memory that is used again.

The first touch of a fresh page costs some microseconds, more than most of the arithmetic that is done on it.

`scratch` is for what a layer needs while it works. Each thread has scratch arrays of its own, so that no two can meet
in one; none of them is ever returned to a caller.

`empty` is for results. Its memory belongs to whoever holds an array that lies in it, and is given out again only when
nobody does: Python counts the references to every object, and each view of an array is one to it.
"""

import math
import os
import sys
from threading import Lock, local
from weakref import WeakSet

import numpy as np

# What one thread keeps at the most; a scratch array that is larger is made anew each time.
MOST_BYTES = 64 << 20

# Results smaller than this come from malloc, which keeps small pieces at hand by itself.
LEAST_RESULT_BYTES = 1 << 16

# What is kept of results at the most, in use or not; what is beyond it comes from malloc, too.
MOST_RESULT_BYTES = 256 << 20

# A cache line. malloc lets large arrays begin 16 bytes after one, and then most of the vectors that a loop reads lie in
# two lines: in the cache, an operation takes up to half as long again.
LINE_BYTES = 64

_threads, _lock = local(), Lock()
_all_stores = WeakSet()
_results = []


class _Store(dict):
    """The scratch arrays of one thread, by name."""

    __hash__ = object.__hash__


def scratch(name, shape, dtype):
    """Return this thread's scratch array of that name, with whatever was left in it.

    The next call with the same name, by the same thread, gives the same memory.
    """
    if not hasattr(_threads, "store"):
        _threads.store = _Store()
        with _lock:
            _all_stores.add(_threads.store)
    store = _threads.store
    size = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = store.get(name)
    if buffer is None or buffer.nbytes < size:
        buffer = _aligned(size)
        if size + sum(kept.nbytes for key, kept in store.items() if key != name) <= MOST_BYTES:
            store[name] = buffer
    return buffer[:size].view(dtype).reshape(shape)


def empty(shape, dtype):
    """Return an array that belongs to the caller, not filled, its memory perhaps used before."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < LEAST_RESULT_BYTES:
        return np.empty(shape, dtype)
    with _lock:
        buffer = _smallest_unused(_results, size)
        if buffer is None:
            buffer = _aligned(size)
            if size <= MOST_RESULT_BYTES:
                _give_back_unused(_results, size)
            if size + sum(kept.nbytes for kept in _results) <= MOST_RESULT_BYTES:
                _results.append(buffer)
    return buffer[:size].view(dtype).reshape(shape)


def _aligned(size):
    """Return so many bytes that begin where a cache line does.

    A view of the array that is returned refers to that, and not to the one that it is cut from: a memoryview is between
    the two.
    """
    whole = np.empty(size + LINE_BYTES, np.uint8)
    start = -whole.ctypes.data % LINE_BYTES
    return np.asarray(whole.data[start : start + size])


def _smallest_unused(buffers, size):
    """Find the smallest buffer that nobody refers to and that is large enough, but not more than twice so."""
    found = None
    for place in range(len(buffers)):
        if sys.getrefcount(buffers[place]) == _UNUSED and size <= buffers[place].nbytes <= 2 * size:
            if found is None or buffers[place].nbytes < buffers[found].nbytes:
                found = place
    return None if found is None else buffers[found]


def _give_back_unused(buffers, size):
    """Let go of the buffers that nobody refers to and that are smaller.

    Larger ones are never given back for smaller ones, so that steps that repeat soon come to need no new memory.
    """
    for place in reversed(range(len(buffers))):
        if buffers[place].nbytes < size and sys.getrefcount(buffers[place]) == _UNUSED:
            del buffers[place]


# What the interpreter counts for an object to which only the list refers, and the call that asks.
_UNUSED = [sys.getrefcount(buffers[0]) for buffers in [[np.empty(1, np.uint8)]]][0]


def empty_like(x, dtype):
    """Return `empty` memory for an array of x's shape, with its axes in the order that x's have in memory."""
    if x.nbytes < LEAST_RESULT_BYTES:
        return np.empty_like(x, dtype)
    order = order_in_memory(x)
    return empty([x.shape[axis] for axis in order], dtype).transpose(np.argsort(order))


def order_in_memory(x):
    """Return the axes of x from the longest step in memory to the shortest."""
    return sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))


def as_runs(a):
    """View an array with each run of numbers along its last axis, side by side in memory, as a single element.

    To copy an array NumPy goes number by number along the last axis, in a loop that it begins anew for every run. With
    a run as one element, of so many bytes, the short ones take half the time.
    """
    return a.view(f"V{a.shape[-1] * a.itemsize}")


def blocks(start, stop, bytes_each, most_bytes):
    """Cut range(start, stop) into slices whose items take at most that many bytes, but at least one item each.

    A block that stays in a core's cache can be gone over several times at little cost.
    """
    step = max(1, most_bytes // max(1, bytes_each))
    for first in range(start, stop, step):
        yield slice(first, min(first + step, stop))


def release_workspace():
    """Give back what is kept to be used again, of all threads; it is taken anew when it is needed."""
    with _lock:
        _results.clear()
        for store in _all_stores:
            store.clear()


def _begin_anew():
    """In the child of a fork: whoever held the lock was left behind."""
    global _lock
    _lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def workspace_bytes():
    """Return how much memory is kept to be used again, or is in use as a result, in bytes."""
    with _lock:
        scratches = [buffer for store in _all_stores for buffer in list(store.values())]
        return sum(buffer.nbytes for buffer in (*_results, *scratches))
