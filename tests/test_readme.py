"""What README.md points to is there."""

import re
from pathlib import Path

import pytest

from layerwise.__main__ import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_it_links_to_exists():
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_the_continuous_integration_finds_the_test_command():
    assert len(re.findall(r"^python3 -m venv .*bin/pytest$", README, re.MULTILINE)) == 1


@pytest.mark.parametrize("verb", [["check"], ["cost", "--rounds", "2"], ["draw", "--model"]])
def test_the_model_file_that_it_shows_can_be_looked_into(verb, tmp_path, monkeypatch, capsys):
    (text,) = re.findall(r"```python\n(# my_model.py\n.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("my_model.py").write_text(text, encoding="utf-8")
    assert main([*verb, "my_model.py:MyNet"]) == 0
    assert capsys.readouterr().out
