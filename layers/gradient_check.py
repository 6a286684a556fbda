"""Numerical gradients: a derivative is a sensitivity, so nudge an input, watch the output, and compare.

``f(x + h) ~ f(x) + h df/dx``. The course's four functions use centred differences,
``df/dx ~ (f(x + h) - f(x - h)) / (2 h)``, whose error falls with h^2. `check_layer` uses four points, with an error
that falls with h^4, and tells a wrong gradient from a kink of the function.
"""

import copy
from dataclasses import dataclass

import numpy as np

from .checks import check_arrays
from .compose import Layer


def rel_error(x, y):
    """Largest relative error between two arrays, ``max(|x - y| / max(1e-8, |x| + |y|))``.

    Parameters
    ----------
    x, y : ndarray or number
        Of one shape.

    Returns
    -------
    error : float
        0.0 if there are no entries.

    Examples
    --------
    >>> rel_error(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    0.0
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape:
        raise ValueError(f"rel_error: x has shape {x.shape} and y has shape {y.shape}; expected one shape")
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)), initial=0.0))


def eval_numerical_gradient(f, x, verbose=True, h=1e-5):
    """Numerical gradient of a function with one number as its value, ``(f(x + h) - f(x - h)) / (2 h)`` entry by entry.

    Parameters
    ----------
    f : function of x
    x : ndarray
        Changed in place while f is called, and restored. In float32 the small differences lose most of their digits.
    verbose : bool
        Print each entry's index and derivative, a line each: ``(0, 2) -6.0``.
    h : float
        In the units of x.

    Returns
    -------
    grad : ndarray of x's shape and dtype

    Examples
    --------
    >>> eval_numerical_gradient(lambda x: np.sum(x**2), np.array([1.0, -3.0]), verbose=False).round(6)
    array([ 2., -6.])
    """
    check_arrays("eval_numerical_gradient", x=(x, "..."))
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(f, x, df, h=1e-5):
    """Numerical gradient of ``sum(f(x) * df)`` for a function whose value is an array.

    Parameters
    ----------
    f : function of x
    x : ndarray
        Changed in place while f is called, and restored. In float32 the small differences lose most of their digits.
    df : ndarray of f(x)'s shape
        The upstream gradient.
    h : float
        In the units of x.

    Returns
    -------
    grad : ndarray of x's shape and dtype

    Examples
    --------
    >>> eval_numerical_gradient_array(lambda x: x**2, np.array([1.0, -3.0]), np.array([1.0, 10.0])).round(6)
    array([  2., -60.])
    """
    check_arrays("eval_numerical_gradient_array", x=(x, "..."))
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        if np.shape(df) != above.shape:
            raise ValueError(
                f"eval_numerical_gradient_array: df has shape {np.shape(df)}; expected {above.shape}, the shape of f(x)"
            )
        grad[index] = np.sum((above - below) * df) / (2 * h)
    return grad


def grad_check_sparse(f, x, analytic_grad, num_checks=10, h=1e-5):
    """Compare an analytic gradient with the numerical one at random entries, and print each comparison.

    Parameters
    ----------
    f : function of x, with one number as its value
    x : ndarray
        Changed in place while f is called, and restored. In float32 the small differences lose most of their digits.
    analytic_grad : ndarray of x's shape
    num_checks : int
        How many entries to draw.
    h : float
        In the units of x.

    Examples
    --------
    >>> grad_check_sparse(lambda x: np.sum(x), np.zeros((1, 1)), np.ones((1, 1)), num_checks=1, h=0.5)
    numerical: 1.000000 analytic: 1.000000, relative error: 0.000000e+00
    """
    check_arrays("grad_check_sparse", x=(x, "..."), analytic_grad=(analytic_grad, np.shape(x)))
    rng = np.random.default_rng()
    for _ in range(num_checks):
        index = tuple(int(i) for i in rng.integers(x.shape))
        above, below = _values_around(f, x, index, (h, -h))
        numerical, analytic = (above - below) / (2 * h), analytic_grad[index]
        error = abs(numerical - analytic) / max(1e-8, abs(numerical) + abs(analytic))
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


@dataclass(frozen=True)
class GradientCheck:
    """How one gradient of a layer compares with the numerical one.

    Attributes
    ----------
    name : str
        ``dx``, ``dw`` ...
    error : float
        The largest difference over the entries checked, relative to the largest entry of the gradient (or to a
        hundredth of the largest entry of all the layer's gradients, if that is more).
    index : tuple of int
        Where the difference is largest.
    analytic, numerical : float
        The two values there.
    kink_near : bool
        The function has a kink there (relu at 0, two elements of a pool alike), so the numerical value is no judge.
    num_checked, num_kinks : int
        Entries compared, and how many of them differ near a kink.
    """

    name: str
    error: float
    index: tuple
    analytic: float
    numerical: float
    kink_near: bool
    num_checked: int
    num_kinks: int

    def __str__(self):
        kink = "; a kink is near" if self.kink_near else ""
        return (
            f"{self.name}: error {self.error:.1e}, largest at {self.index}: "
            f"analytic {self.analytic:.9g}, numerical {self.numerical:.9g}{kink}"
        )


def check_layer(layer, x, arrays=(), settings=(), dout=None, num_checks=None, h=1e-4, seed=0):
    """Compare every gradient that a layer returns with the numerical one, in float64.

    The numerical derivative of ``f = sum(out * dout)`` along one entry is
    ``(8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / (12 h)``. Where f is smooth, its slopes and bends taken over h and over 2h
    agree; where they do not, and the two gradients differ, a kink is near.

    Parameters
    ----------
    layer : Layer
    x : ndarray
    arrays : sequence of ndarray
        The arguments that get gradients, in order.
    settings : sequence of dict
        The other arguments. Every call gets copies, so that running statistics and generators stand still.
    dout : ndarray of out's shape, optional
        Unless given, drawn from the normal distribution. All ones would hide errors: in softmax and batchnorm such a
        gradient cancels.
    num_checks : int, optional
        Check that many random entries of each array; all of them unless given.
    h : float
        In the units of the arrays.
    seed : int
        For dout and the choice of entries.

    Returns
    -------
    checks : list of GradientCheck
        One for x and one for each array.

    Raises
    ------
    ValueError
        If backward returns another number of gradients than there are arrays, or one of another shape; if the layer is
        random, and gives another output for the same input (dropout without a seed).

    Examples
    --------
    >>> from layers import relu
    >>> checks = check_layer(relu, np.array([[-1.0, 2.0], [0.5, 0.0]]), dout=np.ones((2, 2)))
    >>> print(checks[0])
    dx: error 5.0e-01, largest at (1, 1): analytic 0, numerical 0.5; a kink is near
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"check_layer: layer must be a Layer, got {type(layer).__name__}")
    rng = np.random.default_rng(seed)
    values = [np.array(value, dtype=np.float64) for value in (x, *arrays)]

    def forward():
        return layer.forward(*values, *copy.deepcopy(tuple(settings)))

    out, cache = forward()
    if not np.array_equal(out, forward()[0], equal_nan=True):
        raise ValueError(f"check_layer: {layer.name} gives two outputs for one input; if it is random, give it a seed")
    if dout is None:
        dout = rng.standard_normal(out.shape)
    dout = np.asarray(dout, dtype=np.float64)
    grads = layer.backward(dout, cache)
    grads = grads if isinstance(grads, tuple) else (grads,)
    names = ["dx", *(f"d{array}" for array in layer.arrays)]
    if len(grads) != len(values):
        raise ValueError(f"check_layer: {layer.name}_backward returned {len(grads)} gradients; expected {names}")
    for name, value, grad in zip(names, values, grads):
        if np.shape(grad) != value.shape:
            raise ValueError(
                f"check_layer: {layer.name}_backward returned {name} of shape {np.shape(grad)}; expected {value.shape}"
            )

    # A gradient that is 0 by nature (of a bias before batchnorm) differs by rounding; the others say what is much.
    least_scale = max(1e-2 * max(np.abs(grad).max(initial=0) for grad in grads), 1e-8)
    return [
        _check_gradient(name, value, grad, lambda _: forward()[0], out, dout, num_checks, h, rng, least_scale)
        for name, value, grad in zip(names, values, grads)
    ]


def _check_gradient(name, value, grad, f, out, dout, num_checks, h, rng, least_scale):
    """Compare one gradient entry by entry."""
    entries = range(value.size)
    if num_checks is not None and num_checks < value.size:
        entries = rng.choice(value.size, num_checks, replace=False)
    indices = [tuple(int(i) for i in np.unravel_index(entry, value.shape)) for entry in entries]
    if not indices:
        return GradientCheck(name, 0.0, (), 0.0, 0.0, False, 0, 0)

    analytic = np.array([grad[index] for index in indices])
    numerical, bend = np.zeros(len(indices)), np.zeros(len(indices))
    for i, index in enumerate(indices):
        f2, f1, b1, b2 = _values_around(f, value, index, (2 * h, h, -h, -2 * h))
        slope1, slope2 = np.sum((f1 - b1) * dout) / (2 * h), np.sum((f2 - b2) * dout) / (4 * h)
        bend1, bend2 = np.sum((f1 - out + b1 - out) * dout) / h, np.sum((f2 - out + b2 - out) * dout) / (4 * h)
        numerical[i] = (4 * slope1 - slope2) / 3
        bend[i] = abs(slope1 - slope2) + abs(bend1 - bend2)

    difference = np.abs(analytic - numerical)
    scale = max(np.abs(analytic).max(), np.abs(numerical).max(), least_scale)
    kink = (bend > 0.05 * difference) & (bend > 1e-6 * scale) & (difference > 1e-8 * scale)
    worst = int(np.argmax(np.where(np.isfinite(difference), difference, np.inf)))
    return GradientCheck(
        name=name,
        error=float(difference[worst] / scale),
        index=indices[worst],
        analytic=float(analytic[worst]),
        numerical=float(numerical[worst]),
        kink_near=bool(kink[worst]),
        num_checked=len(indices),
        num_kinks=int(kink.sum()),
    )


def _values_around(f, x, index, steps):
    """Evaluate f with one entry of x moved by each of the steps, and put the entry back.

    Parameters
    ----------
    f : function of x
        Its value is a number or an array; it may be x itself, whose entry moves on.
    x : ndarray
        ``x[index]`` is changed in place while f is called, and restored at the end, even if f raises an error.
    index : tuple of int
    steps : tuple of float
        Each is taken from the entry's old value.

    Returns
    -------
    values : list of ndarray
        A copy of ``f(x)`` for each step.
    """
    old = x[index]
    try:
        values = []
        for step in steps:
            x[index] = old + step
            values.append(np.array(f(x)))  # a copy: f may return x itself
        return values
    finally:
        x[index] = old
