"""What is wrong with a selector by itself: words that no event has, and keys that rule each other out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tocsin.event import KINDS, REF_TYPES, TIERS
from tocsin.policy.glob import glob, is_glob, passes
from tocsin.policy.model import listed
from tocsin.policy.words import Suggestions, quoted

_WORDS = {"kind": KINDS, "tier": TIERS, "ref_type": REF_TYPES}
# Each of these is known of one type of ref only.
_REF_OF = {"branch": "branch", "tag": "tag", "source_branch": "pull_request", "target_branch": "pull_request"}
_REF_KEYS = {"ref_type", *_REF_OF}


class Finding(NamedTuple):
    """One thing wrong: at which key, in words before and after the place."""

    key: str
    what: str
    why: str
    severity: str = "error"
    item: int = 0


def findings(selector: Mapping[str, Any], suggest: Suggestions) -> Iterator[Finding]:
    """All that is wrong with a selector's values; its structure is checked elsewhere."""
    for key, value in selector.items():
        patterns = [text for text in listed(value) if isinstance(text, str)]
        if key in _WORDS:
            yield from _unknown_words(key, patterns, suggest)
        if "!" in patterns:
            yield Finding(key, f"'!' of {quoted(key)}", " excludes nothing: a value must follow it", item=patterns.index("!"))
        if len(patterns) > 1 and _never(patterns):
            yield Finding(key, f"{quoted(key)}", " can match nothing: every value is also excluded", "warning")
    if len(selector.keys() & _REF_KEYS) > 1:
        yield from _ref_conflict(selector)


def _unknown_words(key: str, patterns: list[str], suggest: Suggestions) -> Iterator[Finding]:
    known = _WORDS[key]
    for index, pattern in enumerate(patterns):
        word = pattern.removeprefix("!")
        if word and word not in known and not is_glob(word):
            yield Finding(key, f"unknown {key} {quoted(word)}", suggest(word, known, listed="known"), item=index)


def _never(patterns: list[str]) -> bool:
    excluded = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    plain = [pattern for pattern in patterns if not pattern.startswith("!")]
    if not excluded or not plain or any(is_glob(pattern) and pattern not in excluded for pattern in plain):
        return False
    return all(any(pattern == other or glob(other, pattern) for other in excluded) for pattern in plain)


def _ref_conflict(selector: Mapping[str, Any]) -> Iterator[Finding]:
    possible = {word: "ref_type" for word in REF_TYPES if passes(_texts(selector.get("ref_type")), (word,))}
    for key, word in _REF_OF.items() if possible else ():
        if not passes(_texts(selector.get(key)), ()):
            if word not in possible:
                other = next(iter(possible.values()), "ref_type")
                yield Finding(key, f"{quoted(key)} beside {quoted(other)}", " can match nothing: no ref has both", "warning")
                return
            possible = {word: key}


def _texts(value: Any) -> list[str]:
    return [text for text in listed(value) if isinstance(text, str)]
