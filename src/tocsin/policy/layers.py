"""The layers of a policy laid over each other: its bases, first to last, and the repository's own file last.

Mappings are merged by their keys, as deep as DEPTHS says; rules are put behind each other, and one of the same name takes the place of
the one before. A new section of the policy is a row in DEPTHS, or in LISTS where it is a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tocsin.checks import Check
from tocsin.named_tuple import NamedTuple
from tocsin.policy.layer import Layer
from tocsin.policy.problem_places import Origin
from tocsin.policy.sharing import Sharing, Without
from tocsin.policy.words import quoted
from tocsin.record import as_list
from tocsin.wrong import DataPath, Wrong

if TYPE_CHECKING:
    from tocsin.policy.problem_places import Problems

# A section to how deep its mappings are merged by their keys; what lies deeper is taken whole. A channel is taken whole:
# half of one with half of another would send to where neither of their authors meant.
DEPTHS = {
    "version": 0,
    "context": 1,
    "environments": 2,
    "people": 2,
    "channels": 1,
    "notifications": 0,
    "message": 2,
    "delivery": 1,
    "mute": 0,
}
LISTS: dict[DataPath, str | None] = {
    ("notifications",): "name",
    ("mute",): "name",
    ("context", "rules"): None,
}  # and the key that names an item
EACH = "*"  # as a name in `locked`: all that a section has


class Part(NamedTuple):
    """A part that is taken as one file has it."""

    value: Any
    origin: Origin


class Branch(NamedTuple):
    """A mapping whose values may come from several files; its own place is in the last one."""

    parts: dict[str, Piece]
    origin: Origin


class Row(NamedTuple):
    """A list whose items may come from several files."""

    parts: list[Part]
    origin: Origin


Piece = Part | Branch | Row


class Layers:
    """The layers so far, as one."""

    def __init__(self, *, complete: bool = True) -> None:
        self.complete = complete  # False: a name that is not there may be one of a layer that cannot be read
        self.top: dict[str, Piece] = {}
        self.locks: dict[tuple[str, str | None], str] = {}  # a section, or a name in it, and where it is locked

    def lay(self, layer: Layer, sharing: Sharing) -> None:
        """Lay a file over those before it, and note what it may not do."""
        self._refuse_locked(layer, sharing)
        self._leave_out(sharing.without, layer.problems)
        for name in DEPTHS:
            if name in layer.data:
                piece = _piece(layer.data[name], (name,), layer.problems)
                self.top[name] = _laid(self.top[name], piece, LISTS.get((name,))) if name in self.top else piece
        self._lock(sharing.locked, layer.problems)

    def merged(self) -> tuple[dict[str, Any], dict[DataPath, Origin]]:
        """The data of all layers as one, and where each part of them stands."""
        origins: dict[DataPath, Origin] = {}
        return {name: _value(piece, (name,), origins) for name, piece in self.top.items()}, origins

    def _names(self) -> dict[str, dict[str, DataPath]]:
        """The names that each section has."""
        return {section: dict(_named(self.top.get(section))) for section in DEPTHS}

    def _lock(self, locked: list[str], problems: Problems) -> None:
        there = self._names() if locked else {}
        for index, text in enumerate(locked):
            path: DataPath = ("locked", index)
            section, dot, name = text.partition(".")
            if section not in DEPTHS:
                hint = problems.suggest(section, DEPTHS, listed="known sections")
                problems.add(Wrong(Check.BASE_PART, f"'locked' names {quoted(text)}, which is no section{hint}", path))
            elif dot and name != EACH and name not in there[section]:
                if not self.complete:
                    continue
                hint = problems.suggest(name, there[section], listed="here are")
                problems.add(Wrong(Check.BASE_PART, f"'locked' names {quoted(text)}, which is not there{hint}", path))
            else:
                file, line = problems.origin(path).place
                for each in there[section] if name == EACH else [name if dot else None]:
                    self.locks.setdefault((section, each), f"{file}:{line}")

    def _leave_out(self, without: Without, problems: Problems) -> None:
        for section in Without.model_fields:
            piece, wanted = self.top.get(section), getattr(without, section)
            there = dict(_named(piece))
            for index, name in enumerate(wanted):
                if name not in there and self.complete:
                    hint = problems.suggest(name, there, listed="the bases have")
                    message = f"'without' names {quoted(name)}, which no base has in {quoted(section)}{hint}"
                    problems.add(Wrong(Check.BASE_PART, message, ("without", section, index)))
            gone = frozenset(wanted)
            if isinstance(piece, Branch) and gone:
                self.top[section] = piece._replace(parts={name: part for name, part in piece.parts.items() if name not in gone})
            elif isinstance(piece, Row) and gone:
                self.top[section] = piece._replace(parts=[part for part in piece.parts if _name_of(part.value) not in gone])

    def _refuse_locked(self, layer: Layer, sharing: Sharing) -> None:
        said: dict[tuple[str, str | None], list[DataPath]] = {}
        if not self.locks:
            return
        for section in DEPTHS:
            if section in layer.data:
                piece = _piece(layer.data[section], (section,), layer.problems)
                said.setdefault((section, None), []).append((section,))
                for name, path in _named(piece):
                    said.setdefault((section, name), []).append(path)
        for section in Without.model_fields:
            for index, name in enumerate(getattr(sharing.without, section)):
                for key in (None, name):
                    said.setdefault((section, key), []).append(("without", section, index))
        for locked, where in self.locks.items():
            for path in said.get(locked, ()):
                what = quoted(locked[0]) if locked[1] is None else f"{quoted(locked[1])} in {quoted(locked[0])}"
                message = f"{what} is locked at {where}, so it cannot be changed here (delete it here)"
                layer.problems.add(Wrong(Check.BASE_LOCKED, message, path, at_key=True))


def _piece(value: Any, path: DataPath, problems: Problems) -> Piece:
    origin = Origin(problems.own, path)
    if path in LISTS:
        return Row([Part(item, Origin(problems.own, (*path, index))) for index, item in enumerate(as_list(value))], origin)
    if isinstance(value, dict) and len(path) <= DEPTHS[str(path[0])]:
        return Branch({key: _piece(below, (*path, key), problems) for key, below in value.items()}, origin)
    return Part(value, origin)


def _laid(below: Piece, above: Piece, name_key: str | None = None) -> Piece:
    if isinstance(below, Branch) and isinstance(above, Branch):
        parts = dict(below.parts)
        for key, piece in above.parts.items():
            parts[key] = _laid(parts[key], piece) if key in parts else piece
        return Branch(parts, above.origin)
    if isinstance(below, Row) and isinstance(above, Row):
        return Row(_replaced(below.parts, above.parts) if name_key else [*below.parts, *above.parts], above.origin)
    return above


def _replaced(below: list[Part], above: list[Part]) -> list[Part]:
    """The rules below, each in its place or replaced by the first of its name above, and the others from above behind them."""
    places = {name: index for index, part in reversed(list(enumerate(below))) if (name := _name_of(part.value)) is not None}
    row, rest = list(below), []
    for part in above:
        place = places.pop(_name_of(part.value) or "", None)
        if place is None:
            rest.append(part)
        else:
            row[place] = part
    return [*row, *rest]


def _named(piece: Piece | None) -> Iterator[tuple[str, DataPath]]:
    """The names in a section, and where each is said."""
    if isinstance(piece, Branch):
        yield from ((name, below.origin.path) for name, below in piece.parts.items())
    elif isinstance(piece, Row):
        yield from ((name, (*part.origin.path, "name")) for part in piece.parts if (name := _name_of(part.value)) is not None)


def _name_of(rule: Any) -> str | None:
    name = rule.get("name") if isinstance(rule, Mapping) else None
    return name if isinstance(name, str) and name else None


def _value(piece: Piece, path: DataPath, origins: dict[DataPath, Origin]) -> Any:
    origins[path] = piece.origin
    if isinstance(piece, Branch):
        return {key: _value(below, (*path, key), origins) for key, below in piece.parts.items()}
    if isinstance(piece, Row):
        return [_value(below, (*path, index), origins) for index, below in enumerate(piece.parts)]
    return piece.value
