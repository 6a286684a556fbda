"""What a layer is, and how layers combine into layers: `Layer`, `chain`, `add`, `residual`.

A layer is a pair of plain functions. The chain rule needs nothing else: forward hands each part's output to the next
part, backward hands each part's dx back to the one before, and where a value branches its gradients add up.
"""

import inspect
from collections import Counter

import numpy as np

from .kernels.elementwise import in_parts


class Layer:
    """A pair of functions, ``out, cache = forward(x, ...)`` and ``dx, ... = backward(dout, cache)``.

    A layer unpacks into its pair: ``affine_forward, affine_backward = affine``.

    Parameters
    ----------
    forward : function ``(x, *arrays, *settings) -> (out, cache)``
    backward : function ``(dout, cache) -> dx`` or ``(dx, *darrays)``
    settings : sequence of str, optional
        The arguments of forward that get no gradient. Unless given, those whose names end in ``_param``.
    parts : sequence of Layer, optional
        Of a pair that does in one go what a chain of layers does: these layers.

    Attributes
    ----------
    name : str
        The name of forward without its ``_forward``.
    arrays, settings : tuple of str
        The names of forward's arguments after x: first those that get gradients, in the order in which backward
        returns them, then those that do not.
    parts : tuple of Layer
        What a composite is made of; empty for a layer that is not made of others.
    joined_by : str or None
        ``"chain"`` or ``"add"``: how the parts are joined.
    can_skip_dx : bool
        Backward takes ``need_dx=False``, and then returns None for dx. The first layer of a net needs no dx, which is
        a third of the work of an affine layer or a convolution.

    Examples
    --------
    >>> def double_forward(x):
    ...     return 2 * x, None
    >>> def double_backward(dout, cache):
    ...     return 2 * dout
    >>> double = Layer(double_forward, double_backward)
    >>> chain(double, double).forward(3)
    (12, (None, None))
    """

    def __init__(self, forward, backward, settings=None, parts=()):
        arguments = tuple(inspect.signature(forward).parameters)[1:]
        if settings is None:
            settings = tuple(name for name in arguments if name.endswith("_param"))
        arrays = arguments[: len(arguments) - len(settings)]
        if arrays + tuple(settings) != arguments:
            raise ValueError(
                f"Layer: {forward.__name__} takes {arguments} after x; expected the arrays first, then {settings}"
            )
        self.forward, self.backward = forward, backward
        name = forward.__name__
        self.name = name.replace("_forward_naive", "_naive").removesuffix("_forward")
        self.arrays, self.settings = arrays, tuple(settings)
        # A composite numbers names that occur twice; combined further, it is numbered anew from the bare names.
        self.bare_arrays, self.bare_settings = self.arrays, self.settings
        self.parts, self.joined_by = tuple(parts), "chain" if parts else None
        self.can_skip_dx = "need_dx" in inspect.signature(backward).parameters

    def __iter__(self):
        return iter((self.forward, self.backward))

    def __repr__(self):
        return f"{self.name}({', '.join(('x', *self.arrays, *self.settings))})"

    def split(self, args):
        """Give each part its own share of a composite's arguments after x, as a list of tuples."""
        arrays, settings = iter(args[: len(self.arrays)]), iter(args[len(self.arrays) :])
        return [
            (*(next(arrays) for _ in part.arrays), *(next(settings) for _ in part.settings)) for part in self.parts
        ]


