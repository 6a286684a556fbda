"""What README.md points to is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_it_links_to_exists():
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    assert targets
    for target in targets:
        assert (ROOT / target).is_file(), target


def test_the_continuous_integration_finds_the_test_command():
    assert len(re.findall(r"^python3 -m venv .*bin/pytest$", README, re.MULTILINE)) == 1
