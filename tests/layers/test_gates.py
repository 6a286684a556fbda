"""The notes' circuits, and what becomes of a gradient where a value was broadcast."""

import itertools

import numpy as np
import pytest

from layers import Layer, affine_backward, affine_forward, sigmoid_backward, sigmoid_forward, unbroadcast
from layers import add_gate, add_gate_backward, add_gate_forward
from layers import max_gate, max_gate_backward, max_gate_forward
from layers import multiply_gate, multiply_gate_backward, multiply_gate_forward

GATES = {"add": add_gate, "multiply": multiply_gate, "max": max_gate}
every_gate = pytest.mark.parametrize("gate", GATES.values(), ids=GATES)

SHAPES = [shape for ndim in range(4) for shape in itertools.product((0, 1, 2, 3), repeat=ndim)]


def broadcasts_to(shape, full):
    try:
        np.broadcast_to(np.empty(shape), full)
    except ValueError:
        return False
    return True


def test_the_circuit_of_the_notes():
    """f = (x + y) z at x = -2, y = 5, z = -4."""
    q, add_cache = add_gate_forward(-2, 5)
    f, multiply_cache = multiply_gate_forward(q, -4)
    dq, dz = multiply_gate_backward(1.0, multiply_cache)
    dx, dy = add_gate_backward(dq, add_cache)
    assert (q, f) == (3, -12)
    assert (dq, dx, dy, dz) == (-4, -4, -4, 3)


def test_the_gates_of_the_notes_one_by_one():
    """x = 3, y = -4 in the notes' patterns: add distributes, max routes, multiply swaps."""
    grads = {name: gate.backward(2.0, gate.forward(3.0, -4.0)[1]) for name, gate in GATES.items()}
    assert grads == {"add": (2, 2), "max": (2, 0), "multiply": (-8, 6)}
    _, cache = max_gate_forward(-4.0, 3.0)
    assert max_gate_backward(2.0, cache) == (0, 2)


def test_at_a_tie_each_side_of_the_max_gate_gets_the_gradient():
    """The notes write 1[x >= y] and 1[y >= x]."""
    out, cache = max_gate_forward(np.array([1.0, 2.0, 2.0]), np.array([2.0, 2.0, 1.0]))
    dx, dy = max_gate_backward(np.array([3.0, 5.0, 7.0]), cache)
    assert out.tolist() == [2, 2, 2]
    assert dx.tolist() == [0, 5, 7]
    assert dy.tolist() == [3, 5, 0]


def test_gates_make_the_sigmoid_neuron_of_the_notes():
    """w = (2, -3, -3), x = (-1, -2): the dot product by gates, then the sigmoid."""
    w0, x0, w1, x1, w2 = 2.0, -1.0, -3.0, -2.0, -3.0
    m0, cache0 = multiply_gate_forward(w0, x0)
    m1, cache1 = multiply_gate_forward(w1, x1)
    s01, cache2 = add_gate_forward(m0, m1)
    dot, cache3 = add_gate_forward(s01, w2)
    out, cache4 = sigmoid_forward(dot)
    ddot = sigmoid_backward(np.array(1.0), cache4)
    ds01, dw2 = add_gate_backward(ddot, cache3)
    dm0, dm1 = add_gate_backward(ds01, cache2)
    dw1, dx1 = multiply_gate_backward(dm1, cache1)
    dw0, dx0 = multiply_gate_backward(dm0, cache0)
    assert [round(float(v), 2) for v in (out, dw0, dx0, dw1, dx1, dw2)] == [0.73, -0.2, 0.39, -0.39, -0.59, 0.2]


def test_gates_make_the_sigmoid_layer():
    """1 / (1 + exp(-x)) by a multiply gate, an add gate and two hand-written gates is the grouped sigmoid."""
    x, dout = np.random.default_rng(0).standard_normal((2, 4, 3))
    negated, cache1 = multiply_gate_forward(x, -1.0)
    powered = np.exp(negated)
    added, cache2 = add_gate_forward(powered, 1.0)
    dadded = -dout / added**2
    dpowered, _ = add_gate_backward(dadded, cache2)
    dx, _ = multiply_gate_backward(dpowered * powered, cache1)
    out, cache = sigmoid_forward(x)
    np.testing.assert_allclose(1 / added, out, rtol=1e-14)
    np.testing.assert_allclose(dx, sigmoid_backward(dout, cache), rtol=1e-13)


def test_data_a_thousand_times_larger_give_weights_a_thousandfold_gradient():
    rng = np.random.default_rng(0)
    x, w, b, dout = (rng.standard_normal(shape) for shape in ((5, 3), (3, 2), 2, (5, 2)))
    _, dw, _ = affine_backward(dout, affine_forward(x, w, b)[1])
    _, dw_large, _ = affine_backward(dout, affine_forward(1000 * x, w, b)[1])
    np.testing.assert_allclose(dw_large, 1000 * dw, rtol=1e-12)
    _, dy = multiply_gate_backward(1.0, multiply_gate_forward(1000 * 3.0, -4.0)[1])
    assert dy == 3000


