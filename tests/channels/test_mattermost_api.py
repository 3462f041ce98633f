"""Mattermost by a bot's token: what is asked, and what each answer means (tests/cases/verdicts/mattermost_api.json)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from events import CASES, CROWDED, EVERY, SAMPLES
from payload_checks import CHECKS
from servers import transport
from stateful_services import MattermostServer, serving
from verdict_rows import answer_of, require_meaning

from tocsin.channels import mattermost, mattermost_api
from tocsin.message import compose
from tocsin.verdict import Delivered, Earlier, Failed

ROWS = json.loads((CASES / "verdicts" / "mattermost_api.json").read_text(encoding="utf-8"))
TOWN, SQUARE, KEY = MattermostServer.TOWN, MattermostServer.SQUARE, MattermostServer.KEY
POST = "post9fdt77pncbef59f4k1qe83"


server = serving(MattermostServer)


def options(server: MattermostServer | None = None, **values: Any) -> mattermost.Options:
    given = {"kind": "mattermost", "token": "${T}", "channel": TOWN, "api_url": "http://127.0.0.1:1", **values}
    if server:
        given["api_url"] = server.url()
    return mattermost.Options(**given).resolved({"T": KEY})


@pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in ROWS])
def test_each_answer_means_what_mattermost_means_by_it(row: dict[str, Any]) -> None:
    require_meaning(mattermost_api.verdict(answer_of(row)), row)


@pytest.mark.parametrize("name", ["trigger-cd", "failure-cd", "success-tag"])
@pytest.mark.parametrize("end", ["", "/", "/api/v4", "/api/v4/"])
def test_a_message_is_posted_to_the_policy_s_channel_with_the_token(name: str, end: str, server: MattermostServer) -> None:
    chosen = options(server).model_copy(update={"api_url": server.url(end)})
    payload = mattermost.render(compose(SAMPLES[name]), chosen)
    verdict = mattermost.send(payload, chosen, transport(secrets=[KEY]))
    assert verdict == Delivered({"id": server.messages[0]["id"], "channel_id": TOWN})
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/api/v4/posts")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    body = request.json()
    assert body.pop("pending_post_id") == request.headers["idempotency-key"]
    assert body == {**payload, "channel_id": TOWN}


@pytest.mark.parametrize("name", [*EVERY, *CROWDED])
def test_a_post_is_the_webhook_s_message(name: str) -> None:
    message = compose({**EVERY, **CROWDED}[name])
    post = mattermost.render(message, options())
    webhook = {"text": post["message"], **post.get("props", {})}
    assert webhook == mattermost.render(message, mattermost.Options(kind="mattermost"))
    CHECKS["mattermost"](webhook)


def test_what_was_posted_without_an_answer_is_not_posted_again(server: MattermostServer) -> None:
    payload = mattermost.render(compose(SAMPLES["failure-cd"]), options(server))
    assert mattermost.send(payload, options(server), transport()) == mattermost.send(payload, options(server), transport())
    assert len(server.messages) == 1


def test_a_wrong_token_is_said_without_it(server: MattermostServer) -> None:
    chosen = options(server).model_copy(update={"token": "wrongwrwgstrb3mzrxb83nb357"})
    verdict = mattermost.send({"message": "x"}, chosen, transport())
    assert isinstance(verdict, Failed)
    assert "session_expired" in verdict.reason
    assert "wrong" not in verdict.reason


@pytest.mark.parametrize(
    "channel", ["town-square", "#town", "4XP9FDT77PNCBEF59F4K1QE83O", f"{TOWN}x", f"{TOWN}\n", "../../../users/me", ""]
)
def test_what_is_no_channel_is_not_asked_for(channel: str, server: MattermostServer) -> None:
    """`check` cannot see what a variable holds."""
    chosen = options(server).model_copy(update={"channel": channel})
    verdict = mattermost.send({"message": "x"}, chosen, transport())
    assert isinstance(verdict, Failed)
    assert "is not a channel's id" in verdict.reason
    assert server.requests == []


@pytest.mark.parametrize(
    "receipt",
    [
        {},
        {"id": POST},
        {"id": POST, "channel_id": SQUARE},
        {"id": "../../../users/me", "channel_id": TOWN},
        {"id": f"{POST}/patch?x", "channel_id": TOWN},
        {"id": f"{POST}\n", "channel_id": TOWN},
        {"id": POST.upper(), "channel_id": TOWN},
    ],
)
@pytest.mark.parametrize("conversation", ["update", "thread"])
def test_a_receipt_of_another_form_or_channel_asks_for_nothing(
    receipt: dict[str, str], conversation: Any, server: MattermostServer
) -> None:
    told = mattermost.follow({"message": "x"}, options(server), transport(), Earlier(receipt, conversation, aloud=True))
    assert isinstance(told, Failed)
    assert "its receipt is" in told.reason
    assert server.requests == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"url": "${MATTERMOST_WEBHOOK_URL}"}, "beside token"),
        ({"channel": None}, "needs 'channel' beside"),
        ({"api_url": None}, "needs 'api_url' beside"),
        ({"channel": None, "api_url": None}, "needs 'channel' and 'api_url' beside"),
        ({"channel": "town-square"}, "not a channel's id"),
        ({"channel": TOWN.upper()}, "not a channel's id"),
        ({"token": KEY}, "credential"),
        ({"token": None}, "without token"),
        ({"token": None, "channel": None}, "without token"),
        ({"api_url": "mattermost.example.com"}, "not an http or https URL"),
        ({"token": None, "channel": None, "api_url": None, "conversation": "update"}, "needs 'token'"),
        ({"token": None, "channel": None, "api_url": None, "update": True}, "needs 'token'"),
    ],
)
def test_what_does_not_go_together_is_an_error(values: dict[str, Any], says: str) -> None:
    given = {"kind": "mattermost", "token": "${T}", "channel": TOWN, "api_url": "https://chat.example.com", **values}
    with pytest.raises(ValueError, match=says):
        mattermost.Options(**{name: value for name, value in given.items() if value is not None})


def test_a_token_needs_no_webhook() -> None:
    chosen = mattermost.Options(kind="mattermost", token="${T}", channel="${C}", api_url="${A}")
    assert set(chosen.variables()) == {"T", "C", "A"}
    assert set(chosen.places()) == {"C", "A"}
    assert KEY in chosen.credentials({"T": KEY, "C": TOWN, "A": "https://chat.example.com"})
    assert mattermost.Options(kind="mattermost").conversation_used("update") == "new"
