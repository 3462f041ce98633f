"""`tocsin preview`: what would be sent, without a secret, a socket or a run. Its page in a browser: tests/inbox/test_preview_page.py."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from events import SNIPPETS
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import CASES, Answer, run
from payload_checks import CHECKS

from tocsin.channels import MAIL_KINDS
from tocsin.event import Failure
from tocsin.message import compose
from tocsin.message.lines import lines
from tocsin.policy.load import load
from tocsin.policy.match import match
from tocsin.policy.policy_text import PolicyText
from tocsin.preview import find, previews
from tocsin.samples import EVENTS
from tocsin.templates.samples import EVERYTHING
from tocsin.text import UNSAFE

POLICY = (CASES / "preview" / "policy.yml").read_bytes()
SLACK = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/s3cr3t"}
HOSTILE = "</script><img src=x onerror=alert(1)> ::error::x ##[error] <!channel> \u202e\x1b[31m"


def preview(folder: Path, *words: str, policy: bytes = POLICY) -> Answer:
    return run("preview", *words, "--policy", "-", folder=folder, stdin=policy)


def payloads(folder: Path, *words: str, policy: bytes = POLICY) -> list[dict[str, Any]]:
    answer = preview(folder, *words, "--json", policy=policy)
    assert answer.code == 0, answer.err
    rows: list[dict[str, Any]] = answer.json()
    return rows


@pytest.fixture(autouse=True)
def no_socket(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a preview opens no socket")

    monkeypatch.setattr(socket, "socket", refuse)


def events(text: str) -> list[str]:
    return re.findall(r"^(\w+)$", text, re.MULTILINE)


def test_a_rule_has_the_events_that_it_asks_for(tmp_path: Path):
    text = preview(tmp_path, "broken builds").out
    assert events(text) == ["failure", "broken", "still_failing"]
    assert "  ❌ Broken: payments on main\n" in text
    assert text.count("  to: team (slack), ops (discord), dev@example.com (smtp)\n") == 3


def test_always_is_however_it_ended(tmp_path: Path):
    found = events(preview(tmp_path, "production deployments").out)
    assert found == list(EVENTS)


def test_a_channel_has_every_event_whether_a_rule_asks_or_not(tmp_path: Path):
    rows = payloads(tmp_path, "chat")
    assert [row["event"] for row in rows] == list(EVENTS)
    assert {row["channel"] for row in rows} == {"chat"}
    assert {tuple(row["rules"]) for row in rows} == {()}


def test_an_email_channel_writes_to_an_address_that_a_rule_has(tmp_path: Path):
    (row,) = payloads(tmp_path, "mail", "--event", "fixed")
    assert (row["recipient"], row["payload"]["to"]) == ("dev@example.com", "dev@example.com")
    policy = b"channels: {mail: {kind: smtp, host: smtp.example.com, from: ci@example.com}}\nnotifications: []\n"
    (row,) = payloads(tmp_path, "mail", "--event", "fixed", policy=policy)
    assert row["recipient"] == "you@example.com"


def test_without_a_name_every_rule_s_messages_are_shown_once(tmp_path: Path):
    rows = payloads(tmp_path)
    keys = [(row["event"], row["recipient"], json.dumps(row["payload"])) for row in rows]
    assert len(keys) == len(set(keys))
    assert {row["event"] for row in rows} == set(EVENTS)
    assert {rule for row in rows for rule in row["rules"]} == {"broken builds", "production deployments", "#3"}


def test_every_payload_is_one_that_its_service_takes(tmp_path: Path):
    rows = payloads(tmp_path)
    for channel in ("room", "ring", "chat"):
        rows += payloads(tmp_path, channel)
    assert {row["kind"] for row in rows} == {"slack", "discord", "teams", "ringcentral", "google_chat", "smtp", "webhook"}
    for row in rows:
        if row["kind"] not in (*MAIL_KINDS, "webhook"):  # a webhook's payload is the policy's own
            CHECKS[row["kind"]](row["payload"])


def test_a_sample_is_called_as_the_policy_calls_things(tmp_path: Path):
    policy = b"""
