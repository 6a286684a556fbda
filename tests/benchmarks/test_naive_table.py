import numpy as np

from benchmarks import naive_table
from benchmarks.naive_table import rows
from benchmarks.timing import Effort


def test_the_rows_compare_with_the_loops(monkeypatch):
    monkeypatch.setattr(naive_table, "interleave", lambda contenders, effort: {"ours": np.array([0.5])})
    table = list(rows(Effort(1, 0, ()), ((2, 3, 7, 7), (4, 3, 3, 3), (4,)), (2, 3, 6, 6)))
    assert [row["layer"] for row in table] == ["conv forward", "conv backward", "max_pool forward", "max_pool backward"]
    for row in table:
        assert 0 <= row["difference"] < 1e-8
        assert row["our s"] == 0.5
        assert row["speed-up"] == 2 * row["naive s"] > 0


def test_one_wrong_gradient_shows_as_a_difference(monkeypatch):
    naive = naive_table.conv_backward_naive

    def wrong(dout, cache):
        dx, dw, db = naive(dout, cache)
        return dx, dw + 0.1, db

    monkeypatch.setattr(naive_table, "conv_backward_naive", wrong)
    table = {row["layer"]: row for row in rows(Effort(1, 0, ()), ((1, 1, 3, 3), (1, 1, 3, 3), (1,)), (1, 1, 4, 4))}
    assert table["conv backward"]["difference"] > 0.01
    assert table["conv forward"]["difference"] < 1e-8


def test_a_wrong_output_shows_as_a_difference(monkeypatch):
    naive = naive_table.max_pool_forward_naive

    def wrong(x, pool_param):
        out, cache = naive(x, pool_param)
        return out + 0.1, cache

    monkeypatch.setattr(naive_table, "max_pool_forward_naive", wrong)
    table = {row["layer"]: row for row in rows(Effort(1, 0, ()), ((1, 1, 3, 3), (1, 1, 3, 3), (1,)), (1, 1, 4, 4))}
    assert table["max_pool forward"]["difference"] > 0.01
    assert table["max_pool backward"]["difference"] < 1e-8
