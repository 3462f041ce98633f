"""Variables that are no UTF-8: a password in Latin-1, a name in another code page. One channel's loss at most, with the variable's name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inprocess import run
from servers import Answer, ScriptedServer

ODD = b"pass-w\xf6rd-in-latin-1".decode("utf-8", "surrogateescape")
POLICY = """\
channels:
  good: {kind: slack, url: "${GOOD}"}
  mail: {kind: smtp, host: 127.0.0.1, from: ci@example.com, username: ci, password: "${ODD}"}
  hook: {kind: webhook, url: "${GOOD}", headers: {X-Token: "${ODD}"}}
  body: {kind: webhook, url: "${GOOD}", payload: {a: "${ODD}", b: "${ABSENT}"}}
  signed: {kind: webhook, url: "${GOOD}", signing_secret: "${ODD}"}
  chat: {kind: slack, url: "${ODD}"}
  aws: {kind: ses, region: eu-west-1, from: ci@example.com, access_key_id: "${ODD}", secret_access_key: "${ODD}"}
notifications:
  - {on: failure, send_to: [good, hook, body, signed, chat, {email: a@example.com, via: mail}, {email: b@example.com, via: aws}]}
"""
SEND = ("send", "completion", "--status", "failure", "--report", "report.json")


def test_a_channel_whose_secret_is_no_utf_8_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / ".tocsin.yml").write_text(POLICY, encoding="utf-8")
    with ScriptedServer(Answer(200, b"ok")) as server:
        answer = run(*SEND, env={"TOCSIN_CI": "generic", "GOOD": server.url("/x"), "ODD": ODD}, folder=tmp_path)
        assert len(server.requests) == 1
    rows = {row["channel"]: (row["outcome"], row["reason"]) for row in json.loads((tmp_path / "report.json").read_bytes())["deliveries"]}
    assert answer.code == 0
    assert rows.pop("good") == ("delivered", None)
    garbled = "variable ODD is not UTF-8 text: set it again, in UTF-8"
    assert rows.pop("body") == ("skipped", f"variable ABSENT is not set; {garbled}")
    assert set(rows.values()) == {("skipped", garbled)}
    assert len(rows) == 5
    assert "rd-in-latin-1" not in answer.out + answer.err + str(rows)
    assert run(*SEND, "--strict", env={"TOCSIN_CI": "generic", "GOOD": "x", "ODD": ODD}, folder=tmp_path).code == 1


@pytest.mark.parametrize(
    "command", [("channels", "list"), ("channels", "test", "chat"), ("explain", "completion", "--status", "failure"), ("check",)]
)
def test_every_command_lives_with_it(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / ".tocsin.yml").write_text(POLICY, encoding="utf-8")
    answer = run(*command, env={"TOCSIN_CI": "generic", "GOOD": "x", "ODD": ODD}, folder=tmp_path)
    assert answer.code == (1 if command[1:2] == ("test",) else 0)
    if command == ("channels", "list"):
        assert "missing: ODD" in answer.out


KNOWN = [
    "GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR", "GITHUB_WORKFLOW", "GITHUB_JOB", "GITHUB_REPOSITORY", "GITHUB_SHA",
    "GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_WORKSPACE", "GITHUB_SERVER_URL", "GITHUB_API_URL",
    "GITHUB_BASE_REF", "GITHUB_HEAD_REF", "GITHUB_WORKFLOW_REF", "TOCSIN_APP", "TOCSIN_ENVIRONMENT", "TOCSIN_PROJECT", "TOCSIN_PIPELINE",
    "TOCSIN_FACTS", "TOCSIN_POLICY", "TOCSIN_DEFAULT_POLICY", "TOCSIN_CA_FILE", "TOCSIN_ALLOWED_HOSTS", "TOCSIN_STATUS", "TOCSIN_GITHUB_TOKEN", "HTTP_PROXY",
    "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "TERM", "HOME", "PATH", "NO_COLOR", "LANG", "TZ",
]  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("value", ["\udcff", "main-\udcf6", "http://u:p\udcf6@127.0.0.1:1/\udcff"])
def test_any_variable_may_be_no_utf_8(name: str, value: str, tmp_path: Path) -> None:
    policy = 'channels: {good: {kind: slack, url: "${GOOD}"}}\nnotifications: [{on: failure, send_to: good}]\n'
    (tmp_path / ".tocsin.yml").write_text(policy, encoding="utf-8")
    with ScriptedServer(Answer(200, b"ok")) as server:
        env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_RUN_ID": "7",
            "GOOD": server.url("/x"),
        }
        answer = run(*SEND, env={**env, name: value}, folder=tmp_path)
    if answer.code in (2, 3, 4):
        return
    assert answer.code == 0
    rows = json.loads((tmp_path / "report.json").read_bytes())["deliveries"]
    assert rows or "policy" in answer.err  # an event that is not known has no policy
    assert all(row["outcome"] == "delivered" or row["reason"] for row in rows)


def test_a_template_that_makes_another_name_of_a_variable_s_is_an_error(tmp_path: Path) -> None:
    payload = "{{ '${A}'|replace('xAx', 'xBx') }} {{ '${A}'|replace('A', 'GOOD') }}"
    policy = f'channels: {{hook: {{kind: webhook, url: "${{GOOD}}", payload: {{a: "{payload}"}}}}}}\nnotifications: [{{on: failure, send_to: hook}}]\n'
    (tmp_path / ".tocsin.yml").write_text(policy, encoding="utf-8")
    with ScriptedServer(Answer(200)) as server:
        answer = run(*SEND, env={"TOCSIN_CI": "generic", "GOOD": server.url("/x"), "A": "alpha", "B": "beta"}, folder=tmp_path)
    assert (answer.code, server.requests) == (3, [])
