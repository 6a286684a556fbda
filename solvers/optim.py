"""Update rules: ``next_w, config = rule(w, dw, config)``.

A rule is a pure function. What it remembers between two steps stands in the config that it returns, which is handed in
again at the next step together with the new w; what it is given is never changed. One config belongs to one parameter.
`UPDATE_RULES` lists every rule by name; a rule that is added there can be used by the Solver. The Solver expects that a
rule keeps its step size under ``learning_rate``.

In the formulas all operations are elementwise, and ``lr`` stands for ``learning_rate``.
"""

import numpy as np

from .checks import ABOVE_ZERO, FRACTION, check_integer, check_known, check_number

_AT_LEAST_ZERO = (lambda value: value >= 0, ">= 0")
_ALLOWED = {
    "learning_rate": _AT_LEAST_ZERO,
    "weight_decay": _AT_LEAST_ZERO,
    "epsilon": ABOVE_ZERO,
    "momentum": FRACTION,
    "decay_rate": FRACTION,
    "beta1": FRACTION,
    "beta2": FRACTION,
}


def sgd(w, dw, config=None):
    """Stochastic gradient descent: ``w - lr * dw``.

    Parameters
    ----------
    w : ndarray of any shape
        The parameter, float32 or float64.
    dw : ndarray of the shape of w
        The gradient of the loss with respect to w.
    config : dict, optional
        ``learning_rate`` (1e-2).

    Returns
    -------
    next_w : ndarray of the shape and dtype of w
    config : dict
        The settings, complete, for the next step; here and in every other rule a new dict.

    Raises
    ------
    TypeError
        If w is not float32 or float64, dw is no array of real numbers, or config is no dict.
    ValueError
        If dw, or a state in the config, has another shape than w; if a key of the config is unknown or its value is
        not allowed. These hold for every rule.

    Examples
    --------
    >>> w, config = sgd(np.array([1.0, -2.0]), np.array([2.0, -4.0]), {"learning_rate": 0.1})
    >>> w
    array([ 0.8, -1.6])
    >>> config
    {'learning_rate': 0.1}
    """
    w, dw, config = _prepare("sgd", w, dw, config, learning_rate=1e-2)
    return w - config["learning_rate"] * dw, config


