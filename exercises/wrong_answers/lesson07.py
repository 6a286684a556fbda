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


def dropout_forward__scaled_at_test_time(x, dropout_param):
    """7.1: scaled at test time"""
    p = float(dropout_param["p"])
    if dropout_param["mode"] == "test":
        mask = np.full_like(x, p)
        return x * mask, (dict(dropout_param), mask)
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed"))
    mask = ((rng.random(x.shape) < p) / p).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__drops_at_test_time(x, dropout_param):
    """7.1: test mode forgotten"""
    p = float(dropout_param["p"])
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed"))
    mask = ((rng.random(x.shape) < p) / p).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__float64_mask(x, dropout_param):
    """7.1: float64 out of float32"""
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    p = float(dropout_param["p"])
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed"))
    mask = (rng.random(x.shape) < p) / p
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__seed_not_used(x, dropout_param):
    """7.1: generator left aside"""
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    p = float(dropout_param["p"])
    mask = ((np.random.default_rng().random(x.shape) < p) / p).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_backward__mask_without_the_scale(dout, cache):
    """7.2: not scaled by 1 / p"""
    _, mask = cache
    return dout * (mask > 0)


def dropout_backward__through_the_dropped(dout, cache):
    """7.2: mask of the wrong sign"""
    _, mask = cache
    return dout * (mask == 0)


def dropout_backward__in_place(dout, cache):
    """7.2: input overwritten"""
    _, mask = cache
    dout *= mask
    return dout


def dropout_backward__mask_alone(dout, cache):
    """7.2: upstream gradient forgotten"""
    _, mask = cache
    return mask.copy()


def dropout_forward__one_row_for_all(x, dropout_param):
    """7.1: one mask for many"""
    p = float(dropout_param["p"])
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed"))
    mask = ((rng.random(x.shape[1:]) < p) / p).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__one_number_a_row(x, dropout_param):
    """7.1: one mask for many"""
    p = float(dropout_param["p"])
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed"))
    mask = np.broadcast_to(((rng.random((len(x), 1)) < p) / p).astype(x.dtype), x.shape)
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__seed_of_zero_not_used(x, dropout_param):
    """7.1: generator left aside"""
    p = float(dropout_param["p"])
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed") or None)
    mask = ((rng.random(x.shape) < p) / p).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__a_seed_of_its_own(x, dropout_param):
    """7.1: always the same mask"""
    p = float(dropout_param["p"])
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    rng = dropout_param.get("rng") or np.random.default_rng(dropout_param.get("seed", 0))
    mask = ((rng.random(x.shape) < p) / p).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)


def dropout_forward__a_seed_demanded(x, dropout_param):
    """7.1: seed and rng are optional"""
    p = float(dropout_param["p"])
    if dropout_param["mode"] == "test":
        return x * 1, (dict(dropout_param), np.ones_like(x))
    rng = dropout_param["rng"] if "rng" in dropout_param else np.random.default_rng(dropout_param["seed"])
    mask = ((rng.random(x.shape) < p) / p).astype(x.dtype)
    return x * mask, (dict(dropout_param), mask)
