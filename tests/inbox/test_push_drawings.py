"""The policy's own payloads for Telegram and ntfy, as the page draws them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import Browser
from inbox_client import Client
from runners import require

from tocsin.inbox import Inbox

KEYBOARD = {"inline_keyboard": [[{"text": "Run 7", "url": "https://ci.example.com/7"}]]}
TELEGRAM: dict[str, Any] = {"chat_id": 1, "reply_markup": KEYBOARD}
CASES: list[tuple[str, dict[str, Any], str]] = [
    (
        "telegram",
        {**TELEGRAM, "text": "<strong>a</strong> <code>b</code> &lt;", "parse_mode": "HTML"},
        "<strong>a</strong> <code>b</code> &lt;",
    ),
    ("telegram", {**TELEGRAM, "text": r"*a* `b` \*c\*", "parse_mode": "MarkdownV2"}, "<b>a</b> <code>b</code> *c*"),
    ("telegram", {**TELEGRAM, "text": "<b>a</b> *b*"}, "&lt;b&gt;a&lt;/b&gt; *b*"),
    ("ntfy", {"topic": "b", "message": r"**a** \*c\*", "markdown": True}, "<b>a</b> *c*"),
    ("ntfy", {"topic": "b", "message": "**a** <b>"}, "**a** &lt;b&gt;"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(require("chromium")) as browser:
        yield browser


@pytest.mark.parametrize(("kind", "payload", "shown"), CASES)
def test_a_text_is_drawn_as_its_mode_says(browser: Browser, kind: str, payload: dict[str, Any], shown: str) -> None:
    with Inbox() as inbox:
        path = urlsplit(inbox.endpoint(kind)).path + ("/bot1:a/sendMessage" if kind == "telegram" else "")
        assert Client(inbox)("POST", path, json.dumps(payload).encode()).status == 200
        page = browser.open(inbox.url + "#1", width=800, height=740)
        page.until("document.querySelector('.drawing')")
        assert shown in page.value("document.querySelector('.drawing .text').innerHTML")
        assert page.value("document.querySelectorAll('.drawing .row a').length") == (1 if kind == "telegram" else 0)
        assert page.troubles == []
