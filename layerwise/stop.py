"""What ends a run from outside: Ctrl-C, and SIGTERM, the request to end."""

import shlex
import signal
import threading
from contextlib import contextmanager

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}  # what a shell reports of a program that such a signal ended


class Stopped(BaseException):
    """Somebody ended the run.

    Attributes
    ----------
    signal : signal.Signals
    """

    def __init__(self, number):
        self.signal = signal.Signals(number)
        super().__init__(self.signal.name)


@contextmanager
def stoppable():
    """Turn Ctrl-C and SIGTERM into `Stopped`; what waits in a ``finally`` is still done.

    A signal that is ignored stays ignored. In another thread than the main one Python allows no handler, and SIGTERM
    ends the program at once.
    """
    terminate = signal.getsignal(signal.SIGTERM)
    handles = threading.current_thread() is threading.main_thread() and terminate is not signal.SIG_IGN
    if handles:
        signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(signal.SIGINT) from None
    finally:
        if handles:
            signal.signal(signal.SIGTERM, terminate)


def _raise(number, frame):
    raise Stopped(number)


def how_to_resume(verb, folder):
    """The command that goes on with what is in a folder."""
    return f"to go on: layerwise {verb} --resume {shlex.quote(str(folder))}"