def sgd_momentum(w, dw, config=None):
    """Gradient descent with momentum: the parameter is a ball that rolls downhill against friction.

    ``v = momentum * v - lr * dw``, then ``w + v``.

    Config: ``learning_rate`` (1e-2), ``momentum`` (0.9); state ``velocity``, the v above (zeros). Parameters, returns
    and errors as in `sgd`.

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964; CS231n notes, neural
    networks 3.

    Examples
    --------
    >>> w, config = np.array([1.0, -2.0]), {"learning_rate": 0.1}
    >>> for _ in range(2):
    ...     w, config = sgd_momentum(w, 2 * w, config)
    >>> w
    array([ 0.46, -0.92])
    >>> config["velocity"]
    array([-0.34,  0.68])
    """
    w, dw, config = _prepare("sgd_momentum", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w + config["velocity"], config


def nesterov(w, dw, config=None):
    """Nesterov momentum: the gradient is taken where the momentum is about to carry the parameter.

    ``v_new = momentum * v - lr * dw``, then ``w - momentum * v + (1 + momentum) * v_new``. Here w is the looked-ahead
    position ``x + momentum * v`` of the textbook's x, so that dw is an ordinary gradient at w.

    Config: ``learning_rate`` (1e-2), ``momentum`` (0.9); state ``velocity`` (zeros). Parameters, returns and errors as
    in `sgd`.

    Source: Nesterov, A method of solving a convex programming problem with convergence rate O(1/k^2), 1983; in this
    form in the CS231n notes, neural networks 3.

    Examples
    --------
    >>> w, config = np.array([1.0, -2.0]), {"learning_rate": 0.1}
    >>> for _ in range(2):
    ...     w, config = nesterov(w, 2 * w, config)
    >>> w.round(4)
    array([ 0.2224, -0.4448])
    """
    w, dw, config = _prepare("nesterov", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    momentum, previous = config["momentum"], config["velocity"]
    config["velocity"] = momentum * previous - config["learning_rate"] * dw
    return w - momentum * previous + (1 + momentum) * config["velocity"], config


def adagrad(w, dw, config=None):
    """AdaGrad: each entry has a step size of its own, smaller the more gradient it has seen in all.

    ``cache = cache + dw ** 2``, then ``w - lr * dw / (sqrt(cache) + epsilon)``.

    Config: ``learning_rate`` (1e-2), ``epsilon`` (1e-8); state ``cache`` (zeros). Parameters, returns and errors as in
    `sgd`.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods, JMLR 12, 2011.

    Examples
    --------
    >>> w, config = np.array([1.0, -2.0]), {"learning_rate": 0.1}
    >>> for _ in range(2):
    ...     w, config = adagrad(w, 2 * w, config)
    >>> w.round(4)
    array([ 0.8331, -1.8311])
    """
    w, dw, config = _prepare("adagrad", w, dw, config, "cache", learning_rate=1e-2, epsilon=1e-8)
    config["cache"] = config["cache"] + dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def rmsprop(w, dw, config=None):
    """RMSProp: AdaGrad that forgets, so that the steps do not shrink for ever.

    ``cache = decay_rate * cache + (1 - decay_rate) * dw ** 2``, then ``w - lr * dw / (sqrt(cache) + epsilon)``.

    Config: ``learning_rate`` (1e-2), ``decay_rate`` (0.99), ``epsilon`` (1e-8); state ``cache`` (zeros). Parameters,
    returns and errors as in `sgd`.

    Source: Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012.

    Examples
    --------
    >>> w, config = np.array([1.0, -2.0]), {"learning_rate": 0.01}
    >>> for _ in range(2):
    ...     w, config = rmsprop(w, 2 * w, config)
    >>> w.round(4)
    array([ 0.8329, -1.8309])
    """
    w, dw, config = _prepare("rmsprop", w, dw, config, "cache", learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def adam(w, dw, config=None):
    """Adam: momentum and RMSProp together, both corrected for having started at zero.

    ``t = t + 1``; ``m = beta1 * m + (1 - beta1) * dw``; ``v = beta2 * v + (1 - beta2) * dw ** 2``, then
    ``w - lr * mt / (sqrt(vt) + epsilon)`` with ``mt = m / (1 - beta1 ** t)`` and ``vt = v / (1 - beta2 ** t)``.

    Config: ``learning_rate`` (1e-3), ``beta1`` (0.9), ``beta2`` (0.999), ``epsilon`` (1e-8); state ``m``, ``v``
    (zeros) and ``t`` (0). Parameters, returns and errors as in `sgd`.

    Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015.

    Examples
    --------
    The first step has the length of the learning rate in every entry, however large the gradient:

    >>> w, config = adam(np.array([1.0, -2.0]), np.array([1e3, -1e-3]), {"learning_rate": 0.1})
    >>> w.round(4)
    array([ 0.9, -1.9])
    >>> config["t"]
    1
    """
    w, dw, config = _prepare(
        "adam", w, dw, config, "m", "v", "t", learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8
    )
    return w - _adam_step(dw, config), config


def adamw(w, dw, config=None):
    """Adam with decoupled weight decay: the weights shrink beside the gradient's step, not through the gradient.

    ``(1 - lr * weight_decay) * w - lr * mt / (sqrt(vt) + epsilon)``, with mt and vt as in `adam`. L2 regularization in
    the loss would be divided by ``sqrt(vt)`` too, and so weaken just where gradients are large.

    Config: ``weight_decay`` (1e-2) and those of `adam`; state as in `adam`. Parameters, returns and errors as in `sgd`.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019; weight_decay multiplied by the learning
    rate as in PyTorch's AdamW.

    Examples
    --------
    >>> w, config = adamw(np.array([1.0, -2.0]), np.zeros(2), {"learning_rate": 0.1, "weight_decay": 0.5})
    >>> w
    array([ 0.95, -1.9 ])
    """
    defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2}
    w, dw, config = _prepare("adamw", w, dw, config, "m", "v", "t", **defaults)
    return (1 - config["learning_rate"] * config["weight_decay"]) * w - _adam_step(dw, config), config


UPDATE_RULES = {rule.__name__: rule for rule in (sgd, sgd_momentum, nesterov, adagrad, rmsprop, adam, adamw)}


def _adam_step(dw, config):
    """Advance m, v and t in the config and return what adam subtracts from w, by the formulas of `adam`.

    The config has ``learning_rate``, ``beta1``, ``beta2``, ``epsilon``, and ``m``, ``v`` and ``t`` as the step before
    left them; afterwards it has the new m, v and t. Its arrays are replaced, not changed.
    """
    beta1, beta2 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = beta1 * config["m"]
    config["m"] += (1 - beta1) * dw
    config["v"] = beta2 * config["v"]
    config["v"] += (1 - beta2) * dw**2
    step = np.sqrt(config["v"] / (1 - beta2 ** config["t"]))
    step += config["epsilon"]
    return config["learning_rate"] / (1 - beta1 ** config["t"]) * config["m"] / step


def _prepare(rule, w, dw, config, *state, **defaults):
    """Check what a rule was given; return w, dw in w's dtype, and a new config with defaults and state filled in."""
    w, dw = np.asarray(w), np.asarray(dw)
    if w.dtype not in (np.float32, np.float64):
        raise TypeError(f"{rule}: w must be float32 or float64, got {w.dtype}")
    if dw.dtype.kind not in "fiu":
        raise TypeError(f"{rule}: dw must be an array of real numbers, got {dw.dtype}")
    if dw.shape != w.shape:
        raise ValueError(f"{rule}: dw has shape {dw.shape}; w has shape {w.shape} and dw needs the same")
    config = {} if config is None else config
    if not isinstance(config, dict):
        raise TypeError(f"{rule}: config must be a dict, got {type(config).__name__}")
    check_known(rule, "config key", config, (*defaults, *state))
    # Python floats, since with an np.float64 scalar float32 arithmetic would become float64.
    complete = {
        name: check_number(rule, name, config.get(name, default), *_ALLOWED[name])
        for name, default in defaults.items()
    }
    for name in state:
        if name == "t":
            complete[name] = check_integer(rule, name, config.get(name, 0), 0)
            continue
        array = np.asarray(config[name], dtype=w.dtype) if name in config else np.zeros_like(w)
        if array.shape != w.shape:
            raise ValueError(f"{rule}: {name} has shape {array.shape}; w has shape {w.shape} and it needs the same")
        complete[name] = array
    return w, dw.astype(w.dtype, copy=False), complete
