"""YAML nodes to plain data: every scalar is its text, save below the keys of a channel that YAML types, such as `payload`.

An empty value is None. Merge keys are merged; a duplicate key is a problem, a tag the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tocsin.channels import KINDS
from tocsin.checks import Check
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, BadFileError, Node, start

Report = Callable[[Node, Check, str], None]
Members = dict[str, tuple[Node, Node]]

SECTIONS = ("context", "environments", "people", "channels", "notifications", "delivery", "mute")  # these may stand empty
IGNORED = "x-"
TYPED = frozenset(key for kind in KINDS.values() for key in kind.typed)  # of a channel; what one kind types, no other has as text
NUMBER_MAX_CHARS = 300  # ours: more digits than any number in JSON that a receiver keeps exact

# YAML 1.2's core schema: https://yaml.org/spec/1.2.2/#1032-tag-resolution
NULLS = ("", "~", "null", "Null", "NULL")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(NULLS),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", "+.inf", "-.inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"), float("nan")),  # JSON has none: `check` says so
}
_NUMBER = r"(?P<int>[-+]?[0-9]+)|0o(?P<oct>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)|(?P<float>[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)"


def members(node: Node, report: Report) -> Members:
    """The keys of a mapping, merges included, each with the nodes of key and value."""
    found: Members = {}
    for key, value in node.value:
        if key.tag not in (PLAIN, QUOTED):
            raise BadFileError.at(key, "a key must be plain text; a text that begins with { or [ must be in quotes")
        name = key.value
        if name in found:
            report(key, Check.DUPLICATE_KEY, f"the key {name[:60]!r} is given twice (first on line {start(found[name][0])[0]})")
        else:
            found[name] = (key, value)
    if "<<" in found:
        _merge(found, report)
    return found


def _merge(found: Members, report: Report) -> None:
    _, value = found.pop("<<")
    for source in value.value if value.tag == SEQUENCE else [value]:
        if source.tag != MAPPING:
            raise BadFileError.at(source, "'<<' takes an alias of a mapping, or a list of such aliases")
        for name, pair in members(source, report).items():
            found.setdefault(name, pair)


class Plain:
    """Builds plain data; `report` gets each node that is wrong by itself, with the kind of check and the words."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def policy(self, root: Node) -> dict[str, Any]:
        """The policy's data, without the keys that begin with x- and without empty sections. Raises BadFileError."""
        if root.tag != MAPPING:
            words = "a policy is a mapping: it begins with keys such as 'channels:' and 'notifications:'"
            raise BadFileError.at(root, words, Check.WRONG_TYPE)
        data = {}
        for name, (_, value) in members(root, self.report).items():
            if name.startswith(IGNORED) or (name in SECTIONS and value.tag == PLAIN and not value.value):
                continue
            data[name] = self._channels(value) if name == "channels" else self.text(value)
        return data

    def _channels(self, node: Node) -> Any:
        if node.tag != MAPPING:
            return self.text(node)
        return {name: self._channel(value) for name, (_, value) in members(node, self.report).items()}

    def _channel(self, node: Node) -> Any:
        if node.tag != MAPPING:
            return self.text(node)
        return {name: self.typed(value) if name in TYPED else self.text(value) for name, (_, value) in members(node, self.report).items()}

    def text(self, node: Node) -> Any:
        """Text, lists and dicts; None for a value that is not there. Raises BadFileError."""
        tag = node.tag
        if tag == PLAIN:
            return node.value or None
        if tag == QUOTED:
            return node.value
        if tag == SEQUENCE:
            return [self.text(item) for item in node.value]
        if tag == MAPPING:
            return {name: self.text(value) for name, (_, value) in members(node, self.report).items()}
        raise _tagged(node)

    def typed(self, node: Node) -> Any:
        """The same with YAML 1.2's types for what is not quoted. Raises BadFileError."""
        tag = node.tag
        if tag == PLAIN:
            return self._scalar(node)
        if tag == SEQUENCE:
            return [self.typed(item) for item in node.value]
        if tag == MAPPING:
            return {name: self.typed(value) for name, (_, value) in members(node, self.report).items()}
        return self.text(node)

    def _scalar(self, node: Node) -> Any:
        text = node.value
        if text in _WORDS:
            return _WORDS[text]
        number = re.fullmatch(_NUMBER, text)
        return self._number(node, number) if number else text

    def _number(self, node: Node, number: re.Match[str]) -> int | float:
        if len(number[0]) > NUMBER_MAX_CHARS:
            words = f"a number of {len(number[0]):,} characters: quote it, or write it with at most {NUMBER_MAX_CHARS}"
            self.report(node, Check.TOO_LARGE, words)
            return 0
        if number["oct"] or number["hex"]:
            return int(number["oct"] or number["hex"], 8 if number["oct"] else 16)
        if number["int"]:
            return int(number["int"])
        return float(number[0])


def _tagged(node: Node) -> BadFileError:
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    step = (
        "a text that begins with ! must be in quotes"
        if tag.startswith("!") and tag[1:2] != "!"
        else "a policy is plain text, lists and mappings"
    )
    return BadFileError.at(node, f"the YAML tag {tag[:60]!r} is not allowed: {step}")
