"""The flags that several commands share, and what they ask for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tocsin.commands.arguments import OneOf, Parser
from tocsin.terms import FLAGS

if TYPE_CHECKING:
    from tocsin.request import Request

HOOKS = ("trigger", "completion")
PORT_MAX = 65535
CONTEXT_FLAGS = tuple((name.replace("_", "-"), *term.flag) for name, term in FLAGS.items() if term.flag)


def add_hook(command: Parser, *, nargs: str | None = None, default_words: str = "") -> None:
    """The hook; `default_words` say what holds where it may be left out."""
    text = f"trigger: the run has started; completion: it has ended{default_words}"
    command.add_argument("hook", nargs=nargs, metavar="HOOK", type=OneOf(HOOKS), help=text)


def add_policy(command: Parser) -> None:
    """`--policy`."""
    command.add_argument("--policy", metavar="FILE", help="the policy, or - for standard input (default: the repository's)")


def add_event(command: Parser) -> None:
    """The policy, and what the event is made of."""
    from tocsin.ci import CIS

    add_policy(command)
    command.add_argument(
        "--status", metavar="S", help="how the run ended: success, failure, cancelled, unstable, waiting, skipped, or the CI's own word"
    )
    command.add_argument("--facts", metavar="FILE", help="JSON in the event's fields, for what only a plug-in knows")
    command.add_argument(
        "--tests", metavar="GLOB", action="append", help="JUnit XML reports of the workspace, for the tests that failed; may be repeated"
    )
    command.add_argument("--ci", metavar="NAME", type=OneOf(CIS, or_empty=True), help=f"{', '.join(CIS)} (default: by its variables)")
    command.add_group("what the run is about (default: the CI's variables, then the policy)", CONTEXT_FLAGS)


def request(words: argparse.Namespace) -> Request:
    """What the hook and the event's flags ask for."""
    from tocsin.request import Request

    flags = {name: getattr(words, name) for name in FLAGS if getattr(words, name)}
    return Request(words.hook, words.status, flags, words.facts, words.policy, words.ci, tests=tuple(words.tests or ()))


def port(text: str) -> int:
    """A port's number, 0 for any that is free. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no port: use a number up to {PORT_MAX}, or 0 for any that is free")
    return int(text)
