"""Structure: keys, types and values of the policy against its models; what the models find, in our words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from tocsin import channels
from tocsin.checks import Check
from tocsin.policy import model
from tocsin.policy.mend import Mender
from tocsin.policy.plain import TYPED
from tocsin.policy.words import SYNONYMS, complaint, quoted, sentence
from tocsin.record import Record
from tocsin.record.reader import read
from tocsin.suggest import closest
from tocsin.terms import TIERS
from tocsin.wrong import DataPath, Wrong, check_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.problem_places import Problems
    from tocsin.policy.sharing import Sharing

M = TypeVar("M", bound=Record)

# What a missing key wants, where that is not plain from its name.
_WANTED = {
    "on": f"one or more of {', '.join(model.EVENTS)}",
    "send_to": "channels by name and email addresses",
    "kind": f"one of {', '.join(channels.KINDS)}",
    "when": "a selector, such as {branch: main}; what always holds stands in 'context' itself",
    "set": f"one or more of {', '.join(model.Settings.__annotations__)}",
}
_NOUNS = {"on": "event", "tier": "tier", "days": "day"}
_WORDS = {"event": model.EVENTS, "tier": TIERS, "day": model.DAYS}
_EMPTY = ("too_short", "string_too_short")
_TYPES = ("_type", "_parsing", "_parsing_size", "int_from_float")


class Structure:
    """Validates the parts of one policy and notes every problem."""

    def __init__(self, data: dict[str, Any], problems: Problems) -> None:
        self.data = data
        self.problems = problems

    def sharing(self) -> Sharing | None:
        """What the file says of its bases, or None where something is wrong."""
        from tocsin.policy.sharing import Sharing  # few policies have a base

        sharing, details = _validate(Sharing, {key: self.data[key] for key in model.SHARING if key in self.data})
        self._note(details, (), Sharing)
        return sharing

    def policy(self, options: Mapping[str, ChannelOptions]) -> model.Policy | None:
        """The policy with the options of its channels, or None where something is wrong."""
        policy, details = _validate(model.Policy, {**self.data, "channels": options})
        self._note(details, (), model.Policy)
        return policy

    def channels(self) -> dict[str, ChannelOptions]:
        """The options of every channel of a known kind, without the keys whose values are wrong."""
        given = self.data.get("channels", {})
        if not isinstance(given, dict):
            self.problems.add(Wrong(Check.WRONG_TYPE, "'channels' must be a mapping of names to channels", ("channels",)))
            return {}
        found = ((name, self._channel(name, data)) for name, data in given.items())
        return {name: channel for name, channel in found if channel is not None}

    def _channel(self, name: str, data: Any) -> ChannelOptions | None:
        path: DataPath = ("channels", name)
        if not name or "@" in name:
            message = f"the name {quoted(name)} of a channel must have a character, and no @ (that is an email address)"
            self.problems.add(Wrong(Check.INVALID_CHANNEL_NAME, message, path, at_key=True))
        if data is None:
            return None  # `empty` has said so
        if not isinstance(data, dict):
            self.problems.add(Wrong(Check.WRONG_TYPE, f"channel {quoted(name)} must be a mapping, such as {{kind: slack}}", path))
            return None
        kind = data.get("kind")
        if isinstance(kind, str) and kind in channels.KINDS:
            return self._options(channels.load(kind).Options, data, path)
        if "kind" not in data or kind is not None:  # an empty value is told of by `empty`
            self._no_kind(kind, (*path, "kind"), missing="kind" not in data)
        likely = _likely_kind(data)
        return self._options(channels.load(likely).Options, {**data, "kind": likely}, path) if likely else None

    def _no_kind(self, kind: Any, path: DataPath, *, missing: bool) -> None:
        where = self.problems.where(path[:-1])
        if missing:
            self.problems.add(Wrong(Check.MISSING_KEY, f"'kind' is missing{where} ({_WANTED['kind']})", path, at_key=True))
        elif isinstance(kind, str):
            hint = self.problems.suggest(kind, channels.KINDS, listed="known")
            self.problems.add(Wrong(Check.UNKNOWN_CHANNEL_KIND, f"unknown kind {quoted(kind)}{where}{hint}", path))
        else:
            self.problems.add(Wrong(Check.WRONG_TYPE, f"'kind'{where} must be text", path))

    def _options(self, shape: type[ChannelOptions], data: dict[str, Any], path: DataPath) -> ChannelOptions | None:
        data = Mender(self.problems).keys(data, path, shape.model_keys())
        options, details = _validate(shape, data)
        self._note(details, path, shape)
        if options is None:
            wrong = {str(detail["loc"][0]) for detail in details if detail["loc"]}
            options, _ = _validate(shape, _without(shape, data, wrong))
        return options

    def _note(self, details: list[ErrorDetails], start: DataPath, shape: type[Record]) -> None:
        for detail in details:
            path, kind, value = (*start, *detail["loc"]), detail["type"], detail["input"]
            if kind == "extra_forbidden":
                self._unknown(path, shape)
            elif path[-1] == "[key]":
                self._unknown(path[:-1], shape)
            elif kind == "missing":
                wanted = f" ({_WANTED[str(path[-1])]})" if path[-1] in _WANTED else ""
                message = f"{quoted(path[-1])} is missing{self.problems.where(path[:-1])}{wanted}"
                self.problems.add(Wrong(Check.MISSING_KEY, message, path, at_key=True))
            elif value is not None:  # an empty value is told of by `empty`
                self._value(detail, path)

    def _value(self, detail: ErrorDetails, path: DataPath) -> None:
        words = complaint(detail["type"], detail.get("ctx", {}), detail["input"], path)
        words += _shown(words, detail, path)
        subject = self.problems.holder(self.problems.find(path).path or path)
        key = _key_in(words, detail["input"]) if detail["type"] == "value_error" else None
        where = (*path, key) if key else path
        self.problems.add(self._literal(detail, path) or Wrong(_check(detail), sentence(subject, words), where, at_key=key is not None))

    def _unknown(self, path: DataPath, shape: type[Record]) -> None:
        from tocsin.policy.known_keys import known_keys  # a sound policy asks for none

        hint = self.problems.suggest(str(path[-1]), known_keys(path[:-1], shape), listed="known keys")
        message = f"unknown key {quoted(path[-1])}{self.problems.where(path[:-1])}{hint}"
        self.problems.add(Wrong(Check.UNKNOWN_KEY, message, path, at_key=True))

    def _literal(self, detail: ErrorDetails, path: DataPath) -> Wrong | None:
        """What is wrong with a value that is none of the known ones; the values of channels are never shown."""
        noun = next((_NOUNS[part] for part in reversed(path) if part in _NOUNS), None)
        if detail["type"] != "literal_error" or noun is None or path[0] == "channels":
            return None
        word = detail["input"]
        if not isinstance(word, str):
            return None
        check, known = Check.UNKNOWN_EVENT if noun == "event" else Check.UNKNOWN_WORD, _WORDS[noun]
        hint = self.problems.suggest(word, known, listed="known")
        return Wrong(check, f"unknown {noun} {quoted(word)} in {self.problems.holder(path[:2])}{hint}", path)


def _key_in(words: str, given: Any) -> str | None:
    """The key of a mapping that an error of the whole mapping speaks of first: the error stands there."""
    return next((word for word in words.replace(":", " ").split() if word in given), None) if isinstance(given, dict) else None


def _shown(words: str, detail: ErrorDetails, path: DataPath) -> str:
    """The value that is wrong, unless it may be a secret: of a channel only one that stands for a number or for one of few words."""
    value, kind = detail["input"], detail["type"]
    few = kind.endswith("_parsing") or kind == "literal_error" or kind.startswith(("greater_than", "less_than"))
    if not isinstance(value, str) or not value or kind.endswith("_type") or (path[:1] == ("channels",) and not few):
        return ""
    return f", not {quoted(value)}" if words.startswith("must") else f": {quoted(value)}"


def _likely_kind(data: Mapping[str, Any]) -> str | None:
    """The kind that was probably meant by what a channel says: by a word that is nearly one, else by its keys."""
    kind = data.get("kind")
    meant = closest(kind, channels.KINDS, SYNONYMS) if isinstance(kind, str) else None
    if meant:
        return meant
    given = {str(key).casefold() for key in data} - {"kind", "project"}
    has = {name: len(given & channels.load(name).Options.model_keys().keys()) for name in channels.KINDS}
    best = max(has, key=lambda name: has[name])
    return best if has[best] else None


def _check(detail: ErrorDetails) -> Check:
    """The kind of check that one of the validator's errors belongs to."""
    kind = detail["type"]
    if kind == "value_error":
        return check_of(detail["ctx"]["error"])
    if kind in _EMPTY:
        return Check.EMPTY_VALUE
    return Check.WRONG_TYPE if kind.endswith(_TYPES) else Check.INVALID_VALUE


def _validate(shape: type[M], data: Any) -> tuple[M | None, list[ErrorDetails]]:
    record = read(shape, data)
    if record is not None:
        return record, []
    from pydantic import ValidationError  # what is plainly right needs none of it

    from tocsin.record.pydantic_model import validate

    try:
        return validate(shape, data), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _without(shape: type[Record], data: dict[str, Any], wrong: Collection[str]) -> dict[str, Any]:
    """A channel's data without what is wrong, so that the channel can look at the rest; what it must have is filled in."""
    fields = shape.model_keys()
    filled = {key: "${UNKNOWN}" for key, field in fields.items() if field.is_required()}
    return {**filled, **{key: value for key, value in data.items() if key in fields and key not in wrong}}


def empty(data: Any, path: DataPath = ()) -> Iterable[DataPath]:
    """The paths of all values that are not there; below a typed key of a channel they may be."""
    if data is None:
        yield path
    elif len(path) == 3 and path[0] == "channels" and path[2] in TYPED:
        return
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from empty(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from empty(value, (*path, index))
