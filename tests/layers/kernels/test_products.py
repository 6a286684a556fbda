"""Products in pieces are the products, whatever is left over."""

import numpy as np
import pytest

from layers.kernels import products
from layers.kernels.products import long_matmul, piece, sum_of_products

# Rows, (K, N): none, one, few, whole tiles, and a rest of rows, of columns, of both, or of one; nothing to add up.
SHAPES = [(0, (3, 4)), (1, (3, 4)), (7, (9, 9)), (24, (3, 8)), (23, (3, 4)), (24, (5, 7)), (25, (5, 9)), (21, (5, 2))]
SHAPES += [(40, (1, 3)), (40, (70, 3)), (9, (0, 2))]


def in_columns(a):
    return a.swapaxes(-1, -2).copy().swapaxes(-1, -2)


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    small = {"MOST_OPERATIONS": 60, "STRIP_BYTES": 32, "ROWS_AT_A_TIME": 2, "LEAST_ROWS": 8}
    for name, value in (small | {"LEAST_ROWS_OF_A_SUM": 1}).items():
        monkeypatch.setattr(products, name, value)


@pytest.mark.parametrize("most_bytes", [1, 1 << 20], ids=["one by one", "together"])
@pytest.mark.parametrize("M, shape", SHAPES)
@pytest.mark.parametrize("lie", [np.copy, in_columns], ids=["rows", "columns"])
def test_products_in_tiles_are_the_products(M, shape, lie, most_bytes, monkeypatch):
    monkeypatch.setattr(products, "MOST_BYTES", most_bytes)
    rng, (K, N) = np.random.default_rng(0), shape
    a, b = lie(rng.standard_normal((3, M, K))), lie(rng.standard_normal((K, N)))
    out = lie(np.full((3, M, N), np.nan))
    long_matmul(a, b, out=out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-13, atol=1e-13)
    c = lie(rng.standard_normal((3, M, N)))
    expected = np.einsum("imk,imn->kn", a, c)
    np.testing.assert_allclose(sum_of_products(a, c), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n, M", [(1, 3), (1, 25), (3, 3), (2, 25)])
def test_sums_belong_to_the_caller(n, M):
    a, b = np.ones((n, M, 5), np.float32), np.ones((n, M, 4), np.float32)
    first = sum_of_products(a, b)
    sum_of_products(2 * a, b)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, n * M)


@pytest.mark.parametrize("n, M", [(262_144, 1), (1, 524_288), (3, 200_000)])
def test_sums_of_very_many_products_lose_few_digits_in_float32(n, M, monkeypatch):
    """Promise N2: numbers that are all alike, added up one after the other, are up to 3e-3 off."""
    monkeypatch.undo()
    a, b = np.full((n, M, 1), 0.1, np.float32), np.full((n, M, 2), 0.1, np.float32)
    np.testing.assert_allclose(sum_of_products(a, b), n * M * np.float64(np.float32(0.1)) ** 2, rtol=3e-5)


def test_pieces_are_small_alike_and_at_most_one_is_a_rest():
    for M in range(8, 200):
        size, most = piece(M, 3, 4), 4
        if M <= 5:
            assert size == M
        else:
            assert 0 < size <= most and 0 <= -M % size < -(-M // size)
            assert -(-M // size) == -(-M // most)  # as few as can be


@pytest.mark.parametrize("M, K, N", [(1000, 31, 1), (1000, 61, 1), (7, 3, 4)])
def test_what_is_not_cut(M, K, N):
    assert piece(M, K, N) is None


@pytest.mark.parametrize("M, K, N", [(0, 3, 4), (5, 3, 4), (60, 1, 1)])
def test_what_is_one_piece(M, K, N):
    assert piece(M, K, N) == M
