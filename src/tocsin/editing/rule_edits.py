"""What the command line does to a rule's data: its name, its events, its selectors, its recipients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tocsin.editing.policy_edit import put
from tocsin.errors import PolicyError
from tocsin.policy.model import Notification
from tocsin.policy.words import quoted
from tocsin.record import as_list
from tocsin.terms import SELECTORS

if TYPE_CHECKING:
    from tocsin.editing.data import Data

KEYS = tuple(Notification.model_fields)


class RuleEdit(NamedTuple):
    """What shall be so in each rule that is chosen; empty where nothing is asked of it."""

    on: Sequence[str] = ()
    add_on: Sequence[str] = ()
    remove_on: Sequence[str] = ()
    send_to: Sequence[str] = ()
    add_recipients: Sequence[str] = ()
    remove_recipients: Sequence[str] = ()
    via: str | None = None
    set: Mapping[str, Sequence[str]] = {}
    unset: Sequence[str] = ()
    rename: str | None = None
    mention: Sequence[str] = ()
    no_mention: bool = False

    def apply(self, rule: dict[str, Data], title: str) -> None:
        """Change a rule, whose `title` is for errors. Raises PolicyError where it would have no event or no recipient left."""
        if self.rename is not None:
            put(rule, "name", self.rename, KEYS)
        events = list(self.on or as_list(rule["on"]))
        events += [word for word in self.add_on if word not in events]
        _set_list(rule, "on", [word for word in events if word not in self.remove_on], title)
        self._recipients(rule, title)
        _set_keys(rule, self.set)
        _unset_keys(rule, self.unset)
        if self.mention and as_list(rule.get("mention")) != list(self.mention):
            put(rule, "mention", one_or_more(self.mention), KEYS)
        if self.no_mention:
            rule.pop("mention", None)

    def _recipients(self, rule: dict[str, Data], title: str) -> None:
        found = list(as_list(rule["send_to"]))
        if self.send_to:
            found = [_there(found, text, self.via) for text in self.send_to]
        for text in self.add_recipients:
            if not any(_holds(item, text, self.via) for item in found):
                found = [*_without(found, text, None), new_recipient(text, self.via)]
        for text in self.remove_recipients:
            found = _without(found, text, self.via)
        _set_list(rule, "send_to", found, title)


def new_rule(
    name: str | None,
    on: Sequence[str],
    where: Mapping[str, Sequence[str]],
    send_to: Sequence[str],
    via: str | None,
    mention: Sequence[str] = (),
) -> Data:
    """A rule's data."""
    recipients = [new_recipient(text, via) for text in send_to]
    selector = {key: one_or_more(values) for key, values in where.items()}
    return {
        **({} if name is None else {"name": name}),
        "on": one_or_more(on),
        **({"pipelines": selector} if selector else {}),
        "send_to": one_or_more(recipients),
        **({"mention": one_or_more(mention)} if mention else {}),
    }


def new_recipient(text: str, via: str | None) -> Data:
    """A channel's name or an address as a rule has it."""
    return {"email": text, "via": via} if via and "@" in text else text


def one_or_more(values: Sequence[Data]) -> Data:
    """A list, or its only item."""
    return values[0] if len(values) == 1 else list(values)


def _set_list(rule: dict[str, Data], key: str, values: list[Data], title: str) -> None:
    if not values:
        raise PolicyError(f"rule {quoted(title)} would have nothing left in {key!r}: delete the rule instead")
    if as_list(rule[key]) != values:
        rule[key] = values if isinstance(rule[key], list) else one_or_more(values)


def _parts(item: Data) -> tuple[str | None, list[str], str | None]:
    """A recipient's channel, addresses and via."""
    if isinstance(item, str):
        return (None, [item], None) if "@" in item else (item, [], None)
    return item.get("channel"), as_list(item.get("email") or []), item.get("via")


def _holds(item: Data, text: str, via: str | None) -> bool:
    """Whether a recipient is or has a channel or an address, and that through a channel where one is named."""
    channel, addresses, through = _parts(item)
    if "@" not in text:
        return channel == text
    return text.casefold() in map(str.casefold, addresses) and (via is None or through == via)


def _there(items: Sequence[Data], text: str, via: str | None) -> Data:
    """The recipient as it is in the rule already, alone and through the same channel, or a new one."""
    alone = (item for item in items if _holds(item, text, via) and _parts(item)[2] == via and len(_parts(item)[1]) < 2)
    return next(alone, new_recipient(text, via))


def _without(items: Sequence[Data], text: str, via: str | None) -> list[Data]:
    kept = []
    for item in items:
        if not _holds(item, text, via):
            kept.append(item)
            continue
        rest = [address for address in _parts(item)[1] if address.casefold() != text.casefold()]
        if rest:
            item["email"] = rest
            kept.append(item)
    return kept


def _selectors(rule: dict[str, Data]) -> list[dict[str, Data]]:
    found: list[dict[str, Data]] = as_list(rule.get("pipelines") or [])
    return found


def _set_keys(rule: dict[str, Data], wanted: Mapping[str, Sequence[str]]) -> None:
    if not wanted:
        return
    if not _selectors(rule):
        put(rule, "pipelines", {}, KEYS)
        rule["pipelines"] = {key: one_or_more(values) for key, values in wanted.items()}
        return
    for selector in _selectors(rule):
        for key, values in wanted.items():
            if as_list(selector.get(key)) != list(values):
                put(selector, key, list(values) if isinstance(selector.get(key), list) else one_or_more(values), tuple(SELECTORS))


def _unset_keys(rule: dict[str, Data], keys: Sequence[str]) -> None:
    """Take keys out of each selector; without any key left there are no pipelines, which is the same."""
    selectors = _selectors(rule)
    for selector in selectors:
        for key in keys:
            selector.pop(key, None)
    if keys and selectors and not any(selectors):
        del rule["pipelines"]
