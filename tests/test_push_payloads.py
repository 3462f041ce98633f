"""The policy's own payload for Telegram and ntfy: what is written is sent, values stay text, and place and name stay the channel's."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from events import event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inprocess import QuickProject, run
from refusals import refused
from stateful_services import CHAT, NtfyServer, TelegramServer, serving
from test_own_words import EVENT_FILE

from tocsin.channels import load
from tocsin.message import compose
from tocsin.templates import TemplateProblem
from tocsin.text import units

BOT = "123456:AAbot-SECRET"
LEAST: dict[str, dict[str, Any]] = {
    "telegram": {"token": "${BOT}", "chat_id": CHAT, "thread_id": "7"},
    "ntfy": {"topic": "builds"},
}
PAYLOADS: dict[str, dict[str, Any]] = {
    "telegram": {
        "text": "<b>{{ app }}</b>: {{ commit.title }} @ada_l",
        "parse_mode": "HTML",
        "disable_notification": True,
        "reply_markup": {"inline_keyboard": [[{"text": "Run {{ run.number }}", "url": "{{ run.url }}"}]]},
    },
    "ntfy": {
        "title": "{{ app }}",
        "message": "**{{ commit.title }}**",
        "markdown": True,
        "priority": "{{ 5 if status == 'failure' else 2 }}",
        "tags": ["ship", "{{ status }}"],
        "actions": [{"action": "view", "label": "Run", "url": "{{ run.url }}", "clear": True}],
    },
}
HOSTILE = "@here #tag /start <b>b</b> *b* _i_ `c` [x](https://evil.example) tg://user?id=1 <a href='tg://user?id=1'>a</a> evil.com"

telegram, ntfy = serving(TelegramServer), serving(NtfyServer)


def policy_of(kind: str, payload: Any, form: str, folder: Path, **more: Any) -> str:
    if form == "file":
        (folder / "payload.json").write_text(json.dumps(payload))
        given_ = {"payload_file": "payload.json"}
    else:
        given_ = {"payload": json.dumps(payload) if form == "text" else payload}
    channel = {"kind": kind, **LEAST[kind], **more, **given_}
    return json.dumps(
        {"channels": {"room": channel}, "notifications": [{"on": ["trigger", "failure", "success", "cancelled"], "send_to": "room"}]}
    )


def payload_for(kind: str, payload: Any, folder: Path, form: str = "mapping", **fields: Any) -> Any:
    (folder / ".tocsin.yml").write_text(policy_of(kind, payload, form, folder))
    (folder / "event.json").write_text(json.dumps({**EVENT_FILE, **fields}))
    answer = run("preview", "--event-file", "event.json", "--json", folder=folder)
    assert answer.code == 0, answer.err
    (row,) = answer.json()
    return row["payload"]


@pytest.mark.parametrize("form", ["text", "mapping", "file"])
@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_payload_is_sent_as_it_is_written(kind: str, form: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = payload_for(kind, PAYLOADS[kind], tmp_path, form)
    assert (
        found
        == {
            "telegram": {
                **PAYLOADS["telegram"],
                "text": "<b>payments</b>: Round refunds @ada_l",
                "reply_markup": {"inline_keyboard": [[{"text": "Run 7", "url": "https://ci.example.com/7"}]]},
            },
            "ntfy": {
                **PAYLOADS["ntfy"],
                "title": "payments",
                "message": "**Round refunds**",
                "priority": 5,
                "tags": ["ship", "failure"],
                "actions": [{"action": "view", "label": "Run", "url": "https://ci.example.com/7", "clear": True}],
            },
        }[kind]
    )


def hostile(text: str = HOSTILE) -> dict[str, Any]:
    return {"commit": {**EVENT_FILE["commit"], "title": text}}  # type: ignore[dict-item]


@pytest.mark.parametrize("mode", ["HTML", "MarkdownV2", None])
def test_a_value_in_telegram_is_text(mode: str | None, tmp_path: Path) -> None:
    name = "@ada\\_l" if mode == "MarkdownV2" else "@ada_l"
    written = {"text": name + " {{ commit.title }} {{ link('Run', run.url) }}", **({"parse_mode": mode} if mode else {})}
    found = payload_for("telegram", written, tmp_path, **hostile())["text"]
    assert re.findall(r"@\w+", found) == [name.split("\\", maxsplit=1)[0]]
    assert not re.search(r"#\w|(?<![\w/<:])/[a-z]|evil\.com|evil\.example|tg:/", found.replace("https://ci.example.com/7", ""))
    link = {"HTML": '<a href="https://ci.example.com/7">Run</a>', "MarkdownV2": "[Run](https://ci.example.com/7)", None: "Run (https://ci."}
    assert link[mode] in found
    if mode == "HTML":
        assert found.count("<") == 2
    if mode == "MarkdownV2":
        assert not re.search(r"(?<!\\)[*_`~>#+=|{}!.-]", found.split("[Run]")[0].replace(name, ""))


def test_a_value_in_ntfy_s_markdown_is_text(tmp_path: Path) -> None:
    found = payload_for("ntfy", {"message": "{{ commit.title }}", "markdown": True}, tmp_path, **hostile())["message"]
    assert not re.search(r"(?<!\\)[*_`<\[\]()>#]|://", found)
    plain = payload_for("ntfy", {"message": "{{ commit.title }}"}, tmp_path, **hostile("*a* [b]"))
    assert plain == {"message": "*a* [b]"}


class Shown(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.sampled_from("\\*_~`|<>[]()@#$!:/.-+=? \n1ab&{}\"'\u202e\ue000htg"), min_size=1, max_size=60))
def test_no_value_is_markup_a_mention_or_a_link(text: str) -> None:
    for mode in ("HTML", "MarkdownV2", None):
        payload = {"text": "{{ app }}", **({"parse_mode": mode} if mode else {})}
        own = load("telegram").Options.model_validate({"kind": "telegram", "chat_id": "7", "payload": payload})
        try:
            found = load("telegram").render(compose(event({"app": f"x {text}"})), own)["text"]
        except TemplateProblem:
            continue
        assert units(found) <= 30_000
        shown = re.sub(r"\\(.)", r"\1", found) if mode == "MarkdownV2" else found
        assert not re.search(r"@\w|#\w*[^\W\d_]|(?<![\w/])/\w|://|\w\.[^\W\d_]{2}", shown), found
        if mode == "HTML":
            assert Shown(found).tags == []
        if mode == "MarkdownV2":
            assert not re.search(r"(?<!\\)(?:\\\\)*[*_\[\]()~`>#+=|{}.!-]", re.sub(r"\\[^\\]", "", re.sub(r"\\\\", "", found)))


WRONG = [
    ("telegram", {"text": "x", "chat_id": 7}, "is no part of a payload"),
    ("telegram", {"text": "x", "message_thread_id": 7}, "is no part of a payload"),
    ("telegram", {"text": "x", "reply_parameters": {"message_id": 1}}, "is no part of a payload"),
    ("telegram", {"text": "x", "entities": []}, "write parse_mode"),
    ("telegram", {"text": "x", "parse_mod": "HTML"}, "do you mean parse_mode?"),
    ("telegram", {"text": "x", "parse_mode": "Markdown"}, "is unknown: 'Markdown'"),
    ("telegram", {"text": "x", "parse_mode": "{{ 'HTML' }}"}, "says how the text is read: write it out"),
    ("telegram", {"parse_mode": "HTML"}, "'text' is missing"),
    ("telegram", {"text": "{{ 'x' * 4097 }}"}, "has 4,097 characters, and the service takes 4,096"),
    ("telegram", {"text": "<b>{{ app }}", "parse_mode": "HTML"}, "<b> that is not closed"),
    ("telegram", {"text": "{{ app }}.", "parse_mode": "MarkdownV2"}, "write \\."),
    ("telegram", {"text": "<a href='{{ commit.title }}'>x</a>", "parse_mode": "HTML"}, "has a value in an address"),
    ("telegram", {"text": "[x]({{ run.url }})", "parse_mode": "MarkdownV2"}, "has a value in an address"),
    ("telegram", {"text": "<a href='tg://user?id={{ run.number }}'>x</a>", "parse_mode": "HTML"}, "has a value in an address"),
    ("telegram", {"text": "@{{ triggered_by.login }}"}, "right behind an @"),
    ("telegram", {"text": "@ci_{% if app %}{{ app }}{% endif %}"}, "right behind an @"),
    ("telegram", {"text": "https://ci.{{ app }}.example/7"}, "in the host of an address"),
    ("telegram", {"text": "x", "disable_notification": "yes"}, "must be true or false"),
    ("telegram", {"text": "x", "reply_markup": {"keyboard": []}}, "is unknown: 'keyboard'"),
    (
        "telegram",
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", "url": "{{ commit.title }}"}]]}},
        "must begin with https://",
    ),
    ("ntfy", {"message": "x", "topic": "elsewhere"}, "is no part of a payload"),
    ("ntfy", {"message": "x", "sequence_id": "7"}, "is no part of a payload"),
    ("ntfy", {"massage": "x"}, "do you mean message?"),
    ("ntfy", {"priority": 3}, "must have one of message, title, attach"),
    ("ntfy", {"message": "x", "priority": 6}, "must be a whole number from 1 to 5"),
    ("ntfy", {"message": "x", "priority": "high"}, "must be a whole number from 1 to 5"),
    ("ntfy", {"message": "x", "tags": "a,b"}, "must be a list"),
    ("ntfy", {"message": "{{ 'ä' * 2049 }}"}, "has 4,098 bytes, and the service takes 4,096"),
    ("ntfy", {"message": "x", "title": "{{ 'x' * 4000 }}", "filename": "{{ 'x' * 4000 }}"}, "bytes, and the service takes 8,000"),
    ("ntfy", {"message": "x", "actions": [{"action": "view", "label": "x"}]}, "'url' is missing"),
    ("ntfy", {"message": "x", "actions": [{"action": "open", "label": "x"}]}, "is unknown: 'open'"),
    ("ntfy", {"message": "x", "actions": [{"action": "broadcast", "label": "x"}] * 4}, "has 4 items, and the service takes 0 to 3"),
    ("ntfy", {"message": "x", "click": "{{ commit.title }}"}, "must begin with https://"),
    ("ntfy", {"message": "x", "markdown": "yes"}, "must be true or false"),
    ("ntfy", {"message": "[x]({{ run.url }})", "markdown": True}, "has a value in an address"),
    ("ntfy", {"message": "x", "email": "{{ commit.author.email }}"}, "could send the message to anybody"),
    ("ntfy", {"message": "x", "call": "{{ app }}"}, "could send the message to anybody"),
]


@pytest.mark.parametrize("form", ["text", "mapping"])
@pytest.mark.parametrize(("kind", "payload", "words"), WRONG)
def test_what_the_service_would_refuse_is_an_error_at_its_place(kind: str, payload: Any, words: str, form: str, tmp_path: Path) -> None:
    found = refused(tmp_path, policy_of(kind, payload, form, tmp_path), words)
    assert (found["line"], found["column"] > len('{"channels": {"room": {"kind": "')) == (1, True)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("telegram", {"text": "1 < 2, ](x), {{ app }}"}),
        (
            "telegram",
            {"text": "<a href=\"https://ci.example.com\">{{ app }}</a> & <a href='tg://user?id=77'>Ada</a>", "parse_mode": "HTML"},
        ),
        ("telegram", {"text": "[{{ app }}](https://ci.example.com) [Ada](tg://user?id=77)", "parse_mode": "MarkdownV2"}),
        ("telegram", {"text": "https://ci.example.com/{{ run.number }}", "link_preview_options": {"is_disabled": True}}),
        ("ntfy", {"message": "took < {{ run | duration }}", "markdown": True}),
        ("ntfy", {"title": "{{ app }}", "email": "ops@example.com", "call": "yes", "delay": "30min"}),
    ],
)
def test_what_the_service_takes_passes(kind: str, payload: Any, tmp_path: Path) -> None:
    (tmp_path / ".tocsin.yml").write_text(policy_of(kind, payload, "mapping", tmp_path))
    answer = run("check", folder=tmp_path)
    assert answer.code == 0, answer.out


def send(project: QuickProject, *words: str) -> Any:
    result = project.run("send", *words, "--report", "report.json", "--receipts", "receipts.json", env={"BOT": BOT})
    (delivery,) = result.report["deliveries"]
    assert delivery["outcome"] == "delivered", delivery
    return delivery


def test_telegram_s_payload_is_changed_and_a_failure_answers_with_it(project: QuickProject, telegram: TelegramServer) -> None:
    project.policy(policy_of("telegram", {**PAYLOADS["telegram"], "text": "<b>{{ status or 'go' }}</b>"}, "mapping", project.folder,
                             api_url=telegram.url("/api")))  # fmt: skip
    for words in (("trigger",), ("completion", "--status", "success"), ("completion", "--status", "failure")):
        assert send(project, *words)["reason"] is None
    changed, answer = telegram.messages
    assert (changed["text"], answer["text"]) == ("<b>failure</b>", "<b>failure</b>")
    assert answer["reply_parameters"]["message_id"] == changed["message_id"]
    for request in telegram.requests:
        assert request.json()["chat_id"] == CHAT
        assert request.json()["reply_markup"]["inline_keyboard"]
    assert [request.json().get("message_thread_id") for request in telegram.requests] == [7, None, None, 7]


def test_ntfy_s_payload_is_of_the_channel_s_topic_and_takes_the_start_s_place(project: QuickProject, ntfy: NtfyServer) -> None:
    project.policy(policy_of("ntfy", PAYLOADS["ntfy"], "mapping", project.folder, url=ntfy.url("/")))
    for words in (("trigger",), ("completion", "--status", "success")):
        assert send(project, *words)["reason"] is None
    (message,) = ntfy.shown
    assert (message["topic"], message["priority"], len(message["sequence_id"])) == ("builds", 2, 32)


@pytest.mark.parametrize(
    ("kind", "payload", "why"),
    [
        ("telegram", {"text": "{{ '' if run.attempt == 1 else 'x' }}"}, "payload: text: is an empty text"),
        ("telegram", {"text": "{{ app }} @{{ app }}"}, "payload: text: has a value right behind an @"),
        ("ntfy", {"message": "x", "priority": "{{ 6 if run.attempt == 1 else 1 }}"}, "payload: priority: must be a whole number"),
    ],
)
def test_a_payload_that_fails_at_the_time_of_sending_leaves_the_default_message(
    project: QuickProject, telegram: TelegramServer, ntfy: NtfyServer, kind: str, payload: Any, why: str
) -> None:
    """`check` may not have been asked."""
    place = {"telegram": {"api_url": telegram.url("/api")}, "ntfy": {"url": ntfy.url("/")}}[kind]
    if "@{{" in str(payload):
        own = load(kind).Options.model_validate({"kind": kind, **LEAST[kind], "payload": payload})
        with pytest.raises(TemplateProblem, match="right behind an @"):
            load(kind).render(compose(event({})), own)
        return
    project.policy(policy_of(kind, payload, "mapping", project.folder, **place))
    assert why in send(project, "completion", "--status", "failure")["reason"]
    requests = {"telegram": telegram, "ntfy": ntfy}[kind].requests
    assert "Failed: payments" in json.dumps(requests[0].json())
