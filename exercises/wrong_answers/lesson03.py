"""Mistakes in lesson 3: broadcasting and sums."""


def sum_over__in_float32(a, axis):
    """3.1: summed in float32"""
    return a.sum(axis=axis)


def unbroadcast__mean_instead_of_sum(dout, shape):
    """3.3: mean instead of sum"""
    added = dout.ndim - len(shape)
    axes = tuple(axis for axis in range(dout.ndim) if axis < added or shape[axis - added] == 1)
    return np.array(dout.mean(axis=axes)).reshape(shape).astype(dout.dtype)


def unbroadcast__only_the_axes_in_front(dout, shape):
    """3.3: gradient not summed"""
    return np.array(dout.sum(axis=tuple(range(dout.ndim - len(shape)))))
