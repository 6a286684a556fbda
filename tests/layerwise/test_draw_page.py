"""The pages of circuits and of nets in a browser: by key, by button, and with inputs changed."""

import re

import numpy as np
import pytest

from datasets import load_digits
from layerwise import catalogue
from layerwise.drawing import circuit, circuit_page, net_flow, net_page
from layerwise.drawing.gates import GATES
from layerwise.drawing.text import number
from tests.browser import DESK, PHONE, assert_fits, opened

EVERY_GATE = (
    "relu(x) * tanh(y) + sigmoid(x) + abs(y) - max(x, y) * min(x, z) / log(z) + sqrt(z) + exp(x)**3 - relu(y)**-2 * y"
    " + 1 / z - max(y, 0) + 3 - (2 - x) ** 0.5"
)


@pytest.fixture
def shown(tmp_path):
    """Write a page, and give its path."""

    def write(html):
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        return path

    return write


def label(page, name, wire):
    return page.locator(f'text.{name}[data-wire="{wire}"]').text_content().replace("\u2212", "-")


def step(page):
    return re.sub("\n+", "\n", page.locator("#step").inner_text()).replace("\u2212", "-")


def keys(page, *pressed):
    for key in pressed:
        page.keyboard.press(key)


def test_by_keys_forward_and_back_through_the_circuit_of_the_notes(shown, opened):
    with opened(shown(circuit_page(circuit("(x + y) * z", x=-2, y=5, z=-4)))) as page:
        assert [label(page, "value", wire) for wire in range(5)] == ["-2", "5", "3", "-4", "-12"]
        assert [label(page, "grad", wire) for wire in range(5)] == ["-4", "-4", "-4", "3", "1"]
        keys(page, "ArrowRight")
        assert "q = x + y = (-2) + 5 = 3" in step(page)
        assert [label(page, "value", wire) for wire in range(5)] == ["-2", "5", "3", "-4", ""]
        assert [label(page, "grad", wire) for wire in range(5)] == [""] * 5
        assert page.locator(".gate.now").get_attribute("data-wire") == "2"
        keys(page, "ArrowRight", "ArrowRight")
        assert [label(page, "grad", wire) for wire in range(5)] == ["", "", "", "", "1"]
        keys(page, "ArrowRight")
        said = "to q: local gradient \u2202f/\u2202q = z = -4, times upstream \u2202f/\u2202f = 1: -4 \u00d7 1 = -4"
        assert said in step(page)
        assert [label(page, "grad", wire) for wire in range(5)] == ["", "", "-4", "3", "1"]
        keys(page, "ArrowRight")
        said = "to x: local gradient \u2202q/\u2202x = 1, times upstream \u2202f/\u2202q = -4: 1 \u00d7 (-4) = -4"
        assert said in step(page)
        assert page.locator("#next").is_disabled() and page.locator("#count").inner_text() == "step 5 of 5"
        keys(page, "ArrowRight", "ArrowLeft", "ArrowLeft")
        assert page.locator("#count").inner_text() == "step 3 of 5"
        keys(page, "Home")
        assert page.locator("#back").is_disabled() and "The whole circuit" in step(page)
        keys(page, "End")
        page.locator("#back").click()
        assert page.locator("#count").inner_text() == "step 4 of 5"
        assert page.troubles == []


def test_an_input_moves_and_the_output_by_about_h_times_the_gradient(shown, opened):
    with opened(shown(circuit_page(circuit("(x + y) * z * z", x=-2, y=5, z=-4))), PHONE) as page:
        assert_fits(page)
        page.get_by_label("z, as a number").fill("-3.9")
        assert page.locator("#predicted").inner_text() == "\u22122.4"  # 0.1 * 2 (x + y) z
        assert page.locator("#really").inner_text() == "\u22122.37"  # 3 * (3.9 ** 2 - 4 ** 2)
        assert label(page, "value", 3) == "-3.9" and label(page, "grad", 0) == "15.21"
        assert "off by 0.03" in page.locator("#verdict").inner_text()
        page.get_by_text("Start from here").click()
        page.get_by_label("x, by a slider").focus()
        keys(page, "ArrowRight")  # in a slider, an arrow moves the slider, not the step
        assert page.locator("#count").inner_text() == "all 7 steps"
        moved = float(page.get_by_label("x, as a number").input_value()) + 2
        assert 0 < moved < 0.1
        assert float(page.locator("#predicted").inner_text()) == pytest.approx(moved * 15.21, rel=1e-3)
        assert float(page.locator("#really").inner_text()) == pytest.approx(moved * 15.21, rel=1e-3)
        page.get_by_text("Back to the first values").click()
        assert page.locator("#predicted").inner_text() == "0" and label(page, "value", 3) == "-4"
        page.get_by_label("z, as a number").fill("")
        assert label(page, "value", 3) == "-4"
        assert_fits(page)
        assert page.troubles == []


