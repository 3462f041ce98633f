"""A fallback's message says for which channel it stands in: in every kind of channel, once, as text, and over the wire."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from events import CROWDED, SAMPLES, SNIPPETS
from inprocess import QuickProject
from kinds import CHAT_KINDS, HTTP_KINDS, TEXT_KINDS, configured, options
from mail_servers import Mailbox
from payload_checks import CHECKS
from servers import Answer, Request, ScriptedServer

from tocsin.channels import KINDS, MAIL_KINDS, load
from tocsin.message import Message, compose
from tocsin.wording import OwnWords
from tocsin.wording.worded import worded

CHAIN = (("team", "slack"), ("ops", "discord"))
NOTE = "in place of team (slack) and ops (discord), which could not deliver it"


def message(kind: str, happening: str = "failure-cd", chain: tuple[tuple[str, str], ...] = CHAIN) -> Message:
    recipient = "dev@example.com" if kind in MAIL_KINDS else None
    return compose({**SAMPLES, **CROWDED}[happening])._replace(rules=("nightly",), recipient=recipient, in_place_of=chain)


def shown(kind: str, told: Message) -> str:
    """All that stands in a payload, without what keeps text from being markup."""
    return re.sub(r"</?code>|[\\\u200b]", "", json.dumps(load(kind).render(told, options(kind)), ensure_ascii=False))


@pytest.mark.parametrize("kind", [*TEXT_KINDS, *sorted(MAIL_KINDS)])
def test_every_kind_says_it_once(kind: str):
    times = 2 if kind in MAIL_KINDS else 1  # in the text and in the HTML
    assert shown(kind, message(kind)).count(NOTE) == times
    assert "could not deliver" not in shown(kind, message(kind, chain=()))
    assert shown(kind, message(kind, "widest")).count(NOTE) == times, "what does not fit is something else"


def test_a_webhook_has_the_names(project: QuickProject):
    body = load("webhook").render(message("webhook"), options("webhook"))
    assert body["in_place_of"] == ["team", "ops"]
    assert "in_place_of" not in load("webhook").render(message("webhook", chain=()), options("webhook"))


@pytest.mark.parametrize("text", SNIPPETS)
@pytest.mark.parametrize("kind", [*CHAT_KINDS, *sorted(MAIL_KINDS)])
def test_a_channel_s_name_is_text(kind: str, text: str):
    CHECKS[kind](load(kind).render(message(kind, chain=((SNIPPETS[text], "slack"),) * 5), options(kind)))


@pytest.mark.parametrize("kind", [*TEXT_KINDS, *sorted(MAIL_KINDS)])
@pytest.mark.parametrize("words", [{"text": "own"}, {"title": "own", "fields": {"run": "false", "rules": "false"}}])
def test_own_words_leave_it(kind: str, words: dict[str, Any]):
    told, problems = worded(message(kind), OwnWords.model_validate(words))
    assert (problems, NOTE in shown(kind, told)) == ((), True)


class ByPath(ScriptedServer):
    """Refuses what comes to /gone, and takes everything else as every service does."""

    def next_answer(self, request: Request) -> Answer:
        super().next_answer(request)
        if request.path.startswith("/gone"):
            return Answer(404, b"no_service")
        if "/sendMessage" in request.path:
            return Answer(200, b'{"ok": true, "result": {"message_id": 1, "chat": {"id": 2}}}')
        if request.path.startswith("/pagerduty"):
            return Answer(202, b'{"status": "success", "dedup_key": "x"}')
        plain = request.path.startswith(("/slack", "/mattermost"))
        return Answer(200, b"ok" if plain else b'{"id": "1", "channel_id": "2", "name": "spaces/a/messages/b"}')


def policy_of(fallback: dict[str, Any], gone: str, **more: Any) -> str:
    channels = {"team": {"kind": "slack", "url": "${GONE}", "fallback": "spare", **more}, "spare": fallback}
    if fallback["kind"] in MAIL_KINDS:
        channels["team"]["fallback"] = "ops@example.com"
    return json.dumps(
        {"channels": channels, "notifications": [{"name": "all", "on": "failure", "send_to": "team"}], "delivery": {"attempts": 1}}
    )


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_over_the_wire(project: QuickProject, kind: str):
    with ByPath(Answer(200)) as server:
        url = server.url(f"/{kind}/webhook/x")
        channel = {name: "${SPARE}" if value == url else value for name, value in configured(kind, url).items()}
        project.policy(policy_of(channel, "team"))
        env = {
            "GONE": server.url("/gone"),
            "SPARE": url,
            "KEY": "0" * 32,
            "BOT": "123456:AAbot-SECRET",
            "TOKEN": "tk_agqfz1ky6zsm",
            "URL": url,
        }
        result = project.send("failure", env=env)
    assert result.rows()["spare"] == ("delivered", "in place of team"), result.out + result.err
    last = json.dumps(server.requests[-1].json(), ensure_ascii=False)
    if kind == "webhook":
        assert server.requests[-1].json()["in_place_of"] == ["team"]
    else:
        assert re.sub(r"</?code>|[\\\u200b]", "", last).count("in place of team (slack), which could not deliver it") == 1
    assert "no_service" not in last


@pytest.mark.parametrize("url", ["/gone", ""])
def test_a_mail_ends_with_it(project: QuickProject, url: str):
    with Mailbox() as box, ByPath(Answer(200)) as server:
        mail = {"kind": "smtp", "host": "127.0.0.1", "port": box.port, "security": "none", "from": "ci@example.com"}
        project.policy(policy_of(mail, "team"))
        project.send("failure", env={"GONE": server.url(url) if url else ""})
        (arrived,) = box.mails
    end = "You get this mail because of the notification rule “all”. It comes in place of team (slack), which could not deliver it."
    parsed = message_from_bytes(arrived.content, policy=default)
    for part in ("plain", "html"):
        assert end in " ".join(parsed.get_body((part,)).get_content().split())


def test_a_payload_of_the_policy_s_own_is_sent_as_it_is(project: QuickProject):
    with ByPath(Answer(200)) as server:
        project.policy(policy_of({"kind": "webhook", "url": server.url("/hook"), "payload": {"text": "{{ text }}"}}, "team"))
        project.send("failure", env={"GONE": server.url("/gone")})
        assert list(server.requests[-1].json()) == ["text"]


def test_a_channel_that_is_told_anyway_stands_in_for_nobody(project: QuickProject):
    with ByPath(Answer(200)) as server:
        text = policy_of({"kind": "webhook", "url": server.url("/hook")}, "team").replace(
            '"send_to": "team"', '"send_to": ["team", "spare"]'
        )
        project.policy(text)
        project.send("failure", env={"GONE": server.url("/gone")})
        (told,) = (request.json() for request in server.requests if request.path == "/hook")
    assert "in_place_of" not in told


def test_no_kind_is_left_out():
    assert {*TEXT_KINDS, *MAIL_KINDS, "webhook"} == set(KINDS)
