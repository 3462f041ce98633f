"""Every service that can change a message, told by one policy: one run of a CI proves all of them.

with Conversing() as services:
    services.policy  # of .tocsin.yml; services.secrets are the variables that it names
    services.told()  # by channel, the sign that each message begins with
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from servers import Answer
from stateful_services import (
    CHAT,
    TOKEN,
    DiscordServer,
    MattermostServer,
    NtfyServer,
    SlackServer,
    StatefulServer,
    TelegramServer,
    refused,
    said,
)

if TYPE_CHECKING:
    from typing_extensions import Self

BOT = "7234567890:AAbot-s3cr3t"
ONE = ["✅"]  # the message of the start, changed
TWO = ["🚀", "✅"]


class Row(NamedTuple):
    """A channel: its service, its options, its secret by the variable's name, and the answer to a change with what the report says of it."""

    service: type[StatefulServer]
    options: Callable[[Any], dict[str, Any]]
    secret: tuple[str, Callable[[Any], str]]
    refusal: tuple[str, Answer, str]
    text: str = "text"  # where a message's text stands
    by_name: bool = False  # a message takes the place of another by its name: no receipt, and no refusal, makes it two


def _slack(server: SlackServer) -> dict[str, Any]:
    return {"kind": "slack", "token": "${SLACK_BOT_TOKEN}", "channel": "#builds", "api_url": server.url("/api")}


def _telegram(server: TelegramServer) -> dict[str, Any]:
    return {"kind": "telegram", "chat_id": CHAT, "api_url": server.url("/api")}


def _mattermost(server: MattermostServer) -> dict[str, Any]:
    return {"kind": "mattermost", "token": "${MATTERMOST_TOKEN}", "channel": server.TOWN, "api_url": server.url("")}


_BOT = ("TELEGRAM_BOT_TOKEN", lambda _: BOT)


def _ntfy(server: NtfyServer) -> dict[str, Any]:
    return {"kind": "ntfy", "topic": "builds", "token": "${NTFY_TOKEN}", "url": server.url("")}


_NTFY = ("NTFY_TOKEN", lambda _: "tk_agqfz1ky6zsm")
_MATTERMOST = ("MATTERMOST_TOKEN", lambda server: server.KEY)
_FORBIDDEN = MattermostServer.refuse(403, "api.context.permissions.app_error")
_UNKNOWN = said(404, code=10008, message="Unknown Message")
_GONE = TelegramServer.refuse("message to edit not found")
_LIMITED = said(429, ok=False, error_code=429, description="Too Many Requests", parameters={"retry_after": 900})

ROWS = {  # a service that is new here is a row
    "slack": Row(
        SlackServer, _slack, ("SLACK_BOT_TOKEN", lambda _: TOKEN), ("chat.update", refused("message_not_found"), "message_not_found")
    ),
    "discord": Row(
        DiscordServer,
        lambda _: {"kind": "discord", "conversation": "update"},
        ("DISCORD_WEBHOOK_URL", lambda server: server.webhook),
        ("PATCH", _UNKNOWN, "HTTP 404, 10008: the message was deleted"),
        "content",
    ),
    "telegram": Row(
        TelegramServer,
        _telegram,
        _BOT,
        ("editMessageText", _GONE, "HTTP 400, Bad Request: message to edit not found: the message was deleted"),
    ),
    "mattermost": Row(
        MattermostServer,
        _mattermost,
        _MATTERMOST,
        ("patch", _FORBIDDEN, "HTTP 403, api.context.permissions.app_error: the message was deleted"),
        "message",
    ),
    "ntfy": Row(NtfyServer, _ntfy, _NTFY, ("DELETE", said(404), "ntfy takes messages away from version 2.16 on"), "title", by_name=True),
    "limits": Row(TelegramServer, _telegram, _BOT, ("editMessageText", _LIMITED, "HTTP 429, Too Many Requests")),
}
SENT_ANEW = [f"sent as a new message: {row.refusal[2]}" for row in ROWS.values() if not row.by_name]  # what a run says after `refuse`
REFUSED = [*SENT_ANEW, *(row.refusal[2] for row in ROWS.values() if row.by_name)]


class Conversing:
    """All of them. Each channel's name holds every character that a report of variables could lose."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.servers = {name: self._stack.enter_context(row.service()) for name, row in ROWS.items()}
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def policy(self) -> str:
        """JSON, which is YAML."""
        channels = {f"{name} #1 $HOME %PATH% 'é\"": row.options(self.servers[name]) for name, row in ROWS.items()}
        rule = {"on": ["trigger", "waiting", "success", "failure"], "send_to": list(channels)}
        return json.dumps({"channels": channels, "notifications": [rule]}, ensure_ascii=False)

    @property
    def secrets(self) -> dict[str, str]:
        """The variables that the policy names."""
        return {row.secret[0]: row.secret[1](self.servers[name]) for name, row in ROWS.items()}

    def refuse(self) -> None:
        """Let no service take its next change."""
        for name, row in ROWS.items():
            method, answer, _ = row.refusal
            self.servers[name].refusals[method] = [answer]

    def told(self) -> dict[str, list[str]]:
        """By channel, the sign that each message begins with, as it is now."""
        return {name: [_sign(message[row.text]) for message in self._messages(name)] for name, row in ROWS.items()}

    def _messages(self, name: str) -> list[dict[str, Any]]:
        server = self.servers[name]
        return server.shown if isinstance(server, NtfyServer) else server.messages

    @staticmethod
    def each(signs: list[str]) -> dict[str, list[str]]:
        """The same, of every channel; those of the start and the end, where a name alone makes them one."""
        return {name: ONE if row.by_name and signs == TWO else signs for name, row in ROWS.items()}


def _sign(text: str) -> str:
    return re.sub(r"<.*?>|[*]", "", text)[0]


@pytest.fixture
def services() -> Iterator[Conversing]:
    """All of them, for one test."""
    with Conversing() as running:
        yield running
