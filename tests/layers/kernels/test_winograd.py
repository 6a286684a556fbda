"""Winograd's matrices are exact, and the points that they are made of keep the rounding error small."""

import numpy as np
import pytest

from layers import conv_backward, conv_forward
from layers.kernels import winograd
from layers.kernels.planner import forced


@pytest.mark.parametrize("num_filter, num_out", [(3, 4), (4, 3)])
def test_the_matrices_give_a_correlation(num_filter, num_out):
    rng = np.random.default_rng(0)
    A, G, B = winograd.transforms(winograd.POINTS, num_filter, num_out)
    for _ in range(20):
        filter_, data = rng.standard_normal(num_filter), rng.standard_normal(6)
        np.testing.assert_allclose(A.T @ ((G @ filter_) * (B @ data)), np.correlate(data, filter_), rtol=0, atol=1e-13)


def test_the_factors_of_a_point_have_one_size():
    norms = [np.linalg.norm(matrix, axis=1) for matrix in winograd.transforms(winograd.POINTS, 3, 4)]
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


@pytest.mark.parametrize("pad", [0, 1, 2])
@pytest.mark.parametrize("size", [(6, 10), (7, 5)])
@pytest.mark.parametrize("poison", [0, np.nan, np.inf])
@pytest.mark.parametrize("few_tiles", [0, winograd.FEW_TILES], ids=["images shared", "points shared"])
def test_the_blocks_are_independent(monkeypatch, few_tiles, pad, size, poison, number_of_threads):
    """Five images in blocks of two, the last of one; a NaN in the first block, whose memory the second uses again."""
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape) for shape in ((5, 3, *size), (4, 3, 3, 3), 4))
    x[1, 1, 0, 0] += poison
    monkeypatch.setattr(winograd, "FEW_TILES", few_tiles)
    tiles = np.prod([-(-(length + 2 * pad - 2) // winograd.OUT) for length in size])
    monkeypatch.setattr(winograd, "BLOCK_BYTES", 2 * tiles * winograd.TILE**2 * 4 * x.itemsize)
    with np.errstate(invalid="ignore"):
        for name in ("im2col", "winograd"):
            with forced(name):
                out, cache = conv_forward(x, w, b, {"stride": 1, "pad": pad})
                results = out, *conv_backward(np.cos(np.arange(out.size)).reshape(out.shape), cache)
            if name == "im2col":
                expected = results
    for result, reference in zip(results, expected):
        np.testing.assert_allclose(result, reference, rtol=0, atol=1e-12)


@pytest.mark.parametrize("C, F, grid", [(16, 16, (8, 8)), (64, 64, (8, 8)), (64, 128, (4, 4)), (512, 512, (2, 2))])
def test_blocks_cover_all_images_once(C, F, grid):
    for count in (0, 1, 7, 64):
        groups = winograd._blocks_alike(3, 3 + count, grid, C, F, np.dtype(np.float32))
        found = [(n, list(range(block.start, block.stop))) for n, alike in groups for block in alike]
        assert [image for _, images in found for image in images] == list(range(3, 3 + count))
        assert all(len(images) == n for n, images in found)
