"""The parser of the command line: help of one width, and errors that are one line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from tocsin.errors import UsageError
from tocsin.suggest import do_you_mean

HELP_WIDTH_CHARS = 80  # ours: the same text on every terminal
HELP_COLUMN_CHARS = 24
# What people write who know other tools, by the word here.
_SYNONYMS = {
    "init": ("setup", "new", "create", "configure"),
    "check": ("validate", "lint", "verify"), "send": ("notify", "run"), "explain": ("why", "match"),
    "preview": ("render", "show", "draw"),
    "context": ("env", "event", "debug"),
    "--environment": ("--env",), "--app": ("--application",), "--policy": ("--config", "--file"), "--report": ("--output",),
}  # fmt: skip
_HOOKS = {"trigger": ("start", "started", "begin"), "completion": ("complete", "end", "finish", "success", "failure")}


class OneOf:
    """An argument's type: one of the words in `known`. With `or_empty`, an empty value passes too: it counts as none."""

    def __init__(self, known: Iterable[str], *, or_empty: bool = False) -> None:
        self.known, self._or_empty = tuple(known), or_empty

    def __call__(self, text: str) -> str:
        """Raise argparse.ArgumentTypeError for any other word."""
        if text in self.known or (self._or_empty and not text):
            return text
        raise argparse.ArgumentTypeError(_unknown(text, self.known))


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=HELP_COLUMN_CHARS, width=HELP_WIDTH_CHARS)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line: what is wrong, what was probably meant, where to read on.

    `summary` is its line in the list of commands, `arguments` are its arguments in their order, `commands` the commands below it.
    """

    def __init__(self, *, summary: str = "", **keywords: Any) -> None:
        self.summary = summary
        self.arguments: list[argparse.Action] = []
        self.commands: dict[str, Parser] = {}
        self._noun = ""  # what a command below is called in help
        self._given: Sequence[str] = ()
        super().__init__(formatter_class=_Help, allow_abbrev=False, **keywords)
        self.set_defaults(parser=self)

    def add_argument(self, *names: Any, **keywords: Any) -> argparse.Action:
        """Add an argument, and note it in `arguments`."""
        self.arguments.append(super().add_argument(*names, **keywords))
        return self.arguments[-1]

    def add_group(self, title: str, flags: Iterable[tuple[str, str, str]]) -> None:
        """Add flags under a title: name, metavar, help."""
        group = self.add_argument_group(title)
        self.arguments += [group.add_argument(f"--{name}", metavar=metavar, help=text) for name, metavar, text in flags]

    def add_talk(self, default: str = argparse.SUPPRESS) -> None:
        """`--quiet` and `--verbose`: `talk` is the least level of talk that is printed. Without `default`, the parser above has it."""
        either = self.add_mutually_exclusive_group()
        for names, level, text in (
            (("-q", "--quiet"), "error", "print no notices and no warnings, only errors"),
            (("-v", "--verbose"), "debug", "print what was asked and decided on the way, too"),
        ):
            self.arguments.append(either.add_argument(*names, dest="talk", action="store_const", const=level, default=default, help=text))

    def add_commands(self, title: str, noun: str, rows: Mapping[str, tuple[str, str | None]]) -> None:
        """Add the commands below this one: name to help and usage."""
        self._noun = noun
        listed = self.add_subparsers(prog=self.prog, dest=noun.lower(), metavar=noun, required=True, title=title)
        for name, (text, usage) in rows.items():
            self.commands[name] = listed.add_parser(name, help=text, summary=text, usage=usage)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """As argparse does; `error` must know the words, which argparse puts into a text."""
        self._given = args or ()
        return super().parse_known_args(args, namespace)

    def refuse(self, flag: str) -> NoReturn:
        """Raise UsageError for a flag that is unknown."""
        name = flag.partition("=")[0]
        known = [option for argument in self.arguments for option in argument.option_strings]
        self.error(f"{name!r} is unknown here{_meant(name, known)}")

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        if message.startswith("the following arguments are required: "):
            name = message.partition(": ")[2]
            message = f"{name} is missing{self._listed(name)}"
        elif message.endswith("expected one argument"):
            flag = message.removeprefix("argument ").partition(":")[0]
            message = f"{flag} needs a value (one that begins with a dash is written {flag}=-VALUE)"
        for word in self._given:
            if self._noun and message.startswith(f"argument {self._noun}: invalid choice: {word!r} "):
                message = f"{self._noun}: {_unknown(word, tuple(self.commands))}"
                break
        raise UsageError(f"{message.removeprefix('argument ')}; see {self.prog} --help")

    def _listed(self, name: str) -> str:
        """In brackets, the words that an argument takes, or nothing."""
        known = {str(argument.metavar): argument.type.known for argument in self.arguments if isinstance(argument.type, OneOf)}
        words = {**known, self._noun: tuple(self.commands)}.get(name)
        return f" ({', '.join(words)})" if words else ""


def _unknown(word: str, known: Sequence[str]) -> str:
    listed = ", ".join(known)
    return f"{word!r} is unknown{_meant(word, known) or f' (known: {listed})'}"


def _meant(word: str, known: Sequence[str]) -> str:
    """In brackets, the known word that was probably meant, or nothing."""
    hooks = _HOOKS if "trigger" in known else {}  # `completion` is a command, too
    return do_you_mean(word, known, {**_SYNONYMS, **hooks}, prefixes=True)
