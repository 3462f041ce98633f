"""Apprise: through its library to the inbox, what its log says, and when it is not asked at all."""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
from events import CASES, SAMPLES
from kinds import options, render
from servers import transport

from tocsin.channels import apprise
from tocsin.inbox import Inbox
from tocsin.network import Network
from tocsin.verdict import Delivered, Failed, Retry

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the library loads
ROWS = json.loads((CASES / "verdicts" / "apprise.json").read_text(encoding="utf-8"))
PAYLOAD = {"title": "x", "body": "y", "type": "info"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_log_is_the_reason(row: dict[str, Any]) -> None:
    verdict = apprise.verdict(row["sent"], row["log"])
    assert type(verdict).__name__.lower() == row["verdict"]
    if not isinstance(verdict, Delivered):
        assert verdict.reason == row.get("reason", verdict.reason)
        assert len(verdict.reason) < 400
        assert verdict.reason.isprintable()


def test_a_message_goes_through_the_library() -> None:
    with Inbox() as box:
        address = urlsplit(box.endpoint("apprise", "bridge"))
        payload = render("apprise", SAMPLES["failure-cd"])
        assert apprise.send(payload, options("apprise", f"json://{address.netloc}{address.path}"), transport()) == Delivered()
        (arrival,) = box.arrivals
    assert (arrival.kind, arrival.channel) == ("apprise", "bridge")
    assert {name: arrival.payload[name] for name in ("title", "message", "type")} == {
        "title": payload["title"],
        "message": payload["body"],
        "type": "failure",
    }


def test_a_service_that_is_away_is_tried_again_and_its_key_is_masked() -> None:
    url = "json://127.0.0.1:1/SECRETKEY123"
    verdict = apprise.send(PAYLOAD, options("apprise", url), transport(secrets=[url, "SECRETKEY123"]))
    assert isinstance(verdict, Retry)
    assert "SECRET" not in verdict.reason


@pytest.mark.parametrize("url", ["", "bogus://SECRET", "SECRET", "json://"])
def test_what_is_no_service_is_not_said(url: str) -> None:
    channel = options("apprise", "json://127.0.0.1:1").model_copy(update={"url": url})
    assert apprise.send(PAYLOAD, channel, transport()) == Failed(apprise.NO_SERVICE)


def test_one_url_is_one_service() -> None:
    assert apprise.send(PAYLOAD, options("apprise", "json://127.0.0.1:1,json://127.0.0.1:2"), transport()) == Failed(apprise.SEVERAL)


def test_where_hosts_are_limited_it_is_not_asked() -> None:
    network = Network(allowed_hosts=("127.0.0.1",))
    assert apprise.send(PAYLOAD, options("apprise", "json://127.0.0.1:1"), transport(network=network)) == Failed(apprise.LIMITED)


def test_without_the_package_the_reason_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert apprise.send(PAYLOAD, options("apprise", "json://127.0.0.1:1"), transport()) == Failed(apprise.WITHOUT_APPRISE)
