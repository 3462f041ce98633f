"""A runbook is a link among those of a failure's message, on every channel, and of no other message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kinds import options
from policies import read

from tocsin import channels
from tocsin.event import Event
from tocsin.message import RUNBOOKS_MAX, compose
from tocsin.policy.match import match, runbooks
from tocsin.templates.samples import EVERYTHING

WIKI = "https://wiki.example.com"
POLICY = f"""
environments: {{production: {{runbook: "{WIKI}/production"}}, staging: {{runbook: "{WIKI}/staging"}}}}
channels: {{team: {{kind: slack}}, ops: {{kind: discord}}}}
notifications:
  - {{name: one, on: [failure, unstable, success], send_to: [team, ops], runbook: "{WIKI}/one"}}
  - {{name: same, on: failure, send_to: team, runbook: "{WIKI}/one"}}
  - {{on: failure, send_to: team, runbook: "{WIKI}/third"}}
  - {{on: trigger, send_to: team, runbook: "{WIKI}/start"}}
"""


def links(event: Event, *rules: str) -> list[tuple[str, str]]:
    policy = read(POLICY).policy
    message = compose(event)._replace(rules=rules)
    told = message.with_runbooks(runbooks(policy, match(policy, event), event))
    return [tuple(link) for link in told.links if link not in message.links]


@pytest.mark.parametrize("kind", channels.KINDS)
def test_every_channel_shows_it(kind: str):
    message = compose(EVERYTHING)._replace(rules=("one",), recipient="ada@example.com").with_runbooks({"one": f"{WIKI}/one"})
    payload: Any = channels.load(kind).render(message, options(kind))
    text = payload if isinstance(payload, str) else json.dumps(payload, default=str)
    assert f"{WIKI}/one" in text.replace("=\n", "").replace("=\r\n", "")


def test_each_of_several_once_and_the_environments_with_it():
    event = Event(event="failure", environment="production")
    assert links(event, "one") == [("Runbook: production", f"{WIKI}/production"), ("Runbook: one", f"{WIKI}/one")]
    assert links(event, "one", "same", "#3") == [
        ("Runbook: production", f"{WIKI}/production"), ("Runbook: one", f"{WIKI}/one"), ("Runbook: #3", f"{WIKI}/third"),
    ]  # fmt: skip
    assert links(event._replace(environment="other"), "one", "same") == [("Runbook", f"{WIKI}/one")]


@pytest.mark.parametrize("word", ["success", "trigger", "cancelled", "waiting"])
def test_what_is_no_failure_has_none(word: str):
    assert links(Event(event=word, environment="production"), "one", "#4") == []


def test_unstable_has_it():
    assert links(Event(event="unstable"), "one") == [("Runbook", f"{WIKI}/one")]


def test_of_very_many_there_are_a_few():
    message = compose(EVERYTHING)._replace(rules=tuple(map(str, range(50))))
    assert len(message.with_runbooks({str(number): f"{WIKI}/{number}" for number in range(50)}).runbooks) == RUNBOOKS_MAX


def test_the_failed_step_stays_first():
    message = compose(EVERYTHING)._replace(rules=("one",))
    assert message.with_runbooks({"one": f"{WIKI}/one"}).links[0] == message.links[0]


def test_it_goes_out_and_is_previewed(project: Any, slack: Any):
    project.policy(POLICY)
    env = {"SLACK_WEBHOOK_URL": slack.url("/x")}
    assert f"{WIKI}/staging" in project.run("send", "completion", "--status=failure", "--environment=staging", "--dry-run", env=env).out
    project.send(env=env)
    assert f"{WIKI}/one" in slack.requests[0].body.decode()
    assert f"Runbook: one: {WIKI}/one" in project.run("preview", "one", "--event=failure", env=env).out
