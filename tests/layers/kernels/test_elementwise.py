"""Operations on every element give what NumPy's own do, however the array lies in memory."""

import numpy as np
import pytest

from layers.kernels import elementwise
from layers.kernels.elementwise import in_parts, maximum

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
def test_a_function_of_elements_in_parts(view_of_x, dtypes, number_of_threads):
    x = view_of_x(numbers(0, dtypes[0]))
    for view in (np.array, np.asfortranarray):  # in x's order in memory, and otherwise
        dout = view(np.random.default_rng(1).standard_normal(x.shape).astype(dtypes[1]))
        dx = in_parts(lambda dout, x, out: np.multiply(dout, x > 0, out=out), dout, x)
        assert dx.dtype == dtypes[1]
        np.testing.assert_array_equal(dx, dout * (x > 0).astype(dtypes[1]))
