"""Winograd's matrices are exact, and the points that they are made of keep the rounding error small."""

import numpy as np
import pytest

from layers import conv_backward, conv_forward
from layers.kernels import winograd
from layers.kernels.planner import forced


@pytest.mark.parametrize("num_filter, num_out", [(3, 4), (4, 3)])
def test_the_matrices_give_a_correlation(num_filter, num_out):
    rng = np.random.default_rng(0)
    A, G, B = winograd._transforms(num_filter, num_out)
    for _ in range(20):
        filter_, data = rng.standard_normal(num_filter), rng.standard_normal(6)
        np.testing.assert_allclose(A.T @ ((G @ filter_) * (B @ data)), np.correlate(data, filter_), rtol=0, atol=1e-13)


def test_the_factors_of_a_point_have_one_size():
    norms = [np.linalg.norm(matrix, axis=1) for matrix in winograd._transforms(3, 4)]
    np.testing.assert_allclose(norms, [norms[0]] * 3)


def relative(result, reference):
    return abs(result - reference).max() / abs(reference).max()


@pytest.mark.parametrize("channels", [16, 64, 128])
def test_float32_is_nearly_as_good_as_the_direct_sum(channels):
    """N2, with room: the textbook's points are three times worse."""
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in ((2, channels, 16, 16), (channels, channels, 3, 3), channels))
    conv_param = {"stride": 1, "pad": 1}
    with forced("im2col"):
        out, cache = conv_forward(x, w, b, conv_param)
        dout = rng.standard_normal(out.shape)
        exact = out, *conv_backward(dout, cache)
    with forced("winograd"):
        out, cache = conv_forward(*(array.astype(np.float32) for array in (x, w, b)), conv_param)
        results = out, *conv_backward(dout.astype(np.float32), cache)
    errors = [relative(result, reference) for result, reference in zip(results, exact)]
    assert max(errors) <= 3e-6, errors
