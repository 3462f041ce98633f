"""Channels added, modified and deleted in a policy's file: what becomes of the file, and what was done to which channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from tocsin.channels import KINDS, load
from tocsin.editing.key_paths import set_key, unset_key
from tocsin.editing.policy_edit import open_policy, put, rename
from tocsin.errors import PolicyError
from tocsin.explanation.places import reaching, rule_places
from tocsin.explanation.question import Place
from tocsin.policy.model import Policy
from tocsin.policy.scalar_text import Typed
from tocsin.policy.words import Suggestions, quoted
from tocsin.record import as_list
from tocsin.text import counted

if TYPE_CHECKING:
    from tocsin.editing.data import Data
    from tocsin.editing.policy_edit import PolicyEdit, Revision
    from tocsin.explanation.places import RulePlace
    from tocsin.policy.load import PolicyDocument
    from tocsin.world import World

SECTION = "channels"
RULES_MAX = 20  # ours: in an error


class ChannelChange(NamedTuple):
    """What was done to a channel: a word, its name, kind and line then (as they were where it is deleted), and which keys."""

    done: str
    name: str
    kind: str
    line: int
    set: Sequence[str] = ()
    unset: Sequence[str] = ()
    old_name: str | None = None
    rules: Sequence[str] = ()  # those that name it by its new name

    def text(self, file: str) -> str:
        """On one line. Values are not in it: one could be a secret."""
        what = [f"{word} {', '.join(keys)}" for word, keys in (("set", self.set), ("unset", self.unset)) if keys]
        if self.old_name is not None:
            rules = f", also in {counted(len(self.rules), 'rule')}" if self.rules else ""
            what.append(f"was {quoted(self.old_name)}{rules}")
        return f"{self.done} channel {quoted(self.name)} ({file}:{self.line}){': ' if what else ''}{'; '.join(what)}"

    def data(self) -> dict[str, object]:
        """The same as `--json` prints it."""
        renamed = {} if self.old_name is None else {"old_name": self.old_name, "rules": list(self.rules)}
        keys = {"set": list(self.set), "unset": list(self.unset)}
        return {"change": self.done, "channel": self.name, "kind": self.kind, "line": self.line, **keys, **renamed}


class ChannelChanges(NamedTuple):
    """A change of the file that is not yet written, and what it does to each channel."""

    revision: Revision
    rows: list[ChannelChange]


class ChannelsEdit:
    """The channels of a policy's own file, as they are, and as plain data to be changed."""

    def __init__(self, world: World, named: str | None) -> None:
        self.edit: PolicyEdit = open_policy(world, named)
        self.document = self.edit.load(self.edit.file.data)

    @property
    def data(self) -> dict[str, Data]:
        """The channels by name; there where the file had none."""
        if not isinstance(self.edit.data.get(SECTION), dict):
            put(self.edit.data, SECTION, {}, tuple(Policy.model_fields))
        found: dict[str, Data] = self.edit.data[SECTION]
        return found

    def channel(self, name: str) -> dict[str, Data]:
        """A channel of this file. Raises PolicyError where it has none of that name."""
        if name not in self.data:
            elsewhere = name in self.document.policy.channels
            hint = "it comes from another file: change it there" if elsewhere else ""
            known = f" ({hint})" if hint else Suggestions()(name, self.data, listed="it has") or " (it has none)"
            raise PolicyError(f"there is no channel {quoted(name)} in {self.edit.file.name}{known}")
        found: dict[str, Data] = self.data[name]
        return found

    def own_rules(self) -> list[RulePlace]:
        """The rules of this file, as they stand in it."""
        return sorted((place for place in rule_places(self.document) if not place.of_base), key=attrgetter("own_index"))


def add_channel(world: World, named: str | None, name: str, kind: str, options: Mapping[str, str]) -> ChannelChanges:
    """Add a channel behind the others. Raises PolicyError, UsageError."""
    channels = ChannelsEdit(world, named)
    if name in channels.data:  # one of a base's may be replaced
        line = channels.document.line_of((SECTION, name))
        step = "change it with tocsin channels modify, or choose another name"
        raise PolicyError(f"there is a channel {quoted(name)} already, on line {line}: {step}")
    made: dict[str, Data] = {"kind": kind}
    for key, value in options.items():
        set_key(made, key, _typed(kind, key, value))
    channels.data[name] = made
    revision = channels.edit.finish()
    return ChannelChanges(revision, [_row("added", name, revision.document, set=[key for key in options if key != "kind"])])


