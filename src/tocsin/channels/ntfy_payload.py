"""A payload of the policy's own for ntfy: https://docs.ntfy.sh/publish/#publish-as-json.

Its text is plain, or with `markdown` CommonMark, in which a backslash keeps every mark a character: https://docs.ntfy.sh/publish/#markdown-formatting
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_places import HOLE, HOST, safe, without
from tocsin.channels.payload_shapes import Shape, anything, each, ours, part, switch, text, url, whole, wire_bytes, word
from tocsin.templates.markup import ADDRESS, PLAIN, Markup, lines
from tocsin.wrong import DataPath

MESSAGE_MAX_BYTES = 4096  # https://docs.ntfy.sh/publish/#limitations
PAYLOAD_MAX_BYTES = 8000  # without the topic and the sequence id; a server reads 8,192 bytes
ACTIONS_MAX = 3

_MARKS = re.compile(r"[!-/:-@\[-`{-~]")  # https://spec.commonmark.org/0.31.2/#ascii-punctuation-character
_ADDRESSES = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)


def _escaped(line: str) -> str:
    return _MARKS.sub(r"\\\g<0>", _ADDRESSES.sub("\u200b", line))


MARKDOWN = Markup(
    lines(_escaped), lambda label, address: f"[{_escaped(label)}]({address.replace('(', '%28').replace(')', '%29').replace('<', '%3C')})"
)

_ADDRESS_KEYS = ("click", "attach", "icon", "url")
_IN_MARKDOWN = {
    **HOST,
    rf"\]\([^()]*{HOLE}|^ *\[[^\]\n]*\]:[^\n]*{HOLE}": "has a value in an address, and it could lead elsewhere: use link()",
}
_TO_SOMEBODY = {HOLE: "holds a value, which could send the message to anybody: write it out"}


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How ntfy reads the text at a path."""
    if next((part for part in reversed(path) if isinstance(part, str)), "") in _ADDRESS_KEYS:
        return ADDRESS
    return MARKDOWN if path == ("message",) and holder.get("markdown") else PLAIN


def guarded(tree: Any) -> Any:
    """The payload without texts in which a value would be more than text: an address in Markdown, whom the message goes to beside."""
    if not isinstance(tree, dict):
        return tree
    places = {"message": _IN_MARKDOWN if tree.get("markdown") else {}, "email": _TO_SOMEBODY, "call": _TO_SOMEBODY}
    return {key: without(value, places.get(key, {})) for key, value in tree.items()}


def _message(value: Any, path: DataPath) -> Iterator[Refusal]:
    if not isinstance(value, str):
        yield Refusal(path, "must be a text")
    elif len(value.encode("utf-8", "replace")) > MESSAGE_MAX_BYTES:
        yield Refusal(path, f"has {len(value.encode('utf-8', 'replace')):,} bytes, and the service takes {MESSAGE_MAX_BYTES:,}")


_TEXT = text(MESSAGE_MAX_BYTES, 0)

_ACTION = part(
    {
        "action": word("view", "http", "broadcast", "copy"),
        "label": text(MESSAGE_MAX_BYTES),
        "url": url,
        "clear": switch,
        **dict.fromkeys(("id", "method", "body", "intent", "value"), _TEXT),
        **dict.fromkeys(("headers", "extras"), anything),
    },
    ("action", "label"),
)


def _action(value: Any, path: DataPath) -> Iterator[Refusal]:
    yield from _ACTION(value, path)
    if isinstance(value, dict) and value.get("action") in ("view", "http") and "url" not in value:
        yield Refusal(path, "'url' is missing")


_ADDED = ours("is no part of a payload: the channel has its topic, and tocsin names the messages of a run")
_KEYS: dict[str, Shape] = {
    "message": safe(_message),
    "title": _TEXT,
    "tags": each(_TEXT, 100, 0),
    "priority": whole(1, 5),
    "actions": each(_action, ACTIONS_MAX, 0),
    **dict.fromkeys(("click", "attach", "icon"), url),
    "markdown": switch,
    **dict.fromkeys(("email", "call"), safe(_TEXT)),
    **dict.fromkeys(("filename", "delay", "cache", "firebase"), _TEXT),
    **dict.fromkeys(("topic", "sequence_id"), _ADDED),
}
_PAYLOAD = part(_KEYS, one_of=("message", "title", "attach"))


def refusals(payload: Any) -> Iterator[Refusal]:
    """What ntfy would refuse."""
    yield from _PAYLOAD(payload, ())
    yield from wire_bytes(payload, PAYLOAD_MAX_BYTES)


SERVICE = Service(reading, refusals, guarded)
