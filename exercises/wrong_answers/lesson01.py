"""Mistakes in lesson 1: sensitivity and numerical gradients."""


def rel_error__divided_by_one_side(x, y):
    """1.1: compared with one side only"""
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x)), initial=0.0))


def _values_around__nothing_restored(f, x, index, steps):
    """1.2: input overwritten"""
    old = x[index]
    values = []
    for step in steps:
        x[index] = old + step
        values.append(np.array(f(x)))
    return values


def eval_numerical_gradient__forward_difference(f, x, verbose=True, h=1e-5):
    """1.3: difference from one side"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, here = _values_around(f, x, index, (h, 0))
        grad[index] = (above - here) / h
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient__not_divided_by_two_h(f, x, verbose=True, h=1e-5):
    """1.3: constant factor"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = (above - below) / h
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array__without_upstream(f, x, df, h=1e-5):
    """1.4: upstream gradient forgotten"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = np.sum(above - below) / (2 * h)
    return grad
