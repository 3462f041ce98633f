"""`tocsin schema`: the JSON Schema of a policy, or of its tests."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from tocsin.commands.arguments import OneOf, Parser

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World

HELP = "print the policy's JSON Schema, for an editor"
USAGE = "[FLAGS]"
DESCRIPTION = "Print the policy's JSON Schema, or that of its tests. Editors that know YAML\ncomplete and check such files by it."
EXAMPLES = """\
tocsin schema > tocsin.schema.json
tocsin schema --for test > tocsin.test.schema.json
"""


FILES = ("policy", "test")


def add_flags(command: Parser) -> None:
    """Which file's, and the form of the answer, which has one alone."""
    command.add_argument(
        "--for", dest="of", metavar="WHAT", type=OneOf(FILES), default="policy", help=f"{' or '.join(FILES)} (default: policy)"
    )
    command.add_argument("--json", action="store_true", help="as without it: the schema is JSON")


def run(words: Namespace, _world: World, console: Console, _stop: Stop) -> int:
    """Print the schema."""
    from tocsin import report

    console.data(_schema(words.of))
    return report.OK


def _schema(of: str) -> dict[str, Any]:
    if of == "test":
        from tocsin.policy_tests import schema as tests

        return tests.schema()
    from tocsin.policy.schema import schema

    return schema()
