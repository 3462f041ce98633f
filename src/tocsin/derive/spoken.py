"""What a person says of a run: the flags of the command line, and the TOCSIN_* variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tocsin.ci.common import valid
from tocsin.derive.precedence import over
from tocsin.errors import UsageError
from tocsin.event import KINDS, TIERS, Fact, Facts, Rank, spread
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.request import Request

# --app and TOCSIN_APP by the words that `spread` knows; those that only a variable gives stand after the others.
FLAGS = ("app", "project", "environment", "tier", "cluster", "kind", "pipeline", "image", "triggered_by")
VARIABLES = (*FLAGS, "branch", "tag", "commit", "commit_message", "run_id", "run_url")

_CLOSED = {"kind": KINDS, "tier": TIERS}


def spoken_facts(request: Request, env: Mapping[str, str]) -> Facts:
    """The facts of the variables and of the flags over them; a blank value says nothing. Raises UsageError."""
    names = {word: f"TOCSIN_{word.upper()}" for word in (*VARIABLES, "status")}
    variables = _facts((word, env.get(name, ""), "env ", name, Rank.VARIABLE) for word, name in names.items())
    words = {**request.flags, "status": request.status or ""}
    flags = _facts((word, text, "flag ", f"--{word.replace('_', '-')}", Rank.FLAG) for word, text in words.items())
    return over(variables, flags)


def _facts(words: Iterable[tuple[str, str, str, str, Rank]]) -> Facts:
    """The facts in words: each with its value, its kind of source, its name there, and its rank."""
    facts: Facts = {}
    for word, value, kind, name, rank in words:
        text = valid(value).strip()
        if not text:
            continue
        if word in _CLOSED and text not in _CLOSED[word]:
            raise UsageError(f"{name} is {clean(text, 60)!r}: it must be one of {', '.join(_CLOSED[word])}")
        facts = over(facts, spread(word, Fact(text, f"{kind}{name}", rank)))
    return facts
