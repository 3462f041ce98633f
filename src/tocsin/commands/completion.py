"""`tocsin completion`: a script by which a shell completes the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import OneOf, Parser

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World

SHELLS = ("bash", "zsh", "fish")
HELP = "print a script that completes commands in a shell"
USAGE = "SHELL [FLAGS]"
DESCRIPTION = """\
Print a script by which a shell completes commands, flags and their values.
It starts nothing: make it anew after an update."""
EXAMPLES = """\
tocsin completion bash > ~/.local/share/bash-completion/completions/tocsin
tocsin completion zsh > "${fpath[1]}/_tocsin"
tocsin completion fish > ~/.config/fish/completions/tocsin.fish
"""


def add_flags(command: Parser) -> None:
    """The shell."""
    command.add_argument("shell", metavar="SHELL", type=OneOf(SHELLS), help=", ".join(SHELLS))


def run(words: Namespace, _world: World, console: Console, _stop: Stop) -> int:
    """Print the script. It is made by shtab, https://docs.iterative.ai/shtab/."""
    import shtab

    from tocsin import commands, report

    top = commands.parser()
    _add_values(top)
    console.script(shtab.complete(top, words.shell))
    return report.OK


def _add_values(parser: Parser) -> None:
    """Say in shtab's terms what each argument takes."""
    import shtab

    for argument in parser.arguments:
        if isinstance(argument.type, OneOf):
            argument.choices = argument.type.known
        elif argument.metavar == "FILE":
            argument.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks for it
    for command in parser.commands.values():
        _add_values(command)
