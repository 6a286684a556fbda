"""What ends a run from outside: Ctrl-C, SIGTERM, the request to end, and SIGHUP, a terminal that was closed."""

import shlex
import signal
import threading
from contextlib import ExitStack, contextmanager

REQUESTS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
STATUS = {number: 128 + number for number in (signal.SIGINT, *REQUESTS)}  # what a shell reports


class Stopped(BaseException):
    """Somebody ended the run.

    Attributes
    ----------
    signal : signal.Signals
    """

    def __init__(self, number):
        self.signal = signal.Signals(number)
        super().__init__("stopped by hand" if number == signal.SIGINT else f"stopped by {self.signal.name}")


@contextmanager
def stoppable():
    """Turn Ctrl-C, SIGTERM and SIGHUP into `Stopped`; what waits in a ``finally`` is still done.

    A signal that is ignored stays ignored, as under nohup. In another thread than the main one Python allows no
    handler, and SIGTERM ends the program at once.
    """
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in REQUESTS:
                handler = signal.getsignal(number)
                if handler not in (None, signal.SIG_IGN):  # None is one that did not come from Python
                    signal.signal(number, _raise)
                    stack.callback(signal.signal, number, handler)
        try:
            yield
        except KeyboardInterrupt:
            raise Stopped(signal.SIGINT) from None


def _raise(number, frame):
    raise Stopped(number)


def how_to_resume(verb, folder):
    """The command that goes on with what is in a folder."""
    return f"to go on: layerwise {verb} --resume {shlex.quote(str(folder))}"