def chain(*parts, name=None):
    """Apply the parts one after the other; backward goes through them in reverse order (the chain rule).

    Parameters
    ----------
    *parts : Layer
    name : str, optional
        Unless given, the names of the parts joined by underscores.

    Returns
    -------
    layer : Layer
        Its forward takes x, then the arrays of all parts in order, then the settings of all parts in order; a name
        that occurs more than once is numbered. Its cache is the tuple of its parts' caches.

    Examples
    --------
    >>> from layers import affine, relu
    >>> affine_relu = affine_relu_forward, affine_relu_backward = chain(affine, relu)
    >>> affine_relu
    affine_relu(x, w, b)
    >>> chain(affine_relu, affine, name="two_layer_net")
    two_layer_net(x, w1, b1, w2, b2)
    >>> out, cache = affine_relu_forward(np.ones((1, 2)), np.array([[1.0, -1.0], [1.0, -1.0]]), np.zeros(2))
    >>> out
    array([[2., 0.]])
    >>> dx, dw, db = affine_relu_backward(np.ones((1, 2)), cache)
    >>> db
    array([1., 0.])
    """

    def forward(x, *args):
        """Apply the parts in order; return the last one's output and the tuple of all caches.

        ``composite.split(args)`` lists, for each part, its own arguments after x.
        """
        caches = []
        for part, own in zip(parts, composite.split(args)):
            x, cache = part.forward(x, *own)
            caches.append(cache)
        return x, tuple(caches)

    def backward(dout, cache, need_dx=True):
        """Return dx, or ``(dx, *darrays)`` with the gradients of all arrays in the order of the parts.

        The first part returned the first cache. What `_backward` returns for a part is a tuple, dx first; every part
        but the first needs its dx, whatever need_dx says, since it is the dout of the part before.
        """
        # A cache that the caller does not hold is let go of before the next part's turn: there lies most of the memory.
        # (A chain in a chain holds its own until its turn is over.)
        to_do, grads = list(zip(parts, cache, strict=True)), ()
        del cache
        while to_do:
            part, part_cache = to_do.pop()
            dout, *own = _backward(part, dout, part_cache, need_dx or bool(to_do))
            grads = (*own, *grads)
        return (dout, *grads) if grads else dout

    composite = _composite("chain", parts, name, forward, backward)
    return composite


def add(*parts, name=None):
    """Apply every part to the same x and add the outputs; in backward the gradients of x add up.

    The add gate hands dout to each part unchanged; x branches, so its gradient is the sum of what the parts return.

    Parameters
    ----------
    *parts : Layer
        Their outputs must have one shape.
    name : str, optional
        Unless given, the names of the parts joined by ``_plus_``.

    Returns
    -------
    layer : Layer
        Its arguments and its cache are put together as in `chain`.

    Examples
    --------
    >>> from layers import relu, tanh
    >>> both = add(relu, tanh)
    >>> out, cache = both.forward(np.zeros((1, 2)))
    >>> both.backward(np.ones((1, 2)), cache)
    array([[1., 1.]])
    """

    def forward(x, *args):
        """Return the sum of what the parts make of x, and the tuple of their caches; `_sum` adds up.

        ``composite.split(args)`` lists, for each part, its own arguments after x. A ValueError if the outputs have not
        all one shape.
        """
        results = [part.forward(x, *own) for part, own in zip(parts, composite.split(args))]
        outs, caches = zip(*results)
        _check_shapes(f"{composite.name}_forward: the parts' outputs", parts, outs)
        return _sum(outs), caches

    def backward(dout, cache, need_dx=True):
        """Return dx, or ``(dx, *darrays)`` with the gradients of all arrays in the order of the parts.

        What `_backward` returns for a part is a tuple, dx first. Without need_dx, dx is None.
        """
        dxs, grads = [], ()
        for part, part_cache in zip(parts, cache, strict=True):
            dx, *own = _backward(part, dout, part_cache, need_dx)
            dxs.append(dx)
            grads = (*grads, *own)
        if need_dx:
            _check_shapes(f"{composite.name}_backward: the parts' dx", parts, dxs)
        dx = _sum(dxs) if need_dx else None
        return (dx, *grads) if grads else dx

    composite = _composite("add", parts, name, forward, backward)
    return composite


