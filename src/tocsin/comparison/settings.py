"""What else differs between two policies: channels, people, by which way mail goes, delivery. No value that could be a secret is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin import secrets
from tocsin.comparison.reach import reaches
from tocsin.record import Record

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.load import PolicyDocument

_SHOWN = ("kind", "project", "fallback")  # keys whose values are plain names


class Setting(NamedTuple):
    """A key that differs. Its values in words: plain ones as they are, of others the variables in them; None where none is shown."""

    key: str
    base: str | None
    head: str | None


class ChannelChange(NamedTuple):
    """A channel that was added, removed or changed, and its keys that differ."""

    channel: str
    change: str
    settings: tuple[Setting, ...]


class PersonChange(NamedTuple):
    """A person of `people` who was added, removed or changed, and the keys that differ."""

    person: str
    change: str
    settings: tuple[Setting, ...]


class Way(NamedTuple):
    """An address whose mail goes through other channels than before."""

    recipient: str
    base: tuple[str, ...]
    head: tuple[str, ...]


def channel_changes(base: PolicyDocument | None, head: PolicyDocument | None) -> list[ChannelChange]:
    """The channels that differ, in the new policy's order."""
    before, after = (document.policy.channels if document else {} for document in (base, head))
    found = (_channel(name, before.get(name), after.get(name)) for name in dict.fromkeys([*after, *before]))
    return [change for change in found if change]


def _channel(name: str, before: ChannelOptions | None, after: ChannelOptions | None) -> ChannelChange | None:
    if before == after:
        return None
    old, new = (dict(options) if options else {} for options in (before, after))
    settings = [
        Setting(key, _shown(key, old.get(key)), _shown(key, new.get(key)))
        for key in dict.fromkeys([*new, *old])
        if old.get(key) != new.get(key)
    ]
    if before is None or after is None:
        settings = [setting for setting in settings if setting.base or setting.head]
    return ChannelChange(name, "removed" if after is None else "added" if before is None else "changed", tuple(settings))


def _shown(key: str, value: Any) -> str | None:
    if key in _SHOWN:
        return value if isinstance(value, str) else None
    return ", ".join(f"${{{name}}}" for text in secrets.texts(value) for name in secrets.names(text)) or None


def people_changes(base: PolicyDocument | None, head: PolicyDocument | None) -> list[PersonChange]:
    """The people who differ, in the new policy's order."""
    before, after = (document.policy.people if document else {} for document in (base, head))
    found = []
    for name in dict.fromkeys([*after, *before]):
        old, new = (dict(people[name]) if name in people else {} for people in (before, after))
        keys = [key for key in dict.fromkeys([*new, *old]) if (old.get(key) or None) != (new.get(key) or None)]
        settings = tuple(Setting(key, _listed(old.get(key)), _listed(new.get(key))) for key in keys)
        if settings or (name in before) != (name in after):
            change = "removed" if name not in after else "added" if name not in before else "changed"
            found.append(PersonChange(name, change, settings))
    return found


def _listed(value: Any) -> str | None:
    """What a person is called, as text; None where they are not."""
    return (", ".join(value) if isinstance(value, list) else _plain(value)) if value else None


def way_changes(base: PolicyDocument | None, head: PolicyDocument | None) -> list[Way]:
    """The addresses of both policies to which mail goes through other channels."""
    before = reaches(base)
    return [
        Way(reach.recipient, tuple(before[key].channels()), tuple(reach.channels()))
        for key, reach in reaches(head).items()
        if key in before and reach.channels() != before[key].channels()
    ]


def delivery_changes(base: PolicyDocument | None, head: PolicyDocument | None) -> list[Setting]:
    """What differs in `delivery`, defaults included; nothing where one side has no policy."""
    if base is None or head is None:
        return []
    old, new = (dict(_flat(document.policy.delivery)) for document in (base, head))
    return [Setting(key, _plain(old.get(key)), _plain(new.get(key))) for key in new if old.get(key) != new.get(key)]


def _plain(value: Any) -> str:
    """A number, a truth or a word as a policy has it."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _flat(values: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values:
        if isinstance(value, Record):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
