"""Whom Slack knows by an address: https://docs.slack.dev/reference/methods/users.lookupByEmail.

Asked where a message mentions somebody for whom the policy has no id on Slack. `options` are those of slack.py, which has this file loaded.
Nothing in here fails a message: who is not found is shown by name, and the report says why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from threading import Event, Lock
from typing import Any
from urllib.parse import quote

from tocsin.channels.slack_api import verdict
from tocsin.http import Response, Transport
from tocsin.message import Message
from tocsin.named_tuple import NamedTuple
from tocsin.network import NoAnswer
from tocsin.verdict import Delivered, Failed

METHOD = "users.lookupByEmail"
SHARE = 1 / 3  # ours: of the time that is left for the attempt; the rest is the message's
ASKED_MAX = 10  # ours: addresses a process
LATE = "no answer in time"
_MEMBER = re.compile("[UW][A-Z0-9]{1,20}")


class Found(NamedTuple):
    """A member's id, or why there is none. `more` is whether another address may have another answer."""

    id: str | None
    why: str = ""
    more: bool = True


class Directory:
    """What the web API said: it is asked about an address once, for all messages, and no more once it refuses to answer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[tuple[str, str, str], _Answer] = {}
        self._ends: dict[tuple[str, str], str] = {}  # why nothing more is asked, by the address of the API and the token

    def find(self, email: str, options: Any, transport: Transport) -> Found:
        """The member with an address, at the latest when the time of `transport` is over."""
        key = (options.api_url, options.token, email.casefold())
        with self._lock:
            answer, new = self._answers.get(key), False
            if answer is None:
                why = self._why_not(key, transport)
                if why:
                    return Found(None, why)
                answer, new = self._answers.setdefault(key, _Answer()), True
        if new:
            try:
                transport.clock.start(lambda: self._ask(answer, key, email, transport))
            except RuntimeError:
                answer.tell(Found(None, "this machine starts no more threads"))
        transport.clock.wait(answer.came, transport.remaining())
        return answer.found

    def _why_not(self, key: tuple[str, str, str], transport: Transport) -> str | None:
        if len(self._answers) >= ASKED_MAX:
            return f"it is asked about {ASKED_MAX} addresses at most"
        return self._ends.get(key[:2]) or (LATE if transport.expired() else None)

    def _ask(self, answer: _Answer, key: tuple[str, str, str], email: str, transport: Transport) -> None:
        """Ask, in a thread that is left behind where the answer takes too long: a server may send it byte by byte."""
        try:
            found = asked(email, key[0], key[1], transport)
        except Exception as error:  # noqa: BLE001  it becomes words of the report: no message is lost by it
            found = Found(None, f"a defect of tocsin, please report it: {type(error).__name__}", more=False)
        if not found.more:
            self._ends[key[:2]] = found.why
        answer.tell(found)


class _Answer:
    """What came, once it has come."""

    def __init__(self) -> None:
        self.came, self.found = Event(), Found(None, LATE)

    def tell(self, found: Found) -> None:
        self.found = found
        self.came.set()


def asked(email: str, api_url: str, token: str, transport: Transport) -> Found:
    """Ask about one address, by the GET that Slack documents: the method takes no JSON."""
    url = f"{api_url.rstrip('/')}/{METHOD}?email={quote(email, safe='', errors='replace')}"
    try:
        response = transport.request("GET", url, None, {"Authorization": f"Bearer {token}"})
    except NoAnswer as error:
        return Found(None, error.reason, more=False)
    return judged(response, email)


def judged(response: Response, email: str) -> Found:
    """What an answer says of an address."""
    told, answer = verdict(response), response.json_object()
    if isinstance(told, Delivered):
        return _member(answer.get("user"), email)
    is_unknown = isinstance(told, Failed) and answer.get("error") == "users_not_found"
    return Found(None, told.reason.removesuffix(" the message"), more=is_unknown)


def _member(user: Any, email: str) -> Found:
    """The id, where it is that of a person who is there and has the very address."""
    user = user if isinstance(user, dict) else {}
    profile = user.get("profile")
    said, id_ = profile.get("email") if isinstance(profile, dict) else None, user.get("id")
    if not isinstance(said, str) or said.casefold() != email.casefold():
        return Found(None, "the answer is about another address")
    if user.get("deleted") or user.get("is_bot"):
        return Found(None, f"the account is {'deactivated' if user.get('deleted') else 'a bot'}")
    if not isinstance(id_, str) or not _MEMBER.fullmatch(id_):
        return Found(None, "the answer has no member's id")
    return Found(id_)


def with_people(message: Message, options: Any, transport: Transport, kept: dict[str, Any]) -> tuple[Message, str | None]:
    """The message with the ids of those whom Slack knows by their addresses; and why some have none, in words for the report.

    `kept` is what the deliveries of the process share. No address is in the words: a log may be public.
    """
    directory: Directory = kept.setdefault("slack", Directory())  # atomic: https://docs.python.org/3/glossary.html#term-GIL
    clock = transport.clock
    end = clock.monotonic() + transport.remaining() * SHARE
    apart = Transport(transport.network, transport.key, end, clock, redact=transport.redact)
    mentions, missing = [], []
    for mention in message.mentions:
        if mention.emails and mention.id_on("slack") is None:
            found = _first(directory.find(email, options, apart) for email in mention.emails)
            if found.id:
                mention = mention._replace(ids=(*mention.ids, ("slack", found.id)))  # noqa: PLW2901
            else:
                missing.append(found.why)
        mentions.append(mention)
    return message._replace(mentions=tuple(mentions)), _note(missing)


def _first(answers: Iterable[Found]) -> Found:
    """The first answer with an id, else the last one."""
    last = Found(None)
    for last in answers:
        if last.id:
            break
    return last


def _note(missing: list[str]) -> str | None:
    lines = (f"{f'{times} people ' if times > 1 else ''}not mentioned: {METHOD}: {why}" for why, times in Counter(missing).items())
    return "; ".join(lines) or None
