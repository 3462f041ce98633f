"""Spans of time and clock times in words."""

from __future__ import annotations

from datetime import datetime


def seconds_between(start: str | None, end: str | None) -> int | None:
    """The whole seconds between two ISO 8601 instants; None where one is unknown, or the end is before the start."""
    try:
        first, last = (datetime.fromisoformat((text or "").replace("Z", "+00:00")) for text in (start, end))
        seconds = int((last - first).total_seconds())
    except (ValueError, TypeError):
        return None
    return seconds if seconds >= 0 else None


def in_words(seconds: int) -> str:
    """As people write it, by the two largest units: "3 min 20 s", "2 h 14 min", "3 d 4 h", "30 min"."""
    units = {"d": seconds // 86400, "h": seconds // 3600 % 24, "min": seconds // 60 % 60, "s": seconds % 60}
    largest = next((number for number, count in enumerate(units.values()) if count), len(units) - 1)
    shown = list(units.items())[largest : largest + 2]
    return " ".join(f"{count} {unit}" for number, (unit, count) in enumerate(shown) if count or not number)


def between(start: str | None, end: str | None) -> str | None:
    """The time between two instants in words; None where it is unknown."""
    seconds = seconds_between(start, end)
    return None if seconds is None else in_words(seconds)


def clock(at: str, now: str | None) -> str | None:
    """An instant for readers of any zone: "14:32 UTC", with the day ("22 Nov 14:32 UTC") where that is another than `now`'s."""
    try:
        instant = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        return None
    day = "" if now and now[:10] == at[:10] else f"{instant.day} {_MONTHS[instant.month - 1]} "
    return f"{day}{instant:%H:%M} UTC"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
