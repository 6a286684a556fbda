"""How layers combine: signatures, names, arguments, caches, and the gradients of branches."""

import inspect
import sys
import weakref

import numpy as np
import pytest

import layers
from layers import Layer, add, chain, residual, trace
from layers import affine, affine_relu, batchnorm, conv, relu, spatial_groupnorm, tanh

SIGNATURES = {
    "affine_relu": "x, w, b",
    "affine_bn_relu": "x, w, b, gamma, beta, bn_param",
    "affine_ln_relu": "x, w, b, gamma, beta, ln_param",
    "conv_relu": "x, w, b, conv_param",
    "conv_bn_relu": "x, w, b, gamma, beta, conv_param, bn_param",
    "conv_relu_pool": "x, w, b, conv_param, pool_param",
    "conv_bn_relu_pool": "x, w, b, gamma, beta, conv_param, bn_param, pool_param",
}


def scale_forward(x, scale):
    """Multiply x by one number: a pair as a user writes it."""
    return x * scale, (x, scale)


def scale_backward(dout, cache):
    x, scale = cache
    return dout * scale, np.sum(dout * x, keepdims=True).reshape(1)


scale = Layer(scale_forward, scale_backward)


def draw(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def arguments(function):
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name, expected", SIGNATURES.items())
def test_the_course_s_composites_have_their_signatures(name, expected):
    forward, backward = getattr(layers, f"{name}_forward"), getattr(layers, f"{name}_backward")
    assert ", ".join(arguments(forward)) == expected
    assert arguments(backward) == ["dout", "cache", "need_dx"]
    assert (forward.__name__, backward.__name__) == (f"{name}_forward", f"{name}_backward")
    assert (forward.__qualname__, backward.__qualname__) == (f"{name}_forward", f"{name}_backward")
    layer = getattr(layers, name)
    assert layer.name == name
    assert (layer.forward, layer.backward) == tuple(layer) == (forward, backward)
    assert repr(layer) == f"{name}({expected})"


def test_help_of_a_composite_shows_the_call_the_gradients_and_the_parts():
    forward, backward = layers.conv_bn_relu
    assert forward.__doc__.startswith("out, cache = conv_bn_relu_forward(x, w, b, gamma, beta, conv_param, bn_param)\n")
    assert backward.__doc__.startswith("dx, dw, db, dgamma, dbeta = conv_bn_relu_backward(dout, cache)\n")
    for doc in (forward.__doc__, backward.__doc__):
        assert "one after the other" in doc
        assert "    conv(x, w, b, conv_param)\n    spatial_batchnorm_relu(x, gamma, beta, bn_param)" in doc
    assert "The sum of what the parts make of the same x" in add(affine, relu).forward.__doc__
    assert "dx = tanh_relu_backward(dout, cache)\n" in chain(tanh, relu).backward.__doc__


@pytest.mark.parametrize(
    "layer, expected",
    [
        (chain(affine_relu, affine), "affine_relu_affine(x, w1, b1, w2, b2)"),
        (chain(chain(affine_relu, affine_relu), affine), "affine_relu_affine_relu_affine(x, w1, b1, w2, b2, w3, b3)"),
        (chain(affine_relu, chain(affine_relu, affine)), "affine_relu_affine_relu_affine(x, w1, b1, w2, b2, w3, b3)"),
        (chain(affine, batchnorm, relu, affine),
         "affine_batchnorm_relu_affine(x, w1, b1, gamma, beta, w2, b2, bn_param)"),
        (chain(conv, conv), "conv_conv(x, w1, b1, w2, b2, conv_param1, conv_param2)"),
        (add(conv, chain(conv, conv), name="branches"),
         "branches(x, w1, b1, w2, b2, w3, b3, conv_param1, conv_param2, conv_param3)"),
        (add(relu, tanh), "relu_plus_tanh(x)"),
        (residual(affine_relu), "residual_affine_relu(x, w, b)"),
        (residual(affine_relu, name="block"), "block(x, w, b)"),
        (chain(residual(affine), residual(affine), name="net"), "net(x, w1, b1, w2, b2)"),
        (chain(conv, spatial_groupnorm, relu, name="net"), "net(x, w, b, gamma, beta, conv_param, G, gn_param)"),
        (chain(spatial_groupnorm, spatial_groupnorm, name="net"),
         "net(x, gamma1, beta1, gamma2, beta2, G1, gn_param1, G2, gn_param2)"),
        (chain(affine, scale, name="net"), "net(x, w, b, scale)"),
    ],
)  # fmt: skip
def test_names_and_numbers_of_arguments(layer, expected):
    assert repr(layer) == expected
    assert repr(layer) == f"{layer.name}({', '.join(arguments(layer.forward))})"


def test_keyword_arguments_in_any_order():
    x, w, b = draw((2, 3), (3, 4), (4,))
    out, _ = affine_relu.forward(x, w, b)
    np.testing.assert_array_equal(affine_relu.forward(x, b=b, w=w)[0], out)
    np.testing.assert_array_equal(affine_relu.forward(b=b, x=x, w=w)[0], out)


@pytest.mark.parametrize(
    "args, kwargs, message",
    [
        ("xw", "", r"missing .*'b'"),
        ("", "", r"missing .*'x'"),
        ("xwbb", "", "too many positional arguments"),
        ("xwb", "w", "multiple values for argument 'w'"),
        ("xw", "bq", "(got an )?unexpected keyword argument 'q'"),
    ],
)
def test_wrong_arguments_are_answered_as_by_a_function(args, kwargs, message):
    values = dict(zip("xwbq", draw((2, 3), (3, 4), (4,), (1,))))
    with pytest.raises(TypeError, match=rf"^affine_relu_forward\(\) {message}.*; it takes \(x, w, b\)$"):
        affine_relu.forward(*(values[name] for name in args), **{name: values[name] for name in kwargs})


def test_a_chain_is_bitwise_the_pairs_written_out():
    x, w, b, gamma, beta, dout = draw((4, 3), (3, 5), (5,), (5,), (5,), (4, 5))
    out, cache = layers.affine_bn_relu_forward(x, w, b, gamma, beta, {"mode": "train"})
    h1, cache1 = layers.affine_forward(x, w, b)
    h2, cache2 = layers.batchnorm_forward(h1, gamma, beta, {"mode": "train"})
    h3, cache3 = layers.relu_forward(h2)
    np.testing.assert_array_equal(out, h3)
    assert isinstance(cache, tuple) and len(cache) == 3
    dh2 = layers.relu_backward(dout, cache3)
    dh1, dgamma, dbeta = layers.batchnorm_backward_alt(dh2, cache2)
    dx, dw, db = layers.affine_backward(dh1, cache1)
    grads = layers.affine_bn_relu_backward(dout, cache)
    assert isinstance(grads, tuple)
    for grad, expected in zip(grads, (dx, dw, db, dgamma, dbeta), strict=True):
        np.testing.assert_array_equal(grad, expected)


def test_a_chain_without_arrays_returns_dx_alone():
    out, cache = chain(tanh, relu).forward(np.ones((2, 2)))
    assert isinstance(chain(tanh, relu).backward(np.ones((2, 2)), cache), np.ndarray)
    out, cache = add(tanh, relu).forward(np.ones((2, 2)))
    assert isinstance(cache, tuple)
    assert isinstance(add(tanh, relu).backward(np.ones((2, 2)), cache), np.ndarray)


def test_where_x_branches_its_gradients_add_up():
    x, w, b, dout = draw((2, 3), (3, 3), (3,), (2, 3))
    layer = add(affine, tanh, relu)
    out, cache = layer.forward(x, w, b)
    np.testing.assert_allclose(out, x @ w + b + np.tanh(x) + np.maximum(x, 0), rtol=1e-14)
    dx, dw, db = layer.backward(dout, cache)
    np.testing.assert_allclose(dx, dout @ w.T + dout * (1 - np.tanh(x) ** 2) + dout * (x > 0), rtol=1e-13)
    np.testing.assert_allclose(dw, x.T @ dout, rtol=1e-14)
    np.testing.assert_allclose(db, dout.sum(axis=0), rtol=1e-14)


def test_residual_adds_the_input_and_the_gradient_that_goes_past():
    x, w, b, dout = draw((2, 3), (3, 3), (3,), (2, 3))
    out, cache = residual(affine).forward(x, w, b)
    np.testing.assert_array_equal(out, x @ w + b + x)
    dx, _, _ = residual(affine).backward(dout, cache)
    np.testing.assert_array_equal(dx, dout @ w.T + dout)


def test_a_projection_is_the_shortcut_of_an_add():
    x, w1, b1, w2, b2, w3, b3, dout = draw((2, 3), (3, 4), (4,), (4, 5), (5,), (3, 5), (5,), (2, 5))
    block = add(chain(affine_relu, affine), affine, name="projected_block")
    out, cache = block.forward(x, w1, b1, w2, b2, w3, b3)
    hidden = np.maximum(x @ w1 + b1, 0)
    np.testing.assert_allclose(out, hidden @ w2 + b2 + x @ w3 + b3, rtol=1e-13)
    dx, dw1, db1, dw2, db2, dw3, db3 = block.backward(dout, cache)
    dhidden = dout @ w2.T * (hidden > 0)
    np.testing.assert_allclose(dx, dhidden @ w1.T + dout @ w3.T, rtol=1e-13)
    np.testing.assert_allclose(dw3, x.T @ dout, rtol=1e-13)
    np.testing.assert_allclose(dw1, x.T @ dhidden, rtol=1e-13)


def test_a_chain_of_an_add_of_a_chain():
    net = chain(affine, add(chain(tanh, affine), relu), affine, name="net")
    x, w1, b1, w2, b2, w3, b3 = values = draw((3, 2), (2, 4), (4,), (4, 4), (4,), (4, 1), (1,))
    out, cache = net.forward(*values)
    hidden = x @ w1 + b1
    np.testing.assert_allclose(out, (np.tanh(hidden) @ w2 + b2 + np.maximum(hidden, 0)) @ w3 + b3, rtol=1e-13)
    assert [type(part) for part in cache] == [tuple, tuple, tuple]
    for check in layers.check_layer(net, x, values[1:]):
        assert check.error <= 1e-7


def test_outputs_of_several_shapes_are_not_broadcast():
    x, w, b = draw((2, 3), (3, 1), (1,))
    message = r"^residual_affine_forward: the parts' outputs must have one shape; they have affine \(2, 1\), "
    with pytest.raises(ValueError, match=message):
        residual(affine).forward(x, w, b)


def test_gradients_of_several_shapes_are_not_broadcast():
    whole, mean = (Layer(lambda x: (x, None), backward) for backward in (lambda d, c: d, lambda d, c: d.mean(0)))
    out, cache = add(whole, mean).forward(np.ones((2, 3)))
    message = r"_backward: the parts' dx must have one shape; they have .*\(2, 3\), .*\(3,\)"
    with pytest.raises(ValueError, match=message):
        add(whole, mean).backward(out, cache)


@pytest.mark.parametrize("join", [chain, add])
def test_what_is_no_layer_is_refused(join):
    with pytest.raises(TypeError, match=rf"^{join.__name__}: expected layers, got .*Layer\(forward, backward\)"):
        join(affine, (layers.relu_forward, layers.relu_backward))
    with pytest.raises(ValueError, match=rf"^{join.__name__}: expected at least one layer, got none$"):
        join()


def test_residual_of_no_layer_is_refused():
    with pytest.raises(TypeError, match="^residual: expected a Layer, got function$"):
        residual(layers.relu_forward)


def test_arrays_come_before_settings():
    def odd_forward(x, odd_param, w):
        return x * w, None

    with pytest.raises(ValueError, match="^Layer: odd_forward takes .*; expected the arrays first, then"):
        Layer(odd_forward, None)


def test_parts_and_what_joined_them():
    both = add(affine, relu)
    net = chain(affine_relu, both)
    assert (net.parts, net.joined_by) == ((affine_relu, both), "chain")
    assert (both.parts, both.joined_by) == ((affine, relu), "add")
    assert (affine_relu.parts, affine_relu.joined_by) == ((affine, relu), "chain")
    assert (affine.parts, affine.joined_by) == ((), None)
    assert (net.arrays, net.settings) == (("w1", "b1", "w2", "b2"), ())
    assert (conv.arrays, conv.settings) == (("w", "b"), ("conv_param",))


def test_split_gives_each_part_its_own_arguments():
    net = chain(conv, spatial_groupnorm, relu, conv)
    args = ("w1", "b1", "gamma", "beta", "w2", "b2", "conv_param1", "G", "gn_param", "conv_param2")
    shares = [("w1", "b1", "conv_param1"), ("gamma", "beta", "G", "gn_param"), (), ("w2", "b2", "conv_param2")]
    assert net.split(args) == shares


def test_trace_shows_the_hand_written_parts_in_the_order_of_execution():
    net = chain(affine_relu, add(chain(tanh, affine), relu), affine)
    values = draw((3, 2), (2, 4), (4,), (4, 4), (4,), (4, 1), (1,))
    steps = list(trace(net, *values))
    assert [part.name for part, _ in steps] == ["affine", "relu", "tanh", "affine", "relu", "affine"]
    assert all(not part.parts for part, _ in steps)
    x, w1, b1, w2, b2, w3, b3 = values
    outs = [out for _, out in steps]
    np.testing.assert_array_equal(outs[0], x @ w1 + b1)
    np.testing.assert_array_equal(outs[2], np.tanh(outs[1]))
    np.testing.assert_array_equal(outs[4], np.maximum(outs[1], 0))
    np.testing.assert_array_equal(outs[5], (outs[3] + outs[4]) @ w3 + b3)
    np.testing.assert_array_equal(outs[5], net.forward(*values)[0])


def test_a_hand_written_pair_joins_a_chain():
    net = chain(affine, scale, relu)
    x, w, b, dout = draw((2, 3), (3, 4), (4,), (2, 4))
    factor = np.array([-1.5])
    out, cache = net.forward(x, w, b, factor)
    np.testing.assert_array_equal(out, np.maximum((x @ w + b) * factor, 0))
    dx, dw, db, dscale = net.backward(dout, cache)
    np.testing.assert_allclose(dscale, [np.sum(dout * (out > 0) * (x @ w + b))], rtol=1e-13)
    np.testing.assert_allclose(dx, (dout * (out > 0) * factor) @ w.T, rtol=1e-13)


def test_a_numbered_name_does_not_meet_a_name_with_a_number():
    """A hand-written w1 beside two affine layers: the names of the arguments stay distinct."""

    def double_forward(x, w1):
        return x * w1, None

    net = chain(Layer(double_forward, lambda dout, cache: dout), affine, affine)
    assert len(set(net.arrays)) == len(net.arrays) == 5


def test_groupnorm_in_a_composite_takes_its_number_of_groups():
    net = chain(conv, spatial_groupnorm, relu)
    x, w, b, gamma, beta, dout = draw((2, 3, 5, 4), (4, 3, 3, 3), (4,), (1, 4, 1, 1), (1, 4, 1, 1), (2, 4, 5, 4))
    conv_param = {"stride": 1, "pad": 1}
    out, cache = net.forward(x, w, b, gamma, beta, conv_param, 2, {})
    h, _ = layers.conv_forward(x, w, b, conv_param)
    h, _ = layers.spatial_groupnorm_forward(h, gamma, beta, 2, {})
    np.testing.assert_array_equal(out, np.maximum(h, 0))
    assert [grad.shape for grad in net.backward(dout, cache)] == [value.shape for value in (x, w, b, gamma, beta)]


def test_a_message_from_inside_a_composite_names_the_part():
    x, w, b = draw((2, 3), (4, 5), (5,))
    with pytest.raises(ValueError, match=r"^affine_forward: w has shape \(4, 5\)"):
        affine_relu.forward(x, w, b)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before Python 3.11 a call holds what it is given")
@pytest.mark.parametrize("held", [False, True], ids=["handed over", "held"])
def test_backward_lets_go_of_what_it_is_done_with_unless_the_caller_holds_it(held):
    kept, alive = [], []

    def copy_forward(x):
        cache = (x.copy(),)
        kept.append(weakref.ref(cache[0]))
        return x, cache

    def copy_backward(dout, cache):
        alive.append([array() is not None for array in kept])
        return dout * cache[0]

    forward, backward = chain(*[Layer(copy_forward, copy_backward)] * 3)
    x = np.array([3.0])
    _, *caches = forward(x)
    if held:
        assert backward(x, caches[0]) == backward(x, caches[0]) == 81
        assert alive == [[True, True, True]] * 6
    else:
        dx = backward(x, caches.pop())
        assert dx == 81 and alive == [[True, True, True], [True, True, False], [True, False, False]]


def test_a_chain_spares_the_dx_of_its_first_part_alone():
    x, w, b, v, c = draw((2, 3), (3, 4), (4,), (4, 5), (5,))
    forward, backward = chain(affine, affine)
    out, cache = forward(x, w, b, v, c)
    nothing, *same = backward(out, cache, need_dx=False)
    assert nothing is None
    for grad, reference in zip(same, backward(out, cache)[1:], strict=True):
        np.testing.assert_array_equal(grad, reference)
