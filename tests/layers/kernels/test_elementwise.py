"""Operations on every element give what NumPy's own do, however the array lies in memory."""

import numpy as np
import pytest

from layers import gelu, leaky_relu, relu, sigmoid, tanh
from layers.kernels import elementwise
from layers.kernels.elementwise import in_parts, maximum
from layers.kernels.workspace import LEAST_RESULT_BYTES, order_in_memory

from ..in_memory import ORDERS, laid

VIEWS = {
    "as it is": lambda x: x,
    "channels last": lambda x: x.transpose(0, 3, 1, 2),
    "examples last": lambda x: x.transpose(3, 1, 0, 2),
    "backwards": lambda x: x[:, ::-1, :, ::-2],
    "cut": lambda x: x[:, :1, 3:],
    "repeated": lambda x: np.broadcast_to(x[0, 0, 0], x.shape).transpose(3, 1, 0, 2),
    "a row repeated": lambda x: np.broadcast_to(x[0, 0, 0], x.shape),
    "small": lambda x: x[:1, :1],
    "nothing": lambda x: x[:0],
}


def numbers(seed, dtype):
    x = np.random.default_rng(seed).standard_normal((31, 12, 10, 64)).astype(dtype)
    x[0, 0, 0, :4] = np.nan, -np.inf, np.inf, 0
    return x


@pytest.mark.parametrize("number", [0, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_larger_of_each_element_and_a_number(view, dtype, number, number_of_threads, monkeypatch):
    monkeypatch.setattr(elementwise, "BLOCK_BYTES", 50_000)  # some blocks, and a rest
    x = view(numbers(0, dtype))
    out = maximum(x, number)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, np.maximum(x, number))


@pytest.mark.parametrize("view_of_x", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("dtypes", [(np.float32, np.float32), (np.float64, np.float32), (np.float32, np.float64)])
def test_a_function_of_elements_in_parts(view_of_x, dtypes, number_of_threads, monkeypatch):
    monkeypatch.setattr(elementwise, "PART_BYTES", 50_000)  # some parts, and a rest
    x = view_of_x(numbers(0, dtypes[0]))
    for view in (np.array, np.asfortranarray):  # in x's order in memory, and otherwise
        dout = view(np.random.default_rng(1).standard_normal(x.shape).astype(dtypes[1]))
        dx = in_parts(lambda dout, x, out: np.multiply(dout, x > 0, out=out), dout, x)
        assert dx.dtype == np.result_type(*dtypes)
        np.testing.assert_array_equal(dx, dout * (x > 0).astype(dtypes[1]))


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("layer", [relu, leaky_relu, sigmoid, tanh, gelu], ids=lambda layer: layer.name)
def test_an_activation_of_many_images_is_that_of_each(layer, order, number_of_threads):
    settings = ({"negative_slope": 0.1},) if layer is leaky_relu else ()
    x, dout = (laid(values, order) for values in np.random.default_rng(0).standard_normal((2, 5, 3, 70, 71), np.float32))
    assert x[0].nbytes < LEAST_RESULT_BYTES <= x.nbytes
    x[:, 0, :3] = 0
    out, cache = layer.forward(x, *settings)
    kept = cache[0] if layer is leaky_relu else cache
    before, expected = np.array(kept), np.array(out)
    layer.backward(dout, cache)
    out[...] = np.nan  # it may be scribbled on
    dx = layer.backward(dout, cache)
    np.testing.assert_array_equal(kept, before)
    for n in range(len(x)):
        out_of_one, cache = layer.forward(x[n], *settings)
        np.testing.assert_allclose(expected[n], out_of_one, rtol=1e-6)
        np.testing.assert_allclose(dx[n], layer.backward(dout[n], cache), rtol=1e-6, atol=1e-7)
    assert order_in_memory(out) == order_in_memory(kept) == order_in_memory(dx) == order_in_memory(x)


def test_every_part_keeps_to_the_caller_s_errstate(number_of_threads):
    x = np.zeros((8, 64, 64))
    x[-1] = np.inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(in_parts(lambda x, out: np.multiply(x, 0, out=out), x)[-1]).all()
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        in_parts(lambda x, out: np.multiply(x, 0, out=out), x)
