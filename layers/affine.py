"""Affine (fully connected) layer: ``out = x @ w + b``."""

import numpy as np

from .checks import check_arrays
from .compose import Layer
from .kernels.threads import matmul
from .sums import sum_over


def affine_forward(x, w, b):
    """Flatten each example and apply an affine map to it.

    Parameters
    ----------
    x : ndarray of shape (N, d_1, ..., d_k)
        N examples; each is flattened to D = d_1 * ... * d_k features.
    w : ndarray of shape (D, M)
    b : ndarray of shape (M,)

    Returns
    -------
    out : ndarray of shape (N, M)
    cache : tuple
        ``(x, w, b)``, for `affine_backward`.

    Raises
    ------
    ValueError
        If the shapes do not fit; the message gives them.

    Examples
    --------
    >>> out, cache = affine_forward(np.ones((2, 3)), np.ones((3, 1)), np.zeros(1))
    >>> out
    array([[3.],
           [3.]])
    """
    check_arrays("affine_forward", x=(x, "N D..."), w=(w, "D M"), b=(b, "M"))
    rows = x.reshape(len(x), len(w))  # a copy, where the channels lie last; kept, so that backward needs no other
    out = matmul(rows, w).astype(np.result_type(x, w, b), copy=False)
    out += b
    return out, (rows.reshape(x.shape), w, b)


def affine_backward(dout, cache, need_dx=True):
    """Backward pass of the affine layer.

    One output element is ``out[n, m] = sum_d x[n, d] w[d, m] + b[m]``. A multiply gate swaps its inputs, so through
    out[n, m] alone x[n, d] gets ``dout[n, m] w[d, m]``, w[d, m] gets ``dout[n, m] x[n, d]``, and b[m] gets
    ``dout[n, m]``. Where a value was used more than once its gradients add up:

    - x[n, d] was used for every m: ``dx[n, d] = sum_m dout[n, m] w[d, m]``, that is ``dx = dout @ w.T``;
    - w[d, m] was used for every n: ``dw[d, m] = sum_n x[n, d] dout[n, m]``, that is ``dw = x.T @ dout``;
    - b[m] was used for every n: ``db[m] = sum_n dout[n, m]``.

    Parameters
    ----------
    dout : ndarray of shape (N, M)
    cache : tuple
        ``(x, w, b)`` from `affine_forward`.
    need_dx : bool
        Whether dx is wanted; the first layer of a net can spare it.

    Returns
    -------
    dx : ndarray of x's own shape (N, d_1, ..., d_k), or None if it is not needed
    dw : ndarray of shape (D, M)
    db : ndarray of shape (M,)
    """
    x, w, b = cache
    check_arrays("affine_backward", dout=(dout, (len(x), len(b))))
    dx = matmul(dout, w.T).reshape(x.shape) if need_dx else None
    dw = matmul(x.reshape(len(x), len(w)).T, dout)
    db = sum_over(dout, axis=0)
    return dx, dw, db


affine = Layer(affine_forward, affine_backward)
