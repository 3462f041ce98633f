"""A payload of the policy's own for PagerDuty: what is written is sent; which alert it opens or closes the run says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from events import SAMPLES
from kinds import VALUES
from refusals import refused
from servers import Answer, ScriptedServer
from test_own_words import payloads

from tocsin.channels import pagerduty
from tocsin.message import compose

DETAILS = {"summary": "{{ app }}: {{ commit.title or status }}", "source": "{{ repository.name or 'ci' }}", "severity": "error"}
PAYLOAD: dict[str, Any] = {
    "payload": {**DETAILS, "component": "{{ app }}", "custom_details": {"run": "{{ run.number }}", "nested": ["{{ event }}", 7, True]}},
    "links": [{"href": "https://ci.example.com/{{ run.id }}", "text": "{{ commit.title }}"}],
    "images": [{"src": "https://ci.example.com/x.png"}],
    "client": "CI of {{ app }}",
    "client_url": "{{ run.url or 'https://ci.example.com' }}",
}


def policy_of(payload: Any, form: str = "mapping", folder: Path = Path()) -> str:
    if form == "file":
        (folder / "payload.json").write_text(json.dumps(payload))
    channel = {"payload_file": "payload.json"} if form == "file" else {"payload": json.dumps(payload) if form == "text" else payload}
    return json.dumps({"channels": {"pager": {"kind": "pagerduty", **channel}}, "notifications": [{"on": "failure", "send_to": "pager"}]})


def rendered(name: str, payload: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the default words make of an event, and the policy's own."""
    message = compose(SAMPLES[name])
    given = {"kind": "pagerduty", "payload": payload}
    default, own = (pagerduty.render(message, pagerduty.Options.model_validate(values)) for values in ({"kind": "pagerduty"}, given))
    return default, own


@pytest.mark.parametrize("form", ["text", "mapping", "file"])
def test_a_payload_is_sent_as_it_is_written(form: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (found,) = payloads(policy_of(PAYLOAD, form, tmp_path), tmp_path)["pager"]
    assert set(found) == {*PAYLOAD, "event_action", "dedup_key"}
    assert found["payload"]["summary"] == "payments: Round refunds"
    assert found["payload"]["custom_details"] == {"run": 7, "nested": ["failure", 7, True]}
    assert found["links"] == [{"href": "https://ci.example.com/7", "text": "Round refunds"}]
    assert found["event_action"] == "trigger"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_run_says_which_alert_is_opened_or_closed(name: str) -> None:
    default, own = rendered(name, PAYLOAD)
    keys = ("event_action", "dedup_key")
    assert [[event.get(key) for key in keys] for event in own] == [[event.get(key) for key in keys] for event in default]
    for event in own:
        assert (SAMPLES[name].app or "") in event["payload"]["summary"]
        if "event_action" in event:
            assert set(event["payload"]) == set(PAYLOAD["payload"])
        else:  # https://developer.pagerduty.com/docs/send-change-event
            assert set(event) == {"payload", "links", "images"}
            assert set(event["payload"]) == {"summary", "source", "custom_details"}


def test_the_channel_s_key_goes_with_it(project: Any) -> None:
    project.policy(policy_of({"payload": DETAILS}).replace('"pagerduty"', '"pagerduty", "api_url": "${URL}"'))
    with ScriptedServer(Answer(202, b'{"status": "success", "dedup_key": "x"}')) as server:
        result = project.send(env={"URL": server.url(), "PAGERDUTY_ROUTING_KEY": VALUES["KEY"]})
        [request] = server.requests
    assert result.report["deliveries"][0]["reason"] is None
    assert request.json()["routing_key"] == VALUES["KEY"]
    assert request.json()["payload"]["source"] == "payments"


def test_a_value_changes_no_structure(tmp_path: Path) -> None:
    title = '", "routing_key": "x", "event_action": "resolve" \n{{ 7*7 }} ${HOME} javascript:alert(1)'
    (found,) = payloads(policy_of(PAYLOAD), tmp_path, commit={"title": title})["pager"]
    assert found["event_action"] == "trigger"
    assert set(found) == {*PAYLOAD, "event_action", "dedup_key"}
    assert "{{ 7*7 }} ${HOME}" in found["links"][0]["text"]


WRONG = [
    ({"payload": {**DETAILS, "severity": "fatal"}}, "is unknown: 'fatal'"),
    ({"payload": {**DETAILS, "severity": "{{ app }}"}}, "is unknown: 'payments'"),
    ({"payload": {**DETAILS, "summary": "{{ 'x' * 1025 }}"}}, "the service takes 1,024"),
    ({"payload": {**DETAILS, "summary": ""}}, "is an empty text"),
    ({"payload": {"summary": "x", "severity": "info"}}, "'source' is missing"),
    ({"payload": {**DETAILS, "timestamp": "soon"}}, "is no time in ISO 8601"),
    ({"payload": {**DETAILS, "sumary": "x"}}, "do you mean summary?"),
    ({"payload": {**DETAILS, "summary": "{{ ap }}"}}, "unknown name ap"),
    ({"payload": {**DETAILS, "custom_details": ["{{ 'x' * 180000 }}"] * 3}}, "the service takes 512,000"),
    ({"summary": "x"}, "'payload' is missing"),
    ({"payload": DETAILS, "links": [{"text": "x"}]}, "'href' is missing"),
    ({"payload": DETAILS, "links": [{"href": "javascript:alert(1)"}]}, "is no plain http or https address"),
    ({"payload": DETAILS, "client_url": "{{ commit.title }}"}, "must begin with https://"),
    ({"payload": DETAILS, "routing_key": "${OTHER_KEY}"}, "it is the channel's own routing_key"),
    ({"payload": DETAILS, "event_action": "acknowledge"}, "decides whether an alert is opened or closed"),
    ({"payload": DETAILS, "event_action": "{{ status }}"}, "decides whether an alert is opened or closed"),
    ({"payload": DETAILS, "dedup_key": "{{ app }}"}, "make it"),
    ([{"payload": DETAILS}], "must be a mapping"),
]


@pytest.mark.parametrize("form", ["text", "mapping"])
@pytest.mark.parametrize(("payload", "words"), WRONG)
def test_what_pagerduty_would_refuse_is_an_error_at_its_place(payload: Any, words: str, form: str, tmp_path: Path) -> None:
    policy = policy_of(payload, form)
    assert refused(tmp_path, policy, words)["column"] > policy.index('"payload"')


def test_what_fails_on_a_run_leaves_the_default_event(project: Any) -> None:
    own = {"payload": {**DETAILS, "severity": "{{ 'fatal' if run.attempt == 1 else 'error' }}"}}
    project.policy(policy_of(own).replace('"pagerduty"', '"pagerduty", "api_url": "${URL}"'))
    with ScriptedServer(Answer(202, b'{"status": "success", "dedup_key": "x"}')) as server:
        result = project.send(env={"URL": server.url(), "PAGERDUTY_ROUTING_KEY": VALUES["KEY"], "GITHUB_RUN_ATTEMPT": "1"})
        [request] = server.requests
    assert request.json()["payload"]["severity"] == "error"
    assert request.json()["client"] == "tocsin"
    assert "payload: payload.severity: is unknown: 'fatal'" in result.report["deliveries"][0]["reason"]
