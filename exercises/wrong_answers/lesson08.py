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


def standardize__n_minus_one(x, axes, eps):
    """8.1: unbiased variance"""
    mean = mean_over(x, axes)
    centered = x - mean
    N = x.size // mean.size
    var = (centered**2).sum(axis=axes, keepdims=True) / np.asarray(N - 1, x.dtype)
    std = np.sqrt(var + eps)
    return centered / std, mean, var, std


def standardize__no_eps(x, axes, eps):
    """8.1: eps forgotten"""
    mean = mean_over(x, axes)
    centered = x - mean
    var = mean_over(centered * centered, axes)
    std = np.sqrt(var)
    return centered / std, mean, var, std


def standardize__divided_by_the_variance(x, axes, eps):
    """8.1: root forgotten"""
    mean = mean_over(x, axes)
    centered = x - mean
    var = mean_over(centered * centered, axes)
    return centered / (var + eps), mean, var, np.sqrt(var + eps)


def standardize__var_before_mean(x, axes, eps):
    """8.1: results swapped"""
    mean = mean_over(x, axes)
    centered = x - mean
    var = mean_over(centered * centered, axes)
    std = np.sqrt(var + eps)
    return centered / std, var, mean, std


def batchnorm_forward__momentum_turned_round(x, gamma, beta, bn_param):
    """8.2: momentum turned round"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    if mode == "train":
        normalized, mean, var, std = standardize(x, 0, eps)
        move_running_statistics(bn_param, 1 - momentum, running_mean, running_var, mean[0], var[0])
    else:
        std = np.sqrt(running_var[np.newaxis] + eps)
        normalized = (x - running_mean) / std
    return gamma * normalized + beta, (normalized, std, gamma, mode)


def batchnorm_forward__minibatch_at_test_time(x, gamma, beta, bn_param):
    """8.2: test mode forgotten"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    normalized, mean, var, std = standardize(x, 0, eps)
    if mode == "train":
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], var[0])
    return gamma * normalized + beta, (normalized, std, gamma, mode)


def batchnorm_forward__gamma_added(x, gamma, beta, bn_param):
    """8.2: gamma and beta swapped"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    if mode == "train":
        normalized, mean, var, std = standardize(x, 0, eps)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], var[0])
    else:
        std = np.sqrt(running_var[np.newaxis] + eps)
        normalized = (x - running_mean) / std
    return beta * normalized + gamma, (normalized, std, gamma, mode)


def batchnorm_forward__nothing_remembered(x, gamma, beta, bn_param):
    """8.2: running statistics not moved"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    if mode == "train":
        normalized, mean, var, std = standardize(x, 0, eps)
    else:
        std = np.sqrt(running_var[np.newaxis] + eps)
        normalized = (x - running_mean) / std
    return gamma * normalized + beta, (normalized, std, gamma, mode)


def batchnorm_forward__std_remembered_as_var(x, gamma, beta, bn_param):
    """8.2: standard deviation in place of the variance"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    if mode == "train":
        normalized, mean, var, std = standardize(x, 0, eps)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], std[0])
    else:
        std = np.sqrt(running_var[np.newaxis] + eps)
        normalized = (x - running_mean) / std
    return gamma * normalized + beta, (normalized, std, gamma, mode)


def batchnorm_forward__eps_outside_at_test_time(x, gamma, beta, bn_param):
    """8.2: eps outside the root"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    if mode == "train":
        normalized, mean, var, std = standardize(x, 0, eps)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], var[0])
    else:
        std = np.sqrt(running_var[np.newaxis]) + eps
        normalized = (x - running_mean) / std
    return gamma * normalized + beta, (normalized, std, gamma, mode)


def batchnorm_backward__variance_left_out(dout, cache):
    """8.3: gradient through the variance left out"""
    normalized, std, gamma, mode = cache
    dbeta, dgamma = sum_over(dout, axis=0), sum_over(dout * normalized, axis=0)
    dcentered = dout * gamma / std
    if mode == "test":
        return dcentered, dgamma, dbeta
    return dcentered - sum_over(dcentered, axis=0) / len(dout), dgamma, dbeta


def batchnorm_backward__train_at_test_time(dout, cache):
    """8.3: test mode forgotten"""
    normalized, std, gamma, mode = cache
    dbeta, dgamma = sum_over(dout, axis=0), sum_over(dout * normalized, axis=0)
    dnormalized = dout * gamma
    dvar = sum_over(-dnormalized * normalized / std, axis=0) / (2 * std)
    dcentered = dnormalized / std + dvar / len(dout) * 2 * normalized * std
    return dcentered - sum_over(dcentered, axis=0) / len(dout), dgamma, dbeta


