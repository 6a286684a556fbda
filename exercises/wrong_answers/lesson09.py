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
