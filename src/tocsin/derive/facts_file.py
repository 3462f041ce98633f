"""`--facts FILE`: JSON in the event's own fields, by which a plug-in says what only it can know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, NoReturn, get_args, get_type_hints

from tocsin.ci.common import utc, valid, web_url
from tocsin.errors import ContextError, UsageError
from tocsin.event import LISTS, RECORDS, Event, Fact, Facts, Person, Rank, dotted
from tocsin.file_io import read_file
from tocsin.policy.words import quoted
from tocsin.request import STDIN
from tocsin.source import policy_name
from tocsin.suggest import do_you_mean
from tocsin.terms import TERMS
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.request import Request
    from tocsin.world import World

FACTS_MAX_BYTES = 4 * 1024 * 1024  # ours: a thousand changes with their titles are far below
LIST_MAX_ITEMS = 1000  # ours
WORD_MAX_CHARS = 60  # ours
SOURCE = "facts"  # in words for the user

_COMPUTED = ("ci", "hook", "event", "sources", "commit.short_sha")  # these follow from others: what `context --json` prints can come back
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
WORDS = {
    "scope": ("job", "run"),
    "transition": ("fixed", "broken", "still_failing"),
    **{term.field: term.words for term in TERMS.values() if term.words},
}
_FIELDS = {name for name, _ in dotted(Event())}


def facts_of_file(world: World, request: Request) -> Facts:
    """The facts of the file that `--facts` names; none where it names none. Raises ContextError, UsageError."""
    path = request.facts_file
    if not path:
        return {}
    if STDIN == path == policy_name(world, request.policy):
        raise UsageError("the policy and the facts cannot both come by standard input: put one of them into a file")
    try:
        data = given_data(world, path)
        if len(data) > FACTS_MAX_BYTES:
            raise ContextError(f"--facts: {quoted(path)} has more than {FACTS_MAX_BYTES:,} bytes: pass only the first failures and changes")
        return read_facts(data.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ContextError(f"--facts: {quoted(path)} cannot be read: {why}") from None


def given_data(world: World, path: str) -> bytes:
    """What a file holds, or standard input where the path is "-"; more than FACTS_MAX_BYTES where it is too long. Raises OSError."""
    if path == STDIN and world.read_stdin:
        return world.read_stdin()
    return read_file(world.folder / path, FACTS_MAX_BYTES, world.patience())


def read_facts(text: str) -> Facts:
    """The facts in a JSON object of the event's fields. Raises ContextError that names the field and what it must be."""
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ContextError("--facts: the JSON is nested too deeply: the event's fields have four levels") from None
    except ValueError as error:
        raise ContextError(f"--facts: the file is not JSON ({error}): write an object of the event's fields") from None
    if not isinstance(data, dict):
        raise ContextError("--facts: the file must hold a JSON object of the event's fields; `tocsin context --json` shows them")
    return facts_of(data)


def facts_of(data: dict[str, Any]) -> Facts:
    """The facts in nested fields of the event, as `context --json` prints them. Raises ContextError as above."""
    said = [(name, value) for name, value in _flat(data) if name not in _COMPUTED and value not in (None, "", [])]
    return {name: Fact(_value(name, value), SOURCE, Rank.FACTS) for name, value in said}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _flat(data: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        name = f"{prefix}{key}"
        if _parts(name) and isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _parts(name: str) -> tuple[str, ...]:
    """The names inside a field that is an object; () for any other."""
    return RECORDS[name]._fields if name in RECORDS else ()


def type_of(name: str) -> Any:
    """What a scalar field holds, by its dotted name: str, int or bool."""
    prefix, _, last = name.rpartition(".")
    hint = _hints(prefix)[last]
    return next(option for option in get_args(hint) or (hint,) if option is not NoneType)


@cache
def _hints(prefix: str) -> dict[str, Any]:
    """The types of a record's fields. They stand as text, and to read them takes milliseconds: once a record."""
    record: type[Any] = Event
    for part in filter(None, prefix.split(".")):
        record = type(record._field_defaults[part])
    return get_type_hints(record)


def _value(name: str, value: Any) -> Any:
    """What a field holds. Raises ContextError."""
    if name in LISTS:
        return _items(name, value)
    if _parts(name):
        raise _must(name, f"be an object with {', '.join(_parts(name))}")
    if name not in _FIELDS:
        raise ContextError(f"--facts: unknown field {_quoted(name)}{_suggestion(name)}; `tocsin context --json` shows the fields")
    if type_of(name) is bool:
        if not isinstance(value, bool):
            raise _must(name, "be true or false")
        return value
    text = _text(name, value)
    if name in WORDS and text not in WORDS[name]:
        raise _must(name, f"be one of {', '.join(WORDS[name])}")
    return _read(name, text)


def _read(name: str, text: str) -> str | int:
    """A field's value from its text: a number, an instant, a web address, or the text itself. Raises ContextError."""
    if type_of(name) is int:
        return int(text) if _NUMBER.fullmatch(text) else _refuse(name, "be a whole number")
    if name.endswith((".started_at", ".finished_at", ".at")):
        return utc(text) or _refuse(name, "be an instant of ISO 8601 with its offset, as 2026-11-23T15:44:00Z")
    if name == "repository.url":
        return web_url(text) or _refuse(name, "be the repository's address")
    return text


def _text(name: str, value: Any) -> str:
    if isinstance(value, (dict, list, bool)):
        raise _must(name, "be text")
    return valid(str(value))


def _items(name: str, value: Any) -> list[dict[str, Any]]:
    fields = LISTS[name]._fields
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _must(name, f"be a list of objects with {', '.join(fields)}")
    return [_item(name, item, fields) for item in value[:LIST_MAX_ITEMS]]


def _item(name: str, item: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    unknown = sorted(set(item) - set(fields))
    if unknown:
        raise ContextError(f"--facts: unknown field {_quoted(unknown[0])} in {name}: known are {', '.join(fields)}")
    known = {key: value for key, value in item.items() if value not in (None, "", {})}
    return {key: (_author if key == "author" else _text)(f"{key} in {name}", value) for key, value in known.items()}


def _author(name: str, value: Any) -> dict[str, str]:
    """Who wrote a change; a text is a name."""
    person = {"name": value} if isinstance(value, str) else value
    if not isinstance(person, dict) or set(person) - set(Person._fields):
        raise _must(name, f"be an object with {' and '.join(Person._fields)}")
    return {key: _text(f"{key} of {name}", text) for key, text in person.items() if text not in (None, "")}


def _must(name: str, what: str) -> ContextError:
    return ContextError(f"--facts: {name} must {what}")


def _refuse(name: str, what: str) -> NoReturn:
    raise _must(name, what)


def _quoted(name: str) -> str:
    return f"'{clean(name, WORD_MAX_CHARS)}'"


def _suggestion(name: str) -> str:
    return do_you_mean(name, {*_FIELDS, *RECORDS, *LISTS})
