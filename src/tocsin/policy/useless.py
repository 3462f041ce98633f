"""Rules and channels that do nothing: a rule that another one says already, and a channel that no rule names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tocsin.checks import Check
from tocsin.policy.glob import glob, is_glob
from tocsin.policy.meaning import rules_of
from tocsin.policy.model import EVENTS, SELECTOR_KEYS
from tocsin.policy.words import quoted
from tocsin.record import as_list
from tocsin.wrong import Wrong

if TYPE_CHECKING:
    from tocsin.policy.meaning import Meaning
    from tocsin.policy.problem_places import Problems

COMPARED_MAX = 100_000  # ours: rules held against rules; with more, a policy is made of rules that nobody wrote one by one

_ALSO = {  # an event that a rule asks for, and the others that are always that one too
    "success": ("fixed",),
    "failure": ("broken", "still_failing"),
    "always": ("success", "failure", "cancelled", "unstable", "fixed", "broken", "still_failing"),
}
_KEYS = ("name", "on", "pipelines", "send_to")

Handle = tuple[str, str, str]


class Values(NamedTuple):
    """The values of a selector's key: those that it takes (none: any), and those that it excludes."""

    taken: frozenset[str]
    excluded: frozenset[str]


Selector = frozenset[tuple[str, Values]]


class Rule(NamedTuple):
    """What a rule says, without its name and the order of its words."""

    on: frozenset[str]
    selectors: frozenset[Selector]
    places: frozenset[tuple[str, ...]]
    rest: frozenset[tuple[str, str]]  # the keys beside these, which make a rule another one


def check_channels_used(meaning: Meaning) -> None:
    """Note each channel that no rule sends to, unless a rule names one that is not there: it may be the one that was meant."""
    used: set[str | None] = set()
    for _, rule in rules_of(meaning.data):
        for recipient in as_list(rule.get("send_to")):
            kind, name, via = next(_places(recipient), ("", "", ""))
            used.update([name] if kind == "channel" else [via] if via else [meaning.default] if meaning.default else meaning.mails)
    used.update(meaning.default if "@" in name else name for name in _fallbacks(meaning))
    if _are_mailed(meaning.data):
        used.update([meaning.default] if meaning.default else meaning.mails)
    if not used or used - meaning.channels.keys():
        return
    for name in meaning.channels.keys() - used:
        message = f"no rule sends to channel {quoted(name)} (name it in a rule's 'send_to', or delete it)"
        meaning.problems.add(Wrong(Check.UNUSED_CHANNEL, message, ("channels", name), severity="warning", at_key=True))


def _fallbacks(meaning: Meaning) -> Iterator[str]:
    """The fallbacks of channels. One that has nothing to replace is not used; that its channel is not used says so already."""
    yield from (traits.fallback for traits in meaning.channels.values() if traits.fallback)


def _are_mailed(data: Mapping[str, Any]) -> bool:
    """Whether a rule may mention somebody who is mailed, too."""
    people = data.get("people")
    mailed = isinstance(people, dict) and any("mail" in person for person in people.values() if isinstance(person, dict))
    return mailed and any("mention" in rule for _, rule in rules_of(data))


def check_rules(data: Mapping[str, Any], problems: Problems) -> None:
    """Note each rule that is another one, or sends nothing that another one does not send."""
    first: dict[Rule, int] = {}
    for index, given in rules_of(data):
        rule = _rule(given)
        if rule in first:
            _note(problems, Check.RULES_ALIKE, index, first[rule], "says the same as {}")
        elif rule is not None:
            first[rule] = index
    rules = list(first)
    index_ = _Index(rules)
    for rule in rules:
        other = index_.covering(rule)
        if other:
            _note(problems, Check.USELESS_RULE, first[rule], first[other], "changes nothing: {} sends all of it already")


def _note(problems: Problems, check: Check, index: int, other: int, words: str) -> None:
    path = ("notifications", other)
    there = f"{problems.holder(path)} {problems.on_line(path)}"
    message = f"{problems.holder(('notifications', index))} {words.format(there)} (delete it, or change what it is about)"
    problems.add(Wrong(check, message, ("notifications", index), severity="warning"))


def _rule(given: Mapping[str, Any]) -> Rule | None:
    """A rule that is valid enough to be compared."""
    on = [word for word in as_list(given.get("on")) if isinstance(word, str)]
    selectors = [_selector(selector) for selector in as_list(given.get("pipelines", {}))]
    places = [place for recipient in as_list(given.get("send_to")) for place in _places(recipient)]
    if not on or not set(on) <= set(EVENTS) or not places or not selectors or None in selectors:
        return None
    words = frozenset([*on, *(also for word in on for also in _ALSO.get(word, ()))])
    rest = frozenset((str(key), repr(value)) for key, value in given.items() if key not in _KEYS)
    return Rule(words, frozenset(selector for selector in selectors if selector is not None), frozenset(places), rest)


