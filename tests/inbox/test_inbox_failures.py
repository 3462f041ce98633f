"""`tocsin inbox --fail`: each service's own errors, as its channel reads them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from inbox_client import Client
from inprocess import run

from tocsin.channels import load
from tocsin.errors import UsageError
from tocsin.http import Response, judge
from tocsin.inbox import Inbox
from tocsin.inbox.failures import FAILURES, read_failures
from tocsin.verdict import Failed, Retry

CASES = [(kind, word) for kind, words in FAILURES.items() for word in words if kind != "ses"]

BEHIND = {"telegram": "/bot1:a/sendMessage", "pagerduty": "/v2/enqueue"}


@pytest.mark.parametrize(("kind", "word"), [*CASES, ("teams", "ratelimited"), ("webhook", "503"), ("slack", "404")])
def test_a_channel_reads_the_error_as_its_service_s(kind: str, word: str) -> None:
    with Inbox(failures=read_failures([f"{kind}={word}"])) as box:
        path = urlsplit(box.endpoint(kind)).path + BEHIND.get(kind, "")
        reply = Client(box)("POST", path, b'{"text": "x"}')
        assert box.arrivals == []
    verdict = getattr(load(kind), "verdict", judge)(Response(reply.status, reply.headers, reply.text))
    assert isinstance(verdict, Retry if word in ("ratelimited", "503") else Failed)
    assert "without" not in verdict.reason


def test_the_others_are_taken() -> None:
    with Inbox(failures=read_failures(["slack=ratelimited"])) as box:
        assert Client(box).post("teams", {"text": "x"}).status == 202


@pytest.mark.parametrize(
    "text", ["slack", "slak=ratelimited", "slack=nonsense", "slack=200", "slack=4040", "smtp=503", "=", "slack=４０４"]
)
def test_an_unknown_error_is_an_error_of_usage(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--fail"):
        read_failures([text])
    assert run("inbox", "--fail", text, folder=tmp_path).code == 2
