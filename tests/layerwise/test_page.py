"""The page of a run, as a browser shows it."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from layerwise import catalogue
from layerwise.__main__ import main
from layerwise.page import write_page
from layerwise.watch import watched_layers

from ..browser import DESK, PHONE, assert_fits, opened

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>'


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on the digits, with pictures; what it printed, too."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    with pytest.MonkeyPatch.context() as patch:
        printed = []
        patch.setattr("builtins.print", lambda *words, **_: printed.append(" ".join(map(str, words))))
        assert main(["train", "--epochs", "3", "--out", str(folder)]) == 0
    return folder, printed


def contrast(page, selector):
    """The contrast of an element's text with what is behind it (WCAG 2)."""
    colors = page.evaluate(
        """selector => {
            let element = document.querySelector(selector), color = getComputedStyle(element).color, ground
            for (; element; element = element.parentElement) {
                ground = getComputedStyle(element).backgroundColor
                if (ground != "rgba(0, 0, 0, 0)") break
            }
            return [color, ground]
        }""",
        selector,
    )
    light = []
    for color in colors:
        channels = np.array([int(part) for part in re.findall(r"\d+", color)[:3]]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        light.append(linear @ [0.2126, 0.7152, 0.0722])
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_opens_from_disk_shows_all_pictures_and_fits(run, viewport, opened):
    folder, _ = run
    with opened(folder / "report.html", viewport) as page:
        assert_fits(page)
        pictures = page.evaluate("[...document.images].map(i => [i.alt, i.naturalWidth > 400])")
        assert pictures == [
            ["Loss and accuracy, by epoch", True],
            ["Confusion matrix of the test set", True],
            ["Mistakes on the test set", True],
            ["Filters of the first layer", True],
        ]
        page.click("summary")
        assert_fits(page)
        assert page.troubles == []


def test_text_stands_out_in_light_and_dark_and_the_keyboard_reaches_what_scrolls_or_opens(run, opened):
    folder, _ = run
    with opened(folder / "report.html", PHONE) as page:
        grounds = set()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for selector in ("h1", "p.quiet", ".tiles .label", ".tiles strong", "th", "td", "summary"):
                assert contrast(page, selector) >= 4.5, (scheme, selector)
            grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert len(grounds) == 2
        reached = set()
        for _ in range(20):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.className || document.activeElement.tagName"))
        assert {"scroll", "SUMMARY"} <= reached
        assert page.evaluate("[...document.querySelectorAll('.scroll')].every(box => box.tabIndex === 0)")


def test_the_page_says_what_the_run_printed(run, opened):
    folder, printed = run
    with opened(folder / "report.html") as page:
        text = page.inner_text("body")
        rows = page.evaluate("[...document.querySelectorAll('tr')].map(r => [...r.cells].map(c => c.textContent))")
    accuracy = re.search(r"Test accuracy (\S+%) \((\d+ of 360)\)", "\n".join(printed))
    assert accuracy[1] in text and accuracy[2] in text
    epoch = re.search(r"by the parameters of epoch (\d+) ", "\n".join(printed))[1]
    assert f"of the model that was kept, of epoch {epoch}, the best of the last quarter" in text
    head = ["layer", "output", "parameters", "gradient norm", "change", "never fire"]
    assert head in rows  # no net here has a layer that saturates
    by_layer = {row[0]: row[1:] for row in rows}
    assert by_layer["conv1"][:2] == ["16 x 8 x 8", "160"] and re.fullmatch(r"\d\.\de-0\d", by_layer["conv1"][3])
    assert by_layer["relu1"][:2] == ["16 x 8 x 8", "-"] and re.fullmatch(r"\d+%", by_layer["relu1"][4])
    assert by_layer["affine2"][0] == "10"
    assert by_layer["schedule"] == ["exponential:0.8"] and by_layer["numpy"] == [np.__version__]
    assert [row for row in rows if row[0] == "3" and len(row) == 5]  # the epoch


def test_a_quiet_run_on_the_digits_finds_nothing(run):
    folder, printed = run
    assert "Nothing." in (folder / "report.html").read_text()
    assert not [line for line in printed if re.match(r"epoch \d+: ", line)]


def test_what_looked_wrong_is_on_the_page_and_was_printed(tmp_path, capsys):
    run = ["--data", "spirals", "--epochs", "1", "--lr", "1e-7", "--out", str(tmp_path / "run")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "layerwise.pictures", None)
        assert main(["train", *run]) == 0
    words = r"^epoch 1: affine1: one step changes W1 by .*: raise the learning rate$"
    said = re.findall(words, capsys.readouterr().out, re.M)
    assert len(said) == 1
    assert said[0] in (tmp_path / "run" / "report.html").read_text()


def test_hostile_names_are_shown_as_they_are_and_a_run_without_a_whole_epoch_too(tmp_path, opened):
    data = catalogue.DATA["spirals"]()
    model = catalogue.make_model("fc", data, 0.0, 0)
    row = {"iteration": 1, "epoch": 0, "loss": 2.5, "train_acc": 0.1, "val_acc": 0.125}
    history = SimpleNamespace(kept=row, rows=[row])
    watch = SimpleNamespace(rows=[], layers=watched_layers(model.net, model.params), example=data["X_train"][:1])
    config = {
        "model": "fc", "data": HOSTILE, "num_parameters": 7, "lr": 0.1, "epochs": 1, "batch_size": 3, "seed": 0,
        "update_rule": HOSTILE, "patience": None, HOSTILE: HOSTILE, "versions": {HOSTILE: HOSTILE},
    }  # fmt: skip
    counts = np.array([[3, 1], [0, 0]])
    write_page(config, {}, counts, [HOSTILE, "$title"], history, watch, model, [HOSTILE], tmp_path / "page.html")
    with opened(tmp_path / "page.html", PHONE) as page:
        assert_fits(page)
        assert page.evaluate("[document.images.length, document.scripts.length]") == [0, 0]
        text = page.inner_text("body")
        assert text.count(HOSTILE) == 10 and "$title" in text
        assert page.title() == f"fc on {HOSTILE}"
        assert page.troubles == []
