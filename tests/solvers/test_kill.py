"""K1 on real processes; `benchmarks/kill_and_resume.py` does the same two hundred times."""

import os

import pytest

from benchmarks.kill_and_resume import kill_and_resume


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_a_run_that_is_killed_at_random_moments_ends_as_if_it_had_not_been(tmp_path, figures):
    done = kill_and_resume(3, tmp_path, seed=1, longest=0.15, say=lambda text: None)
    assert done["kills"] == done["resumed"] == 3
    assert done["runs"] == done["identical"] >= 1
    figures["kills (SIGKILL) of a training process, resumed bit-identical (K1)"] += 3
