"""What several tests of loaders need."""

import sys

import pytest


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """Data lives in a folder of the test's own, and nothing is fetched; the folder."""

    def refuse(official, folder):
        pytest.fail(f"{official.name} would be fetched to {folder}")

    monkeypatch.setattr(sys.modules["datasets.fetch"], "_fetch_file", refuse)
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path / "home"))
    return tmp_path / "home"
