"""Batch normalisation: every feature gets mean 0 and variance 1 over the minibatch, then a scale and a shift."""

import numpy as np

from .checks import check_arrays, check_batch, check_mode, check_number, read_param
from .compose import Layer
from .standardize import standardize, standardize_backward
from .sums import sum_over


def batchnorm_forward(x, gamma, beta, bn_param):
    """Normalise each feature over the minibatch in training, by running statistics at test time.

    ``out = gamma * (x - mean) / sqrt(var + eps) + beta`` (Ioffe and Szegedy, 2015, arXiv:1502.03167). The variance is
    the biased one, ``var = mean((x - mean)^2)``, here and in running_var.

    Parameters
    ----------
    x : ndarray of shape (N, D)
    gamma : ndarray of shape (D,)
        Scale.
    beta : ndarray of shape (D,)
        Shift.
    bn_param : dict
        - ``mode`` : 'train' or 'test'.
        - ``eps`` : above 0 (default 1e-5), added to the variance.
        - ``momentum`` : 0 to 1 (default 0.9). In training ``running = momentum * running + (1 - momentum) * batch``.
        - ``running_mean``, ``running_var`` : ndarray of shape (D,) (default zeros). In training new arrays are
          written here: they are the layer's own state.

    Returns
    -------
    out : ndarray of shape (N, D)
    cache : tuple
        ``(normalized, std, gamma, mode)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, the mode is unknown, or a minibatch to train on is empty.

    Examples
    --------
    >>> bn_param = {"mode": "train"}
    >>> out, cache = batchnorm_forward(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1), bn_param)
    >>> out.round(3)
    array([[-1.],
           [ 1.]])
    >>> bn_param["running_mean"]
    array([0.2])
    """
    where = "batchnorm_forward"
    check_arrays(where, x=(x, "N D"), gamma=(gamma, "D"), beta=(beta, "D"))
    mode, eps, momentum, running_mean, running_var = read_bn_param(where, bn_param, x)
    if mode == "train":
        check_batch(where, x, axes=(0,))
        normalized, mean, var, std = standardize(x, 0, eps)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], var[0])
    else:
        std = np.sqrt(running_var[np.newaxis] + eps)
        normalized = (x - running_mean) / std
    return gamma * normalized + beta, (normalized, std, gamma, mode)


def batchnorm_backward(dout, cache):
    """Backward pass of batch normalisation, step by step through the graph of gates.

    Forward, with sums and means over the N examples of the minibatch:

    1. ``mean = mean(x)``            4. ``std = sqrt(var + eps)``
    2. ``centered = x - mean``       5. ``normalized = centered / std``
    3. ``var = mean(centered^2)``    6. ``out = gamma * normalized + beta``

    Backward goes through them in reverse order. gamma, beta, std and mean were broadcast over the examples, so their
    gradients are summed over them. centered branches, into 3 and 5; x branches, into 1 and 2: there gradients add up.
    At test time mean and std are constants, and steps 1, 3 and 4 get no gradient.

    Parameters
    ----------
    dout : ndarray of shape (N, D)
    cache : tuple
        ``(normalized, std, gamma, mode)`` from `batchnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, D)
    dgamma, dbeta : ndarray of shape (D,)
    """
    normalized, std, gamma, mode = cache
    check_arrays("batchnorm_backward", dout=(dout, normalized.shape))
    N = len(dout)
    # 6. an add gate and a multiply gate
    dbeta = sum_over(dout, axis=0)
    dgamma = sum_over(dout * normalized, axis=0)
    dnormalized = dout * gamma
    # 5. a division: d(c / s)/dc = 1 / s and d(c / s)/ds = -c / s^2 = -normalized / s
    dcentered = dnormalized / std
    if mode == "test":
        return dcentered, dgamma, dbeta
    dstd = sum_over(-dnormalized * normalized / std, axis=0)
    # 4. d sqrt(v)/dv = 1 / (2 sqrt(v))
    dvar = dstd / (2 * std)
    # 3. each of the N squares has the share 1 / N in the mean; centered comes together again
    centered = normalized * std
    dcentered = dcentered + dvar / N * 2 * centered
    # 2. and 1. x reaches the output directly and through the mean
    dmean = -sum_over(dcentered, axis=0)
    dx = dcentered + dmean / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    """Backward pass of batch normalisation by the simplified formula: the same gradients in fewer passes.

    The gates 1 to 5 of `batchnorm_backward`, grouped into one. With ``d = dout * gamma`` and sums over the N examples,

    ``dx = (d - sum(d) / N - normalized * sum(d * normalized) / N) / std``.

    Parameters
    ----------
    dout : ndarray of shape (N, D)
    cache : tuple
        ``(normalized, std, gamma, mode)`` from `batchnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, D)
    dgamma, dbeta : ndarray of shape (D,)
    """
    normalized, std, gamma, mode = cache
    check_arrays("batchnorm_backward_alt", dout=(dout, normalized.shape))
    dbeta = sum_over(dout, axis=0)
    dgamma = sum_over(dout * normalized, axis=0)
    if mode == "test":
        dx = dout * (gamma / std)
    else:
        dx = standardize_backward(dout * gamma, normalized, std, 0)
    return dx, dgamma, dbeta


def read_bn_param(where, bn_param, x):
    """Take mode, eps, momentum and the running statistics, in x's dtype, from the settings, checked against x."""
    mode, eps, momentum, running_mean, running_var = read_param(
        where,
        "bn_param",
        bn_param,
        required=("mode",),
        optional={"eps": 1e-5, "momentum": 0.9, "running_mean": None, "running_var": None},
    )
    check_mode(where, mode)
    check_number(where, "eps", eps, above=0)
    check_number(where, "momentum", momentum, least=0, most=1)
    D = x.shape[1]
    running_mean = np.zeros(D, x.dtype) if running_mean is None else running_mean
    running_var = np.zeros(D, x.dtype) if running_var is None else running_var
    check_arrays(where, running_mean=(running_mean, (D,)), running_var=(running_var, (D,)))
    if (running_var < 0).any():
        raise ValueError(f"{where}: running_var must not be negative, got {running_var.min()}")
    return (
        mode,
        float(eps),
        float(momentum),
        running_mean.astype(x.dtype, copy=False),
        running_var.astype(x.dtype, copy=False),
    )


def move_running_statistics(bn_param, momentum, running_mean, running_var, mean, var):
    """Write the running statistics, moved towards those of the minibatch, back into the settings as new arrays."""
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * var


batchnorm = Layer(batchnorm_forward, batchnorm_backward_alt)
