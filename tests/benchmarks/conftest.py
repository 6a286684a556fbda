import pytest

from benchmarks import timing


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """What is timed here is not looked at."""
    monkeypatch.setattr(timing, "PAUSE", 0)
