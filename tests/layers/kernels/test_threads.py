"""One control for all threads, no work lost, and nothing shared between Solvers in several threads."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from layers import conv_backward, conv_forward, get_num_threads, release_workspace, set_num_threads
from layers.kernels import threads
from layers.kernels.workspace import MOST_BYTES, blocks, scratch, workspace_bytes


@pytest.fixture(autouse=True)
def back_to_the_default():
    yield
    set_num_threads(None)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", True])
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(ValueError, match="num_threads must be an integer >= 1, got"):
        set_num_threads(wrong)


@pytest.mark.parametrize("value, printed", [("3", "3"), ("0", "must be an integer >= 1"), ("many", "got 'many'")])
def test_the_environment_sets_the_number(value, printed):
    program = "import layers; print(layers.get_num_threads())"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"LAYERWISE_NUM_THREADS": value}, capture_output=True, text=True
    )
    assert printed in done.stdout + done.stderr


@pytest.mark.parametrize("num_threads", [1, 2, 3])
@pytest.mark.parametrize("N", [0, 1, 2, 7])
def test_every_part_is_done_once_and_in_order(num_threads, N):
    set_num_threads(num_threads)
    parts = threads.split(lambda start, stop: list(range(start, stop)), N, threads.LEAST_WORK)
    assert sum(parts, []) == list(range(N))
    assert get_num_threads() == num_threads


def test_an_error_in_a_part_reaches_the_caller():
    def fail(start, stop):
        raise RuntimeError(f"part {start}")

    with pytest.raises(RuntimeError, match="part"):
        threads.split(fail, 4, threads.LEAST_WORK)
    assert threads._num_limits == 0


def test_blas_gets_its_threads_back():
    libraries = threads._blas_libraries()
    before = [library.get_num_threads() for library in libraries]
    during = threads.split(lambda *_: [library.get_num_threads() for library in libraries], 1, threads.LEAST_TO_LIMIT)
    assert during == [[1] * len(libraries)]
    assert [library.get_num_threads() for library in libraries] == before


def test_without_threadpoolctl_nothing_is_split(monkeypatch):
    monkeypatch.setattr(threads, "_blas_libraries", lambda: ())
    assert threads.split(lambda start, stop: (start, stop), 8, threads.LEAST_WORK) == [(0, 8)]


def test_several_threads_at_once_give_the_same_numbers(monkeypatch):
    monkeypatch.setattr(threads, "LEAST_WORK", 0)
    monkeypatch.setattr(threads, "LEAST_TO_LIMIT", 0)
    rng = np.random.default_rng(0)
    cases = [(rng.standard_normal((4, 20, 9, 9)), rng.standard_normal((17, 20, 3, 3))) for _ in range(4)]

    def run(x, w):
        out, cache = conv_forward(x, w, np.zeros(len(w)), {"stride": 1, "pad": 1})
        return [out, *conv_backward(out, cache)]

    alone, together = [run(*case) for case in cases], [None] * len(cases)

    def again(i):
        for _ in range(5):
            together[i] = run(*cases[i])

    workers = [threading.Thread(target=again, args=(i,)) for i in range(len(cases))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for results, expected in zip(together, alone):
        for result, reference in zip(results, expected):
            np.testing.assert_array_equal(result, reference)


def test_the_workspace_is_bounded_and_given_back():
    release_workspace()
    assert workspace_bytes() == 0
    one = scratch("test", (10,), np.float32)
    assert np.shares_memory(one, scratch("test", (5,), np.float64))
    assert workspace_bytes() == 40
    scratch("large", (MOST_BYTES + 1,), np.uint8)
    assert workspace_bytes() == 40
    release_workspace()
    assert workspace_bytes() == 0


@pytest.mark.parametrize("bytes_each, most", [(0, 100), (1, 100), (40, 2), (51, 1), (100, 1), (999, 1)])
def test_blocks_take_at_most_so_many_bytes_and_leave_nothing_out(bytes_each, most):
    parts = list(blocks(3, 205, bytes_each, 100))
    assert [item for part in parts for item in range(part.start, part.stop)] == list(range(3, 205))
    assert max(part.stop - part.start for part in parts) == most
