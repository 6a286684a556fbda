"""Products in pieces are the products, whatever is left over."""

import numpy as np
import pytest

from layers.kernels import products
from layers.kernels.products import long_matmul, piece, sum_of_products

# Rows, (K, N): none, one, whole pieces, a rest, a rest of one row; and shapes that are not cut.
SHAPES = [(0, (3, 4)), (1, (3, 4)), (20, (3, 4)), (23, (3, 4)), (21, (5, 2)), (7, (9, 9)), (40, (1, 3)), (9, (0, 2))]


def in_columns(a):
    return a.swapaxes(-1, -2).copy().swapaxes(-1, -2)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    for name, value in {"MOST_OPERATIONS": 60, "LEAST_ROWS": 2, "MOST_COLUMNS": 4}.items():
        monkeypatch.setattr(products, name, value)


@pytest.mark.parametrize("M, shape", SHAPES)
@pytest.mark.parametrize("lie", [np.copy, in_columns], ids=["rows", "columns"])
def test_products_in_pieces_are_the_products(M, shape, lie):
    rng, (K, N) = np.random.default_rng(0), shape
    a, b = lie(rng.standard_normal((3, M, K))), lie(rng.standard_normal((K, N)))
    out = lie(np.full((3, M, N), np.nan))
    long_matmul(a, b, out=out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-13, atol=1e-13)
    c = lie(rng.standard_normal((3, M, N)))
    expected = np.einsum("imk,imn->kn", a, c)
    np.testing.assert_allclose(sum_of_products(a, c), expected, rtol=1e-12, atol=1e-12)


def test_pieces_are_small_alike_and_at_most_one_is_a_rest():
    for M in range(1, 200):
        size = piece(M, 3, 4)
        if M <= 5:
            assert size is None
        else:
            assert size * 3 * 4 <= 60 and 0 <= -M % size < -(-M // size)  # as few as can be


@pytest.mark.parametrize("K, N", [(3, 5), (31, 1), (61, 1)])
def test_what_is_not_cut(K, N):
    assert piece(1000, K, N) is None
