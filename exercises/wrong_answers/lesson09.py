"""Mistakes in lesson 9: layer and group normalisation."""


def layernorm_forward__over_the_examples(x, gamma, beta, ln_param):
    """9.1: statistics over the wrong axis"""
    normalized, _, _, std = standardize(x, 0, float(ln_param.get("eps", 1e-5)))
    return gamma * normalized + beta, (normalized, std, gamma)


def layernorm_backward__gamma_summed_over_features(dout, cache):
    """9.2: sum over the wrong axis"""
    normalized, std, gamma = cache
    dx = standardize_backward(dout * gamma, normalized, std, 1)
    return dx, sum_over(dout * normalized, axis=1), sum_over(dout, axis=1)


def layernorm_forward__gamma_added(x, gamma, beta, ln_param):
    """9.1: gamma and beta swapped"""
    normalized, _, _, std = standardize(x, 1, float(ln_param.get("eps", 1e-5)))
    return beta * normalized + gamma, (normalized, std, gamma)


def layernorm_forward__eps_of_its_own(x, gamma, beta, ln_param):
    """9.1: eps ignored"""
    normalized, _, _, std = standardize(x, 1, 1e-5)
    return gamma * normalized + beta, (normalized, std, gamma)


def layernorm_forward__centered_only(x, gamma, beta, ln_param):
    """9.1: not standardised"""
    normalized, mean, _, std = standardize(x, 1, float(ln_param.get("eps", 1e-5)))
    return gamma * (x - mean) + beta, (normalized, std, gamma)


def layernorm_backward__means_over_the_examples(dout, cache):
    """9.2: statistics over the wrong axis"""
    normalized, std, gamma = cache
    dx = standardize_backward(dout * gamma, normalized, std, 0)
    return dx, sum_over(dout * normalized, axis=0), sum_over(dout, axis=0)


def layernorm_backward__gamma_left_out(dout, cache):
    """9.2: gamma forgotten"""
    normalized, std, gamma = cache
    dx = standardize_backward(dout, normalized, std, 1)
    return dx, sum_over(dout * normalized, axis=0), sum_over(dout, axis=0)


def layernorm_backward__nothing_summed(dout, cache):
    """9.2: gradient not summed"""
    normalized, std, gamma = cache
    return standardize_backward(dout * gamma, normalized, std, 1), dout * normalized, dout


def spatial_batchnorm_forward__reshaped_only(x, gamma, beta, bn_param):
    """9.3: channels mixed"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("spatial_batchnorm_forward", bn_param, x)
    pixels = x.reshape(-1, x.shape[1])
    if mode == "train":
        mean, var = pixels.mean(axis=0), pixels.var(axis=0)
        std = np.sqrt(var + eps)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean, var)
    else:
        mean, std = running_mean, np.sqrt(running_var + eps)
    out = gamma * (pixels - mean) / std + beta
    return out.reshape(x.shape), (pixels, mean, std, gamma, mode, x.shape)


def spatial_batchnorm_forward__minibatch_at_test_time(x, gamma, beta, bn_param):
    """9.3: test mode forgotten"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("spatial_batchnorm_forward", bn_param, x)
    pixels = as_pixels(x)
    mean, var = pixels.mean(axis=0), pixels.var(axis=0)
    std = np.sqrt(var + eps)
    if mode == "train":
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean, var)
    out = gamma * (pixels - mean) / std + beta
    return as_images(out, x.shape), (pixels, mean, std, gamma, mode, x.shape)


