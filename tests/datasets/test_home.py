"""Where data lives: an argument, then LAYERWISE_DATA, then the platform's cache folder; and what is there is found."""

import sys
from pathlib import Path

import pytest

from datasets import OFFICIAL_SETS, data_home, whereabouts
from datasets.home import set_folder, set_folders

VARIABLES = ("LAYERWISE_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA")


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


@pytest.mark.parametrize(
    "platform, environment, expected",
    [
        ("linux", {}, ".cache/layerwise"),
        ("freebsd14", {}, ".cache/layerwise"),
        ("linux", {"XDG_CACHE_HOME": "elsewhere"}, "elsewhere/layerwise"),
        ("darwin", {"XDG_CACHE_HOME": "elsewhere"}, "Library/Caches/layerwise"),
        ("win32", {}, "AppData/Local/layerwise"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/layerwise"),
        ("linux", {"LAYERWISE_DATA": "mine", "XDG_CACHE_HOME": "elsewhere"}, "mine"),
        ("linux", {"LAYERWISE_DATA": ""}, ".cache/layerwise"),
    ],
)
def test_the_platform_s_custom_and_what_overrules_it(platform, environment, expected, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in environment.items():
        monkeypatch.setenv(name, value and str(tmp_path / value))
    assert data_home() == tmp_path / expected


def test_a_tilde_is_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERWISE_DATA", "~/data")
    assert data_home() == tmp_path / "data"


def test_an_argument_overrules_all(monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path / "home"))
    assert set_folder("mnist", tmp_path / "here") == tmp_path / "here"
    assert set_folders("fashion_mnist", tmp_path / "here") == [tmp_path / "here"]
    assert set_folder("mnist") == tmp_path / "home" / "mnist"
    system = [Path(folder) for folder in OFFICIAL_SETS["fashion_mnist"].system_folders]
    assert set_folders("fashion_mnist") == [tmp_path / "home" / "fashion_mnist", *system] and system


@pytest.mark.parametrize(
    "name, file",
    [
        ("mnist", "train-images-idx3-ubyte"),
        ("mnist", "t10k-labels-idx1-ubyte.gz"),
        ("cifar10", "cifar-10-binary.tar.gz"),
        ("cifar10", "cifar-10-batches-py/data_batch_2"),
        ("cifar100", "cifar-100-binary/train.bin"),
        ("svhn", "train_32x32.mat"),
    ],
)
def test_a_set_is_found_by_its_files(name, file, monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path))
    assert whereabouts(name) is None
    path = tmp_path / name / file
    path.parent.mkdir(parents=True)
    assert whereabouts(name) is None
    path.write_bytes(b"")
    assert whereabouts(name) == tmp_path / name == whereabouts(name, tmp_path / name)
    assert whereabouts(name, tmp_path) == (tmp_path if file.count("/") == 0 else None)
