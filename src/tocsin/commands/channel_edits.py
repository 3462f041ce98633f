"""What `tocsin channels` changes in the policy's file: add, modify, delete."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tocsin.channels import KINDS
from tocsin.commands import policy_change
from tocsin.commands.arguments import OneOf, Parser
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.editing.channel_changes import ChannelChanges
    from tocsin.world import World

ACTIONS = {
    "add": ("add a channel", "tocsin channels add NAME --kind KIND [FLAGS]"),
    "modify": ("change or rename a channel", "tocsin channels modify NAME [FLAGS]"),
    "delete": ("delete channels that no rule uses", "tocsin channels delete NAME ... [FLAGS]"),
}
EXAMPLES = """\
tocsin channels add ops --kind discord --set url='${OPS_URL}'
tocsin channels modify audit --set headers.Authorization='${AUDIT_TOKEN}'
tocsin channels modify team --rename payments --diff
tocsin channels delete old --yes
"""
SET = "a key, such as url; below another one by a dot: headers.X-Team; may be repeated"


def add_change_flags(adding: Parser, modifying: Parser, deleting: Parser) -> None:
    """The flags of the three actions."""
    adding.description = "Add a channel to the policy's file. A secret is written as ${NAME}."
    adding.add_argument("name", metavar="NAME", help="the channel's name")
    adding.add_argument("--kind", metavar="KIND", required=True, type=OneOf(KINDS), help=", ".join(KINDS))
    modifying.description = "Change a channel in the policy's file. With --rename, each rule that names it\nis changed, too."
    modifying.add_argument("name", metavar="NAME", help="the channel's name")
    for action in (adding, modifying):
        action.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help=SET)
    modifying.add_argument("--unset", metavar="KEY", action="append", default=[], help="take a key out; may be repeated")
    modifying.add_argument("--rename", metavar="NAME", help="another name, in each rule, too")
    deleting.description = "Delete channels from the policy's file. A channel that a rule uses is not deleted."
    deleting.add_argument("names", nargs="+", metavar="NAME", help="a channel's name")
    deleting.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal")
    for action in (adding, modifying, deleting):
        action.add_argument("--diff", action="store_true", help="show the change, and write nothing")
        action.add_argument("--json", action="store_true", help="print the answer as JSON")


def change(words: Namespace, world: World, console: Console) -> int:
    """Add, modify or delete. Raises UsageError, PolicyError."""
    changes = {"add": _add, "modify": _modify, "delete": _delete}[words.action](words, world)
    revision = changes.revision
    if not policy_change.is_agreed(words, world, revision, "channel", [row.name for row in changes.rows]):
        console.talk("nothing was deleted")
        return 0
    rows, lines = (row.data() for row in changes.rows), (row.text(revision.file.name) for row in changes.rows)
    return policy_change.finish(words, console, revision, "channel", rows, lines)


def _add(words: Namespace, world: World) -> ChannelChanges:
    from tocsin.editing.channel_changes import add_channel

    _require_name("NAME", words.name)
    return add_channel(world, words.policy, words.name, words.kind, _options(words.set))


def _modify(words: Namespace, world: World) -> ChannelChanges:
    from tocsin.editing.channel_changes import modify_channel

    if not words.set and not words.unset and words.rename is None:
        raise UsageError(f"nothing is to change: say what, such as --set url='${{NAME}}'; see {words.parser.prog} --help")
    if words.rename is not None:
        _require_name("--rename", words.rename)
    options = _options(words.set)
    both = [key for key in words.unset if key in options]
    if both:
        raise UsageError(f"--set and --unset both name {both[0]!r}")
    return modify_channel(world, words.policy, words.name, options, words.unset, words.rename)


def _delete(words: Namespace, world: World) -> ChannelChanges:
    from tocsin.editing.channel_changes import delete_channels

    policy_change.require_answerable(words, world)
    return delete_channels(world, words.policy, words.names)


def _options(given: Sequence[str]) -> dict[str, str]:
    """The values by their keys. Raises UsageError; no value is shown, for it could be a secret."""
    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError("--set needs KEY=VALUE, such as --set url='${NAME}'")
        if not _is_text(text):
            raise UsageError(f"--set {key!r}: the value is not UTF-8 text")
        if key in found:
            raise UsageError(f"--set names {key!r} twice")
        found[key] = value
    return found


def _require_name(what: str, name: str) -> None:
    """Raise UsageError for what no channel may be called. That a name has an `@` the policy's own check says."""
    from tocsin.text import clean

    if not _is_text(name) or not name or clean(name) != name or name == "<<":
        raise UsageError(f"{what}: {name[:40]!r} is no name of a channel: write one line of text, without spaces around it")


def _is_text(text: str) -> bool:
    """Whether it is text, and not bytes that Python could not read as UTF-8 (PEP 383)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
