import numpy as np
import pytest

from benchmarks import course_im2col
from layers import conv


SIZES = [((5, 7), (3, 2), 1, 0), ((8, 6), (3, 3), 2, 1), ((4, 4), (1, 1), 3, 2)]


@pytest.mark.parametrize("size, window, stride, pad", SIZES)
def test_it_computes_what_our_convolution_does(size, window, stride, pad):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in ((3, 2, *size), (4, 2, *window), 4))
    args = (x, w, b, {"stride": stride, "pad": pad})
    out, cache = course_im2col.forward(*args)
    expected, our_cache = conv.forward(*args)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    dout = rng.standard_normal(out.shape)
    for ours, theirs in zip(conv.backward(dout, our_cache), course_im2col.backward(dout, cache), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-12)


def test_the_columns_are_in_the_cache():
    args = (np.ones((2, 3, 5, 5), np.float32), np.ones((4, 3, 3, 3), np.float32), np.ones(4, np.float32))
    out, (*_, columns) = course_im2col.forward(*args, {"stride": 1, "pad": 1})
    assert columns.shape == (3 * 3 * 3, 5 * 5 * 2)
    assert columns.dtype == out.dtype == np.float32
