"""What was probably meant by a word that is unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

WORD_MAX_CHARS = 100  # ours: of a longer word the beginning is compared


def closest(
    word: str, known: Iterable[str], synonyms: Mapping[str, Collection[str]] = {}, *, prefixes: bool = False, cutoff: float = 0.6
) -> str | None:
    """The known word that was probably meant, or None.

    It is the one that `word` is a synonym of (`synonyms` has, by a known word, what users of other tools write for it), or,
    with `prefixes`, the beginning of, else the most similar one. Case does not count, nor whether a hyphen or an underscore
    is written. `cutoff` is the least similarity, from 0 to 1.
    """
    from difflib import get_close_matches

    wanted = _folded(word[:WORD_MAX_CHARS])
    names = {_folded(name): name for name in known}
    for name in names.values():
        if wanted in map(_folded, synonyms.get(name, ())):
            return name
    if prefixes and len(wanted.strip("_")) > 1:
        for folded, name in names.items():
            if folded.startswith(wanted):
                return name
    close = get_close_matches(wanted, names, 1, cutoff)
    return names[close[0]] if close else None


def do_you_mean(
    word: str,
    known: Iterable[str],
    synonyms: Mapping[str, Collection[str]] = {},
    *,
    prefixes: bool = False,
    cutoff: float = 0.6,
    quote: Callable[[str], str] = str,
) -> str:
    """The end of a message about an unknown word: " (do you mean X?)", or nothing where no known word is near."""
    meant = closest(word, known, synonyms, prefixes=prefixes, cutoff=cutoff)
    return f" (do you mean {quote(meant)}?)" if meant else ""


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_")
