"""Mistakes in lesson 7: dropout."""


def dropout_forward__not_scaled(x, dropout_param):
    """7.1: not scaled by 1 / p"""
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed"))
    mask = (rng.random(x.shape) < dropout_param["p"]).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__p_to_drop(x, dropout_param):
    """7.1: p taken for the probability to drop"""
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    keep = 1 - dropout_param["p"]
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed"))
    mask = ((rng.random(x.shape) < keep) / max(keep, 1e-9)).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_backward__no_mask(dout, cache):
    """7.2: upstream gradient unchanged"""
    return dout.copy()
