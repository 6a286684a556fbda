"""Layer normalisation: every example gets mean 0 and variance 1 over its features."""

from .checks import check_arrays, check_batch, check_number, read_param
from .compose import Layer
from .standardize import standardize, standardize_backward
from .sums import sum_over


def layernorm_forward(x, gamma, beta, ln_param):
    """Normalise each example over its features; training and test time are the same.

    ``out = gamma * (x - mean) / sqrt(var + eps) + beta`` (Ba, Kiros, Hinton, 2016, arXiv:1607.06450), with the biased
    variance ``var = mean((x - mean)^2)``.

    Parameters
    ----------
    x : ndarray of shape (N, D)
    gamma : ndarray of shape (D,)
        Scale.
    beta : ndarray of shape (D,)
        Shift.
    ln_param : dict
        ``eps``: above 0 (default 1e-5), added to the variance. A ``mode`` may be there and is ignored.

    Returns
    -------
    out : ndarray of shape (N, D)
    cache : tuple
        ``(normalized, std, gamma)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there are no features.

    Examples
    --------
    >>> out, cache = layernorm_forward(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2), {})
    >>> out.round(3)
    array([[-1.,  1.]])
    """
    check_arrays("layernorm_forward", x=(x, "N D"), gamma=(gamma, "D"), beta=(beta, "D"))
    eps, _ = read_param("layernorm_forward", "ln_param", ln_param, optional={"eps": 1e-5, "mode": None})
    check_number("layernorm_forward", "eps", eps, above=0)
    check_batch("layernorm_forward", x, axes=(1,))
    normalized, _, _, std = standardize(x, 1, float(eps))
    return gamma * normalized + beta, (normalized, std, gamma)


def layernorm_backward(dout, cache):
    """Backward pass of layer normalisation.

    ``out[n, d] = gamma[d] * normalized[n, d] + beta[d]``. gamma and beta serve every example, so their gradients are
    sums over the N examples. Mean and variance belong to one example: with ``g = dout * gamma`` and means over its D
    features, ``dx = (g - mean(g) - normalized * mean(g * normalized)) / std``, batch normalisation turned by 90
    degrees.

    Parameters
    ----------
    dout : ndarray of shape (N, D)
    cache : tuple
        ``(normalized, std, gamma)`` from `layernorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, D)
    dgamma, dbeta : ndarray of shape (D,)
    """
    normalized, std, gamma = cache
    check_arrays("layernorm_backward", dout=(dout, normalized.shape))
    dbeta = sum_over(dout, axis=0)
    dgamma = sum_over(dout * normalized, axis=0)
    dx = standardize_backward(dout * gamma, normalized, std, 1)
    return dx, dgamma, dbeta


layernorm = Layer(layernorm_forward, layernorm_backward)
