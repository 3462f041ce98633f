"""What a policy is made of: the files, each with its own data, and the whole of them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, TypeAlias

from tocsin.named_tuple import NamedTuple
from tocsin.wrong import DataPath

if TYPE_CHECKING:
    from tocsin.policy.policy_text import Files
    from tocsin.policy.problem_places import Problems

FilesAt: TypeAlias = "Callable[[DataPath], Files | None]"
"""What reads the files that a part of the policy names: beside the base that has the part."""


class Layer(NamedTuple):
    """One file of a policy: its data as they are written and as they were meant, and its problems."""

    given: dict[str, Any]
    data: dict[str, Any]
    problems: Problems


class Whole(NamedTuple):
    """A policy with its bases: the files it is made of, its data, and what reads the files that a part of them names."""

    layers: list[Layer]
    data: dict[str, Any]
    files: FilesAt
    used: AbstractSet[str] = frozenset()  # the names of the bases from elsewhere
    complete: bool = True  # False where a base cannot be read: what it has is not known
