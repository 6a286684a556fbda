"""Memory is used again only when nobody refers to it; it is bounded, given back, and safe among threads."""

import sys
import threading

import numpy as np
import pytest

import layers
from layers import chain, conv_bn_relu, conv_relu_pool, max_pool, release_workspace, softmax_loss
from layers.kernels import workspace
from layers.kernels.workspace import (
    LEAST_RESULT_BYTES,
    MOST_BYTES,
    as_runs,
    blocks,
    empty,
    empty_like,
    scratch,
    workspace_bytes,
)
from models import Classifier, ConvNet
from solvers import Solver

from ..in_memory import CHANNELS_LAST, EXAMPLES_LAST, laid
from ..test_every_layer import arrays_in

SHAPE = (64, 512)  # of float64, 256 KB: four times what the workspace looks after


@pytest.fixture(autouse=True)
def nothing_kept():
    release_workspace()
    yield
    release_workspace()


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_that_nobody_refers_to_is_used_again():
    first = empty(SHAPE, np.float64)
    size, where = workspace_bytes(), address(first)
    assert size == first.nbytes
    del first
    assert address(empty(SHAPE, np.float64)) == where
    assert address(empty((512, 128), np.float32)) == where  # of half the size
    assert workspace_bytes() == size


def in_a_generator(array):
    def generate():
        yield array.shape
        yield array

    generator = generate()
    next(generator)
    return generator


HOLDERS = {
    "the array": lambda array: array,
    "a slice": lambda array: array[3:5, ::7],
    "one element": lambda array: array[1:2, 1:2],
    "a transpose": lambda array: array.T,
    "a view of a view": lambda array: array[1:].T[::-2].swapaxes(0, 1)[5:7],
    "another dtype": lambda array: array.view(np.uint8),
    "a broadcast": lambda array: np.broadcast_to(array[0], (3, 512)),
    "windows": lambda array: np.lib.stride_tricks.sliding_window_view(array, 3, axis=0),
    "an iterator": lambda array: array.flat,
    "a memoryview": memoryview,
    "an array of a memoryview": lambda array: np.frombuffer(memoryview(array), np.uint8),
    "a subclass": lambda array: array.view(np.recarray),
    "an object that holds it": lambda array: np.array([None, array[2:4]], dtype=object),
    "a cache": lambda array: {"cache": ((array[:2], None), {})},
    "a generator": in_a_generator,
    "an owner of the memory": lambda array: array.base,
}


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_memory_is_not_used_again_while_anything_refers_to_it(hold):
    array = empty(SHAPE, np.float64)
    where = address(array)
    held = hold(array)
    del array
    other = empty(SHAPE, np.float64)
    assert address(other) != where and workspace_bytes() == 2 * other.nbytes
    del held
    assert address(empty(SHAPE, np.float64)) == where


def test_memory_in_a_traceback_is_not_used_again():
    places = []

    def fail():
        array = empty(SHAPE, np.float64)
        places.append(address(array))
        raise RuntimeError("in the middle of a layer")

    with pytest.raises(RuntimeError) as caught:
        fail()
    assert address(empty(SHAPE, np.float64)) != places[0]
    del caught
    assert places[0] in (address(empty(SHAPE, np.float64)), address(empty(SHAPE, np.float64)))


def test_memory_that_another_thread_holds_is_not_used_again():
    held, done, places = threading.Event(), threading.Event(), []

    def hold():
        array = empty(SHAPE, np.float64)
        places.append(address(array))
        held.set()
        done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    assert address(empty(SHAPE, np.float64)) != places[0]
    done.set()
    holder.join()


