"""Discord's own: mentions, markup, its query, its names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from events import SAMPLES, event, hostile
from hypothesis import given
from hypothesis import strategies as st
from payload_checks import check_discord, check_discord_text, units
from servers import Answer, ScriptedServer, transport

from tocsin.channels import discord
from tocsin.channels.discord_embed import escape
from tocsin.message import compose
from tocsin.message_test import compose_test
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
        ("#42 attempt 2", "#42 attempt 2"),
        ("> a", r"\> a"),
        ("12. a", r"12\. a"),
        ("a\\*b", r"a\\\*b"),
    ],
)
def test_markup_is_escaped(text: str, escaped: str) -> None:
    assert escape(text, 1000) == escaped


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])), st.integers(10, 60))
def test_escaped_text_keeps_its_length_and_is_no_markup(text: str, maximum: int) -> None:
    escaped = escape(" ".join(text.split()), maximum)
    assert units(escaped) <= maximum
    check_discord_text(escaped, links=False)


def test_nobody_is_mentioned_whatever_the_policy_names() -> None:
    payload = discord.render(compose(hostile("@everyone <@1>")), options(username="deployments"))
    assert payload["allowed_mentions"] == {"parse": []}
    assert payload["username"] == "deployments"
    check_discord(payload)


def shown(values: dict[str, Any]) -> dict[str, Any]:
    payload = discord.render(compose(event(values)), options())
    check_discord(payload)
    return payload


def test_the_text_has_the_news_and_the_embed_does_not_repeat_it() -> None:
    payload = discord.render(compose(SAMPLES["failure-cd"]), options())
    assert payload["content"].split("\n") == [
        "❌ Failed: payments → production",
        "Wait for rollout: deployment/payments exceeded its progress deadline · by Grace Hopper after 3 min 20 s",
    ]
    (embed,) = payload["embeds"]
    assert (embed["title"], embed["url"]) == ("deploy #128", "https://github.com/shop/payments/actions/runs/9312")
    assert re.sub(r"\]\([^()]*\)", "]", embed["description"]).split("\n") == [
        "smoke tests / GET /health: 503 after 60 s",
        "[Round refunds to the cent] by Ada Byron on main",
        "[Open failed step] · [Environment]",
    ]
    assert embed["footer"] == {"text": "2.14.0 · eks-prod-1"}


@pytest.mark.parametrize("name", SAMPLES)
def test_who_and_how_long_are_said_once(name: str) -> None:
    payload = json.dumps(discord.render(compose(SAMPLES[name]), options()))
    assert payload.count("Grace Hopper") <= 1 or name == "broken-ci-changes"
    assert payload.count("Ada Byron") <= 1
    assert payload.count("3 min 20 s") <= 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"commit": {"author": {"name": "Ada"}}, "ref": {"type": "tag", "tag": "v1"}, "kind": "cd", "environment": "production"}, "At v1"),
        ({"commit": {"title": "Fix", "author": {"name": "Ada"}}, "triggered_by": {"name": "Bo"}}, "Fix by Ada"),
        ({"commit": {"title": "Fix", "author": {"name": "Ada"}}, "triggered_by": {"name": "Ada"}}, "Fix"),
        ({"commit": {"author": {"name": "Ada"}}, "triggered_by": {"name": "Bo"}}, "By Ada"),
        ({"triggered_by": {"name": "Bo"}}, None),
    ],
)
def test_whom_the_text_names_is_left_out_below(values: dict[str, Any], sentence: str | None) -> None:
    payload = shown({"event": "success", **values})
    assert re.search(r"\nby (Ada|Bo)$", payload["content"])
    assert [embed["description"] for embed in payload["embeds"]] == ([sentence] if sentence else [])


def test_other_changes_keep_their_authors() -> None:
    changes = [{"title": "Two", "author": {"name": "Bo"}}, {"title": "One", "author": {"name": "Ada"}}]
    happening = {
        "event": "failure",
        "transition": "broken",
        "triggered_by": {"name": "Bo"},
        "changes": changes,
        "commit": {"title": "Fix", "author": {"name": "Ada"}},
    }
    (embed,) = shown(happening)["embeds"]
    assert embed["description"] == "Fix by Ada\nAlso new: One, Two by Bo"


def test_a_test_message_says_once_where_it_comes_from() -> None:
    message = compose_test(SAMPLES["failure-cd"], "team", ".tocsin.yml", "payments")
    payload = discord.render(message, options())
    check_discord(payload)
    assert payload["content"].startswith("🔔 Test: payments → team\nIf you can read this")
    assert payload["embeds"] == [{"title": "Open run", "url": message.page, "color": message.colour}]


def test_a_clock_time_is_shown_in_the_reader_s_zone() -> None:
    (embed,) = discord.render(compose(SAMPLES["still-failing-ci-4th"]), options())["embeds"]
    assert ", <t:1795401660:t>: 4 runs in 44 min 20 s" in embed["description"]
    (embed,) = discord.render(compose(SAMPLES["broken-ci-changes"]), options())["embeds"]
    assert ", <t:1795366920:f>\n" in embed["description"]


def test_lines_of_a_log_cannot_close_their_block() -> None:
    failure = {"job": "test", "excerpt": "```\n@everyone **b** ````\n``` [x](http://evil.example)"}
    (embed,) = shown({"event": "failure", "failures": [failure]})["embeds"]
    assert embed["description"].count("```") == 2


@pytest.mark.parametrize("title", ["see https://evil.example/x", "[x] of www.evil.example", "discord.gg/evil", "a [b"])
def test_a_text_that_looks_like_an_address_or_a_link_is_no_label_of_one(title: str) -> None:
    (embed,) = shown({"event": "success", "commit": {"title": title, "url": "https://git.example/1"}})["embeds"]
    assert embed["description"].endswith(" [↗](https://git.example/1)")


@pytest.mark.parametrize("url", ["http://jenkins:8080/job/x/1/", "http://localhost/1"])
def test_a_host_without_a_dot_is_linked_where_discord_does_not_judge_it(url: str) -> None:
    (embed,) = shown({"event": "success", "run": {"url": url, "number": 42}})["embeds"]
    assert embed["description"] == f"[Open run]({url})"
    assert embed["footer"] == {"text": "#42"}


def test_a_url_with_brackets_stays_one_link() -> None:
    (embed,) = shown({"event": "success", "commit": {"short_sha": "4f8a1c9d", "url": "https://ci.example/a(b)c"}})["embeds"]
    assert embed["description"] == "[4f8a1c9d](https://ci.example/a%28b%29c)"


def test_an_event_that_knows_nothing_is_a_line_alone() -> None:
    payload = shown({"event": "failure"})
    assert payload["content"] == "❌ Failed: this repository"
    assert payload["embeds"] == []


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


def test_the_ids_of_an_answer_are_not_masked_where_the_webhook_is_as_new_as_its_channel() -> None:
    url = "https://discord.com/api/webhooks/1445678901234567890/a-t0ken-of-m4ny-characters"
    secrets = options(url="${U}").secrets({"U": url})
    with ScriptedServer(Answer(200, json.dumps({"id": "1445999901234567890", "channel_id": "1445678901114567890"}).encode())) as server:
        opened = options(url="${U}").resolved({"U": server.url("/api/webhooks/1445678901234567890/a-t0ken-of-m4ny-characters")})
        verdict = discord.send({"content": "x"}, opened, transport(secrets=secrets))
    assert verdict == Delivered({"id": "1445999901234567890", "channel_id": "1445678901114567890"})
    assert "t0ken" not in transport(secrets=secrets).redact(f"no {url}")
