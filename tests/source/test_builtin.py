"""The start without a policy: which channels the variables give, and what is said of it."""

from __future__ import annotations

import pytest
from policies import read, run

from tocsin.policy.destinations import destinations
from tocsin.policy.load import load
from tocsin.policy.match import match
from tocsin.source.builtin import VARIABLES, builtin


def test_the_start_without_a_policy():
    env = {"SLACK_WEBHOOK_URL": "x", "DISCORD_WEBHOOK_URL": "y", "TEAMS_WEBHOOK_URL": ""}
    text, notice = builtin(env)
    assert text
    policy = load(text).policy
    assert {name: (options.kind, options.url) for name, options in policy.channels.items()} == {
        "slack": ("slack", "${SLACK_WEBHOOK_URL}"),
        "discord": ("discord", "${DISCORD_WEBHOOK_URL}"),
    }
    for event, count in (("success", 2), ("failure", 2), ("trigger", 0), ("cancelled", 0)):
        rules = [rule for rule in match(policy, run(event=event)) if rule.matches]
        assert len(destinations(policy, rules, run(event=event), {})) == count
    assert "SLACK_WEBHOOK_URL, DISCORD_WEBHOOK_URL" in notice
    assert notice.startswith("there is no policy: success and failure go to slack, discord, since ")
    assert "to choose, write .tocsin.yml: {" in notice


def test_every_start_variable():
    text, _ = builtin(dict.fromkeys(VARIABLES.values(), "x"))
    assert text
    assert [options.kind for options in load(text).policy.channels.values()] == list(VARIABLES)


@pytest.mark.parametrize("env", [{}, {"SLACK_WEBHOOK_URL": "x", "TEAMS_WEBHOOK_URL": "x"}])
def test_the_notice_shows_a_policy_that_works(env: dict[str, str]):
    text, notice = builtin(env)
    shown = notice[notice.index("{channels") :]
    assert read(shown).policy.notifications
    assert not text or (text.name, text.data.decode()) == ("(no policy file)", shown)


def test_the_notice_of_no_policy_at_all_shows_what_may_be_set():
    _, notice = builtin({})
    assert notice.startswith("there is no policy, so nothing is sent: write .tocsin.yml, or set ")
    assert ", ".join(VARIABLES.values()) in notice
    assert notice.endswith(
        '{channels: {slack: {kind: slack, url: "${SLACK_WEBHOOK_URL}"}}, notifications: [{on: failure, send_to: slack}]}'
    )


def test_nothing_at_all():
    assert builtin({"SLACK_WEBHOOK_URL": ""})[0] is None
