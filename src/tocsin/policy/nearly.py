"""Names that the policy writes once, and nearly as it writes another one: an environment, a project or a cluster with a slip in it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.checks import Check
from tocsin.policy.foreign import foreign
from tocsin.policy.glob import is_glob
from tocsin.policy.meaning import context_rules
from tocsin.policy.words import quoted
from tocsin.record import as_list
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.problem_places import Problems

KEYS = ("environment", "project", "cluster")
WORD_MIN_CHARS = 4  # ours: shorter words differ by a letter and mean another thing: eu, us
REPLACED_MIN_CHARS = 6  # ours: where a letter is another one: stage and state are two words
NAME_MAX_CHARS = 60  # ours
COMPARED_MAX = 50_000  # ours: names held against names that share a form; with more, nobody wrote them one by one

_SHORT = {"prod": "production", "stage": "staging", "stg": "staging", "dev": "development", "test": "testing"}


class Mention(NamedTuple):
    """Where a name stands; `declared` where the policy says that it exists, beside asking for it."""

    path: DataPath
    declared: bool = False
    at_key: bool = False


Mentions = dict[str, list[Mention]]


def check_names(data: Mapping[str, Any], selectors: Iterable[tuple[DataPath, Mapping[str, Any]]], problems: Problems) -> None:
    """Note each name that is nearly another one."""
    found: dict[str, Mentions] = {key: defaultdict(list) for key in KEYS}
    for key, name, mention in (*_declared(data), *_asked(data, selectors)):
        found[key][name].append(mention)
    for key, mentions in found.items():
        for name, other in _pairs(key, mentions):
            where = mentions[name][0]
            there = problems.on_line(mentions[other][0].path)
            why = "named nowhere else" if len(mentions[name]) == 1 else "declared nowhere"
            subject = value_at(where.path, name, problems)
            message = f"{subject} is {why}, and nearly {quoted(other)} {there} (do you mean {quoted(other)}?)"
            problems.add(Wrong(Check.NEARLY_NAMED, message, where.path, severity="warning", at_key=where.at_key))


def value_at(path: DataPath, text: str, problems: Problems) -> str:
    """A value and where it stands, in words: "'main' as 'branch' in rule #1"."""
    keys = [part for part in path[1:] if isinstance(part, str)]
    if path[0] == "environments" and len(path) == 2:
        return f"environment {quoted(text)}"
    holder = path[:1] if len(path) == 2 else path[:3] if path[0] == "context" else path[:2]
    return f"{quoted(text)} as {quoted(keys[-1])} in {problems.holder(holder)}"


def _declared(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Mention]]:
    environments = data.get("environments")
    for name, known in environments.items() if isinstance(environments, dict) else ():
        path: DataPath = ("environments", name)
        yield "environment", name, Mention(path, declared=True, at_key=True)
        cluster = known.get("cluster") if isinstance(known, dict) else None
        if isinstance(cluster, str):
            yield "cluster", cluster, Mention((*path, "cluster"), declared=True)
    context = data.get("context")
    yield from _set(context, ("context",))
    for index, rule in enumerate(context_rules(context)):
        if isinstance(rule, dict):
            yield from _set(rule.get("set"), ("context", "rules", index, "set"))


def _set(settings: Any, path: DataPath) -> Iterator[tuple[str, str, Mention]]:
    for key in KEYS:
        name = settings.get(key) if isinstance(settings, dict) else None
        if isinstance(name, str) and "{" not in name:
            yield key, name, Mention((*path, key), declared=True)


def _asked(data: Mapping[str, Any], selectors: Iterable[tuple[DataPath, Mapping[str, Any]]]) -> Iterator[tuple[str, str, Mention]]:
    channels = data.get("channels")
    for name, channel in channels.items() if isinstance(channels, dict) else ():
        project = channel.get("project") if isinstance(channel, dict) else None
        if isinstance(project, str):
            yield "project", project, Mention(("channels", name, "project"))
    for path, selector in selectors:
        for key in KEYS:
            for index, value in enumerate(as_list(selector.get(key))):
                text = value.removeprefix("!") if isinstance(value, str) else ""
                if text and not is_glob(text) and foreign(key, text) is None:
                    yield key, text, Mention((*path, key, index))


def _pairs(key: str, mentions: Mentions) -> Iterator[tuple[str, str]]:
    """Each name with a slip in it, and the name that was meant."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in mentions:
        for form in _forms(name):
            alike[form].append(name)
    order = {name: number for number, name in enumerate(mentions)}
    left = COMPARED_MAX
    for name, places in mentions.items():
        full = _SHORT.get(name.casefold()) if key == "environment" else None
        if full in mentions and mentions[full][0].declared and _is_slip(places, mentions[full], later=True):
            yield name, full
            continue
        for other in (other for form in _forms(name) for other in alike[form] if other != name):
            left -= 1
            if left < 0:
                return
            near = _near(name, other, surely=mentions[other][0].declared)
            if near and _is_slip(places, mentions[other], later=order[name] > order[other]):
                yield name, other
                break


def _is_slip(places: list[Mention], others: list[Mention], *, later: bool) -> bool:
    """Whether the first of two names is the one to doubt. Who writes both into one list knows both."""
    if {place.path[:-1] for place in places} & {other.path[:-1] for other in others}:
        return False
    declared, other_declared = (any(mention.declared for mention in given) for given in (places, others))
    if declared or other_declared:
        return other_declared and not declared
    return len(places) == 1 and (len(others) > 1 or later)


def _words(name: str) -> list[str]:
    return re.split(r"[\W_]+", name.casefold())


def _forms(name: str) -> set[str]:
    """What names with one slip between them share: without its separators, and without any one letter."""
    if len(name) > NAME_MAX_CHARS:
        return set()
    words = _words(name)
    forms = {"".join(words)}
    for index, word in enumerate(words):
        if word.isalpha() and len(word) >= WORD_MIN_CHARS - 1:
            before, after = "-".join(words[:index]), "-".join(words[index + 1 :])
            forms.update(f"{before}-{word[:at]}{word[at + 1 :]}-{after}" for at in range(1, len(word)))
            forms.add(f"{before}-{word}-{after}")
    return forms


def _near(name: str, other: str, *, surely: bool) -> bool:
    """Whether two names differ in how they are written, or by one letter of one word; never by a digit or a word's first letter.

    `surely`: the other name is one that exists, so that prd is prod.
    """
    one, two = _words(name), _words(other)
    if "".join(one) == "".join(two):
        return True
    apart = [(a, b) for a, b in zip(one, two, strict=False) if a != b]
    if len(one) != len(two) or len(apart) != 1:
        return False
    a, b = apart[0]
    least = WORD_MIN_CHARS - surely if sorted(a) == sorted(b) or len(a) != len(b) else REPLACED_MIN_CHARS
    return a.isalpha() and b.isalpha() and a[0] == b[0] and min(len(a), len(b)) >= least
