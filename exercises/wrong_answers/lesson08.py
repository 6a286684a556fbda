"""Mistakes in lesson 8: batch normalisation."""


def standardize__eps_outside_the_root(x, axes, eps):
    """8.1: eps outside the root"""
    mean = mean_over(x, axes)
    centered = x - mean
    var = mean_over(centered * centered, axes)
    std = np.sqrt(var) + eps
    return centered / std, mean, var, std


def standardize__one_pass(x, axes, eps):
    """8.1: variance in one pass"""
    mean = mean_over(x, axes)
    var = mean_over(x * x, axes) - mean * mean
    std = np.sqrt(var + eps)
    return (x - mean) / std, mean, var, std


def batchnorm_backward__mean_left_out(dout, cache):
    """8.3: gradient through the mean left out"""
    normalized, std, gamma, mode = cache
    N = len(dout)
    dbeta = sum_over(dout, axis=0)
    dgamma = sum_over(dout * normalized, axis=0)
    dnormalized = dout * gamma
    dcentered = dnormalized / std
    if mode == "test":
        return dcentered, dgamma, dbeta
    dstd = sum_over(-dnormalized * normalized / std, axis=0)
    return dcentered + dstd / (2 * std) / N * 2 * normalized * std, dgamma, dbeta


def batchnorm_backward_alt__swapped(dout, cache):
    """8.5: results swapped"""
    normalized, std, gamma, mode = cache
    dbeta = sum_over(dout, axis=0)
    dgamma = sum_over(dout * normalized, axis=0)
    if mode == "test":
        return dout * (gamma / std), dbeta, dgamma
    return standardize_backward(dout * gamma, normalized, std, 0), dbeta, dgamma
