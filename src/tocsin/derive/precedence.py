"""Precedence: of two facts about one thing, the one of the higher rank holds, and takes with it what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.event import Fact, Facts, Rank

# What belongs together, and which of its fields say what it is: another commit's message is not this one's.
_IDENTITY = {
    "commit.": ("commit.sha",),
    "ref.": ("ref.type", "ref.name"),
    "image.": ("image.repository",),
    "triggered_by.": ("triggered_by.login", "triggered_by.email"),
}
_WHOLE = ("image.", "triggered_by.")  # one word of a person's says all of these
_WORDS = (Rank.POLICY, Rank.VARIABLE, Rank.FLAG)  # what a person says in one word


def lay(*sources: Mapping[str, Fact]) -> Facts:
    """All facts laid over each other by their rank; of one rank, the later source holds."""
    layers: dict[Rank, Facts] = {}
    for facts in sources:
        for name, fact in facts.items():
            layers.setdefault(fact.rank, {})[name] = fact
    laid: Facts = {}
    for rank in sorted(layers):
        laid = over(laid, layers[rank])
    return laid


def over(below: Facts, above: Facts) -> Facts:
    """`above` laid over `below`. Another commit, ref, image or person takes all that was known of the first with it."""
    dropped = tuple(prefix for prefix in _IDENTITY if _is_another(prefix, below, above))
    return {**{name: fact for name, fact in below.items() if not name.startswith(dropped)}, **above}


def _is_another(prefix: str, below: Facts, above: Facts) -> bool:
    """Whether both say what it is and differ, or one of them said all of it in a word."""
    if any(field in above and field in below and above[field].value != below[field].value for field in _IDENTITY[prefix]):
        return True
    here, there = ([fact for name, fact in facts.items() if name.startswith(prefix)] for facts in (above, below))
    return prefix in _WHOLE and bool(here) and any(fact.rank in _WORDS for fact in (*here, *there))
