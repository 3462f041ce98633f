"""What `explain` is asked: of a run that nobody starts, of a recorded one, of a place. Its advice never widens a rule."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inprocess import CASES, Answer, run
from policies import read

from tocsin.event import Event, Job, PullRequest, Ref
from tocsin.explanation.question import EVENTS
from tocsin.policy import model, nearest
from tocsin.policy.match import match

POLICY = b"""
channels:
  team: {kind: slack}
  ops: {kind: discord, url: "${OPS_URL}", project: shop}
  mail: {kind: smtp, host: smtp.example.com, from: ci@example.com}
notifications:
  - name: builds
    on: [failure, fixed]
    pipelines: {branch: main}
    send_to: [team, Dev@example.com]
  - on: failure
    pipelines: [{source_branch: "fix/*", ref_type: pull_request}, {tag: "v*"}]
    send_to: ops
  - {name: nightly, on: broken, pipelines: {source: schedule, job: nightly}, send_to: {email: [ops@example.com], via: mail}}
"""
GITHUB = CASES / "ci" / "github-push"


def ask(folder: Path, *words: str, env: Mapping[str, str] = {}, policy: bytes = POLICY) -> Answer:
    return run("explain", *words, "--policy=-", env=env, folder=folder, stdin=policy)


def event(folder: Path, *words: str, env: Mapping[str, str] = {}) -> dict[str, Any]:
    return ask(folder, *words, "--json", env=env).json()["event"]


def test_every_event_of_a_rule_can_be_asked_for(tmp_path: Path):
    assert set(EVENTS) == {*model.EVENTS} - {"always"}
    for word in EVENTS:
        found = event(tmp_path, f"--event={word}")
        assert word in (found["event"], found["transition"])
        assert found["hook"] == ("trigger" if word == "trigger" else "completion")


def test_a_branch_and_a_tag_are_completed(tmp_path: Path):
    assert event(tmp_path, "--event=failure", "--branch=main")["ref"] == {"type": "branch", "name": "main", "branch": "main", "tag": None}
    assert event(tmp_path, "--event=failure", "--tag=v1")["ref"] == {"type": "tag", "name": "v1", "branch": None, "tag": "v1"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--pull-request=7"], {"number": 7}),
        (["--pull-request=#7", "--source-branch=fix/a"], {"number": 7, "source_branch": "fix/a"}),
        (["--pull-request=!7", "--fork"], {"number": 7, "fork": True}),
        (["--target-branch=main"], {"target_branch": "main"}),
        (["--fork"], {"fork": True}),
    ],
    ids=str,
)
def test_each_part_of_a_pull_request_makes_the_ref_one(tmp_path: Path, words: list[str], told: dict[str, object]):
    found = event(tmp_path, "--event=failure", *words)
    assert found["ref"] == {"type": "pull_request", "name": told.get("source_branch"), "branch": None, "tag": None}
    assert {name: value for name, value in found["pull_request"].items() if value is not None} == told


def test_what_is_asked_takes_the_place_of_what_the_ci_says(tmp_path: Path):
    env = json.loads((GITHUB / "env.json").read_text())
    (tmp_path / "event.json").write_bytes((GITHUB / "event.json").read_bytes())
    found = event(tmp_path, "--event=failure", "--pull-request=7", "--target-branch=main", "--job=lint", "--source=pull_request", env=env)
    assert found["ref"] == {"type": "pull_request", "name": None, "branch": None, "tag": None}
    assert {value for key, value in found["commit"].items() if key != "author"} == {None}
    assert (found["job"]["name"], found["source"], found["app"]) == ("lint", "pull_request", "payments")
    assert event(tmp_path, "--event=failure", "--branch=dev", env=env)["ref"]["branch"] == "dev"
    assert event(tmp_path, "--event=failure", "--facts=facts.json", "--branch=dev", env=facts(tmp_path, env))["ref"]["branch"] == "dev"


def facts(folder: Path, env: dict[str, str]) -> dict[str, str]:
    (folder / "facts.json").write_text('{"ref": {"type": "branch", "name": "other", "branch": "other"}}')
    return env


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "which event is asked about? give HOOK (trigger, completion), --event WORD or --from FILE"),
        (["--branch=main"], "which event is asked about?"),
        (["--channel=team", "--branch=main"], "which event is asked about?"),
        (["--event=fixed", "--status=failure"], "--event fixed says the hook and the status"),
        (["trigger", "--event=fixed"], "--event fixed says the hook and the status"),
        (["--event=fixd"], "do you mean fixed?"),
        (["--event=failure", "--branch=a", "--tag=b"], "a run is of a branch, of a tag or of a pull request"),
        (["--event=failure", "--branch=a", "--fork"], "a run is of a branch, of a tag or of a pull request"),
        (["--event=failure", "--pull-request=x"], "'x' is no number of a pull request"),
        (["--channel=team", "--recipient=a@example.com"], "--channel and --recipient are two questions"),
        (["--channel=taem"], "there is no channel 'taem' (do you mean 'team'?)"),
        (["--recipient=team"], "'team' is a channel: ask with --channel"),
    ],
    ids=str,
)
def test_a_question_that_contradicts_itself_is_an_error(tmp_path: Path, words: list[str], error: str):
    answer = ask(tmp_path, *words)
    assert (answer.code, answer.out) == (2, "")
    assert error in answer.err


def test_a_status_alone_is_a_completion_s(tmp_path: Path):
    assert event(tmp_path, "--status=FAILED")["event"] == "failure"


def test_a_variable_that_is_not_set_here_keeps_nothing_from_being_sent(tmp_path: Path):
    answer = ask(tmp_path, "--event=failure", "--branch=main")
    assert "would send (SLACK_WEBHOOK_URL is not set here)  team" in answer.out
    [team, dev] = ask(tmp_path, "--event=failure", "--branch=main", "--json").json()["deliveries"]
    assert (team["outcome"], team["reason"]) == ("would send", "SLACK_WEBHOOK_URL is not set here")
    assert (dev["outcome"], dev["reason"]) == ("would send", None)
    assert "not set" not in ask(tmp_path, "--event=failure", "--branch=main", env={"SLACK_WEBHOOK_URL": "https://hooks.slack.com/x"}).out


def test_what_would_not_be_sent_anywhere_is_still_skipped(tmp_path: Path):
    [ops] = ask(tmp_path, "--event=failure", "--tag=v1", "--json").json()["deliveries"]
    assert (ops["outcome"], "serves only project shop" in ops["reason"]) == ("skipped", True)


def test_rules_have_their_names_and_lines(tmp_path: Path):
    rows = ask(tmp_path, "--event=failure", "--branch=main", "--json").json()["rules"]
    assert [(row["name"], row["line"], row["matches"]) for row in rows] == [("builds", 7, True), ("#2", 11, False), ("nightly", 14, False)]


# A recorded run.


def record(folder: Path, *words: str) -> dict[str, Any]:
    """A report, as `send --report` writes it in a job of GitHub's."""
    env = json.loads((GITHUB / "env.json").read_text())
    (folder / "event.json").write_bytes((GITHUB / "event.json").read_bytes())
    answer = run("send", "completion", *words, "--dry-run", "--report=report.json", "--policy=-", env=env, folder=folder, stdin=POLICY)
    assert answer.code == 0
    return json.loads((folder / "report.json").read_text())


