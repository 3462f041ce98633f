"""Bytes to YAML nodes: bounded in size, depth and aliases, with one clear error for whatever is no policy.

Nodes keep their positions, so that an error found much later can still name its line and column.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from tocsin.checks import Check
from tocsin.named_tuple import NamedTuple
from tocsin.policy.plain_yaml import Scanner, TooManyTokensError
from tocsin.policy.yaml_parts import yaml
from tocsin.wrong import Place, Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_MAX_BYTES = 4 * 1024 * 1024  # ours, as is all below
LINES_MAX = 200_000
NODES_MAX = 300_000  # a policy of ten thousand rules with four selector keys each has 220,000
LEVELS_MAX = 50
ALIASED_NODES_MAX = 10_000
TOO_MANY = f"a policy has at most {NODES_MAX:,} keys and values: make it smaller"
TOO_DEEP = f"values are nested deeper than {LEVELS_MAX} levels"

LIBYAML_FROM_CHARS = 4_000  # ours: a shorter text is read sooner than libyaml is loaded

# What stands in a node's `tag` where the file gives none: how the value is written.
PLAIN, QUOTED, SEQUENCE, MAPPING = "plain", "quoted", "sequence", "mapping"

Node: TypeAlias = yaml.nodes.Node


class BadFileError(ValueError):
    """Why the bytes cannot be read on: they are no YAML that a policy may be. `wrong` has the place."""

    def __init__(self, message: str, check: Check = Check.INVALID_YAML, start: Place = (1, 1), end: Place | None = None) -> None:
        super().__init__(message)
        self.wrong = Wrong(check, message).placed(start, end)

    @classmethod
    def at(cls, node: Node, message: str, check: Check = Check.INVALID_YAML) -> BadFileError:
        """The error about a node."""
        return cls(message, check, start(node), end(node))


class _Rules:
    """What both parsers ask of their resolver: no implicit types, and a limit to the depth."""

    levels = 0
    nodes = 0
    most = NODES_MAX

    def resolve(self, kind: type[Node], text: Any, implicit: Any) -> str:
        if kind is yaml.nodes.ScalarNode:
            self.refuse_halves(text)
            return PLAIN if implicit[0] else QUOTED
        return MAPPING if kind is yaml.nodes.MappingNode else SEQUENCE

    def descend_resolver(self, parent: Node | None, _: object) -> None:
        self.levels += 1
        self.nodes += 1
        if self.nodes > self.most:
            raise BadFileError(TOO_MANY, Check.TOO_LARGE, start(parent) if parent else (1, 1))
        if self.levels > LEVELS_MAX:
            raise BadFileError(TOO_DEEP, Check.TOO_LARGE, start(parent) if parent else (1, 1))

    def ascend_resolver(self) -> None:
        self.levels -= 1

    def refuse_halves(self, text: str) -> None:
        """Raise ValueError for a half of a surrogate pair; libyaml does by itself."""


class _PlainParser(Scanner, yaml.parser.Parser, yaml.composer.Composer, _Rules):
    def __init__(self, text: str) -> None:
        Scanner.__init__(self, text)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)


@cache
def _libyaml() -> Any:
    """The parser by libyaml, None where PyYAML comes without: faster, the same otherwise."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs name it as an import only
    except ImportError:
        return None
    return type("_Parser", (_Rules, CParser), {})


def _parser(text: str) -> Any:
    fast = _libyaml() if len(text) >= LIBYAML_FROM_CHARS or "yaml.cyaml" in sys.modules else None
    return (fast or _PlainParser)(text)


def start(node: Node) -> Place:
    """Where a node begins."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def end(node: Node) -> Place:
    """Just behind a node; behind a block also what is empty there: its end is where the next token begins."""
    return node.end_mark.line + 1, node.end_mark.column + 1


def decode(data: bytes, what: str = "the policy") -> str:
    """The text of a file, without a byte order mark. Raises BadFileError where it is none, or more than FILE_MAX_BYTES."""
    if len(data) > FILE_MAX_BYTES:
        raise BadFileError(f"{what} has more than {FILE_MAX_BYTES:,} bytes (4 MiB): make it smaller", Check.NOT_TEXT)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFileError(f"{what} is UTF-16: save it as UTF-8", Check.NOT_TEXT)
    if b"\0" in data:
        raise BadFileError(f"{what} is a binary file: it holds a NUL byte", Check.NOT_TEXT, _place(data, data.index(b"\0")))
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadFileError(f"{what} is not UTF-8: save it as UTF-8", Check.NOT_TEXT, _place(data, error.start)) from None


def _place(data: bytes, offset: int) -> Place:
    return _behind(data[:offset].decode("utf-8", "replace"))


def _behind(text: str) -> Place:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _refuse_control_characters(text: str) -> None:
    """Raise BadFileError for what is no character of YAML's: https://yaml.org/spec/1.2.2/#51-character-set."""
    refused = [character for character in set(text) if not character.isprintable() and _is_control(ord(character))]
    if refused:
        place = _behind(text[: min(map(text.index, refused))])
        raise BadFileError("this is not valid YAML: control characters are not allowed", start=place)


