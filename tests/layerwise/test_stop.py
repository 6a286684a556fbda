"""Ctrl-C and SIGTERM become one exception."""

import signal
import threading

import pytest

from layerwise.stop import REQUESTS, STATUS, Stopped, how_to_resume, stoppable


@pytest.fixture(autouse=True)
def ordinary_handlers():
    """Whoever runs the tests may ignore signals: nohup does."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in REQUESTS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STATUS)
def test_a_signal_stops_and_is_named(number):
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stopped, stoppable():
        signal.raise_signal(number)
    assert stopped.value.signal is number and str(stopped.value) == (
        "stopped by hand" if number is signal.SIGINT else f"stopped by {number.name}"
    )
    assert signal.getsignal(number) is before
    assert STATUS[number] == 128 + number


@pytest.mark.parametrize("number", REQUESTS)
def test_a_signal_that_is_ignored_stays_ignored(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with stoppable():
            signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_in_another_thread_it_does_no_harm():
    done = []

    def work():
        with stoppable():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


def test_the_command_can_be_typed_whatever_the_folder_is_called():
    assert how_to_resume("train", "runs/x") == "to go on: layerwise train --resume runs/x"
    assert how_to_resume("search", "my runs/x") == "to go on: layerwise search --resume 'my runs/x'"
