"""The helpers of templates that Jinja2 does not have: `duration`, `first_line`, `date`, `link`, `json`. Each is a filter and a function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone, tzinfo
from typing import Any

from tocsin.message.times import between, in_words
from tocsin.templates.links import marked
from tocsin.templates.rendering import to_text
from tocsin.templates.work import TemplateRefusal

DATE = "%Y-%m-%d %H:%M UTC"
DATE_MAX_CHARS = 100  # ours
SECONDS_MAX = 10**10  # ours: some three hundred years
_DIRECTIVE = re.compile(r"%(-?[aAbBdHIjmMpSUwWyYzZ%]|.?)", re.DOTALL)
_KNOWN = frozenset("aAbBdHIjmMpSUwWyYzZ%")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def duration(value: Any, end: Any = None) -> str:
    """A number of seconds, the time between two instants, or how long a run took, in words: "3 min 20 s"."""
    if isinstance(value, Mapping):
        return between(value.get("started_at"), value.get("finished_at")) or ""
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return between(to_text(value), to_text(end)) or ""
    if not 0 <= value <= SECONDS_MAX:
        raise TemplateRefusal("duration takes seconds from 0 on", "duration")
    return in_words(int(value))


def first_line(value: Any) -> str:
    """The first line of a text that holds anything."""
    return next((line.strip() for line in to_text(value).splitlines() if line.strip()), "")


def date(value: Any, form: Any = DATE, zone: Any = "UTC") -> str:
    """An instant (ISO 8601) in a form of `strftime`, in a zone of IANA's. Absent is empty."""
    text = to_text(value).strip()
    if not text:
        return ""
    try:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise TemplateRefusal("date takes an instant such as run.finished_at", "date") from None
    instant = instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)
    return _formed(instant.astimezone(_zone(to_text(zone))), to_text(form))


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return timezone.utc
    import zoneinfo  # most policies need none

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise TemplateRefusal(f"{name[:60]} is no time zone that is known here: write one such as Europe/Berlin", "date") from None


def _formed(instant: datetime, form: str) -> str:
    """The form filled in: English names on every machine."""
    if len(form) > DATE_MAX_CHARS:
        raise TemplateRefusal(f"a date's form has at most {DATE_MAX_CHARS} characters", "date")
    names = {
        "a": _DAYS[instant.weekday()][:3],
        "A": _DAYS[instant.weekday()],
        "b": _MONTHS[instant.month - 1][:3],
        "B": _MONTHS[instant.month - 1],
        "p": "AM" if instant.hour < 12 else "PM",
        "%": "%",
    }

    def filled(found: re.Match[str]) -> str:
        directive = found[1].removeprefix("-")
        if directive not in _KNOWN:
            raise TemplateRefusal(f"%{directive} is not known in a date's form: write such as %d %b %Y %H:%M", "date")
        text = names.get(directive) or instant.strftime(f"%{directive}")
        return text.lstrip("0") or "0" if found[1].startswith("-") else text

    return _DIRECTIVE.sub(filled, form)


def link(label: Any, url: Any = None) -> str:
    """A link in the markup of each service; the label alone where the address is absent or none."""
    return marked(to_text(label), to_text(url))