def test_a_report_says_what_became_of_each_message_and_is_held_against_the_policy_here(tmp_path: Path):
    report = record(tmp_path, "--status=failure")
    explained = ask(tmp_path, "--from=report.json", "--json").json()
    assert [(row["recipient"], row["outcome"]) for row in explained["recorded"]] == [("team", "skipped"), ("Dev@example.com", "skipped")]
    left_out = {"sources": None, "event": None}
    assert {**explained["event"], **left_out} == {**report["event"], **left_out}
    out = ask(tmp_path, "--from=report.json").out
    assert "In the report\nskipped  team" in out
    assert "variable SLACK_WEBHOOK_URL is not set" in out


def test_the_variables_of_the_machine_say_nothing_of_a_recorded_run(tmp_path: Path):
    record(tmp_path, "--status=failure")
    found = event(tmp_path, "--from=report.json", env={"TOCSIN_BRANCH": "other", "TOCSIN_STATUS": "success", "TOCSIN_APP": "x"})
    assert (found["ref"]["branch"], found["status"], found["app"], found["ci"]) == ("main", "failure", "payments", "github")


def test_a_flag_asks_of_a_recorded_run_what_would_have_been(tmp_path: Path):
    record(tmp_path, "--status=failure")
    found = event(tmp_path, "--from=report.json", "--event=fixed", "--branch=dev", "--environment=live")
    assert (found["transition"], found["ref"]["branch"], found["kind"], found["commit"]["sha"]) == ("fixed", "dev", "cd", None)


