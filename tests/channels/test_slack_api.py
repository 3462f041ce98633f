"""Slack by a bot's token: what is asked, and what each answer means (tests/cases/verdicts/slack_api.json)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from events import CASES, SAMPLES
from servers import transport
from stateful_services import ROOM, TOKEN, SlackServer, serving
from verdict_rows import answer_of, require_meaning

from tocsin.channels import slack, slack_api
from tocsin.message import compose
from tocsin.verdict import Delivered, Failed

ROWS = json.loads((CASES / "verdicts" / "slack_api.json").read_text(encoding="utf-8"))


server = serving(SlackServer)


def options(server: SlackServer | None = None, **values: Any) -> slack.Options:
    api = {"api_url": server.url("/api")} if server else {}
    return slack.Options(**{"kind": "slack", "token": "${T}", "channel": ROOM, **api, **values}).resolved({"T": TOKEN})


@pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in ROWS])
def test_each_answer_means_what_slack_means_by_it(row: dict[str, Any]) -> None:
    require_meaning(slack_api.verdict(answer_of(row)), row)


@pytest.mark.parametrize("name", ["trigger-cd", "failure-cd", "success-tag"])
def test_a_message_is_posted_to_the_policy_s_channel_with_the_token(name: str, server: SlackServer) -> None:
    chosen = options(server)
    payload = slack.render(compose(SAMPLES[name]), chosen)
    verdict = slack.send(payload, chosen, transport(secrets=[TOKEN]))
    assert verdict == Delivered({"channel": ROOM, "ts": server.messages[0]["ts"]})
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/api/chat.postMessage")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.json() == {**payload, "channel": ROOM}


def test_a_channel_may_be_named(server: SlackServer) -> None:
    chosen = options(server, channel="#builds")
    verdict = slack.send(slack.render(compose(SAMPLES["trigger-cd"]), chosen), chosen, transport())
    assert isinstance(verdict, Delivered)
    assert verdict.receipt["channel"] == ROOM


def test_a_wrong_token_is_said_without_it(server: SlackServer) -> None:
    chosen = options(server).model_copy(update={"token": "xoxb-wrong"})
    verdict = slack.send({"text": "x"}, chosen, transport())
    assert isinstance(verdict, Failed)
    assert verdict.reason.startswith("invalid_auth: ")
    assert "wrong" not in verdict.reason


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"url": "${SLACK_WEBHOOK_URL}"}, "beside token"),
        ({"channel": None}, "needs 'channel'"),
        ({"channel": " "}, "needs 'channel'"),
        ({"token": "xoxb-1-abcdefgh"}, "credential"),
        ({"token": None, "api_url": "https://slack.example.com/api"}, "without token"),
    ],
)
def test_what_does_not_go_together_is_an_error(values: dict[str, Any], says: str) -> None:
    given = {"kind": "slack", "token": "${T}", "channel": ROOM, **values}
    with pytest.raises(ValueError, match=says):
        slack.Options(**{name: value for name, value in given.items() if value is not None})


def test_a_token_needs_no_webhook() -> None:
    chosen = slack.Options(kind="slack", token="${T}", channel="${ROOM}")
    assert set(chosen.variables()) == {"T", "ROOM"}
    assert chosen.places() == ["ROOM"]
    assert TOKEN in chosen.credentials({"T": TOKEN, "ROOM": ROOM})
