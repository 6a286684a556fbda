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
