import numpy as np
import pytest

from benchmarks import course_im2col, layer_table
from benchmarks.agreement import Disagreement
from benchmarks.layer_table import CONVOLUTIONS, OTHERS, Case, OurLayer
from benchmarks.layer_table import compare, conv_case, kernel_name, lay, make_inputs
from benchmarks.timing import Effort
from layers import affine, conv, relu, softmax_loss

TINY = Effort(2, 0, (np.float32,))
CONV = conv_case("tiny", 2, 3, 6, 4, 3, stride=2)


def sides_of(case, dtype=np.float32):
    """Our layer in all roles."""
    x, args, dout = make_inputs(case, dtype)
    layouts = ("NCHW", "channels last") if x.ndim == 4 else ("NCHW",)
    sides = {
        f"{who}, {layout}": OurLayer(case.layer, lay(x, layout), args, lay(dout, layout))
        for layout in layouts
        for who in ("PyTorch", "ours")
    }
    if case.layer is conv:
        sides["course"] = OurLayer((course_im2col.forward, course_im2col.backward), x, args, dout)
    return sides


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(layer_table, "peak", lambda dtype: 1e9)


@pytest.mark.parametrize("dtype, target", [(np.float32, 0.8), (np.float64, 1.9)])
def test_a_convolution_has_a_row_for_each_pass(dtype, target):
    forward, backward = compare(CONV, np.dtype(dtype), sides_of(CONV, dtype), TINY)
    assert (forward["pass"], backward["pass"]) == ("forward", "backward")
    assert list(forward) == list(backward)
    for row in (forward, backward):
        assert row["dtype"] == np.dtype(dtype).name
        assert row["target"] == target
        assert row["kernel"] == kernel_name(CONV) == "examples_last"
        assert row["difference"] < 1e-5
        assert None not in row.values()
    x, w, b, columns = 2 * 3 * 6 * 6, 4 * 3 * 9, 4, 3 * 9 * 3 * 3 * 2
    assert forward["held"] == (x + w + b) * np.dtype(dtype).itemsize / 2**20
    assert forward["course held"] - forward["held"] == pytest.approx(columns * np.dtype(dtype).itemsize / 2**20)
    operations = 2 * (2 * 4 * 3 * 3) * (3 * 9)
    for row, share in ((forward, 1), (backward, 2)):
        assert row["of peak"] * 1e9 * row["our ms"].median / 1e3 == pytest.approx(share * operations)


@pytest.mark.parametrize("case, has_operations", [
    (Case("relu", relu, (2, 3, 4, 4)), False),
    (Case("affine", affine, (5, 6), ((6, 7), (7,))), True),
])  # fmt: skip
def test_other_layers_have_neither_target_nor_kernel(case, has_operations):
    for row in compare(case, np.dtype(np.float32), sides_of(case), TINY):
        assert row["target"] is row["kernel"] is row["course / ours"] is row["held"] is None
        assert (row["of peak"] is not None) == has_operations
        assert (row["our layout"] is None) == (len(case.x) == 2)


def test_each_side_counts_in_its_faster_layout(monkeypatch):
    seconds = {
        "PyTorch, NCHW": [0.6, 0.6, 0.6], "PyTorch, channels last": [0.9, 0.9, 0.9], "course": [0.3, 0.4, 0.5],
        "ours, NCHW": [0.4, 0.5, 0.6], "ours, channels last": [0.1, 0.2, 0.3],
    }  # fmt: skip
    arrays = {name: np.array(values) for name, values in seconds.items()}
    monkeypatch.setattr(layer_table, "interleave", lambda sides, effort: arrays)
    row, _ = compare(CONV, np.dtype(np.float32), sides_of(CONV), TINY)
    assert (row["PyTorch layout"], row["our layout"]) == ("NCHW", "channels last")
    assert (row["PyTorch ms"].median, row["our ms"].median) == (600, 200)
    assert row["ratio"] == pytest.approx((2.5, 3, 4.5))  # of the ratios 6, 3 and 2 of the rounds
    assert row["course / ours"].median == 2


def test_different_results_are_refused():
    sides = sides_of(CONV)
    sides["course"].args = (sides["course"].args[0], sides["course"].args[1] + 1, sides["course"].args[2])
    with pytest.raises(Disagreement, match="conv tiny, float32: result 0"):
        list(compare(CONV, np.dtype(np.float32), sides, TINY))


def test_losses_are_compared_in_one_row(monkeypatch):
    class Loss:
        def __init__(self, x, y):
            self.x, self.y = x, y

        def forward_and_backward(self):
            return softmax_loss(self.x, self.y)

        def results(self):
            return [np.asarray(result, self.x.dtype) for result in self.forward_and_backward()]

    monkeypatch.setattr(layer_table, "TorchLoss", Loss)
    row = layer_table.compare_losses((4, 3), np.dtype(np.float32), TINY)
    assert (row["layer"], row["pass"], row["difference"]) == ("softmax_loss, (4, 3)", "both", 0)


def test_all_rows_have_one_order_of_columns(monkeypatch):
    monkeypatch.setattr(layer_table, "CONVOLUTIONS", (CONV,))
    monkeypatch.setattr(layer_table, "OTHERS", (Case("relu", relu, (2, 3, 4, 4)),))
    monkeypatch.setattr(layer_table, "LOSSES", ())
    monkeypatch.setattr(layer_table, "TorchLayer", lambda layer, x, args, dout, layout: OurLayer(layer, x, args, dout))
    rows = list(layer_table.rows(TINY))
    assert [(row["layer"], row["pass"]) for row in rows] == [
        ("conv tiny", "forward"), ("conv tiny", "backward"), ("relu", "forward"), ("relu", "backward")
    ]  # fmt: skip
    assert len({tuple(row) for row in rows}) == 1


@pytest.mark.parametrize("case", [*CONVOLUTIONS, *OTHERS], ids=lambda case: case.name)
def test_every_case_works_with_two_examples(case):
    small = Case(case.name, case.layer, (2, *case.x[1:]), case.arrays, case.settings)
    x, args, dout = make_inputs(small, np.float32)
    out, dx, *_ = OurLayer(case.layer, x, args, dout).results()
    assert out.shape == dout.shape and dx.shape == x.shape
    assert out.dtype == dx.dtype == np.float32


def test_the_layouts_hold_the_same_numbers():
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    for layout, strides in (("NCHW", (192, 96, 32, 8)), ("channels last", (192, 8, 64, 16))):
        np.testing.assert_array_equal(lay(x, layout), x)
        assert lay(x, layout).strides == strides
    assert lay(np.ones((3, 2)), "channels last").flags.c_contiguous


def test_inputs_are_the_same_at_every_call():
    for first, second in zip(make_inputs(CONV, np.float32)[0], make_inputs(CONV, np.float32)[0], strict=True):
        np.testing.assert_array_equal(first, second)
