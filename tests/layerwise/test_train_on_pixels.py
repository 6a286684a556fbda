"""The program on images that are kept as uint8: a folder of colour photographs, with augmentation."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from layerwise import catalogue, pictures
from layerwise.__main__ import main
from layerwise.problem import prepare
from layerwise.report import predict
from solvers import Solver, ahead

pytest.importorskip("PIL", reason="reading images needs Pillow")
RUN = "train --data photographs --model convnet --epochs 3 --batch-size 8 --quiet".split()
AUGMENTED = [*RUN, "--augment", "flip,crop:1,mixup:0.4"]


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Squares that are red or green above all, of three classes: red, green and neither."""
    from PIL import Image

    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("images") / "photographs"
    for label, name in enumerate(("red", "green", "grey")):
        (folder / name).mkdir(parents=True)
        for number in range(30):
            pixels = rng.integers(60, 140, (12, 12, 3), dtype=np.uint8)
            if label < 2:
                pixels[..., label] += 100
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def beside_it(photographs, tmp_path, monkeypatch):
    """Each test has a folder of its own, with the photographs in it; minibatches are always made ahead."""
    (tmp_path / "photographs").symlink_to(photographs)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ahead, "PAYS_FROM", 0.0)


def test_training_scoring_pictures_and_what_was_learnt(monkeypatch, capsys):
    shown = {}
    draw = pictures.draw_mistakes
    monkeypatch.setattr(pictures, "draw_mistakes", lambda images, *rest: shown.update(X=images) or draw(images, *rest))
    assert main(AUGMENTED) == 0
    out = capsys.readouterr().out
    folder = Path("runs/photographs-convnet")
    config = json.loads((folder / "config.json").read_text())
    assert (config["data"], config["augment"]) == ("photographs", "flip,crop:1,mixup:0.4")
    assert {name: config[name] for name in ("batch_size", "lr", "schedule", "reg")} == {
        "batch_size": 8, "lr": 0.01, "schedule": "exponential:0.8", "reg": 0.03
    }  # fmt: skip
    assert "red, green" not in out and float(re.search(r"Test accuracy (\d+\.\d+)%", out)[1]) > 80
    data = catalogue.load("photographs", keep_uint8=True)
    model = catalogue.make_model("convnet", data, 0.0, 0)
    model.load(folder / "best.npz")
    right = np.sum(predict(model, data["X_test"], prepare(data)) == data["y_test"])
    assert f"({right} of 18)" in out
    np.testing.assert_array_equal(shown["X"], data["X_test"])
    assert all(name in (folder / "report.html").read_text() for name in ("red", "green", "grey", "flip,crop:1"))
    floats = catalogue.load("photographs")
    np.testing.assert_array_equal(predict(model, floats["X_test"]), predict(model, data["X_test"], prepare(data)))


def test_a_run_goes_on_bit_by_bit_where_it_was_stopped(monkeypatch):
    monkeypatch.setattr(pictures, "draw_mistakes", lambda *_: pictures.new_figure("", 1, 1))
    assert main([*AUGMENTED, "--out", "through"]) == 0
    real = Solver._iterate

    def iterate(solver):
        if solver.iteration == 13:
            raise KeyboardInterrupt
        real(solver)

    with monkeypatch.context() as patch:
        patch.setattr(Solver, "_iterate", iterate)
        assert main([*AUGMENTED, "--out", "run"]) == 130
    assert main(["train", "--resume", "run"]) == 0
    assert Path("run/history.csv").read_bytes() == Path("through/history.csv").read_bytes()
    assert Path("run/epochs.csv").read_bytes() == Path("through/epochs.csv").read_bytes()
    with np.load("run/best.npz") as run, np.load("through/best.npz") as through:
        assert all(run[name].tobytes() == through[name].tobytes() for name in through.files)


def test_another_augmentation_is_another_run(monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(Solver, "_is_done", lambda solver: solver.iteration >= 4)
        patch.setattr("layerwise.run.finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert main([*AUGMENTED, "--out", "run"]) == 130
    path = Path("run/config.json")
    path.write_text(path.read_text().replace("crop:1", "crop:2"))
    with pytest.raises(SystemExit):
        main(["train", "--resume", "run"])
    words = "augment is 'random_flip, random_crop(pad=1), mixup(num_classes=3, alpha=0.4)' there and 'random_flip, "
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "lr --data photographs --iterations 3 --augment flip --out out",
        "search --data photographs --trials 1 --epochs 1 --augment flip --out out",
        "check fc --data photographs",
        "cost fc --data photographs --batch-size 2 --batch-sizes 2 --rounds 1",
        "draw --model fc --data photographs --batch-size 2 --out net.svg",
        "flow --model fc --data photographs --epochs 1",
    ],
)
def test_the_other_verbs_take_such_data_too(command, capsys):
    assert main(command.split()) == 0
    if command.startswith("search"):
        assert "--data photographs --model convnet --augment flip" in capsys.readouterr().out


def test_what_is_left_of_a_run_shows_what_it_has_learnt(monkeypatch):
    drawn = []
    monkeypatch.setattr("layerwise.learnt_verb.draw_learnt", lambda *given: drawn.append(given) or [])
    monkeypatch.setattr("layerwise.run.finish", lambda *_: None)
    assert main(RUN) == 0
    assert main(["learnt", "runs/photographs-convnet"]) == 0
    ((_, model, data, title),) = drawn
    assert data["X_test"].dtype == np.float32 and title == "convnet on photographs"
