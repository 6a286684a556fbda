"""Scratch memory that is used again.

The first touch of a fresh page costs some microseconds, more than most of the arithmetic that is done on it. Each thread
has scratch arrays of its own, so that no two can meet in one; none of them is ever returned to a caller.
"""

import math
from threading import Lock, local
from weakref import WeakSet

import numpy as np

# What one thread keeps at the most; a scratch array that is larger is made anew each time.
MOST_BYTES = 64 << 20

_threads, _lock = local(), Lock()
_all_stores = WeakSet()


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
        buffer = np.empty(size, np.uint8)
        if size + sum(kept.nbytes for key, kept in store.items() if key != name) <= MOST_BYTES:
            store[name] = buffer
    return buffer[:size].view(dtype).reshape(shape)


def blocks(start, stop, bytes_each, most_bytes):
    """Cut range(start, stop) into slices whose items take at most that many bytes, but at least one item each.

    A block that stays in a core's cache can be gone over several times at little cost.
    """
    step = max(1, most_bytes // max(1, bytes_each))
    for first in range(start, stop, step):
        yield slice(first, min(first + step, stop))


def release_workspace():
    """Give the scratch memory of all threads back; it is taken anew when it is needed."""
    with _lock:
        for store in _all_stores:
            store.clear()


def workspace_bytes():
    """Return how much scratch memory all threads hold, in bytes."""
    with _lock:
        return sum(buffer.nbytes for store in _all_stores for buffer in list(store.values()))
