"""Mistakes in lesson 4: affine, relu, and two losses."""


def affine_backward__mean_over_the_batch(dout, cache, need_dx=True):
    """4.2: divided by N"""
    x, w, b = cache
    N = len(x)
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T @ dout / N
    db = dout.sum(axis=0) / N
    return dx, dw, db


def affine_backward__no_sum_for_the_bias(dout, cache, need_dx=True):
    """4.2: gradient not summed"""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    return dx, x.reshape(len(x), -1).T @ dout, dout


def affine_backward__dx_left_flat(dout, cache, need_dx=True):
    """4.2: not in the input's shape"""
    x, w, b = cache
    return dout @ w.T, x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def relu_backward__mask_of_the_wrong_sign(dout, cache):
    """4.4: mask of the wrong sign"""
    return dout * (cache < 0)


def softmax_loss__sum_instead_of_mean(x, y):
    """4.5: not divided by N"""
    rows = np.arange(len(x))
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(np.maximum(p[rows, y], 1e-300)).sum()
    dx = p.copy()
    dx[rows, y] -= 1
    return float(loss), dx


def affine_forward__images_refused(x, w, b):
    """4.1: examples not flattened"""
    return x @ w + b, (x, w, b)


def affine_forward__no_bias(x, w, b):
    """4.1: bias forgotten"""
    return x.reshape(len(x), -1) @ w, (x, w, b)


def affine_forward__flat_x_in_the_cache(x, w, b):
    """4.1: wrong cache"""
    x = x.reshape(len(x), -1)
    return x @ w + b, (x, w, b)


def affine_forward__columns_first(x, w, b):
    """4.1: examples mixed"""
    return x.reshape(-1, len(x)).T @ w + b, (x, w, b)


def affine_forward__no_cache(x, w, b):
    """4.1: wrong number of results"""
    return x.reshape(len(x), -1) @ w + b


def affine_backward__dw_turned_round(dout, cache, need_dx=True):
    """4.2: transposed"""
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), dout.T @ x.reshape(len(x), -1), dout.sum(axis=0)


def affine_backward__bias_summed_over_the_outputs(dout, cache, need_dx=True):
    """4.2: sum over the wrong axis"""
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=1)


def affine_backward__dw_first(dout, cache, need_dx=True):
    """4.2: results swapped"""
    x, w, b = cache
    return x.reshape(len(x), -1).T @ dout, (dout @ w.T).reshape(x.shape), dout.sum(axis=0)


def affine_backward__mean_for_the_bias(dout, cache, need_dx=True):
    """4.2: divided by N"""
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.mean(axis=0)


def relu_forward__mask(x):
    """4.3: mask in place of numbers"""
    return x > 0, x


def relu_forward__in_place(x):
    """4.3: input overwritten"""
    x[x < 0] = 0
    return x, x


def relu_forward__along_an_axis(x):
    """4.3: maximum along an axis"""
    return np.max(x, 0), x


def relu_forward__mask_in_the_cache(x):
    """4.3: wrong cache"""
    return np.maximum(x, 0), x < 0


def relu_backward__passes_at_zero(dout, cache):
    """4.4: ties"""
    return dout * (cache >= 0)


def relu_backward__mask_alone(dout, cache):
    """4.4: upstream gradient forgotten"""
    return (cache > 0).astype(cache.dtype)


def relu_backward__of_dout(dout, cache):
    """4.4: masked by dout"""
    return np.maximum(dout, 0)


def relu_backward__in_place(dout, cache):
    """4.4: input overwritten"""
    dout[cache <= 0] = 0
    return dout


def softmax_loss__no_shift(x, y):
    """4.5: not a number"""
    rows = np.arange(len(x))
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    loss = -np.log(p[rows, y]).mean()
    p[rows, y] -= 1
    return float(loss), p / len(x)