def test_where_a_value_branches_the_page_adds_up(shown, opened):
    with opened(shown(circuit_page(circuit("log(x) * x", x=2)))) as page:
        keys(page, "End")
        shares = [text.text_content() for text in page.locator("[data-branch]").all()]
        assert shares == ["1", "0.69"] and label(page, "grad", 0) == "1.69"
        assert "x branches, and its gradients add up: 0.69 so far, and with this one 1.69." in step(page)
        page.get_by_label("x, as a number").fill("-1")
        assert page.locator("#really").inner_text() == "\u2014"
        assert "no finite value" in page.locator("#verdict").inner_text()
        assert page.troubles == []


def test_the_page_computes_what_python_computes_for_every_gate(shown, opened):
    drawn = circuit(EVERY_GATE, x=0.7, y=1.3, z=2.2)
    assert {wire.gate for wire in drawn.wires} == {None, *GATES}
    draws = np.random.default_rng(0).standard_normal(400) * 10.0 ** np.random.default_rng(1).integers(-7, 8, 400)
    amounts = [0.0, 1.0, -12.0, 0.1, 0.01, 1e-3, 1e5, 99999.7, 1e300, *draws.tolist()]
    with opened(shown(circuit_page(drawn))) as page:
        state = page.evaluate("run(base)")
        np.testing.assert_allclose(state["values"], drawn.values, rtol=1e-13)
        np.testing.assert_allclose(state["grads"], drawn.wire_grads, rtol=1e-13)
        for local, ours in zip(state["locals"], drawn.local):
            np.testing.assert_allclose(local or [], ours, rtol=1e-13)
        assert page.evaluate("amounts => amounts.map(number)", amounts) == [number(amount) for amount in amounts]
        for _ in range(2 * len(drawn.wires)):
            keys(page, "ArrowRight")
        assert page.troubles == []


@pytest.fixture(scope="module")
def flow():
    data = load_digits()
    return net_flow(catalogue.make_model("resnet", data, 0.0, 0), data["X_train"][:8], data["y_train"][:8])


@pytest.mark.parametrize("viewport, kind", [(PHONE, "narrow"), (DESK, "wide")], ids=["phone", "desk"])
def test_by_keys_through_a_net(shown, opened, flow, viewport, kind):
    count = len(flow.rows)
    with opened(shown(net_page(flow)), viewport) as page:
        assert_fits(page)
        visible = page.locator(f".net.{kind} .backward:visible")
        assert page.locator(".net:visible").count() == 1
        everything = visible.count()
        keys(page, "ArrowRight", "ArrowRight")
        assert step(page).startswith("Forward: conv\nconv takes x of shape (8, 1, 8, 8) to (8, 16, 8, 8)")
        assert page.locator(f".net.{kind} .forward:not(.hidden)").count() == 2
        assert page.locator(f".net.{kind} .backward:not(.hidden)").count() == 0
        assert not page.get_by_text("|dW1|").locator("visible=true").count()
        for _ in range(count):
            keys(page, "ArrowRight")
        assert page.locator("#count").inner_text() == f"step {count + 2} of {2 * count}"
        assert re.search(r"Backward: affine\n.*dout.*\n.*dx = dout W.*\ndW7 has norm", step(page))
        assert page.locator(f".net.{kind} .backward:not(.hidden)").count() == 1  # the loss has none
        keys(page, *["ArrowRight"] * 12)
        box = page.locator(f".net.{kind} .row.now").bounding_box()
        header = page.locator("header").bounding_box()
        assert header["y"] + header["height"] <= box["y"] + 1 and box["y"] + box["height"] <= viewport["height"] + 1
        keys(page, "End")
        assert page.locator(f".net.{kind} .backward:not(.hidden)").count() == everything
        assert_fits(page)
        assert page.troubles == []


def test_a_page_needs_nothing_else_and_holds_no_tag_that_was_not_meant(flow):
    for html in (net_page(flow), circuit_page(circuit("(x + y) * z", x=1, y=2, z=3))):
        assert not re.search(r'(src|href)="(?!data:)', html) and "@import" not in html
        assert html.count("<script") == 2 == html.count("</script>")