def _is_control(code: int) -> bool:
    if code < 0xA0:
        return (code < 0x20 or code >= 0x7F) and chr(code) not in "\t\n\r\x85"
    return 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF)


def root_node(text: str) -> Node | None:
    """The root node of the one document in `text`; None where it is empty. Raises BadFileError."""
    return compose(text)[0]


def compose(text: str, nodes_max: int = NODES_MAX) -> tuple[Node | None, int]:
    """The root node of the one document in `text`, None where it is empty; and how many nodes it has. Raises BadFileError."""
    breaks = text.count("\n") + text.count("\r") + sum(text.count(other) for other in "\x85\u2028\u2029")
    if breaks > LINES_MAX:
        raise BadFileError(f"a policy has at most {LINES_MAX:,} lines: make it smaller", Check.TOO_LARGE)
    _refuse_control_characters(text)
    try:
        parser = _parser(text)
        parser.most = nodes_max
        root: Node | None = parser.get_single_node()
    except TooManyTokensError:
        raise BadFileError(TOO_MANY, Check.TOO_LARGE) from None
    except yaml.error.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        character = text[mark.index : mark.index + 1] if mark else ""
        check = Check.TOO_LARGE if "maximum nesting depth" in (error.problem or "") else Check.INVALID_YAML
        raise BadFileError(_words(error, character), check, (mark.line + 1, mark.column + 1) if mark else (1, 1)) from None
    except RecursionError:
        raise BadFileError(TOO_DEEP, Check.TOO_LARGE) from None
    except BadFileError:
        raise
    except (ValueError, OverflowError):  # Python's own, of an escape or a version
        raise BadFileError("this is not valid YAML: an escape names no character, or a number is too long") from None
    if root is not None and "&" in text:
        _Measure().expand(root)
    return root, parser.nodes


# What both parsers say, by a part of it, in words that say what to do.
_WORDS = {
    "found another document": "a second YAML document begins here: a policy is one document",
    "mapping values are not allowed": "a key with a value cannot stand here: is a line indented too deep, or a text with ': ' not quoted?",
    "could not find expected ':'": "a ':' is missing after a key here, or on the line before",
    "found unexpected end of stream": "a quote is opened and never closed",
    "found undefined alias": "no anchor (&name) of this alias comes before it; a text that begins with * must be in quotes",
    "alphabetic or numeric character": "a text that begins with * or & must be in quotes",
    "expected ',' or ']'": "a ',' or ']' is missing, or a text with one of {}[], in it is not in quotes",
    "expected ',' or '}'": "a ',' or '}' is missing, or a text with one of {}[], in it is not in quotes",
    "did not find expected key": "the line's indentation fits none of the lines above it",
    "did not find expected '-'": "the line's indentation fits none of the lines above it",
    "expected <block end>": "the line's indentation fits none of the lines above it",
    "maximum nesting depth": TOO_DEEP,
}


def _words(error: yaml.error.MarkedYAMLError, character: str) -> str:
    problem = (error.problem or "it cannot be read").strip()
    if character == "\t":
        return "a tab cannot indent YAML: use spaces"
    if "cannot start any token" in problem:
        return f"a text cannot begin with {character!r}: put it in quotes"
    words = next((words for part, words in _WORDS.items() if part in problem), None)
    return words or f"this is not valid YAML: {problem}"


class _Size(NamedTuple):
    nodes: int  # with all aliases written out
    levels: int


class _Measure:
    """What the aliases of a document come to when they are written out."""

    def __init__(self) -> None:
        self.sizes: dict[int, _Size | None] = {}  # by node; None while the walk is inside it
        self.aliased = 0

    def expand(self, node: Node) -> _Size:
        """Count a node, and hold what its aliases add against the limits. Raises BadFileError."""
        self.sizes[id(node)] = None
        nodes, levels = 1, 0
        for child in _children(node):
            size = self._child(node, child)
            nodes, levels = min(nodes + size.nodes, ALIASED_NODES_MAX + 1), max(levels, size.levels)
        if levels >= LEVELS_MAX:
            raise BadFileError.at(node, f"aliases nest values deeper than {LEVELS_MAX} levels", Check.TOO_LARGE)
        self.sizes[id(node)] = size = _Size(nodes, levels + 1)
        return size

    def _child(self, parent: Node, child: Node) -> _Size:
        if id(child) not in self.sizes:
            return self.expand(child)
        size = self.sizes[id(child)]
        if size is None:
            raise BadFileError.at(parent, "an alias stands inside the value that it names, so that it would have no end", Check.TOO_LARGE)
        self.aliased += size.nodes
        if self.aliased > ALIASED_NODES_MAX:
            raise BadFileError.at(parent, f"the aliases come to more than {ALIASED_NODES_MAX:,} values", Check.TOO_LARGE)
        return size


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, yaml.nodes.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.nodes.MappingNode):
        for key, value in node.value:
            yield key
            yield value
