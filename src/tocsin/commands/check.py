"""`tocsin check`: every problem of the policies at once."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.commands.arguments import OneOf, Parser
from tocsin.commands.check_formats import FORMATS, FROM_THE_ROOT
from tocsin.commands.checked import Checked
from tocsin.errors import PolicyError, Problem
from tocsin.text import counted

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.policy.load import PolicyDocument
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
tocsin check --format sarif > tocsin.sarif
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
    from tocsin.checkout import repository_root
    from tocsin.homepage import CHECKS

    style = words.format or "text"
    root = repository_root(world.folder) if style in FROM_THE_ROOT else None
    files, problems = _checked([*words.files, *words.policy] or [None], world, console)
    if root:
        files = [_from(root, world.folder / file) for file in files]
        problems = [problem._replace(file=_from(root, world.folder / problem.file)) for problem in problems]
    checked = Checked(files, problems, words.strict)
    FORMATS[style](checked, console)
    if style == "text" and problems:
        console.talk(f"what each of these means, with examples: {CHECKS}")
    return _verdict(checked, console)


def _verdict(checked: Checked, console: Console) -> int:
    """The exit code, and how many problems it comes from."""
    from tocsin import report

    errors = sum(problem.severity == "error" for problem in checked.problems)
    warnings = len(checked.problems) - errors if checked.strict else 0
    failed = [counted(number, word) for number, word in ((errors, "error"), (warnings, "warning")) if number]
    if failed:
        console.talk(f"{' and '.join(failed)} found", "error")
    return PolicyError.exit_code if failed else report.OK


def _checked(names: Sequence[str | None], world: World, console: Console) -> tuple[list[str], list[Problem]]:
    """The policies by those names, and what is wrong with them. A file that cannot be had is such a problem, too: every format names it."""
    from tocsin.policy.load import load
    from tocsin.source.places import PLACES

    files: list[str] = []
    problems: list[Problem] = []
    for name in names:
        files.append(name or PLACES[0])
        try:
            text = _text(name, world)
            files[-1] = text.name
            document = load(text, advise=True)
        except PolicyError as error:
            problems += [_near(problem, files[-1], world) for problem in error.problems] or [Problem(files[-1], 1, 1, str(error))]
        else:
            problems += [_near(problem, text.name, world) for problem in document.warnings]
            _praise(document, text.name, console)
    return files, problems


def _near(problem: Problem, policy: str, world: World) -> Problem:
    """A problem of a file that the policy names, which it does from the root of its repository, by its path from here."""
    from tocsin.checkout import repository_root

    if problem.file == policy or (world.folder / problem.file).is_file():
        return problem
    path = repository_root((world.folder / policy).parent) / problem.file
    return problem._replace(file=_from(world.folder, path)) if path.is_file() else problem


def _from(folder: Path, path: Path) -> str:
    from os.path import normpath

    from tocsin.source.places import shown

    return shown(Path(normpath(path)), folder)


def _praise(document: PolicyDocument, name: str, console: Console) -> None:
    from tocsin.request import STDIN
    from tocsin.source import STDIN_NAME

    channels, rules = len(document.policy.channels), len(document.policy.notifications)
    console.talk(f"{STDIN if name == STDIN_NAME else name} is valid: {counted(channels, 'channel')}, {counted(rules, 'rule')}")


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
