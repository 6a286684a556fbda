"""The pictures show what they should; how they look is for eyes."""

import numpy as np
import pytest

pictures = pytest.importorskip("layerwise.pictures")
RNG = np.random.default_rng(0)


def shown(axes):
    """The array that an axes shows as an image."""
    return axes.images[0].get_array()


@pytest.mark.parametrize("number, tiles", [(0, 0), (1, 1), (9, 9), (60, pictures.MOST_MISTAKES)])
@pytest.mark.parametrize("C", [1, 3])
def test_every_mistake_is_shown_with_what_was_said_and_what_is(number, tiles, C):
    images, y = RNG.random((80, C, 5, 4)), np.arange(80) % 7
    said = np.where(np.arange(80) < number, (y + 1) % 7, y)
    figure = pictures.draw_mistakes(images, y, said, list("ABCDEFG"), "a run")
    assert len(figure.axes) == tiles
    title = figure.get_suptitle()
    assert title.startswith(f"{number} mistake{'' if number == 1 else 's'} in 80 test images") and "a run" in title
    assert ("first 40 of them" in title) == (number > tiles)
    for i, axes in enumerate(figure.axes):
        assert axes.get_title() == f"said {'ABCDEFG'[said[i]]}\nis {'ABCDEFG'[y[i]]}"
        assert shown(axes).shape == ((5, 4, 3) if C == 3 else (5, 4))
        assert shown(axes).min() >= 0 and shown(axes).max() <= 1


def test_a_confusion_matrix_shows_its_counts_and_leaves_zeros_blank():
    counts = np.array([[5, 0, 1], [0, 0, 0], [2, 0, 7]])
    axes = pictures.draw_confusion(counts, ["a", "b", "c"], "a run").axes[0]
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert texts == {(0, 0): "5", (2, 0): "1", (0, 2): "2", (2, 2): "7"}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("said", "is")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    assert (shown(axes)[0, 1] == 1).all() and (shown(axes)[1, 1] != shown(axes)[0, 0]).any()


@pytest.mark.parametrize(
    "shape, tiles, picture",
    [((6, 1, 3, 5), 6, (3, 5)), ((6, 3, 3, 5), 6, (3, 5, 3)), ((4, 2, 3, 3), 8, (3, 3)), ((99, 2, 1, 1), 144, (1, 1))],
)
def test_filters_are_scaled_each_by_its_own_largest_weight(shape, tiles, picture):
    w = RNG.standard_normal(shape) * 10.0 ** RNG.integers(-5, 5, (shape[0], 1, 1, 1))
    figure = pictures.draw_filters(w, "a run")
    assert len(figure.axes) == tiles
    for axes in figure.axes:
        values = shown(axes)
        assert values.shape == picture
        np.testing.assert_allclose(np.abs(2 * values - 1 if len(picture) == 3 else values).max(), 1)


def test_a_filter_of_zeros_is_drawn():
    assert (shown(pictures.draw_filters(np.zeros((1, 1, 3, 3)), "a run").axes[0]) == 0).all()


def test_points_are_drawn_over_what_is_said_where_they_are():
    X, y = RNG.standard_normal((40, 2)).astype(np.float32), np.arange(40) % 2

    def predict(points):
        return (points[:, 0] > 0).astype(int)

    said = predict(X)
    figure = pictures.draw_mistakes_in_plane(predict, X, y, said, ["a", "b"], "a run")
    axes = figure.axes[0]
    regions = shown(axes)
    assert (regions[:, 0] == 0).all() and (regions[:, -1] == 1).all()
    rings = axes.collections[-1].get_offsets()
    np.testing.assert_array_equal(rings, X[said != y])
    assert f"{np.sum(said != y)} mistakes in 40 test points" in figure.get_suptitle()


class FewRows:
    """A history of three iterations, two an epoch."""

    iterations_per_epoch = 2
    rows = [
        {"iteration": 1, "epoch": 0, "loss": 2.0, "train_acc": 0.1, "val_acc": 0.2},
        {"iteration": 2, "epoch": 1, "loss": 0.5, "train_acc": 0.9, "val_acc": 0.8},
        {"iteration": 3, "epoch": 1, "loss": 0.0, "train_acc": None, "val_acc": None},
    ]

    kept = rows[1]

    def measured(self):
        return self.rows[:2]


def test_the_curve_is_against_epochs_and_marks_what_was_kept():
    above, below = pictures.draw_curve(FewRows(), "a run").axes
    np.testing.assert_array_equal(above.lines[0].get_xydata(), [[0.5, 2.0], [1.0, 0.5], [1.5, 0.0]])
    train, val, kept = below.lines
    np.testing.assert_allclose(train.get_xydata(), [[0.5, 10], [1, 90]])
    np.testing.assert_allclose(val.get_xydata(), [[0.5, 20], [1, 80]])
    np.testing.assert_allclose(kept.get_xydata(), [[1, 80]])
    assert below.get_xlabel() == "epoch" and below.get_ylabel() == "accuracy (%)"
    assert 70 < below.get_ylim()[0] < 80 and 100 < below.get_ylim()[1] < 102


def test_the_smoothed_loss_lies_neither_before_nor_behind():
    np.testing.assert_allclose(pictures._smoothed(np.array([1.0, 2, 3, 10]), 1), [1.5, 2, 5, 6.5])


def test_pyplot_is_not_used(tmp_path):
    import subprocess
    import sys

    code = "import layerwise.pictures, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_long_names_of_classes_do_not_run_into_each_other():
    names = ["T-shirt/top", "Trouser", "Pullover", "Ankle boot"]
    figure = pictures.draw_confusion(np.eye(4, dtype=int), names, "title")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == names
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {45.0}
