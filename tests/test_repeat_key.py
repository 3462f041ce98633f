"""The key by which a receiver tells a repetition from a new message: one for each thing told to each recipient, and no two alike."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest
from events import event
from hypothesis import given
from hypothesis import strategies as st
from mail_servers import Mailbox
from servers import Answer, ScriptedServer

from tocsin.channels import load
from tocsin.derive.building import build
from tocsin.event import Event, Fact, dotted
from tocsin.policy.destinations import Destination, repeat_key

TOLD: dict[str, Any] = {
    "ci": "github", "hook": "completion", "status": "success", "event": "success", "app": "api", "environment": "staging", "kind": "cd",
    "run": {"id": "7", "number": 3, "attempt": 1}, "job": {"id": "build", "name": "build", "variant": "3.12"},
    "repository": {"name": "payments", "owner": "acme", "url": "https://github.com/acme/payments"},
}  # fmt: skip
TO = Destination("team", "webhook", "team", ("#1",), None)
JENKINS = {
    "JENKINS_URL": "https://ci.example/",
    "BUILD_TAG": "jenkins-payments-12",
    "BUILD_NUMBER": "12",
    "JOB_NAME": "payments",
    "BUILD_ID": "12",
}


def options(**more: Any) -> Any:
    return load("webhook").Options.model_validate({"kind": "webhook", "url": "https://a.example/${SECRET}", **more})


def key(changed: dict[str, Any] | None = None, to: Destination = TO, wording: Any = None) -> str:
    return repeat_key(event({**TOLD, **(changed or {})}), to, wording or options())


CHANGES: dict[str, dict[str, Any]] = {
    "ci": {"ci": "gitlab"},
    "repository": {"repository": {"url": "https://github.com/acme/other"}},
    "run": {"run": {"id": "8", "number": 3, "attempt": 1}},
    "attempt": {"run": {"id": "7", "number": 3, "attempt": 2}},
    "hook": {"hook": "trigger"},
    "job": {"job": {"id": "test", "name": "build", "variant": "3.12"}},
    "job's name": {"job": {"id": "build", "name": "test", "variant": "3.12"}},
    "matrix leg": {"job": {"id": "build", "name": "build", "variant": "3.13"}},
    "no matrix leg": {"job": {"id": "build", "name": "build"}},
    "status": {"status": "failure"},
    "event": {"event": "failure"},
    "transition": {"transition": "fixed"},
    "environment": {"environment": "production"},
    "application": {"app": "web"},
    "failures": {"failures": [{"job": "build"}]},
    "scope": {"scope": "run"},
}


@pytest.mark.parametrize("part", CHANGES)
def test_each_part_of_what_is_told_makes_another_key(part: str) -> None:
    assert key(CHANGES[part]) != key()


@pytest.mark.parametrize(
    ("to", "wording"),
    [
        (TO._replace(channel="other"), None),
        (TO._replace(recipient="other"), None),
        (TO._replace(rules=("#2",)), None),
        (TO._replace(rules=("#1", "#2")), None),
        (TO, {"payload": {"text": "{{ title }}"}}),
        (TO, {"payload": '{"text": "{{ title }}"}'}),
    ],
)
def test_to_whom_why_and_in_which_words_make_another_key(to: Destination, wording: dict[str, Any] | None) -> None:
    assert key(to=to, wording=options(**(wording or {}))) != key()
    assert key(to=to, wording=options(**(wording or {}))) == key(to=to, wording=options(**(wording or {})))


def test_times_sources_and_the_case_of_an_address_make_none() -> None:
    later = event({**TOLD, "run": {**TOLD["run"], "started_at": "2026-11-23T15:00:00Z", "finished_at": "2026-11-23T15:01:00Z"}})
    assert repeat_key(later, TO, options()) == key()
    assert repeat_key(event(TOLD)._replace(sources={"app": "flag --app"}), TO, options()) == key()
    assert key(to=TO._replace(recipient="Dev@Example.com")) == key(to=TO._replace(recipient="dev@example.com"))


def test_no_secret_s_value_is_a_part_of_it() -> None:
    worded = options(payload={"text": "${SECRET}"})
    keys = {key(wording=worded.resolved({"SECRET": value})) for value in ("one", "two")}
    assert keys == {key(wording=worded)}


def test_without_a_run_each_key_is_new() -> None:
    assert key({"run": {}}) != key({"run": {}})


TEXTS = st.none() | st.sampled_from(["a", "b", "None", "null", 'a", "b', "a\0b", "a,b", "\ud800"]) | st.text(max_size=3)
TIMES = {"run.id", "run.started_at", "run.finished_at"}  # and what no two messages of one test differ in
FIELDS = sorted({name for name, _ in dotted(Event())} - TIMES)


@given(known=st.dictionaries(st.sampled_from(FIELDS), TEXTS, max_size=4), field=st.sampled_from(FIELDS), one=TEXTS, other=TEXTS)
def test_events_that_differ_in_anything_told_never_share_a_key(
    known: dict[str, Any], field: str, one: str | None, other: str | None
) -> None:
    def made(value: str | None) -> str:
        facts = {**known, "run.id": "7", field: value}
        return repeat_key(build({name: Fact(told, "test") for name, told in facts.items()}), TO, options())

    assert (made(one) == made(other)) == (one == other)


@given(one=st.tuples(TEXTS, TEXTS, st.lists(TEXTS, max_size=3)), other=st.tuples(TEXTS, TEXTS, st.lists(TEXTS, max_size=3)))
def test_destinations_that_differ_never_share_a_key(one: Any, other: Any) -> None:
    def to(channel: str | None, recipient: str | None, rules: list[str | None]) -> Destination:
        return Destination(str(channel), "slack", str(recipient), tuple(map(str, rules)), None)

    def told(made: Destination) -> Any:
        return made.channel, made.recipient.casefold(), made.rules

    assert (key(to=to(*one)) == key(to=to(*other))) == (told(to(*one)) == told(to(*other)))


def test_one_build_that_tells_of_two_deployments_sends_two_messages(project):
    """By one build: staging succeeds, then production fails. A receiver that knows the key must not drop the failure."""
    with ScriptedServer(Answer(200)) as server, Mailbox() as box:
        project.policy(
            f'channels:\n  hook: {{kind: webhook, url: "${{U}}"}}\n'
            f"  mail: {{kind: smtp, host: 127.0.0.1, port: {box.port}, security: none, from: ci@example.com}}\n"
            "notifications: [{on: [success, failure], send_to: [hook, dev@example.com]}]\n"
        )
        for environment, status in (("staging", "success"), ("production", "failure"), ("production", "failure")):
            result = project.send(status, "--environment", environment, env={"U": server.url()}, ci=JENKINS)
            assert {row[0] for row in result.rows().values()} == {"delivered"}
        keys = [request.headers["webhook-id"] for request in server.requests]
        ids = [email.message_from_bytes(mail.content, policy=email.policy.default)["Message-ID"] for mail in box.mails]
    assert keys[0] != keys[1] == keys[2]
    assert ids[0] != ids[1] == ids[2]
