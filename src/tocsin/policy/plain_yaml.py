"""YAML in Python alone: PyYAML's scanner, twice as fast, and with a bound.

It reads where PyYAML comes without libyaml, as on every runner, and a short text everywhere. What libyaml refuses is refused here too.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from tocsin.policy.yaml_parts import yaml

TOKENS_MAX = 750_000  # ours: what nodes.NODES_MAX values are written with; aliases, anchors and directives are not among the nodes
_BREAKS = "\r\n\x85\u2028\u2029"
_ENDS = f"\0 \t{_BREAKS}"
_SPACES = re.compile(" *")
_BLOCK_TEXT = re.compile(r"[^\s\0:]*")
_FLOW_TEXT = re.compile(r"[^\s\0:,?\[\]{}]*")
_VERSIONS = ((1, 1), (1, 2))  # that libyaml reads


class TooManyTokensError(Exception):
    """The text is too much to be read."""


class Mark:
    """A place in the text, counted from 0; without the text, for which PyYAML's has room."""

    __slots__ = ("column", "index", "line")

    def __init__(self, index: int, line: int, column: int) -> None:
        self.index, self.line, self.column = index, line, column


class Scanner(yaml.scanner.Scanner):
    """PyYAML's scanner over a text in memory, whose characters are known to be allowed."""

    encoding = None  # it is a text

    def __init__(self, text: str) -> None:
        self.buffer = f"{text}\0"
        self.index = self.line = self.column = 0
        self.left = TOKENS_MAX
        yaml.scanner.Scanner.__init__(self)

    def peek(self, ahead: int = 0) -> str:
        """One character, without going on."""
        return self.buffer[self.index + ahead]

    def prefix(self, length: int = 1) -> str:
        """The next characters, without going on."""
        return self.buffer[self.index : self.index + length]

    def get_mark(self) -> Any:
        """The present place."""
        return Mark(self.index, self.line, self.column)

    def forward(self, length: int = 1) -> None:
        """Go on by some characters."""
        begin, chunk = self.index, self.prefix(length)
        self.index += length
        if chunk.isprintable():  # a line break is not
            self.column += length
            return
        for at, character in enumerate(chunk, begin):
            if character in _BREAKS and self.buffer[at : at + 2] != "\r\n":
                self.line += 1
                self.column = 0
            elif character != "\ufeff":
                self.column += 1

    def fetch_more_tokens(self) -> Any:
        """Read on to the next token. Raises TooManyTokensError."""
        self.left -= 1
        if self.left < 0:
            raise TooManyTokensError
        return super().fetch_more_tokens()

    def scan_to_next_token(self) -> None:
        """Skip spaces, comments and line breaks."""
        if self.index == 0 and self.peek() == "\ufeff":
            self.forward()
        while True:
            self._skip(_SPACES)
            if self.buffer[self.index] == "#":
                self._skip(_comment())
            if not self.scan_line_break():  # type: ignore[no-untyped-call]
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_plain(self) -> Any:
        """A text without quotes."""
        chunks: list[str] = []
        spaces: list[str] = []
        begin = end = self.get_mark()
        indent = self.indent + 1
        while self.buffer[self.index] != "#":
            stop = self._end_of_text()
            if stop == self.index:
                break
            self.allow_simple_key = False
            chunks += [*spaces, self.buffer[self.index : stop]]
            self.forward(stop - self.index)
            end = self.get_mark()
            spaces = self.scan_plain_spaces(indent, begin) or []
            if not spaces or self.buffer[self.index] == "#" or (not self.flow_level and self.column < indent):
                break
        return yaml.tokens.ScalarToken("".join(chunks), True, begin, end)

    def scan_yaml_directive_value(self, start_mark: Any) -> Any:
        """The version that a document is written for."""
        version = super().scan_yaml_directive_value(start_mark)
        if version not in _VERSIONS:
            raise yaml.scanner.ScannerError(None, None, "found incompatible YAML document", start_mark)
        return version

    def refuse_halves(self, text: str) -> None:
        """Raise ValueError for a half of a surrogate pair, which an escape may write."""
        if not text.isascii():
            text.encode()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.buffer, self.index)
        if found and found.end() > self.index:
            self.forward(found.end() - self.index)

    def _end_of_text(self) -> int:
        """Where the text ends that begins here: at a space, a break, or a sign of YAML's."""
        pattern, signs, ends = (_FLOW_TEXT, f"{_ENDS},[]{{}}", f"{_ENDS},?[]{{}}") if self.flow_level else (_BLOCK_TEXT, _ENDS, _ENDS)
        at = self.index
        while True:
            found = pattern.match(self.buffer, at)
            at = found.end() if found else at
            sign = self.buffer[at]
            if sign == " ":
                if self.buffer[at + 1] in f"{signs}#:?":
                    return at
            elif sign == ":":
                if self.buffer[at + 1] in signs:
                    return at
            elif sign in ends:  # not every space of Unicode's is one of YAML's
                return at
            at += 1


@cache
def _comment() -> re.Pattern[str]:  # compiled where there is one
    return re.compile(f"[^\0{_BREAKS}]*")
