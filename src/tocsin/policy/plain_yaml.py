"""YAML in Python alone, where PyYAML comes without libyaml, as on every runner: its scanner, twice as fast, and with a bound.

What libyaml refuses is refused here too.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

TOKENS_MAX = 750_000  # ours: what nodes.NODES_MAX values are written with; aliases, anchors and directives are not among the nodes
_ENDS = "\0 \t\r\n\x85\u2028\u2029"
_BREAKS = re.compile("[\r\n\x85\u2028\u2029\ufeff]")  # what `forward` must look at
_SPACES = re.compile(" *")
_COMMENT = re.compile("[^\0\r\n\x85\u2028\u2029]*")
_BLOCK_TEXT = re.compile(f"[^{_ENDS}:]*")
_FLOW_TEXT = re.compile(rf"[^{_ENDS}:,?\[\]{{}}]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_VERSIONS = ((1, 1), (1, 2))  # that libyaml reads


class TooManyTokensError(Exception):
    """The text is too much to be read."""


class Mark:
    """A place in the text, counted from 0; without the text, for which PyYAML's has room."""

    __slots__ = ("column", "index", "line")

    def __init__(self, index: int, line: int, column: int) -> None:
        self.index, self.line, self.column = index, line, column


class Scanner(yaml.reader.Reader, yaml.scanner.Scanner):
    """PyYAML's scanner over a text in memory."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        self.left = TOKENS_MAX

    def get_mark(self) -> Any:
        """The present place."""
        return Mark(self.index, self.line, self.column)

    def forward(self, length: int = 1) -> None:
        """Go on by some characters."""
        chunk = self.buffer[self.pointer : self.pointer + length]
        if _BREAKS.search(chunk):
            super().forward(length)
        else:
            self.pointer += length
            self.index += length
            self.column += length

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
            if self.buffer[self.pointer] == "#":
                self._skip(_COMMENT)
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
        while self.buffer[self.pointer] != "#":
            stop = self._end_of_text()
            if stop == self.pointer:
                break
            self.allow_simple_key = False
            chunks += [*spaces, self.buffer[self.pointer : stop]]
            self.forward(stop - self.pointer)
            end = self.get_mark()
            spaces = self.scan_plain_spaces(indent, begin) or []
            if not spaces or self.buffer[self.pointer] == "#" or (not self.flow_level and self.column < indent):
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
        if not text.isascii() and _SURROGATE.search(text):
            raise ValueError("a half of a surrogate pair")

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.buffer, self.pointer)
        if found and found.end() > self.pointer:
            self.forward(found.end() - self.pointer)

    def _end_of_text(self) -> int:
        """Where the text ends that begins here: at a space, a break, or a sign of YAML's."""
        pattern, signs = (_FLOW_TEXT, f"{_ENDS},[]{{}}") if self.flow_level else (_BLOCK_TEXT, _ENDS)
        at = self.pointer
        while True:
            found = pattern.match(self.buffer, at)
            at = found.end() if found else at
            sign = self.buffer[at]
            if sign == " ":
                if self.buffer[at + 1] in f"{signs}#:?":
                    return at
            elif sign != ":" or self.buffer[at + 1] in signs:
                return at
            at += 1
