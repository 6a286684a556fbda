import pytest

from benchmarks import timing


@pytest.fixture(autouse=True)
def no_warm_up(monkeypatch):
    """What is timed here is not looked at."""
    monkeypatch.setattr(timing, "WARM_UP", 0)