def residual(layer, name=None):
    """Add the input to what the layer makes of it, ``out = layer(x) + x`` (He et al., 2015, arXiv:1512.03385).

    The gradient reaches x on two ways: through the layer, and unchanged past it. For a shortcut that changes the
    shape (a projection), write ``add(layer, shortcut)``.

    Parameters
    ----------
    layer : Layer
        Its output must have the shape of its input.
    name : str, optional
        Unless given, ``residual_`` and the layer's name.

    Returns
    -------
    layer : Layer
        It takes the arguments of `layer`.

    Examples
    --------
    >>> from layers import relu
    >>> out, cache = residual(relu).forward(np.array([[-1.0, 2.0]]))
    >>> out
    array([[-1.,  4.]])
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"residual: expected a Layer, got {type(layer).__name__}")
    return add(layer, _identity, name=name or f"residual_{layer.name}")


def trace(layer, x, *args):
    """Run a net forward part by part, and show what every layer written by hand makes of its input.

    Parameters
    ----------
    layer : Layer
    x, *args : the arguments of ``layer.forward``

    Yields
    ------
    part : Layer
        In the order of execution; it has no parts of its own.
    out : ndarray

    Examples
    --------
    >>> from layers import affine, relu
    >>> for part, out in trace(chain(affine, relu), np.ones((1, 2)), -np.ones((2, 1)), np.zeros(1)):
    ...     print(part.name, out)
    affine [[-2.]]
    relu [[0.]]
    """
    if not layer.parts:
        out, _ = layer.forward(x, *args)
        yield layer, out
        return out
    outs = []
    for part, own in zip(layer.parts, layer.split(args)):
        outs.append((yield from trace(part, x, *own)))
        if layer.joined_by == "chain":
            x = outs[-1]
    return outs[-1] if layer.joined_by == "chain" else _sum(outs)


def identity_forward(x):
    return x, None


def identity_backward(dout, cache):
    return dout


_identity = Layer(identity_forward, identity_backward)


def _composite(joined_by, parts, name, forward, backward):
    """Make a Layer of the two functions and give them the signature, the name and the help of a hand-written pair."""
    for part in parts:
        if not isinstance(part, Layer):
            raise TypeError(f"{joined_by}: expected layers, got {part!r}; Layer(forward, backward) makes one of a pair")
    if not parts:
        raise ValueError(f"{joined_by}: expected at least one layer, got none")

    name = name or ("_" if joined_by == "chain" else "_plus_").join(part.name for part in parts)
    bare_arrays = tuple(array for part in parts for array in part.bare_arrays)
    bare_settings = tuple(setting for part in parts for setting in part.bare_settings)
    arguments = ("x", *_numbered(bare_arrays), *_numbered(bare_settings))
    signature = inspect.Signature(
        [inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD) for argument in arguments]
    )

    def composite_forward(*args, **kwargs):
        if kwargs or len(args) != len(arguments):
            try:
                args = signature.bind(*args, **kwargs).args
            except TypeError as error:
                raise TypeError(f"{name}_forward() {error}; it takes ({', '.join(arguments)})") from None
        return forward(*args)

    calls = f"out, cache = {name}_forward({', '.join(arguments)})"
    grads = ", ".join(["dx", *(f"d{array}" for array in _numbered(bare_arrays))])
    listing = "\n".join(f"    {part!r}" for part in parts)
    how = {
        "chain": f"The parts one after the other:\n\n{listing}",
        "add": f"The sum of what the parts make of the same x:\n\n{listing}",
    }[joined_by]
    composite_forward.__signature__ = signature
    composite_forward.__name__ = composite_forward.__qualname__ = f"{name}_forward"
    composite_forward.__doc__ = f"{calls}\n\n{how}\n\nThe cache is the tuple of the parts' caches."
    backward.__name__ = backward.__qualname__ = f"{name}_backward"
    backward.__doc__ = f"{grads} = {name}_backward(dout, cache)\n\n{how}"

    composite = Layer(composite_forward, backward, settings=_numbered(bare_settings))
    composite.bare_arrays, composite.bare_settings = bare_arrays, bare_settings
    composite.parts, composite.joined_by = tuple(parts), joined_by
    return composite


def _numbered(names):
    """Number the names that occur more than once, past the names that have such a number already.

    w, b, gamma, w, b -> w1, b1, gamma, w2, b2, and w, w1, w -> w2, w1, w3.
    """
    total, last = Counter(names), Counter()
    numbered = []
    for name in names:
        if total[name] > 1:
            last[name] += 1
            while f"{name}{last[name]}" in total:
                last[name] += 1
            name = f"{name}{last[name]}"
        numbered.append(name)
    return tuple(numbered)


def _check_shapes(what, parts, arrays):
    if len({np.shape(array) for array in arrays}) > 1:
        came = ", ".join(f"{part.name} {np.shape(array)}" for part, array in zip(parts, arrays))
        raise ValueError(f"{what} must have one shape; they have {came}")


def _sum(values):
    first, *rest = values
    for value in rest:
        first = in_parts(np.add, first, value)
    return first


def _backward(part, dout, cache, need_dx):
    """Return the part's gradients as a tuple; a part that can spare the computation of an unneeded dx does."""
    if need_dx or not part.can_skip_dx:
        grads = part.backward(dout, cache)
    else:
        grads = part.backward(dout, cache, need_dx=False)
    return grads if isinstance(grads, tuple) else (grads,)
