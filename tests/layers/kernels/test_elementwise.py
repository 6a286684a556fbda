"""Operations on every element give what NumPy's own do, however the array lies in memory."""

import numpy as np
import pytest

from layers.kernels import elementwise
from layers.kernels.elementwise import maximum

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


@pytest.mark.parametrize("number", [0, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_larger_of_each_element_and_a_number(view, dtype, number, monkeypatch):
    monkeypatch.setattr(elementwise, "BLOCK_BYTES", 50_000)  # some blocks, and a rest
    x = np.random.default_rng(0).standard_normal((31, 12, 10, 64)).astype(dtype)
    x[0, 0, 0, :3] = np.nan, -np.inf, np.inf
    x = view(x)
    out = maximum(x, number)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, np.maximum(x, number))
