"""The verb from end to end: from a run's folder to a page in a browser."""

import json
import sys
from functools import partial

import numpy as np
import pytest

from datasets import load_digits
from layerwise import catalogue, learnt_figures
from layerwise.__main__ import main
from models import TwoLayerNet
from solvers import Solver
from tests.browser import PHONE, assert_fits, opened

HEADINGS = [
    "First-layer filters", "Feature maps", "Saliency and occlusion maps", "Fooling images", "Class visualisation",
    "Feature inversion", "Nearest neighbours", "PCA map",
]  # fmt: skip


def run_folder(path, model_name, data):
    """Leave what `layerwise train` leaves, of a short run."""
    model = catalogue.make_model(model_name, data, reg=1e-3, seed=0)
    Solver(
        model, data, update_rule="adam", optim_config={"learning_rate": 5e-3}, num_epochs=2, batch_size=50,
        verbose=False, seed=0
    ).train()  # fmt: skip
    path.mkdir()
    model.save(path / "best.npz")
    config = {"data": "digits", "model": model_name, "reg": 1e-3, "seed": 0}
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return path


@pytest.fixture
def quick(monkeypatch):
    """Fewer images and iterations than for eyes."""
    monkeypatch.setattr(learnt_figures, "MOST_IMAGES", 2)
    monkeypatch.setattr(learnt_figures, "MOST_LAYERS", 2)
    monkeypatch.setattr(learnt_figures, "MOST_TRAIN", 200)
    monkeypatch.setattr(learnt_figures, "MOST_TEST", 100)
    for name in ("create_class_visualization", "invert_features"):
        monkeypatch.setattr(learnt_figures, name, partial(getattr(learnt_figures, name), num_iterations=3))


@pytest.fixture
def undrawn(monkeypatch):
    """For runs whose pictures are not looked at: drawing takes longer than all the rest."""
    pictures = pytest.importorskip("layerwise.learnt_pictures")

    class Nothing:
        def savefig(self, path, dpi):
            path.write_bytes(b"\x89PNG")

    for name in pictures.__all__:
        monkeypatch.setattr(pictures, name, lambda *args: Nothing())


def test_the_page_shows_all_pictures_and_fits_desk_and_phone(tmp_path, quick, opened, monkeypatch, capsys):
    pictures = pytest.importorskip("layerwise.learnt_pictures")
    monkeypatch.setattr(pictures, "MOST_CHANNELS", 2)
    folder = run_folder(tmp_path / "run", "three_layer", load_digits())
    (folder / "learnt.html").write_text("of an earlier time")
    assert main(["learnt", str(folder)]) == 0
    out = capsys.readouterr().out
    names = [f"learnt_{heading.lower().replace(' ', '_')}.png" for heading in HEADINGS]
    for name in names:
        assert (folder / name).read_bytes().startswith(b"\x89PNG") and str(folder / name) in out
    assert {path.name for path in folder.iterdir()} == {"best.npz", "config.json", "learnt.html", *names}
    with opened(folder / "learnt.html") as page:
        assert page.locator("h1").inner_text() == "What three_layer on digits has learnt"
        assert page.locator("h2").all_inner_texts() == HEADINGS
        alts = [image.get_attribute("alt") for image in page.locator("img").all()]
        assert [alt.split(":")[0] for alt in alts] == HEADINGS
        assert page.troubles == []
        assert_fits(page)
        page.set_viewport_size(PHONE)
        assert_fits(page)


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_it_runs_for_every_built_in_model(name, tmp_path, quick, undrawn, capsys):
    folder = run_folder(tmp_path / "run", name, load_digits())
    assert main(["learnt", str(folder)]) == 0
    headings = [heading for heading in HEADINGS if name in catalogue.FOR_IMAGES or heading != "Feature maps"]
    assert capsys.readouterr().out.count(".png") == len(headings)


def test_a_set_with_colours_and_another_scale_is_drawn(quick, monkeypatch):
    pictures = pytest.importorskip("layerwise.learnt_pictures")
    monkeypatch.setattr(pictures, "draw_filters", lambda *_: None)  # a hundred, and no concern of this test
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 3, 8, 8)).astype(np.float32), np.arange(60) % 3
    data = {
        "X_train": X, "y_train": y, "X_test": X, "y_test": y, "class_names": ["a", "b", "<c>"],
        "mean_image": np.full((3, 8, 8), 0.5, np.float32), "std": np.full((3, 1, 1), 0.1, np.float32),
    }  # fmt: skip
    model = catalogue.make_model("two_layer", data, reg=0.0, seed=0)
    drawn = {heading: figure for heading, figure, _ in learnt_figures.draw_learnt(pictures, model, data, "a run")}
    assert {"Class visualisation", "Feature inversion", "PCA map"} <= set(drawn)
    image = drawn["Feature inversion"].axes[0].images[0].get_array()
    assert image.shape == (8, 8, 3) and 0 <= image.min() and image.max() <= 1


def test_class_visualisations_of_large_images_are_no_noise():
    shape, images = (1, 28, 28), {}
    model = TwoLayerNet(28 * 28, 20, 3, weight_scale="he", seed=0)
    for name, settings in (("small", learnt_figures._ascent((1, 8, 8))), ("large", learnt_figures._ascent(shape))):
        images[name] = learnt_figures.create_class_visualization(1, model, shape, **settings)
    roughness = {name: np.sum(np.diff(image) ** 2) / np.sum(image**2) for name, image in images.items()}
    assert roughness["large"] < 0.3 * roughness["small"]
    assert model.loss(images["large"]).argmax() == 1


def test_the_images_are_one_of_each_class_that_the_model_gets_right():
    class Says:
        def loss(self, X):
            return np.eye(3)[X[:, 0, 0, 0].astype(int)]

    said, y = np.array([1, 0, 0, 2, 2, 1]), np.array([0, 0, 0, 1, 2, 2])
    X, labels = learnt_figures._one_a_class(Says(), said.reshape(-1, 1, 1, 1), y)
    assert X.ravel().tolist() == [0, 2, 2] and labels.tolist() == [0, 1, 2]


def broken(tmp_path, **changes):
    path = tmp_path / "run"
    path.mkdir()
    config = {"data": "digits", "model": "convnet", "reg": 0.0, "seed": 0} | changes
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "changes, said",
    [
        ({}, "best.npz"),
        ({"data": "spirals", "model": "fc"}, "spirals are points; the pictures need images"),
        ({"model": "alexnet"}, "its model is 'alexnet'; known are two_layer"),
        ({"data": ["digits"]}, "['digits'] is unknown; known are digits"),
    ],
)
def test_folders_that_will_not_do_are_refused_in_words(tmp_path, changes, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["learnt", str(broken(tmp_path, **changes))])
    assert said in capsys.readouterr().err


def test_what_is_no_folder_of_a_run_is_refused_in_words(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["learnt", str(tmp_path / "nothing")])
    assert "is not the folder of a run" in capsys.readouterr().err


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "layerwise.learnt_pictures", None)
    folder = broken(tmp_path)
    catalogue.make_model("convnet", load_digits(), 0.0, 0).save(folder / "best.npz")
    assert main(["learnt", str(folder)]) == 1
    assert "pip install -e '.[run]'" in capsys.readouterr().err
