"""What a rendering may spend. Jinja2's sandbox stops attribute tricks but neither memory nor time: here everything is paid for.

A step is about a microsecond. What a library does in one call (compare, sort, hash, search) is paid for before it is done, by the
size of what goes in: lists that hold one list twice, forty times over, are small until something walks through them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jinja2.exceptions import TemplateRuntimeError

from tocsin.templates import budget

SIZE_MAX = 256 * 1024  # ours: characters of one text, items of one list
STEPS_MAX = 200_000  # ours: of one rendering
DEPTH_MAX = 50  # ours: levels of a value that is compared, sorted, hashed or written out
ITEMS_A_STEP = 16  # characters or items that are copied
CHARACTERS_A_STEP = 64  # that are compared
TEMPLATE_STEPS = 1_000  # to try the shortest template
SOURCE_CHARACTER_STEPS = 4  # to read one character of a template
PART_STEPS = 60  # to compile one part of it: a name, a filter, a text
SUGGESTION_STEPS = 5_000  # to find what an unknown name probably means
PRODUCT_A_STEP = 4096  # characters of a text by those of what is sought in it, at the worst


class TemplateRefusal(TemplateRuntimeError):  # noqa: N818  an answer to the template's author
    """What a template may not do or name; `word` is the part of its text that is meant."""

    def __init__(self, message: str, word: str = "") -> None:
        super().__init__(message)
        self.word = word


class TooMuch(TemplateRefusal):
    """A template takes too much time or memory, or its text grows too long."""


class Steps:
    """Some steps that are left."""

    __slots__ = ("left", "words")

    def __init__(self, left: float, words: str) -> None:
        self.left, self.words = left, words

    def spend(self, steps: float) -> None:
        """Take steps away. Raises TooMuch where there are not as many."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch(self.words)


_ALONE = "this takes too many steps: loop over less"
_TOGETHER = "the policy's templates take too many steps together: use fewer, or let them loop over less"
_own: ContextVar[Steps] = ContextVar("steps of this rendering")


def spend_together(steps: float) -> None:
    """Pay for what is done to a template before it is rendered. Raises TooMuch."""
    if not budget.current().take(steps):
        raise TooMuch(_TOGETHER)


@contextmanager
def rendering() -> Iterator[None]:
    """One rendering, with steps of its own; those of all templates together get less by what it spends."""
    everything = budget.current()
    own = Steps(STEPS_MAX, _ALONE) if everything.left >= STEPS_MAX else Steps(everything.left, _TOGETHER)
    begin = own.left
    token = _own.set(own)
    try:
        yield
    finally:
        _own.reset(token)
        everything.take(begin - max(own.left, 0))


def spend(steps: float = 1) -> None:
    """Pay for work. Raises TooMuch."""
    _own.get().spend(steps)


def fitting(size: float) -> None:
    """Raise TooMuch where a text or list of this many characters or items would be too large."""
    if size > SIZE_MAX:
        raise TooMuch(f"this makes a text or list of more than {SIZE_MAX:,} characters or items")


def length(value: Any) -> int:
    """How much there is to copy of a value: characters or items."""
    return len(value) if isinstance(value, (str, list, tuple, dict)) else 0


def pay(value: Any) -> Any:
    """Charge for a value that was made, and give it back. Raises TooMuch."""
    size = length(value)
    fitting(size)
    spend(1 + size // ITEMS_A_STEP)
    return value


def weigh(*values: Any) -> None:
    """Pay for walking through all that values hold, as often as they hold it. Raises TooMuch, also where they are too deep."""
    steps = _own.get()
    for value in values:
        _weigh(value, steps, 0)


def _weigh(value: Any, steps: Steps, depth: int) -> None:
    steps.spend(1 + len(value) // CHARACTERS_A_STEP if isinstance(value, str) else 1)
    if not isinstance(value, (list, tuple, range, Mapping)):
        return
    if depth > DEPTH_MAX:
        raise TooMuch("this makes a list that is too deep")
    if isinstance(value, range):
        steps.spend(len(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _weigh(key, steps, depth + 1)
            _weigh(item, steps, depth + 1)
    else:
        for item in value:
            _weigh(item, steps, depth + 1)


def search(text: str, *sought: Any) -> None:
    """Pay for looking for texts in a text: at the worst, each character is held against each. Raises TooMuch."""
    for other in sought:
        spend(len(text) * len(other) // PRODUCT_A_STEP if isinstance(other, str) else 0)


def mapping(pairs: Any) -> dict[Any, Any]:
    """A mapping of pairs, whose keys are paid for: to hash one is to walk through it. Raises TooMuch, TypeError, ValueError."""
    result = {}
    for key, value in pairs:
        weigh(key)
        result[key] = value
    return result


def compare(operation: str, left: Any, right: Any) -> bool:
    """Hold one value against another, paid for. Raises TooMuch, TypeError."""
    if operation in ("in", "notin"):
        return _contains(right, left) == (operation == "in")
    weigh(left, right)
    return bool(_COMPARISONS[operation](left, right))


def _contains(container: Any, value: Any) -> bool:
    weigh(value)
    if isinstance(container, str):
        search(container, value)
    elif not isinstance(container, Mapping):
        if not isinstance(container, (list, tuple, range, type(None))):
            raise TypeError("`in` looks into texts, lists and mappings")
        weigh(container)
    return value in container


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
}
