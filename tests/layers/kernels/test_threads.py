"""One control for all threads, no work lost, and nothing shared between Solvers in several threads."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from layers import affine, conv_backward, conv_bn_relu, conv_forward, get_num_threads, max_pool, set_num_threads
from layers import affine_relu, chain, conv_relu_pool
from layers.kernels import threads
from models import Classifier, FullyConnectedNet
from solvers import Solver


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
    assert len(parts) == max(1, min(num_threads, N))  # none of them empty
    assert get_num_threads() == num_threads


def test_an_error_in_a_part_reaches_the_caller():
    def fail(start, stop):
        raise RuntimeError(f"part {start}")

    with pytest.raises(RuntimeError, match="part"):
        threads.split(fail, 4, threads.LEAST_WORK)
    assert threads._num_limits == 0


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_waits_for_all_other_parts(failing):
    """They write to what the caller holds."""
    set_num_threads(3)
    done = []

    def work(start, stop):
        if start == failing:
            raise RuntimeError("early")
        time.sleep(0.05 * start)
        done.append(start)

    with pytest.raises(RuntimeError, match="early"):
        threads.split(work, 3, threads.LEAST_WORK)
    assert sorted(done) == sorted({0, 1, 2} - {failing})


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


class Library:
    """A BLAS that only counts its threads."""

    def __init__(self):
        self.num_threads = 7
        self.get_num_threads = lambda: self.num_threads

    def set_num_threads(self, number):
        self.num_threads = number


@pytest.fixture
def library(monkeypatch):
    library = Library()
    monkeypatch.setattr(threads, "_blas_libraries", lambda: (library,))
    return library


def test_blas_is_limited_and_released_from_every_thread():
    """threadpoolctl 3.8 obeys one thread only, here this one: others left BLAS as it was, or at 1 for good."""
    libraries, seen = threads._blas_libraries(), []

    def in_another_thread():
        numbers = threads.split(lambda *_: [library.get_num_threads() for library in libraries], 1, threads.LEAST_WORK)
        seen.append(numbers)

    with threadpool_limits(2, user_api="blas"):
        worker = threading.Thread(target=in_another_thread)
        worker.start()
        worker.join()
        assert seen == [[[1] * len(libraries)]]
        assert [library.get_num_threads() for library in libraries] == [2] * len(libraries)

        inside = threading.Event()
        left = threading.Event()

        def last_to_leave():
            with threads.products_alone():
                inside.set()
                left.wait()

        worker = threading.Thread(target=last_to_leave)
        set_num_threads(1)
        with threads.products_alone():
            worker.start()
            inside.wait()
        left.set()
        worker.join()
        assert [library.get_num_threads() for library in libraries] == [2] * len(libraries)


@pytest.mark.parametrize("number", [1, 2, 5])
def test_products_alone_leave_the_threads_to_blas(library, number):
    set_num_threads(number)
    with threads.products_alone():
        assert library.num_threads == number
        seen = threads.split(lambda *part: (*part, library.num_threads), 8, threads.LEAST_WORK)
        assert seen == [(0, 8, number)]  # in one piece
        with threads.products_alone():
            assert library.num_threads == number
        assert threads.split(lambda *part: part, 8, threads.LEAST_WORK) == [(0, 8)]
        np.testing.assert_array_equal(threads.matmul(np.ones((300, 300)), np.ones((300, 2))), np.full((300, 2), 300))
    assert library.num_threads == 7 and threads._num_limits == 0
    assert len(threads.split(lambda *part: part, 8, threads.LEAST_WORK)) == number


def test_products_alone_end_with_an_exception(library):
    with pytest.raises(KeyboardInterrupt):
        with threads.products_alone():
            with threads.products_alone():
                raise KeyboardInterrupt
    assert library.num_threads == 7 and threads._num_limits == 0 and not threads._products_alone.get()


def test_products_alone_end_where_the_number_of_threads_is_wrong(library, monkeypatch):
    monkeypatch.setenv("LAYERWISE_NUM_THREADS", "none")
    with pytest.raises(ValueError, match="LAYERWISE_NUM_THREADS must be"):
        with threads.products_alone():
            pass
    assert library.num_threads == 7 and threads._num_limits == 0 and not threads._products_alone.get()


def test_a_failing_part_gives_blas_its_threads_back(library):
    set_num_threads(3)

    def fail(start, stop):
        raise KeyError(start)

    with pytest.raises(KeyError):
        threads.split(fail, 9, threads.LEAST_WORK)
    assert library.num_threads == 7 and threads._num_limits == 0


def test_other_threads_are_not_meant_by_products_alone(library):
    set_num_threads(2)
    seen = []
    with threads.products_alone():
        other = threading.Thread(target=lambda: seen.extend(threads.split(lambda *part: part, 8, threads.LEAST_WORK)))
        other.start()
        other.join()
        assert library.num_threads == 2  # who came first decides, and the last to leave sets back
    assert seen == [(0, 4), (4, 8)] and library.num_threads == 7


def test_blas_gets_its_threads_back_when_the_last_of_many_threads_has_left(library):
    set_num_threads(2)

    def work(number):
        for _ in range(30):
            if number % 2:
                with threads.products_alone():
                    threads.split(lambda *part: part, 4, threads.LEAST_WORK)
            else:
                threads.split(lambda *part: part, 4, threads.LEAST_WORK)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert library.num_threads == 7 and threads._num_limits == 0


def test_a_part_that_splits_again_does_it_in_one_piece():
    set_num_threads(2)

    def part(start, stop):
        return [(start, stop), threads.split(lambda *inner: inner, 6, threads.LEAST_WORK)]

    others = threads.split(part, 4, threads.LEAST_WORK)[1:]
    assert others == [[(2, 4), [(0, 6)]]]  # a worker that waited for workers could wait for ever


def test_the_number_may_change_while_others_work():
    results = []

    def work():
        for _ in range(40):
            results.append(sum(threads.split(lambda start, stop: stop - start, 100, threads.LEAST_WORK)))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for number in (1, 2, 3, 2, None):
        set_num_threads(number)
    for worker in workers:
        worker.join()
    assert results == [100] * 120


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_the_child_of_a_fork_has_threads_of_its_own():
    """Without that it waits for its parent's pool for ever."""
    program = """
import os, signal, numpy, layers
from layers.kernels import threads, workspace
layers.set_num_threads(2)
work = lambda: threads.split(lambda start, stop: (start, stop), 8, threads.LEAST_WORK)
assert len(work()) == 2
with threads._lock, workspace._lock:  # as another thread may hold them
    child = os.fork()
    if not child:
        signal.alarm(10)
        assert work() == [(0, 4), (4, 8)] and workspace.empty((9, 99999), numpy.float32).shape == (9, 99999)
        os._exit(0)
assert os.waitpid(child, 0)[1] == 0 and len(work()) == 2
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("shapes", [((40, 7), (7, 30)), ((30, 7), (7, 40)), ((9, 700), (700, 8)), ((1, 1), (1, 1))])
@pytest.mark.parametrize("mixed", [(np.float32, np.float32), (np.float64, np.float32), (np.float32, np.float64)])
def test_matmul_multiplies(shapes, mixed, monkeypatch):
    monkeypatch.setattr(threads, "LEAST_WORK", 0)
    monkeypatch.setattr(threads, "LEAST_TO_LIMIT", 0)
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-9, 9, shape).astype(dtype) for shape, dtype in zip(shapes, mixed))
    for number in (1, 2, 3):
        set_num_threads(number)
        for left, right in ((a, b), (np.asfortranarray(a), b[:, ::-1]), (a[::-1], np.asfortranarray(b))):
            product = threads.matmul(left, right)
            assert product.dtype == np.result_type(a, b)
            np.testing.assert_array_equal(product, left @ right)


def conv_net(seed):
    rng = np.random.default_rng(seed)
    tiles = {"pool_height": 2, "pool_width": 2, "stride": 2}
    shapes = {
        "W1": (5, 3, 5, 5), "b1": 5, "W2": (18, 5, 3, 3), "b2": 18, "gamma1": 18, "beta1": 18,
        "W3": (20, 18, 3, 3), "b3": 20, "W4": (80, 30), "b4": 30, "W5": (30, 4), "b5": 4,
    }  # fmt: skip
    params = {name: (0.3 * rng.standard_normal(shape)).astype(np.float32) for name, shape in shapes.items()}
    settings = ({"stride": 1, "pad": 2}, tiles, {"stride": 1, "pad": 1}, {"mode": "train"}, tiles)
    settings += ({"stride": 1, "pad": 1}, tiles)
    net = chain(conv_relu_pool, conv_bn_relu, max_pool, conv_relu_pool, affine_relu, affine)
    return Classifier(net, params, settings)


def fully_connected_net(seed):
    return FullyConnectedNet([30, 20], input_dim=768, num_classes=4, normalization="batchnorm", seed=seed)


def trained(number):
    """Train a net of one's own, every other one a fully connected one, and return all its numbers."""
    rng = np.random.default_rng(number)
    X, y = rng.standard_normal((30, 3, 16, 16)).astype(np.float32), rng.integers(0, 4, 30)
    model = (fully_connected_net if number % 3 == 2 else conv_net)(number)
    solver = Solver(
        model, {"X_train": X, "y_train": y, "X_val": X, "y_val": y}, update_rule=("adam", "sgd_momentum")[number % 2],
        batch_size=7, num_epochs=2, seed=number, verbose=False,
    )  # fmt: skip
    solver.train()
    return [np.array(solver.loss_history), *model.params.values(), *model.state.values()]


def test_several_solvers_at_once_give_the_numbers_of_one_after_the_other(monkeypatch, figures):
    monkeypatch.setattr(threads, "LEAST_WORK", 0)
    monkeypatch.setattr(threads, "LEAST_TO_LIMIT", 0)
    set_num_threads(2)
    alone, together = [trained(number) for number in range(6)], [None] * 6

    def run(number):
        together[number] = trained(number)

    workers = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for results, expected in zip(together, alone, strict=True):
        for result, reference in zip(results, expected, strict=True):
            np.testing.assert_array_equal(result, reference)
        figures["trainings side by side, equal to one after the other bit by bit"] += 1
