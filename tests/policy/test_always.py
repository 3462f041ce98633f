"""`on: always`: whatever the result, and nothing that has not ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import run as command
from policies import CHANNELS, read, run

from tocsin.policy.destinations import destinations
from tocsin.policy.match import match

ENDS = ("success", "failure", "cancelled", "unstable")


def matching(on: str, event: str, transition: str | None = None) -> bool:
    policy = read(f"{CHANNELS}\nnotifications: [{{on: {on}, send_to: team}}]").policy
    [rule] = match(policy, run(event=event, status=event, transition=transition))
    return rule.matches


@pytest.mark.parametrize("event", ENDS)
def test_every_end_fulfils_it(event: str):
    assert matching("always", event)


@pytest.mark.parametrize("event", ["trigger", "waiting"])
def test_what_has_not_ended_does_not(event: str):
    assert not matching("always", event)
    assert matching(f"[always, {event}]", event)


def test_a_transition_changes_nothing_and_the_rule_is_asked_once():
    assert matching("always", "success", "fixed")
    policy = read(f"{CHANNELS}\nnotifications: [{{on: [always, failure, broken], send_to: team}}]").policy
    event = run(transition="broken")
    [row] = destinations(policy, match(policy, event), event, {})
    assert row.rules == ("#1",)


def explained(folder: Path, *words: str) -> tuple[str, str]:
    (folder / ".tocsin.yml").write_text("channels: {team: {kind: slack}}\nnotifications: [{on: always, send_to: team}]\n")
    answer = command(*words, env={"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}, folder=folder)
    return answer.out, answer.err


def test_explain_says_what_it_stands_for_where_it_does_not_match(tmp_path: Path):
    out, err = explained(tmp_path, "explain", "trigger")
    assert "event is trigger, wanted always (however it ends)" in out
    assert (
        "the nearest is '#1' (line 2), but the event is trigger where it wants always (however it ends) (a rule for such runs alone: "
        in err
    )


@pytest.mark.parametrize("status", ENDS)
def test_the_command_line_tells_every_end(tmp_path: Path, status: str):
    out, err = explained(tmp_path, "send", "completion", "--dry-run", "--status", status)
    assert ("team  slack" in out, err) == (True, "")


def test_a_skipped_run_is_no_end(tmp_path: Path):
    out, err = explained(tmp_path, "send", "completion", "--dry-run", "--status", "skipped")
    assert (out, "the run was skipped: that is no event" in err) == ("", True)
