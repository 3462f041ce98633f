"""What a sender does at its deadline, on a clock that waits for nothing; the servers are real."""

from __future__ import annotations

import json
from threading import Event, Timer
from typing import Any

import pytest
from clocks import VirtualClock
from events import SAMPLES
from kinds import HTTP_KINDS, VALUES, configured
from mail_servers import ScriptedSmtp
from servers import Answer, Request, ScriptedServer

from tocsin.channels import load, smtp
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import compose
from tocsin.network import Network, NoAnswer
from tocsin.verdict import Retry

AT = 1_763_912_700.0  # 2025-11-23T15:45:00Z


@pytest.mark.parametrize(("left", "seconds"), [(60.0, 60.0), (0.5, 0.5), (0.004, 0.01), (0.0, 0.01), (-3.0, 0.01)])
def test_what_remains_is_never_nothing(left: float, seconds: float) -> None:
    """A library takes a time-out of nothing for none at all, or refuses it."""
    clock = VirtualClock(1000.0)
    assert Transport(Network(), "key", clock.now + left, clock).remaining() == pytest.approx(seconds)


def test_a_request_waits_for_an_answer_no_longer_than_its_time() -> None:
    class Silent(ScriptedServer):
        def next_answer(self, request: Request) -> Answer:
            self.closing.wait(5.0)  # a request that waits on gets its answer, so that the test ends
            return super().next_answer(request)

    clock = VirtualClock(AT)
    with Silent(Answer(200)) as server, pytest.raises(NoAnswer, match=r"^no answer from 127\.0\.0\.1 in time$") as refused:
        Transport(Network(), "key", clock.now + 0.01, clock).post_json(server.url(), {})
    assert refused.value.retry


def test_a_dripping_answer_is_read_no_longer_than_its_time() -> None:
    class Ticking(VirtualClock):
        """A second goes by each time that the clock is read."""

        def monotonic(self) -> float:
            self.now += 1.0
            return self.now

    hold = Event()
    too_late = Timer(5.0, hold.set)  # a reader that reads on gets to the end, so that the test ends
    too_late.start()
    with ScriptedServer(Answer(200, b"x", behaviour="drip", hold=hold)) as server, pytest.raises(NoAnswer, match="in time"):
        Transport(Network(), "key", AT + 6.0, Ticking(AT)).post_json(server.url(), {})
    too_late.cancel()


@pytest.mark.parametrize("left", [0.0, -0.001, -60.0])
def test_no_request_begins_at_its_deadline(left: float) -> None:
    clock = VirtualClock(AT)
    with ScriptedServer(Answer(200)) as server:
        with pytest.raises(NoAnswer, match=r"^no answer from 127\.0\.0\.1 in time$") as refused:
            Transport(Network(), "key", clock.now + left, clock).post_json(server.url(), {})
        assert (server.requests, refused.value.retry) == ([], True)
        assert Transport(Network(), "key", clock.now + 60, clock).post_json(server.url(), {}).status == 200


def test_no_mail_goes_out_past_its_deadline() -> None:
    class Late(VirtualClock):
        """Time is over as soon as the server has taken the recipient and has said to go ahead."""

        def monotonic(self) -> float:
            return AT + 60.0 if any(word.startswith("DATA") for word in server.commands) else AT

    with ScriptedSmtp({}) as server:
        values = {"kind": "smtp", "host": "127.0.0.1", "port": server.port, "from": "ci@example.com", "security": "none"}
        options = smtp.Options.model_validate(values)
        payload = smtp.render(compose(SAMPLES["failure-cd"])._replace(recipient="dev@example.com"), options)
        verdict = smtp.send(payload, options, Transport(Network(), "key", AT + 30.0, Late(AT)))
        assert (verdict, server.bodies) == (Retry("no answer from 127.0.0.1 in time"), [])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Sun, 23 Nov 2025 15:45:07 GMT", 7.0),
        ("Sun, 23 Nov 2025 15:44:00 GMT", 0.0),
        ("120", 120.0),
        ("0.25", 0.25),
        ("-5", 0.0),
        ("1e400", None),
        ("9" * 5000, None),
        ("nan", None),
        ("-inf", 0.0),
        ("soon", None),
        ("", None),
        ("Sun, 99 Nov 99999 15:45:07 GMT", None),
    ],
)
def test_a_named_pause_is_counted_from_the_answer(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, AT) == seconds
    assert judge(Response(429, {"retry-after": value}, "", AT)) == Retry("HTTP 429", seconds)


def test_an_answer_says_when_it_came() -> None:
    clock = VirtualClock(AT)
    with ScriptedServer(Answer(503, headers={"Retry-After": "Sun, 23 Nov 2025 15:45:30 GMT"})) as server:
        response = Transport(Network(), "key", clock.now + 60, clock).post_json(server.url(), {})
    assert judge(response) == Retry("HTTP 503", 30.0)


@pytest.mark.parametrize("after", [10**400, 1e308])
def test_discord_s_own_pause_may_be_of_any_length(after: Any) -> None:
    verdict = load("discord").verdict(Response(429, {}, json.dumps({"retry_after": after}), AT))  # type: ignore[attr-defined]
    assert isinstance(verdict, Retry)
    assert verdict.after == after


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_no_kind_sends_at_its_deadline(kind: str) -> None:
    module, clock = load(kind), VirtualClock(AT)
    with ScriptedServer(Answer(200)) as server:
        options = module.Options.model_validate(configured(kind, "${U}")).resolved({**VALUES, "U": server.url("/api/webhooks/1/x")})
        with pytest.raises(NoAnswer, match="in time"):
            module.send({}, options, Transport(Network(), "key", AT, clock))
        assert server.requests == []
