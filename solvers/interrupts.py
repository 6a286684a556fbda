"""Ctrl-C, the request to end (SIGTERM) and a closed terminal (SIGHUP), put off until a run can be left."""

import signal
import threading

# Windows has no SIGHUP.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class PutOff:
    """While the ``with`` block runs, note `SIGNALS`; when it has ended, let them take their ordinary course.

    Only the first is put off: it gives the handlers back, so that a second Ctrl-C stops at once. In another thread than
    the main one, where Python does not allow handlers, nothing is done. A signal that is ignored stays ignored.

    Attributes
    ----------
    noted : signal.Signals or None
        What has come.

    Examples
    --------
    >>> import signal
    >>> try:
    ...     with PutOff() as signals:
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("put off:", signals.noted.name)
    ... except KeyboardInterrupt:
    ...     print("delivered")
    put off: SIGINT
    delivered
    """

    def __enter__(self):
        self.noted = None
        self._handlers = {}
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.getsignal(number)
                if handler not in (None, signal.SIG_IGN):  # None is one that did not come from Python
                    self._handlers[number] = handler
                    signal.signal(number, self._note)
        return self

    def _note(self, number, frame):
        self._give_back()
        self.noted = signal.Signals(number)

    def _give_back(self):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}

    def __exit__(self, *error):
        self._give_back()
        if self.noted is not None:
            signal.raise_signal(self.noted)
