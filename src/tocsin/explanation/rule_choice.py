"""Which rules are meant: by name, and by what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.errors import PolicyError
from tocsin.policy.words import LISTED_MAX, Suggestions, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tocsin.explanation.places import RulePlace
    from tocsin.explanation.rule_words import Condition


def choose(places: Sequence[RulePlace], names: Sequence[str], conditions: Sequence[Condition]) -> list[RulePlace]:
    """The rules of those names of which all conditions hold; without names all such rules. `#2` is the second rule, named or not.

    Raises PolicyError for a name that no rule has, and where nothing is chosen.
    """
    known = {place.name for place in places}
    for name in names:
        if name not in known and not any(f"#{place.number}" == name for place in places):
            raise PolicyError(f"there is no rule {quoted(name)}{_there_are(places, name)}")
    wanted = [place for place in places if not names or place.name in names or _by_number(place, names, known)]
    found = [place for place in wanted if all(_holds(place, condition) for condition in conditions)]
    if not found and (names or conditions):
        raise PolicyError(f"no rule is chosen by that{_there_are(places)}")
    return found


def _by_number(place: RulePlace, names: Sequence[str], known: Collection[str]) -> bool:
    number = f"#{place.number}"
    return number in names and number not in known


def _there_are(places: Sequence[RulePlace], name: str = "") -> str:
    if not places:
        return ": the policy has no rules"
    names = [place.name for place in places]
    more = f" and {len(names) - LISTED_MAX} more" if len(names) > LISTED_MAX else ""
    return f"{Suggestions()(name, names) if name else ''}: the policy has {', '.join(map(quoted, names[:LISTED_MAX]))}{more}"


def _holds(place: RulePlace, condition: Condition) -> bool:
    said = _said(place, condition.key)
    whole = ",".join(condition.values)  # a name may have a comma in it
    return any(value in said for value in (*condition.values, whole))


def _said(place: RulePlace, key: str) -> _Texts:
    rule = place.rule
    if key == "name":
        return _Texts([place.name])
    if key == "on":
        return _Texts(rule.on)
    if key == "send_to":
        return _Texts([text for to in rule.send_to for text in (to.channel, *(to.email or ())) if text])
    return _Texts([value for selector in rule.pipelines for value in selector.get(key, ())])


class _Texts:
    """Texts in which addresses are found whatever their case."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = {_folded(text) for text in texts}

    def __contains__(self, text: str) -> bool:
        return _folded(text) in self._texts


def _folded(text: str) -> str:
    return text.casefold() if "@" in text else text
