"""A payload of the policy's own for Mattermost, by webhook and by a bot's token: what is written is sent, and a value in it is text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from events import event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payload_checks import check_mattermost_text
from refusals import refused
from servers import Answer, ScriptedServer
from test_own_words import EVENT_FILE, HOSTILE, payloads

from tocsin.channels import load, mattermost
from tocsin.message import compose
from tocsin.templates import TemplateProblem

TOWN = "4xp9fdt77pncbef59f4k1qe83o"
BOT = {"token": "${T}", "api_url": "https://chat.example.com", "channel": TOWN}
ATTACHMENT = {
    "color": "#123456",
    "pretext": "{{ commit.title }}",
    "title": "{{ commit.title }}",
    "title_link": "https://ci.example.com/{{ run.id }}",
    "text": "**{{ app }}** {{ link('Open run', run.url) }}",
    "fallback": "{{ commit.title }}",
    "author_name": "{{ commit.title }}",
    "footer": "{{ commit.title }}",
    "fields": [{"title": "{{ commit.title }}", "value": "{{ commit.title }}", "short": True}],
}
WHOLE = {
    "webhook": {
        "text": "@ops **{{ app }}**: {{ commit.title }}",
        "attachments": [ATTACHMENT],
        "username": "CI",
        "icon_url": "https://ci.example.com/icon.png",
        "props": {"card": "{{ commit.title }}"},
        "priority": {"priority": "urgent"},
    },
    "bot": {
        "message": "@ops **{{ app }}**: {{ commit.title }}",
        "props": {"attachments": [ATTACHMENT], "card": "{{ commit.title }}"},
        "metadata": {"priority": {"priority": "urgent"}},
    },
}


def policy_of(by: str, payload: Any, form: str = "mapping", folder: Path = Path()) -> str:
    if form == "file":
        (folder / "payload.json").write_text(json.dumps(payload))
    channel = {"payload_file": "payload.json"} if form == "file" else {"payload": json.dumps(payload) if form == "text" else payload}
    whole = {"kind": "mattermost", **(BOT if by == "bot" else {}), **channel}
    return json.dumps({"channels": {"town": whole}, "notifications": [{"on": "failure", "send_to": "town"}]})


def parts(by: str, payload: dict[str, Any]) -> tuple[str, list[dict[str, Any]], str]:
    """The text, the attachments and the card."""
    if by == "bot":
        return payload["message"], payload["props"]["attachments"], payload["props"]["card"]
    return payload["text"], payload["attachments"], payload["props"]["card"]


@pytest.mark.parametrize("form", ["text", "mapping", "file"])
@pytest.mark.parametrize("by", WHOLE)
def test_a_payload_is_sent_as_it_is_written(by: str, form: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = payloads(policy_of(by, WHOLE[by], form, tmp_path), tmp_path)["town"]
    assert set(found) == set(WHOLE[by])
    text, (attachment,), card = parts(by, found)
    assert (text, card) == ("@ops **payments**: Round refunds", "Round refunds")
    assert attachment["text"] == "**payments** [Open run](https://ci.example.com/7)"
    assert attachment["title_link"] == "https://ci.example.com/7"
    assert attachment["fields"] == [{"title": "Round refunds", "value": "Round refunds", "short": True}]


MORE = "@all @channel @ada.b #tag ~town-square :tada: www.evil.example ![x](https://evil.example/x.png) | $x$ ~~s~~"


@pytest.mark.parametrize("by", WHOLE)
def test_a_value_in_a_payload_is_text(by: str, tmp_path: Path) -> None:
    lines = ["> q", "# h", "- l", "+ l", "    # code", " > q", "===", "---", "```", "~~~", "1. one", "@channel", "{{ 7*7 }} ${HOME}"]
    commit = {**EVENT_FILE["commit"], "title": "\n".join([f"x {HOSTILE} {MORE}", *lines])}  # type: ignore[dict-item]
    text, (attachment,), card = parts(by, payloads(policy_of(by, WHOLE[by]), tmp_path, commit=commit)["town"])
    field = attachment["fields"][0]
    for marked in (text.removeprefix("@ops **payments**: "), attachment["pretext"], card, field["value"]):
        for line in marked.split("\n"):
            check_mattermost_text(line.lstrip(), links=False)
            assert not re.match(r"\s*(=|~~~|\s{4})", line)
    for quiet in (attachment["title"], attachment["fallback"], attachment["author_name"], attachment["footer"]):
        assert not re.search(r"[@~]\w|#[^\W\d_]|:[\w+-]+:|://|www\.|[*`|<>\[\]\\]", quiet), quiet
    assert "{{ 7" in text
    assert "${HOME}" in text


@pytest.mark.parametrize("by", WHOLE)
@pytest.mark.parametrize(
    ("template", "title"),
    [
        ("@{{ commit.title }}", "channel"),
        ("@{{ commit.title }}", "ada"),
        ("@ops-{{ commit.title }}", "leads"),
        ("@{% if app %}{{ commit.title }}{% endif %}", "all"),
        ("@{# who #}{{ commit.title }}", "here"),
        ("{{ '@' ~ commit.title }}", "here"),
        ("{{ '@' }}{{ commit.title }}", "here"),
        ("{{ commit.title }}channel", "@"),
        ("{{ {'a': '@' ~ commit.title} | json }}", "here"),
        ("x @{{ commit.title }} y", "Channel"),
    ],
)
def test_a_value_names_nobody(by: str, template: str, title: str, tmp_path: Path) -> None:
    key = "message" if by == "bot" else "text"
    commit = {**EVENT_FILE["commit"], "title": title}  # type: ignore[dict-item]
    found = payloads(policy_of(by, {key: f"@ops {template}"}), tmp_path, commit=commit)["town"]
    assert re.findall(r"@(?=\w)\w+", found[key]) == ["@ops"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.one_of(
        st.text(st.sampled_from("\\*_~`|<>[]()@#!:/.-+= \n1a&{}\"'$\u202e\ue000h"), min_size=1, max_size=60), st.text(max_size=99)
    )
)
def test_no_value_of_a_payload_is_markup(text: str) -> None:
    payload = {"text": "{{ app }}"}
    own = mattermost.Options.model_validate({"kind": "mattermost", "payload": payload}).model_copy(update={"payload": payload})
    try:
        made = load("mattermost").render(compose(event({"app": f"x {text}"})), own)
    except TemplateProblem:
        return
    for line in made["text"].split("\n"):
        check_mattermost_text(line.lstrip(), links=False)


WRONG = [
    ("webhook", {"txt": "x"}, "is unknown: 'txt' (do you mean text?)"),
    ("webhook", {"username": "x"}, "must have one of text, attachments"),
    ("webhook", {"text": "{{ 'x' * 16384 }}"}, "has 16,384 characters"),
    ("webhook", {"text": "{{ ap }}"}, "unknown name ap (do you mean app?)"),
    ("webhook", {"text": "x", "channel": "town-square"}, "the messages go to the policy's channel alone"),
    ("webhook", {"text": "x", "channel": "{{ app }}"}, "the messages go to the policy's channel alone"),
    ("webhook", {"text": "x", "root_id": TOWN}, "conversation: thread puts it in"),
    ("webhook", {"message": "x"}, "a webhook takes text"),
    ("webhook", {"attachments": [{"titel": "x"}]}, "is unknown: 'titel' (do you mean title?)"),
    ("webhook", {"attachments": [{"title_link": "{{ commit.title }}"}]}, "must begin with https://"),
    ("webhook", {"attachments": [{"image_url": "javascript:alert(1)"}]}, "is no plain http or https address"),
    ("webhook", {"attachments": {"text": "x"}}, "must be a list"),
    ("webhook", ["x"], "must be a mapping"),
    ("bot", {"text": "x"}, "with a token it is message"),
    ("bot", {"message": "x", "attachments": []}, "it stands below props"),
    ("bot", {"message": "x", "channel_id": TOWN}, "the messages go to the policy's channel alone"),
    ("bot", {"message": "x", "root_id": "{{ run.id }}"}, "conversation: thread puts it in"),
    ("bot", {"message": "x", "usernam": "y"}, "is unknown: 'usernam'"),
    ("bot", {"message": 7}, "must be a text"),
    ("bot", {"props": {"attachments": [{"fields": [{"vale": "x"}]}]}}, "do you mean value?"),
]


@pytest.mark.parametrize("form", ["text", "mapping"])
@pytest.mark.parametrize(("by", "payload", "words"), WRONG)
def test_what_mattermost_would_refuse_is_an_error_at_its_place(by: str, payload: Any, words: str, form: str, tmp_path: Path) -> None:
    policy = policy_of(by, payload, form)
    assert refused(tmp_path, policy, words)["column"] > policy.index('"payload"')


def test_what_fails_on_a_run_leaves_the_default_message(project: Any) -> None:
    project.policy(policy_of("webhook", {"text": "{{ '' if run.attempt == 1 else 'x' }}"}))
    with ScriptedServer(Answer(200, b"ok")) as server:
        result = project.send(env={"MATTERMOST_WEBHOOK_URL": server.url("/hooks/x"), "GITHUB_RUN_ATTEMPT": "1"})
        [request] = server.requests
    assert "Failed: payments" in request.json()["text"]
    [row] = result.report["deliveries"]
    assert row["outcome"] == "delivered"
    assert "payload: must have one of text, attachments" in row["reason"]
