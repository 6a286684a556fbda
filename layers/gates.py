"""The circuit elements of the notes: gates with two inputs, and what becomes of a gradient where a value was broadcast.

Every gate does the same two things. Forward, it computes its output. Backward, it multiplies the gradient that comes
from above (dout, the sensitivity of the loss to its output) by its local gradients, and passes a product to each input.
"""

import numpy as np

from .checks import check_arrays
from .compose import Layer
from .sums import sum_over


def unbroadcast(dout, shape):
    """Sum a gradient over the axes along which an operand of the given shape was broadcast.

    Broadcasting uses one number in many places; a value that branches gets the sum of the gradients of its branches.
    With ``out[i, j] = x[i, j] + b[j]``, b[j] reaches the loss through every i: ``db[j] = sum_i dout[i, j]``.

    Parameters
    ----------
    dout : ndarray
        The gradient of the broadcast result.
    shape : tuple of int
        The shape of the operand; it must broadcast to the shape of dout.

    Returns
    -------
    dx : ndarray of the given shape
        Always a new array.

    Raises
    ------
    ValueError
        If the shape does not broadcast to dout's.

    Examples
    --------
    >>> unbroadcast(np.ones((3, 2)), (2,))
    array([3., 3.])
    >>> unbroadcast(np.ones((3, 2)), (3, 1))
    array([[2.],
           [2.],
           [2.]])
    """
    check_arrays("unbroadcast", dout=(dout, "..."))
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"unbroadcast: shape must be a tuple of int, got {shape!r}")
    shape = tuple(shape)
    added = dout.ndim - len(shape)
    if added < 0 or any(size not in (1, full) for size, full in zip(shape, dout.shape[added:])):
        raise ValueError(f"unbroadcast: an operand of shape {shape} does not broadcast to dout of shape {dout.shape}")
    stretched = tuple(
        axis for axis in range(dout.ndim) if axis < added or (shape[axis - added] == 1 and dout.shape[axis] != 1)
    )
    return (sum_over(dout, stretched) if stretched else np.array(dout)).reshape(shape)


def add_gate_forward(x, y):
    """Add two operands, ``out = x + y``, broadcasting them as NumPy does.

    Parameters
    ----------
    x, y : ndarray of float32 or float64, or number
        Their shapes must broadcast together.

    Returns
    -------
    out : ndarray of the broadcast shape
    cache : tuple
        The shapes of x, y and out.

    Raises
    ------
    ValueError
        If the shapes do not broadcast together.

    Examples
    --------
    >>> out, cache = add_gate_forward(-2, 5)
    >>> out
    array(3.)
    >>> dx, dy = add_gate_backward(-4.0, cache)
    >>> dx, dy
    (array(-4.), array(-4.))
    """
    x, y = _operands("add_gate_forward", x, y)
    out = np.asarray(x + y)
    return out, (x.shape, y.shape, out.shape)


def add_gate_backward(dout, cache):
    """Hand the gradient on to both inputs.

    ``d(x + y)/dx = 1`` and ``d(x + y)/dy = 1``: each input gets dout unchanged, summed where it was broadcast.

    Parameters
    ----------
    dout : ndarray of out's shape, or number
    cache : tuple
        From `add_gate_forward`.

    Returns
    -------
    dx, dy : ndarray of the shapes of x and y
        New arrays.
    """
    x_shape, y_shape, out_shape = cache
    dout = _upstream("add_gate_backward", dout, out_shape)
    return unbroadcast(dout, x_shape), unbroadcast(dout, y_shape)


