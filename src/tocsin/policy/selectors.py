"""What is wrong with a selector by itself: words that no event has, and keys that rule each other out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tocsin.checks import Check
from tocsin.policy.glob import glob, is_glob, passes
from tocsin.policy.words import Suggestions, quoted
from tocsin.record import as_list
from tocsin.terms import REF_TYPES, TERMS
from tocsin.wrong import Wrong

WORDS = {name: term.words for name, term in TERMS.items() if term.words}
"""The keys of selectors and settings that take few words."""

# Each of these is known of one type of ref only.
REF_OF = {"branch": "branch", "tag": "tag", "source_branch": "pull_request", "target_branch": "pull_request"}
_REF_KEYS = {"ref_type", *REF_OF}


def check_selector(selector: Mapping[str, Any], suggest: Suggestions, where: Callable[[], str]) -> Iterator[Wrong]:
    """All that is wrong with a selector's values; its structure is checked elsewhere. `where` says where it is: " in rule #2"."""
    for key, value in selector.items():
        patterns = _texts(value)
        if key in WORDS:
            for index, pattern in enumerate(patterns):
                word = pattern.removeprefix("!")
                if word and word not in WORDS[key] and not is_glob(word):
                    yield unknown_word(key, word, where(), suggest).under((key, index))
        if "!" in patterns:
            message = f"'!' of {quoted(key)}{where()} excludes nothing: a value must follow it"
            yield Wrong(Check.EXCLUDES_NOTHING, message, (key, patterns.index("!")))
        if len(patterns) > 1 and _never(patterns):
            yield _nothing(key, f"{quoted(key)}{where()} can match nothing: every value is also excluded")
    if len(selector.keys() & _REF_KEYS) > 1:
        yield from _ref_conflict(selector, where)


def unknown_word(key: str, word: str, where: str, suggest: Suggestions) -> Wrong:
    """A word that is none of those that a key takes."""
    from tocsin.policy.foreign import foreign

    found = foreign(key, word)
    meant = found and found.check is Check.FOREIGN_NEGATION and found.suggestion
    return Wrong(Check.UNKNOWN_WORD, f"unknown {key} {quoted(word)}{where}{meant or suggest(word, WORDS[key], listed='known')}")


def _nothing(key: str, message: str) -> Wrong:
    return Wrong(Check.MATCHES_NOTHING, message, (key, 0), severity="warning")


def _never(patterns: list[str]) -> bool:
    excluded = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    plain = [pattern for pattern in patterns if not pattern.startswith("!")]
    if not excluded or not plain or any(is_glob(pattern) and pattern not in excluded for pattern in plain):
        return False
    return all(any(pattern == other or glob(other, pattern) for other in excluded) for pattern in plain)


def _ref_conflict(selector: Mapping[str, Any], where: Callable[[], str]) -> Iterator[Wrong]:
    possible = {word: "ref_type" for word in REF_TYPES if passes(_texts(selector.get("ref_type")), (word,))}
    for key, word in REF_OF.items() if possible else ():
        if not passes(_texts(selector.get(key)), ()):
            if word not in possible:
                other = next(iter(possible.values()), "ref_type")
                yield _nothing(key, f"{quoted(key)} beside {quoted(other)}{where()} can match nothing: no ref has both")
                return
            possible = {word: key}


def _texts(value: Any) -> list[str]:
    return [text for text in as_list(value) if isinstance(text, str)]
