"""Mistakes in lesson 6: update rules and the Solver's step."""


def check_accuracy__not_a_number_counted(self, X, y, num_samples=None, batch_size=100):
    """6.9: not a number counted"""
    if num_samples is not None and num_samples < len(X):
        chosen = np.random.default_rng([self.seed, self.epoch]).choice(len(X), num_samples, replace=False)
        X, y = X[chosen], y[chosen]
    right = 0
    for start in range(0, len(X), batch_size):
        chosen = slice(start, start + batch_size)
        right += int(np.sum(np.argmax(self.model.loss(X[chosen]), axis=1) == y[chosen]))
    return right / len(X)


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
    if self.clip_norm is not None:
        grads = clip_gradients(grads, self.clip_norm)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        self.model.params[name], self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
    self.loss_history.append(float(loss))


def sgd__in_place(w, dw, config=None):
    """6.1: input overwritten"""
    w, dw, config = _prepare("sgd", w, dw, config, learning_rate=1e-2)
    w -= config["learning_rate"] * dw
    return w, config


def sgd__whole_gradient(w, dw, config=None):
    """6.1: learning rate forgotten"""
    w, dw, config = _prepare("sgd", w, dw, config, learning_rate=1e-2)
    return w - dw, config


def sgd__no_config(w, dw, config=None):
    """6.1: wrong number of results"""
    w, dw, config = _prepare("sgd", w, dw, config, learning_rate=1e-2)
    return w - config["learning_rate"] * dw


