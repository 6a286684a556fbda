"""Mistakes in lesson 1: sensitivity and numerical gradients."""


def _values_around__not_restored_after_an_error(f, x, index, steps):
    """1.2: not restored after an error"""
    old, values = x[index], []
    for step in steps:
        x[index] = old + step
        values.append(np.array(f(x)))
    x[index] = old
    return values


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


def rel_error__mean_of_the_entries(x, y):
    """1.1: mean of the errors"""
    x, y = np.asarray(x), np.asarray(y)
    if x.size == 0:
        return 0.0
    return float(np.mean(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def rel_error__nothing_under_the_fraction(x, y):
    """1.1: not a number"""
    x, y = np.asarray(x), np.asarray(y)
    return float(np.max(np.abs(x - y) / (np.abs(x) + np.abs(y)), initial=0.0))


def rel_error__sign_kept(x, y):
    """1.1: sign of the difference kept"""
    x, y = np.asarray(x), np.asarray(y)
    return float(np.max((x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)), initial=0.0))


def rel_error__absolute(x, y):
    """1.1: absolute error"""
    return float(np.max(np.abs(np.asarray(x) - np.asarray(y)), initial=0.0))


def rel_error__printed(x, y):
    """1.1: returns nothing"""
    print(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)), initial=0.0))


def _values_around__not_copied(f, x, index, steps):
    """1.2: values not copied"""
    old = x[index]
    values = []
    for step in steps:
        x[index] = old + step
        values.append(f(x))
    x[index] = old
    return values


def _values_around__steps_pile_up(f, x, index, steps):
    """1.2: steps pile up"""
    old = x[index]
    values = []
    for step in steps:
        x[index] += step
        values.append(np.array(f(x)))
    x[index] = old
    return values


def _values_around__every_entry(f, x, index, steps):
    """1.2: every entry moved"""
    return [np.array(f(x + np.asarray(step, x.dtype))) for step in steps]


def eval_numerical_gradient__below_minus_above(f, x, verbose=True, h=1e-5):
    """1.3: wrong sign"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = (below - above) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient__always_quiet(f, x, verbose=True, h=1e-5):
    """1.3: verbose not obeyed"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = (above - below) / (2 * h)
    return grad


def eval_numerical_gradient__step_of_its_own(f, x, verbose=True, h=1e-5):
    """1.3: h ignored"""
    h = 1e-4
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array__own_entry_only(f, x, df, h=1e-5):
    """1.4: only the diagonal"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = ((above - below) * df)[index] / (2 * h)
    return grad


def eval_numerical_gradient_array__forward_difference(f, x, df, h=1e-5):
    """1.4: difference from one side"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, here = _values_around(f, x, index, (h, 0))
        grad[index] = np.sum((above - here) * df) / h
    return grad


def eval_numerical_gradient_array__not_divided_by_two(f, x, df, h=1e-5):
    """1.4: constant factor"""
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = np.sum((above - below) * df) / h
    return grad


def grad_check_sparse__returned(f, x, analytic_grad, num_checks=10, h=1e-5):
    """1.5: returns what it should print"""
    index = tuple(np.random.default_rng().integers(x.shape))
    above, below = _values_around(f, x, index, (h, -h))
    numerical, analytic = (above - below) / (2 * h), analytic_grad[index]
    return abs(numerical - analytic) / max(1e-8, abs(numerical) + abs(analytic))


def grad_check_sparse__compared_with_the_numerical_one(f, x, analytic_grad, num_checks=10, h=1e-5):
    """1.5: compared with one side only"""
    rng = np.random.default_rng()
    for _ in range(num_checks):
        index = tuple(int(i) for i in rng.integers(x.shape))
        above, below = _values_around(f, x, index, (h, -h))
        numerical, analytic = (above - below) / (2 * h), analytic_grad[index]
        error = abs(numerical - analytic) / max(1e-8, abs(numerical))
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


def grad_check_sparse__once(f, x, analytic_grad, num_checks=10, h=1e-5):
    """1.5: num_checks ignored"""
    index = tuple(int(i) for i in np.random.default_rng().integers(x.shape))
    above, below = _values_around(f, x, index, (h, -h))
    numerical, analytic = (above - below) / (2 * h), analytic_grad[index]
    error = abs(numerical - analytic) / max(1e-8, abs(numerical) + abs(analytic))
    print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


def grad_check_sparse__sign_kept(f, x, analytic_grad, num_checks=10, h=1e-5):
    """1.5: sign of the difference kept"""
    rng = np.random.default_rng()
    for _ in range(num_checks):
        index = tuple(int(i) for i in rng.integers(x.shape))
        above, below = _values_around(f, x, index, (h, -h))
        numerical, analytic = (above - below) / (2 * h), analytic_grad[index]
        error = (numerical - analytic) / max(1e-8, abs(numerical) + abs(analytic))
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


def _values_around__steps_taken_back(f, x, index, steps):
    """1.2: old value not kept"""
    values = []
    for step in steps:
        x[index] += step
        try:
            values.append(np.array(f(x)))
        finally:
            x[index] -= step
    return values


def eval_numerical_gradient__in_float64(f, x, verbose=True, h=1e-5):
    """1.3: float64 out of float32"""
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array__in_float64(f, x, df, h=1e-5):
    """1.4: float64 out of float32"""
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = _values_around(f, x, index, (h, -h))
        grad[index] = np.sum((above - below) * df) / (2 * h)
    return grad
