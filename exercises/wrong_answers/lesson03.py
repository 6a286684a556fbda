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


def sum_over__float64_left(a, axis):
    """3.1: float64 out of float32"""
    return np.asarray(np.sum(a, axis=axis, dtype=np.float64))


def sum_over__axes_kept(a, axis):
    """3.1: axes not kept"""
    return np.sum(a, axis=axis, dtype=np.float64, keepdims=True).astype(a.dtype)


def sum_over__mean(a, axis):
    """3.1: mean instead of sum"""
    return np.asarray(np.mean(a, axis=axis, dtype=np.float64)).astype(a.dtype)


def sum_over__of_everything(a, axis):
    """3.1: axis ignored"""
    return np.asarray(np.sum(a, dtype=np.float64)).astype(a.dtype)


def mean_over__axes_lost(a, axis):
    """3.2: axes not kept"""
    return np.asarray(np.mean(a, axis=axis, dtype=np.float64)).astype(a.dtype)


def mean_over__in_float32(a, axis):
    """3.2: summed in float32"""
    return np.mean(a, axis=axis, keepdims=True)


def mean_over__sum(a, axis):
    """3.2: sum instead of mean"""
    return np.sum(a, axis=axis, dtype=np.float64, keepdims=True).astype(a.dtype)


def mean_over__float64_left(a, axis):
    """3.2: float64 out of float32"""
    return np.mean(a, axis=axis, dtype=np.float64, keepdims=True)


def unbroadcast__axes_of_size_one_lost(dout, shape):
    """3.3: axes not kept"""
    added = dout.ndim - len(shape)
    axes = tuple(axis for axis in range(dout.ndim) if axis < added or shape[axis - added] == 1)
    return np.array(sum_over(dout, axes))


def unbroadcast__only_the_axes_of_size_one(dout, shape):
    """3.3: gradient not summed"""
    added = dout.ndim - len(shape)
    axes = tuple(added + axis for axis, size in enumerate(shape) if size == 1)
    return np.array(dout.sum(axis=axes, keepdims=True))


def unbroadcast__first_of_many(dout, shape):
    """3.3: ways not added up"""
    added = dout.ndim - len(shape)
    return np.array(dout[(0,) * added + tuple(slice(None, 1) if size == 1 else slice(None) for size in shape)])


def unbroadcast__dout_itself(dout, shape):
    """3.3: upstream gradient not copied"""
    added = dout.ndim - len(shape)
    axes = tuple(axis for axis in range(dout.ndim) if axis < added or shape[axis - added] != dout.shape[axis])
    return (sum_over(dout, axes) if axes else dout).reshape(shape)
