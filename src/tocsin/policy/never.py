"""What is valid and can never work, as warnings: values that no run has, and names that are nearly those of others.

`check` asks for them. A run that sends does not: it has a build to hold up, and nobody reads its log for advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.policy import sources
from tocsin.policy.contents import is_template, settings
from tocsin.policy.foreign import Finding, foreign, replaced
from tocsin.policy.glob import glob, is_glob
from tocsin.policy.meaning import context_rules, rules_of
from tocsin.policy.model import SELECTOR_KEYS
from tocsin.policy.nearly import check_names, value_at
from tocsin.policy.useless import check_channels_used, check_rules
from tocsin.record import as_list
from tocsin.suggest import closest
from tocsin.terms import TERMS
from tocsin.text import clean
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.meaning import Meaning
    from tocsin.policy.problem_places import Problems


def check_never(meaning: Meaning) -> None:
    """Note all that can never work. Near-linear in the size of the policy."""
    data, problems = meaning.data, meaning.problems
    selectors = list(every_selector(data))
    _Values(data, problems).check(selectors)
    _check_settings(data.get("context"), problems)
    check_names(data, selectors, problems)
    check_channels_used(meaning)
    check_rules(data, problems)


def every_selector(data: Mapping[str, Any]) -> Iterator[tuple[DataPath, Mapping[str, Any]]]:
    """The selectors of a policy, of its context's rules and of its rules, each with its path."""
    for index, rule in enumerate(context_rules(data.get("context"))):
        yield from _selectors(rule, "when", ("context", "rules", index))
    for index, rule in rules_of(data):
        yield from _selectors(rule, "pipelines", ("notifications", index))
    for index, mute in enumerate(as_list(data.get("mute", []))):
        yield from _selectors(mute, "pipelines", ("mute", index))


def _selectors(rule: Any, key: str, path: DataPath) -> Iterator[tuple[DataPath, Mapping[str, Any]]]:
    given = rule.get(key) if isinstance(rule, dict) else None
    for number, selector in enumerate(as_list(given)):
        if isinstance(selector, dict):
            yield (*path, key, number), selector


class _Values:
    """The values of selectors that no run can have."""

    def __init__(self, data: Mapping[str, Any], problems: Problems) -> None:
        self.problems = problems
        self.apps_have_owners = _sets_path(data.get("context"))
        self.seen: dict[tuple[str, str], Finding | None] = {}  # ten thousand rules say the same again and again

    def check(self, selectors: list[tuple[DataPath, Mapping[str, Any]]]) -> None:
        """Note each of them."""
        for path, selector in selectors:
            for key, value in selector.items():
                if key in SELECTOR_KEYS:
                    for index, pattern in enumerate(as_list(value)):
                        if isinstance(pattern, str) and pattern:
                            self._value((*path, key, index), key, pattern)

    def _value(self, path: DataPath, key: str, pattern: str) -> None:
        known = (key, pattern)
        if known not in self.seen:
            self.seen[known] = self._finding(key, pattern)
        found = self.seen[known]
        if found:
            verb = "excludes" if pattern.startswith("!") else "matches"
            message = f"{value_at(path, pattern, self.problems)} {verb} nothing: {found.why}{found.suggestion}"
            self.problems.add(Wrong(found.check, message, path, severity="warning"))

    def _finding(self, key: str, pattern: str) -> Finding | None:
        text, words = pattern.removeprefix("!"), TERMS[key].words
        if words and not is_glob(text):
            return None  # a word that is none of the few is an error
        found = foreign(key, pattern)
        if found:
            return found
        if words and not any(glob(text, word) for word in words):
            return Finding(Check.MATCHES_NOTHING, "it is one of a few words", step=f"known: {', '.join(words)}")
        if key == "source" and any(sources.unknown([text])):
            word = closest(text, sources.SOURCES, sources.WORDS)
            step = "write ref_type: tag" if text in ("tag", "tags") else "" if word else "write push, schedule, pull_request or the like"
            return Finding(Check.UNKNOWN_SOURCE, "no CI sends such a source", (word,) if word else (), step)
        if key == "app" and "/" in text and not self.apps_have_owners:
            return _owner_in_app(text)
        if key == "pipeline" and "/" in text and text.endswith((".yml", ".yaml")):
            name = text.rpartition("/")[2]
            return Finding(Check.PATH_OF_PIPELINE, "a pipeline's file is called by its name without folders", (name,))
        return None


def _owner_in_app(text: str) -> Finding:
    _, url, path = text.rpartition("://")
    owner, _, name = (path.partition("/")[2] if url else path).removesuffix(".git").rpartition("/")
    step = f"write project: {clean(owner)}{'' if name == '*' else f', app: {clean(name)}'}"
    return Finding(Check.OWNER_IN_APP, "an app is the repository's name alone", step=step)


def _check_settings(context: Any, problems: Problems) -> None:
    """Note each setting that is a variable's name or the word null."""
    for path, text in settings(context):
        found = None if is_template(text) else replaced(text)
        if found:
            message = (
                f"{value_at(path, text, problems)} is taken as it is written: {found.why} (write the name itself, or leave the key out)"
            )
            problems.add(Wrong(found.check, message, path, severity="warning"))


def _sets_path(context: Any) -> bool:
    """Whether the context says what apps are called, with a slash or by a template."""
    settings = [context, *(rule.get("set") for rule in context_rules(context) if isinstance(rule, dict))]
    apps = [str(setting.get("app", "")) for setting in settings if isinstance(setting, dict)]
    return any("/" in app or "{{" in app for app in apps)
