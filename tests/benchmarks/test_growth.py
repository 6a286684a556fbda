import numpy as np
import pytest

from benchmarks import growth
from benchmarks.growth import SIZES, exponent, rows
from benchmarks.timing import Effort


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_a_power_law_is_recognised(power):
    sizes = [3, 5, 9]
    assert exponent(sizes, [0.7 * size**power for size in sizes]) == pytest.approx(power)


def test_one_size_grows_at_a_time(monkeypatch):
    monkeypatch.setattr(growth, "BASE", {"N": 2, "C": 3, "H": 5, "k": 3})
    seen = []

    def note(case):
        seen.append((case.x, case.arrays[0]))
        return lambda: None

    monkeypatch.setattr(growth, "_forward_and_backward", note)
    table = list(rows(Effort(1, 0, ()), {"N": (1, 4), "C": (2, 4), "H": (6, 7), "k": (1, 5)}))
    assert seen == [
        ((1, 3, 5, 5), (3, 3, 3, 3)), ((4, 3, 5, 5), (3, 3, 3, 3)),
        ((2, 2, 5, 5), (2, 2, 3, 3)), ((2, 4, 5, 5), (4, 4, 3, 3)),
        ((2, 3, 6, 6), (3, 3, 3, 3)), ((2, 3, 7, 7), (3, 3, 3, 3)),
        ((2, 3, 5, 5), (3, 3, 1, 1)), ((2, 3, 5, 5), (3, 3, 5, 5)),
    ]  # fmt: skip
    assert [(row["axis"], row["size"]) for row in table][::2] == [("N", 1), ("C", 2), ("H", 6), ("k", 1)]


def test_rows_hold_times_and_what_was_fitted_to_them(monkeypatch):
    monkeypatch.setattr(growth, "BASE", {"N": 2, "C": 3, "H": 5, "k": 3})
    first, second = rows(Effort(2, 0, ()), {"N": (1, 4)})
    assert first["exponent"] == second["exponent"] == pytest.approx(
        np.log(second["our ms"].median / first["our ms"].median) / np.log(4)
    )
    assert first["plain"] == 1


def test_every_size_has_its_plain_exponent():
    assert set(SIZES) == set(growth.PLAIN) == set(growth.BASE)
