"""Own words: what a policy's `message` says is what every channel shows, key by key, and nothing in a value comes alive."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from events import CROWDED, EVERY, event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inprocess import run
from kinds import CHAT_KINDS, options
from payload_checks import CHECKS, card_text, check_discord_text, check_url
from refusals import refused
from servers import Answer, ScriptedServer

from tocsin.channels import KINDS, MAIL_KINDS, load
from tocsin.event import Event
from tocsin.message import Message, compose
from tocsin.templates import TemplateProblem
from tocsin.templates.samples import EVERYTHING, LITTLE
from tocsin.wording import OwnWords, merged
from tocsin.wording.worded import worded

EVENT_FILE = {
    "ci": "github",
    "hook": "completion",
    "status": "failure",
    "event": "failure",
    "kind": "ci",
    "app": "payments",
    "run": {"id": "7", "number": 7, "url": "https://ci.example.com/7", "attempt": 1},
    "commit": {"title": "Round refunds", "sha": "a" * 40, "short_sha": "a" * 8, "author": {"name": "Ada Byron"}},
    "ref": {"type": "branch", "name": "main", "branch": "main"},
    "failures": [{"job": "test", "step": "Run tests", "reason": "3 failed"}],
}
WORDS = OwnWords.model_validate(
    {
        "title": "{{ app }}: {{ commit.title }}",
        "text": "{{ commit.message }} by {{ commit.author.name }}\n{{ link(commit.title, run.url) }}",
        "fields": {"Who": "{{ triggered_by.login }}", "Author": "{{ commit.author.email }}"},
        "links": {"Wiki": "https://wiki.example.com/{{ app }}?q={{ commit.title }}"},
        "colour": "#123456",
    }
)


def told(happening: Event, words: OwnWords, recipient: str | None = None) -> Message:
    message, problems = worded(compose(happening)._replace(recipient=recipient, rules=("nightly",)), words)
    assert problems == ()
    return message


def payloads(policy: str, folder: Path, **fields: Any) -> dict[str, Any]:
    (folder / ".tocsin.yml").write_text(policy, encoding="utf-8")
    (folder / "event.json").write_text(json.dumps({**EVENT_FILE, **fields}))
    answer = run("preview", "--event-file", "event.json", "--json", folder=folder)
    assert answer.code == 0, answer.err
    return {row["recipient"]: row["payload"] for row in answer.json()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_channel_shows_the_own_words(kind: str) -> None:
    message = told(EVERYTHING, WORDS, "dev@example.com" if kind in MAIL_KINDS else None)
    shown = json.dumps(load(kind).render(message, options(kind)), ensure_ascii=False).replace("\\\\", "")
    assert "payments: Fix rounding" in shown
    assert "By cents. by Ada Byron" in shown
    if kind != "webhook":
        plain = re.sub("</?code>|[\\\\\u200b]", "", shown)  # what keeps an address from being a link or a mention
        assert "ada@example.com" in plain
        assert (
            kind == "ntfy" or "https://wiki.example.com/payments?q=Fix%20rounding" in shown
        )  # three buttons, which the event's links have
        assert "Compile" not in shown, "the reasons are the default words"


@pytest.mark.parametrize("name", sorted(EVERY))
@pytest.mark.parametrize("kind", CHAT_KINDS)
def test_whatever_the_event_the_payload_is_sound(kind: str, name: str) -> None:
    message, _ = worded(compose(EVERY[name])._replace(rules=("nightly",)), WORDS)
    CHECKS[kind](load(kind).render(message, options(kind)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.one_of(st.text(st.sampled_from("\\*_~`|<>[]()@#!:/.-+ \n1a&{}\"'$\u202e\ud800\ue000😀h"), max_size=60), st.text(max_size=400))
)
def test_no_text_breaks_out_of_the_own_words(text: str) -> None:
    from events import hostile

    for kind in CHAT_KINDS:
        message, _ = worded(compose(hostile(text)), WORDS)
        CHECKS[kind](load(kind).render(message, options(kind)))


@pytest.mark.parametrize("name", sorted(CROWDED))
def test_a_value_is_no_link(name: str) -> None:
    for happening in (CROWDED[name], CROWDED[name]._replace(app="\ue000[x\ue000|https://evil.example\ue000]")):
        message, _ = worded(compose(happening), WORDS)
        for link in message.links:
            check_url(link.url)
            assert "//evil.example" not in link.url or link.label != "Wiki"
        spans = [span for sentence in message.sentences for span in sentence if span.url]
        assert {span.url for span in spans} <= {happening.run.url}


def test_the_last_level_wins_key_by_key_and_the_first_rule(tmp_path: Path) -> None:
    policy = """\
