"""Walk a net part by part: what arrives at every layer, what it makes of it, and the gradients that come back.

A composite knows its ``parts``, and no layer knows of being watched: what is in here repeats what `chain` and `add` do,
and keeps what they hand on.
"""

import copy
import functools
import operator
from dataclasses import dataclass, field

import numpy as np

from layers import Layer, chain, relu

# The function that `chain` and `add` make; a pair that has parts and another function does their work in one go.
_JOINED = chain(relu).forward.__code__


@dataclass(eq=False)
class Part:
    """A layer at its place in a net, with what went through it.

    Attributes
    ----------
    layer : Layer
    number, of : int
        The place among the layers written by hand, in the order of execution, from 1; of a composite, its first's.
    inside : tuple of str
        The names of the composites around it, the outermost first.
    keys : tuple of str
        The parameters that it takes, by the model's names: ``("W1", "b1")``.
    x, arrays, settings : ndarray, tuple of ndarray, tuple
        The arguments of ``layer.forward``.
    out, cache
        What forward returned. A composite's cache is the tuple of its parts' caches, even if it is fused.
    parts : tuple of Part
        What a composite is made of; empty for a layer written by hand.
    dout, grads : ndarray, tuple of ndarray
        The gradient that came back, and what backward returned for it, dx first. None before `run_backward`.
    """

    layer: Layer
    number: int
    of: int
    inside: tuple
    keys: tuple
    x: np.ndarray
    arrays: tuple
    settings: tuple
    out: np.ndarray = None
    cache: object = None
    parts: tuple = ()
    dout: np.ndarray = None
    grads: tuple = field(default=None, repr=False)

    @property
    def name(self):
        """``"conv (part 3 of 9)"``, or for a composite ``"conv_relu (parts 3 to 4 of 9)"``."""
        last = self.number + len(self.leaves()) - 1
        place = f"part {self.number}" if not self.parts else f"parts {self.number} to {last}"
        return f"{self.layer.name} ({place} of {self.of})"

    @property
    def is_fused(self):
        """Whether the net calls a pair of functions here that does in one go what the parts do one after the other."""
        return bool(self.parts) and getattr(self.layer.forward, "__code__", None) is not _JOINED

    def leaves(self):
        """List the layers written by hand, in the order of execution."""
        return [leaf for part in self.parts for leaf in part.leaves()] if self.parts else [self]

    def nodes(self):
        """List all parts, every composite after what it is made of."""
        return [*(node for part in self.parts for node in part.nodes()), self]


def run_forward(net, x, arrays=(), settings=(), keys=None):
    """Run a net forward part by part.

    Parameters
    ----------
    net : Layer
    x, arrays, settings
        The arguments of ``net.forward``. Running statistics in the settings move, as they would there.
    keys : sequence of str, optional
        Names for the arrays; unless given, those of the net's arguments.

    Returns
    -------
    part : Part
        The whole net; ``part.leaves()`` lists its layers.

    Examples
    --------
    >>> from layers import affine_relu
    >>> net = run_forward(affine_relu, np.ones((1, 2)), (-np.ones((2, 3)), np.zeros(3)))
    >>> for part in net.leaves():
    ...     print(part.name, part.keys, part.out)
    affine (part 1 of 2) ('w', 'b') [[-2. -2. -2.]]
    relu (part 2 of 2) () [[0. 0. 0.]]
    >>> run_backward(net, np.ones((1, 3)))[0]
    array([[0., 0.]])
    """
    keys = net.arrays if keys is None else tuple(keys)
    if len(keys) != len(net.arrays) or len(arrays) != len(net.arrays) or len(settings) != len(net.settings):
        raise ValueError(
            f"run_forward: {net!r} takes {len(net.arrays)} arrays and {len(net.settings)} settings; "
            f"got {len(arrays)} arrays, {len(keys)} keys and {len(settings)} settings"
        )
    return _forward(net, x, tuple(arrays), tuple(settings), keys, (), 1, _num_leaves(net))


def _forward(layer, x, arrays, settings, keys, inside, number, of):
    part = Part(layer, number, of, inside, keys, x, arrays, settings)
    if not layer.parts:
        part.out, part.cache = layer.forward(x, *arrays, *settings)
        return part
    parts = []
    for child, own, own_keys in zip(layer.parts, layer.split((*arrays, *settings)), layer.split((*keys, *settings))):
        count = len(child.arrays)
        parts.append(
            _forward(child, x, own[:count], own[count:], own_keys[:count], (*inside, layer.name), number, of)
        )
        number += _num_leaves(child)
        if layer.joined_by == "chain":
            x = parts[-1].out
    part.parts = tuple(parts)
    part.out = x if layer.joined_by == "chain" else _sum(child.out for child in parts)
    part.cache = tuple(child.cache for child in parts)
    return part


def run_backward(part, dout):
    """Run backward part by part through what `run_forward` returned, and fill in every ``dout`` and ``grads``.

    Returns
    -------
    grads : tuple
        dx, then the gradients of the arrays.
    """
    part.dout = dout
    if not part.parts:
        grads = part.layer.backward(dout, part.cache)
        part.grads = grads if isinstance(grads, tuple) else (grads,)
    elif part.layer.joined_by == "chain":
        for child in reversed(part.parts):
            dout = run_backward(child, dout)[0]
        part.grads = (dout, *(grad for child in part.parts for grad in child.grads[1:]))
    else:
        for child in part.parts:
            run_backward(child, dout)
        dx = _sum(child.grads[0] for child in part.parts)
        part.grads = (dx, *(grad for child in part.parts for grad in child.grads[1:]))
    return part.grads


def run_model(model, X, y=None, mode=None):
    """Run a model's net part by part on a minibatch; the model, its state and its generators are left as they are.

    Parameters
    ----------
    model : Classifier, or what has a ``net``, ``params`` in the net's order and ``settings``
    X : ndarray of shape (N, ...)
    y : ndarray of shape (N,), optional
        With labels backward is run, too, from the gradient of ``model.loss_function``; regularisation is no part of it.
    mode : 'train' or 'test', optional
        What the settings that have a mode are set to. Unless given, 'train' with labels, 'test' without.

    Returns
    -------
    part : Part
        The whole net.

    Raises
    ------
    TypeError
        If the model has no net.
    """
    if not isinstance(getattr(model, "net", None), Layer):
        raise TypeError(f"run_model: {type(model).__name__} has no net (a Layer, as a Classifier has) to walk through")
    settings = copy.deepcopy(tuple(model.settings))
    for setting in settings:
        if isinstance(setting, dict) and "mode" in setting:
            setting["mode"] = mode or ("test" if y is None else "train")
    arrays = tuple(model.params.values())
    net = run_forward(model.net, np.asarray(X, arrays[0].dtype), arrays, settings, tuple(model.params))
    if y is not None:
        _, dscores = model.loss_function(net.out, y)
        run_backward(net, dscores)
    return net


def _sum(values):
    return functools.reduce(operator.add, values)  # in this order, and so with the same bits as `add`


def _num_leaves(layer):
    return sum(map(_num_leaves, layer.parts)) if layer.parts else 1
