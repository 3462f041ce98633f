"""The Adaptive Cards of Teams and RingCentral: their parts in order, and text that stays text in a block that reads markdown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from events import HOSTILE, RULES, SAMPLES, SNIPPETS, event
from hypothesis import given, settings
from hypothesis import strategies as st
from payload_checks import card_text, check_ringcentral, check_teams, nodes

from tocsin.channels import ringcentral, teams
from tocsin.channels.card_text import block, escaped
from tocsin.channels.cards import card
from tocsin.message import COLOURS, Link, Message, Reason, Span, compose
from tocsin.text import clean

MARKUP = st.text(st.sampled_from("\\*_~`|<>[]()@#!:/.-+=&;{}\"'$ \n19aDTé😀"), max_size=40)
TEXTS = st.one_of(
    MARKUP, st.sampled_from([*SNIPPETS.values(), "- x", "+", "1. x", "12) x", "# x", "> x", "---", "- - -", "x!", "!", "C:\\"])
)


def blocks(content: dict[str, Any]) -> list[str]:
    """The texts that a client shows, from the top down."""
    return [card_text(node["text"]) for node in nodes(content) if node.get("type") == "TextBlock"]


def shown(text: str) -> str:
    """A text as the card shows it: what would work whatever a client reads is apart."""
    return re.sub(r"\{(?=\{\s*(?:DATE|TIME))", "{ ", text.replace("](", "] (").replace("`", "'"), flags=re.IGNORECASE)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.sampled_from([None, "https://x.example/_git/a_b(1)*?q=&copy;[2]"]))
def test_a_text_stays_the_text_that_it_is(first: str, second: str, url: str | None) -> None:
    first, second = clean(first), clean(second)
    if first and second:
        assert card_text(block([Span("• "), Span(first, url), Span(f": {second}")])) == f"• {shown(first)}: {shown(second)}"
        assert card_text(block([Span(first, url), Span(", "), Span(second, url)])) == f"{shown(first)}, {shown(second)}"


@settings(deadline=None)
@given(TEXTS)
def test_only_what_would_be_markup_has_a_backslash(text: str) -> None:
    plain = re.sub(r"[^0-9A-Za-zé😀 :.,/]", "", clean(text))
    if not re.match(r"[0-9]+\.(?:\s|$)", plain):
        assert escaped(plain) == plain
    assert escaped("fix_refund_rounding in payments/api.py") == "fix_refund_rounding in payments/api.py"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://dev.azure.com/shop/_git/pay_ments", "https://dev.azure.com/shop/%5Fgit/pay_ments"),
        ("https://x.example/a(b)[c]*~", "https://x.example/a%28b%29%5Bc%5D%2A%7E"),
        ("https://x.example/?a=1&copy;2", "https://x.example/?a=1&copy%3B2"),
        ("https://github.com/shop/payments/actions/runs/9312/job/77#step:6:1", None),
    ],
)
def test_an_address_is_no_markup_either(url: str, target: str | None) -> None:
    assert block([Span("x", url)]) == f"[x]({target or url})"


def test_an_address_that_no_markdown_can_hold_is_no_link() -> None:
    assert block([Span("x", "http://[::1]/run")]) == "x"


def test_the_parts_stand_in_their_order() -> None:
    content = teams.render(compose(SAMPLES["failure-cd"])._replace(rules=RULES), teams.Options(kind="teams"))["attachments"][0]["content"]
    assert blocks(content) == [
        "❌ Failed: payments → production",
        "• Wait for rollout: deployment/payments exceeded its progress deadline",
        "• smoke tests / GET /health: 503 after 60 s",
        "Round refunds to the cent by Ada Byron on main, deployed by Grace Hopper",
        "deploy #128 · 3 min 20 s · 2.14.0 · eks-prod-1 · rule: production deployments",
    ]
    order = [node.get("title") or node["type"] for node in nodes(content) if node.get("type") in ("TextBlock", "Action.OpenUrl")]
    assert order == ["TextBlock"] * 4 + ["Open failed step", "Environment", "TextBlock"]


def test_lines_of_a_log_are_monospace_and_no_markup() -> None:
    message = compose(
        event({"event": "failure", "failures": [{"job": "build", "reason": "exit code 1", "excerpt": "def f():\n    *x*\n# y\n  - z"}]})
    )
    lines = [node for node in nodes(card(message, "1.4")) if node.get("fontType") == "Monospace"]
    assert [card_text(line["text"]) for line in lines] == ["def f():", "*x*", "# y", "- z"]


@pytest.mark.parametrize("tone", COLOURS)
def test_every_tone_has_a_stripe_beside_the_heading(tone: Any) -> None:
    message = Message(event({}), tone, "x", "x")
    stripe, heading = card(message, "1.4")["body"][0]["columns"]
    assert stripe["style"] in ("accent", "good", "attention", "warning", "emphasis")
    assert heading["items"][0]["text"] == message.headline
    assert heading["items"][0]["style"] == "heading"


def test_a_service_of_version_1_3_gets_nothing_newer() -> None:
    assert "heading" not in str(card(compose(SAMPLES["failure-cd"]), "1.3"))


def test_what_a_notification_of_ringcentral_shows_is_the_news() -> None:
    payload = ringcentral.render(compose(SAMPLES["failure-cd"]), ringcentral.Options(kind="ringcentral"))
    news = "❌ Failed: payments → production · Wait for rollout: deployment/payments exceeded its progress deadline · by Grace Hopper"
    assert payload["text"].startswith(news)


WIDEST = compose(HOSTILE["widest"])
URLS = [None, "https://x.example/run/1", "https://x.example/" + "(" * 2000]


def longest(text: str, url: str | None, links: int) -> Message:
    """A message with all parts, as long as they get."""
    line = clean(f"x{text}" * 60)
    return WIDEST._replace(
        reasons=(Reason(line, line, url, (line,) * 4),) * 5,
        sentences=((Span(line, url),) * 7,) * 4,
        links=(Link("Open run", url or "https://x.example/"),) * links,
        run_notes=(Span(line, url),),
        rules=(line,) * 9,
    )


@settings(max_examples=8, deadline=None)
@given(st.text(st.sampled_from('\\*_[](`)😀"ab '), max_size=6), st.sampled_from(URLS), st.integers(0, 3))
def test_however_long_the_message_the_card_keeps_its_limit_and_its_heading(text: str, url: str | None, links: int) -> None:
    message = longest(text, url, links)
    payload = teams.render(message, teams.Options(kind="teams"))
    check_teams(payload)
    assert blocks(payload["attachments"][0]["content"])[0] == shown(message.headline)
    check_ringcentral(ringcentral.render(message, ringcentral.Options(kind="ringcentral")))