def spatial_batchnorm_forward__momentum_turned_round(x, gamma, beta, bn_param):
    """9.3: momentum turned round"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("spatial_batchnorm_forward", bn_param, x)
    pixels = as_pixels(x)
    if mode == "train":
        mean, var = pixels.mean(axis=0), pixels.var(axis=0)
        std = np.sqrt(var + eps)
        move_running_statistics(bn_param, 1 - momentum, running_mean, running_var, mean, var)
    else:
        mean, std = running_mean, np.sqrt(running_var + eps)
    out = gamma * (pixels - mean) / std + beta
    return as_images(out, x.shape), (pixels, mean, std, gamma, mode, x.shape)


def spatial_batchnorm_backward__reshaped_only(dout, cache):
    """9.4: channels mixed"""
    pixels, mean, std, gamma, mode, shape = cache
    dpixels, normalized = dout.reshape(pixels.shape), (pixels - mean) / std
    d = dpixels * gamma
    if mode == "train":
        d = d - d.mean(axis=0) - normalized * (d * normalized).mean(axis=0)
    return (d / std).reshape(shape), (dpixels * normalized).sum(axis=0), dpixels.sum(axis=0)


def spatial_batchnorm_backward__train_at_test_time(dout, cache):
    """9.4: test mode forgotten"""
    pixels, mean, std, gamma, mode, shape = cache
    dpixels, normalized = as_pixels(dout), (pixels - mean) / std
    d = dpixels * gamma
    d = d - d.mean(axis=0) - normalized * (d * normalized).mean(axis=0)
    return as_images(d / std, shape), (dpixels * normalized).sum(axis=0), dpixels.sum(axis=0)


def spatial_batchnorm_backward__swapped(dout, cache):
    """9.4: results swapped"""
    pixels, mean, std, gamma, mode, shape = cache
    dpixels, normalized = as_pixels(dout), (pixels - mean) / std
    d = dpixels * gamma
    if mode == "train":
        d = d - d.mean(axis=0) - normalized * (d * normalized).mean(axis=0)
    return as_images(d / std, shape), dpixels.sum(axis=0), (dpixels * normalized).sum(axis=0)


def spatial_groupnorm_forward__over_the_minibatch(x, gamma, beta, G, gn_param):
    """9.5: statistics over the wrong axis"""
    N, C, H, W = x.shape
    eps = float(gn_param.get("eps", 1e-5))
    normalized, _, _, std = standardize(x.reshape(N, G, C // G, H, W), (0, 2, 3, 4), eps)
    return gamma * normalized.reshape(x.shape) + beta, (normalized, std, gamma)


def spatial_groupnorm_forward__one_group(x, gamma, beta, G, gn_param):
    """9.5: groups ignored"""
    eps = float(gn_param.get("eps", 1e-5))
    normalized, _, _, std = standardize(x.reshape(len(x), 1, *x.shape[1:]), (2, 3, 4), eps)
    return gamma * normalized.reshape(x.shape) + beta, (normalized, std, gamma)


def spatial_groupnorm_forward__every_gth_channel(x, gamma, beta, G, gn_param):
    """9.5: channels grouped in another order"""
    N, C, H, W = x.shape
    eps = float(gn_param.get("eps", 1e-5))
    normalized, _, _, std = standardize(x.reshape(N, C // G, G, H, W), (1, 3, 4), eps)
    return gamma * normalized.reshape(x.shape) + beta, (normalized, std, gamma)


def spatial_groupnorm_forward__each_channel_alone(x, gamma, beta, G, gn_param):
    """9.5: statistics over the wrong axis"""
    N, C, H, W = x.shape
    normalized, _, _, std = standardize(x.reshape(N, G, C // G, H, W), (3, 4), float(gn_param.get("eps", 1e-5)))
    return gamma * normalized.reshape(x.shape) + beta, (normalized, std, gamma)


def spatial_groupnorm_backward__gamma_left_out(dout, cache):
    """9.6: gamma forgotten"""
    normalized, std, gamma = cache
    dbeta = sum_over(dout, axis=(0, 2, 3)).reshape(gamma.shape)
    dgamma = sum_over(dout * normalized.reshape(dout.shape), axis=(0, 2, 3)).reshape(gamma.shape)
    dx = standardize_backward(dout.reshape(normalized.shape), normalized, std, (2, 3, 4))
    return dx.reshape(dout.shape), dgamma, dbeta


def spatial_groupnorm_backward__minibatch_not_summed(dout, cache):
    """9.6: gradient not summed"""
    normalized, std, gamma = cache
    dbeta = dout.sum(axis=(2, 3), keepdims=True)
    dgamma = (dout * normalized.reshape(dout.shape)).sum(axis=(2, 3), keepdims=True)
    dx = standardize_backward((dout * gamma).reshape(normalized.shape), normalized, std, (2, 3, 4))
    return dx.reshape(dout.shape), dgamma, dbeta


def spatial_groupnorm_backward__axes_lost(dout, cache):
    """9.6: axes not kept"""
    normalized, std, gamma = cache
    dbeta = sum_over(dout, axis=(0, 2, 3))
    dgamma = sum_over(dout * normalized.reshape(dout.shape), axis=(0, 2, 3))
    dx = standardize_backward((dout * gamma).reshape(normalized.shape), normalized, std, (2, 3, 4))
    return dx.reshape(dout.shape), dgamma, dbeta


def spatial_groupnorm_backward__each_channel_alone(dout, cache):
    """9.6: statistics over the wrong axis"""
    normalized, std, gamma = cache
    dbeta = sum_over(dout, axis=(0, 2, 3)).reshape(gamma.shape)
    dgamma = sum_over(dout * normalized.reshape(dout.shape), axis=(0, 2, 3)).reshape(gamma.shape)
    dx = standardize_backward((dout * gamma).reshape(normalized.shape), normalized, std, (3, 4))
    return dx.reshape(dout.shape), dgamma, dbeta


def spatial_batchnorm_forward__all_channels_together(x, gamma, beta, bn_param):
    """9.3: statistics over the wrong axis"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("spatial_batchnorm_forward", bn_param, x)
    pixels = as_pixels(x)
    if mode == "train":
        mean, var = np.full_like(gamma, x.mean()), np.full_like(gamma, x.var())
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean, var)
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    return as_images(gamma * (pixels - mean) / std + beta, x.shape), (pixels, mean, std, gamma, mode, x.shape)


def spatial_batchnorm_backward__gamma_left_out(dout, cache):
    """9.4: gamma forgotten"""
    pixels, mean, std, gamma, mode, shape = cache
    d, normalized = as_pixels(dout), (pixels - mean) / std
    dgamma, dbeta = (d * normalized).sum(axis=0), d.sum(axis=0)
    if mode == "train":
        d = d - d.mean(axis=0) - normalized * (d * normalized).mean(axis=0)
    return as_images(d / std, shape), dgamma, dbeta


def spatial_batchnorm_forward__running_var_unbiased(x, gamma, beta, bn_param):
    """9.3: unbiased variance"""
    mode, eps, momentum, running_mean, running_var = read_bn_param("spatial_batchnorm_forward", bn_param, x)
    pixels, shape = as_pixels(x), x.shape
    if mode == "train":
        mean, var = channel_norm.moments(pixels)
        N = x.size // x.shape[1]
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean, var * N / (N - 1))
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    out = channel_norm.scale_and_shift(pixels, mean, std, gamma, beta)
    return as_images(out, shape), (pixels, mean, std, gamma, mode, shape)
