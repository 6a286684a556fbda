"""In these tests every epoch's checkpoint is written, however fast the epochs are, and none waits for the disk."""

import os

import pytest


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr("solvers.run.SPARING", 0)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
