"""A payload of the policy's own for PagerDuty: an event without what says which alert it opens or closes.

https://developer.pagerduty.com/docs/send-alert-event and https://developer.pagerduty.com/docs/send-change-event
All of it is plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_shapes import Shape, anything, each, ours, part, text, url, wire_bytes, word
from tocsin.templates.markup import ADDRESS, PLAIN, Markup
from tocsin.wrong import DataPath

EVENT_MAX_BYTES = 512_000  # https://developer.pagerduty.com/docs/events-api-v2-overview
SUMMARY_MAX_CHARS = 1024
TEXT_MAX_CHARS = 10_000  # ours

_ADDRESSES = ("href", "src", "client_url")
_IN_A_CHANGE = ("summary", "source", "timestamp", "custom_details")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def as_event(own: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """What goes out in the place of an event of the default words: with its action and its key, or what a change takes of it."""
    if "event_action" in event:
        return {"event_action": event["event_action"], "dedup_key": event["dedup_key"], **own}
    details = {name: value for name, value in own["payload"].items() if name in _IN_A_CHANGE}
    return {"payload": details, **{name: own[name] for name in ("links", "images") if name in own}}


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How PagerDuty reads the text at a path."""
    del holder
    return ADDRESS if path and path[-1] in _ADDRESSES and path[0] != "payload" else PLAIN


def _time(value: Any, path: DataPath) -> Iterator[Refusal]:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        yield Refusal(path, "is no time in ISO 8601, such as 2026-01-31T08:00:00Z")


_SHORT = text(TEXT_MAX_CHARS, 0)
_DETAILS: dict[str, Shape] = {
    "summary": text(SUMMARY_MAX_CHARS),
    "source": text(TEXT_MAX_CHARS),
    "severity": word("critical", "error", "warning", "info"),
    "timestamp": _time,
    **dict.fromkeys(("component", "group", "class"), _SHORT),
    "custom_details": anything,
}
_KEY = ours("is no key of a payload: the repository, the pipeline and the branch or environment make it")
_EVENT = part(
    {
        "payload": part(_DETAILS, ("summary", "source", "severity")),
        "links": each(part({"href": url, "text": _SHORT}, ("href",)), 100, 0),
        "images": each(part({"src": url, "href": url, "alt": _SHORT}, ("src",)), 100, 0),
        "client": _SHORT,
        "client_url": url,
        "routing_key": ours("is no key of a payload: it is the channel's own routing_key"),
        "event_action": ours("is no key of a payload: the run's event decides whether an alert is opened or closed"),
        "dedup_key": _KEY,
    },
    ("payload",),
)


def refusals(payload: Any) -> Iterator[Refusal]:
    """What PagerDuty would refuse, or what would lead elsewhere."""
    yield from _EVENT(payload, ())
    yield from wire_bytes(payload, EVENT_MAX_BYTES)


SERVICE = Service(reading, refusals)
