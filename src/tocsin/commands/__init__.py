"""The commands, one file each: its help, its flags and its work. A file is loaded only when its command is asked for.

A new command is a file here, its name in COMMANDS, and its section in docs/commands.md.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Protocol, cast

from tocsin import __version__
from tocsin.commands.arguments import Parser

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World

# In the order of the help.
COMMANDS = (
    "init", "send", "check", "context", "explain", "preview", "test", "diff", "rules", "channels", "import", "update",
    "schema", "demo", "inbox", "completion",
)  # fmt: skip
STAGES = ("main", "post")  # of a step of GitHub's
DESCRIPTION = """\
CI/CD notifications as code: one policy file says who hears of which pipeline,
and this program sends the messages, in GitHub Actions, GitLab CI and Jenkins.
"""
EPILOG = """\
start here:
  tocsin init             write a policy for this repository
  tocsin demo             see a pipeline's messages on your own machine
  tocsin check            is the policy right?
  tocsin explain completion --status failure
                          who would hear of a failure, and why
  tocsin COMMAND --help   all about one command

exit codes:
  0 done, 1 a delivery failed under --strict or a test, 2 usage, 3 policy
  invalid or missing, 4 no context, 70 a defect of tocsin, 130 and 143
  interrupted
"""


class Command(Protocol):
    """What the file of a command has. Its heavy imports stand in `run`, and in what `run` calls: help needs none of them."""

    HELP: str  # in the list of commands
    USAGE: str  # what follows the name
    DESCRIPTION: str
    EXAMPLES: str  # a line each

    def add_flags(self, command: Parser) -> None:
        """Add the command's arguments."""

    def run(self, words: Namespace, world: World, console: Console, stop: Stop, /) -> int:
        """Do what was asked for, and return the exit code. Raises TocsinError."""


def load(name: str) -> Command:
    """The file of one command: of COMMANDS, or "action"."""
    return cast("Command", import_module(f"tocsin.commands.{module(name)}"))


def module(name: str) -> str:
    """The name of a command's file: a word of Python's has an underscore behind it."""
    return f"{name}_" if iskeyword(name) else name


def parse(arguments: Sequence[str]) -> Namespace:
    """The words of the command line; `command` names what was asked for.

    No words at all ask for the help. Raises UsageError, and SystemExit after `--help` and `--version`.
    """
    if len(arguments) == 2 and arguments[0] == "action" and arguments[1] in STAGES:  # the GitHub Action's own way in, for nobody else
        return Namespace(command="action", stage=arguments[1])
    arguments = arguments or ("--help",)
    first = next((word for word in arguments if not word.startswith("-")), "")
    asked = (first,) if first in COMMANDS else ()
    words, unknown = parser(asked or COMMANDS, asked).parse_known_args(arguments)
    if unknown:
        words.parser.refuse(unknown[0])
    return cast("Namespace", words)


def parser(names: Iterable[str] = COMMANDS, asked: Iterable[str] = COMMANDS) -> Parser:
    """The parser of the commands in `names`. Only those in `asked` have their flags, which halves the cost."""
    top = Parser(prog="tocsin", usage="tocsin COMMAND [FLAGS]", description=DESCRIPTION, epilog=EPILOG)
    top.add_argument("-V", "--version", action="version", version=f"tocsin {__version__}", help="print the version and exit")
    top.add_talk("notice")
    files = {name: load(name) for name in names}
    top.add_commands("commands", "COMMAND", {name: (file.HELP, f"tocsin {name} {file.USAGE}".rstrip()) for name, file in files.items()})
    for name in asked:
        command, file = top.commands[name], files[name]
        command.description = file.DESCRIPTION
        command.epilog = "examples:\n" + "".join(f"  {line}\n" for line in file.EXAMPLES.splitlines())
        file.add_flags(command)
        for below in command.commands.values() or [command]:
            below.add_talk()
    return top
