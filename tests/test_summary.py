"""The step's summary says why, and no text of the run becomes markup in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from events import event
from markdown_it import MarkdownIt

from tocsin.action.summary import summary
from tocsin.message import compose


def shown(happening: dict[str, Any]) -> tuple[str, list[str]]:
    """The words and the links that GitHub makes of the summary."""
    planned = SimpleNamespace(message=compose(event({"event": "failure", **happening})), notices=(), rules=())
    tokens = [
        part
        for token in MarkdownIt("gfm-like", {"linkify": False}).parse(summary(cast("Any", planned), []))
        for part in token.children or []
    ]
    return "".join(part.content for part in tokens), [str(part.attrs["href"]) for part in tokens if part.type == "link_open"]


def test_each_reason_stands_under_the_headline_with_its_link() -> None:
    url = "https://ci.example.com/1(2)"
    words, links = shown(
        {"app": "payments", "failures": [{"job": "test", "step": "pytest", "reason": "3 of 812 tests failed", "url": url}]}
    )
    assert words == "❌ tocsin: Failed: paymentstest / pytest: 3 of 812 tests failed"
    assert links == [url]


def test_no_text_of_a_reason_is_markup() -> None:
    evil = "[x](http://evil.example) **b** <b> @ada |"
    words, links = shown({"app": "payments", "failures": [{"job": evil, "reason": evil}]})
    assert words.endswith(f"{evil}: {evil}")
    assert links == []
