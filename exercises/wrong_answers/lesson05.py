"""Mistakes in lesson 5: the chain and a two-layer net."""


def backward__gradients_in_reverse_order(dout, cache, need_dx=True):
    """5.2: gradients in another order"""
    grads = ()
    for part, part_cache in zip(reversed(parts), reversed(cache), strict=True):
        dout, *own = _backward(part, dout, part_cache, True)
        grads = (*grads, *own)
    return (dout, *grads) if grads else dout


def backward__only_one_way(dout, cache, need_dx=True):
    """5.4: ways not added up"""
    grads = ()
    for part, part_cache in zip(parts, cache, strict=True):
        dx, *own = _backward(part, dout, part_cache, True)
        grads = (*grads, *own)
    return (dx, *grads) if grads else dx


def _loss__without_the_half(self, X, y, settings):
    """5.5: regularisation without the half"""
    _set_mode(settings, "test" if y is None else "train")
    scores, cache = self.net.forward(X, *self._arrays(), *settings)
    if y is None:
        return scores
    loss, dscores = self.loss_function(scores, y)
    _, *arrays = self.net.backward(dscores, cache)
    grads = dict(zip(self._keys, arrays))
    for key in self._keys:
        if key.startswith("W"):
            loss += self.reg * float(np.sum(self.params[key] ** 2))
            grads[key] = grads[key] + self.reg * self.params[key]
    return loss, grads


def _loss__bias_regularised(self, X, y, settings):
    """5.5: biases regularised"""
    _set_mode(settings, "test" if y is None else "train")
    scores, cache = self.net.forward(X, *self._arrays(), *settings)
    if y is None:
        return scores
    loss, dscores = self.loss_function(scores, y)
    _, *arrays = self.net.backward(dscores, cache)
    grads = dict(zip(self._keys, arrays))
    for key in self._keys:
        loss += 0.5 * self.reg * float(np.sum(self.params[key] ** 2))
        grads[key] = grads[key] + self.reg * self.params[key]
    return loss, grads


def forward__caches_from_the_last(x, *args):
    """5.1: wrong cache"""
    caches = []
    for part, own in zip(parts, composite.split(args)):
        x, cache = part.forward(x, *own)
        caches.insert(0, cache)
    return x, tuple(caches)


def forward__first_x_for_all(x, *args):
    """5.1: x not handed on"""
    caches = []
    for part, own in zip(parts, composite.split(args)):
        out, cache = part.forward(x, *own)
        caches.append(cache)
    return out, tuple(caches)


def forward__all_arguments_for_all(x, *args):
    """5.1: arguments not shared out"""
    caches = []
    for part in parts:
        x, cache = part.forward(x, *args)
        caches.append(cache)
    return x, tuple(caches)


def forward__last_cache_only(x, *args):
    """5.1: wrong cache"""
    for part, own in zip(parts, composite.split(args)):
        x, cache = part.forward(x, *own)
    return x, cache


def backward__from_the_first(dout, cache, need_dx=True):
    """5.2: chain rule in forward order"""
    grads = ()
    for part, part_cache in zip(parts, cache, strict=True):
        dout, *own = _backward(part, dout, part_cache, True)
        grads = (*grads, *own)
    return (dout, *grads) if grads else dout


def backward__same_dout_for_all(dout, cache, need_dx=True):
    """5.2: dout not handed on"""
    grads = ()
    for part, part_cache in zip(reversed(parts), reversed(cache), strict=True):
        dx, *own = _backward(part, dout, part_cache, True)
        grads = (*own, *grads)
    return (dx, *grads) if grads else dx


def backward__always_a_tuple(dout, cache, need_dx=True):
    """5.2: dx in a tuple"""
    grads = ()
    for part, part_cache in zip(reversed(parts), reversed(cache), strict=True):
        dout, *own = _backward(part, dout, part_cache, True)
        grads = (*own, *grads)
    return (dout, *grads)


def forward__one_after_the_other(x, *args):
    """5.3: one after the other"""
    caches = []
    for part, own in zip(parts, composite.split(args)):
        x, cache = part.forward(x, *own)
        caches.append(cache)
    return x, tuple(caches)


def forward__last_output_only(x, *args):
    """5.3: outputs not added up"""
    outs, caches = zip(*[part.forward(x, *own) for part, own in zip(parts, composite.split(args))])
    return outs[-1], caches


def forward__mean_of_the_outputs(x, *args):
    """5.3: mean instead of sum"""
    outs, caches = zip(*[part.forward(x, *own) for part, own in zip(parts, composite.split(args))])
    return _sum(outs) / len(outs), caches


def backward__mean_of_the_ways(dout, cache, need_dx=True):
    """5.4: mean instead of sum"""
    dxs, grads = [], ()
    for part, part_cache in zip(parts, cache, strict=True):
        dx, *own = _backward(part, dout, part_cache, True)
        dxs.append(dx)
        grads = (*grads, *own)
    dx = _sum(dxs) / len(dxs)
    return (dx, *grads) if grads else dx


def backward__every_way_returned(dout, cache, need_dx=True):
    """5.4: wrong number of results"""
    grads = ()
    for part, part_cache in zip(parts, cache, strict=True):
        grads = (*grads, *_backward(part, dout, part_cache, True))
    return grads


def backward__arrays_from_the_last(dout, cache, need_dx=True):
    """5.4: gradients in another order"""
    dxs, grads = [], ()
    for part, part_cache in zip(parts, cache, strict=True):
        dx, *own = _backward(part, dout, part_cache, True)
        dxs.append(dx)
        grads = (*own, *grads)
    return (_sum(dxs), *grads) if grads else _sum(dxs)


