"""The picture of a flow shows what was measured; how it looks is for eyes."""

import numpy as np
import pytest

from layerwise.flow import Flow
from models import FullyConnectedNet
from solvers import Solver

pictures = pytest.importorskip("layerwise.flow_pictures")
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((30, 6)), np.arange(30) % 3
DATA = {"X_train": X, "y_train": Y, "X_val": X, "y_val": Y}


def flow_of(scale, moments=3, depth=2):
    model = FullyConnectedNet([5] * depth, input_dim=6, num_classes=3, weight_scale=scale, seed=0)
    flow = Flow(X, Y, every=2, names=("relu",))
    flow.record(model)
    epochs = 2 * (moments - 1)
    Solver(model, DATA, num_epochs=epochs, batch_size=30, verbose=False, seed=0, on_iteration=[flow]).train()
    assert len(flow.moments) == moments
    return flow


def drawn(figure):
    """The axes with panels, without those of the colour bars."""
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def test_one_net_has_six_panels():
    flow = flow_of("he")
    figure = pictures.draw_flow({"he": flow}, "a run")
    titles = [axes.get_title(loc="left") for axes in drawn(figure)]
    assert titles == [
        "size of the activations", "size of the gradients", "std of the activations", "norm of the gradients",
        "share of dead units", "loss",
    ]  # fmt: skip
    assert "a run" in figure.get_suptitle()
    labels = [label.get_text() for label in drawn(figure)[0].get_yticklabels()]
    assert labels == ["relu 1", "relu 2"]


def test_several_nets_stand_side_by_side_under_their_names():
    figure = pictures.draw_flow({"small": flow_of(1e-3), "large": flow_of(3.0), "he": flow_of("he")}, "a run")
    axes = drawn(figure)
    assert len(axes) == 18
    assert [one.get_title(loc="left").split("\n")[0] for one in axes[:3]] == ["small", "large", "he"]
    assert len({one.get_xlim() for one in axes[:3]}) == len({one.get_xlim() for one in axes[3:6]}) == 1


@pytest.mark.parametrize(
    "panel, of, name", [(2, "activations", "std"), (3, "gradients", "norm"), (4, "activations", "dead")]
)
def test_the_colours_are_the_figures_over_time(panel, of, name):
    flow = flow_of("he")
    mesh = drawn(pictures.draw_flow({"he": flow}, "a run"))[panel].collections[0]
    np.testing.assert_allclose(mesh.get_array(), flow.figures(of, name).T, rtol=1e-12)
    assert mesh.get_coordinates()[0, :, 0].tolist() == [0, 2, 4, 6]


def test_the_loss_is_that_of_the_moments_and_a_run_that_ended_at_once_does_not_flatten_it():
    he, large = flow_of("he"), flow_of(1e3, moments=1)
    he_axes, large_axes = drawn(pictures.draw_flow({"he": he, "large": large}, "a run"))[-2:]
    np.testing.assert_allclose(he_axes.lines[0].get_ydata(), [moment.loss for moment in he.moments])
    assert large.moments[0].loss > 100 and large_axes.get_ylim()[1] < 5


def test_nets_of_different_depth_and_nets_of_nothing_but_zeros_are_drawn(tmp_path):
    figure = pictures.draw_flow({"deep": flow_of("he", depth=4), "zeros": flow_of(0.0)}, "a run")
    figure.savefig(tmp_path / "flow.png")
    assert [len(axes.get_yticks()) for axes in drawn(figure)[:2]] == [4, 2]