message: {title: top, text: top text, fields: {A: top a, B: top b}, colour: red}
channels:
  team: {kind: discord, url: "${U}", message: {title: channel, fields: {b: channel b}}}
  other: {kind: discord, url: "${U}"}
notifications:
  - {on: failure, send_to: team, message: {fields: {C: first}}}
  - {on: failure, send_to: [team, other], message: {title: second, fields: {C: second, D: second d}}}
"""
    found = payloads(policy, tmp_path)
    team, other = (found[name]["content"] + found[name]["embeds"][0]["description"] for name in ("team", "other"))
    assert [word in team for word in ("second", "top text", "A: top a", "b: channel b", "C: first", "D: second d")] == [True] * 6
    assert [word in other for word in ("second", "A: top a", "B: top b", "C: second")] == [True] * 4
    assert found["team"]["embeds"][0]["color"] == 0xD92D20
    assert "top b" not in team


def test_labels_are_merged_whatever_their_case() -> None:
    whole = merged((OwnWords(fields={"Version": "1", "X": "y"}), None, OwnWords(fields={"version": "false"})))
    assert whole is not None
    assert whole.fields == {"version": "false", "X": "y"}


def test_rows_and_parts_are_left_out() -> None:
    dropped = OwnWords(fields=dict.fromkeys(("Author", "Triggered by", "Duration", "Log", "History", "Run", "rules", "Image"), "false"))
    message = told(EVERYTHING, dropped)
    said = json.dumps([message.sentences, message.notes, message.reasons, message.text], ensure_ascii=False)
    assert [word for word in ("Ada", "3 min", "expected ';'", "Failing since", "2.1.0", "#42", "nightly") if word in said] == []
    assert message.title == compose(EVERYTHING).title
    mail = told(EVERYTHING, OwnWords(fields={"Cluster": "false", "author": "somebody", "Cost": "{{ run.number }}"}), "dev@example.com")
    rows = {row.label: row.value for row in mail.table}
    assert (rows.get("Cluster"), rows["author"], rows["Cost"]) == (None, "somebody", "42")
    assert "Author" not in rows


def test_a_sign_of_the_title_takes_the_place_of_ours_and_a_value_s_does_not() -> None:
    assert told(EVERYTHING, OwnWords(title="🔥 {{ app }}")).headline == "🔥 payments"
    assert told(EVERYTHING._replace(app="✅ fine"), OwnWords(title="{{ app }}")).headline == "❌ ✅ fine"


def test_links_are_left_out_and_put_behind() -> None:
    links = told(EVERYTHING, OwnWords(links={"Compare": "false", "Logs": "{{ run.url }}/logs/{{ commit.title }}"})).links
    assert [link.label for link in links] == ["Open failed step", "Pull request", "Logs"]
    assert links[-1].url == "https://ci.example.com/payments/runs/4711/logs/Fix%20rounding"


def test_a_runbook_stays_among_the_links(tmp_path: Path) -> None:
    policy = """\