def multiply_gate_forward(x, y):
    """Multiply two operands, ``out = x * y``, broadcasting them as NumPy does.

    Parameters
    ----------
    x, y : ndarray of float32 or float64, or number
        Their shapes must broadcast together.

    Returns
    -------
    out : ndarray of the broadcast shape
    cache : tuple
        ``(x, y)``: each is the other's local gradient.

    Raises
    ------
    ValueError
        If the shapes do not broadcast together.

    Examples
    --------
    >>> out, cache = multiply_gate_forward(3, -4)
    >>> out
    array(-12.)
    >>> dx, dy = multiply_gate_backward(1.0, cache)
    >>> dx, dy
    (array(-4.), array(3.))
    """
    x, y = _operands("multiply_gate_forward", x, y)
    return np.asarray(x * y), (x, y)


def multiply_gate_backward(dout, cache):
    """Give each input the gradient times the other input: the gate swaps its inputs.

    ``d(x * y)/dx = y`` and ``d(x * y)/dy = x``, so ``dx = dout * y`` and ``dy = dout * x``, summed where an input was
    broadcast. Scale the data by 1000 and the gradient of the weights that multiply it is 1000 times as large, which is
    why data are preprocessed.

    Parameters
    ----------
    dout : ndarray of out's shape, or number
    cache : tuple
        From `multiply_gate_forward`.

    Returns
    -------
    dx, dy : ndarray of the shapes of x and y
    """
    x, y = cache
    dout = _upstream("multiply_gate_backward", dout, np.broadcast_shapes(x.shape, y.shape))
    return unbroadcast(dout * y, x.shape), unbroadcast(dout * x, y.shape)


def max_gate_forward(x, y):
    """Take the larger of two operands, ``out = max(x, y)``, broadcasting them as NumPy does.

    Parameters
    ----------
    x, y : ndarray of float32 or float64, or number
        Their shapes must broadcast together.

    Returns
    -------
    out : ndarray of the broadcast shape
    cache : tuple
        ``(x, y)``.

    Raises
    ------
    ValueError
        If the shapes do not broadcast together.

    Examples
    --------
    >>> out, cache = max_gate_forward(np.array([1.0, 2.0, 3.0]), 2.0)
    >>> out
    array([2., 2., 3.])
    >>> dx, dy = max_gate_backward(np.ones(3), cache)
    >>> dx, dy
    (array([0., 1., 1.]), array(2.))
    """
    x, y = _operands("max_gate_forward", x, y)
    return np.asarray(np.maximum(x, y)), (x, y)


def max_gate_backward(dout, cache):
    """Route the gradient to the larger input.

    The output follows the larger input and does not feel the smaller one: ``dx = dout * 1[x >= y]`` and
    ``dy = dout * 1[y >= x]``, summed where an input was broadcast. At a tie the max has no derivative, and by these
    formulas each side gets the whole gradient, as the notes write it.

    Parameters
    ----------
    dout : ndarray of out's shape, or number
    cache : tuple
        From `max_gate_forward`.

    Returns
    -------
    dx, dy : ndarray of the shapes of x and y
    """
    x, y = cache
    dout = _upstream("max_gate_backward", dout, np.broadcast_shapes(x.shape, y.shape))
    return unbroadcast(dout * (x >= y), x.shape), unbroadcast(dout * (y >= x), y.shape)


def _operands(where, x, y):
    """Make both operands arrays of one float type; a plain number takes the type of its partner."""
    x, y = (float(number) if type(number) in (int, float) else number for number in (x, y))
    arrays = {name: (array, "...") for name, array in (("x", x), ("y", y)) if not isinstance(array, float)}
    check_arrays(where, **arrays)
    dtype = np.result_type(x, y)
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        raise ValueError(f"{where}: x of shape {x.shape} and y of shape {y.shape} do not broadcast together") from None
    return x, y


def _upstream(where, dout, shape):
    """Check the gradient from above; for a circuit of single numbers it may be a plain number."""
    if type(dout) in (int, float):
        dout = np.asarray(float(dout))
    check_arrays(where, dout=(dout, shape))
    return dout


add_gate = Layer(add_gate_forward, add_gate_backward)
multiply_gate = Layer(multiply_gate_forward, multiply_gate_backward)
max_gate = Layer(max_gate_forward, max_gate_backward)