def sgd_momentum__not_stored(w, dw, config=None):
    """6.2: velocity not remembered"""
    w, dw, config = _prepare("sgd_momentum", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w + velocity, config


def sgd_momentum__step_of_sgd(w, dw, config=None):
    """6.2: velocity not used"""
    w, dw, config = _prepare("sgd_momentum", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w - config["learning_rate"] * dw, config


def sgd_momentum__velocity_points_back(w, dw, config=None):
    """6.2: velocity of the other sign"""
    w, dw, config = _prepare("sgd_momentum", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    config["velocity"] = config["momentum"] * config["velocity"] + config["learning_rate"] * dw
    return w - config["velocity"], config


def sgd_momentum__velocity_in_place(w, dw, config=None):
    """6.2: input overwritten"""
    w, dw, config = _prepare("sgd_momentum", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    config["velocity"] *= config["momentum"]
    config["velocity"] -= config["learning_rate"] * dw
    return w + config["velocity"], config


def nesterov__plain_momentum(w, dw, config=None):
    """6.3: no look ahead"""
    w, dw, config = _prepare("nesterov", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w - config["momentum"] * config["velocity"] + (1 + config["momentum"]) * config["velocity"], config


def nesterov__old_velocity_added(w, dw, config=None):
    """6.3: old velocity with the wrong sign"""
    w, dw, config = _prepare("nesterov", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    momentum, previous = config["momentum"], config["velocity"]
    config["velocity"] = momentum * previous - config["learning_rate"] * dw
    return w + momentum * previous + (1 + momentum) * config["velocity"], config


def nesterov__plus_the_gradient(w, dw, config=None):
    """6.3: uphill"""
    w, dw, config = _prepare("nesterov", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    momentum, previous = config["momentum"], config["velocity"]
    config["velocity"] = momentum * previous + config["learning_rate"] * dw
    return w - momentum * previous + (1 + momentum) * config["velocity"], config


def adagrad__epsilon_inside_the_root(w, dw, config=None):
    """6.4: epsilon inside the root"""
    w, dw, config = _prepare("adagrad", w, dw, config, "cache", learning_rate=1e-2, epsilon=1e-8)
    config["cache"] = config["cache"] + dw**2
    return w - config["learning_rate"] * dw / np.sqrt(config["cache"] + config["epsilon"]), config


def adagrad__gradients_collected(w, dw, config=None):
    """6.4: squares forgotten"""
    w, dw, config = _prepare("adagrad", w, dw, config, "cache", learning_rate=1e-2, epsilon=1e-8)
    config["cache"] = config["cache"] + np.abs(dw)
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def adagrad__no_root(w, dw, config=None):
    """6.4: root forgotten"""
    w, dw, config = _prepare("adagrad", w, dw, config, "cache", learning_rate=1e-2, epsilon=1e-8)
    config["cache"] = config["cache"] + dw**2
    return w - config["learning_rate"] * dw / (config["cache"] + config["epsilon"]), config


def adagrad__last_square_only(w, dw, config=None):
    """6.4: history lost"""
    w, dw, config = _prepare("adagrad", w, dw, config, "cache", learning_rate=1e-2, epsilon=1e-8)
    config["cache"] = dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def rmsprop__decay_turned_round(w, dw, config=None):
    """6.5: decay turned round"""
    w, dw, config = _prepare("rmsprop", w, dw, config, "cache", learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    config["cache"] = (1 - config["decay_rate"]) * config["cache"] + config["decay_rate"] * dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def rmsprop__all_of_the_new(w, dw, config=None):
    """6.5: share of the new forgotten"""
    w, dw, config = _prepare("rmsprop", w, dw, config, "cache", learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    config["cache"] = config["decay_rate"] * config["cache"] + dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def rmsprop__no_root(w, dw, config=None):
    """6.5: root forgotten"""
    w, dw, config = _prepare("rmsprop", w, dw, config, "cache", learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    config["cache"] = config["decay_rate"] * config["cache"] + (1 - config["decay_rate"]) * dw**2
    return w - config["learning_rate"] * dw / (config["cache"] + config["epsilon"]), config


def _adam_step__t_stays(dw, config):
    """6.6: t not raised"""
    beta1, beta2, t = config["beta1"], config["beta2"], np.float64(config["t"])
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * dw**2
    mt, vt = config["m"] / (1 - beta1**t), config["v"] / (1 - beta2**t)
    return config["learning_rate"] * mt / (np.sqrt(vt) + config["epsilon"])


def _adam_step__corrected_moments_kept(dw, config):
    """6.6: corrected moments kept"""
    beta1, beta2 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = (beta1 * config["m"] + (1 - beta1) * dw) / (1 - beta1 ** config["t"])
    config["v"] = (beta2 * config["v"] + (1 - beta2) * dw**2) / (1 - beta2 ** config["t"])
    return config["learning_rate"] * config["m"] / (np.sqrt(config["v"]) + config["epsilon"])


def _adam_step__epsilon_inside_the_root(dw, config):
    """6.6: epsilon inside the root"""
    beta1, beta2 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * dw**2
    mt, vt = config["m"] / (1 - beta1 ** config["t"]), config["v"] / (1 - beta2 ** config["t"])
    return config["learning_rate"] * mt / np.sqrt(vt + config["epsilon"])


def _adam_step__betas_swapped(dw, config):
    """6.6: betas swapped"""
    beta2, beta1 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * dw**2
    mt, vt = config["m"] / (1 - beta1 ** config["t"]), config["v"] / (1 - beta2 ** config["t"])
    return config["learning_rate"] * mt / (np.sqrt(vt) + config["epsilon"])


def adam__step_added(w, dw, config=None):
    """6.6: uphill"""
    w, dw, config = _prepare(
        "adam", w, dw, config, "m", "v", "t", learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8
    )
    return w + _adam_step(dw, config), config


def adamw__decay_in_the_gradient(w, dw, config=None):
    """6.7: decay in the gradient"""
    defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2}
    w, dw, config = _prepare("adamw", w, dw, config, "m", "v", "t", **defaults)
    return w - _adam_step(dw + config["weight_decay"] * w, config), config


def adamw__decay_alone(w, dw, config=None):
    """6.7: decay without the learning rate"""
    defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2}
    w, dw, config = _prepare("adamw", w, dw, config, "m", "v", "t", **defaults)
    return (1 - config["weight_decay"]) * w - _adam_step(dw, config), config


def adamw__step_decayed_too(w, dw, config=None):
    """6.7: step decayed too"""
    defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2}
    w, dw, config = _prepare("adamw", w, dw, config, "m", "v", "t", **defaults)
    return (1 - config["learning_rate"] * config["weight_decay"]) * (w - _adam_step(dw, config)), config


def adamw__weights_grow(w, dw, config=None):
    """6.7: weights grow"""
    defaults = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2}
    w, dw, config = _prepare("adamw", w, dw, config, "m", "v", "t", **defaults)
    return (1 + config["learning_rate"] * config["weight_decay"]) * w - _adam_step(dw, config), config


def _step__config_thrown_away(self):
    """6.8: config not kept"""
    X, y = self._minibatch()
    loss, grads = self.model.loss(X, y)
    self._check_finite_and_fitting(loss, grads, X, y)
    if self.clip_norm is not None:
        grads = clip_gradients(grads, self.clip_norm)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        self.model.params[name], _ = rule(w, grads[name], self.optim_configs[name])
    self.loss_history.append(float(loss))
    self.iteration += 1


def _step__parameters_left(self):
    """6.8: parameters not updated"""
    X, y = self._minibatch()
    loss, grads = self.model.loss(X, y)
    self._check_finite_and_fitting(loss, grads, X, y)
    if self.clip_norm is not None:
        grads = clip_gradients(grads, self.clip_norm)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        w, self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
    self.loss_history.append(float(loss))
    self.iteration += 1


def _step__unchecked(self):
    """6.8: loss not checked"""
    X, y = self._minibatch()
    loss, grads = self.model.loss(X, y)
    if self.clip_norm is not None:
        grads = clip_gradients(grads, self.clip_norm)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        self.model.params[name], self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
    self.loss_history.append(float(loss))
    self.iteration += 1


def _step__loss_not_noted(self):
    """6.8: loss_history forgotten"""
    X, y = self._minibatch()
    loss, grads = self.model.loss(X, y)
    self._check_finite_and_fitting(loss, grads, X, y)
    if self.clip_norm is not None:
        grads = clip_gradients(grads, self.clip_norm)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        self.model.params[name], self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
    self.iteration += 1


def check_accuracy__last_batch_dropped(self, X, y, num_samples=None, batch_size=100):
    """6.9: last batch dropped"""
    if num_samples is not None and num_samples < len(X):
        chosen = np.random.default_rng([self.seed, self.epoch]).choice(len(X), num_samples, replace=False)
        X, y = X[chosen], y[chosen]
    right = 0
    for batch in range(max(len(X) // batch_size, 1)):
        chosen = slice(batch * batch_size, (batch + 1) * batch_size)
        right += int(np.sum(np.argmax(self.model.loss(X[chosen]), axis=1) == y[chosen]))
    return right / len(X)


def check_accuracy__mean_of_means(self, X, y, num_samples=None, batch_size=100):
    """6.9: mean of means"""
    if num_samples is not None and num_samples < len(X):
        chosen = np.random.default_rng([self.seed, self.epoch]).choice(len(X), num_samples, replace=False)
        X, y = X[chosen], y[chosen]
    accuracies = []
    for start in range(0, len(X), batch_size):
        chosen = slice(start, start + batch_size)
        accuracies.append(np.mean(np.argmax(self.model.loss(X[chosen]), axis=1) == y[chosen]))
    return float(np.mean(accuracies))


def check_accuracy__over_the_examples(self, X, y, num_samples=None, batch_size=100):
    """6.9: predicted over the wrong axis"""
    if num_samples is not None and num_samples < len(X):
        chosen = np.random.default_rng([self.seed, self.epoch]).choice(len(X), num_samples, replace=False)
        X, y = X[chosen], y[chosen]
    right = 0
    for start in range(0, len(X), batch_size):
        chosen = slice(start, start + batch_size)
        right += int(np.sum(np.argmax(self.model.loss(X[chosen]), axis=0) == y[chosen]))
    return right / len(X)


def check_accuracy__count(self, X, y, num_samples=None, batch_size=100):
    """6.9: count in place of the share"""
    if num_samples is not None and num_samples < len(X):
        chosen = np.random.default_rng([self.seed, self.epoch]).choice(len(X), num_samples, replace=False)
        X, y = X[chosen], y[chosen]
    right = 0
    for start in range(0, len(X), batch_size):
        chosen = slice(start, start + batch_size)
        right += int(np.sum(np.argmax(self.model.loss(X[chosen]), axis=1) == y[chosen]))
    return float(right)


def sgd_momentum__velocity_of_the_step_before(w, dw, config=None):
    """6.2: velocity of the step before"""
    w, dw, config = _prepare("sgd_momentum", w, dw, config, "velocity", learning_rate=1e-2, momentum=0.9)
    next_w = w + config["velocity"]
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return next_w, config


def _step__not_clipped(self):
    """6.8: gradients not clipped"""
    X, y = self._minibatch()
    loss, grads = self.model.loss(X, y)
    self._check_finite_and_fitting(loss, grads, X, y)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        self.model.params[name], self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
    self.loss_history.append(float(loss))
    self.iteration += 1


def _step__one_config_for_all(self):
    """6.8: one config for all"""
    X, y = self._minibatch()
    loss, grads = self.model.loss(X, y)
    self._check_finite_and_fitting(loss, grads, X, y)
    if self.clip_norm is not None:
        grads = clip_gradients(grads, self.clip_norm)
    rule = UPDATE_RULES[self.update_rule]
    for name, w in self.model.params.items():
        self.model.params[name], self.optim_configs[name] = rule(w, grads[name], self.optim_config)
    self.loss_history.append(float(loss))
    self.iteration += 1


def check_accuracy__num_samples_ignored(self, X, y, num_samples=None, batch_size=100):
    """6.9: num_samples ignored"""
    right = 0
    for start in range(0, len(X), batch_size):
        scores, labels = self.model.loss(X[start : start + batch_size]), y[start : start + batch_size]
        right += int(np.sum(np.isfinite(scores.max(axis=1)) & (np.argmax(scores, axis=1) == labels)))
    return right / len(X)


def check_accuracy__drawn_twice(self, X, y, num_samples=None, batch_size=100):
    """6.9: drawn more than once"""
    if num_samples is not None and num_samples < len(X):
        chosen = np.random.default_rng([self.seed, self.epoch]).integers(0, 3, num_samples)
        X, y = X[chosen], y[chosen]
    right = 0
    for start in range(0, len(X), batch_size):
        scores, labels = self.model.loss(X[start : start + batch_size]), y[start : start + batch_size]
        right += int(np.sum(np.isfinite(scores.max(axis=1)) & (np.argmax(scores, axis=1) == labels)))
    return right / len(X)


def check_accuracy__all_at_once(self, X, y, num_samples=None, batch_size=100):
    """6.9: batch_size ignored"""
    if num_samples is not None and num_samples < len(X):
        chosen = np.random.default_rng([self.seed, self.epoch]).choice(len(X), num_samples, replace=False)
        X, y = X[chosen], y[chosen]
    scores = self.model.loss(X)
    return float(np.mean(np.isfinite(scores.max(axis=1)) & (np.argmax(scores, axis=1) == y)))
