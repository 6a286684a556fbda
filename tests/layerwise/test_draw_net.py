"""A net's flow: what is in its rows is what the model computes, and its drawing shows every part and branch."""

import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from datasets import load_digits
from layers import Layer, add, affine, chain, relu, residual, tanh
from layerwise import catalogue
from layerwise.drawing import net_flow, net_svg
from layerwise.drawing.net_svg import images, png
from models import Classifier, FullyConnectedNet

DATA = load_digits()
X, y = DATA["X_train"][:16], DATA["y_train"][:16]


def make(name):
    return catalogue.make_model(name, DATA, 0.0, 0)


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_the_rows_hold_what_the_model_computes(name):
    model = make(name)
    flow = net_flow(model, X, y)
    loss, grads = model.loss(X, y)
    assert flow.loss == pytest.approx(loss, rel=1e-6)
    shown = {key: (w, dw) for row in flow.rows for key, w, dw in row.params}
    assert list(shown) == list(grads)
    for key, (w, dw) in shown.items():
        assert w is model.params[key]
        np.testing.assert_array_equal(dw, grads[key])
    for row in flow.rows[:-1]:
        assert row.value.shape == row.grad.shape
    assert flow.rows[0].value.shape == X.shape and flow.rows[-2].value.shape == (16, 10)


def test_the_model_is_left_as_it_was():
    rng = np.random.default_rng(3)
    model = FullyConnectedNet([5], 64, normalization="batchnorm", dropout_keep_ratio=0.5, seed=rng)
    params, state = ({key: array.copy() for key, array in arrays.items()} for arrays in (model.params, model.state))
    generator = rng.bit_generator.state
    net_flow(model, X, y)
    for before, after in ((params, model.params), (state, model.state)):
        for key, array in before.items():
            np.testing.assert_array_equal(array, after[key])
    assert rng.bit_generator.state == generator


def small(net, D=4):
    """A classifier of a net whose affine layers keep D."""
    rng, params = np.random.default_rng(0), {}
    for number, name in enumerate(net.bare_arrays):
        params[f"{'W' if name == 'w' else name}{number // 2 + 1}"] = rng.standard_normal((D, D) if name == "w" else D)
    return Classifier(net, params)


def rows_and_links(net):
    flow = net_flow(small(net), np.random.default_rng(1).standard_normal((3, 4)), np.array([0, 1, 2]))
    return [(row.title.split()[0], row.lane) for row in flow.rows], flow


def test_a_chain_is_a_straight_line():
    rows, flow = rows_and_links(chain(affine, relu, affine))
    assert rows == [("input", 0), ("affine", 0), ("relu", 0), ("affine", 0), ("loss", 0)]
    assert flow.links == [(0, 1, 0), (1, 2, 0), (2, 3, 0), (3, 4, 0)] and flow.num_lanes == 1


def test_a_residual_block_has_a_way_past_it():
    rows, flow = rows_and_links(chain(residual(chain(affine, tanh)), affine))
    assert rows == [("input", 0), ("fork", 0), ("affine", 0), ("tanh", 0), ("sum", 0), ("affine", 0), ("loss", 0)]
    assert (1, 4, 1) in flow.links and (3, 4, 0) in flow.links and flow.num_lanes == 2
    fork = flow.rows[1]
    np.testing.assert_array_equal(fork.grad, flow.rows[0].grad)


def test_nested_branches_have_lanes_of_their_own():
    rows, flow = rows_and_links(chain(add(residual(affine), chain(relu, residual(affine)), tanh), affine))
    titles = "input fork fork affine sum relu fork affine sum tanh sum affine loss".split()
    assert rows == list(zip(titles, [0, 0, 0, 0, 0, 2, 2, 2, 2, 4, 0, 0, 0]))
    assert flow.num_lanes == 5
    ends = [flow.rows[end] for _, end, _ in flow.links]
    assert [sum(row is end for end in ends) for row in flow.rows] == [0, 1, 1, 1, 2, 1, 1, 1, 2, 1, 3, 1, 1]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", catalogue.MODELS)
