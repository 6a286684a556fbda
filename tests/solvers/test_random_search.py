"""Random search, and its record."""

import json

import numpy as np
import pytest

from solvers import Solver, random_search

from .tiny import SETTINGS, SoftmaxRegression, blobs

RANGES = {"learning_rate": (1e-4, 1e-1), "reg": (1e-6, 1.0)}


def score(settings, number):
    return -abs(np.log10(settings["reg"]) + 3)


def strip(trials):
    """Trials without the time they took."""
    return [(trial["number"], trial["settings"], trial["score"]) for trial in trials]


def test_settings_are_log_uniform_in_their_ranges():
    trials = random_search(lambda settings, number: 0.0, RANGES, 2000)
    for name, (low, high) in RANGES.items():
        logs = np.sort([np.log(trial["settings"][name] / low) / np.log(high / low) for trial in trials])
        assert np.abs(logs - np.linspace(0, 1, 2000)).max() < 0.04  # Kolmogorov's distance
    rates, regs = np.log([[trial["settings"][name] for trial in trials] for name in RANGES])
    assert abs(np.corrcoef(rates, regs)[0, 1]) < 0.07


def test_the_best_trial_comes_first_and_what_diverged_last():
    def evaluate(settings, number):
        if number == 3:
            raise FloatingPointError
        return [0.5, 0.9, 0.7, None, 0.8][number]

    trials = random_search(evaluate, RANGES, 5)
    assert [trial["number"] for trial in trials] == [1, 4, 2, 0, 3]
    assert trials[-1]["score"] is None and all(trial["seconds"] >= 0 for trial in trials)


def test_a_trial_follows_from_seed_and_number_alone():
    one, other = (strip(random_search(score, RANGES, n)) for n in (4, 9))
    assert sorted(one) == sorted(other)[:4]
    assert sorted(strip(random_search(score, RANGES, 4, seed=1))) != sorted(one)


def test_it_searches_with_a_solver():
    def evaluate(settings, number):
        arguments = {**SETTINGS, "optim_config": {"learning_rate": settings["learning_rate"]}, "num_epochs": 1}
        solver = Solver(SoftmaxRegression(), blobs(), **arguments)
        solver.train()
        return solver.best_val_acc

    trials = random_search(evaluate, {"learning_rate": (1e-4, 1.0)}, 5)
    assert trials[0]["score"] >= trials[-1]["score"]


@pytest.mark.parametrize("stop", range(1, 7))
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_search_that_was_stopped_goes_on_from_its_record(tmp_path, stop, error):
    evaluated = []

    def evaluate(settings, number):
        evaluated.append(number)
        if len(evaluated) == stop:
            raise error
        return score(settings, number)

    with pytest.raises(error):
        random_search(evaluate, RANGES, 6, tmp_path / "search.jsonl")
    trials = random_search(evaluate, RANGES, 6, tmp_path / "search.jsonl")
    assert strip(trials) == strip(random_search(score, RANGES, 6))
    assert evaluated == [*range(stop), *range(stop - 1, 6)]
    assert random_search(evaluate, RANGES, 6, tmp_path / "search.jsonl") == trials and len(evaluated) == 7


def test_a_record_that_was_cut_anywhere_is_gone_on_with(tmp_path, figures):
    path = tmp_path / "search.jsonl"
    expected = strip(random_search(score, RANGES, 3, path))
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        for _ in range(2):
            assert strip(random_search(score, RANGES, 3, path)) == expected
    figures["cuts of a search's record after which it went on"] += len(content)


def test_the_record_is_json_a_line_a_trial(tmp_path):
    random_search(score, RANGES, 3, str(tmp_path / "search.jsonl"), seed=2)
    head, *trials = map(json.loads, (tmp_path / "search.jsonl").read_text().splitlines())
    assert head == {"ranges": {name: list(bounds) for name, bounds in RANGES.items()}, "seed": 2}
    assert [trial["number"] for trial in trials] == [0, 1, 2]
    assert set(trials[0]) == {"number", "settings", "score", "seconds"}


def test_more_trials_may_be_added_and_fewer_be_asked_for(tmp_path):
    path = tmp_path / "search.jsonl"
    random_search(score, RANGES, 3, path)
    assert len(random_search(score, RANGES, 6, path)) == 6
    assert len(random_search(score, RANGES, 2, path)) == 2


@pytest.mark.parametrize("other", [{"seed": 1}, {"ranges": {"reg": (1e-6, 1.0)}}])
def test_the_record_of_another_search_is_refused_and_left_alone(tmp_path, other):
    path = tmp_path / "search.jsonl"
    random_search(score, RANGES, 2, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="search.jsonl is the record of another search"):
        random_search(score, **{"ranges": RANGES, "num_trials": 2, "record": path, **other})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["hello", "hello\n", "\n", "{}\n[]\n", '{"ranges": {}, "seed": 0}\n{"a": 1}\n', "\xff\n"]
)
def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "search.jsonl"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ValueError, match="random_search: .*search.jsonl is "):
        random_search(score, RANGES, 2, path)
    assert path.read_text(encoding="latin-1") == content


def test_a_record_with_a_trial_missing_is_refused(tmp_path):
    path = tmp_path / "search.jsonl"
    random_search(score, RANGES, 3, path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))
    with pytest.raises(ValueError, match=r"search.jsonl is damaged: it has the trials \[0, 2\]"):
        random_search(score, RANGES, 3, path)


def test_callbacks_see_every_trial():
    seen = []
    random_search(score, RANGES, 3, on_trial=[lambda trials: seen.append(len(trials))])
    assert seen == [1, 2, 3]


@pytest.mark.parametrize("bounds", [(0, 1), (1, 1), (2, 1), (1,), (1, np.inf), ("a", 2), None, 3, (1, 2, 3)])
def test_a_range_that_is_none_is_refused_by_name(bounds):
    with pytest.raises(ValueError, match="random_search: the range of reg must be two numbers 0 < low < high, got "):
        random_search(score, {"reg": bounds}, 2)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="random_search: evaluate must give a finite score"):
        random_search(lambda settings, number: value, RANGES, 2)


@pytest.mark.parametrize("name, value", [("num_trials", 0), ("seed", -1)])
def test_a_wrong_count_is_refused(name, value):
    with pytest.raises(ValueError, match=f"random_search: {name} must be an integer"):
        random_search(score, **{"ranges": RANGES, "num_trials": 2, name: value})