def test_the_policy_here_says_anew_what_the_one_of_that_time_said(tmp_path: Path):
    before, after = (POLICY + b"environments: {frankfurt: {%s}}\n" % text for text in (b"cluster: a", b"tier: production, cluster: b"))
    env = json.loads((GITHUB / "env.json").read_text())
    (tmp_path / "event.json").write_bytes((GITHUB / "event.json").read_bytes())
    words = ("send", "completion", "--status=failure", "--environment=frankfurt", "--dry-run", "--report=report.json", "--policy=-")
    run(*words, env=env, folder=tmp_path, stdin=before)
    for policy, told in ((before, ("other", "a", "cd")), (after, ("production", "b", "cd")), (POLICY, ("other", None, "cd"))):
        found = ask(tmp_path, "--from=report.json", "--json", policy=policy).json()["event"]
        assert (found["tier"], found["cluster"], found["kind"]) == told


def test_an_event_alone_is_a_record_too(tmp_path: Path):
    (tmp_path / "event.json").write_text(json.dumps(record(tmp_path, "--status=failure")["event"]))
    explained = ask(tmp_path, "--from=event.json", "--json").json()
    assert "recorded" not in explained
    assert explained["rules"][0]["matches"]
    (tmp_path / "short.json").write_text('{"status": "failure", "pull_request": {"source_branch": "fix/a"}}')
    assert ask(tmp_path, "--from=short.json", "--json").json()["rules"][1]["matches"]


def test_a_report_without_a_delivery_says_why_nobody_heard(tmp_path: Path):
    report = record(tmp_path, "--status=cancelled")
    assert report["deliveries"] == []
    answer = ask(tmp_path, "--from=report.json")
    assert "the report has no delivery: no rule matched, or no policy held" in answer.err
    assert "the nearest is 'builds' (line 7), but the event is cancelled where it wants failure, fixed" in answer.err
    report["event"]["status"] = "failure"
    (tmp_path / "report.json").write_text(json.dumps(report))
    answer = ask(tmp_path, "--from=report.json")
    assert "the report says nothing of team, Dev@example.com: the policy was another one then, or it did not hold on that run" in answer.err


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is no report of `send --report` and no event of `context --json`"),
        ("[1]", "has no event in it: pass what `send --report` wrote"),
        ("{}", "has no event in it"),
        ('{"cases": [1]}', "--from: unknown field 'cases'"),
        ("[" * 100000, "is no report"),
        ('{"event": {"ref": {"brnch": "x"}}}', "--from: unknown field 'ref.brnch' (do you mean"),
        ('{"event": {"run": {"number": "x"}}}', "--from: run.number must be a whole number"),
        ('{"event": {"hook": "completion", "app": "x"}}', "no status is known"),
        (None, "'report.json' cannot be read: No such file or directory"),
    ],
    ids=str,
)
def test_a_file_that_is_no_record_is_an_error(tmp_path: Path, text: str | None, error: str):
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    answer = ask(tmp_path, "--from=report.json")
    assert (answer.code, answer.out) == (4, "")
    assert error in answer.err


def test_what_stands_in_a_report_is_shown_as_text(tmp_path: Path):
    report = record(tmp_path, "--status=failure")
    report["deliveries"][0] |= {"reason": "a\n::error::b\x1b[31m##[c", "recipient": 5, "rules": [1, "x"]}
    (tmp_path / "report.json").write_text(json.dumps({**report, "deliveries": [*report["deliveries"], 7]}))
    ask(tmp_path, "--from=report.json")  # which holds every answer to that
    ask(tmp_path, "--from=report.json", "--json")


# What reaches a place.


def test_what_reaches_a_channel(tmp_path: Path):
    found = ask(tmp_path, "--channel=mail", "--json").json()
    assert [(row["name"], row["number"], row["line"], row["on"]) for row in found["rules"]] == [
        ("builds", 1, 7, ["failure", "fixed"]),
        ("nightly", 3, 14, ["broken"]),
    ]
    assert (found["channel"], found["recipient"]) == ("mail", None)
    assert found["rules"][1]["pipelines"] == [{"source": ["schedule"], "job": ["nightly"]}]
    assert "#2  line 11  on failure  source_branch fix/*; ref_type pull_request or tag v*" in ask(tmp_path, "--channel=ops").out