def test_the_drawing_shows_every_part(name, narrow):
    flow = net_flow(make(name), X, y)
    svg = net_svg(flow, narrow)
    root = ElementTree.fromstring(svg)
    titles = [text.text for text in root.findall(".//{*}text[@class='title']")]
    parts = [row for row in flow.rows if row.kind != "fork"]
    assert titles == ["sum" if row.kind == "sum" else row.title for row in parts]
    assert svg.count('class="bars value"') == svg.count('class="bars grad"') == len(parts) - 1
    assert svg.count("<image") == sum(row.value is not None and row.value.ndim == 4 for row in parts)
    for row in flow.rows:
        for key, _, _ in row.params:
            assert f"|d{key}| " in svg
    assert len(svg) < 100_000


def test_bars_count_values_but_zeros():
    values = np.array([[0.0, 0.0, 1.0, 1.0, 2.0, -1.0]])
    double = Layer(lambda x, w: (values + 0 * x, None), lambda dout, cache: (dout, np.ones(1)), settings=())
    double.name = "fixed"
    flow = net_flow(Classifier(double, {"W1": np.ones(1)}), np.ones((1, 6)), np.array([2]))
    svg = net_svg(flow)
    assert "mean 0.5, 33% zero" in svg
    bars = re.findall(r'class="bars value" d="M\d+ (\d+)([^"]*)Z"', svg)[1]
    heights = [int(bars[0]) - float(top) for top in re.findall(r"V([\d.]+)h", bars[1])]
    assert sorted(filter(None, heights)) == [17, 17, 34]


def test_a_long_name_is_squeezed_into_its_column():
    long = Layer(relu.forward, relu.backward)
    long.name = "a_name_that_is_too_long_for_any_column"
    flow = net_flow(small(chain(affine, long)), np.ones((3, 4)), np.array([0, 1, 2]))
    for narrow in (False, True):
        titles = ElementTree.fromstring(net_svg(flow, narrow)).findall(".//{*}text[@class='title']")
        assert ["textLength" in title.attrib for title in titles] == [False, False, True, False]


@pytest.mark.parametrize("name", ["two_layer", "convnet"])
def test_what_is_not_finite_is_said_and_drawn_without_it(name):
    model = make(name)
    model.params["W1"].flat[[0, 1, 30]] = np.inf, np.nan, 1e38
    flow = net_flow(model, X, y)
    svg = net_svg(flow)
    assert "not finite" in svg and "not finite" in flow.table()
    ElementTree.fromstring(svg)


def test_the_table_fits_a_terminal_and_names_every_part():
    lines = net_flow(make("resnet"), X, y).table().splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split()[0] for line in lines[1:4]] == ["input", "conv", "spatial_batchnorm"]
    assert lines[-1].startswith("loss  ")


def test_feature_maps_are_those_of_the_first_example():
    flow = net_flow(make("three_layer"), X, y)
    conv = flow.rows[1]
    pixels = images(conv)
    assert pixels.shape == (17, 44, 4)  # two rows of five maps of 8 x 8, a pixel apart
    maps = conv.value[0, :10]
    scaled = np.round(255 * (maps - maps.min()) / (maps.max() - maps.min()))
    np.testing.assert_allclose(pixels[9:17, 9:17, 0], scaled[6], atol=1)
    assert (pixels[8] == 0).all() and (pixels[:8, :8, 3] == 255).all()


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (2, 1, 70, 50), (2, 3, 2, 2), (1, 4, 5, 7)])
def test_images_of_all_sizes_become_small_pictures(shape):
    flow = net_flow(small(affine, 4), np.zeros((3, 4)), np.array([0, 1, 2]))
    row = flow.rows[0]
    row.value = np.random.default_rng(0).standard_normal(shape)
    H, W, _ = images(row).shape
    assert H <= 32 * 2 + 1 and W <= 32 * 5 + 4


def test_png_is_what_a_reader_of_png_reads():
    reader = pytest.importorskip("matplotlib.image")
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    read = reader.imread(io.BytesIO(png(pixels)), format="png")
    np.testing.assert_array_equal(np.round(255 * read).astype(np.uint8), pixels)


def test_a_model_without_a_net_is_refused():
    class Bare:
        params = {"W1": np.ones(2)}

    with pytest.raises(TypeError, match="Bare has no net"):
        net_flow(Bare(), X, y)