def modify_channel(
    world: World, named: str | None, name: str, options: Mapping[str, str], unset: Sequence[str], new_name: str | None
) -> ChannelChanges:
    """Change keys of a channel, and its name in each rule, too. Raises PolicyError, UsageError."""
    channels = ChannelsEdit(world, named)
    channel = channels.channel(name)
    kind = options.get("kind", channels.document.policy.channels[name].kind)
    gone = [key for key in unset if unset_key(channel, key)]
    changed = [key for key, value in options.items() if set_key(channel, key, _typed(kind, key, value))]
    rules: list[str] = []
    if new_name is not None and new_name != name:
        if new_name in channels.document.policy.channels:
            raise PolicyError(f"there is a channel {quoted(new_name)} already, on line {channels.document.line_of((SECTION, new_name))}")
        rename(channels.data, name, new_name)
        named_in = [_rename_in(rule, name, new_name) for rule in as_list(channels.edit.data.get("notifications") or [])]
        rules = [place.name for place, is_named in zip(channels.own_rules(), named_in, strict=True) if is_named]
    revision = channels.edit.finish()
    done = "modified" if revision.is_new else "unchanged"
    was = name if new_name not in (None, name) else None
    return ChannelChanges(revision, [_row(done, new_name or name, revision.document, set=changed, unset=gone, old_name=was, rules=rules)])


def delete_channels(world: World, named: str | None, names: Sequence[str]) -> ChannelChanges:
    """Delete channels that no rule uses, each with the comment right above it. Raises PolicyError, UsageError."""
    channels = ChannelsEdit(world, named)
    names = list(dict.fromkeys(names))
    used = []
    for name in names:
        channels.channel(name)
        places = reaching(channels.document, Place(channel=name))
        if places:
            rules = ", ".join(f"{quoted(place.name)} ({place.file}:{place.line})" for place in places[:RULES_MAX])
            rules += ", …" if len(places) > RULES_MAX else ""
            used.append(f"channel {quoted(name)} is used by {counted(len(places), 'rule')}: {rules}")
    if used:
        raise PolicyError(f"nothing was deleted: {'; '.join(used)}; change these rules first")
    rows = [_row("deleted", name, channels.document) for name in names]
    for name in names:
        del channels.data[name]
    return ChannelChanges(channels.edit.finish(), rows)


def _row(
    done: str,
    name: str,
    document: PolicyDocument,
    *,
    set: Sequence[str] = (),  # noqa: A002  the field's name
    unset: Sequence[str] = (),
    old_name: str | None = None,
    rules: Sequence[str] = (),
) -> ChannelChange:
    kind = document.policy.channels[name].kind
    return ChannelChange(done, name, kind, document.line_of((SECTION, name)), set, unset, old_name, rules)


def _typed(kind: str, key: str, value: str) -> str:
    """The value, marked where the channel's kind wants a number or a truth value."""
    if kind not in KINDS:
        return value
    field = load(kind).Options.model_keys().get(key)
    return Typed(value) if field and field.annotation in (int, bool, float, int | None, bool | None, float | None) else value


# A channel's name in the rules.


def _rename_in(rule: Data, old: str, new: str) -> bool:
    """Put a channel's new name into a rule; whether it has the old one."""
    if not isinstance(rule, dict):
        return False
    found = False
    send_to = rule.get("send_to")
    if send_to == old:
        rule["send_to"] = new
        return True
    for index, recipient in enumerate(send_to if isinstance(send_to, list) else [send_to]):
        if recipient == old and isinstance(send_to, list):
            send_to[index] = new
            found = True
        elif isinstance(recipient, dict):
            for key in ("channel", "via"):
                if recipient.get(key) == old:
                    recipient[key] = new
                    found = True
    return found
