"""Services as servers that keep what was posted, so that it can be changed and answered.

    with SlackServer() as slack:
        ...  # a channel with api_url: slack.url("/api")
    slack.shown  # what a person sees in the channel

Each of `refusals` is what a method answers instead, once each, the first first.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest
from servers import Answer, Request, ScriptedServer

TOKEN = "xoxb-1234567890-abcdefghijklmn"
ROOM = "C0123ABCD"
CHAT = "-1009876543210"


class StatefulServer(ScriptedServer):
    """Answers by what it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: dict[str, list[Answer]] = defaultdict(list)
        self.messages: list[dict[str, Any]] = []

    def next_answer(self, request: Request) -> Answer:
        """Keep the request, and answer by what was posted before."""
        with self._lock:
            self.requests.append(request)
            waiting = self.refusals[self.method(request)]
            return waiting.pop(0) if waiting else self.answer(request)

    def method(self, request: Request) -> str:
        """What refusals are named by."""
        return request.method

    def answer(self, request: Request) -> Answer:
        """What the service says."""
        raise NotImplementedError

    def find(self, key: str, value: Any) -> dict[str, Any] | None:
        """The message with that value."""
        return next((message for message in self.messages if message[key] == value), None)


S = TypeVar("S", bound=StatefulServer)


def serving(service: Callable[[], S]) -> Any:
    """A fixture: the service, for one test."""

    @pytest.fixture
    def running() -> Iterator[S]:
        with service() as server:
            yield server

    return running


def said(status: int = 200, /, headers: dict[str, str] | None = None, **body: Any) -> Answer:
    """An answer of JSON."""
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


def refused(error: str, /, **more: Any) -> Answer:
    """Slack's normal error."""
    return said(ok=False, error=error, **more)


class SlackServer(StatefulServer):
    """chat.postMessage, chat.update and users.lookupByEmail. Channels are known by ROOM and by #builds, which is ROOM's name.

    `people` are the workspace's, by their addresses in lower case.
    """

    def __init__(self) -> None:
        super().__init__()
        self.people: dict[str, Any] = {}

    def method(self, request: Request) -> str:
        return urlsplit(request.path).path.rpartition("/")[2]

    @property
    def asked(self) -> list[str]:
        """The addresses that were asked about."""
        return [_email(request) for request in self.requests if self.method(request) == "users.lookupByEmail"]

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What stands in the channel itself: no replies but those that are broadcast."""
        return [message for message in self.messages if not message.get("thread_ts") or message.get("reply_broadcast")]

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return refused("invalid_auth")
        if self.method(request) == "users.lookupByEmail":
            user = self.people.get(_email(request).lower())
            return said(ok=True, user=user) if user else refused("users_not_found")
        payload = request.json()
        if payload.get("channel") not in (ROOM, "#builds"):
            return refused("channel_not_found")
        if not payload.get("text") and not payload.get("blocks"):
            return refused("no_text")
        if self.method(request) == "chat.update":
            message = self.find("ts", payload["ts"])
            if not message or payload["channel"] != ROOM:
                return refused("message_not_found" if payload["channel"] == ROOM else "channel_not_found")
            message.update(payload)
            return said(ok=True, channel=ROOM, ts=message["ts"], text=payload.get("text", ""))
        if "thread_ts" in payload and not self.find("ts", payload["thread_ts"]):
            return refused("cannot_reply_to_message")
        ts = f"1785542400.{len(self.messages):06}"
        self.messages.append({**payload, "ts": ts})
        return said(ok=True, channel=ROOM, ts=ts, message={"text": payload.get("text", "")})


def _email(request: Request) -> str:
    """The address in a query or a form: https://docs.slack.dev/reference/methods/users.lookupByEmail."""
    is_form = request.headers.get("content-type") == "application/x-www-form-urlencoded"
    return parse_qs(request.body.decode() if is_form else urlsplit(request.path).query)["email"][0]


class DiscordServer(StatefulServer):
    """Execute Webhook and Edit Webhook Message, in a text channel, or with `forum` in a forum."""

    def __init__(self, *, forum: bool = False) -> None:
        super().__init__()
        self.forum = forum

    @property
    def webhook(self) -> str:
        """The address with its token."""
        return self.url("/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz")

    def answer(self, request: Request) -> Answer:
        url, payload = urlsplit(request.path), request.json()
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        edited = re.search("/messages/([0-9]+)$", url.path)
        if edited:
            message = self.find("id", edited[1])
            if not message:
                return said(404, code=10008, message="Unknown Message")
            message.update(payload)
            return said(id=message["id"], channel_id=message["channel_id"])
        if "thread_name" in payload and not self.forum:
            return said(400, code=220003, message="Webhooks can only create threads in forum channels")
        if self.forum and "thread_name" not in payload and "thread_id" not in query:
            return said(400, code=220001, message="Webhooks posted to forum channels must have a thread_name or thread_id")
        if "thread_id" in query and not self.find("channel_id", query["thread_id"]):
            return said(404, code=10003, message="Unknown Channel")
        number = str(880_000_000_000_000_000 + len(self.messages))
        place = query.get("thread_id") or (number if "thread_name" in payload else "770000000000000000")
        self.messages.append({**payload, "id": number, "channel_id": place})
        return said(id=number, channel_id=place)


