"""What can be wrong with a mute beside its structure: a zone, a channel or a time that is none, and one that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.policy.mute import moment, zone_of
from tocsin.policy.words import quoted
from tocsin.record import as_list
from tocsin.suggest import do_you_mean
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.meaning import Meaning

_SAYS = ("days", "hours", "from", "until", "pipelines", "channels")
NO_ZONES = (
    "this machine has no time zones, so that {} mutes nothing here "
    "(install the package tzdata, of the system or by pip, or write zone: UTC)"
)


def check_mutes(meaning: Meaning, *, advise: bool) -> None:
    """Note every problem. A machine without time zones is an error where advice is asked for, and a warning to a run."""
    zones = cache(_zones)  # it opens hundreds of files
    for index, mute in enumerate(as_list(meaning.data["mute"])):
        if isinstance(mute, dict):
            path: DataPath = ("mute", index)
            meaning.check_selectors((*path, "pipelines"), mute.get("pipelines"))
            for number, name in enumerate(as_list(mute.get("channels", []))):
                if isinstance(name, str):
                    meaning.known((*path, "channels", number), name)
            for wrong in _wrong(mute, meaning.problems.holder(path), zones, advise=advise):
                meaning.problems.add(wrong.under(path))


def _zones() -> list[str]:
    """The time zones of this machine."""
    from zoneinfo import available_timezones

    return sorted(available_timezones())


def _wrong(mute: dict[str, Any], who: str, zones: Callable[[], list[str]], *, advise: bool) -> Iterator[Wrong]:
    if not any(mute.get(key) for key in _SAYS):
        yield Wrong(Check.MISSING_KEY, f"{who} would mute everything for ever (give it one of {', '.join(_SAYS)})")
    zone = mute.get("zone")
    if isinstance(zone, str) and zone and zone_of(zone) is None:
        known = zones()
        if known:
            hint = do_you_mean(zone, known, {}, quote=quoted) or " (write its name in the IANA database, such as Europe/Berlin)"
            yield Wrong(Check.UNKNOWN_ZONE, f"unknown time zone {quoted(zone)} in {who}{hint}", ("zone",))
        else:
            yield Wrong(Check.UNKNOWN_ZONE, NO_ZONES.format(who), ("zone",), severity="error" if advise else "warning")
    try:
        begin, end = moment(mute["from"]), moment(mute["until"], ends=True)
    except (KeyError, TypeError, ValueError, AttributeError):
        return  # one of them is not there, or an error that is told
    if begin >= end:
        yield Wrong(Check.MATCHES_NOTHING, f"{who} ends before it begins", ("until",), severity="warning")