channels: {team: {kind: slack, url: "${U}", text: Own text}}
notifications: [{on: failure, send_to: team, runbook: "https://wiki.example.com/rollback"}]
"""
    shown = json.dumps(payloads(policy, tmp_path)["team"])
    assert "Own text" in shown
    assert "https://wiki.example.com/rollback" in shown


def test_what_gives_nothing_leaves_the_default() -> None:
    words = OwnWords(
        title="{{ environment }}", text="{{ commit.message }}", fields={"X": "{{ cluster }}"}, links={"E": "{{ environment_url }}"}
    )
    assert told(LITTLE, words)[1:10] == compose(LITTLE)._replace(rules=("nightly",))[1:10]


def test_a_template_that_fails_leaves_the_default_words_and_the_report_says_so(project: Any, slack: Any) -> None:
    project.policy(
        "channels: {team: {kind: slack, message: {title: '{{ 10 // ((run.attempt or 0) - 1) }}', text: Own text}}}\n"
        "notifications: [{on: failure, send_to: team}]\n"
    )
    result = project.send(env={"SLACK_WEBHOOK_URL": slack.url("/x"), "GITHUB_RUN_ATTEMPT": "1"})
    [request] = slack.requests
    assert "Failed: payments" in request.json()["text"]
    assert "Own text" in request.json()["text"]
    [row] = result.report["deliveries"]
    assert (result.code, row["outcome"]) == (0, "delivered")
    assert row["reason"].startswith("with the default words where the policy's own failed: title: ")


PAYLOADS = {
    "slack": {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*{{ app }}*: {{ commit.title }}"}}], "text": "{{ app }}"},
    "discord": {"content": "**{{ app }}**: {{ commit.title }}"},
    "google_chat": {"text": "*{{ app }}*: {{ commit.title }}"},
    "ringcentral": {"text": "**{{ app }}**: {{ commit.title }}"},
    "teams": {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [{"type": "TextBlock", "text": "{{ app }}: {{ commit.title }}"}],
                },
            }
        ],
    },
}


def policy_of(kind: str, payload: Any, form: str, folder: Path) -> str:
    if form == "file":
        (folder / "payload.json").write_text(json.dumps(payload))
        channel: dict[str, Any] = {"payload_file": "payload.json"}
    else:
        channel = {"payload": json.dumps(payload) if form == "text" else payload}
    return json.dumps(
        {"channels": {"room": {"kind": kind, "url": "${U}", **channel}}, "notifications": [{"on": "failure", "send_to": "room"}]}
    )


@pytest.mark.parametrize("form", ["text", "mapping", "file"])
@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_payload_is_sent_as_it_is_written(kind: str, form: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = payloads(policy_of(kind, PAYLOADS[kind], form, tmp_path), tmp_path)["room"]
    shown = json.dumps(found)
    assert "Round refunds" in shown
    assert set(found) - {"allowed_mentions", "parse", "link_names"} == set(PAYLOADS[kind])
    if kind == "discord":
        assert found["allowed_mentions"] == {"parse": []}
    if kind == "slack":
        assert found["blocks"][0]["text"] == {"type": "mrkdwn", "text": "*payments*: Round refunds", "verbatim": True}


HOSTILE = "<!channel> <@U1> @here @everyone *b* _i_ ~s~ `c` [x](https://evil.example) <https://evil.example|y> <users/all> <at>A</at> **B**"


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_value_in_a_payload_is_text(kind: str, tmp_path: Path) -> None:
    commit = {**EVENT_FILE["commit"], "title": f"{HOSTILE}\n> q\n# h\n- l {{{{ 7*7 }}}} ${{HOME}}"}  # type: ignore[dict-item]
    found = payloads(policy_of(kind, PAYLOADS[kind], "mapping", tmp_path), tmp_path, commit=commit)["room"]
    shown = json.dumps(found, ensure_ascii=False)
    assert "{{ 7" in shown
    assert "${HOME}" in shown
    alive = {
        "slack": ["<!", "<@", "@here", "@everyone", " *b*", "_i_", "~s~", "`c`", "<http", "https://", "\\n>"],
        "discord": [" <!", " <@", " @here", " *b*", " _i_", " `c`", "](https://", " <https", "\\n> "],
        "google_chat": ["<!", "<users", "<http", "https://", "[x]", " *b*", "_i_", "`c`", "@everyone"],
        "teams": ["](http", " <at>", "[x]", "`c`", "**B**\\n", "\\n> q", "\\n# h"],
        "ringcentral": ["](http", " <at>", "`c`", "\\n> q", "\\n# h"],
    }
    assert [part for part in alive[kind] if part in shown] == []


@pytest.mark.parametrize(("content", "title"), [("{{ commit.title }}", "Tell @everyone and @here"), ("@{{ commit.title }}", "everyone")])
def test_a_value_in_a_discord_payload_calls_nobody_whom_its_author_may_call(content: str, title: str, tmp_path: Path) -> None:
    payload = {"content": f"@here {content}", "allowed_mentions": {"parse": ["everyone"]}}
    commit = {**EVENT_FILE["commit"], "title": title}  # type: ignore[dict-item]
    found = payloads(policy_of("discord", payload, "mapping", tmp_path), tmp_path, commit=commit)["room"]
    assert found["allowed_mentions"] == {"parse": ["everyone"]}
    assert re.findall("@(?:everyone|here)", found["content"]) == ["@here"]


def slack_text(text: str) -> None:
    """Slack's mrkdwn with nothing in it: https://docs.slack.dev/messaging/formatting-message-text."""
    assert not re.search(r"[<>*~`]|&(?!amp;|lt;|gt;)|://|(?<!\w)[@#](?=\w)|:[\w+-]+:|^\s*&gt;", text, re.MULTILINE), text
    assert not re.search(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])", text), text


