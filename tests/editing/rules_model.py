"""What rules are after a command, worked out on plain records: the tests hold the files to it."""

from __future__ import annotations

import copy
from typing import Any

from tocsin.policy.model import Policy

Rule = dict[str, Any]


def records(policy: Policy) -> list[Rule]:
    """The rules of a policy."""
    return [
        {
            "name": rule.name,
            "on": list(rule.on),
            "pipelines": [dict(selector) for selector in rule.pipelines],
            "send_to": [
                (text, to.via) for to in rule.send_to for text in ([to.channel] if to.channel is not None else to.email or ())
            ],
        }
        for rule in policy.notifications
    ]  # fmt: skip


def add(rules: list[Rule], name: str | None, on: list[str], selector: dict[str, list[str]], send_to: list[str]) -> None:
    rules.append({"name": name, "on": on, "pipelines": [selector], "send_to": [(text, None) for text in send_to]})


def duplicate(rules: list[Rule], index: int, name: str) -> None:
    rules.insert(index + 1, {**copy.deepcopy(rules[index]), "name": name})


def on(rule: Rule, added: str, removed: str) -> bool:
    """Whether anything is left."""
    rule["on"] = [word for word in dict.fromkeys([*rule["on"], added]) if word != removed]
    return bool(rule["on"])


def recipients(rule: Rule, added: str, removed: str) -> bool:
    """Whether anybody is left."""
    if added.casefold() not in [text.casefold() for text, _ in rule["send_to"]]:
        rule["send_to"].append((added, None))
    rule["send_to"] = [(text, via) for text, via in rule["send_to"] if text.casefold() != removed.casefold()]
    return bool(rule["send_to"])


def keys(rule: Rule, key: str, values: list[str], unset: str) -> None:
    for selector in rule["pipelines"]:
        selector[key] = values
        selector.pop(unset, None)
    if not any(rule["pipelines"]):
        rule["pipelines"] = [{}]