def test_eight_threads_never_meet_in_one_array():
    faults = []

    def hammer(number):
        rng, kept = np.random.default_rng(number), []
        for turn in range(150):
            shape = (int(rng.integers(1, 4)), LEAST_RESULT_BYTES // 4)
            array = empty(shape, np.float32)
            array[...] = mark = 1000 * number + turn
            work = scratch("test", shape, np.float32)
            work[...] = mark
            kept.append((mark, array))
            if len(kept) > 4:
                del kept[int(rng.integers(5))]
            faults.extend(mark for mark, array in [*kept, (mark, work)] if not (array == mark).all())

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert workspace_bytes() <= 8 * 6 * 3 * LEAST_RESULT_BYTES  # eight threads, six arrays at once, of at most so much


def test_the_smallest_that_is_large_enough_is_taken_but_none_more_than_twice_as_large():
    kept = [empty((number, LEAST_RESULT_BYTES), np.uint8) for number in (9, 5, 4, 7)]
    where = dict(zip((9, 5, 4, 7), map(address, kept)))
    del kept
    assert address(empty((5, LEAST_RESULT_BYTES), np.uint8)) == where[5]
    first = empty((5, LEAST_RESULT_BYTES), np.uint8)
    second = empty((5, LEAST_RESULT_BYTES), np.uint8)
    assert (address(first), address(second)) == (where[5], where[7])
    assert address(empty((2, LEAST_RESULT_BYTES), np.uint8)) == where[4]
    assert address(empty((1, LEAST_RESULT_BYTES), np.uint8)) not in where.values()


def test_what_is_too_small_is_given_back_for_what_is_larger_but_not_the_other_way_round():
    unit = LEAST_RESULT_BYTES
    used, *unused = [empty((number * unit,), np.uint8) for number in (2, 1, 3, 9)]
    where = address(unused[2])
    del unused
    larger = empty((4 * unit,), np.uint8)
    assert workspace_bytes() == (2 + 9 + 4) * unit  # 1 and 3 are given back; 2 is in use, 9 would do for others
    assert address(empty((9 * unit,), np.uint8)) == where
    smaller = empty((unit,), np.uint8)
    assert workspace_bytes() == (2 + 9 + 4 + 1) * unit
    assert not any(np.shares_memory(a, b) for a, b in ((used, larger), (used, smaller), (larger, smaller)))


@pytest.mark.parametrize("seed", range(20))
def test_what_repeats_soon_needs_no_new_memory(seed):
    rng, kept = np.random.default_rng(seed), {}
    step = [(int(rng.integers(6)), int(rng.integers(1, 40))) for _ in range(30)]  # names, and sizes of their arrays

    def make():
        for name, size in step:
            kept[name] = empty((size * LEAST_RESULT_BYTES,), np.uint8)
        return {id(buffer) for buffer in workspace._results}

    steps = [make() for _ in range(12)]
    assert steps[-1] == steps[-2] == steps[-3]


def test_what_is_kept_of_results_is_bounded(monkeypatch):
    monkeypatch.setattr(workspace, "MOST_RESULT_BYTES", 3 * LEAST_RESULT_BYTES)
    arrays = []
    for number in range(5):
        arrays.append(empty((LEAST_RESULT_BYTES,), np.uint8))
        arrays[-1][...] = number
        assert workspace_bytes() == min(number + 1, 3) * LEAST_RESULT_BYTES
    assert [set(array) for array in arrays] == [{number} for number in range(5)]


def test_results_are_given_back_on_request_and_stay_with_who_holds_them():
    array = empty(SHAPE, np.float64)
    array[...] = 1
    release_workspace()
    assert workspace_bytes() == 0
    other = empty(SHAPE, np.float64)
    other[...] = 2
    assert (array == 1).all() and not np.shares_memory(array, other)


@pytest.mark.parametrize("shape", [(), (0,), (0, 5), (3, 0, 4), (LEAST_RESULT_BYTES // 4 - 1,)])
def test_nothing_and_little_come_from_malloc(shape):
    for array in (empty(shape, np.float32), empty_like(np.ones(shape, np.float32), np.float32)):
        assert array.shape == shape and array.dtype == np.float32 and array.base is None
    assert workspace_bytes() == 0


def test_the_bound_of_what_comes_from_malloc():
    assert empty((LEAST_RESULT_BYTES,), np.uint8).base is not None
    assert empty_like(np.ones((LEAST_RESULT_BYTES,), np.uint8), np.uint8).base is not None


LAYOUTS = {
    "C": lambda x: x,
    "Fortran": np.asfortranarray,
    "channels last": lambda x: laid(x, CHANNELS_LAST),
    "examples last": lambda x: laid(x, EXAMPLES_LAST),
    "backwards": lambda x: laid(x, EXAMPLES_LAST)[::-1, :, ::-1],
    "with gaps": lambda x: np.repeat(x.transpose(0, 2, 3, 1), 2, axis=2).transpose(0, 3, 1, 2)[..., ::2],
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.bool_])
@pytest.mark.parametrize("lay", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("shape", [(6, 18, 31, 33), (1, 4, 131, 255), (6, 1, 131, 255)])
def test_empty_like_keeps_the_layout(shape, lay, dtype):
    x = lay(np.ones(shape, np.float32))
    like = empty_like(x, dtype)
    assert like.shape == x.shape and like.dtype == dtype and like.base is not None
    expected = np.empty_like(x, dtype)
    for axis in range(x.ndim):
        if x.shape[axis] > 1:  # the others' strides mean nothing
            assert like.strides[axis] == expected.strides[axis]


def test_scratch_belongs_to_one_thread_and_one_name():
    one = scratch("one", (10,), np.float32)
    assert np.shares_memory(one, scratch("one", (5,), np.float64))
    assert not np.shares_memory(one, scratch("another", (10,), np.float32))
    others, before = [], workspace_bytes()
    thread = threading.Thread(target=lambda: others.extend([scratch("one", (10,), np.float32), workspace_bytes()]))
    thread.start()
    thread.join()
    assert not np.shares_memory(one, others[0]) and others[1] == before + one.nbytes
    assert workspace_bytes() == before  # what a thread kept ends with it


def test_scratch_memory_is_bounded_and_given_back():
    one = scratch("test", (10,), np.float32)
    assert workspace_bytes() == one.nbytes
    assert scratch("large", (MOST_BYTES + 1,), np.uint8).shape == (MOST_BYTES + 1,)
    assert scratch("both", (MOST_BYTES - one.nbytes + 1,), np.uint8).nbytes == MOST_BYTES - one.nbytes + 1
    assert workspace_bytes() == one.nbytes
    scratch("fits", (MOST_BYTES - one.nbytes,), np.uint8)
    assert workspace_bytes() == MOST_BYTES
    release_workspace()
    assert workspace_bytes() == 0


def test_what_a_larger_scratch_array_replaces_does_not_count():
    scratch("test", (MOST_BYTES // 2,), np.uint8)
    one = scratch("test", (MOST_BYTES - 1,), np.uint8)
    assert np.shares_memory(one, scratch("test", (MOST_BYTES - 1,), np.uint8)) and workspace_bytes() == MOST_BYTES - 1


def test_a_larger_scratch_array_replaces_the_smaller():
    scratch("test", (10,), np.float32)
    assert scratch("test", (30,), np.float32).shape == (30,)
    assert workspace_bytes() == 120
    scratch("test", (20,), np.float32)
    assert workspace_bytes() == 120


@pytest.mark.parametrize("bytes_each, most", [(0, 100), (1, 100), (40, 2), (51, 1), (100, 1), (999, 1)])
def test_blocks_take_at_most_so_many_bytes_and_leave_nothing_out(bytes_each, most):
    parts = list(blocks(3, 205, bytes_each, 100))
    assert [item for part in parts for item in range(part.start, part.stop)] == list(range(3, 205))
    assert max(part.stop - part.start for part in parts) == most


def small_net(seed):
    rng = np.random.default_rng(seed)
    shapes = {
        "W1": (6, 3, 3, 3), "b1": 6, "W2": (16, 6, 3, 3), "b2": 16, "gamma1": 16, "beta1": 16, "W3": (256, 5), "b3": 5,
    }  # fmt: skip
    params = {name: (0.3 * rng.standard_normal(shape)).astype(np.float32) for name, shape in shapes.items()}
    tiles = {"pool_height": 2, "pool_width": 2, "stride": 2}
    settings = ({"stride": 1, "pad": 1}, tiles, {"stride": 1, "pad": 1}, {"mode": "train"}, tiles)
    return Classifier(chain(conv_relu_pool, conv_bn_relu, max_pool, layers.affine), params, settings)


def test_what_a_caller_holds_is_never_overwritten_in_50_steps(monkeypatch, figures):
    """C2: everything that any layer returned, and the caches, while training goes on."""
    monkeypatch.setattr(workspace, "LEAST_RESULT_BYTES", 1)  # all results lie in memory that may be used again
    model, rng, held = small_net(0), np.random.default_rng(1), []
    X, y = rng.standard_normal((40, 3, 16, 16)).astype(np.float32), rng.integers(0, 5, 40)

    def hold(solver):
        scores, cache = model.net.forward(X[:7], *model.params.values(), *model.settings)
        _, dscores = softmax_loss(scores, y[:7])
        results = [scores, *model.net.backward(dscores, cache), *arrays_in(cache)]
        results += [*model.params.values(), *solver.last_grads.values()]
        results += [state for config in solver.optim_configs.values() for state in arrays_in(list(config.values()))]
        chosen = rng.choice(len(results), len(results) // 2, replace=False)
        held.extend((results[i], results[i].copy()) for i in chosen)

    data = {"X_train": X, "y_train": y, "X_val": X[:5], "y_val": y[:5]}
    solver = Solver(
        model, data, update_rule="adam", batch_size=8, num_epochs=10, seed=0, verbose=False, on_iteration=[hold]
    )
    solver.train()
    assert solver.iteration == 50
    for array, copy in held:
        np.testing.assert_array_equal(array, copy)
    figures["results held over 50 training steps, none overwritten (C2)"] += len(held)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before Python 3.11 a call holds what it is given")
def test_a_training_step_needs_little_more_memory_than_what_it_must_keep(monkeypatch):
    """In units of what each of the first two convolutions returns; the next two return half of one each.

    Backward of the last norm needs 6.1: the outputs of the four convolutions, 3; of the two relus that no pool follows,
    1.5, and 0.375 of booleans for what they let through; of the first pool, 0.25; dout and dx, 1.
    """
    held, find = [], workspace._smallest_unused

    def watched(buffers, size):
        held.append(sum(buffer.nbytes for buffer in buffers))
        return find(buffers, size)

    monkeypatch.setattr(workspace, "_smallest_unused", watched)
    model = ConvNet((3, 32, 32), (16, 16, "pool", 32, 32, "pool"), hidden_dims=(), normalization="batchnorm", seed=0)
    X, y = np.random.default_rng(0).standard_normal((32, 3, 32, 32)).astype(np.float32), np.zeros(32, int)
    for most in (7.1, 7.7, 7.7, 7.7):  # what was made for the first step fits the others less well
        held.clear()
        model.loss(X, y)
        assert max(held) <= most * X.itemsize * 32 * 16 * 32 * 32


def test_what_is_kept_unused_makes_room_for_what_is_larger(monkeypatch):
    monkeypatch.setattr(workspace, "MOST_RESULT_BYTES", 4 * LEAST_RESULT_BYTES)
    arrays = [empty((LEAST_RESULT_BYTES,), np.uint8) for _ in range(4)]
    del arrays
    where = address(empty((2 * LEAST_RESULT_BYTES,), np.uint8))
    assert address(empty((2 * LEAST_RESULT_BYTES,), np.uint8)) == where
    assert workspace_bytes() == 2 * LEAST_RESULT_BYTES


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("run", [0, 1, 3, 16])
def test_runs_are_copied_bit_by_bit_between_any_places(run, dtype):
    bits = np.random.default_rng(0).bytes(6 * 5 * (run + 2) * np.dtype(dtype).itemsize)  # NaNs of all kinds among them
    a = np.frombuffer(bits, dtype).reshape(6, 5, run + 2)[::2, ::-1, 1 : 1 + run].swapaxes(0, 1)
    to = np.zeros((5, 4, run + 1), dtype)
    np.copyto(as_runs(to[:, :3, :run]), as_runs(a))
    assert to[:, :3, :run].tobytes() == a.tobytes()
    assert not to[:, 3].any() and not to[..., run].any()