def chat_text(text: str) -> None:
    """Google Chat's text with nothing in it: https://developers.google.com/workspace/chat/format-messages."""
    assert not re.search(r"[<>*~`\[\]]|://|(?<!\w)@(?=\w)|^\s*[-+]\s", text, re.MULTILINE), text


def discord_lines(text: str) -> None:
    for line in text.split("\n"):
        check_discord_text(line, links=False)


def card_lines(text: str) -> None:
    for line in text.split("\n"):
        if line.strip():
            card_text(line)


TEXTS: dict[str, tuple[Any, Callable[[Any], str], Callable[[str], None]]] = {
    "slack": ({"text": "{{ app }}"}, lambda payload: payload["text"], slack_text),
    "discord": ({"content": "{{ app }}"}, lambda payload: payload["content"], discord_lines),
    "google_chat": ({"text": "{{ app }}"}, lambda payload: payload["text"], chat_text),
    "ringcentral": ({"text": "{{ app }}"}, lambda payload: payload["text"], card_lines),
}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.one_of(
        st.text(st.sampled_from("\\*_~`|<>[]()@#!:/.-+ \n1a&{}\"'$\u202e\ue000h"), min_size=1, max_size=60), st.text(max_size=99)
    )
)
def test_no_value_of_a_payload_is_markup(text: str) -> None:
    for kind, (payload, shown, check) in TEXTS.items():
        own = load(kind).Options.model_validate({"kind": kind, "payload": payload}).model_copy(update={"payload": payload})
        try:
            made = load(kind).render(compose(event({"app": f"x {text}"})), own)
        except TemplateProblem:
            continue
        check(shown(made))


WRONG = [
    ("slack", {"blocks": [{"type": "headr"}]}, "a block of type 'headr' is unknown (do you mean header?)"),
    ("slack", {"txt": "x"}, "is unknown: 'txt' (do you mean text?)"),
    ("slack", {"text": "{{ ap }}"}, "unknown name ap (do you mean app?)"),
    ("slack", {"text": "{{ app | trunc(3) }}"}, "unknown filter trunc (do you mean truncate?)"),
    ("slack", {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "{{ 'x' * 151 }}"}}]}, "the service takes 150"),
    ("slack", {"blocks": [{"type": "image", "alt_text": "x", "image_url": "{{ commit.title }}"}]}, "must begin with https://"),
    ("discord", {"content": "{{ 'x' * 2001 }}"}, "the service takes 2,000"),
    ("discord", {"embeds": [{"fields": [{"name": "x"}]}]}, "'value' is missing"),
    ("teams", {"type": "AdaptiveCard", "version": "1.4", "body": []}, "is a card by itself"),
    ("teams", {**PAYLOADS["teams"], "summary": "x" * 30_000}, "the service takes 28,672"),
    ("ringcentral", {"attachments": [{"type": "AdaptiveCard", "version": "9", "body": []}]}, "is unknown: '9'"),
    ("google_chat", {"cardsV2": [{"card": {"sections": [{"widgets": [{"textParagraf": {}}]}]}}]}, "do you mean textParagraph?"),
    ("google_chat", {"text": "{{ 'x' * 32000 }}"}, "has 32,000 characters"),
]


@pytest.mark.parametrize("form", ["text", "mapping"])
@pytest.mark.parametrize(("kind", "payload", "words"), WRONG)
def test_what_the_service_would_refuse_is_an_error_at_its_place(kind: str, payload: Any, words: str, form: str, tmp_path: Path) -> None:
    found = refused(tmp_path, policy_of(kind, payload, form, tmp_path), words)
    assert found["column"] > len('{"channels": {"room": {"kind": "')


def test_a_payload_that_fails_at_the_time_of_sending_leaves_the_default_message(project: Any) -> None:
    project.policy(
        "channels: {ops: {kind: discord, payload: {content: \"{{ '' if run.attempt == 1 else 'x' }}\"}}}\n"
        "notifications: [{on: failure, send_to: ops}]\n"
    )
    with ScriptedServer(Answer(200, b'{"id": "1", "channel_id": "2"}')) as server:
        result = project.send(env={"DISCORD_WEBHOOK_URL": server.url("/x"), "GITHUB_RUN_ATTEMPT": "1"})
        [request] = server.requests
    assert "Failed: payments" in request.json()["content"]
    [row] = result.report["deliveries"]
    assert row["outcome"] == "delivered"
    assert "payload: must have one of content, embeds" in row["reason"]


