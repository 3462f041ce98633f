"""Test messages: where they say they come from, on every kind of channel, and what `channels test` makes of what becomes of them."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import payload_checks
import pytest
from events import SNIPPETS
from inprocess import QuickProject, run
from kinds import options
from mail_checks import check_mail
from mail_servers import Mailbox
from servers import Answer, ScriptedServer

from tocsin.channels import KINDS, MAIL_KINDS, load
from tocsin.event import Event, PipelineRun, Repository
from tocsin.message_test import compose_test

OK = Answer(200, b"ok")
TWO = 'channels: {team: {kind: slack, url: "${TEAM}"}, ops: {kind: slack, url: "${OPS}"}}\nnotifications: [{on: failure, send_to: team}]\n'
MAIL = (
    'channels: {mail: {kind: smtp, host: 127.0.0.1, port: %d, security: none, from: ci@example.com}, team: {kind: slack, url: "${TEAM}"}}\n'
)
KNOWN = Event(
    ci="github",
    pipeline="Deploy",
    run=PipelineRun("9120456781", 128, url="https://github.com/acme/payments/actions/runs/9120456781"),
    repository=Repository("payments", "acme", "https://github.com/acme/payments"),
)
ORIGIN = ("acme/payments", "ci/tocsin.yml", "team", "Deploy #128")


def rendered(kind: str, event: Event, *names: str) -> str:
    message = compose_test(event, *names)._replace(recipient="dev@example.com" if kind in MAIL_KINDS else None)
    payload = load(kind).render(message, options(kind))
    if kind in MAIL_KINDS:
        check_mail(payload)
        return str(payload)
    getattr(payload_checks, f"check_{kind}")(payload)
    return json.dumps(payload, ensure_ascii=False)


@pytest.mark.parametrize("kind", KINDS)
def test_its_body_says_where_it_comes_from_on_every_service(kind: str):
    text = rendered(kind, KNOWN, "team", "ci/tocsin.yml", "folder")
    assert "Test: payments → team" in text
    for part in ORIGIN:
        assert part in text.replace("\\\\", "")
    if kind != "webhook":
        assert "🔔" in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("snippet", SNIPPETS.values(), ids=SNIPPETS)
def test_hostile_names_are_no_markup(kind: str, snippet: str):
    event = Event(ci="github", pipeline=snippet, run=PipelineRun("1", 1, url=snippet), repository=Repository(snippet, snippet, snippet))
    assert rendered(kind, event, snippet, snippet, snippet)


def test_every_tone_has_its_own_sign_and_colour():
    from tocsin.message import COLOURS, ICONS

    assert len(set(ICONS.values())) == len(ICONS) == len(set(COLOURS.values()))
    assert compose_test(Event(), "team", "p", "f").icon == "🔔"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(), "this machine"),
        (Event(ci="gitlab"), "a run of gitlab"),
        (Event(ci="jenkins", pipeline="acme/payments", run=PipelineRun(number=7)), "acme/payments #7"),
        (Event(run=PipelineRun("4", url="https://ci.example.com/4")), "Run #4"),
    ],
)
def test_who_sent_it(event: Event, words: str):
    [sender] = [row.value for row in compose_test(event, "team", "p", "f").table if row.label == "Sent by"]
    assert sender == words


def test_on_a_machine_without_ci_the_folder_stands_for_the_repository(tmp_path: Path):
    folder = tmp_path / "ledger"
    (folder / ".git").mkdir(parents=True)
    (folder / "sub").mkdir()
    (folder / ".tocsin.yml").write_text(TWO)
    with ScriptedServer(OK) as server:
        answer = run("channels", "test", "team", env={"TEAM": server.url("/x")}, folder=folder / "sub")
    assert answer.code == 0
    text = json.dumps(server.requests[0].json(), ensure_ascii=False)
    for part in ("Test: ledger → team", "this machine", "../.tocsin.yml"):
        assert part in text


@pytest.fixture
def project(tmp_path: Path) -> QuickProject:
    project = QuickProject(tmp_path)
    project.policy(TWO)
    return project


def test_all_tests_each_channel_once_whatever_the_rules_say(project: QuickProject):
    with ScriptedServer(OK) as server:
        done = project.run("channels", "test", "--all", env={"TEAM": server.url("/team"), "OPS": server.url("/ops")})
    assert (done.code, done.err) == (0, "")
    assert [line.split()[:3] for line in done.out.splitlines()] == [["delivered", "team", "slack"], ["delivered", "ops", "slack"]]
    told = {request.path: request.json()["text"] for request in server.requests}
    assert "payments → team" in told["/team"]
    assert "payments → ops" in told["/ops"]


def test_one_that_fails_is_exit_1_and_the_others_go_out(project: QuickProject):
    with ScriptedServer(OK) as server, ScriptedServer(Answer(404, b"no_service")) as gone:
        done = project.run("channels", "test", "--all", env={"TEAM": gone.url("/s3cr3t"), "OPS": server.url("/ops")})
    assert (done.code, len(server.requests)) == (1, 1)
    assert "tocsin: error: not delivered to team (slack): no_service" in done.err
    assert "s3cr3t" not in done.out + done.err


def test_a_missing_variable_is_exit_1(project: QuickProject):
    for words in (("team",), ("--all",)):
        done = project.run("channels", "test", *words)
        assert done.code == 1
        assert "not delivered to team (slack): variable TEAM is not set" in done.err


def test_a_channel_of_another_project_is_tested_too(project: QuickProject):
    project.policy('channels: {team: {kind: slack, url: "${TEAM}", project: other}}\nnotifications: []\n')
    with ScriptedServer(OK) as server:
        assert project.run("channels", "test", "--all", env={"TEAM": server.url("/team")}).code == 0
    assert len(server.requests) == 1


def test_mails_go_to_the_address_that_is_named_and_to_nobody_else(project: QuickProject):
    with ScriptedServer(OK) as server, Mailbox() as box:
        project.policy(MAIL % box.port + "notifications: [{on: failure, send_to: everybody@example.com}]\n")
        env = {"TEAM": server.url("/team")}
        without = project.run("channels", "test", "--all", env=env)
        assert (without.code, box.mails) == (0, [])
        assert "skipped    mail  smtp   name the recipient with --to ADDRESS" in without.out
        done = project.run("channels", "test", "--all", "--to", "dev@example.com", env=env)
        assert (done.code, done.err) == (0, "")
        [mail] = box.mails
    assert mail.recipient == "dev@example.com"
    parsed = message_from_bytes(mail.content, policy=default)
    assert "Test: payments → mail" in str(parsed["subject"])
    for part in parsed.walk():
        if part.get_content_maintype() == "text":
            for word in ("acme/payments", ".tocsin.yml", "mail", "CI #128"):
                assert word in part.get_content()


@pytest.mark.parametrize("words", [("--all", "--to", "no address"), ("team", "--to", "dev@example.com"), ("teem",)])
def test_words_that_do_not_fit_the_policy(project: QuickProject, words: tuple[str, ...]):
    assert project.run("channels", "test", *words).code == 2


def test_no_channel_at_all_is_an_error(project: QuickProject):
    project.policy("notifications: []\n")
    done = project.run("channels", "test", "--all")
    assert (done.code, "the policy has no channels: there is nothing to test" in done.err) == (3, True)
    (project.folder / ".tocsin.yml").unlink()
    done = project.run("channels", "test", "--all")
    assert (done.code, "there is no policy" in done.err) == (3, True)


def test_without_a_policy_the_channels_of_the_variables_are_tested(project: QuickProject):
    (project.folder / ".tocsin.yml").unlink()
    with ScriptedServer(OK) as server:
        done = project.run("channels", "test", "--all", env={"SLACK_WEBHOOK_URL": server.url("/x")})
    assert (done.code, len(server.requests)) == (0, 1)
    assert "(no policy file)" in json.dumps(server.requests[0].json())


def test_a_dry_run_sends_nothing(project: QuickProject):
    with ScriptedServer(OK) as server:
        done = project.run("channels", "test", "--all", "--dry-run", env={"TEAM": server.url("/team"), "OPS": server.url("/ops")})
    assert (done.code, server.requests) == (0, [])


def test_a_receiver_is_told_of_no_run(project: QuickProject):
    project.policy('channels: {hook: {kind: webhook, url: "${TEAM}"}}\n')
    with ScriptedServer(OK) as server:
        assert project.run("channels", "test", "hook", env={"TEAM": server.url("/x")}).code == 0
    event = server.requests[0].json()["event"]
    assert (event["event"], event["status"], event["transition"], event["run"]["id"], event["repository"]["name"]) == (
        "test",
        None,
        None,
        None,
        "payments",
    )
