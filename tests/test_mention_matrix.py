"""Whom a message addresses: people by services by events by trust by words, and nobody for whom an outsider passes.

What each payload addresses is read by the readers of test_mentions; who should be is worked out here, from the table of people alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest
from events import event
from inprocess import QuickProject
from policies import read
from stateful_services import CHAT, ROOM, TOKEN, DiscordServer, MattermostServer, SlackServer, StatefulServer, TelegramServer
from test_mentions import READERS, payload

from tocsin.event import Event
from tocsin.message.mention import EVERYBODY
from tocsin.policy.destinations import Destination, destinations
from tocsin.policy.load import PolicyDocument
from tocsin.policy.match import match

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {
        "email": "ada@example.com", "login": "ada-b", "name": "Ada Byron", "mail": True,
        "slack": "U0ADA", "discord": "1001", "teams": "ada@corp.example", "mattermost": "ada", "telegram": "ada_b",
    },
    "kim": {"email": "kim@example.com", "login": "kim", "slack": "U0KIM", "discord": "1002", "telegram": "42"},
    "ops": {"slack": "S0OPS", "discord": "&77", "mattermost": "ops"},
}  # fmt: skip
SHOWN = {
    ("ada", "discord"): "<@1001>", ("kim", "discord"): "<@1002>", ("ops", "discord"): "<@&77>", ("ada", "mattermost"): "@ada",
    ("ops", "mattermost"): "@ops", ("ada", "telegram"): "@ada_b", ("here", "discord"): "@here", ("channel", "discord"): "@everyone",
    ("here", "mattermost"): "@here", ("channel", "mattermost"): "@channel", ("here", "slack"): "here", ("channel", "slack"): "channel",
}  # fmt: skip
SERVICES = {"slack": "slack", "token": "slack", "discord": "discord", "teams": "teams", "mattermost": "mattermost", "telegram": "telegram"}
WORDS = ("author", "authors", "triggered_by", "kim", "ops", *EVERYBODY)
ROLES = {"author": ["ada"], "authors": ["ada", "kim"], "triggered_by": ["kim"]}  # whom the run's own people are

EVENTS = {
    "trigger": ("trigger", "trigger", None),
    "waiting": ("trigger", "waiting", None),
    "success": ("completion", "success", None),
    "fixed": ("completion", "success", "fixed"),
    "failure": ("completion", "failure", None),
    "broken": ("completion", "failure", "broken"),
    "still_failing": ("completion", "failure", "still_failing"),
    "cancelled": ("completion", "cancelled", None),
    "unstable": ("completion", "unstable", None),
}
ALL = ["trigger", "waiting", "success", "failure", "cancelled", "unstable"]
RULES = {  # the words of a rule's `on`, and the events on which it mentions
    ("all", *ALL): {"fixed", "failure", "broken"},
    ("quiet", "trigger", "waiting", "success", "cancelled", "unstable"): {*EVENTS} - {"failure", "broken", "still_failing"},
    ("again", *ALL, "still_failing"): {"fixed", "failure", "broken", "still_failing"},
}


@cache
def policy(on: tuple[str, ...], *words: str) -> PolicyDocument:
    channels: dict[str, dict[str, Any]] = {
        "slack": {"kind": "slack"},
        "token": {"kind": "slack", "token": "${SLACK_BOT_TOKEN}", "channel": ROOM},
        "discord": {"kind": "discord"},
        "teams": {"kind": "teams"},
        "mattermost": {"kind": "mattermost"},
        "telegram": {"kind": "telegram", "chat_id": CHAT},
        "mail": {"kind": "smtp", "host": "127.0.0.1", "from": "ci@example.com"},
    }
    rule = {"on": list(on), "send_to": [*SERVICES, "dev@example.com"], "mention": list(words)}
    return read(json.dumps({"people": PEOPLE, "channels": channels, "notifications": [rule]}))


def seen(word: str, person: Any = None, login: str | None = "KIM", **more: Any) -> Event:
    """An event whose author is Ada, whose other change is Kim's, and that Kim has triggered; or all of it by one `person`."""
    hook, base, transition = EVENTS[word]
    status = None if hook == "trigger" else base
    ada, kim = ({"email": "ADA@example.com"}, {"email": "7+Kim@users.noreply.github.com"}) if person is None else (person, person)
    said = {"commit": {"title": "x", "author": ada}, "changes": [{"author": ada}, {"author": kim}]}
    triggered = {"login": login, **(person or {})}
    values = {"ci": "github", "hook": hook, "status": status, "event": base, "transition": transition, "app": "payments"}
    return event({**values, **said, "triggered_by": triggered, **more})


