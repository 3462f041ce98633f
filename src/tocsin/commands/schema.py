"""`tocsin schema`: the policy's JSON Schema."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World

HELP = "print the policy's JSON Schema, for an editor"
USAGE = "[FLAGS]"
DESCRIPTION = "Print the policy's JSON Schema. Editors that know YAML complete and check\npolicies by it."
EXAMPLES = """\
tocsin schema > tocsin.schema.json
"""


def add_flags(command: Parser) -> None:
    """The form of the answer, which has one alone."""
    command.add_argument("--json", action="store_true", help="as without it: the schema is JSON")


def run(_words: Namespace, _world: World, console: Console, _stop: Stop) -> int:
    """Print the schema."""
    from tocsin import report
    from tocsin.policy.schema import schema

    console.data(schema())
    return report.OK
