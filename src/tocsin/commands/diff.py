"""`tocsin diff`: what a change of the policy means, who newly hears of what and who no longer."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.comparison.compare import Comparison
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.world import World

HELP = "who newly hears of what, and who no longer"
USAGE = "BASE [HEAD] [FLAGS]"
DESCRIPTION = """\
Show what a change of the policy means: who newly hears of what, and who no
longer. BASE and HEAD are each a file, or a revision of git's."""
EXAMPLES = """\
tocsin diff main
tocsin diff v1.4 v1.5 --policy ci/tocsin.yml
tocsin diff old.yml new.yml --exit-code
tocsin diff HEAD^1 --comment    keep one comment on this run's pull request
"""
CHANGED = 1  # the exit code, with --exit-code


def add_flags(command: Parser) -> None:
    """The two sides, and the form of the answer."""
    command.add_argument("base", metavar="BASE", help="the policy before: a file, a revision, or - for standard input")
    command.add_argument("head", nargs="?", metavar="HEAD", help="the policy after (default: the working tree's)")
    command.add_argument(
        "--policy", metavar="FILE", help="the policy's path in the revisions and the working tree (default: the repository's)"
    )
    command.add_argument("--json", action="store_true", help="print the changes as JSON")
    command.add_argument("--markdown", action="store_true", help="print them as Markdown, and nothing where there is none")
    command.add_argument(
        "--comment", action="store_true", help="keep one comment on this run's pull or merge request; none where nothing changes"
    )
    command.add_argument("--exit-code", action="store_true", help="end with 1 where there is a change")


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print the changes; 1 with --exit-code where there is one."""
    from tocsin import report

    if words.json and words.markdown:
        raise UsageError("--json and --markdown are two forms of the answer: ask for one of them")
    found = _comparison(words, world, console)
    _print(found, words, console)
    if words.comment:
        _comment(found, words, world, console)
    return CHANGED if words.exit_code and found.moved else report.OK


def _comparison(words: Namespace, world: World, console: Console) -> Comparison:
    from tocsin.comparison.compare import compare
    from tocsin.comparison.sides import sides

    base, head = sides(world, words.base, words.head, words.policy)
    for side in (base, head):
        if side.document is None:
            console.talk(f"{side.name} has no policy: it counts as an empty one")
    found = compare(base, head)
    for why in found.sampled:
        console.talk(f"sampled, not decided by the selectors alone: {why}")
    return found


def _print(found: Comparison, words: Namespace, console: Console) -> None:
    from tocsin.comparison.markdown import markdown
    from tocsin.comparison.wording import as_data, lines

    if words.json:
        console.data(as_data(found))
    elif words.markdown:
        text = markdown(found)
        if text:
            console.script(text)
    else:
        for line in lines(found):
            console.answer(line)


def _comment(found: Comparison, words: Namespace, world: World, console: Console) -> None:
    """Keep the comment. Raises NotKeptError, ContextError, UsageError."""
    from tocsin import ci
    from tocsin.comparison.markdown import markdown
    from tocsin.review_comment import keep_comment

    run = ci.read_run(world.env, world.folder, None)
    console.talk(*keep_comment(world, run, _topic(words, world), markdown(found)))


def _topic(words: Namespace, world: World) -> str:
    """Which policy a comment is about: a repository may have several."""
    from tocsin.checkout import repository_root
    from tocsin.source import policy_name
    from tocsin.source.places import shown

    folder = shown(world.folder, repository_root(world.folder))
    return policy_name(world, words.policy) or ("the policy" if folder == "." else f"the policy of {folder}")
