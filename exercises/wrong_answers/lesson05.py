"""Mistakes in lesson 5: the chain and a two-layer net."""


def backward__gradients_in_reverse_order(dout, cache):
    """5.2: gradients in another order"""
    grads = ()
    for part, part_cache in zip(reversed(parts), reversed(cache), strict=True):
        dout, *own = _as_tuple(part.backward(dout, part_cache))
        grads = (*grads, *own)
    return (dout, *grads) if grads else dout


def backward__only_one_way(dout, cache):
    """5.4: ways not added up"""
    grads = ()
    for part, part_cache in zip(parts, cache, strict=True):
        dx, *own = _as_tuple(part.backward(dout, part_cache))
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
