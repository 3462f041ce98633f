"""What the policy mutes is skipped with its reason, unless a critical rule asks for it: by cases of windows, and at the command line."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from clocks import StandingClock
from hypothesis import given
from hypothesis import strategies as st
from inprocess import run as command
from policies import found, read

from tocsin import cli
from tocsin.checks import Check
from tocsin.event import Actor, Event, Ref
from tocsin.policy.destinations import destinations
from tocsin.policy.match import match
from tocsin.policy.model import DAYS
from tocsin.policy.mute import muted

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "mutes.yml").read_text())
RULES = "channels: {team: {kind: slack}, ops: {kind: discord}}\nnotifications:\n  - {on: failure, send_to: [team]}\n"
EVENT = Event(event="failure", ref=Ref("branch", "main", "main"), triggered_by=Actor("ada"))


def reason(mute: dict[str, Any], at: str | float | None, policy: str = RULES, channel: str = "team") -> str | None:
    document = read(f"{policy}mute: {yaml.safe_dump([mute], default_flow_style=True)}")
    seconds = datetime.fromisoformat(at).replace(tzinfo=timezone.utc).timestamp() if isinstance(at, str) else at
    rules = match(document.policy, EVENT)
    rows = destinations(document.policy, [rule for rule in rules if rule.matches], EVENT, {})
    [row] = [row for row in muted(document.policy, rules, EVENT, rows, seconds) if row.channel == channel]
    assert row.skip is None or row.skip.cause == "mute"
    return row.skip.reason if row.skip else None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_window(case: dict[str, Any]):
    wanted = {None: None, True: "muted by mute #1"}.get(case["until"], f"muted by mute #1 until {case['until']}")
    mute = {key: str(value) if key in ("from", "until") else value for key, value in case["mute"].items()}
    assert reason(mute, case["at"]) == wanted


@given(st.sets(st.sampled_from(DAYS), min_size=1), st.integers(0, 23), st.integers(0, 23), st.integers(1_700_000_000, 1_900_000_000))
def test_a_window_is_open_exactly_in_its_hours(days: set[str], begin: int, end: int, at: int):
    now = datetime.fromtimestamp(at, timezone.utc)
    hours = ((now.hour - begin) % 24) < ((end - begin) % 24 or 24)
    day = now.weekday() - (1 if now.hour < begin else 0)
    open_ = hours and DAYS[day % 7] in days
    assert (reason({"days": sorted(days), "hours": f"{begin:02}:00-{end:02}:00"}, float(at)) is not None) is open_


def test_without_a_time_no_window_is_open():
    assert reason({"days": list(DAYS)}, None) is None
    assert reason({"pipelines": {"branch": "main"}}, None) == "muted by mute #1"


def test_a_critical_rule_passes():
    more = f"{RULES}  - {{on: failure, send_to: team, critical: true}}\n"
    assert reason({"name": "all", "channels": ["team"]}, None) == "muted by 'all'"
    assert reason({"name": "all", "channels": ["team"]}, None, more) is None
    other = f"{RULES}  - {{on: success, send_to: team, critical: true}}\n"
    assert reason({"name": "all", "channels": ["team"]}, None, other) == "muted by 'all'"


@pytest.fixture
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "CLOCK", StandingClock("2026-11-28T12:00:00Z"))


MUTED = f"{RULES}mute: {{name: weekends, days: [sat, sun], zone: Europe/Berlin}}\n"
WORDS = "muted by 'weekends' until 2026-11-30 00:00 (Europe/Berlin)"


@pytest.mark.usefixtures("saturday")
def test_it_is_said_wherever_a_message_is_looked_for(project: Any, slack: Any):
    project.policy(MUTED)
    env = {"SLACK_WEBHOOK_URL": slack.url("/x")}
    result = project.send("failure", "--strict", env=env)
    assert (result.code, result.rows(), slack.requests) == (0, {"team": ("skipped", WORDS)}, [])
    assert WORDS in result.out
    assert WORDS in project.run("explain", "completion", "--status=failure", env=env).out


@pytest.mark.usefixtures("saturday")
def test_no_fallback_takes_the_place_of_a_muted_message_and_none_that_is_muted_gets_one(project: Any, slack: Any):
    project.policy(
        "channels: {team: {kind: slack, fallback: ops}, ops: {kind: slack, url: '${OPS}'}}\n"
        "notifications: [{on: failure, send_to: team}]\nmute: {channels: team}\n"
    )
    result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x"), "OPS": slack.url("/ops")})
    assert (result.rows(), slack.requests) == ({"team": ("skipped", "muted by mute #1")}, [])
    project.policy((project.folder / ".tocsin.yml").read_text().replace("channels: team}", "channels: ops}"))
    result = project.send(env={"OPS": slack.url("/ops")})
    assert result.rows()["ops"] == ("skipped", "muted by mute #1 (in place of team)")
    assert slack.requests == []


def test_a_test_of_the_policy_goes_by_the_runs_own_time(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".tocsin.yml").write_text(MUTED)
    event = "{status: failure, run: {finished_at: '%s'}}"
    (tmp_path / "tocsin.test.yml").write_text(
        "cases:\n"
        f"  - {{name: saturday, event: {event % '2026-11-28T12:00:00Z'}, told: []}}\n"
        f"  - {{name: friday, event: {event % '2026-11-27T12:00:00Z'}, told: [team]}}\n"
        "  - {name: some day, event: failure, told: [team]}\n"
    )
    answer = command("test", folder=tmp_path)
    assert answer.code == 0, answer.out


def test_a_machine_without_time_zones_says_so_and_mutes_nothing(project: Any, slack: Any, monkeypatch: pytest.MonkeyPatch):
    import zoneinfo

    zoneinfo.ZoneInfo.clear_cache()
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    zoneinfo.reset_tzpath(())
    monkeypatch.setitem(__import__("sys").modules, "tzdata", None)
    try:
        [problem] = [problem for problem in found(MUTED.encode()) if problem.check is Check.UNKNOWN_ZONE]
        assert (problem.severity, "tzdata" in problem.message) == ("error", True)
        assert Check.UNKNOWN_ZONE not in {problem.check for problem in found(MUTED.replace("Europe/Berlin", "UTC").encode())}
        project.policy(MUTED)
        result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x")})
        assert (result.code, result.rows()) == (0, {"team": ("delivered", None)})
        assert "warning: " in result.err
        assert "no time zones" in result.err
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()


def test_the_time_zones_are_looked_for_once_however_many_mutes_name_none(monkeypatch: pytest.MonkeyPatch):
    """Each time opens hundreds of files: some hundred mutes took longer than a run may."""
    import zoneinfo

    every, asked = zoneinfo.available_timezones, []
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: asked.append(1) or every())
    mutes = "".join("  - {channels: team, zone: Europe/Berlni}\n" for _ in range(5))
    told = [problem for problem in found(f"{RULES}mute:\n{mutes}".encode()) if problem.check is Check.UNKNOWN_ZONE]
    assert (len(told), len(asked)) == (5, 1)
