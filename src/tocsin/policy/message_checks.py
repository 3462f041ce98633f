"""The policy's own words, wherever they stand: at the top, in a channel, in a rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin.policy.meaning import rules_of
from tocsin.policy.words import sentence

if TYPE_CHECKING:
    from tocsin.policy.problem_places import Problems
    from tocsin.wrong import DataPath


def check_messages(data: dict[str, Any], problems: Problems) -> None:
    """Note what is wrong with own words; where there are none, no template is loaded."""
    found = list(messages(data))
    if not found:
        return
    from tocsin.wording.check import check_words, labels_of

    labels = [label for _, words in found for label in labels_of(words)]
    for path, words in found:
        for wrong in check_words(words, labels, problems.suggest):
            placed = wrong.under(path)
            problems.add(placed._replace(message=sentence(problems.holder(placed.path), wrong.message)))


def messages(data: dict[str, Any]) -> Iterator[tuple[DataPath, Any]]:
    """All own words, each with its path."""
    if "message" in data:
        yield ("message",), data["message"]
    named = data.get("channels")
    for name, channel in named.items() if isinstance(named, dict) else ():
        if isinstance(channel, dict):
            if "message" in channel:
                yield ("channels", name, "message"), channel["message"]
            if "text" in channel:
                yield ("channels", name), {"text": channel["text"]}
    for index, rule in rules_of(data):
        if "message" in rule:
            yield ("notifications", index, "message"), rule["message"]