def backward__dout_split(dout, cache, need_dx=True):
    """5.4: gradient split"""
    dxs, grads = [], ()
    for part, part_cache in zip(parts, cache, strict=True):
        dx, *own = _backward(part, dout / len(parts), part_cache, True)
        dxs.append(dx)
        grads = (*grads, *own)
    return (_sum(dxs), *grads) if grads else _sum(dxs)


def _loss__mode_as_it_was(self, X, y, settings):
    """5.5: mode not set"""
    scores, cache = self.net.forward(X, *self._arrays(), *settings)
    if y is None:
        return scores
    loss, dscores = self.loss_function(scores, y)
    _, *arrays = self.net.backward(dscores, cache)
    grads = dict(zip(self._keys, arrays))
    for key in self._keys:
        if key.startswith("W"):
            loss += 0.5 * self.reg * float(np.sum(self.params[key] ** 2))
            grads[key] = grads[key] + self.reg * self.params[key]
    return loss, grads


def _loss__regularised_in_the_loss_only(self, X, y, settings):
    """5.5: regularisation not in the gradient"""
    _set_mode(settings, "test" if y is None else "train")
    scores, cache = self.net.forward(X, *self._arrays(), *settings)
    if y is None:
        return scores
    loss, dscores = self.loss_function(scores, y)
    _, *arrays = self.net.backward(dscores, cache)
    for key in self._keys:
        if key.startswith("W"):
            loss += 0.5 * self.reg * float(np.sum(self.params[key] ** 2))
    return loss, dict(zip(self._keys, arrays))


def _loss__regularised_in_the_gradient_only(self, X, y, settings):
    """5.5: regularisation not in the loss"""
    _set_mode(settings, "test" if y is None else "train")
    scores, cache = self.net.forward(X, *self._arrays(), *settings)
    if y is None:
        return scores
    loss, dscores = self.loss_function(scores, y)
    _, *arrays = self.net.backward(dscores, cache)
    grads = dict(zip(self._keys, arrays))
    return loss, {k: g + self.reg * self.params[k] if k.startswith("W") else g for k, g in grads.items()}


def _loss__gradient_doubled(self, X, y, settings):
    """5.5: regularisation without the half"""
    _set_mode(settings, "test" if y is None else "train")
    scores, cache = self.net.forward(X, *self._arrays(), *settings)
    if y is None:
        return scores
    loss, dscores = self.loss_function(scores, y)
    _, *arrays = self.net.backward(dscores, cache)
    grads = dict(zip(self._keys, arrays))
    for key in self._keys:
        if key.startswith("W"):
            loss += 0.5 * self.reg * float(np.sum(self.params[key] ** 2))
            grads[key] = grads[key] + 2 * self.reg * self.params[key]
    return loss, grads


def __init____no_relu(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: nonlinearity forgotten"""
    shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
    params = initialise(shapes, weight_scale, dtype, seed)
    super().__init__(net=chain(affine, affine), params=params, reg=reg)


def __init____relu_on_the_scores(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: relu on the scores"""
    shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
    params = initialise(shapes, weight_scale, dtype, seed)
    super().__init__(net=chain(affine_relu, affine_relu), params=params, reg=reg)


def __init____all_zeros(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: weights not drawn with weight_scale"""
    shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
    params = {key: np.zeros(shape, dtype) for key, shape in shapes.items()}
    super().__init__(net=chain(affine_relu, affine), params=params, reg=reg)


def __init____another_seed(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: seed not passed on"""
    shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
    params = initialise(shapes, weight_scale, dtype)
    super().__init__(net=chain(affine_relu, affine), params=params, reg=reg)


def __init____no_reg(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: reg not passed on"""
    shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
    params = initialise(shapes, weight_scale, dtype, seed)
    super().__init__(net=chain(affine_relu, affine), params=params)


def __init____scale_of_its_own(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: weights not drawn with weight_scale"""
    shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
    params = initialise(shapes, 1e-3, dtype, seed)
    super().__init__(net=chain(affine_relu, affine), params=params, reg=reg)


def __init____outputs_first(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: sizes turned round"""
    shapes = {"W1": (hidden_dim, input_dim), "b1": hidden_dim, "W2": (num_classes, hidden_dim), "b2": num_classes}
    params = initialise(shapes, weight_scale, dtype, seed)
    super().__init__(net=chain(affine_relu, affine), params=params, reg=reg)


def __init____float64(
    self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=np.float64,
    seed=None
):
    """5.6: dtype not passed on"""
    shapes = {"W1": (input_dim, hidden_dim), "b1": hidden_dim, "W2": (hidden_dim, num_classes), "b2": num_classes}
    params = initialise(shapes, weight_scale, np.float64, seed)
    super().__init__(net=chain(affine_relu, affine), params=params, reg=reg)


def _loss__scales_regularised(self, X, y, settings):
    """5.5: biases regularised"""
    _set_mode(settings, "test" if y is None else "train")
    scores, cache = self.net.forward(X, *self._arrays(), *settings)
    if y is None:
        return scores
    loss, dscores = self.loss_function(scores, y)
    _, *arrays = self.net.backward(dscores, cache)
    grads = dict(zip(self._keys, arrays))
    for key in self._keys:
        if not key.startswith("b"):
            loss += 0.5 * self.reg * float(np.sum(self.params[key] ** 2))
            grads[key] = grads[key] + self.reg * self.params[key]
    return loss, grads
