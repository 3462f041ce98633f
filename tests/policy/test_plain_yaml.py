"""YAML in Python alone: the faster scanner gives what PyYAML's own gives, place for place."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.policy import plain_yaml

PIECES = st.sampled_from(
    ["a", "b", " ", "  ", "\n", ":", ": ", "- ", "#", " #", "[", "]", "{", "}", ",", "?", "? ", "'", '"', "|\n", "> ", "\n  ", "&x ", "*x", "!t ",
     "%", "---\n", "...", "\t", "\r\n", "\x85", "\u2028", "\ufeff", "é", "a: b\n", "- a\n", "<<"]
)  # fmt: skip


def _loader(*scanner: type) -> Any:
    rest = (yaml.parser.Parser, yaml.composer.Composer, yaml.resolver.Resolver)

    def make(self: Any, text: str) -> None:
        if len(scanner) == 1:
            scanner[0].__init__(self, text)
        else:
            yaml.reader.Reader.__init__(self, text)
            yaml.scanner.Scanner.__init__(self)
        for base in rest:
            base.__init__(self)

    return type("Loader", (*scanner, *rest), {"__init__": make})


OURS, THEIRS = _loader(plain_yaml.Scanner), _loader(yaml.reader.Reader, yaml.scanner.Scanner)


def _read(loader: Any, text: str) -> Any:
    try:
        node = loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        return error.problem, error.problem_mark and (error.problem_mark.line, error.problem_mark.column)
    except (yaml.YAMLError, IndexError) as error:
        return type(error)
    return node and _plain(node)


def _plain(node: Any) -> Any:
    if isinstance(node, tuple):
        return tuple(map(_plain, node))
    value = node.value if isinstance(node.value, str) else list(map(_plain, node.value))
    begin, end = node.start_mark, node.end_mark
    return node.tag, value, (begin.line, begin.column, begin.index), (end.line, end.column, end.index)


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=1500)
def test_it_reads_what_pyyaml_reads(text: str):
    assert _read(OURS, text) == _read(THEIRS, text)


def test_it_ends_at_a_number_of_tokens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plain_yaml, "TOKENS_MAX", 10)
    with pytest.raises(plain_yaml.TooManyTokensError):
        _read(OURS, "[a, b, c, d, e, f, g]")