class TelegramServer(StatefulServer):
    """sendMessage and editMessageText, in one chat, which is CHAT and @builds. Each answer names the bot by its id, as Telegram's does."""

    def method(self, request: Request) -> str:
        return request.path.rpartition("/")[2]

    def answer(self, request: Request) -> Answer:
        payload = request.json()
        if payload["chat_id"] not in (CHAT, "@builds", self.moved_to):
            return self.refuse("chat not found")
        if payload["chat_id"] == CHAT and self.moved_to:
            return self.refuse("group chat was upgraded to a supergroup chat", parameters={"migrate_to_chat_id": self.moved_to})
        if self.method(request) == "editMessageText":
            message = self.find("message_id", payload["message_id"])
            if not message:
                return self.refuse("message to edit not found")
            if message["text"] == payload["text"]:
                return self.refuse("message is not modified: specified new message content and reply markup are exactly the same")
            message.update(payload)
            return self.told(message, request)
        reply = payload.get("reply_parameters", {})
        if reply and not reply.get("allow_sending_without_reply") and not self.find("message_id", reply["message_id"]):
            return self.refuse("message to be replied not found")
        self.messages.append({**payload, "message_id": self.number})
        self.number += 1
        return self.told(self.messages[-1], request)

    moved_to: int | None = None  # the id of the supergroup that the chat became
    number = 100

    @staticmethod
    def refuse(words: str, /, status: int = 400, **more: Any) -> Answer:
        """An error of the Bot API."""
        return said(status, ok=False, error_code=status, description=f"Bad Request: {words}", **more)

    def told(self, message: dict[str, Any], request: Request) -> Answer:
        """The message."""
        bot = re.search("/bot([0-9]+):", request.path)
        sender = {"id": int(bot[1]) if bot else 0, "is_bot": True}
        return said(ok=True, result={"message_id": message["message_id"], "from": sender, "chat": {"id": self.moved_to or int(CHAT)}})


class MattermostServer(StatefulServer):
    """CreatePost and PatchPost, in the channels TOWN and SQUARE; what has been posted with a pending id is not posted again."""

    TOWN, SQUARE = "4xp9fdt77pncbef59f4k1qe83o", "square9fdt77pncbef59f4k1qe"
    KEY = "9xuqwrwgstrb3mzrxb83nb357a"

    def method(self, request: Request) -> str:
        return request.path.rpartition("/")[2]

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What stands in the channel itself."""
        return [message for message in self.messages if not message.get("root_id")]

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return self.refuse(401, "api.context.session_expired.app_error")
        payload = request.json()
        patched = re.fullmatch("/api/v4/posts/([a-z0-9]{26})/patch", request.path)
        if patched:
            message = self.find("id", patched[1])
            if not message or request.method != "PUT":
                return self.refuse(403, "api.context.permissions.app_error")
            message.update({name: value for name, value in payload.items() if name in ("message", "props")})
            return said(**message)
        if (request.method, request.path) != ("POST", "/api/v4/posts"):
            return self.refuse(404, "api.context.404.app_error")
        if payload["channel_id"] not in (self.TOWN, self.SQUARE):
            return self.refuse(403, "api.context.permissions.app_error")
        root = self.find("id", payload.get("root_id")) if payload.get("root_id") else payload
        if not root or root["channel_id"] != payload["channel_id"]:
            return self.refuse(400, f"api.post.create_post.{'channel_' if root else ''}root_id.app_error")
        known = self.find("pending_post_id", payload["pending_post_id"])
        if not known:
            known = {**payload, "id": f"post{len(self.messages):022}"}
            self.messages.append(known)
        return said(201, **known)

    @staticmethod
    def refuse(status: int, identity: str) -> Answer:
        """An error of the server."""
        return said(status, id=identity, message="In words.", detailed_error="", request_id="x", status_code=status)


class NtfyServer(StatefulServer):
    """Publishing as JSON, and deleting by a sequence id, below any path; what the Android app shows of it, and makes a sound for."""

    version = (2, 16)

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Answer:
        if request.method == "DELETE":
            topic, sequence = request.path.split("/")[-2:]
            if self.version < (2, 16):
                return said(404, code=40401, http=404, error="page not found")
            self.shown = [message for message in self.shown if (message["topic"], message.get("sequence_id")) != (topic, sequence)]
            return said(id="d", event="message_delete", topic=topic, sequence_id=sequence)
        payload = request.json()
        if not re.fullmatch("[-_A-Za-z0-9]{1,64}", payload.get("sequence_id", "none")):
            return said(400, code=40049, http=400, error="invalid request: sequence ID invalid")
        name = payload.get("sequence_id") if self.version >= (2, 16) else None
        before = [message for message in self.shown if name and (message["topic"], message.get("sequence_id")) == (payload["topic"], name)]
        self.shown = [message for message in self.shown if message not in before] + [payload]
        if not before and payload.get("priority", 3) > 2:
            self.heard.append(payload)
        return said(id=f"m{len(self.requests)}", event="message", topic=payload["topic"])
