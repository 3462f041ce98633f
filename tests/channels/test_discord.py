"""Discord's own: mentions, markup, its query, its names."""

from __future__ import annotations

from typing import Any

import pytest
from events import SAMPLES, event, hostile
from hypothesis import given
from hypothesis import strategies as st
from payload_checks import check_discord, check_discord_text, units
from servers import Answer, ScriptedServer, transport

from tocsin.channels import discord
from tocsin.message import compose
from tocsin.verdict import Delivered


def options(**values: Any) -> discord.Options:
    return discord.Options.model_validate({"kind": "discord", **values})


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain text (a-b) #12, 3.14", "plain text (a-b) #12, 3.14"),
        ("feat_x_y", r"feat\_x\_y"),
        ("**b** ~~s~~ ||p|| `c`", r"\*\*b\*\* \~\~s\~\~ \|\|p\|\| \`c\`"),
        ("[x](http://evil.example)", r"\[x\](http\://evil.example)"),
        ("@everyone <@1> <#2> <:a:3>", r"\@everyone \<\@1> \<#2> \<:a:3>"),
        ("https://evil.example", r"https\://evil.example"),
        ("- a", r"\- a"),
        ("# a", r"\# a"),
        ("> a", r"\> a"),
        ("12. a", r"12\. a"),
        ("a\\*b", r"a\\\*b"),
    ],
)
def test_markup_is_escaped(text: str, escaped: str) -> None:
    assert discord.escape(text, 1000) == escaped


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])), st.integers(10, 60))
def test_escaped_text_keeps_its_length_and_is_no_markup(text: str, maximum: int) -> None:
    escaped = discord.escape(" ".join(text.split()), maximum)
    assert units(escaped) <= maximum
    check_discord_text(escaped)


def test_nobody_is_mentioned_whatever_the_policy_names() -> None:
    payload = discord.render(compose(hostile("@everyone <@1>")), options(username="deployments"))
    assert payload["allowed_mentions"] == {"parse": []}
    assert payload["username"] == "deployments"
    check_discord(payload)


@pytest.mark.parametrize("url", ["http://jenkins:8080/job/x/1/", "http://localhost/1"])
def test_a_host_without_a_dot_is_linked_where_discord_does_not_judge_it(url: str) -> None:
    (embed,) = discord.render(compose(event({"event": "failure", "run": {"url": url}})), options())["embeds"]
    assert "url" not in embed
    assert embed["description"] == f"[Open run]({url})"


def test_a_url_with_brackets_stays_one_link() -> None:
    (embed,) = discord.render(compose(event({"event": "failure", "run": {"url": "https://ci.example/a(b)c"}})), options())["embeds"]
    assert embed["description"] == "[Open run](https://ci.example/a%28b%29c)"


def test_long_values_get_a_line_of_their_own() -> None:
    (embed,) = discord.render(compose(SAMPLES["failure-cd"]), options())["embeds"]
    assert {field["name"]: field["inline"] for field in embed["fields"]}["Commit"] is False
    assert {field["name"]: field["inline"] for field in embed["fields"]}["Branch"] is True


@pytest.mark.parametrize("name", ["", "x" * 81, "Clyde", "my-Discord-bot"])
def test_a_name_that_discord_refuses_is_found_before_it_is_sent(name: str) -> None:
    with pytest.raises(ValueError, match=r"1 to 80|clyde"):
        options(username=name)


@pytest.mark.parametrize("thread", ["general", "12 34", "", "1" * 21])
def test_a_thread_is_a_number(thread: str) -> None:
    with pytest.raises(ValueError, match="thread's id"):
        options(thread_id=thread)


@pytest.mark.parametrize(
    ("written", "thread", "called"),
    [
        ("/api/webhooks/1/t", None, "/api/webhooks/1/t?wait=true"),
        ("/api/webhooks/1/t", "99", "/api/webhooks/1/t?wait=true&thread_id=99"),
        ("/api/webhooks/1/t", "${THREAD}", "/api/webhooks/1/t?wait=true&thread_id=77"),
        ("/api/webhooks/1/t?wait=false&thread_id=5", None, "/api/webhooks/1/t?wait=true&thread_id=5"),
        ("/api/webhooks/1/t/slack", None, "/api/webhooks/1/t?wait=true"),
        ("/api/webhooks/1/t/github?wait=true#x", None, "/api/webhooks/1/t?wait=true"),
    ],
)
def test_the_answer_is_waited_for(written: str, thread: str | None, called: str) -> None:
    with ScriptedServer(Answer(200, b'{"id":"5","channel_id":"6"}')) as server:
        resolved = options(thread_id=thread).resolved({"DISCORD_WEBHOOK_URL": server.url(written), "THREAD": "77"})
        assert discord.send({}, resolved, transport()) == Delivered({"id": "5", "channel_id": "6"})
        assert [request.path for request in server.requests] == [called]
