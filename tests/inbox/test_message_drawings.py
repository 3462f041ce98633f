"""What a message looks like on a phone of 360 px: how high it is, and what its first line says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from browser import Browser, Page
from events import SAMPLES, event
from inbox_client import Client
from kinds import render
from runners import require

from tocsin.event import Event
from tocsin.inbox import Inbox

TOP = "document.querySelector('.drawing').getBoundingClientRect().top"
HEIGHT = "document.querySelector('.drawing').getBoundingClientRect().height"
FIRST_LINK = f"document.querySelector('.drawing a').getBoundingClientRect().bottom - {TOP}"
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll('.detail, .drawing *')].some(node => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline')"
NAMES = ("payments-service-eu1", "checkout-api-gateway", "notification-service", "Payments Service App")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(require("chromium")) as browser:
        yield browser


def drawn(browser: Browser, kind: str, happening: Event, *, dark: bool = False) -> Page:
    """The inbox on a phone, at one message."""
    with Inbox() as inbox:
        Client(inbox).post(kind, render(kind, happening))
        page = browser.open(inbox.url + "#1", width=360, height=740, dark=dark)
        page.until("document.querySelector('.drawing')")
        return page


def lines(page: Page, selector: str, text: str) -> Any:
    """The number of lines that a text takes up in what is drawn."""
    return page.value(
        f"""(() => {{
            const node = document.querySelector({selector!r}).firstChild, range = document.createRange();
            range.setStart(node, 0); range.setEnd(node, node.data.indexOf({text!r}) + {len(text)});
            return new Set([...range.getClientRects()].map(each => Math.round(each.bottom / 8))).size;
        }})()"""
    )


@pytest.mark.parametrize(
    ("name", "height"),
    [("failure-cd", 340), ("failure-ci-log", 400), ("success-cd", 220), ("trigger-cd", 220), ("fixed-ci-history", 220)],
)
def test_a_message_is_no_longer_than_it_must_be(browser: Browser, name: str, height: int) -> None:
    page = drawn(browser, "slack", SAMPLES[name])
    assert page.value(HEIGHT) <= height
    assert page.value(FIRST_LINK) <= 260
    assert page.troubles == []


@pytest.mark.parametrize("word", ["failure", "trigger", "waiting"])
def test_the_outcome_and_the_application_are_on_the_first_line(browser: Browser, word: str) -> None:
    for name in NAMES:
        page = drawn(browser, "slack", event({"event": word, "kind": "cd", "app": name, "environment": "production"}))
        assert lines(page, ".drawing .header", name) == 1, name


def test_the_drawing_has_the_sizes_of_slack_s_own(browser: Browser) -> None:
    page = drawn(browser, "slack", SAMPLES["failure-ci-log"])
    sizes = {
        selector: page.value(f"getComputedStyle(document.querySelector('.drawing {selector}')).fontSize")
        for selector in (".header", ".text", "pre", ".context")
    }
    assert sizes == {".header": "18px", ".text": "15px", "pre": "12px", ".context": "12px"}


@pytest.mark.parametrize("kind", ["slack", "discord", "google_chat"])
def test_every_part_is_drawn_as_its_service_shows_it(browser: Browser, kind: str) -> None:
    page = drawn(browser, kind, SAMPLES["still-failing-ci-4th"], dark=True)
    shown = page.value("document.querySelector('.drawing').innerText")
    assert "❌ Still failing (4th): payments on main" in shown
    assert page.value("document.querySelector('.drawing pre').textContent").endswith("\n  assert Decimal('0.13') == Decimal('0.12')")
    assert "02:41 UTC" in shown if kind == "google_chat" else "2:41" in shown
    assert "UTC" not in shown or kind == "google_chat"
    assert not [mark for mark in ("```", "**", "](", "\\", "&", "<t:", "{time}") if mark in shown]
    links = page.value("[...document.querySelectorAll('.drawing a')].map(link => link.textContent)")
    assert {"Open failed step", "Compare", "#126", "Pin the rounding mode"} <= set(links)
    assert not page.value(SIDEWAYS)
    assert page.troubles == []


@pytest.mark.parametrize("kind", ["slack", "discord"])
def test_a_day_is_said_in_the_reader_s_words(browser: Browser, kind: str) -> None:
    shown = drawn(browser, kind, SAMPLES["broken-ci-changes"]).value("document.querySelector('.drawing').innerText")
    assert re.search(r"(Nov\w* 22|22 Nov\w*),? 2026", shown)
    assert re.search(r"\b(5:02 PM|17:02)\b", shown)
