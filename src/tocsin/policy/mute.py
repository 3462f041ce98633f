"""Mute: whether a window of the policy's `mute` is open, and until when. Loaded only where a policy has one.

A window is read on the clock on the wall of its zone. Hours that end before they begin go on into the next day, and `days` are the days
on which they begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from tocsin.policy.match import fulfils, selector_values
from tocsin.policy.model import DAYS
from tocsin.text import clean
from tocsin.verdict import Skip

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.destinations import Destination
    from tocsin.policy.match import RuleMatch
    from tocsin.policy.model import Mute, Policy

NAME_MAX_CHARS = 80  # ours
_DAY = timedelta(days=1)
_ALWAYS, _NEVER = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001  as a clock on the wall has it
_WEEK = 7
CLOCK = "clock"  # what `derive.consequences` names as the source of an end that nobody has said


def muted(policy: Policy, rules: Iterable[RuleMatch], event: Event, rows: Iterable[Destination], at: float | None) -> list[Destination]:
    """The rows, those that the policy mutes skipped, unless a critical rule asks for one.

    `at` is in seconds since 1970; without it no window is open.
    """
    known = selector_values(event)
    found = [
        (mute.channels, Skip(why, "mute"))
        for number, mute in enumerate(policy.mute, 1)
        if any(fulfils(selector, known) for selector in mute.pipelines) and (why := reason(mute, number, at))
    ]
    critical = {rule.name for rule in rules if rule.matches and rule.rule.critical}

    def skip(row: Destination) -> Skip | None:
        if row.skip or not critical.isdisjoint(row.rules):
            return row.skip
        return next((skip for names, skip in found if names is None or row.channel in names), None)

    return [row._replace(skip=skip(row)) for row in rows]


def reason(mute: Mute, number: int, at: float | None) -> str | None:
    """Why nothing is sent, None where the mute does not hold. `at` is in seconds since 1970; without it no window is open."""
    name = f"'{clean(mute.name, NAME_MAX_CHARS)}'" if mute.name else f"mute #{number}"
    if not has_window(mute):
        return f"muted by {name}"
    zone = zone_of(mute.zone)
    if at is None or zone is None:
        return None
    end = _open_until(mute, datetime.fromtimestamp(at, zone).replace(tzinfo=None))
    if end is None:
        return None
    return f"muted by {name}" if end == _NEVER else f"muted by {name} until {end:%Y-%m-%d %H:%M} ({mute.zone})"


def has_window(mute: Mute) -> bool:
    """Whether a mute depends on the time."""
    return bool(mute.days or mute.hours or mute.from_ or mute.until)


def zone_of(name: str) -> tzinfo | None:
    """The time zone of that name in the IANA database; None where it has none, or this machine has no database."""
    if name == "UTC":
        return timezone.utc
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # it reads a file of that name, which may be a folder
        return None


def moment(text: str, *, ends: bool = False) -> datetime:
    """A day or a time of the policy; a day that something `ends` on is over at its end. Raises ValueError."""
    found = datetime.fromisoformat(text.replace(" ", "T"))
    return found + _DAY if ends and len(text) == len("2026-01-02") else found


def hours(text: str) -> tuple[time, time]:
    """The beginning and the end of "22:00-06:00"; 24:00 is the next day's beginning. Raises ValueError."""
    begin, _, end = text.partition("-")
    return time.fromisoformat(begin), time() if end == "24:00" else time.fromisoformat(end)


def told_at(event: Event) -> float | None:
    """When a run ended or began, as far as it says itself: in seconds since 1970. The time of who asks does not count."""
    said = event.run.finished_at if event.sources.get("run.finished_at") != CLOCK else None
    said = said or event.run.started_at
    return datetime.fromisoformat(said.replace("Z", "+00:00")).timestamp() if said else None


def _open_until(mute: Mute, now: datetime) -> datetime | None:
    """When a window ends that is open now, _NEVER for one without an end; None where none is open."""
    begin = moment(mute.from_) if mute.from_ else _ALWAYS
    end = moment(mute.until, ends=True) if mute.until else _NEVER
    if not begin <= now < end:
        return None
    if not (mute.days or mute.hours):
        return end
    ends = [last for first, last in _spans(mute, now.date()) if first <= now < last]
    return min(end, max(ends)) if ends else None


def _spans(mute: Mute, today: date) -> Iterator[tuple[datetime, datetime]]:
    """The spans of yesterday and of today; whole days in a row are one."""
    days = frozenset(mute.days or DAYS)
    if not mute.hours:
        length = next((count for count in range(_WEEK) if DAYS[(today.weekday() + count) % _WEEK] not in days), None)
        first = datetime.combine(today, time())
        yield (first, _NEVER if length is None else first + length * _DAY)
        return
    for day in (today - _DAY, today):
        for text in mute.hours if DAYS[day.weekday()] in days else ():
            begin, end = hours(text)
            yield datetime.combine(day, begin), datetime.combine(day + (_DAY if end <= begin else 0 * _DAY), end)
