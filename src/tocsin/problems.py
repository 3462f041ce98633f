"""The problems of a policy as text, JSON, GitHub annotations and GitLab's code quality report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from tocsin.console import LINE_MAX_CHARS, Console
from tocsin.errors import Problem
from tocsin.text import clean


def _text(problems: Sequence[Problem], console: Console) -> None:
    for problem in problems:
        console.answer(str(problem))


def _json(problems: Sequence[Problem], console: Console) -> None:
    console.data([problem._asdict() for problem in problems])


def _github(problems: Sequence[Problem], console: Console) -> None:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands."""
    for problem in problems:
        console.command(annotation(problem))


def annotation(problem: Problem, title: str = "") -> str:
    """A problem as GitHub's log command, which shows it at its line, under a title where one is given."""
    place = f"file={_property(problem.file)},line={problem.line},col={problem.column}{f',title={_property(title)}' if title else ''}"
    return f"::{problem.severity} {place}::{encoded(problem.message)}"


def encoded(text: str) -> str:
    """Text as the data of a log command of GitHub's: one line, no escape that it did not mean, and no command inside."""
    return clean(text, LINE_MAX_CHARS).replace("%", "%25").replace("##[", "# #[")


def _property(text: str) -> str:
    return encoded(text).replace(":", "%3A").replace(",", "%2C")


def _gitlab(problems: Sequence[Problem], console: Console) -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""
    console.data(
        [
            {
                "description": problem.message,
                "check_name": "tocsin-policy",
                "fingerprint": hashlib.sha256(str(problem).encode()).hexdigest(),
                "severity": "major" if problem.severity == "error" else "minor",
                "location": {"path": problem.file, "lines": {"begin": problem.line}},
            }
            for problem in problems
        ]
    )


FORMATS: dict[str, Callable[[Sequence[Problem], Console], None]] = {"text": _text, "json": _json, "github": _github, "gitlab": _gitlab}
