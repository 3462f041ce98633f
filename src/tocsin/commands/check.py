"""`tocsin check`: every problem of the policies at once."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import OneOf, Parser
from tocsin.commands.check_formats import FORMATS
from tocsin.errors import PolicyError, Problem

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.policy.policy_text import PolicyText
    from tocsin.world import World

HELP = "is the policy right? prints every error at once"
USAGE = "[FLAGS] [FILE ...]"
DESCRIPTION = "Check policies, and print every error at once, with its line."
EXAMPLES = """\
tocsin check
tocsin check --strict           warnings fail, too
tocsin check --format github    errors as annotations of a pull request
tocsin check --format gitlab > gl-code-quality-report.json
"""


def add_flags(command: Parser) -> None:
    """The policies, and the form of the answer."""
    command.add_argument("files", nargs="*", metavar="FILE", help="a policy, or - for standard input (default: the repository's)")
    command.add_argument("--policy", action="append", default=[], metavar="FILE", help="the same as FILE")
    text = f"{', '.join(FORMATS)} (default: text)"
    command.add_argument("--strict", action="store_true", help="end with 3 where there is a warning, too")
    command.add_argument("--format", metavar="FORMAT", type=OneOf(FORMATS, or_empty=True), help=text)
    command.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print every problem of the policies; 3 where one is an error, or with --strict a warning."""
    from tocsin import report
    from tocsin.checkout import repository_root
    from tocsin.source.places import shown

    style = words.format or "text"
    root = repository_root(world.folder) if style in ("github", "gitlab") else None  # these know files by their path in the repository
    problems = [problem for name in [*words.files, *words.policy] or [None] for problem in _problems(name, world, console)]
    if root:
        problems = [problem._replace(file=shown(world.folder / problem.file, root)) for problem in problems]
    FORMATS[style](problems, console)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors if words.strict else 0
    failed = [_count(number, word) for number, word in ((errors, "error"), (warnings, "warning")) if number]
    if failed:
        console.talk(f"{' and '.join(failed)} found", "error")
    return PolicyError.exit_code if failed else report.OK


def _problems(name: str | None, world: World, console: Console) -> list[Problem]:
    """What is wrong with one policy; a file that cannot be had is such a problem too, so that every format can tell it."""
    from tocsin.policy.load import load
    from tocsin.request import STDIN
    from tocsin.source import STDIN_NAME
    from tocsin.source.places import PLACES

    try:
        text = _text(name, world)
        document = load(text, advise=True)
    except PolicyError as error:
        return error.problems or [Problem(name or PLACES[0], 1, 1, str(error))]
    rules, count = document.policy.notifications, len(document.policy.channels)
    what = STDIN if text.name == STDIN_NAME else text.name
    console.talk(f"{what} is valid: {_count(count, 'channel')}, {_count(len(rules), 'rule')}")
    return document.warnings


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _text(name: str | None, world: World) -> PolicyText:
    """The policy of that name, else the one that would be found. Raises PolicyError."""
    from tocsin.request import STDIN
    from tocsin.source import file_text, policy_name, stdin_text, workspace_text
    from tocsin.source.places import PLACES, files_of

    named = policy_name(world, name)
    if named == STDIN:
        return stdin_text(world, files_of(world.folder))
    text = file_text(world.folder / name, name, world) if name else workspace_text(world, named)
    if text is None:
        raise PolicyError(f"there is no policy here: looked for {', '.join(PLACES)}; write one, or name it: tocsin check FILE")
    return text
