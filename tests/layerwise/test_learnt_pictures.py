"""The pictures show what they should; how they look is for eyes."""

import numpy as np
import pytest

from layerwise.learnt import layers_of
from models import ConvNet, ResNet, TwoLayerNet

pictures = pytest.importorskip("layerwise.learnt_pictures")
RNG = np.random.default_rng(0)


def rows_of(figure, columns):
    """The grid of axes, and the name at the left of each row."""
    grid = np.array(figure.axes).reshape(-1, columns)
    return grid, [row[0].get_ylabel() for row in grid]


def shown(axes):
    """The array that an axes shows as an image; None where it shows nothing."""
    return np.asarray(axes.images[0].get_array()) if axes.images else None


@pytest.mark.parametrize("C", [1, 3])
def test_attention_shows_image_saliency_and_occlusion_of_each(C):
    images, saliency, drops = RNG.random((4, C, 5, 6)), RNG.random((4, 5, 6)), RNG.standard_normal((4, 5, 6))
    figure = pictures.draw_attention(images, saliency, drops, list("abcd"), "a run")
    grid, names = rows_of(figure, 4)
    assert names == ["image", "saliency", "occlusion"] and "a run" in figure.get_suptitle()
    assert [axes.get_title() for axes in grid[0]] == list("abcd")
    for n in range(4):
        assert shown(grid[0, n]).shape == ((5, 6, 3) if C == 3 else (5, 6))
        np.testing.assert_allclose(shown(grid[1, n]), saliency[n])
        np.testing.assert_allclose(shown(grid[2, n]), drops[n])
        low, high = grid[2, n].images[0].get_clim()
        assert low == -high == -np.abs(drops[n]).max()


def test_images_of_one_kind_have_one_scale_and_class_images_each_their_own():
    images = RNG.random((3, 1, 4, 4)) * np.array([0.1, 1, 10]).reshape(3, 1, 1, 1)
    grid, _ = rows_of(pictures.draw_classes(images, images, list("abc"), "a run"), 3)
    assert {axes.images[0].get_clim() for axes in grid[0]} == {(images.min(), images.max())}
    assert [axes.images[0].get_clim() for axes in grid[1]] == [(image.min(), image.max()) for image in images]


def test_the_change_of_a_fooling_image_is_its_difference():
    images, fooling = RNG.random((2, 1, 4, 4)), RNG.random((2, 1, 4, 4))
    grid, names = rows_of(pictures.draw_fooling(images, fooling, ["a\nnow b", "b\nnow a"], "a run"), 2)
    assert names == ["image", "change", "taken for\nanother"]
    np.testing.assert_allclose(shown(grid[1, 1]), (fooling - images)[1, 0])
    np.testing.assert_allclose(shown(grid[2, 0]), fooling[0, 0])


def test_long_names_are_written_smaller():
    def size(name):
        figure = pictures.draw_classes(np.ones((2, 1, 3, 3)), np.ones((2, 1, 3, 3)), [name, "a"], "a run")
        return figure.axes[0].title.get_fontsize()

    assert size("a long name of a class") < size("short")


@pytest.mark.parametrize(
    "model, layers",
    [
        (ConvNet((3, 8, 8), (4, "pool", 12), hidden_dims=(5,), seed=0), ["conv", "relu", "max_pool", "conv", "relu"]),
        (ResNet((3, 8, 8), (1,), (4,), seed=0), ["conv", "spatial_batchnorm", "relu", "residual_two_convs", "relu"]),
        (TwoLayerNet(192, 5, 2), []),
    ],
    ids=["convnet", "resnet", "two_layer"],
)
def test_feature_maps_are_those_of_the_layers_with_maps(model, layers):
    X = RNG.standard_normal((1, 3, 8, 8))
    ran = layers_of(model, X)
    columns = 10 if len(layers) > 3 and "max_pool" in layers else 4 if layers else 3
    grid, names = rows_of(pictures.draw_feature_maps(ran, "a run"), columns)
    assert [name.split("\n")[0] for name in names] == ["input", *(f"{i} {name}" for i, name in enumerate(layers, 1))]
    for row, part in zip(grid[1:], ran):
        for axes, image in zip(row, part.out[0]):
            np.testing.assert_allclose(shown(axes), image, rtol=1e-6)


def test_inversions_stand_below_their_image_by_layer():
    images, made = RNG.random((2, 1, 4, 4)), RNG.random((2, 1, 4, 4))
    grid, names = rows_of(pictures.draw_inversions(images, {"from 2\nrelu": made}, "a run"), 2)
    assert names == ["image", "from 2\nrelu"]
    np.testing.assert_allclose(shown(grid[1, 1]), made[1, 0])


def test_neighbours_of_another_class_are_framed_and_named():
    others, labels, asked = RNG.random((6, 1, 3, 3)), np.array([0, 0, 1, 1, 2, 2]), [2, 4]
    found = {"features": np.array([[0, 1], [2, 4]]), "pixels": np.array([[5, 0], [3, 2]])}
    figure = pictures.draw_neighbours(others[asked], others, labels[asked], labels, found, list("abc"), "a run")
    grid, _ = rows_of(figure, 1 + 3 + 3)
    np.testing.assert_allclose(shown(grid[1, 0]), others[4, 0])
    places = {0: None, 2: 0, 3: 1, 5: 0, 6: 1}
    for q in range(2):
        for column, place in places.items():
            if place is None:
                continue
            i = found["features" if column < 5 else "pixels"][q, place]
            np.testing.assert_allclose(shown(grid[q, column]), others[i, 0])
            wrong = labels[i] != labels[asked[q]]
            assert grid[q, column].get_title() == ("abc"[labels[i]] if wrong else "")
        assert shown(grid[q, 1]) is None and shown(grid[q, 4]) is None
    assert [axes.texts[0].get_text() for axes in grid[0, [2, 5]]] == ["nearest by features", "nearest by pixels"]


def test_the_map_shows_every_example_and_names_the_classes_that_are_there():
    coordinates, y = RNG.standard_normal((30, 2)), np.arange(30) % 3
    figure = pictures.draw_map({"features": (coordinates, np.array([0.5, 0.2]))}, y, list("abcd"), "a run")
    axes = figure.axes[0]
    for label in range(3):
        np.testing.assert_allclose(axes.collections[label].get_offsets(), coordinates[y == label])
    assert [text.get_text() for text in axes.texts] == list("abc")
    assert axes.get_title(loc="left") == "features: 70% of the variance" and "50%" in axes.get_xlabel()


def test_pictures_of_nothing_but_zeros_are_drawn(tmp_path):
    zeros = np.zeros((2, 1, 3, 3))
    figure = pictures.draw_attention(zeros, zeros[:, 0], zeros[:, 0], list("ab"), "a run")
    figure.savefig(tmp_path / "zeros.png")
    colours = np.zeros((2, 3, 3, 3))
    pictures.draw_classes(colours, colours, list("ab"), "a run").savefig(tmp_path / "colours.png")
