"""Mistakes in lesson 4: affine, relu, and two losses."""


def affine_backward__mean_over_the_batch(dout, cache):
    """4.2: divided by N"""
    x, w, b = cache
    N = len(x)
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T @ dout / N
    db = dout.sum(axis=0) / N
    return dx, dw, db


def affine_backward__no_sum_for_the_bias(dout, cache):
    """4.2: gradient not summed"""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    return dx, x.reshape(len(x), -1).T @ dout, dout


def affine_backward__dx_left_flat(dout, cache):
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
