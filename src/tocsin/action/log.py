"""What goes to the runner's log: masks, annotations, groups and debug lines, all on one stream, so that their order holds.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from tocsin.annotations import annotation, encoded_data
from tocsin.console import Console
from tocsin.errors import Problem
from tocsin.secrets.parts import MASKED_MIN_CHARS

TITLE = "tocsin"


class Log:
    """The step's log. All texts are cleaned and encoded here: nothing in them can be a command."""

    def __init__(self, console: Console, *, debugging: bool) -> None:
        self._console, self.debugging = console, debugging

    def mask(self, secrets: Iterable[str]) -> None:
        """Have the runner hide these values, line by line, in all that the job logs from now on."""
        lines = {line.strip() for secret in secrets for line in secret.splitlines()}
        for line in sorted(line for line in lines if len(line) >= MASKED_MIN_CHARS):
            self._console.command(f"::add-mask::{line.replace('%', '%25')}")

    def annotate(self, text: str, level: str = "notice") -> None:
        """A line that is shown at the step and on the run's page; `level` is notice, warning or error."""
        self._console.command(f"::{level} title={TITLE}::{encoded_data(text)}")

    def problem(self, problem: Problem) -> None:
        """Something wrong in the policy, shown at its line."""
        self._console.command(annotation(problem, f"{TITLE} policy"))

    def line(self, text: str) -> None:
        """A line of the log."""
        self._console.answer(text)

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[int] | None = None) -> None:
        """Rows in columns."""
        self._console.table(rows, widths)

    def debug(self, text: str) -> None:
        """A line that is shown where the run was started with debug logging."""
        if self.debugging:
            self._console.command(f"::debug::{encoded_data(text)}")

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold the lines in between under a title."""
        self._console.command(f"::group::{encoded_data(title)}")
        try:
            yield
        finally:
            self._console.command("::endgroup::")
