"""The problems of policies in every form that `tocsin check` prints; the longer forms have a file each beside this one."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.annotations import annotation
from tocsin.commands.checked import Checked, fingerprints
from tocsin.console import Console
from tocsin.errors import Problem

_JSON_KEYS = ("file", "line", "column", "message", "severity")


def _text(checked: Checked, console: Console) -> None:
    for problem in checked.problems:
        console.answer(str(problem))


def _json(checked: Checked, console: Console) -> None:
    console.data([_data(problem) for problem in checked.problems])


def _data(problem: Problem) -> dict[str, object]:
    line, column = problem.end
    given = {key: getattr(problem, key) for key in _JSON_KEYS}
    return {**given, "check": problem.check.value, "end_line": line, "end_column": column}


def _github(checked: Checked, console: Console) -> None:
    for problem in checked.problems:
        console.command(annotation(problem))


def _gitlab(checked: Checked, console: Console) -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""
    console.data(
        [
            {
                "description": problem.message,
                "check_name": problem.check.value,
                "fingerprint": fingerprint,
                "severity": "major" if problem.severity == "error" else "minor",
                "location": {"path": problem.file, "lines": {"begin": problem.line}},
            }
            for problem, fingerprint in zip(checked.problems, fingerprints(checked.problems), strict=True)
        ]
    )


def _sarif(checked: Checked, console: Console) -> None:
    from tocsin.commands.check_sarif import sarif

    console.data(sarif(checked.problems))


def _junit(checked: Checked, console: Console) -> None:
    from tocsin.commands.check_junit import junit

    console.script(junit(checked))


FORMATS: dict[str, Callable[[Checked, Console], None]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "gitlab": _gitlab,
    "sarif": _sarif,
    "junit": _junit,
}
FROM_THE_ROOT = ("github", "gitlab", "sarif", "junit")  # those who read them know files by their path in the repository
