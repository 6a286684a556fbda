"""Spatial group normalisation: the channels of each image are normalised in groups."""

from .checks import check_arrays, check_batch, check_integer, check_number, read_param
from .compose import Layer
from .standardize import standardize, standardize_backward
from .sums import sum_over


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """Normalise each image over each of G groups of neighbouring channels.

    Between layer normalisation (one group) and instance normalisation (one group a channel), and independent of the
    size of the minibatch (Wu and He, 2018, arXiv:1803.08494):
    ``out = gamma * (x - mean) / sqrt(var + eps) + beta``, with the biased variance ``var = mean((x - mean)^2)`` of a
    group.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    gamma : ndarray of shape (1, C, 1, 1)
        Scale.
    beta : ndarray of shape (1, C, 1, 1)
        Shift.
    G : int
        Number of groups; it divides C.
    gn_param : dict
        ``eps``: above 0 (default 1e-5), added to the variance. A ``mode`` may be there and is ignored.

    Returns
    -------
    out : ndarray of shape (N, C, H, W)
    cache : tuple
        ``(normalized, std, gamma)``, the first two with the axes (N, G, C / G, H, W).

    Raises
    ------
    ValueError
        If the shapes do not fit, G does not divide C, or a group is empty.

    Examples
    --------
    >>> x = np.array([1.0, 3.0, 5.0, 5.0]).reshape(1, 4, 1, 1)
    >>> out, cache = spatial_groupnorm_forward(x, np.ones((1, 4, 1, 1)), np.zeros((1, 4, 1, 1)), 2, {})
    >>> out.ravel().round(3)
    array([-1.,  1.,  0.,  0.])
    """
    where = "spatial_groupnorm_forward"
    check_arrays(where, x=(x, "N C H W"), gamma=(gamma, "1 C 1 1"), beta=(beta, "1 C 1 1"))
    G = check_integer(where, "G", G, at_least=1)
    eps, _ = read_param(where, "gn_param", gn_param, optional={"eps": 1e-5, "mode": None})
    check_number(where, "eps", eps, above=0)
    check_batch(where, x, axes=(1, 2, 3))
    N, C, H, W = x.shape
    if C % G:
        raise ValueError(f"{where}: G = {G} groups do not divide the C = {C} channels of x {x.shape}")
    normalized, _, _, std = standardize(x.reshape(N, G, C // G, H, W), (2, 3, 4), float(eps))
    return gamma * normalized.reshape(x.shape) + beta, (normalized, std, gamma)


def spatial_groupnorm_backward(dout, cache):
    """Backward pass of spatial group normalisation.

    ``out[n, c, h, w] = gamma[c] * normalized[n, c, h, w] + beta[c]``. gamma and beta were broadcast over N, H and W,
    and their gradients are summed over these axes. Mean and variance belong to one group of one image: with
    ``g = dout * gamma`` and means over a group, ``dx = (g - mean(g) - normalized * mean(g * normalized)) / std``.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H, W)
    cache : tuple
        ``(normalized, std, gamma)`` from `spatial_groupnorm_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    dgamma, dbeta : ndarray of shape (1, C, 1, 1)
    """
    normalized, std, gamma = cache
    N, G, C_per_group, H, W = normalized.shape
    shape = (N, G * C_per_group, H, W)
    check_arrays("spatial_groupnorm_backward", dout=(dout, shape))
    dbeta = sum_over(dout, axis=(0, 2, 3)).reshape(gamma.shape)
    dgamma = sum_over(dout * normalized.reshape(shape), axis=(0, 2, 3)).reshape(gamma.shape)
    dnormalized = (dout * gamma).reshape(normalized.shape)
    dx = standardize_backward(dnormalized, normalized, std, (2, 3, 4)).reshape(shape)
    return dx, dgamma, dbeta


spatial_groupnorm = Layer(spatial_groupnorm_forward, spatial_groupnorm_backward, settings=("G", "gn_param"))
