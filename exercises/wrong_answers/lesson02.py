"""Mistakes in lesson 2: gates and the circuit."""


def multiply_gate_backward__not_swapped(dout, cache):
    """2.4: inputs not swapped"""
    x, y = cache
    dout = _upstream("multiply_gate_backward", dout, np.broadcast_shapes(x.shape, y.shape))
    return unbroadcast(dout * x, x.shape), unbroadcast(dout * y, y.shape)


def multiply_gate_backward__no_unbroadcast(dout, cache):
    """2.4: gradient not summed"""
    x, y = cache
    return dout * y, dout * x


def max_gate_backward__nothing_at_a_tie(dout, cache):
    """2.6: ties"""
    x, y = cache
    dout = _upstream("max_gate_backward", dout, np.broadcast_shapes(x.shape, y.shape))
    return unbroadcast(dout * (x > y), x.shape), unbroadcast(dout * (y > x), y.shape)


def add_gate_forward__arrays_in_the_cache(x, y):
    """2.1: wrong cache"""
    x, y = _operands("add_gate_forward", x, y)
    out = np.asarray(x + y)
    return out, (x, y, out)


def add_gate_forward__integers(x, y):
    """2.1: mask in place of numbers"""
    x, y = np.asarray(x), np.asarray(y)
    out = np.asarray(x + y)
    return out, (x.shape, y.shape, out.shape)


def add_gate_forward__cache_first(x, y):
    """2.1: out and cache swapped"""
    x, y = _operands("add_gate_forward", x, y)
    out = np.asarray(x + y)
    return (x.shape, y.shape, out.shape), out


def add_gate_backward__no_unbroadcast(dout, cache):
    """2.2: gradient not summed"""
    return dout, dout


def add_gate_backward__half_for_each(dout, cache):
    """2.2: gradient split"""
    x_shape, y_shape, out_shape = cache
    return unbroadcast(dout / 2, x_shape), unbroadcast(dout / 2, y_shape)


def add_gate_backward__one_gradient(dout, cache):
    """2.2: wrong number of results"""
    x_shape, y_shape, out_shape = cache
    return unbroadcast(dout, x_shape)


def multiply_gate_forward__cache_turned_round(x, y):
    """2.3: wrong cache"""
    x, y = _operands("multiply_gate_forward", x, y)
    return np.asarray(x * y), (y, x)


def multiply_gate_forward__shapes_in_the_cache(x, y):
    """2.3: wrong cache"""
    x, y = _operands("multiply_gate_forward", x, y)
    return np.asarray(x * y), (x.shape, y.shape)


def multiply_gate_forward__matrix_product(x, y):
    """2.3: matrix product"""
    x, y = _operands("multiply_gate_forward", x, y)
    return np.asarray(x @ y), (x, y)


def multiply_gate_backward__local_gradients(dout, cache):
    """2.4: upstream gradient forgotten"""
    x, y = cache
    ones = np.ones_like(dout)
    return unbroadcast(ones * y, x.shape), unbroadcast(ones * x, y.shape)


def max_gate_forward__along_an_axis(x, y):
    """2.5: maximum along an axis"""
    x, y = _operands("max_gate_forward", x, y)
    return np.max(x, y), (x, y)


def max_gate_forward__mask(x, y):
    """2.5: mask in place of numbers"""
    x, y = _operands("max_gate_forward", x, y)
    return np.asarray(x > y), (x, y)


def max_gate_forward__minimum(x, y):
    """2.5: the smaller in place of the larger"""
    x, y = _operands("max_gate_forward", x, y)
    return np.asarray(np.minimum(x, y)), (x, y)


def max_gate_forward__output_in_the_cache(x, y):
    """2.5: wrong cache"""
    x, y = _operands("max_gate_forward", x, y)
    out = np.asarray(np.maximum(x, y))
    return out, (out, y)


def max_gate_backward__to_the_smaller(dout, cache):
    """2.6: mask of the wrong sign"""
    x, y = cache
    return unbroadcast(dout * (x <= y), x.shape), unbroadcast(dout * (y <= x), y.shape)


def max_gate_backward__tie_to_the_first(dout, cache):
    """2.6: ties"""
    x, y = cache
    return unbroadcast(dout * (x >= y), x.shape), unbroadcast(dout * (y > x), y.shape)


def max_gate_backward__mask_alone(dout, cache):
    """2.6: upstream gradient forgotten"""
    x, y = cache
    return unbroadcast((x >= y).astype(dout.dtype), x.shape), unbroadcast((y >= x).astype(dout.dtype), y.shape)
