"""The picture of a set shows the first examples of each class; how it looks is for eyes."""

import numpy as np
import pytest

montage = pytest.importorskip("layerwise.montage")


@pytest.mark.parametrize("K, blocks, C", [(2, 1, 1), (2, 1, 2), (25, 1, 3), (26, 2, 3), (100, 4, 3)])
def test_a_row_for_each_class_in_blocks(K, blocks, C):
    y = np.tile(np.arange(K), 5)
    images = np.zeros((5 * K, C, 4, 6)) + (y / K)[:, None, None, None]
    figure = montage.draw_montage(images, y, [f"class {k}" for k in range(K)], "a set")
    assert len(figure.axes) == blocks and figure.get_suptitle() == "a set"
    assert [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()] == [
        f"class {k}" for k in range(K)
    ]
    label = 0
    columns = 16 // blocks
    for axes in figure.axes:
        shown = axes.images[0].get_array()
        assert shown.shape[1:] == (columns * 7, 3)
        for row, tick in enumerate(axes.get_yticks()):
            assert 5 * row <= tick <= 5 * row + 4
            for column in range(columns):
                cell = shown[5 * row : 5 * row + 4, 7 * column : 7 * column + 6]
                np.testing.assert_allclose(cell, label / K if column < 5 else 1)
            label += 1
    assert label == K
