"""The runs that the policy tests of either side name: samples beside those that the policies name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tocsin.event import Fact, Facts
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, BadFileError, decode, root_node
from tocsin.terms import SELECTORS

if TYPE_CHECKING:
    from tocsin.comparison.sides import Side


def tested_runs(sides: Iterable[Side]) -> Iterator[Facts]:
    """What the cases of the policy tests say of their runs, as far as selectors ask for it; a file that is wrong names none."""
    for side in sides:
        for event in _events(_read(side)):
            said = {term.field: _text(event, term.field.split(".")) for term in SELECTORS.values()}
            facts = {field: Fact(text, "a policy test") for field, text in said.items() if text}
            if facts:
                yield facts


def _read(side: Side) -> bytes:
    """The policy tests beside a side's policy, or in the root of its repository."""
    from tocsin.policy_tests.files import NAME

    if not side.document or not side.files:
        return b""
    for path in dict.fromkeys([str(PurePosixPath(side.path).parent / NAME), NAME]):
        try:
            return side.files(path)
        except BadFileError:
            continue
    return b""


def _events(data: bytes) -> Iterator[Any]:
    try:
        root = root_node(decode(data))
    except BadFileError:
        return
    cases = _member(root, "cases")
    for case in cases.value if cases is not None and cases.tag == SEQUENCE else ():
        event = _member(case, "event")
        if event is not None:
            yield event


def _member(node: Any, name: str) -> Any:
    """The value of a key; None where there is none."""
    pairs = node.value if node is not None and node.tag == MAPPING else ()
    return next((value for key, value in pairs if key.value == name), None)


def _text(node: Any, path: list[str]) -> str | None:
    for name in path:
        node = _member(node, name)
    return str(node.value) or None if node is not None and node.tag in (PLAIN, QUOTED) else None
