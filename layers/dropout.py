"""Inverted dropout: in training each element is kept with probability p and scaled by 1 / p."""

import numpy as np

from .checks import check_arrays, check_integer, check_mode, check_number, read_param
from .compose import Layer


def dropout_forward(x, dropout_param):
    """Drop elements at random in training; do nothing at test time (Srivastava et al., 2014).

    Parameters
    ----------
    x : ndarray of any shape
    dropout_param : dict
        - ``p`` : above 0, up to 1; the probability to *keep* an element.
        - ``mode`` : 'train' or 'test'.
        - ``seed`` : int, optional; every call draws the same mask, as a gradient check needs it.
        - ``rng`` : numpy.random.Generator, optional; each call draws the next mask from it. Without seed and rng each
          call draws from a new generator of its own. NumPy's global generator is never used.

    Returns
    -------
    out : ndarray of x's shape
    cache : tuple
        ``(dropout_param, mask)``; the mask holds 0 or 1 / p, and nothing but ones at test time.

    Raises
    ------
    ValueError
        If p is not above 0 and up to 1, or the mode is unknown.

    Examples
    --------
    >>> out, cache = dropout_forward(np.ones(8), {"p": 0.5, "mode": "train", "seed": 0})
    >>> out
    array([0., 0., 0., 2., 2., 2., 2., 2.])
    """
    check_arrays("dropout_forward", x=(x, "..."))
    p, mode, seed, rng = read_param(
        "dropout_forward", "dropout_param", dropout_param, required=("p", "mode"), optional={"seed": None, "rng": None}
    )
    check_number("dropout_forward", "p", p, above=0, most=1)
    check_mode("dropout_forward", mode)
    if seed is not None:
        check_integer("dropout_forward", "seed", seed, at_least=0)
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise TypeError(f"dropout_forward: rng must be a numpy.random.Generator, got {type(rng).__name__}")

    if mode == "test":
        mask = np.broadcast_to(x.dtype.type(1), x.shape)  # one number in memory, however large x is
    else:
        if seed is not None or rng is None:
            rng = np.random.default_rng(seed)
        # Random numbers of one type for any x, so that a float64 twin of a float32 net drops the same elements; drawn in
        # the order of its axes, and then laid in x's own order in memory.
        kept = rng.random(x.shape, dtype=np.float32) < p
        mask = np.divide(kept, float(p), out=np.empty_like(x), casting="same_kind")
    return x * mask, (dict(dropout_param), mask)


def dropout_backward(dout, cache):
    """Backward pass of dropout.

    ``out = x * mask`` with a constant mask: a multiply gate, so ``dx = dout * mask``.

    Parameters
    ----------
    dout : ndarray of x's shape
    cache : tuple
        ``(dropout_param, mask)`` from `dropout_forward`.

    Returns
    -------
    dx : ndarray of x's shape
    """
    _, mask = cache
    check_arrays("dropout_backward", dout=(dout, mask.shape))
    return dout * mask


dropout = Layer(dropout_forward, dropout_backward)