def test_what_reaches_an_address_whatever_its_case(tmp_path: Path):
    assert "builds  line 7" in ask(tmp_path, "--recipient=dev@EXAMPLE.com").out
    assert "no rule sends to it" in ask(tmp_path, "--recipient=nobody@example.com").out


def test_a_place_narrows_what_is_said_of_a_run(tmp_path: Path):
    found = ask(tmp_path, "--event=failure", "--branch=main", "--recipient=dev@example.com", "--json").json()
    assert [rule["name"] for rule in found["rules"]] == ["builds"]
    assert [row["recipient"] for row in found["deliveries"]] == ["Dev@example.com"]
    answer = ask(tmp_path, "--event=failure", "--branch=main", "--channel=ops")
    assert "no rule that sends to ops matches" in answer.err
    assert "no rule sends to x@example.com" in ask(tmp_path, "--event=failure", "--recipient=x@example.com").err


# Advice.

NAMES = st.sampled_from(["main", "dev", "release/1", "a b", "x: y", "no", "{a}", "'q\"", "ü", "#1"])
RUNS = st.builds(
    lambda word, branch, app, job, source, request: Event(
        event=word, app=app, source=source, job=Job(name=job), ref=Ref("pull_request" if request else "branch", branch, None if request else branch),
        pull_request=PullRequest(source_branch=branch, target_branch="main") if request else PullRequest(),
    ),
    st.sampled_from(["trigger", "success", "failure", "cancelled"]), NAMES, NAMES, st.none() | NAMES, st.none() | NAMES, st.booleans(),
)  # fmt: skip
SELECTORS = st.dictionaries(st.sampled_from(["branch", "app", "job", "source", "target_branch", "environment"]), NAMES, max_size=3)
ASKED = st.sets(st.sampled_from(["branch", "app", "source_branch"]))


@given(RUNS, RUNS, SELECTORS, st.sampled_from(["success", "failure", "[trigger, cancelled]"]), ASKED)
def test_a_rule_that_is_proposed_takes_the_run_and_no_other_than_was_asked_for(
    run_: Event, other: Event, selector: dict[str, str], on: str, asked: set[str]
):
    channels = "channels: {team: {kind: slack}, mail: {kind: smtp, host: h.example.com, from: ci@example.com}}\n"
    policy = read(f"{channels}notifications: [{{on: {on}, pipelines: {json.dumps(selector)}, send_to: [team, dev@example.com]}}]\n").policy
    rules = match(policy, run_)
    if rules[0].matches:
        return
    text = nearest.notice(rules, run_, ["line 1"], nearest.Wanted(asked))
    proposed = re.search(r"alone: (\{.*\})\)$", text)
    assert not re.search(r"\b(add|leave|remove|drop|widen)\b", text)
    if not proposed:
        return
    proposal = read(f"{channels}notifications: [{proposed[1]}]\n").policy
    assert match(proposal, run_)[0].matches
    assert proposal.notifications[0].send_to == policy.notifications[0].send_to
    if match(proposal, other)[0].matches:
        assert other.event == run_.event
        assert all(getattr(other, key) == getattr(run_, key) for key in asked & {"app"})
        assert "branch" not in asked or other.ref.branch == run_.ref.branch or run_.ref.branch is None


def test_what_is_proposed_sends_to_nobody_else_than_was_asked_about(tmp_path: Path):
    for words, told in (
        (["--channel=team"], "[team]"),
        (["--channel=mail"], "[Dev@example.com]"),
        (["--recipient=OPS@example.com", "--source=schedule", "--job=nightly"], "[{email: [OPS@example.com], via: mail}]"),
        ([], "[team, Dev@example.com]"),
    ):
        answer = ask(tmp_path, "--event=success", "--branch=main", *words)
        assert f"send_to: {told}}})" in answer.err, answer.err


def test_no_rule_is_proposed_for_a_fork_which_no_selector_knows(tmp_path: Path):
    assert "alone" in ask(tmp_path, "--event=success", "--pull-request=7", "--source-branch=fix/a").err
    assert "alone" not in ask(tmp_path, "--event=success", "--pull-request=7", "--source-branch=fix/a", "--fork").err


def test_no_rule_is_proposed_whose_value_would_be_a_pattern(tmp_path: Path):
    answer = ask(tmp_path, "--event=failure", "--branch=a*")
    assert "alone" not in answer.err
    assert "the nearest is 'builds'" in answer.err
