"""What is wrong with the people of a policy, and with whom its rules mention. Loaded only where a policy has either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.policy.meaning import rules_of
from tocsin.policy.mentions import WORDS, written
from tocsin.policy.words import quoted
from tocsin.record import as_list
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.problem_places import Problems


def check_people(data: Mapping[str, Any], problems: Problems) -> None:
    """Note each name that no mention can have, and each mention of somebody who is not there."""
    given = data.get("people", {})
    people = given if isinstance(given, dict) else {}
    for name in people:
        if name in WORDS or not name.strip() or any(sign in name for sign in "<>@"):
            why = "is a word of 'mention'" if name in WORDS else "must have a letter, and none of < > @"
            message = f"the name {quoted(name)} of a person {why} (give another name)"
            problems.add(Wrong(Check.PERSON_NAME, message, ("people", name), at_key=True))
    for index, rule in rules_of(data) if isinstance(given, dict) else ():
        if "mention" in rule:
            for number, word in enumerate(as_list(rule["mention"])):
                path: DataPath = ("notifications", index, "mention", number)
                if isinstance(word, str) and word and word not in WORDS and word not in people and not written(word):
                    hint = problems.suggest(word.lstrip("@"), [*people, *WORDS], listed="known")
                    message = f"unknown person {quoted(word)} in {problems.holder(path[:2])}{hint}"
                    problems.add(Wrong(Check.UNKNOWN_PERSON, message, path))
