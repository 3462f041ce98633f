"""The man page, made of the command line's own parser: `man tocsin` after an install by pip, which puts it beside the program."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Iterable, Iterator

from tocsin.commands import DESCRIPTION, parser
from tocsin.commands.arguments import Parser

PAGE = "docs/man/tocsin.1"
SUMMARY = "CI/CD notifications as code"
EXIT_CODES = {  # as README has them
    "0": "done; failed deliveries are warnings",
    "1": "under --strict, and of demo and channels test: a delivery failed; of test: a case failed, or too few rules are tested",
    "2": "the command line is wrong",
    "3": "the policy is invalid, or the one named is missing",
    "4": "what the run is about cannot be worked out",
    "70": "a defect of tocsin",
    "130, 143": "interrupted by SIGINT or SIGTERM",
}
FILES = {
    ".tocsin.yml, .github/tocsin.yml, .gitlab/tocsin.yml": "the policy, where --policy and TOCSIN_POLICY name no other",
    "tocsin.test.yml": "its tests, beside it",
}


def man_page() -> str:
    """The page in man's own macros, man(7). It has no date, so that it changes only where the command line does."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    top = parser()
    yield r".\" Written by ./dev docs."
    yield f'.TH TOCSIN 1 "" "tocsin" "{SUMMARY}"'
    yield from (".SH NAME", rf"tocsin \- {_text(SUMMARY)}", ".SH SYNOPSIS", r".B tocsin", r"\fICOMMAND\fR [\fIFLAGS\fR]")
    yield from (".SH DESCRIPTION", *_paragraph(DESCRIPTION), ".SH OPTIONS", *_options(top))
    yield ".SH COMMANDS"
    for command in top.commands.values():
        for below in command.commands.values() or [command]:
            yield from _command(below)
    yield from (".SH EXIT STATUS", *_terms(EXIT_CODES.items()), ".SH FILES", *_terms(FILES.items()))


def _command(command: Parser) -> Iterator[str]:
    """A command: its usage, what it does, its arguments."""
    yield f".SS {_text(command.usage or command.prog)}"
    yield from _paragraph(command.description or command.summary)
    yield from _options(command, ("help", "talk"))  # what every command has is said once


def _options(command: Parser, left_out: Collection[str] = ("help",)) -> Iterator[str]:
    yield from _terms(
        (_shown(argument), (argument.help or "") % vars(argument)) for argument in command.arguments if argument.dest not in left_out
    )


def _shown(argument: argparse.Action) -> str:
    value = "" if argument.nargs == 0 else str(argument.metavar or "")
    return ", ".join(f"{name} {value}".strip() for name in argument.option_strings) or value


def _terms(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in rows:
        yield from (".TP", f".B {_text(term)}", _text(meaning))


def _paragraph(text: str) -> Iterator[str]:
    yield from (_text(line) for line in text.strip().splitlines())


def _text(text: str) -> str:
    """Text that groff reads as text: a backslash and a dash are themselves, and no line is a request."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("…", "...")
    return re.sub(r"^(?=[.'])", r"\\&", escaped)
