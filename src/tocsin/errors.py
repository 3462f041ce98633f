"""The errors a user can meet, one exit code a class.

TocsinError       70  a defect of ours, when nothing more exact was raised
├── UsageError     2  the command line is off
├── PolicyError    3  the policy is invalid or missing; carries every problem at once
│   └── UnreachablePolicyError   it lies elsewhere, and cannot be had now
└── ContextError   4  what this run is about cannot be worked out
"""

from __future__ import annotations

from tocsin.checks import Check
from tocsin.named_tuple import NamedTuple


class Problem(NamedTuple):
    """One thing wrong in a policy file, with its place (lines and columns count from 1), up to just before its end (0 where unknown)."""

    file: str
    line: int
    column: int
    message: str
    severity: str = "error"  # or "warning"
    end_line: int = 0
    end_column: int = 0
    check: Check = Check.POLICY_FILE

    @property
    def place(self) -> str:
        """Where it stands, as editors and logs make a link of it."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def end(self) -> tuple[int, int]:
        """The line and the column just behind it; where it begins, if its end is not known."""
        return (self.end_line, self.end_column) if self.end_line else (self.line, self.column)

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.message}"


class TocsinError(Exception):
    """What went wrong, why, and what to do next, in one text for the user."""

    exit_code = 70


class UsageError(TocsinError):
    """The command line, or a TOCSIN_* variable in its place, is off."""

    exit_code = 2


class PolicyError(TocsinError):
    """The policy is invalid or missing; `problems` has every one found, in the file's order."""

    exit_code = 3

    def __init__(self, message: str, problems: list[Problem] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or []


class UnreachablePolicyError(PolicyError):
    """The policy lies elsewhere and cannot be had now: nothing is sent, and the build goes on, unless it is strict."""


class ContextError(TocsinError):
    """What this run is about cannot be worked out (no status at completion, unreadable facts)."""

    exit_code = 4