context: {app: ledger, project: bank, environment: "{{ 'live' if ref.branch == 'trunk' else 'stage' }}"}
environments: {live: {tier: production, cluster: c1}}
channels: {team: {kind: slack, url: "${X}", project: bank}}
notifications: {name: live, on: success, pipelines: {tier: production, branch: trunk}, send_to: team}
"""
    answer = preview(tmp_path, "live", policy=policy)
    assert "✅ Success: ledger → live" in answer.out
    assert answer.err == ""


SELECTORS = (
    {"kind": "ci"}, {"kind": "cd"}, {"tier": "staging"}, {"tier": "!production"}, {"environment": "eu-*"}, {"environment": ["!stage", "s*"]},
    {"branch": "release/*"}, {"branch": ["!main"]}, {"tag": "v*"}, {"ref_type": "pull_request"}, {"ref_type": "tag"}, {"target_branch": "develop"},
    {"source_branch": "feature/[ab]?"}, {"app": "web-*", "project": "shop"}, {"pipeline": "deploy"}, {"job": "e2e"}, {"source": "schedule"},
    {"cluster": "eks-*"}, {"kind": "cd", "tier": "testing", "branch": "hotfix/**"},
)  # fmt: skip


@pytest.mark.parametrize("selector", SELECTORS, ids=str)
def test_a_sample_is_made_to_match_the_rule(selector: dict[str, Any]):
    policy = {"channels": {"t": {"kind": "slack"}}, "notifications": [{"on": "failure", "pipelines": selector, "send_to": "t"}]}
    document = load(PolicyText("p", json.dumps({**policy, "environments": {"stage": {}, "production": {}}}).encode()))
    (shown,) = previews(document, find(document.policy, "#1"), ["failure"], {})
    (held,) = match(document.policy, shown.event)
    assert held.matches, held.failed_on


def test_a_sample_is_called_by_no_name_that_is_excluded(tmp_path: Path):
    policy = b"channels: {t: {kind: slack}}\nnotifications: {on: failure, pipelines: {source_branch: ['!dependabot/*', '!renovate/*']}, send_to: t}"
    answer = preview(tmp_path, "--event", "failure", "--json", policy=policy)
    assert answer.code == 0
    assert "dependabot" not in answer.out


def test_what_a_flag_says_holds_and_what_then_does_not_match_is_said(tmp_path: Path):
    answer = preview(tmp_path, "production deployments", "--event", "failure", "--environment", "stage", "--app", "web")
    assert "❌ Failed: web → stage" in answer.out
    assert "failure: the rule production deployments does not match this run, and would send nothing: tier is staging" in answer.err
    answer = preview(tmp_path, "--event", "trigger", "--environment", "stage")
    assert (answer.out, "nothing would be sent" in answer.err) == ("", True)


def test_one_event_by_its_word_or_its_status(tmp_path: Path):
    assert events(preview(tmp_path, "team", "--event", "still_failing").out) == ["still_failing"]
    assert events(preview(tmp_path, "team", "--status", "FAILED").out) == ["failure"]
    assert "no event" in preview(tmp_path, "--status", "skipped").err
    assert preview(tmp_path, "--status", "odd").code == 4
    assert preview(tmp_path, "--status", "failure", "--event", "fixed").code == 2
    assert "'brokn' is unknown (do you mean broken?)" in preview(tmp_path, "--event", "brokn").err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("brokn builds", "there is no rule and no channel 'brokn builds' (do you mean 'broken builds'?)"),
        ("teem", "(do you mean 'team'?)"),
        ("zzz", "(the policy has: broken builds, production deployments, #3, team, ops"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path, name: str, words: str):
    answer = preview(tmp_path, name)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


def test_without_a_policy_the_start_without_one_is_shown_or_none(tmp_path: Path):
    assert run("preview", folder=tmp_path).code == 3
    answer = run("preview", "--json", env=SLACK, folder=tmp_path)
    assert {row["event"] for row in answer.json()} == {"success", "failure", "broken", "still_failing", "fixed"}
    assert "s3cr3t" not in answer.out + answer.err


def test_no_secret_is_read(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_bytes(POLICY)
    answer = run(
        "preview", "audit", "--json", env={"AUDIT_TOKEN": "s3cr3t-token", "AUDIT_URL": "https://x.example.com/s3cr3t"}, folder=tmp_path
    )
    assert "s3cr3t" not in answer.out
    assert {row["payload"]["key"] for row in answer.json()} == {"${AUDIT_TOKEN}"}


def recorded(folder: Path) -> dict[str, Any]:
    """The event of a real run, as `context --json` prints it."""
    facts = {
        "app": "ledger",
        "environment": "production",
        "run": {"id": "7", "number": 7, "previous_status": "success"},
        "failures": [{"job": "deploy", "reason": "no quota"}],
    }
    (folder / "facts.json").write_text(json.dumps(facts))
    words = ("context", "completion", "--status", "failure", "--facts", "facts.json", "--policy", "-", "--json")
    event: dict[str, Any] = run(*words, folder=folder, stdin=POLICY).json()
    return event


def test_a_recorded_event_or_report_is_shown_as_it_was(tmp_path: Path):
    event = recorded(tmp_path)
    for name, data in {"event.json": event, "report.json": {"version": 1, "event": event, "deliveries": [], "totals": {}}}.items():
        (tmp_path / name).write_text(json.dumps(data))
        answer = preview(tmp_path, "--event-file", name)
        assert answer.code == 0, answer.err
        assert answer.out.startswith("broken\n  ❌ Broken: ledger → production\n  • deploy: no quota\n")
        assert "to: team (slack), room (teams), audit (webhook)\n" in answer.out
        assert events(preview(tmp_path, "ops", "--event-file", name).out) == ["broken"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "no report"), (b"\xff", "no report"), (b"[]", "no event in it"), (b"{}", "no event in it"), (b'{"event": {"run": 7}}', "--event-file: run must be"),
        (b'{"appp": "x"}', "--event-file: unknown field 'appp'"), (b"[" * 100_000, "no report"), (b'{"status": "odd"}', 'the status "odd" is unknown'),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_event_is_said_to(tmp_path: Path, content: bytes, words: str):
    (tmp_path / "x.json").write_bytes(content)
    answer = preview(tmp_path, "--event-file", "x.json")
    assert (answer.code, answer.out) == (4, "")
    assert words in answer.err


def test_a_file_that_is_not_there(tmp_path: Path):
    assert "No such file" in preview(tmp_path, "--event-file", "x.json").err
    assert preview(tmp_path, "--event-file", "x.json", "--event", "fixed").code == 2


def test_a_payload_that_cannot_be_rendered_is_said_to(tmp_path: Path):
    payload = "{text: \"{{ 1 // ((run.number or '0') | int - 131) }}\"}"
    policy = f'channels: {{audit: {{kind: webhook, url: "${{X}}", payload: {payload}}}}}\nnotifications: []\n'.encode()
    answer = preview(tmp_path, "audit", "--event", "trigger", policy=policy)
    assert answer.code == 0
    assert "trigger: nothing would go to audit (webhook)" in answer.err
    assert "to: nobody" in answer.out


def test_the_page_holds_all_that_is_hostile_as_data(tmp_path: Path):
    answer = preview(tmp_path, "--html", "p.html", "--app", HOSTILE)
    assert answer.code == 0
    assert "messages in p.html" in answer.err
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert page.count("</script>") == 3
    assert "<img" not in page
    (data,) = re.findall('<script type="application/json" id="messages">(.*?)</script>', page, re.DOTALL)
    assert {message["channel"] for section in json.loads(data) for message in section["messages"]} == {
        "team",
        "ops",
        "room",
        "audit",
        "mail",
    }
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.replace(data, ""))


def test_a_page_that_cannot_be_written(tmp_path: Path):
    answer = preview(tmp_path, "--html", "no/p.html")
    assert (answer.code, answer.out) == (2, "")
    assert "--html: 'no/p.html' cannot be written: No such file or directory" in answer.err


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=80), st.sampled_from(EVENTS))
def test_no_name_makes_a_preview_fail(tmp_path_factory: pytest.TempPathFactory, text: str, word: str):
    folder = tmp_path_factory.getbasetemp()
    answer = preview(folder, "--event", word, f"--app={text}".replace("\x00", ""), "--json")
    assert answer.code == 0, answer.err


def test_a_long_policy_is_cut_and_says_so(tmp_path: Path):
    rules = [{"name": f"r{number}", "on": "fixed", "pipelines": {"branch": f"b{number}"}, "send_to": "t"} for number in range(102)]
    policy = json.dumps({"channels": {"t": {"kind": "slack"}}, "notifications": rules}).encode()
    answer = preview(tmp_path, "--event", "fixed", policy=policy)
    assert events(answer.out) == ["fixed"] * 100
    assert "the first 100 rules are shown" in answer.err
    assert "on b101" in preview(tmp_path, "r101", policy=policy).out


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_message_s_lines_hold_no_more_lines(snippet: str):
    failure = Failure(SNIPPETS[snippet], SNIPPETS[snippet], None, SNIPPETS[snippet], SNIPPETS[snippet])
    event = EVERYTHING._replace(app=SNIPPETS[snippet], failures=(failure,), pipeline=SNIPPETS[snippet])
    for line in lines(compose(event)):
        assert line.strip()
        assert not UNSAFE.search(line)


def test_a_dry_run_prints_each_message_below_its_line(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text("channels: {slack: {kind: slack}}\nnotifications: [{name: all, on: failure, send_to: slack}]\n")
    words = ("send", "completion", "--status", "failure", "--app", "payments", "--dry-run")
    answer = run(*words, env={**SLACK, "TOCSIN_COMMIT_MESSAGE": f"Use {SLACK['SLACK_WEBHOOK_URL']}"}, folder=tmp_path)
    first, *text = answer.out.splitlines()
    assert first.split()[:5] == ["skipped", "slack", "slack", "dry", "run:"]
    assert text[0].startswith("  ❌ Failed: payments")
    assert text[-1].endswith("rule: all")
    assert all(line.startswith("  ") for line in text)
    assert "s3cr3t" not in answer.out
