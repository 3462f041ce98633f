"""Log commands of GitHub's that annotate a run.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from tocsin.console import LINE_MAX_CHARS
from tocsin.errors import Problem
from tocsin.text import clean


def annotation(problem: Problem, title: str = "") -> str:
    """A problem as GitHub's log command, which shows it at its line, under a title where one is given."""
    place = f"file={_property(problem.file)},line={problem.line},col={problem.column}{f',title={_property(title)}' if title else ''}"
    return f"::{problem.severity} {place}::{encoded_data(problem.message)}"


def encoded_data(text: str) -> str:
    """Text as the data of a log command of GitHub's: one line, no escape that it did not mean, and no command inside."""
    return clean(text, LINE_MAX_CHARS).replace("%", "%25").replace("##[", "# #[")


def _property(text: str) -> str:
    return encoded_data(text).replace(":", "%3A").replace(",", "%2C")
