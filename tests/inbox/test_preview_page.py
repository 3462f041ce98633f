"""The preview's page in a real browser: every message drawn, in both schemes and on a phone, and hostile text as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, Page
from inprocess import CASES, run
from runners import require

POLICY = (CASES / "preview" / "policy.yml").read_bytes()
MARKUP = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(require("chromium")) as browser:
        yield browser


def show(browser: Browser, folder: Path, fragment: str, *words: str, width: int = 1400) -> Page:
    answer = run("preview", *words, "--html", "page.html", "--policy", "-", folder=folder, stdin=POLICY)
    assert answer.code == 0, answer.err
    page = browser.open(f"{(folder / 'page.html').as_uri()}#{fragment}", width=width)
    page.until("document.querySelector('#sections').children.length > 0")
    return page


def test_each_channel_s_message_is_drawn_light_dark_and_on_a_phone(browser: Browser, tmp_path: Path):
    page = show(browser, tmp_path, "event=broken")
    assert page.value("document.querySelectorAll('section').length") == 2
    drawn = page.value(
        "[...document.querySelectorAll('figure')].map(node => [node.dataset.channel, node.querySelectorAll('.drawing').length])"
    )
    assert drawn == [["team", 3], ["ops", 3], ["mail", 3], ["team", 3], ["room", 3], ["audit", 3]]
    colours = page.value(
        "[...document.querySelectorAll('figure:first-of-type .view')].slice(0, 3).map(node => getComputedStyle(node).backgroundColor)"
    )
    assert colours[0] == colours[2] != colours[1]
    assert page.value("document.querySelector('.view.phone').getBoundingClientRect().width") == 360
    assert "Broken: payments on main" in page.value("document.querySelector('.view.phone').innerText")
    assert page.value("[...document.querySelectorAll('iframe')].every(frame => !frame.sandbox.contains('allow-scripts') && frame.srcdoc)")
    assert page.troubles == []


def test_a_choice_narrows_the_page(browser: Browser, tmp_path: Path):
    page = show(browser, tmp_path, "channel=ops&view=night")
    assert page.value("[...new Set([...document.querySelectorAll('figure')].map(node => node.dataset.channel))]") == ["ops"]
    assert page.value("document.querySelector('.view').className") == "view phone dark"
    page.value(
        "(() => { const event = document.querySelector('#event'); event.value = 'fixed'; event.dispatchEvent(new Event('change')); })()"
    )
    assert page.value("[...document.querySelectorAll('section')].map(node => node.dataset.event)") == ["fixed"]


def test_a_page_without_a_message_says_so(browser: Browser, tmp_path: Path):
    page = show(browser, tmp_path, "", "--event", "waiting", "--environment", "stage")
    assert page.value("document.querySelector('.none').textContent") == "Nothing would be sent."


def test_hostile_text_is_drawn_as_text(browser: Browser, tmp_path: Path):
    page = show(browser, tmp_path, "", "--event", "failure", "--app", MARKUP)
    assert page.value("document.title") == "tocsin preview"
    assert page.value("document.querySelectorAll('body img, body script:not([type])').length") == 2  # the page's own scripts
    assert "<img src=x" in page.value("document.querySelector('h2').textContent")
    assert page.troubles == []


def test_a_narrow_window_never_scrolls_sideways(browser: Browser, tmp_path: Path):
    page = show(browser, tmp_path, "", "--event", "failure", "--app", "x" * 300, width=390)
    assert not page.value("document.documentElement.scrollWidth > innerWidth")
