"""A text as YAML writes it on one line: plain where every reader takes it for that text, else in double quotes."""

from __future__ import annotations

import json
import re

import yaml

from tocsin.text import UNSAFE

_NUMBER_OR_TRUTH = re.compile(r"-?[0-9]+(?:\.[0-9]+)?|true|false", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z_][\w./@+-]*(?: [\w./@+-]+)*", re.ASCII)
# What is not to be seen, and what no YAML takes as it is: https://yaml.org/spec/1.2.2/#51-character-set
_UNSEEN = re.compile(f"{UNSAFE.pattern}|[\ufffe\uffff]+")


class Typed(str):
    """The text of a number or a truth value, which is written without quotes: an editor that knows the schema wants it so."""

    __slots__ = ()


def scalar_text(text: str) -> str:
    """The text as a scalar, in a block or in a flow list alike: no comma, colon, bracket or hash stands in it without quotes."""
    if isinstance(text, Typed) and _NUMBER_OR_TRUTH.fullmatch(text):
        return str(text)
    return text if is_plain(text) else double_quoted(text)


def is_plain(text: str) -> bool:
    """Whether a text needs no quotes: not where YAML 1.1 has another meaning for it (`no`, `on`, `null`)."""
    return bool(_PLAIN.fullmatch(text)) and yaml.safe_load(text) == text


def double_quoted(text: str) -> str:
    """The text in double quotes, with escapes for what is not to be seen."""
    return _UNSEEN.sub(lambda unsafe: "".join(map(_escape, unsafe[0])), json.dumps(text, ensure_ascii=False))


def single_quoted(text: str) -> str:
    """The text in single quotes; in double ones where it holds what only an escape can write."""
    return double_quoted(text) if _UNSEEN.search(text) else "'{}'".format(text.replace("'", "''"))


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}"
