"""PagerDuty: which event opens, closes or tells a change; the key that finds an alert again; the two requests of a deployment's success."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from events import event
from kinds import VALUES, options, render
from servers import Answer, ScriptedServer, transport

from tocsin.channels import load, pagerduty
from tocsin.message_test import compose_test
from tocsin.verdict import Delivered, Failed, Retry

ALERT = Answer(202, b'{"status": "success", "message": "Event processed", "dedup_key": "k"}')
CHANGE = Answer(202, b'{"status": "success", "message": "Change event processed"}')
RUN = {
    "repository": {"owner": "shop", "name": "payments"},
    "pipeline": "deploy",
    "ref": {"type": "branch", "name": "main", "branch": "main"},
}


def actions(values: dict[str, Any]) -> list[str]:
    return [each.get("event_action", "change") for each in render("pagerduty", event({**RUN, **values}))]


@pytest.mark.parametrize(
    ("word", "kind", "wanted"),
    [
        ("trigger", "cd", ["change"]),
        ("failure", "cd", ["trigger"]),
        ("unstable", "ci", ["trigger"]),
        ("success", "ci", ["resolve"]),
        ("success", "cd", ["resolve", "change"]),
        ("cancelled", "ci", ["change"]),
        ("waiting", "cd", ["change"]),
    ],
)
def test_what_an_event_does(word: str, kind: str, wanted: list[str]) -> None:
    assert actions({"event": word, "kind": kind}) == wanted


def test_a_test_message_wakes_nobody() -> None:
    message = compose_test(event(RUN), "pager", "tocsin.yml", "folder")
    assert ["event_action" in each for each in load("pagerduty").render(message, options("pagerduty"))] == [False]


@pytest.mark.parametrize(("tier", "severity"), [("production", "critical"), ("staging", "error"), (None, "error")])
def test_a_failure_in_production_is_critical(tier: str | None, severity: str) -> None:
    (alert,) = render("pagerduty", event({**RUN, "event": "failure", "kind": "cd", "environment": "live", "tier": tier}))
    assert alert["payload"]["severity"] == severity


def key(values: dict[str, Any]) -> str:
    return pagerduty.dedup_key(event({**RUN, **values}))


def test_the_key_is_of_the_repository_the_pipeline_and_the_place() -> None:
    assert key({"event": "failure"}) == "tocsin / shop/payments / deploy / branch main" == key({"event": "success", "transition": "fixed"})
    assert key({"environment": "live", "kind": "cd"}) == "tocsin / shop/payments / deploy / environment live"


def test_a_pull_request_never_has_the_key_of_a_branch() -> None:
    head = {"ref": {"type": "pull_request", "name": "main"}, "pull_request": {"number": 7, "source_branch": "main", "fork": True}}
    assert key(head) == "tocsin / shop/payments / deploy / pull_request 7"


def test_a_long_key_keeps_what_tells_it_apart() -> None:
    keys = {key({"pipeline": "x" * 300 + end}) for end in ("", "a", "b")}
    assert len(keys) == 3
    assert {len(each) for each in keys} == {64}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


SUCCESS = [{"event_action": "resolve", "dedup_key": "k"}, {"payload": {"summary": "x"}}]


def test_a_deployment_s_success_closes_the_alert_then_tells_the_change(server: ScriptedServer) -> None:
    server.script(ALERT, CHANGE)
    assert pagerduty.send(SUCCESS, options("pagerduty", server.url("/")), transport()) == Delivered({"dedup_key": "k"})
    assert [request.path for request in server.requests] == ["/v2/enqueue", "/v2/change/enqueue"]
    assert [request.json()["routing_key"] for request in server.requests] == [VALUES["KEY"]] * 2


@pytest.mark.parametrize("answers", [[Answer(500)], [ALERT, Answer(500)]])
def test_the_first_refusal_is_the_verdict(answers: list[Answer], server: ScriptedServer) -> None:
    server.script(*answers)
    assert isinstance(pagerduty.send(SUCCESS, options("pagerduty", server.url("/")), transport()), Retry)
    assert len(server.requests) == len(answers)


def test_an_answer_that_repeats_the_key_does_not_make_it_public(server: ScriptedServer) -> None:
    server.script(Answer(400, f'{{"message": "no {VALUES["KEY"]}", "errors": ["{VALUES["KEY"]}"]}}'.encode()))
    verdict = pagerduty.send(SUCCESS, options("pagerduty", server.url("/")), transport(secrets=[VALUES["KEY"]]))
    assert isinstance(verdict, Failed)
    assert "SECRET" not in verdict.reason