def batchnorm_backward__dgamma_without_normalized(dout, cache):
    """8.3: normalized forgotten"""
    normalized, std, gamma, mode = cache
    dbeta, dgamma = sum_over(dout, axis=0), sum_over(dout, axis=0)
    dnormalized = dout * gamma
    if mode == "test":
        return dnormalized / std, dgamma, dbeta
    dvar = sum_over(-dnormalized * normalized / std, axis=0) / (2 * std)
    dcentered = dnormalized / std + dvar / len(dout) * 2 * normalized * std
    return dcentered - sum_over(dcentered, axis=0) / len(dout), dgamma, dbeta


def batchnorm_backward__gamma_left_out(dout, cache):
    """8.3: gamma forgotten"""
    normalized, std, gamma, mode = cache
    dbeta, dgamma = sum_over(dout, axis=0), sum_over(dout * normalized, axis=0)
    if mode == "test":
        return dout / std, dgamma, dbeta
    dvar = sum_over(-dout * normalized / std, axis=0) / (2 * std)
    dcentered = dout / std + dvar / len(dout) * 2 * normalized * std
    return dcentered - sum_over(dcentered, axis=0) / len(dout), dgamma, dbeta


def standardize_backward__mean_left_out(dnormalized, normalized, std, axes):
    """8.4: gradient through the mean left out"""
    return (dnormalized - normalized * mean_over(dnormalized * normalized, axes)) / std


def standardize_backward__variance_left_out(dnormalized, normalized, std, axes):
    """8.4: gradient through the variance left out"""
    return (dnormalized - mean_over(dnormalized, axes)) / std


def standardize_backward__std_left_out(dnormalized, normalized, std, axes):
    """8.4: not divided by std"""
    shift, scale = mean_over(dnormalized, axes), mean_over(dnormalized * normalized, axes)
    return dnormalized - shift - normalized * scale


def standardize_backward__sums(dnormalized, normalized, std, axes):
    """8.4: sum instead of mean"""
    shift = dnormalized.sum(axis=axes, keepdims=True)
    scale = (dnormalized * normalized).sum(axis=axes, keepdims=True)
    return (dnormalized - shift - normalized * scale) / std


def batchnorm_backward_alt__gamma_left_out(dout, cache):
    """8.5: gamma forgotten"""
    normalized, std, gamma, mode = cache
    dx = dout / std if mode == "test" else standardize_backward(dout, normalized, std, 0)
    return dx, sum_over(dout * normalized, axis=0), sum_over(dout, axis=0)


def batchnorm_backward_alt__train_at_test_time(dout, cache):
    """8.5: test mode forgotten"""
    normalized, std, gamma, mode = cache
    dx = standardize_backward(dout * gamma, normalized, std, 0)
    return dx, sum_over(dout * normalized, axis=0), sum_over(dout, axis=0)


def batchnorm_backward_alt__summed_over_the_features(dout, cache):
    """8.5: sum over the wrong axis"""
    normalized, std, gamma, mode = cache
    dx = dout * (gamma / std) if mode == "test" else standardize_backward(dout * gamma, normalized, std, 0)
    return dx, sum_over(dout * normalized, axis=1), sum_over(dout, axis=1)


def batchnorm_forward__running_var_unbiased(x, gamma, beta, bn_param):
    """8.2: unbiased variance"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    if mode == "train":
        normalized, mean, var, std = standardize(x, 0, eps)
        unbiased = var[0] * len(x) / max(len(x) - 1, 1)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], unbiased)
    else:
        std = np.sqrt(running_var[np.newaxis] + eps)
        normalized = (x - running_mean) / std
    return gamma * normalized + beta, (normalized, std, gamma, mode)


def batchnorm_forward__moved_at_test_time(x, gamma, beta, bn_param):
    """8.2: running statistics moved at test time"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("batchnorm_forward", bn_param, x)
    normalized, mean, var, std = standardize(x, 0, eps)
    if mode == "test":
        std = np.sqrt(running_var[np.newaxis] + eps)
        normalized = (x - running_mean) / std
    move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], var[0])
    return gamma * normalized + beta, (normalized, std, gamma, mode)
