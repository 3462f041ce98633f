"""Groovy as text: its blocks in braces, with strings and comments left out.

https://groovy-lang.org/syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\A#![^\n]*"
    r"|'''(?:\\.|[^\\])*?'''" + r'|"""(?:\\.|[^\\])*?"""'
    r"|'(?:\\.|[^\\'\n])*'" + r'|"(?:\\.|[^\\"\n])*"',
    re.DOTALL,
)
_NAME = re.compile(r"(\w+)\s*\Z")
WORD_MAX_CHARS = 200  # ours: a word and the blanks before its brace


class Block(NamedTuple):
    """A block: the word before its brace, where its content starts, and where its closing brace is."""

    name: str
    start: int
    end: int


def masked(text: str) -> str | None:
    """The code, of the same length, with spaces in the place of strings and comments; None where it cannot be told apart with certainty.

    A slash that is left may begin a pattern, a quote a text; a value in a text may have texts of its own.
    """
    certain = True

    def blank(found: re.Match[str]) -> str:
        nonlocal certain
        token = found[0]
        if token.startswith('"') and any("}" not in part or '"' in part.partition("}")[0] for part in token[1:-1].split("${")[1:]):
            certain = False
        return re.sub(r"[^\n\r]", " ", token)

    code = _TOKEN.sub(blank, text)
    return code if certain and not re.search(r"[/'\"]|\$\$", code) and code.count("{") == code.count("}") else None


def blocks(code: str, start: int, end: int) -> Iterator[Block]:
    """The blocks of masked code between two places, without those inside them."""
    depth, begun, name = 0, start, ""
    for at in range(start, end):
        if code[at] == "{":
            if not depth:
                word = _NAME.search(code, max(start, at - WORD_MAX_CHARS), at)
                begun, name = at + 1, word[1] if word else ""
            depth += 1
        elif code[at] == "}":
            depth -= 1
            if depth == 0:
                yield Block(name, begun, at)