def _selector(given: Any) -> Selector | None:
    if not isinstance(given, dict) or not given.keys() <= SELECTOR_KEYS.keys():
        return None
    found = []
    for key, value in given.items():
        patterns = as_list(value)
        if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
            return None
        excluded = frozenset(pattern[1:] for pattern in patterns if pattern.startswith("!"))
        found.append((key, Values(frozenset(pattern for pattern in patterns if not pattern.startswith("!")), excluded)))
    return frozenset(found)


def _places(recipient: Any) -> Iterator[tuple[str, str, str]]:
    """Where a recipient's messages go: a channel, or an address and the channel that takes it."""
    if isinstance(recipient, str):
        yield ("email", recipient.casefold(), "") if "@" in recipient else ("channel", recipient, "")
    elif isinstance(recipient, dict):
        channel, via = recipient.get("channel"), recipient.get("via", "")
        if isinstance(channel, str):
            yield "channel", channel, ""
        for address in as_list(recipient.get("email", [])):
            yield "email", str(address).casefold(), str(via)


class _Index:
    """Finds the rules that may cover another one: each lies under a value that whatever it covers must have, and its recipients."""

    def __init__(self, rules: list[Rule]) -> None:
        self.order = {rule: number for number, rule in enumerate(rules)}
        self.left = COMPARED_MAX
        self.common = Counter(place for rule in rules for place in rule.places)
        self.found: dict[tuple[tuple[str, ...], Handle], list[Rule]] = defaultdict(list)
        self.counts = Counter(handle for rule in rules for selector in rule.selectors for handle in _handles(selector))
        for rule in rules:
            for handle in {handle for selector in rule.selectors for handle in self._rarest(selector)}:
                for place in rule.places:
                    self.found[place, handle].append(rule)

    def _rarest(self, selector: Selector) -> Iterable[Handle]:
        """The handles of that key of a selector which the fewest rules share."""
        by_key: dict[str, list[Handle]] = defaultdict(list)
        for handle in _handles(selector):
            by_key[handle[0]].append(handle)
        return min(by_key.values(), key=lambda handles: max(self.counts[handle] for handle in handles), default=[_ANY])

    def covering(self, rule: Rule) -> Rule | None:
        """A rule that sends all that this one sends; of two that send the same, the first."""
        place = min(rule.places, key=lambda place: self.common[place])
        for handle in _sought(next(iter(rule.selectors))):
            for other in self.found.get((place, handle), ()):
                self.left -= 1
                if self.left < 0:
                    return None
                if other is not rule and _covers(other, rule) and (self.order[other] < self.order[rule] or not _covers(rule, other)):
                    return other
        return None


_ANY: Handle = ("", "", "")


def _handles(selector: Selector) -> Iterator[Handle]:
    """What must be found in a selector that this one covers: a literal value, or the literal beginning of a glob."""
    for key, values in selector:
        for text in values.taken:
            yield (key, "begins", _head(text)) if is_glob(text) else (key, "is", text)


def _sought(selector: Selector) -> Iterator[Handle]:
    """The handles under which a selector that covers this one may lie."""
    yield _ANY
    for key, values in selector:
        for text in list(values.taken)[:1]:
            yield key, "is", text
            yield from ((key, "begins", text[:length]) for length in range(len(text) + 1))


def _head(text: str) -> str:
    return text[: min((at for sign in "*?[\\" if (at := text.find(sign)) >= 0), default=len(text))]


def _covers(rule: Rule, other: Rule) -> bool:
    """Whether a rule sends all that the other one sends, and to all of its recipients."""
    return (
        rule.on >= other.on
        and rule.places >= other.places
        and rule.rest == other.rest
        and all(any(_takes(selector, narrow) for selector in rule.selectors) for narrow in other.selectors)
    )


def _takes(selector: Selector, other: Selector) -> bool:
    """Whether a selector surely matches whatever the other one matches."""
    narrow = dict(other)
    return all(key in narrow and _within(narrow[key], values) for key, values in selector)


def _within(narrow: Values, wide: Values) -> bool:
    """Whether what some values take is surely taken by others."""
    if wide.taken and not (narrow.taken and all(any(_is_part(text, pattern) for pattern in wide.taken) for text in narrow.taken)):
        return False
    literal = bool(narrow.taken) and not any(map(is_glob, narrow.taken))
    return all(text in narrow.excluded or (literal and not any(glob(text, name) for name in narrow.taken)) for text in wide.excluded)


def _is_part(text: str, pattern: str) -> bool:
    """Whether one pattern takes all that another one takes; of patterns with more than stars only where they are the same."""
    return text == pattern or (glob(pattern, text) if not is_glob(text) else not set(pattern) & set("?[]\\") and glob(pattern, text))
