"""Mistakes in lesson 6: update rules and the Solver's step."""


def sgd__uphill(w, dw, config=None):
    """6.1: uphill"""
    w, dw, config = _prepare("sgd", w, dw, config, learning_rate=1e-2)
    return w + config["learning_rate"] * dw, config


def sgd_momentum__plus_the_gradient(w, dw, config=None):
    """6.2: uphill"""
    w, dw, config = _prepare("sgd_momentum", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    config["velocity"] = config["momentum"] * config["velocity"] + config["learning_rate"] * dw
    return w + config["velocity"], config


def rmsprop__epsilon_inside_the_root(w, dw, config=None):
    """6.5: epsilon inside the root"""
    w, dw, config = _prepare("rmsprop", w, dw, config, "cache", learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw**2
    return w - config["learning_rate"] * dw / np.sqrt(config["cache"] + config["epsilon"]), config


def adam__no_bias_correction(w, dw, config=None):
    """6.6: no bias correction"""
    w, dw, config = _prepare(
        "adam", w, dw, config, "m", "v", "t", learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8
    )
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw**2
    return w - config["learning_rate"] * config["m"] / (np.sqrt(config["v"]) + config["epsilon"]), config


def _step__not_counted(self):
    """6.8: iteration not counted"""
    X, y = self._minibatch()
    loss, grads = self.model.loss(X, y)
    self._check_finite_and_fitting(loss, grads, X, y)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        self.model.params[name], self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
    self.loss_history.append(float(loss))
