"""The verb ``data``: what it lists, fetches and shows, and what it says when something is wrong."""

import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from datasets import OFFICIAL_SETS
from layerwise.__main__ import main
from layerwise.data import LOADERS, load_data
from tests.datasets import made


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Nothing is fetched, no set but Debian's is here, and pictures go to a folder of the test's own."""

    def refuse(official, folder):
        raise OSError(f"fetch: {official.name} could not be fetched to {folder}")

    monkeypatch.setattr(sys.modules["datasets.fetch"], "_fetch_file", refuse)
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """A folder of images, two kinds."""
    pytest.importorskip("PIL", reason="Pillow is not installed")
    for kind, value in (("dark", 10), ("light", 240)):
        (tmp_path / "own" / kind).mkdir(parents=True)
        for number in range(10):
            (tmp_path / "own" / kind / f"{number}.png").write_bytes(made.png(np.full((6, 5, 3), value, np.uint8)))
    return tmp_path / "own"


def test_every_set_has_a_loader_and_a_line(capsys, tmp_path):
    assert list(LOADERS) == ["digits", *OFFICIAL_SETS]
    (tmp_path / "home" / "svhn").mkdir(parents=True)
    (tmp_path / "home" / "svhn" / "train_32x32.mat").write_bytes(b"")
    assert main(["data", "list"]) == 0
    out, err = capsys.readouterr()
    lines = {line.split()[0]: line for line in out.splitlines()[: len(LOADERS) + 1]}
    assert list(lines) == ["name", *LOADERS] and err == ""
    assert re.search(r"^mnist +handwritten digits +1x28x28 +60,000 +10,000 +12 MB to fetch$", out, re.M)
    assert lines["digits"].endswith("in this package") and lines["svhn"].endswith(str(tmp_path / "home" / "svhn"))
    assert f"Sets are kept in {tmp_path / 'home'}; the environment variable LAYERWISE_DATA" in out
    assert "svhn non-commercial use only" in out.replace("\n", " ")


def test_show_counts_and_draws(capsys, tmp_path):
    assert main(["data", "show", "digits"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("digits: images of shape (1, 8, 8) in 10 classes\n")
    rows = re.findall(r"^(\w+) +([\d,]+) +([\d,]+) +([\d,]+)$", out, re.M)
    assert rows[0] == ("0", "124", "18", "36") and rows[-1] == ("all", "1,257", "180", "360") and len(rows) == 11
    assert "in memory: 0.5 MB as float32, 0.1 MB as uint8" in out
    assert out.endswith("examples of each class: digits.png\n")
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_show_takes_a_folder_of_images(folder, capsys, tmp_path):
    assert main(["data", "show", str(folder), "--out", "some.png"]) == 0
    out = capsys.readouterr().out
    assert f"{folder}: images of shape (3, 6, 5) in 2 classes" in out and re.search(r"^light +7 +1 +2$", out, re.M)
    assert (tmp_path / "some.png").exists()


def test_show_takes_files(capsys, tmp_path):
    (tmp_path / "own.csv").write_text("".join(f"{k},{k * k},{'ab'[k % 2]}\n" for k in range(40)))
    (tmp_path / "own.npz").write_bytes(made.npz(X=made.images(40, (4, 4)) / 255, y=made.labels(40, 2)))
    assert main(["data", "show", "own.csv"]) == main(["data", "show", "own.npz"]) == 0
    out = capsys.readouterr().out
    assert "own.csv: points with 2 features in 2 classes" in out and "no picture: these are no images" in out
    assert "own.npz: images of shape (1, 4, 4) in 2 classes" in out and (tmp_path / "own.png").exists()


def test_load_data_passes_options_on(folder):
    assert load_data(str(folder), size=(3, 2), keep_uint8=True)["X_train"].shape == (14, 3, 3, 2)
    assert load_data("digits", flatten=True)["X_val"].shape == (180, 64)


def test_fetch_says_where_a_set_is(capsys, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(sys.modules["datasets.fetch"], "_fetch_file", lambda file, folder: asked.append(file.name))
    assert main(["data", "fetch", "cifar10"]) == 0
    assert main(["data", "fetch", "svhn", "--folder", "there"]) == 0
    assert asked == ["cifar-10-binary.tar.gz", "train_32x32.mat", "test_32x32.mat"]
    assert capsys.readouterr().out == f"cifar10 is in {tmp_path / 'home' / 'cifar10'}\nsvhn is in there\n"


def test_what_the_system_has_is_not_fetched(capsys, tmp_path, monkeypatch):
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / "train-images-idx3-ubyte.gz").write_bytes(b"")
    known = replace(OFFICIAL_SETS["fashion_mnist"], system_folders=(str(tmp_path / "system"),))
    monkeypatch.setitem(OFFICIAL_SETS, "fashion_mnist", known)
    assert main(["data", "fetch", "fashion_mnist"]) == 0
    assert capsys.readouterr().out == f"fashion_mnist is in {tmp_path / 'system'}\n"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["fetch", "mnist"], "layerwise data: fetch: train-images-idx3-ubyte.gz could not be fetched"),
        (["show", "mnist"], "layerwise data: fetch: train-images-idx3-ubyte.gz could not be fetched"),
        (["show", "nothing"], "layerwise data: 'nothing' is no folder, .npz or .csv file, and no set; known are"),
        (["show", "none.csv"], "layerwise data: [Errno 2] No such file or directory: 'none.csv'"),
        (["show", "home"], "layerwise data: home: has no folders in it; load_image_folder needs one for each class"),
        (["show", "digits", "--out", "none/a.png"], "layerwise data: [Errno 2] No such file or directory"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(arguments, words, capsys, tmp_path):
    (tmp_path / "home").mkdir()
    assert main(["data", *arguments]) == 1
    err = capsys.readouterr().err
    assert err.startswith(words) and "Traceback" not in err


def test_without_matplotlib_the_counts_come_all_the_same(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "layerwise.montage", None)
    assert main(["data", "show", "digits"]) == 1
    out, err = capsys.readouterr()
    assert "all       1,257" in out and err.startswith("layerwise data: the picture needs ")


def test_an_unknown_set_to_fetch_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["data", "fetch", "imagenet"])
    assert "invalid choice: 'imagenet' (choose from" in capsys.readouterr().err
