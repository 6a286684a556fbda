import mmap
import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks import memory, steps
from benchmarks.memory import peak_megabytes, peak_of


def test_the_peak_is_what_a_run_needs_beyond_what_is_kept():
    released = []

    def run():
        for _ in range(2):  # one after the other; fresh from the system, since malloc may have so much at hand
            with mmap.mmap(-1, 48 << 20) as memory:
                for start in range(0, len(memory), mmap.PAGESIZE):
                    memory[start] = 1

    megabytes = peak_of(run, lambda: released.append(True))
    assert released == [True]
    if sys.platform == "linux":
        assert 47 <= megabytes <= 60
    else:
        assert megabytes is None


def test_without_a_record_there_is_no_figure(monkeypatch):
    monkeypatch.setattr(memory, "RECORD", "/no/such/file")
    assert peak_of(lambda: None, lambda: None) is None


def test_a_process_of_its_own_measures_one_side(monkeypatch):
    asked = []

    def run(command, env, **_):
        asked.append((command[1:], env["MALLOC_MMAP_THRESHOLD_"]))
        return SimpleNamespace(returncode=0, stdout="12.5\n", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    assert peak_megabytes("a step", "ours") == 12.5
    assert asked == [(["-m", "benchmarks.memory", "a step", "ours"], "65536")]


def test_a_process_that_fails_is_reported(monkeypatch):
    failed = SimpleNamespace(returncode=1, stdout="", stderr="no torch")
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(RuntimeError, match="memory of PyTorch, NCHW in 'a step': no torch"):
        peak_megabytes("a step", "PyTorch, NCHW")


def test_the_process_runs_the_side_that_was_asked_for(monkeypatch, capsys):
    made = []

    class Side:
        def __call__(self):
            made.append("run")

        def release(self):
            made.append("release")

    monkeypatch.setattr(steps, "contenders", lambda step, only: made.append((step.name, only)) or {only: Side()})
    monkeypatch.setattr(memory, "RECORD", "/no/such/file")
    memory.main(steps.STEPS[1].name, "ours")
    assert made == [(steps.STEPS[1].name, "ours"), "run", "run", "release"]
    assert capsys.readouterr().out == "None\n"
