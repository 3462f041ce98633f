"""What a person must know of an import: what was left out, what means something else here."""

from __future__ import annotations

from typing import NamedTuple

from tocsin.notice import Level


class Note(NamedTuple):
    """A fact about one thing of Devtron's: what it is in words ("rule"), and its id."""

    what: str
    id: int | None
    text: str
    level: Level

    def __str__(self) -> str:
        return f"{self.what}{'' if self.id is None else f' {self.id}'} {self.text}"


class Notes(list[Note]):
    """The notes, in the order in which they came up; none twice."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[Note] = set()

    def tell(self, what: str, id_: int | None, text: str, level: Level = "notice") -> None:
        """Add a note."""
        note = Note(what, id_, text, level)
        if note not in self._seen:
            self._seen.add(note)
            self.append(note)

    def warn(self, what: str, id_: int | None, text: str) -> None:
        """Add one about what is lost, or differs."""
        self.tell(what, id_, text, "warning")
