"""Structure: keys, types and values of the policy against its models; what the models find, in our words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from tocsin import channels
from tocsin.event import TIERS
from tocsin.policy import model
from tocsin.policy.words import Suggestions, holder, place, quoted, sentence, wrong

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.places import Path, Problems

M = TypeVar("M", bound=BaseModel)

# What a missing key wants, where that is not plain from its name.
_WANTED = {
    "on": f"one or more of {', '.join(model.EVENTS)}",
    "send_to": "channels by name and email addresses",
    "kind": f"one of {', '.join(channels.KINDS)}",
    "when": "a selector, such as {branch: main}; what always holds stands in 'context' itself",
    "set": f"one or more of {', '.join(model.Settings.__annotations__)}",
}
_NOUNS = {"on": "event", "tier": "tier"}


class Opened(NamedTuple):
    """A channel's options; `wrong` are the keys that are not in them since their values are wrong."""

    options: ChannelOptions
    wrong: frozenset[str] = frozenset()


class Structure:
    """Validates the parts of one policy and notes every problem."""

    def __init__(self, data: dict[str, Any], problems: Problems, suggest: Suggestions) -> None:
        self.data = data
        self.problems = problems
        self.suggest = suggest
        self.names = rule_names(data)

    def policy(self, opened: Mapping[str, ChannelOptions]) -> model.Policy | None:
        """The policy with its channels already opened, or None where something is wrong."""
        policy, details = _validated(model.Policy, {**self.data, "channels": opened})
        self._note(details, (), model.Policy)
        return policy

    def channels(self) -> dict[str, Opened]:
        """Every channel that has options, if only in part."""
        given = self.data.get("channels", {})
        if not isinstance(given, dict):
            self.problems.at_value(("channels",), "'channels' must be a mapping of names to channels")
            return {}
        opened = ((name, self._channel(name, data)) for name, data in given.items())
        return {name: channel for name, channel in opened if channel is not None}

    def _channel(self, name: str, data: Any) -> Opened | None:
        path: Path = ("channels", name)
        if not name or "@" in name:
            self.problems.at_key(path, f"the name {quoted(name)} of a channel must have a character, and no @ (that is an email address)")
        if data is None:
            return None  # `empty` has said so
        if not isinstance(data, dict):
            self.problems.at_value(path, f"channel {quoted(name)} must be a mapping, such as {{kind: slack}}")
            return None
        kind = data.get("kind")
        if "kind" not in data:
            self.problems.at_key((*path, "kind"), f"'kind' is missing{place(path, {})} ({_WANTED['kind']})")
        elif isinstance(kind, str) and kind not in channels.KINDS:
            hint = self.suggest(kind, channels.KINDS, listed="known")
            self.problems.at_value((*path, "kind"), f"unknown kind {quoted(kind)}{place(path, {})}{hint}")
        elif isinstance(kind, str):
            return self._open(channels.load(kind).Options, data, path)
        elif kind is not None:
            self.problems.at_value((*path, "kind"), f"'kind'{place(path, {})} must be text")
        return None

    def _open(self, shape: type[ChannelOptions], data: dict[str, Any], path: Path) -> Opened | None:
        options, details = _validated(shape, data)
        self._note(details, path, shape)
        if options is not None:
            return Opened(options)
        wrong = frozenset(str(detail["loc"][0]) for detail in details if detail["loc"])
        rest, _ = _validated(shape, _without(shape, data, wrong))
        return Opened(rest, wrong) if rest is not None else None

    def _note(self, details: list[ErrorDetails], start: Path, shape: type[BaseModel]) -> None:
        for detail in details:
            path, kind, value = (*start, *detail["loc"]), detail["type"], detail["input"]
            if kind == "extra_forbidden":
                self._unknown(path, shape)
            elif path[-1] == "[key]":
                self._unknown(path[:-1], shape)
            elif kind == "missing":
                wanted = f" ({_WANTED[str(path[-1])]})" if path[-1] in _WANTED else ""
                self.problems.at_key(path, f"{quoted(path[-1])} is missing{place(path[:-1], self.names)}{wanted}")
            elif value is not None:  # an empty value is told of by `empty`
                self._value(detail, path)

    def _value(self, detail: ErrorDetails, path: Path) -> None:
        said = wrong(detail["type"], detail.get("ctx", {}), detail["input"], path)
        subject = holder(self.problems.find(path).path or path, self.names)
        self.problems.at_value(path, self._literal(detail, path) or sentence(subject, said))

    def _unknown(self, path: Path, shape: type[BaseModel]) -> None:
        keys = known_keys(path[:-1], shape)
        hint = self.suggest(str(path[-1]), keys, listed="known keys")
        self.problems.at_key(path, f"unknown key {quoted(path[-1])}{place(path[:-1], self.names)}{hint}")

    def _literal(self, detail: ErrorDetails, path: Path) -> str | None:
        """The words for a value that is none of the known ones; the values of channels are never shown."""
        noun = next((_NOUNS[part] for part in reversed(path) if part in _NOUNS), None)
        if detail["type"] != "literal_error" or noun is None or path[0] == "channels":
            return None
        known = model.EVENTS if noun == "event" else TIERS
        if not isinstance(detail["input"], str):
            return None
        where = holder(path[:2], self.names)
        return f"unknown {noun} {quoted(detail['input'])} in {where}{self.suggest(detail['input'], known, listed='known')}"


def _validated(shape: type[M], data: Any) -> tuple[M | None, list[ErrorDetails]]:
    try:
        return shape.model_validate(data), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _without(shape: type[BaseModel], data: dict[str, Any], wrong: Collection[str]) -> dict[str, Any]:
    """A channel's data without what is wrong, so that the channel can look at the rest; what it must have is filled in."""
    fields = {field.alias or name: field for name, field in shape.model_fields.items()}
    filled = {key: "${UNKNOWN}" for key, field in fields.items() if field.is_required()}
    return {**filled, **{key: value for key, value in data.items() if key in fields and key not in wrong}}


def rule_names(data: Mapping[str, Any]) -> dict[int, str]:
    """The names of the rules that have one, by index."""
    rules = model.listed(data.get("notifications", []))
    return {index: rule["name"] for index, rule in enumerate(rules) if isinstance(rule, dict) and isinstance(rule.get("name"), str)}


def known_keys(path: Path, shape: type[BaseModel]) -> list[str]:
    """The keys that may stand at a path."""
    if path[:1] == ("channels",):
        return [field.alias or name for name, field in shape.model_fields.items()] if len(path) == 2 else []
    names = tuple(part for part in path if isinstance(part, str))
    return list(_KEYS.get(names[:1] if names[:1] == ("environments",) else names, ()))


_KEYS: dict[tuple[str, ...], Iterable[str]] = {
    (): model.Policy.model_fields,
    ("context",): model.Context.__annotations__,
    ("context", "rules"): model.ContextRule.__annotations__,
    ("context", "rules", "when"): model.SELECTOR_KEYS,
    ("context", "rules", "set"): model.Settings.__annotations__,
    ("environments",): model.Environment.model_fields,
    ("notifications",): model.Notification.model_fields,
    ("notifications", "pipelines"): model.SELECTOR_KEYS,
    ("notifications", "send_to"): model.Recipient.model_fields,
    ("delivery",): model.Delivery.model_fields,
    ("delivery", "budget"): model.Budget.model_fields,
}


def empty(data: Any, path: Path = ()) -> Iterable[Path]:
    """The paths of all values that are not there; below a payload they may be."""
    if data is None:
        yield path
    elif len(path) == 3 and path[0] == "channels" and path[2] == "payload":
        return
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from empty(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from empty(value, (*path, index))