def test_unbroadcast_sums_over_every_place_that_a_number_was_used():
    """Over all pairs of shapes of up to three axes of 0 to 3: each number's gradients, added up one by one."""
    rng = np.random.default_rng(0)
    accepted = 0
    for shape, full in itertools.product(SHAPES, SHAPES):
        dout = rng.standard_normal(full)
        if not broadcasts_to(shape, full):
            with pytest.raises(ValueError, match="^unbroadcast: an operand of shape .* does not broadcast to dout"):
                unbroadcast(dout, shape)
            continue
        numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)
        places = np.broadcast_to(numbers, full)
        expected = np.bincount(places.ravel(), dout.ravel(), numbers.size).reshape(shape)
        dx = unbroadcast(dout, shape)
        assert dx.shape == shape
        np.testing.assert_allclose(dx, expected, rtol=1e-13, atol=1e-13)
        assert not np.shares_memory(dx, dout)
        accepted += 1
    assert accepted > 300


def test_unbroadcast_keeps_float32_and_takes_a_list_as_shape():
    dx = unbroadcast(np.ones((4, 2), np.float32), [1, 2])
    assert (dx.dtype, dx.tolist()) == (np.float32, [[4, 4]])


@pytest.mark.parametrize(
    "gate, out, dx, dy",
    [
        (add_gate, lambda x, y: x + y, lambda x, y: 1.0 + 0 * (x + y), lambda x, y: 1.0 + 0 * (x + y)),
        (multiply_gate, lambda x, y: x * y, lambda x, y: y + 0 * x, lambda x, y: x + 0 * y),
        (max_gate, np.maximum, lambda x, y: 1.0 * (x > y), lambda x, y: 1.0 * (y > x)),
    ],
    ids=GATES,
)
def test_gates_broadcast_and_sum_back(gate, out, dx, dy):
    """Over all pairs of shapes that broadcast; the local gradients are written out, the sums are unbroadcast's."""
    rng = np.random.default_rng(0)
    shapes = [shape for shape in SHAPES if len(shape) < 3]
    for x_shape, y_shape in itertools.product(shapes, shapes):
        x, y = rng.standard_normal(x_shape), rng.standard_normal(y_shape)
        try:
            full = np.broadcast_shapes(x_shape, y_shape)
        except ValueError:
            with pytest.raises(ValueError, match=rf"^{gate.name}_forward: x of shape .* and y of shape .* do not"):
                gate.forward(x, y)
            continue
        result, cache = gate.forward(x, y)
        assert isinstance(result, np.ndarray) and result.shape == full
        np.testing.assert_array_equal(result, out(x, y))
        dout = rng.standard_normal(full)
        grads = gate.backward(dout, cache)
        np.testing.assert_array_equal(grads[0], unbroadcast(np.asarray(dout * dx(x, y)), x_shape))
        np.testing.assert_array_equal(grads[1], unbroadcast(np.asarray(dout * dy(x, y)), y_shape))


@every_gate
def test_plain_numbers_are_numbers(gate):
    out, cache = gate.forward(3, 2.5)
    assert (out.shape, out.dtype) == ((), np.float64)
    dx, dy = gate.backward(2, cache)
    assert (dx.shape, dx.dtype, dy.shape, dy.dtype) == ((), np.float64, (), np.float64)


@every_gate
def test_a_plain_number_takes_the_type_of_its_partner(gate):
    x = np.array([1.0, 2.0], np.float32)
    for operands in ((x, 0.1), (0.1, x), (x, 3)):
        out, cache = gate.forward(*operands)
        grads = gate.backward(np.ones(2, np.float32), cache)
        assert {value.dtype for value in (out, *grads)} == {np.dtype(np.float32)}


@every_gate
@pytest.mark.parametrize("wrong", [True, "1", None, 1j, [1.0], np.int64(1)], ids=repr)
def test_what_is_no_number_is_refused(gate, wrong):
    with pytest.raises(TypeError, match=f"^{gate.name}_forward: y must be"):
        gate.forward(np.ones(2), wrong)
    with pytest.raises(TypeError, match=f"^{gate.name}_backward: dout must be"):
        gate.backward(wrong, gate.forward(1.0, 2.0)[1])


@every_gate
def test_a_plain_number_is_no_gradient_of_an_array(gate):
    _, cache = gate.forward(np.ones(2), 1.0)
    with pytest.raises(ValueError, match=rf"^{gate.name}_backward: dout has shape \(\); expected \(2,\)$"):
        gate.backward(1.0, cache)


def test_the_gates_are_layers():
    for gate in GATES.values():
        assert isinstance(gate, Layer)
        assert (gate.arrays, gate.settings) == (("y",), ())
