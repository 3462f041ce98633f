"""The words of a policy's errors: where a thing stands, what it may be, what was probably meant.

The validator's own texts never reach the user: they speak of types, and show values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from tocsin.channels import KINDS
from tocsin.suggest import closest, do_you_mean
from tocsin.text import clean
from tocsin.wrong import DataPath

COMPARED_MAX = 2_500_000  # ours: characters held against characters; with more a broken policy would be slow to report
CHARACTERS_AT_ONCE = 8  # of a short word's, as measured
LISTED_MAX = 20  # ours: known words in one message
WORD_MAX_CHARS = 60  # ours

_LIST = r"\s*[,;|]+\s*|\s+(?:or\s+)?"  # several words in one text

# What people write who know other tools, by the key here.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "on": ("event", "events", "when", "trigger"),
    "send_to": ("to", "recipient", "recipients", "channel", "channels", "notify", "send", "receivers"),
    "pipelines": ("filter", "filters", "match", "select", "selector", "selectors", "where", "for", "if", "only"),
    "notifications": ("rules", "rule", "routes", "subscriptions", "alerts"),
    "environment": ("env",),
    "app": ("application", "application_name", "service"),
    "mute": ("silence", "silences", "quiet", "snooze", "mutes", "maintenance"),
    "until": ("to",),
    "zone": ("timezone", "time_zone", "tz"),
    "critical": ("urgent", "important"),
    "mention": ("mentions", "ping", "notify_users", "cc"),
    "channel": ("everyone", "all"),
    "kind": ("type",),
    "triggered_by": ("actor", "user", "sender"),
    "author": ("committer",),
    "url": ("webhook", "webhook_url", "endpoint"),
    "payload": ("body", "data", "template"),
    "cancelled": ("canceled", "aborted"),
    "failure": ("fail", "failed", "error"),
    "success": ("succeeded", "passed", "ok"),
    "trigger": ("start", "started", "triggered", "running"),
    "fixed": ("recovered", "recovery"),
    "waiting": ("approval", "manual", "pending", "blocked"),
    "always": ("any", "all", "completion", "finished", "ended", "completed"),
    "production": ("prod",),
    "testing": ("qa", "test"),
    "pull_request": ("merge_request", "pr", "mr"),
    **{name: kind.words for name, kind in KINDS.items()},
}

# Whom other tools can have as a recipient, by the word of `mention` here.
_OF_THE_RUN = {
    "author": ("author", "committer", "culprit"),
    "authors": ("authors", "committers", "culprits", "developers"),
    "triggered_by": ("triggered_by", "actor", "requestor", "requester", "starter"),
}


def of_the_run(path: DataPath, word: str) -> str:
    """In brackets, how to mail somebody whom only the run knows; nothing for a word elsewhere, or that means nobody of it."""
    meant = next((mention for mention, words in _OF_THE_RUN.items() if word.lower() in words), None) if "send_to" in path else None
    return f" (to mail them: 'mention: {meant}' in the rule, and 'mail: true' for each person in 'people')" if meant else ""


def quoted(value: object) -> str:
    """A word of the policy in quotes, on one line and not too long."""
    text = str(value)
    return repr(text if len(text) <= WORD_MAX_CHARS else text[: WORD_MAX_CHARS - 1] + "…")


def listing(words: Iterable[str]) -> str:
    """Words of the policy in a row, each on one line and not too long."""
    return ", ".join(clean(word, WORD_MAX_CHARS) for word in words)


class Suggestions:
    """Finds what was probably meant by a word that is unknown."""

    def __init__(self) -> None:
        self._left = COMPARED_MAX

    def __call__(self, word: str, known: Collection[str], *, listed: str = "", otherwise: str = "") -> str:
        """In brackets, what was meant; else `otherwise`, or what is known under the heading `listed`, or nothing."""
        parts = list(filter(None, re.split(_LIST, word))) if len(word) <= WORD_MAX_CHARS and self._affords(word, known) else []
        if len(parts) > 1:
            several = [near for part in parts if (near := closest(part, known, SYNONYMS))]
            if len(several) == len(parts):
                return f" (write a list: [{listing(several)}])"
        if parts:
            meant = do_you_mean(word, known, SYNONYMS, quote=quoted)
            if meant:
                return meant
        if otherwise:
            return otherwise
        more = ", …" if len(known) > LISTED_MAX else ""
        return f" ({listed}: {listing(islice(known, LISTED_MAX))}{more})" if listed and known else ""

    def _affords(self, word: str, known: Collection[str]) -> bool:
        """Whether there is work left to hold a word against all known ones: it grows with both, and once more with the shorter one."""
        if len(known) * len(word) > self._left:
            return False
        cost = sum(len(word) * len(other) * (1 + min(len(word), len(other)) // CHARACTERS_AT_ONCE) for other in known)
        if cost > self._left:
            return False
        self._left -= cost
        return True


def holder(path: DataPath, rule_name: str | None = None) -> str:
    """What a path leads to, in words: "rule #2", "channel 'team'". `rule_name` is the name of the rule on the path, if it has one."""
    if not path:
        return "the policy"
    section = path[0]
    if section == "notifications" and len(path) > 1 and isinstance(path[1], int):
        rule = f"rule #{path[1] + 1}" if rule_name is None else f"rule {quoted(rule_name)}"
        return _within(rule, path[2:])
    if section in ("channels", "environments") and len(path) > 1:
        return _within(f"{str(section)[:-1]} {quoted(path[1])}", path[2:])
    if section == "mute" and len(path) > 1 and isinstance(path[1], int):
        return _within(f"mute #{path[1] + 1}", path[2:])
    if section == "people" and len(path) > 1:
        return _within(f"person {quoted(path[1])}", path[2:])
    if path[:2] == ("context", "rules") and len(path) > 2 and isinstance(path[2], int):
        return _within(f"context rule #{path[2] + 1}", path[3:])
    return _within("", path) if len(path) > 1 else quoted(section)


def _within(whole: str, rest: DataPath) -> str:
    name = ".".join(str(part) for part in rest if isinstance(part, str))
    if not name:
        return whole
    if not whole:
        head, _, tail = name.partition(".")
        return f"{quoted(tail)} in {quoted(head)}" if tail else quoted(head)
    return f"{quoted(name)} in {whole}"


def where(path: DataPath, rule_name: str | None = None) -> str:
    """Where a key is: " in rule #2", " at the top level"."""
    if not path:
        return " at the top level"
    words = holder(path, rule_name)
    return f" in {words.replace(' in ', ' of ', 1)}"


_KINDS_OF_VALUE = {str: "text", list: "a list", dict: "a mapping", type(None): "nothing", bool: "true or false"}


def shape(value: object) -> str:
    """What a value is, in words."""
    return _KINDS_OF_VALUE.get(type(value), "a number")


# The validator's types of errors in our words, after the name of the field. `c` is the error's context, `v` the value:
# only its shape is ever told.
_TABLE: dict[str, Callable[[Mapping[str, Any], Any], str]] = {
    "string_type": lambda _, v: f"must be text, not {shape(v)}",
    "int_parsing": lambda *_: "must be a whole number",
    "int_parsing_size": lambda *_: "must be a whole number",
    "int_from_float": lambda *_: "must be a whole number",
    "int_type": lambda _, v: f"must be a whole number, not {shape(v)}",
    "float_parsing": lambda *_: "must be a number",
    "float_type": lambda _, v: f"must be a number, not {shape(v)}",
    "finite_number": lambda *_: "must be a finite number",
    "bool_parsing": lambda *_: "must be true or false",
    "bool_type": lambda _, v: f"must be true or false, not {shape(v)}",
    "list_type": lambda _, v: f"must be a list, not {shape(v)}",
    "dict_type": lambda _, v: f"must be a mapping of keys to values, not {shape(v)}",
    "model_type": lambda _, v: f"must be a mapping of keys to values, not {shape(v)}",
    "model_attributes_type": lambda _, v: f"must be a mapping of keys to values, not {shape(v)}",
    "too_short": lambda *_: "is empty: name at least one",
    "too_long": lambda c, _: f"has more than {c.get('max_length')} items",
    "string_too_short": lambda *_: "is empty text",
    "string_too_long": lambda c, _: f"has more than {c.get('max_length')} characters",
    "greater_than": lambda c, _: f"must be more than {c['gt']:g}",
    "greater_than_equal": lambda c, _: f"must be at least {c['ge']:g}",
    "less_than": lambda c, _: f"must be less than {c['lt']:g}",
    "less_than_equal": lambda c, _: f"must be at most {c['le']:g}",
    "literal_error": lambda c, _: f"must be {c['expected'].replace(chr(39), '')}",
    "value_error": lambda c, _: str(c["error"]),
    "assertion_error": lambda c, _: str(c["error"]),
}


# What must stand where a mapping may, by the names on the path.
_SHAPES = {
    ("notifications",): "must be a rule: a mapping with 'on' and 'send_to'",
    ("mute",): "must be a mapping, such as {days: [sat, sun], zone: Europe/Berlin}, or a list of them",
    ("notifications", "pipelines"): "must be a selector, such as {kind: cd, branch: main}, or a list of them",
    ("notifications", "send_to"): "must be a channel's name, an email address, or {email: ADDRESS, via: CHANNEL}",
}


def complaint(kind: str, context: Mapping[str, Any], value: Any, path: DataPath) -> str:
    """What is wrong with the value at a path, by the validator's type of error and its context."""
    names = tuple(part for part in path if isinstance(part, str))
    if kind in ("dict_type", "model_type") and names in _SHAPES:
        return _SHAPES[names]
    return _TABLE[kind](context, value) if kind in _TABLE else "is not valid here"


# What the words after a field's name begin with where they make a sentence with it.
_VERBS = frozenset(
    ("is", "has", "must", "holds", "needs", "names", "cannot", "can't", "takes", "belongs", "wants", "contains", "does", "stands", "refers")
)


def sentence(subject: str, words: str) -> str:
    """What is wrong with a subject, as one sentence."""
    return f"{subject} {words}" if words.partition(" ")[0] in _VERBS else f"{subject}: {words}"
