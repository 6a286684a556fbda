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

# Elements of a block: an update rule has some eight arrays of that size in its hands.
BLOCK = 1 << 17


class AllAtOnce:
    """An update rule for a dict of parameters.

    ``next_params, configs = update(params, grads, configs)`` is ``rule(w, dw, config)`` for each, bit by bit. What it
    returns are views of new memory, or of such as nobody refers to any more.

    Parameters
    ----------
    rule : function ``(w, dw, config) -> (next_w, config)``
        Elementwise: ``rule(w[part], dw[part], ...)`` is ``rule(w, dw, ...)[part]``, with the arrays in its config cut
        likewise.

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
            settings = {key: value for key, value in configs[name].items() if not isinstance(value, np.ndarray)}
            states = tuple(key for key in configs[name] if key not in settings)
            together.setdefault((w.dtype, states, tuple(settings.items())), []).append(name)
        next_params, next_configs = {}, {}
        for (_, states, settings), names in together.items():
            vector = self._vectors.setdefault(tuple(names), _Vector())
            vector.hold([params[name] for name in names], [[configs[name][key] for name in names] for key in states])
            dw = vector.row([grads[name] for name in names])
            states, settings = vector.step(self.rule, dw, states, dict(settings))
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
        self.rows = np.stack([self.row(row, arrays[0].dtype) for row in (arrays, *states)])

    def row(self, arrays, dtype=None):
        """Put arrays of the parameters' shapes one behind the other, their axes in the parameters' order in memory."""
        flat = [np.transpose(array, axes).reshape(-1) for array, (axes, _) in zip(arrays, self._layouts)]
        return np.concatenate(flat, dtype=dtype or self.rows.dtype, casting="same_kind")

    def step(self, rule, dw, states, settings):
        """Apply the rule to all blocks; return the names of the rule's states, and its settings afterwards."""
        rows, size = None, len(dw)
        for start in range(0, max(1, size), BLOCK):
            part = slice(start, start + BLOCK)
            w, *state = self.rows[:, part]
            next_w, config = rule(w, dw[part], {**settings, **dict(zip(states, state))})
            arrays = {key: value for key, value in config.items() if isinstance(value, np.ndarray)}
            if rows is None:
                rows = self._unused((1 + len(arrays), size))
            for row, array in zip(rows, (next_w, *arrays.values())):
                row[part] = array
        self.rows, self.views = rows, _cut(rows, self._layouts)
        return tuple(arrays), {key: value for key, value in config.items() if key not in arrays}

    def _unused(self, shape):
        """Take a matrix that nobody refers to any more, or a new one."""
        for place in range(len(self._buffers)):
            if sys.getrefcount(self._buffers[place]) == _UNUSED and self._buffers[place].shape == shape:
                return self._buffers[place]
        self._buffers = [*self._buffers[-1:], np.empty(shape, self.rows.dtype)]
        return self._buffers[-1]


def _layout(array):
    """The order of an array's axes in memory, and its shape in that order."""
    axes = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    return axes, [array.shape[axis] for axis in axes]


def _cut(rows, layouts):
    """View the rows as arrays laid out like this: for each layout, one array of each row."""
    views, start = [], 0
    for axes, shape in layouts:
        stop, back = start + math.prod(shape), sorted(range(len(axes)), key=axes.__getitem__)
        views.append([row[start:stop].reshape(shape).transpose(back) for row in rows])
        start = stop
    return views


# What the interpreter counts for an object to which only a list refers, and the call that asks.
_UNUSED = [sys.getrefcount(buffers[0]) for buffers in [[np.empty(1)]]][0]
