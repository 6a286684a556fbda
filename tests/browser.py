"""A headless Chromium that tests open pages with."""

import shutil
from contextlib import contextmanager

import pytest

NAMES = "chromium", "chromium-browser", "google-chrome"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def opened():
    """Give the tests of a module that import it one browser: ``with opened(path, PHONE) as page``.

    A page is opened from disk, without a network, with storage of its own. It is Playwright's; what went wrong stands
    in page.troubles. Skips the test where no Chromium is installed.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])

        @contextmanager
        def opened(path, viewport=DESK):
            with browser.new_context(viewport=viewport, offline=True) as context:
                page = context.new_page()
                page.troubles = []
                page.on("console", lambda said: said.type in ("error", "warning") and page.troubles.append(said.text))
                page.on("pageerror", lambda error: page.troubles.append(str(error)))
                page.on("requestfailed", lambda request: page.troubles.append(f"failed: {request.url}"))
                page.goto(path.resolve().as_uri())
                yield page

        yield opened
        browser.close()


def assert_fits(page):
    """Every picture has loaded, and nothing needs to be scrolled sideways but what scrolls in a box of its own."""
    broken = page.evaluate("[...document.images].filter(i => !(i.complete && i.naturalWidth)).map(i => i.alt)")
    assert broken == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