def test_check_warns_of_a_text_that_may_be_empty_and_a_run_does_not(project: Any) -> None:
    project.policy(
        'channels: {ops: {kind: discord, payload: {content: x, embeds: [{title: "{{ environment }}"}]}}}\n'
        "notifications: [{on: failure, send_to: ops}]\n"
    )
    assert "1:72: warning: 'payload.embeds.title' in channel 'ops' is an empty text" in project.run("check").out
    assert "warning" not in project.run("explain", "--event", "success").err


def test_own_words_of_a_base_are_merged_key_by_key(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "base.yml").write_text("message: {title: base title, fields: {A: base a, B: base b}}\n")
    policy = """\
extends: base.yml
message: {fields: {B: own b}}
channels: {team: {kind: discord, url: "${U}"}}
notifications: [{on: failure, send_to: team}]
"""
    found = json.dumps(payloads(policy, tmp_path)["team"])
    assert [word in found for word in ("base title", "A: base a", "B: own b", "base b")] == [True, True, True, False]


def test_explain_and_the_dry_run_show_them(tmp_path: Path) -> None:
    (tmp_path / ".tocsin.yml").write_text(
        "channels: {team: {kind: slack, url: '${U}', text: 'Look at {{ app }}'}, mail: {kind: slack, url: '${U}'}}\n"
        "notifications: [{on: failure, send_to: [team, mail]}]\n"
    )
    rows = run("explain", "--event", "failure", "--app", "pay", "--json", folder=tmp_path).json()["deliveries"]
    assert [row.get("message", {}).get("text") for row in rows] == [["Look at pay"], None]
    words = ("send", "completion", "--status", "failure", "--app", "pay", "--dry-run")
    dry = run(*words, folder=tmp_path, env={"U": "http://127.0.0.1:9/x", "TOCSIN_CI": "generic"})
    assert dry.out.count("Look at pay") == 1


def test_the_preview_and_the_dry_run_show_a_payload(tmp_path: Path) -> None:
    (tmp_path / ".tocsin.yml").write_text(
        "channels: {team: {kind: slack, url: '${U}', payload: {text: 'Look at {{ app }}'}}}\n"
        "notifications: [{on: failure, send_to: team}]\n"
    )
    words = ("send", "completion", "--status", "failure", "--app", "pay", "--dry-run")
    dry = run(*words, folder=tmp_path, env={"U": "http://127.0.0.1:9/x", "TOCSIN_CI": "generic"})
    assert '"text": "Look at pay"' in dry.out
    assert '"text": "Look at payments"' in run("preview", "--event", "failure", folder=tmp_path).out


def test_a_test_message_shows_them_below_its_own(tmp_path: Path) -> None:
    from tocsin.message_test import compose_test

    message, _ = worded(compose_test(LITTLE, "team", ".tocsin.yml", "payments"), OwnWords(title="{{ app }}!", text="Own text"))
    assert message.title.startswith("Test: ")
    assert [sentence[0].text for sentence in message.sentences][-2:] == ["payments!", "Own text"]


def test_a_helper_gives_its_value() -> None:
    happening = event({"app": "x", "run": {"started_at": "2026-01-02T03:04:05Z", "finished_at": "2026-01-02T03:07:25Z"}})
    text = "{{ duration(run) }}|{{ 90 | duration }}|{{ run.finished_at | date('%d.%m. %H:%M', 'Europe/Berlin') }}|{{ {'a': app} | json }}"
    assert told(happening, OwnWords(title=text)).title == '3 min 20 s|1 min 30 s|02.01. 04:07|{"a": "x"}'


@pytest.mark.parametrize("key", ["colour", "links"])
def test_data_that_is_too_long_as_a_text_is_an_error_of_the_policy(key: str, tmp_path: Path) -> None:
    template = "{{ [123456789012] * 40000 }}"
    words = {"colour": template} if key == "colour" else {"links": {"Logs": f"https://logs.example.com/{template}"}}
    policy = {"channels": {"team": {"kind": "slack"}}, "message": words, "notifications": [{"on": "failure", "send_to": "team"}]}
    (tmp_path / ".tocsin.yml").write_text(json.dumps(policy))
    answer = run("check", "--format", "json", folder=tmp_path)
    assert answer.code == 3, answer.err
    assert ["this makes a text or list of more than" in problem["message"] for problem in answer.json()] == [True]
