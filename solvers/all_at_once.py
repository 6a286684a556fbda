"""An update of all parameters at once: the same numbers as one by one, in fewer and better placed steps.

An update rule works element by element, so it does not matter where one parameter ends and the next begins. Those that
have the same settings lie one behind the other in one vector, so do their gradients and the rule's state, and the rule
is given a block at a time, so small that all it makes of it stays in the core's own cache. Many small parameters cost
no more than one, and a large one is not carried to memory and back for every operation in the formula.
"""

import math
import operator
import sys

import numpy as np

from .optim_into import INTO

# Elements of a block: an update rule has some eight arrays of that size in its hands.
BLOCK = 1 << 16

# Gradients smaller than that are put together first; larger ones are taken as they lie.
SMALL = 1 << 14


class AllAtOnce:
    """An update rule for a dict of parameters.

    ``next_params, configs = update(params, grads, configs)`` is ``rule(w, dw, config)`` for each, bit by bit. What it
    returns are views of new memory, or of such as nobody refers to any more.

    Parameters
    ----------
    rule : function ``(w, dw, config) -> (next_w, config)``
        Elementwise: ``rule(w[part], dw[part], ...)`` is ``rule(w, dw, ...)[part]``, with the arrays in its config cut
        likewise. At every step it is called once with arrays of no elements, to check its settings.

    Examples
    --------
    >>> from solvers.optim import sgd
    >>> update = AllAtOnce(sgd)
    >>> params, grads = {"w": np.array([1.0, 2.0]), "b": np.zeros(1)}, {"w": np.ones(2), "b": np.ones(1)}
    >>> update(params, grads, {"w": {"learning_rate": 0.5}, "b": {"learning_rate": 0.5}})[0]
    {'w': array([0.5, 1.5]), 'b': array([-0.5])}
    """

    def __init__(self, rule):
        self.rule = rule
        self._vectors = {}

    def __call__(self, params, grads, configs):
        together = {}
        for name, w in params.items():
            if np.shape(grads[name]) != w.shape:
                raise ValueError(f"AllAtOnce: gradient {name!r} has shape {np.shape(grads[name])}; needs {w.shape}")
            settings = {key: value for key, value in configs[name].items() if not isinstance(value, np.ndarray)}
            states = tuple(key for key in configs[name] if key not in settings)
            together.setdefault((w.dtype, states, tuple(settings.items())), []).append(name)
        next_params, next_configs = {}, {}
        for (_, states, settings), names in together.items():
            names.sort(key=lambda name: params[name].size)
            vector = self._vectors.setdefault(tuple(names), _Vector())
            vector.hold([params[name] for name in names], [[configs[name][key] for name in names] for key in states])
            states, settings = vector.step(self.rule, [grads[name] for name in names], states, dict(settings))
            for name, (w, *state) in zip(names, vector.views):
                next_params[name], next_configs[name] = w, {**settings, **dict(zip(states, state))}
        self._vectors = {tuple(names): self._vectors[tuple(names)] for names in together.values()}
        return {name: next_params[name] for name in params}, {name: next_configs[name] for name in params}


class _Vector:
    """Parameters one behind the other in the first row of a matrix, and the rule's state in the other rows."""

    def __init__(self):
        self.rows, self.views = None, []
        self._layouts, self._buffers = [], []

    def hold(self, arrays, states):
        """Let the rows have these contents; that is so already if they are the views that were given out last."""
        given = list(zip(arrays, *states))
        if len(given) == len(self.views) and all(
            len(mine) == len(its) and all(map(operator.is_, mine, its)) for mine, its in zip(self.views, given)
        ):
            return
        self._layouts, self._buffers = [_layout(array) for array in arrays], []
        self.rows = np.stack([np.concatenate(self._flat(row), dtype=arrays[0].dtype) for row in (arrays, *states)])

    def step(self, rule, grads, states, settings):
        """Apply the rule to all blocks; return the names of the rule's states, and its settings afterwards."""
        w, *state = self.rows[:, :0]  # of no elements: so the rule checks its settings, and counts the step
        _, config = rule(w, w, {**settings, **dict(zip(states, state))})
        names = tuple(key for key, value in config.items() if isinstance(value, np.ndarray))
        rows = self._unused((1 + len(names), self.rows.shape[1]))
        into, work = INTO.get(rule) if names == states else None, np.empty(min(BLOCK, rows.shape[1]), rows.dtype)
        for part, dw in self._blocks(grads):
            new, old = rows[:, part], self.rows[:, part]
            if into is not None:
                into(new, old, dw, config, work[: dw.size])
                continue
            next_w, next_config = rule(old[0], dw, {**settings, **dict(zip(states, old[1:]))})
            for row, array in zip(new, (next_w, *(next_config[name] for name in names))):
                row[...] = array
        self.rows, self.views = rows, _cut(rows, self._layouts)
        return names, {key: value for key, value in config.items() if key not in names}

    def _flat(self, arrays):
        """View arrays of the parameters' shapes as vectors, their axes in the parameters' order in memory."""
        return [np.transpose(array, axes).reshape(-1) for array, (axes, *_) in zip(arrays, self._layouts)]

    def _blocks(self, grads):
        """Give the blocks of the row of parameters, each as a slice, with their gradients; the smallest come first."""
        flat, how = self._flat(grads), {"dtype": self.rows.dtype, "casting": "same_kind"}
        num_small, start = sum(grad.size < SMALL for grad in flat), 0
        together = [np.concatenate(flat[:num_small], **how)] if num_small else []
        for dw in (*together, *(grad.astype(copy=False, **how) for grad in flat[num_small:])):
            for first in range(0, dw.size, BLOCK):
                block = dw[first : first + BLOCK]
                yield slice(start + first, start + first + block.size), block
            start += dw.size

    def _unused(self, shape):
        """Take a matrix that nobody refers to any more, or a new one."""
        for place in range(len(self._buffers)):
            if sys.getrefcount(self._buffers[place]) == _UNUSED and self._buffers[place].shape == shape:
                return self._buffers[place]
        self._buffers = [*self._buffers[-1:], np.empty(shape, self.rows.dtype)]
        return self._buffers[-1]


def _layout(array):
    """The order of an array's axes in memory, its shape in that order, and how to put the axes back in their own."""
    axes = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    return axes, [array.shape[axis] for axis in axes], sorted(range(array.ndim), key=axes.__getitem__)


def _cut(rows, layouts):
    """View the rows as arrays laid out like this: for each layout, one array of each row."""
    views, start = [], 0
    for _, shape, back in layouts:
        stop = start + math.prod(shape)
        views.append([row[start:stop].reshape(shape).transpose(back) for row in rows])
        start = stop
    return views


# What the interpreter counts for an object to which only a list refers, and the call that asks.
_UNUSED = [sys.getrefcount(buffers[0]) for buffers in [[np.empty(1)]]][0]
