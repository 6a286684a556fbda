"""Making the next thing on a thread while the present one is worked on."""

import threading
import time
from contextvars import copy_context

# Seconds of work from which it pays: to start a thread, to wait for it, and to share the interpreter with it takes 0.1
# to 0.3 ms of each step.
PAYS_FROM = 5e-4


class Ahead:
    """Give what a function makes of a number, and have the next one made meanwhile.

    A thread lives for one thing only: what took long to make the last time is made on a thread the next time. So there
    is none to stop when the last thing has been made, and in a forked process, where threads are lost, the thing is
    simply made again.

    Parameters
    ----------
    make : function of an integer
        Must depend on nothing else. It is never called twice at a time.
    """

    def __init__(self, make):
        self._make = make
        self._took = 0.0
        self._coming = None  # number, thread, list for what it makes

    def get(self, number, coming=None):
        """Return ``make(number)``, or raise what it raises; `coming` is the number that is asked for next, if known."""
        known, made = self._collect()
        if known == number and made:
            value, error = made[0]
            if error is not None:
                raise error
        else:
            value = self._timed(number)
        if coming is not None and self._took >= PAYS_FROM:
            made, run = [], copy_context().run  # NumPy's errstate is the caller's there, too
            thread = threading.Thread(target=run, args=(self._note, coming, made), name="layerwise-ahead")
            try:
                thread.start()
            except RuntimeError:  # no more threads are allowed here: each thing is made when it is asked for
                return value
            self._coming = coming, thread, made
        return value

    def drop(self):
        """Forget what was made ahead; when this returns, no thread is left."""
        self._collect()

    def _collect(self):
        """Wait for the thread; return the number and what `_note` left, which is nothing if the thread was lost."""
        if self._coming is None:
            return None, []
        number, thread, made = self._coming
        thread.join()
        self._coming = None
        return number, made

    def _note(self, number, made):
        """Add what was made, and what was raised, to a list: one of them is None."""
        try:
            made.append((self._timed(number), None))
        except BaseException as error:  # whatever it is, it is raised again where the thing is asked for
            made.append((None, error))

    def _timed(self, number):
        """Make a thing, and note for how long this thread was busy with it; to wait for a processor does not count."""
        start = time.thread_time()
        try:
            return self._make(number)
        finally:
            self._took = time.thread_time() - start
