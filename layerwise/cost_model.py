"""What a model costs, part by part: parameters, operations, memory and time."""

import copy
import dataclasses
import functools
import operator
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from layers import products_alone

from .cost_formulas import flops
from .parts import run_model

# A shorter call is repeated until it takes that long, so that the clock and the first call's misses matter less.
LEAST_SECONDS = 1e-3

PEAK_SIZE = 1024


class Spread(NamedTuple):
    """A median between its quartiles."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class PartCost:
    """What one part of a net costs in a training step.

    Attributes
    ----------
    number : int or None
        The place among the layers; of a fused pair, its first's; None for the sum with which an `add` ends.
    name : str
        The layer's, or ``"sum"``.
    keys : tuple of str
        Its parameters.
    out_shape : tuple of int
    num_parameters : int
    flops_forward, flops_backward : int or None
        By `cost_formulas`; None for a layer that has no formula there.
    cache_bytes : int
        What the part's cache, of arrays in tuples, lists and dicts, keeps alive from forward to backward, apart from
        the parameters, the state and the minibatch. A view counts as all of the array behind it; an array in several
        caches counts in the first. Where memory is used again, the end of it that is left over does not count.
    forward, backward : Spread
        Seconds a call.
    """

    number: int | None
    name: str
    keys: tuple
    out_shape: tuple
    num_parameters: int
    flops_forward: int | None
    flops_backward: int | None
    cache_bytes: int
    forward: Spread
    backward: Spread

    @property
    def seconds(self):
        """The medians of forward and backward together."""
        return self.forward.median + self.backward.median

    @property
    def flops(self):
        """The operations of forward and backward together, or None."""
        return None if self.flops_forward is None else self.flops_forward + self.flops_backward


def model_cost(model, X, y, rounds=7):
    """Measure what each part of a model costs in a training step on a minibatch; the model is left as it is.

    Parameters
    ----------
    model : Classifier, or what has a ``net``, ``params`` in the net's order and ``settings``
    X : ndarray of shape (N, ...)
    y : ndarray of shape (N,)
    rounds : int
        How often everything is timed, by turns, so that a disturbance does not hit one part alone.

    Returns
    -------
    costs : list of PartCost
        In the order of execution.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> model = TwoLayerNet(input_dim=4, hidden_dim=5, num_classes=3)
    >>> for cost in model_cost(model, np.ones((2, 4)), np.array([0, 2]), rounds=1):
    ...     print(cost.name, cost.out_shape, cost.num_parameters, cost.flops_forward, cost.cache_bytes)
    affine (2, 5) 25 80 0
    relu (2, 5) 0 10 80
    affine (2, 3) 18 60 80
    """
    net = run_model(model, X, y)
    nodes = _nodes(net)
    kept = _kept_bytes(nodes, apart=(net.x, X, net.arrays, net.settings))
    calls = [call for node in nodes for call in _calls(node, node.x is not net.x)]
    # As `Classifier.loss` runs them: without filters, BLAS has all threads to itself.
    with nullcontext() if any(array.ndim > 2 for array in net.arrays) else products_alone():
        spreads = iter(time_by_turns(calls, rounds))
    return [
        PartCost(
            number=None if _is_sum(node) else node.number,
            name="sum" if _is_sum(node) else node.layer.name,
            keys=() if _is_sum(node) else node.keys,
            out_shape=node.out.shape,
            num_parameters=0 if _is_sum(node) else sum(array.size for array in node.arrays),
            **dict(zip(("flops_forward", "flops_backward"), _flops(node, node.x is not net.x))),
            cache_bytes=num_bytes,
            forward=next(spreads),
            backward=next(spreads),
        )
        for node, num_bytes in zip(nodes, kept)
    ]


def step_cost(model, X, y, rounds=7):
    """Time whole training steps, ``model.loss(X, y)``, on a copy of the model; seconds as a Spread."""
    model = copy.deepcopy(model)
    return time_by_turns([lambda: model.loss(X, y)], rounds)[0]


def matrix_product_peak(dtype, rounds=7):
    """Measure the operations a second of a product of two large matrices, BLAS with its own threads: the best round."""
    a = np.ones((PEAK_SIZE, PEAK_SIZE), dtype)
    out = np.empty_like(a)
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        np.matmul(a, a, out=out)
        seconds.append(time.perf_counter() - start)
    return 2 * PEAK_SIZE**3 / min(seconds[1:])


def time_by_turns(calls, rounds):
    """Time functions, each in every round.

    Parameters
    ----------
    calls : list of function without arguments
    rounds : int

    Returns
    -------
    spreads : list of Spread
        Seconds a call.
    """
    repeats = [max(1, round(LEAST_SECONDS / max(_seconds(call, 1), 1e-6))) for call in calls]
    seconds = [[_seconds(call, times) for call, times in zip(calls, repeats)] for _ in range(rounds)]
    return [Spread(*map(float, np.quantile(sample, (0.25, 0.5, 0.75)))) for sample in zip(*seconds)]


def _seconds(call, times):
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def _nodes(node):
    """List what the net really calls, in order: layers, fused pairs, and after its parts every `add`, for its sum."""
    if not node.parts:
        return [node]
    if node.is_fused:
        _, cache = node.layer.forward(node.x, *node.arrays, *node.settings)
        return [dataclasses.replace(node, cache=cache)]
    return [below for part in node.parts for below in _nodes(part)] + ([node] if node.layer.joined_by == "add" else [])


def _is_sum(node):
    return bool(node.parts) and not node.is_fused


def _calls(node, need_dx):
    """Forward and backward of a part, as functions without arguments; for an `add`, its sums alone."""
    if _is_sum(node):
        outs = [part.out for part in node.parts]
        dxs = [part.grads[0] for part in node.parts]
        return [lambda: _sum(outs), lambda: _sum(dxs) if need_dx else None]
    skip = {} if need_dx or not node.layer.can_skip_dx else {"need_dx": False}
    return [
        lambda: node.layer.forward(node.x, *node.arrays, *node.settings),
        lambda: node.layer.backward(node.dout, node.cache, **skip),
    ]


def _sum(values):
    return functools.reduce(operator.add, values)


def _flops(node, need_dx):
    """Count the operations of forward and backward; of a fused pair, those of its parts."""
    if _is_sum(node):
        num_sums = len(node.parts) - 1
        return num_sums * node.out.size, num_sums * node.x.size * need_dx
    counts = [flops(leaf, need_dx or leaf.x is not node.x) for leaf in node.leaves()]
    return (None, None) if (None, None) in counts else tuple(map(sum, zip(*counts)))


def _kept_bytes(nodes, apart):
    """Count the bytes that each node's cache keeps alive, every array once; a composite has none of its own."""
    seen = dict(_memory(apart))
    counts = []
    for node in nodes:
        own = {}
        for key, count in () if _is_sum(node) else _memory(node.cache):
            if key not in seen:
                own[key] = max(count, own.get(key, 0))
        counts.append(sum(own.values()))
        seen |= own
    return counts


def _memory(kept):
    """Yield the identity and the bytes of every piece of memory that the arrays in a cache keep alive."""
    if isinstance(kept, np.ndarray):
        owner = kept
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        low, high = np.lib.array_utils.byte_bounds(kept)
        yield id(owner), owner.nbytes if owner.dtype == kept.dtype else high - low
    elif isinstance(kept, (tuple, list, dict)):
        for value in kept.values() if isinstance(kept, dict) else kept:
            yield from _memory(value)
