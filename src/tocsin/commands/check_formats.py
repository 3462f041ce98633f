"""The problems of a policy as text, JSON, GitHub annotations and GitLab's code quality report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tocsin.annotations import annotation
from tocsin.console import Console
from tocsin.errors import Problem

_JSON_KEYS = ("file", "line", "column", "message", "severity")


def _text(problems: Sequence[Problem], console: Console) -> None:
    for problem in problems:
        console.answer(str(problem))


def _json(problems: Sequence[Problem], console: Console) -> None:
    console.data([{key: getattr(problem, key) for key in _JSON_KEYS} for problem in problems])


def _github(problems: Sequence[Problem], console: Console) -> None:
    for problem in problems:
        console.command(annotation(problem))


def _gitlab(problems: Sequence[Problem], console: Console) -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""
    from hashlib import sha256

    console.data(
        [
            {
                "description": problem.message,
                "check_name": "tocsin-policy",
                "fingerprint": sha256(str(problem).encode()).hexdigest(),
                "severity": "major" if problem.severity == "error" else "minor",
                "location": {"path": problem.file, "lines": {"begin": problem.line}},
            }
            for problem in problems
        ]
    )


FORMATS: dict[str, Callable[[Sequence[Problem], Console], None]] = {"text": _text, "json": _json, "github": _github, "gitlab": _gitlab}
