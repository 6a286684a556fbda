import sys

import pytest

from benchmarks import machine
from layers import get_num_threads


@pytest.mark.parametrize("name", ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"])
def test_what_hampers_blas_is_named(name):
    assert machine.warning({"HOME": "x"}) == ""
    assert machine.warning({"HOME": "x", name: "7"}).startswith(f"WARNING: {name}=7 may halve")


def test_the_machine_is_described_in_one_line(monkeypatch):
    monkeypatch.setattr(machine, "_version", lambda package: {"torch": "2.0"}.get(package, "missing"))
    line = machine.describe()
    assert "\n" not in line
    for part in ("cores: ", "NumPy ", "PyTorch 2.0", "scikit-learn missing", f"threads: {get_num_threads()}"):
        assert part in line


def test_a_missing_package_is_said_to_be_missing():
    assert machine._version("no-such-distribution-as-this") == "missing"


def test_without_threadpoolctl_the_blas_is_unknown(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert "an unknown BLAS" in machine.describe()


@pytest.mark.parametrize("own, said", [(1.0, "others had 0%"), (0.0, "others had 5% of the cores meanwhile; WARNING")])
def test_others_are_who_was_busy_and_not_we(monkeypatch, own, said):
    times = iter([(100.0, 30.0, 7.0), (120.0, 31.0, 7.0 + own)])
    monkeypatch.setattr(machine, "_processor_seconds", lambda: next(times))
    assert str(machine.Others()).startswith(said)


def test_where_the_system_does_not_tell_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr(machine, "_processor_seconds", lambda: None)
    assert str(machine.Others()) == "how busy others kept the machine is not known"


def test_the_seconds_of_the_processor_add_up():
    found = machine._processor_seconds()
    if sys.platform == "linux":
        total, busy, own = found
        assert total > busy > own > 0
    else:
        assert found is None


def test_the_peak_is_the_best_of_ten_after_the_first(monkeypatch):
    clock = iter([0, 0.1, *(moment for start in range(1, 11) for moment in (start, start + 1 / (start + 1)))])
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(machine.np, "matmul", lambda a, b, out: None)
    assert machine.peak.__wrapped__("float32") == pytest.approx(2 * 2048**3 * 11)
