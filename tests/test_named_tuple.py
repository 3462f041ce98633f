"""Our named tuples do what typing's do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.named_tuple import NamedTuple
from tocsin.wrong import Wrong


class Place(NamedTuple):
    """A place."""

    line: int
    column: int = 1

    @property
    def next(self) -> Place:
        """The next line's."""
        return self._replace(line=self.line + 1)


class Marked(Place):
    """Derived: the same fields."""


def test_it_is_made_and_read() -> None:
    place = Place(3)
    assert place == Place(line=3, column=1) == (3, 1)
    assert (place.line, place.column, place[0], *place) == (3, 1, 3, 3, 1)
    assert place.next == (4, 1)
    assert hash(place) == hash((3, 1))
    assert repr(place) == "Place(line=3, column=1)"
    assert place._asdict() == {"line": 3, "column": 1}
    assert Place._make([5, 6]) == (5, 6)
    assert Place._fields == Place.__match_args__ == ("line", "column")
    assert Place._field_defaults == {"column": 1}
    assert Place.__doc__ == "A place."


def test_it_is_copied_and_kept() -> None:
    wrong = Wrong(check=None, message="m", path=("a",))  # type: ignore[arg-type]
    for other in (copy.copy(wrong), copy.deepcopy(wrong), pickle.loads(pickle.dumps(wrong))):
        assert other == wrong
        assert type(other) is Wrong


def test_what_derives_from_it_has_its_fields() -> None:
    assert Marked(1, 2).column == 2
    assert type(Marked(1).next) is Marked


def test_it_is_frozen() -> None:
    for name in ("line", "other"):
        with pytest.raises(AttributeError):
            setattr(Place(1), name, 2)


@pytest.mark.parametrize(
    "make",
    [
        Place,
        lambda: Place(1, 2, 3),
        lambda: Place(1, line=2),
        lambda: Place(1, other=2),
        lambda: Place(column=1),
        lambda: Place(1)._replace(other=1),
    ],  # type: ignore[call-arg, misc]
)
def test_wrong_values_are_refused(make: Callable[[], Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        make()


def test_a_pattern_matches_it() -> None:
    match Place(1, 2):
        case Place(line, column=column):
            assert (line, column) == (1, 2)
