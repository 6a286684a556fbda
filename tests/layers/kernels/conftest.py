import pytest

from layers import set_num_threads
from layers.kernels import threads


@pytest.fixture(params=[1, 2, 3])
def number_of_threads(request, monkeypatch):
    """So many threads, over which all work is split, however little."""
    monkeypatch.setattr(threads, "LEAST_WORK", 0)
    monkeypatch.setattr(threads, "LEAST_TO_LIMIT", 0)
    set_num_threads(request.param)
    yield
    set_num_threads(None)
