"""What a person says of a run: the flags of the command line, and the TOCSIN_* variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tocsin.ci.common import valid
from tocsin.derive.precedence import over
from tocsin.errors import UsageError
from tocsin.event import Fact, Facts, Rank
from tocsin.terms import VARIABLES, flag_name, spread, variable_name
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.request import Request


def spoken_facts(request: Request, env: Mapping[str, str]) -> Facts:
    """The facts of the variables and of the flags over them; a blank value says nothing. Raises UsageError."""
    names = {word: variable_name(word) for word in (*VARIABLES, "status")}
    variables = _facts((word, env.get(name, ""), "env ", name, Rank.VARIABLE) for word, name in names.items())
    words = {**request.flags, "status": request.status or ""}
    flags = _facts((word, text, "flag ", flag_name(word), Rank.FLAG) for word, text in words.items())
    return over(variables, flags)


def _facts(words: Iterable[tuple[str, str, str, str, Rank]]) -> Facts:
    """The facts in words: each with its value, its kind of source, its name there, and its rank."""
    facts: Facts = {}
    for word, value, kind, name, rank in words:
        text = valid(value).strip()
        if not text:
            continue
        if word in VARIABLES and VARIABLES[word].words and text not in VARIABLES[word].words:
            raise UsageError(f"{name} is {clean(text, 60)!r}: it must be one of {', '.join(VARIABLES[word].words)}")
        facts = over(facts, spread(word, Fact(text, f"{kind}{name}", rank)))
    return facts
