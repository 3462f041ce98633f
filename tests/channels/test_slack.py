"""Slack's own: where values may stand, and what a notification shows."""

from __future__ import annotations

from typing import Any

import pytest
from events import RULES, SAMPLES, event, hostile
from payload_checks import check_slack, nodes

from tocsin.channels import slack
from tocsin.message import compose

OPTIONS = slack.Options(kind="slack")


def render(happening: Any) -> dict[str, Any]:
    return slack.render(compose(happening)._replace(rules=RULES), OPTIONS)


def test_the_heading_stands_once_on_the_screen() -> None:
    payload = render(SAMPLES["failure-cd"])
    assert [node["text"]["text"] for node in nodes(payload) if node.get("type") == "header"] == [
        "❌ Deployment of payments to production failed"
    ]
    (attachment,) = payload["attachments"]
    assert attachment["color"] == "#d92d20"
    assert [block["type"] for block in attachment["blocks"]] == ["rich_text", "rich_text", "actions", "context"]


def test_a_notification_shows_text_that_cannot_mention() -> None:
    text = render(hostile("<!channel> & <http://evil.example|x>"))["text"]
    assert "&lt;!channel&gt; &amp; &lt;http://evil.example|x&gt;" in text


def test_values_are_never_markup() -> None:
    payload = render(hostile("*b* <!channel>"))
    assert {node["type"] for node in nodes(payload) if "text" in node and "type" in node} == {
        "header",
        "button",
        "plain_text",
        "text",
        "link",
    }


@pytest.mark.parametrize("letter", ["&", "<", "😀", "é", '"', "x"])
def test_a_header_fits_however_slack_counts(letter: str) -> None:
    check_slack(render(event({"event": "failure", "kind": "cd", "app": letter * 500, "environment": letter * 500})))


def test_an_event_that_knows_nothing_is_a_heading_alone() -> None:
    payload = slack.render(compose(SAMPLES["failure-bare"]), OPTIONS)
    check_slack(payload)
    assert "attachments" not in payload


def test_links_of_details_go_before_the_link_to_the_run_does() -> None:
    payload = render(hostile("x" * 300, "https://x.example/" + "a" * 2000))
    check_slack(payload)
    urls = [node["url"] for node in nodes(payload) if "url" in node]
    assert urls
    assert any(node.get("type") == "button" for node in nodes(payload))
