import pytest

from benchmarks.picture import FASTER, SLOWER, draw_ratios
from benchmarks.timing import Spread

GROUPS = {
    "Steps": [("a", Spread(1.5, 2.0, 2.5), 1.2), ("b", Spread(0.4, 0.5, 0.6), None)],
    "Layers": [("c", Spread(0.9, 1.0, 1.1), 0.8)],
}


@pytest.fixture
def figure():
    return draw_ratios(GROUPS, "a machine")


def test_bars_go_from_one_to_the_ratio(figure):
    above, below = figure.axes
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in above.patches]
    assert bars == [(1, 2), (1, 0.5)]
    colors = [bar.get_facecolor() for bar in above.patches]
    assert colors[0] != colors[1]
    assert len({FASTER, SLOWER}) == 2
    assert [label.get_text() for label in above.get_yticklabels()] == ["a", "b"]
    assert (above.get_title(loc="left"), below.get_title(loc="left")) == ("Steps", "Layers")


def test_quartiles_targets_and_the_one_are_lines(figure):
    lines = [tuple(line.get_xdata()) for line in figure.axes[0].lines]
    assert lines == [(1.5, 2.5), (1.2, 1.2), (0.4, 0.6), (1, 1)]


def test_it_can_be_saved(figure, tmp_path):
    figure.savefig(tmp_path / "ratios.png")
    assert (tmp_path / "ratios.png").stat().st_size > 10_000
    assert "a machine" in figure.get_suptitle()
