"""What `tocsin check` found, and by what a problem is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tocsin.errors import Problem


class Checked(NamedTuple):
    """The files that were checked, and all that is wrong with them. Under `strict` a warning fails, too."""

    files: Sequence[str]
    problems: Sequence[Problem]
    strict: bool = False

    def fails(self, problem: Problem) -> bool:
        """Whether a problem gives the exit code 3."""
        return self.strict or problem.severity == "error"


def fingerprints(problems: Sequence[Problem]) -> Iterator[str]:
    """What a problem is known by as long as it is there: nothing of it changes when its lines move. One that occurs again has a number."""
    from hashlib import sha256

    seen: dict[str, int] = {}
    for problem in problems:
        digest = sha256(f"{problem.file}\n{problem.check.value}\n{problem.message}".encode(errors="replace")).hexdigest()[:32]
        seen[digest] = seen.get(digest, 0) + 1
        yield f"{digest}:{seen[digest]}"