def rows(document: PolicyDocument, happening: Event, *, untrusted: bool = False) -> dict[str, Destination]:
    rules = [rule for rule in match(document.policy, happening) if rule.matches]
    return {row.recipient: row for row in destinations(document.policy, rules, happening, {}, untrusted=untrusted)}


def addressed(document: PolicyDocument, happening: Event, *, untrusted: bool = False) -> dict[str, list[str]]:
    """By recipient, whom its payload addresses; a mail's address is there with nobody."""
    found = rows(document, happening, untrusted=untrusted)
    return {name: READERS[row.kind](payload(row, happening)) if row.kind in READERS else [] for name, row in found.items()}


def expected(words: tuple[str, ...], *, mentions: bool, untrusted: bool) -> dict[str, list[str]]:
    names = [name for word in words for name in ROLES.get(word, [word]) if not (untrusted and word in EVERYBODY)] if mentions else []
    names = [name for name in dict.fromkeys(names) if not (name == "here" and "channel" in names)]
    found = {recipient: [id_ for name in names if (id_ := shown(name, kind))] for recipient, kind in SERVICES.items()}
    mailed = [PEOPLE[name]["email"] for name in names if PEOPLE.get(name, {}).get("mail")]
    return {**found, "dev@example.com": [], **{address: [] for address in mailed}}


def shown(name: str, kind: str) -> str | None:
    return SHOWN.get((name, kind)) or PEOPLE.get(name, {}).get(kind)


@pytest.mark.parametrize("word", EVENTS)
@pytest.mark.parametrize("on", RULES, ids=lambda on: on[0])
def test_the_matrix(on: tuple[str, ...], word: str):
    _, base, transition = EVENTS[word]
    told = base in on or transition in on
    happening = seen(word)
    for words in (*((one,) for one in WORDS), WORDS):
        for untrusted in (False, True):
            want = expected(words, mentions=word in RULES[on], untrusted=untrusted) if told else {}
            found = addressed(policy(on[1:], *words), happening, untrusted=untrusted)
            assert {name: sorted(ids) for name, ids in found.items()} == {name: sorted(ids) for name, ids in want.items()}, (
                words,
                untrusted,
            )


HOSTILE = [
    "<!channel>", "<!here>", "<!everyone>", "@everyone", "@here", "@channel", "@all", "here", "channel", "author", "authors", "ops", "kim",
    "<@U0KIM>", "U0KIM", "S0OPS", "<!subteam^S0OPS>", "<@1002>", "<@&77>", "&77", "1002", "@kim", "@ops", "<at>kim</at>", "tg://user?id=42",
    # no other spelling of Kim's or Ada's: another alphabet, a sign that only looks or folds so, signs that nobody sees, more around it
    "\u043aim", "k\u0456m", "\u212aim", "ki\uff4d", "kim\u200b", "\u202ekim", "kim\x00", " kim", "kim\n", "kim,ops", "kim@", "ki", "kimm",
    "kim@example.com.evil.example", "x@example.com", "kim@example.com\n", " kim@example.com", "<kim@example.com>", "kim@exam\u03c1le.com",
    "\u212aim@example.com", "kim@example.com,ops@example.com", "kim%40example.com", "ki\u006d\u0301@example.com", "kim@example.com@evil.example",
    "1+k\u0131m@users.noreply.github.com", "1+ki@users.noreply.github.com", "1+kim @users.noreply.github.com", "kim@users.noreply", "ada byron",
    "ADA BYRON", "Ada  Byron", "Ada Byron ", "\u0410da Byron", "Ada\u00a0Byron", "ada", "mail: true", "${KIM}", "{{ people.kim.slack }}",
]  # fmt: skip


def outsiders(text: str) -> Iterator[dict[str, Any]]:
    """A person whom an outsider has written, in each of the fields alone and in all of them."""
    for field in ("name", "email"):
        if field == "name" or text not in ("kim", "ada"):
            yield {field: text}
    yield {"name": f"x {text}", "email": f"{text}@evil.example"}
    yield {"name": text, "email": f"1+{text}x@users.noreply.github.com"}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("fork", [False, True])
