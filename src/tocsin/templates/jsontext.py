"""JSON as a person writes it into a policy: parsed strictly, but for a trailing comma, with the place of everything in it.

Errors are in our own words and have a line and a column; the standard library's parser takes duplicate keys and NaN, and
does not say where a value stands.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from tocsin.checks import Check
from tocsin.templates.budget import current
from tocsin.templates.offsets import line_column
from tocsin.wrong import DataPath, Severity, Wrong

TEXT_MAX_BYTES = 1024 * 1024
DEPTH_MAX = 50  # levels
VALUES_MAX = 100_000  # ours
VALUE_STEPS = 5  # to read one
PROBLEMS_MAX = 100  # ours: of one text

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_STRING_START = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_WORD = re.compile(r"[A-Za-z_]\w*")
_CHARACTER = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|.", re.DOTALL)  # two halves of a pair are one
_WORDS = {"true": True, "false": False, "null": None}
_MEANT = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}


class Parsed(NamedTuple):
    """What a text says, where its strings and keys begin (behind the quote, counted from 0), and what is wrong with it."""

    value: Any
    strings: dict[DataPath, int]
    keys: dict[DataPath, int]
    problems: list[Wrong]


def parse_json(text: str) -> Parsed:
    """Parse JSON. With an error among the problems, the value is None or a part of what was meant."""
    if len(text.encode("utf-8", "surrogatepass")) > TEXT_MAX_BYTES:
        return Parsed(None, {}, {}, [Wrong(Check.INVALID_PAYLOAD, f"JSON of more than {TEXT_MAX_BYTES // 1024:,} KiB")])
    reader = _Reader(text)
    try:
        value = reader.document()
    except _NoJsonError as error:
        reader.problems.append(Wrong(Check.INVALID_PAYLOAD, str(error)).placed(*[line_column(text, error.at)] * 2))
        value = None
    return Parsed(value, reader.strings, reader.keys, reader.problems)


def raw_offset(text: str, start: int, characters: int) -> int:
    """Where in `text` a character of a string stands, by its number in the string as it is read; `start` is where the string begins."""
    at = start
    if "\\" not in text[start : start + characters]:
        return min(start + characters, len(text))
    for _ in range(characters):
        character = _CHARACTER.match(text, at)
        if not character:
            break
        at = character.end()
    return at


class _NoJsonError(Exception):
    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 1 if text.startswith("\ufeff") else 0
        self.strings: dict[DataPath, int] = {}
        self.keys: dict[DataPath, int] = {}
        self.problems: list[Wrong] = []
        self.values, self.budget = 0, current()

    def note(self, check: Check, message: str, at: int, length: int = 0, severity: Severity = "error") -> None:
        """Something wrong with a number of characters. Raises where too much is wrong; of warnings only the first are kept."""
        if len(self.problems) >= PROBLEMS_MAX:
            if severity == "warning":
                return
            raise _NoJsonError("more is wrong from here on: mend what stands above first", at)
        span = line_column(self.text, at), line_column(self.text, at + length)
        self.problems.append(Wrong(check, message, severity=severity).placed(*span))

    def document(self) -> Any:
        value = self.value(())
        if self.peek():
            raise _NoJsonError("something follows behind the end of the JSON", self.at)
        return value

    def peek(self) -> str:
        """The next character that is no space, or an empty text at the end."""
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.text[self.at : self.at + 1]

    def value(self, path: DataPath) -> Any:
        sign = self.peek()
        self.values += 1
        if not self.budget.take(VALUE_STEPS):
            raise _NoJsonError("the policy's payloads hold too many values together", self.at)
        if self.values > VALUES_MAX:
            raise _NoJsonError(f"JSON of more than {VALUES_MAX:,} values", self.at)
        if len(path) > DEPTH_MAX:
            raise _NoJsonError(f"JSON of more than {DEPTH_MAX} levels", self.at)
        if sign == "{" and self.text.startswith(("{{", "{%", "{#"), self.at):
            raise _NoJsonError('a template stands in a text: put it in quotes, "{{ … }}" (alone in them it keeps its type)', self.at)
        if sign == "{":
            return self.mapping(path)
        if sign == "[":
            return self.array(path)
        if sign == '"':
            self.strings[path] = self.at + 1
            return self.string()
        return self.scalar(sign)

    def mapping(self, path: DataPath) -> dict[str, Any]:
        result: dict[str, Any] = {}

        def member() -> None:
            if self.peek() != '"':
                raise _NoJsonError(self.no_key(), self.at)
            at, key = self.at, self.string()
            here = (*path, key)
            if key in result:
                self.note(
                    Check.DUPLICATE_KEY, f"the key {json.dumps(key, ensure_ascii=False)} stands twice in one object", at, self.at - at
                )
            self.keys[here] = at + 1
            if self.peek() != ":":
                raise _NoJsonError("a colon is missing behind a key", self.at)
            self.at += 1
            result[key] = self.value(here)

        self.members("}", member)
        return result

    def array(self, path: DataPath) -> list[Any]:
        result: list[Any] = []
        self.members("]", lambda: result.append(self.value((*path, len(result)))))
        return result

    def members(self, end: str, member: Callable[[], None]) -> None:
        """Everything up to `end`, with commas between."""
        opened = self.at
        self.at += 1
        if self.peek() == end:
            self.at += 1
            return
        while True:
            member()
            sign, comma = self.peek(), self.at
            if sign not in (",", end):
                raise _NoJsonError(self.not_closed(sign, end, opened), self.at)
            self.at += 1
            if sign == "," and self.peek() == end:
                self.note(Check.ODD_PAYLOAD, f"a comma before {end} is no JSON: it is left out of what is sent", comma, 1, "warning")
                self.at += 1
                return
            if sign == end:
                return

    def not_closed(self, sign: str, end: str, opened: int) -> str:
        if sign:
            return "JSON has no comments" if sign in ("/", "#") else f"a comma or {end} is missing"
        return f"{end} is missing at the end (what it closes begins in line {line_column(self.text, opened)[0]})"

    def no_key(self) -> str:
        sign = self.peek()
        if sign == "'":
            return 'JSON has double quotes: write "…"'
        return self.not_value(sign) if sign in ("", ",", "/", "#") else "a key must stand in double quotes"

    def string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found:
            self.at = found.end()
            text: str = json.loads(found[0])
            return text
        start = _STRING_START.match(self.text, self.at)
        at = start.end() if start else self.at
        sign = self.text[at : at + 1]
        if sign == "\\":
            raise _NoJsonError(f"{self.text[at : at + 2]} is no escape of JSON: write \\\\ for a backslash", at)
        if sign in ("\n", "\r"):
            raise _NoJsonError("a line break stands inside a text: write \\n, or close the quotes", at)
        raise _NoJsonError(
            f"a text holds the control character U+{ord(sign):04X}" if sign else "a text is not closed: its quote is missing", at
        )

    def scalar(self, sign: str) -> Any:
        number = _NUMBER.match(self.text, self.at)
        word = _WORD.match(self.text, self.at)
        if number:
            value = self.number(number[0])
            self.at = number.end()
            return value
        if word and word[0] in _WORDS:
            self.at = word.end()
            return _WORDS[word[0]]
        raise _NoJsonError(self.not_word(word[0]) if word else self.not_value(sign), self.at)

    def number(self, text: str) -> int | float:
        value: int | float = math.inf if len(text) > 400 else json.loads(text)
        if math.isinf(value):
            raise _NoJsonError("a number is too large", self.at)
        return value

    @staticmethod
    def not_word(word: str) -> str:
        if word in _MEANT:
            return f"{word} is no JSON: write {_MEANT[word]}"
        if word in ("NaN", "Infinity"):
            return f"{word} is no JSON: there is no such number"
        return f"{word[:40]} is no value of JSON: a text stands in double quotes"

    def not_value(self, sign: str) -> str:
        if not sign:
            return "a value is missing at the end" if self.text.strip("\ufeff \t\r\n") else "the JSON is empty"
        return {
            "'": 'JSON has double quotes: write "…"',
            "/": "JSON has no comments",
            "#": "JSON has no comments",
            "-": "this is no number of JSON",
            "+": "a number of JSON has no plus sign",
            ".": "a number of JSON begins with a digit: write 0.…",
            ",": "a value is missing before a comma",
            "]": "a value is missing",
            "}": "a value is missing",
        }.get(sign, "this is no number of JSON" if sign.isdigit() else f"a value cannot begin with {json.dumps(sign)}")
