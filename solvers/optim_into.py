"""The update rules of `optim` again, written into memory that is there already: bit by bit the same numbers.

As a formula a rule is easy to read, and makes an array for every operation in it. Here every operation puts its result
where one of the results will stand, or into `work`, and the operations are those of the formula, in its order.

Each function is given `new`, the rows to be filled: next_w, then the rule's next state; `old`, the same rows as they
are; dw; the rule's next config; and `work`. All rows have the same length, dtype and order of states as in the config.
"""

import numpy as np

from . import optim


def sgd(new, old, dw, config, work):
    (next_w,), (w,) = new, old
    np.multiply(dw, config["learning_rate"], out=next_w)
    np.subtract(w, next_w, out=next_w)


def sgd_momentum(new, old, dw, config, work):
    (next_w, next_velocity), (w, velocity) = new, old
    np.multiply(velocity, config["momentum"], out=next_velocity)
    next_velocity -= np.multiply(dw, config["learning_rate"], out=work)
    np.add(w, next_velocity, out=next_w)


def nesterov(new, old, dw, config, work):
    (next_w, next_velocity), (w, velocity) = new, old
    np.multiply(velocity, config["momentum"], out=next_velocity)
    np.subtract(w, next_velocity, out=next_w)
    next_velocity -= np.multiply(dw, config["learning_rate"], out=work)
    next_w += np.multiply(next_velocity, 1 + config["momentum"], out=work)


def adagrad(new, old, dw, config, work):
    (next_w, next_cache), (w, cache) = new, old
    np.square(dw, out=next_cache)
    next_cache += cache
    _divide_by_root(next_w, w, dw, next_cache, config, work)


def rmsprop(new, old, dw, config, work):
    (next_w, next_cache), (w, cache) = new, old
    _average(next_cache, cache, np.square(dw, out=work), config["decay_rate"], work)
    _divide_by_root(next_w, w, dw, next_cache, config, work)


def adam(new, old, dw, config, work):
    (next_w, *_), (w, *_) = new, old
    np.subtract(w, _adam_step(new, old, dw, config, work), out=next_w)


def adamw(new, old, dw, config, work):
    (next_w, *_), (w, *_) = new, old
    step = _adam_step(new, old, dw, config, work)
    np.multiply(w, 1 - config["learning_rate"] * config["weight_decay"], out=next_w)
    next_w -= step


INTO = {
    optim.sgd: sgd,
    optim.sgd_momentum: sgd_momentum,
    optim.nesterov: nesterov,
    optim.adagrad: adagrad,
    optim.rmsprop: rmsprop,
    optim.adam: adam,
    optim.adamw: adamw,
}


def _average(new, old, value, decay, work):
    """Put the moving average into new."""
    np.multiply(old, decay, out=new)
    new += np.multiply(value, 1 - decay, out=work)


def _divide_by_root(next_w, w, dw, cache, config, work):
    np.sqrt(cache, out=work)
    work += config["epsilon"]
    np.multiply(dw, config["learning_rate"], out=next_w)
    next_w /= work
    np.subtract(w, next_w, out=next_w)


def _adam_step(new, old, dw, config, work):
    """Fill the rows m and v, and return in work what is subtracted from w; next_w is used, too."""
    (step, next_m, next_v), (_, m, v) = new, old
    beta1, beta2, t = config["beta1"], config["beta2"], config["t"]
    _average(next_m, m, dw, beta1, work)
    _average(next_v, v, np.square(dw, out=work), beta2, work)
    np.divide(next_v, 1 - beta2**t, out=work)
    np.sqrt(work, out=work)
    work += config["epsilon"]
    np.multiply(next_m, config["learning_rate"] / (1 - beta1**t), out=step)
    return np.divide(step, work, out=work)