def softmax_loss__gradient_not_divided(x, y):
    """4.5: not divided by N"""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    totals = np.exp(shifted).sum(axis=1, keepdims=True)
    dx = np.exp(shifted) / totals
    dx[rows, y] -= 1
    return float((np.log(totals[:, 0]) - shifted[rows, y]).mean()), dx


def softmax_loss__over_the_minibatch(x, y):
    """4.5: normalised over the wrong axis"""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=0, keepdims=True)
    totals = np.exp(shifted).sum(axis=0, keepdims=True)
    dx = np.exp(shifted) / totals
    dx[rows, y] -= 1
    return float((np.log(totals) - shifted)[rows, y].mean()), dx / len(x)


def softmax_loss__probabilities_as_gradient(x, y):
    """4.5: right class forgotten"""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    totals = np.exp(shifted).sum(axis=1, keepdims=True)
    return float((np.log(totals[:, 0]) - shifted[rows, y]).mean()), np.exp(shifted) / totals / len(x)


def softmax_loss__all_rows(x, y):
    """4.5: every row with every label"""
    shifted = x - x.max(axis=1, keepdims=True)
    totals = np.exp(shifted).sum(axis=1, keepdims=True)
    dx = np.exp(shifted) / totals
    dx[:, y] -= 1
    return float((np.log(totals) - shifted)[:, y].mean()), dx / len(x)


def softmax_loss__no_minus(x, y):
    """4.5: wrong sign"""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    totals = np.exp(shifted).sum(axis=1, keepdims=True)
    dx = np.exp(shifted) / totals
    dx[rows, y] -= 1
    return float((shifted[rows, y] - np.log(totals[:, 0])).mean()), dx / len(x)


def svm_loss__right_class_counted(x, y):
    """4.6: right class counted"""
    rows = np.arange(len(x))
    margins = np.maximum(x - x[rows, y][:, np.newaxis] + 1, 0)
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] -= dx.sum(axis=1)
    return float(margins.sum() / len(x)), dx / len(x)


def svm_loss__right_class_pushed_once(x, y):
    """4.6: right class pushed once"""
    rows = np.arange(len(x))
    margins = np.maximum(x - x[rows, y][:, np.newaxis] + 1, 0)
    margins[rows, y] = 0
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -1
    return float(margins.sum() / len(x)), dx / len(x)


def svm_loss__no_margin(x, y):
    """4.6: margin forgotten"""
    rows = np.arange(len(x))
    margins = np.maximum(x - x[rows, y][:, np.newaxis], 0)
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    return float(margins.sum() / len(x)), dx / len(x)


def svm_loss__sum_instead_of_mean(x, y):
    """4.6: not divided by N"""
    rows = np.arange(len(x))
    margins = np.maximum(x - x[rows, y][:, np.newaxis] + 1, 0)
    margins[rows, y] = 0
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    return float(margins.sum()), dx


def svm_loss__margins_as_gradient(x, y):
    """4.6: margin in place of its slope"""
    rows = np.arange(len(x))
    margins = np.maximum(x - x[rows, y][:, np.newaxis] + 1, 0)
    margins[rows, y] = 0
    dx = margins.copy()
    dx[rows, y] = -dx.sum(axis=1)
    return float(margins.sum() / len(x)), dx / len(x)


def softmax_loss__small_number_in_the_log(x, y):
    """4.5: small number in the log"""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    dx = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    loss = -np.log(dx[rows, y] + 1e-12).mean()
    dx[rows, y] -= 1
    return float(loss), dx / len(x)


def softmax_loss__shift_by_the_largest_of_all(x, y):
    """4.5: not a number"""
    rows = np.arange(len(x))
    shifted = x - x.max()
    totals = np.exp(shifted).sum(axis=1, keepdims=True)
    dx = np.exp(shifted) / totals
    dx[rows, y] -= 1
    return float((np.log(totals[:, 0]) - shifted[rows, y]).mean()), dx / len(x)