def test_an_outsider_passes_for_nobody(text: str, fork: bool):
    nobody: dict[str, list[str]] = {name: [] for name in (*SERVICES, "dev@example.com")}
    logins = [None, text] if text != "kim" else [None]  # the real Kim's
    for person, login in product(outsiders(text), logins):
        happening = seen("broken", person, login, pull_request={"fork": fork, "title": text, "source_branch": text})
        assert addressed(policy(tuple(ALL), "author", "authors", "triggered_by"), happening) == nobody, person
    want = expected(("kim", *EVERYBODY), mentions=True, untrusted=fork)
    happening = seen("broken", {"name": text, "email": f"{text}@evil.example"}, None, pull_request={"fork": fork, "title": text})
    assert addressed(policy(tuple(ALL), "kim", *EVERYBODY), happening) == want, "nobody is added to those whom the rule names"


@pytest.mark.parametrize("text", ["kim", "KIM", "Kim", "kim@EXAMPLE.com", "1+KIM@users.noreply.github.com"])
def test_the_case_of_a_login_or_an_address_does_not_count(text: str):
    happening = seen("broken", {"email": text} if "@" in text else {}, None if "@" in text else text)
    assert addressed(policy(tuple(ALL), "triggered_by" if "@" not in text else "author"), happening)["slack"] == ["U0KIM"]


# Over the wire: what an update shows and the message that is heard have each mention once, together.


def text_of(message: dict[str, Any]) -> str:
    return json.dumps([message.get(name) for name in ("blocks", "attachments", "content", "text", "message", "props")], ensure_ascii=False)


TOKENS = {
    "slack": {"ada": '"user_id": "U0ADA"', "ops": '"usergroup_id": "S0OPS"', "here": '"range": "here"'},
    "discord": {"ada": "<@1001>", "ops": "<@&77>", "here": "@here"},
    "telegram": {"ada": "@ada_b", "kim": "tg://user?id=42"},
    "mattermost": {"ada": "@ada", "ops": "@ops", "here": "@here"},
}
SERVERS: dict[str, type[StatefulServer]] = {
    "slack": SlackServer,
    "discord": DiscordServer,
    "telegram": TelegramServer,
    "mattermost": MattermostServer,
}


def conversation(server: StatefulServer, kind: str, how: str, on: list[str], more: dict[str, Any]) -> str:
    channel = {
        "slack": {"token": "${SECRET}", "channel": ROOM, "api_url": server.url("/api")},
        "discord": {"url": "${SECRET}", "username": "CI"},
        "telegram": {"token": "${SECRET}", "chat_id": CHAT, "api_url": server.url("/api")},
        "mattermost": {"token": "${SECRET}", "channel": MattermostServer.TOWN, "api_url": server.url("/")},
    }[kind]
    rule = {"on": on, "send_to": "team", "mention": list(TOKENS[kind]), **more}
    return json.dumps({"people": PEOPLE, "channels": {"team": {"kind": kind, "conversation": how, **channel}}, "notifications": [rule]})


@pytest.mark.parametrize("more", [{}, {"message": {"text": "own words"}}], ids=["", "own words"])
@pytest.mark.parametrize(("on", "status"), [(["trigger", "failure"], "failure"), (["trigger", "success"], "success")])
@pytest.mark.parametrize("how", ["update", "thread", "new"])
@pytest.mark.parametrize("kind", TOKENS)
def test_a_mention_is_never_doubled(project: QuickProject, kind: str, how: str, on: list[str], status: str, more: dict[str, Any]):
    with SERVERS[kind]() as server:
        project.policy(conversation(server, kind, how, on, more))
        secret = {"slack": TOKEN, "telegram": "123456:AAbot-SECRET", "mattermost": MattermostServer.KEY}.get(kind) or getattr(
            server, "webhook", ""
        )
        for words in (("trigger",), ("completion", "--status", status)):
            assert project.run("send", *words, "--receipts", "receipts.json", env={"SECRET": secret}).code == 0
            heard = Counter(
                {name: sum(text_of(message).count(token) for message in server.messages) for name, token in TOKENS[kind].items()}
            )
            starts = words == ("trigger",)
            once = 0 if starts and status == "failure" else 1  # with a failure among its events, a rule mentions nobody at the start
            more_than_one = 2 if how != "update" and not starts and status == "success" else once
            assert heard == Counter(dict.fromkeys(TOKENS[kind], more_than_one)), (words, server.messages)
        if kind == "discord":  # and what may be heard there
            allowed = [request.json()["allowed_mentions"] for request in server.requests if request.method == "PATCH"]
            assert all(one == {"parse": []} for one in allowed)
