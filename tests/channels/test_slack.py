"""Slack's own: where values may stand, and what a notification shows."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from events import RULES, SAMPLES, crowded, event, hostile
from payload_checks import check_slack, nodes

from tocsin.channels import slack
from tocsin.message import compose

OPTIONS = slack.Options(kind="slack")


def render(happening: Any) -> dict[str, Any]:
    return slack.render(compose(happening)._replace(rules=RULES), OPTIONS)


def test_the_parts_stand_in_their_order() -> None:
    payload = render(SAMPLES["failure-cd"])
    assert [node["text"]["text"] for node in nodes(payload) if node.get("type") == "header"] == ["❌ Failed: payments → production"]
    (attachment,) = payload["attachments"]
    assert attachment["color"] == "#d92d20"
    assert read(payload) == [
        "[Wait for rollout]: deployment/payments exceeded its progress deadline",
        "smoke tests / GET /health: 503 after 60 s",
        "[Round refunds to the cent] by Ada Byron on main, deployed by Grace Hopper",
        "[Open failed step] · [Environment]",
        "deploy [#128] · 3 min 20 s · 2.14.0 · eks-prod-1 · rule: production deployments",
    ]


def test_a_success_has_its_change_and_its_run() -> None:
    assert read(render(SAMPLES["success-cd"])) == [
        "[Round refunds to the cent] by Ada Byron on main, deployed by Grace Hopper",
        "deploy [#128] · 3 min 20 s · 2.14.0 · eks-prod-1 · rule: production deployments",
    ]


def test_lines_of_the_log_stand_below_their_reason() -> None:
    parts = render(SAMPLES["failure-ci-log"])["attachments"][0]["blocks"][0]["elements"]
    assert [part["type"] for part in parts] == ["rich_text_section", "rich_text_preformatted"]
    assert parts[1]["elements"][0]["text"].startswith("FAILED test_refund.py::test_half_even\n  assert ")


@pytest.mark.parametrize(("at", "form"), [("2026-11-23T02:41:00Z", "{time}"), ("2026-11-22T02:41:00+00:00", "{date_short_pretty} {time}")])
def test_a_clock_time_is_shown_in_the_reader_s_zone(at: str, form: str) -> None:
    run = {"failing_since": {"number": 126, "at": at}, "finished_at": "2026-11-23T03:00:30Z"}
    payload = render(event({"event": "failure", "transition": "still_failing", "run": run}))
    (date,) = [node for node in nodes(payload) if node.get("type") == "date"]
    assert date["timestamp"] == datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
    assert date["format"] == form
    assert date["fallback"].endswith("02:41 UTC")


def test_links_are_no_buttons_and_bring_no_previews() -> None:
    payload = render(SAMPLES["failure-cd"])
    assert not [node for node in nodes(payload) if node.get("type") in ("button", "actions")]
    assert payload["unfurl_links"] is payload["unfurl_media"] is False


@pytest.mark.parametrize("run", [{"id": "*b* <!channel>"}, {"number": None}])
def test_a_run_without_a_plain_number_is_linked_by_our_own_words(run: dict[str, Any]) -> None:
    payload = render(event({"event": "success", "pipeline": "*b* _i_", "run": {**run, "url": "https://ci.example/a?b&c"}}))
    check_slack(payload)
    (link,) = [node for node in nodes(payload) if node.get("type") == "mrkdwn"]
    assert link["text"] == "<https://ci.example/a?b&amp;c|Open run> ·"


def read(payload: dict[str, Any]) -> list[str]:
    """The lines below the header as a person reads them, links in brackets."""
    blocks = payload["attachments"][0]["blocks"]
    lines = ["".join(map(shown, part["elements"])) for block in blocks if block["type"] == "rich_text" for part in block["elements"]]
    return [*lines, *(" ".join(map(shown, block["elements"])) for block in blocks if block["type"] == "context")]


def shown(element: dict[str, Any]) -> str:
    if element["type"] == "mrkdwn":
        return re.sub(r"<[^<>|]*[|]([^<>]*)>", r"[\1]", element["text"])
    return f"[{element['text']}]" if element["type"] == "link" else str(element.get("text"))


def test_a_notification_shows_text_that_cannot_mention() -> None:
    text = render(hostile("<!channel> & <http://evil.example|x>"))["text"]
    assert "&lt;!channel&gt; &amp; &lt;http://evil.example|x&gt;" in text


@pytest.mark.parametrize("letter", ["&", "<", "😀", "é", '"', "x"])
def test_a_header_fits_however_slack_counts(letter: str) -> None:
    check_slack(render(event({"event": "failure", "kind": "cd", "app": letter * 500, "environment": letter * 500})))


def test_an_event_that_knows_nothing_is_a_heading_alone() -> None:
    payload = slack.render(compose(SAMPLES["failure-bare"]), OPTIONS)
    check_slack(payload)
    assert "attachments" not in payload


def test_links_of_sentences_go_before_those_to_the_run_do() -> None:
    payload = render(crowded("x" * 300, "https://x.example/" + "a" * 2000))
    check_slack(payload)
    assert "[#42]" in read(payload)[-1]
    assert "[Open run]" in read(payload)[-2]
