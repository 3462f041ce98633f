"""What a channel cannot deliver goes to its fallback: over the wire by cases, and by properties over all policies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml
from clocks import VirtualClock
from hypothesis import given
from hypothesis import strategies as st
from mail_servers import Mailbox
from policies import read
from scripted_channel import ScriptedChannel, Take, delivery
from servers import Answer, Request, ScriptedServer

from tocsin.deliver import Delivery, Limits, deliver
from tocsin.fallbacks import with_fallbacks
from tocsin.network import Network
from tocsin.policy.destinations import Destination
from tocsin.verdict import Delivered, Failed, Outcome, Skip

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "fallbacks.yml").read_text())


class ByPath(ScriptedServer):
    """A service that answers /404/team with 404."""

    def next_answer(self, request: Request) -> Answer:
        super().next_answer(request)
        return Answer(int(request.path.split("/")[1]), b"answer")


def policy_of(case: dict[str, Any]) -> str:
    channels = {}
    for name, said in case["channels"].items():
        rest = {key: said[key] for key in ("fallback", "project") if key in said}
        channels[name] = {"kind": "webhook", "url": f"${{{name.upper()}_URL}}", **rest}
    rule = {"on": "failure", "send_to": case["send_to"]}
    return yaml.safe_dump({"channels": channels, "notifications": [rule], "delivery": {"attempts": 2}})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_a_run_sends_and_says(case: dict[str, Any], project: Any):
    project.policy(policy_of(case))
    with ByPath(Answer(200)) as server:
        env = {
            f"{name.upper()}_URL": server.url(f"/{said['answer']}/{name}")
            for name, said in case["channels"].items()
            if not said.get("unset")
        }
        result = project.send("failure", "--strict", *case.get("flags", ()), env=env)
    assert result.code == case["strict"], result.out + result.err
    rows = result.rows()
    assert rows.keys() == case["rows"].keys()
    for name, (outcome, reason) in case["rows"].items():
        assert rows[name][0] == outcome
        assert fnmatchcase(str(rows[name][1]), str(reason)), rows[name]
        assert name in result.out
    assert Counter(request.path.rpartition("/")[2] for request in server.requests) == case["sent"]


def test_a_mail_goes_through_the_other_server_and_a_message_to_an_address(project: Any):
    with Mailbox() as box, ByPath(Answer(200)) as server:
        project.policy(
            "channels:\n"
            f"  down: {{kind: smtp, host: 127.0.0.1, port: 1, security: none, from: ci@example.com, fallback: mail}}\n"
            f"  mail: {{kind: smtp, host: 127.0.0.1, port: {box.port}, security: none, from: ci@example.com, default: true}}\n"
            "  team: {kind: webhook, url: '${TEAM_URL}', fallback: Ops@example.com}\n"
            "notifications: [{on: failure, send_to: [team, {email: [ada@example.com, bob@example.com], via: down}]}]\n"
            "delivery: {attempts: 1}\n"
        )
        result = project.send("failure", "--strict", env={"TEAM_URL": server.url("/404/team")})
        arrived = sorted(mail.recipient for mail in box.mails)
    assert (result.code, arrived) == (0, ["Ops@example.com", "ada@example.com", "bob@example.com"])
    rows = [(row["channel"], row["recipient"], row["outcome"], row["reason"]) for row in result.report["deliveries"]]
    assert ("mail", "ada@example.com", "delivered", "in place of down") in rows
    assert ("mail", "Ops@example.com", "delivered", "in place of team") in rows
    assert sum("sent to ada@example.com through mail instead" in str(row[3]) for row in rows) == 1
    assert len(rows) == 6


NAMES = "abcdef"
ENDS = ("delivered", "service", "variable", "scope", "budget", "interrupted", "defect")


@st.composite
def runs(draw: st.DrawFn) -> tuple[dict[str, str | None], dict[str, str], list[str]]:
    """A fallback for some channels, in no circle; how a delivery to each ends; and whom the rules name."""
    fallbacks = {name: draw(st.sampled_from([None, *NAMES[number + 1 :]])) for number, name in enumerate(NAMES)}
    ends = {name: draw(st.sampled_from(ENDS)) for name in NAMES}
    return fallbacks, ends, draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))


@given(runs())
def test_each_is_told_once_and_every_row_says_what_came_of_it(run: tuple[dict[str, str | None], dict[str, str], list[str]]):
    fallbacks, ends, told = run
    lines = [f"  {name}: {{kind: slack, url: '${{U}}'{f', fallback: {to}' if to else ''}}}" for name, to in fallbacks.items()]
    policy = read("\n".join(["channels:", *lines, "notifications: [{on: failure, send_to: [a]}]"])).policy
    hindered = {name: Skip("why", end) for name, end in ends.items() if end in ("variable", "scope")}
    rows = [Destination(name, "slack", name, ("#1",), hindered.get(name)) for name in told]
    sent: list[str] = []

    def send(first: Sequence[Any], more: list[Any]) -> Iterator[Outcome]:
        waiting = list(first)
        while waiting or more:
            waiting += more
            more.clear()
            name = waiting.pop().channel
            sent.append(name)
            end = ends[name]
            yield Outcome(
                name,
                "slack",
                name,
                ("#1",),
                "delivered" if end == "delivered" else "failed",
                None if end == "delivered" else "why",
                cause=None if end == "delivered" else end,
            )  # type: ignore[arg-type]

    outcomes = list(with_fallbacks(policy, rows, lambda row: row._replace(skip=hindered.get(row.channel)), lambda row: row, send))  # type: ignore[arg-type]
    assert len(sent) == len(set(sent))
    names = [outcome.channel for outcome in outcomes]
    assert len(names) == len(set(names))
    assert set(told) <= set(names)
    for outcome in outcomes:
        reached, name = None, outcome.channel
        while ends[name] in ("service", "variable", "budget", "defect") and fallbacks[name]:
            name = fallbacks[name] or ""
            reached = name if ends[name] == "delivered" else None
        assert outcome.instead == reached
        assert (outcome.outcome == "delivered") == (ends[outcome.channel] == "delivered")
        assert reached is None or reached in str(outcome.reason)


def test_a_fallback_begins_while_others_still_try():
    clock = VirtualClock()
    slow, dead, spare = ScriptedChannel(clock, Take(20)), ScriptedChannel(clock, Take(1, Failed("HTTP 404"))), ScriptedChannel(clock)
    more: list[Delivery] = []
    seen: list[tuple[str, float]] = []
    for outcome in deliver([delivery(slow, "slow"), delivery(dead, "dead")], Limits(30, clock.now + 30, 1), Network(), clock, more=more):
        seen.append((outcome.channel, clock.now - 1000))
        if outcome.channel == "dead":
            more.append(delivery(spare, "spare"))
    assert seen == [("dead", 1), ("spare", 1), ("slow", 20)]


def test_what_comes_too_late_for_the_budget_has_its_row():
    clock = VirtualClock()
    dead, spare = ScriptedChannel(clock, Take(60)), ScriptedChannel(clock)
    more: list[Delivery] = []
    seen = []
    for outcome in deliver([delivery(dead, "dead")], Limits(100, clock.now + 30, 1), Network(), clock, more=more):
        seen.append((outcome.channel, outcome.cause))
        if outcome.channel == "dead":
            more.append(delivery(spare, "spare"))
    assert seen == [("dead", "budget"), ("spare", "budget")]
    assert not spare.begun


def test_a_further_message_of_a_channel_waits_for_the_one_under_way():
    clock = VirtualClock()
    dead, mail = ScriptedChannel(clock, Take(1, Failed("HTTP 404"))), ScriptedChannel(clock, Take(5, Delivered()))
    more: list[Delivery] = []
    seen = []
    for outcome in deliver(
        [delivery(dead, "dead"), delivery(mail, "mail", "ada")], Limits(30, clock.now + 30, 1), Network(), clock, more=more
    ):
        seen.append((outcome.recipient, clock.now - 1000))
        if outcome.channel == "dead":
            more.append(delivery(mail, "mail", "bob"))
    assert seen == [("dead", 1), ("ada", 5), ("bob", 10)]
    assert mail.most_running == 1


def test_a_test_of_a_channel_goes_to_no_other(project: Any, slack: ScriptedServer):
    slack.script(Answer(404, b"no_service"))
    project.policy(
        "channels: {team: {kind: slack, fallback: ops}, ops: {kind: slack, url: '${OPS}'}}\nnotifications: [{on: failure, send_to: team}]\n"
    )
    result = project.run("channels", "test", "team", env={"SLACK_WEBHOOK_URL": slack.url("/team"), "OPS": slack.url("/ops")})
    assert (result.code, {request.path for request in slack.requests}) == (1, {"/team"})


def test_a_dry_run_shows_what_a_fallback_would_get(project: Any):
    project.policy(
        "channels: {team: {kind: slack, url: '${TEAM_URL}', fallback: ops}, ops: {kind: slack, url: '${OPS_URL}'}}\n"
        "notifications: [{on: failure, send_to: team, mention: here}]\n"
    )
    result = project.send("failure", "--dry-run", env={"OPS_URL": "https://hooks.slack.com/services/T0/B0/x"})
    assert result.code == 0, result.err
    dry_run, *text, skipped = result.out.splitlines()
    assert dry_run.split()[:3] == ["skipped", "ops", "slack"]
    assert dry_run.endswith("(in place of team)")
    assert text[0].startswith("  ❌ Failed")
    assert text[-1] == "  mentions: here"
    assert skipped.split()[:2] == ["skipped", "team"]


@pytest.mark.parametrize(("url", "word"), [("https://x.example.com/", "would send"), ("", "would send (A_URL is not set here)")])
def test_explain_says_where_it_goes_instead(project: Any, url: str, word: str):
    project.policy(
        "channels: {a: {kind: slack, url: '${A_URL}', fallback: b}, b: {kind: slack, project: other}, c: {kind: slack, project: other, fallback: b}}\n"
        "notifications: [{on: failure, send_to: [a, c]}]\n"
    )
    words, env = ("explain", "completion", "--status", "failure"), {"A_URL": url}
    lines = [line for line in project.run(*words, env=env).out.splitlines() if "slack" in line]
    assert [line.split("  ")[0] for line in lines] == [word, "skipped"]
    assert lines[0].endswith("by #1, else to b")
    assert "else to" not in lines[1]  # another channel would not serve that project in its place
    told = json.loads(project.run(*words, "--json", env=env).out)["deliveries"]
    assert [row.get("fallback") for row in told] == ["b", None]
