"""Match: which rules an event fulfils, and by which key it fails the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING

from tocsin.message.people import private_login
from tocsin.named_tuple import NamedTuple
from tocsin.policy.glob import passes
from tocsin.terms import SELECTORS

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.policy.model import Notification, Policy, Selector
    from tocsin.terms import Term

Values = Mapping[str, tuple[str, ...]]


class Mismatch(NamedTuple):
    """A key of a rule that an event does not fulfil; `got` is None where the event does not have it."""

    key: str
    wanted: tuple[str, ...]
    got: str | None

    @property
    def wanted_words(self) -> str:
        """What was wanted, for a person, who may not know what `always` stands for."""
        explained = {"always": "always (however it ends)"} if self.key == "on" else {}
        return ", ".join(explained.get(word, word) for word in self.wanted)


class RuleMatch:
    """A rule held against an event. Why it fails is worked out when it is asked for: of ten thousand rules, few are."""

    __slots__ = ("_values", "matches", "name", "rule")

    def __init__(self, name: str, rule: Notification, values: EventValues) -> None:
        self.name = name
        self.rule = rule
        self._values = values
        self.matches = values.fulfil(rule)

    def would_match(self, word: str) -> bool:
        """Whether it matches the same run at another event."""
        return word in self.rule.on and any(fulfils(selector, self._values.by_key) for selector in self.rule.pipelines)

    @property
    def failed_on(self) -> tuple[Mismatch, ...]:
        """Every key that does not match, `on` among them; of several selectors, those of the nearest one."""
        return () if self.matches else self._values.mismatches(self.rule)


_WITH_RUNBOOK = ("failure", "unstable")
ENDED = frozenset(("success", "failure", "cancelled", "unstable"))  # what `always` stands for


class EventValues:
    """What rules can ask of an event: its words, and its values by selector key; made once an event."""

    def __init__(self, event: Event) -> None:
        self.said = ", ".join(filter(None, (event.event, event.transition)))
        always = "always" if event.event in ENDED else None
        self.words = frozenset(filter(None, (event.event, event.transition, always)))
        self.by_key = selector_values(event)

    def fulfil(self, rule: Notification) -> bool:
        """Whether the event fulfils a rule."""
        if self.words.isdisjoint(rule.on):
            return False
        for selector in rule.pipelines:  # noqa: SIM110  any() takes twice as long, and ten thousand rules pass here
            if fulfils(selector, self.by_key):
                return True
        return False

    def mismatches(self, rule: Notification) -> tuple[Mismatch, ...]:
        """The keys of a rule that the event does not fulfil."""
        failed = min((_failed(selector, self.by_key) for selector in rule.pipelines), key=len)
        if not self.words.isdisjoint(rule.on):
            return tuple(failed)
        return (Mismatch("on", tuple(rule.on), self.said or None), *failed)


def selector_values(event: Event) -> Values:
    """What an event is called, by selector key; () where it does not have it. A pipeline's file gives two names beside its own."""
    return {key: tuple(value for value in dict.fromkeys(_values(term, event)) if value is not None) for key, term in SELECTORS.items()}


def _values(term: Term, event: Event) -> Iterable[str | None]:
    yield attrgetter(term.field)(event)
    if term.stem_of:
        path: str = attrgetter(term.stem_of)(event) or ""
        file = path.rpartition("/")[2]
        yield file.rpartition(".")[0] or path or None
        yield file or None
    for field in term.also:
        value: str | None = attrgetter(field)(event)
        yield value
        yield private_login(value) if field.endswith("email") else None


def fulfils(selector: Selector, known: Values) -> bool:
    """Whether every key of a selector takes what the event is called."""
    for key, patterns in selector.items():  # noqa: SIM110  as above
        if not passes(patterns, known[key]):
            return False
    return True


def _failed(selector: Selector, known: Values) -> list[Mismatch]:
    return [
        Mismatch(key, tuple(patterns), known[key][0] if known[key] else None)
        for key, patterns in selector.items()
        if not passes(patterns, known[key])
    ]


def match(policy: Policy, event: Event) -> list[RuleMatch]:
    """Every rule of a policy held against an event, in order."""
    values = EventValues(event)
    return [RuleMatch(rule.name or f"#{number}", rule, values) for number, rule in enumerate(policy.notifications, 1)]


def runbooks(policy: Policy, rules: Iterable[RuleMatch], event: Event) -> dict[str, str]:
    """The runbooks for a failure: the environment's by its name with an @ before it, and those of `rules` by theirs."""
    if event.event not in _WITH_RUNBOOK:
        return {}
    environment = policy.environments.get(event.environment or "")
    found = {f"@{event.environment}": environment.runbook} if environment else {}
    found |= {rule.name: rule.rule.runbook for rule in rules if rule.matches}
    return {name: url for name, url in found.items() if url}
