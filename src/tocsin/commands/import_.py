"""`tocsin import`: a policy from another tool's notifications."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import Parser
from tocsin.commands.output_file import require_output
from tocsin.text import counted

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.devtron import Import
    from tocsin.devtron.lists import ChannelList, NotificationList
    from tocsin.world import World

HELP = "make a policy of another tool's notifications"
USAGE = "TOOL [FLAGS]"
DESCRIPTION = "Make a policy of the notifications of another tool."
EXAMPLES = """\
tocsin import devtron --notifications list.json --channels channel.json
tocsin import devtron --url https://devtron.example.com --output .tocsin.yml
tocsin import devtron --url https://devtron.example.com --csv > rules.csv
"""
PIPE_MAX_SECONDS = 60.0  # ours: for what is piped in from Devtron itself
FILE_MAX_BYTES = 64 * 1024 * 1024  # ours: ten thousand rules have less than ten


def add_flags(command: Parser) -> None:
    """The tool, where its notifications come from, and where the policy goes."""
    command.add_commands("tools", "TOOL", {"devtron": ("make a policy of Devtron's notifications", "tocsin import devtron [FLAGS]")})
    (devtron,) = command.commands.values()
    devtron.description = """\
Make a policy of Devtron's notifications. Every secret becomes a variable, which
is listed on standard error, as is all that has no counterpart."""
    devtron.add_argument("--notifications", metavar="FILE", help="the answer to GET /orchestrator/notification?offset=0&size=1000")
    devtron.add_argument("--channels", metavar="FILE", help="the answer to GET /orchestrator/notification/channel")
    devtron.add_argument("--url", metavar="URL", help="ask this Devtron instead, with the token in TOCSIN_DEVTRON_TOKEN")
    devtron.add_argument("--output", metavar="FILE", help="write the policy to FILE, which must not exist (default: print it)")
    either = devtron.add_mutually_exclusive_group()
    devtron.arguments += [
        either.add_argument("--csv", action="store_true", help="print a table of rules and recipients, as CSV"),
        either.add_argument("--json", action="store_true", help="print the policy, the variables and the notes as JSON"),
    ]


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print or write the policy, and tell what a person must know of it."""
    import os

    from tocsin import report
    from tocsin.devtron import import_lists, project_names
    from tocsin.devtron.table import table
    from tocsin.devtron.writing import policy_text
    from tocsin.errors import UsageError
    from tocsin.policy.words import quoted

    output = world.folder / words.output if words.output else None
    if output and os.path.lexists(output):
        raise UsageError(f"{quoted(words.output)} is there already: nothing was written; name another file, or remove it")
    notifications, channels, projects = _ask(words, world, console) if words.url else _read(words, world)
    imported = import_lists(notifications, channels, {**projects, **project_names(notifications)})
    text = policy_text(imported)
    _require_valid(text)
    if output:
        require_output(world, "--output", words.output, text)
    if words.json:
        console.data(_data(imported, text))
    elif words.csv:
        console.script(table(imported))
    elif not output:
        console.script(text)
    _talk(imported, console)
    return report.OK


def _read(words: Namespace, world: World) -> tuple[NotificationList, ChannelList, dict[int, str]]:
    """The lists of two files. Raises UsageError, PolicyError."""
    from tocsin.devtron.lists import read_channels, read_notifications
    from tocsin.errors import UsageError

    missing = [flag for flag in ("notifications", "channels") if not getattr(words, flag)]
    if missing:
        named = " and ".join(f"--{flag}" for flag in missing)
        raise UsageError(f"{named} {'is' if len(missing) == 1 else 'are'} missing (or --url); see {words.parser.prog} --help")
    rules, channels = (_bytes(name, world) for name in (words.notifications, words.channels))
    return read_notifications(rules, words.notifications), read_channels(channels, words.channels), {}


def _bytes(name: str, world: World) -> bytes:
    from tocsin.errors import PolicyError
    from tocsin.file_io import read_file
    from tocsin.policy.words import quoted

    deadline = world.clock.monotonic() + PIPE_MAX_SECONDS
    try:
        data = read_file(world.folder / name, FILE_MAX_BYTES, lambda: deadline - world.clock.monotonic())
    except (OSError, ValueError) as error:
        raise PolicyError(f"{quoted(name)} cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}") from None
    if len(data) > FILE_MAX_BYTES:
        raise PolicyError(f"{quoted(name)} has more than {FILE_MAX_BYTES // (1024 * 1024)} MiB")
    return data


def _ask(words: Namespace, world: World, console: Console) -> tuple[NotificationList, ChannelList, dict[int, str]]:
    """The lists of a Devtron. Raises UsageError, PolicyError."""
    from tocsin.devtron import project_names
    from tocsin.devtron.api import Devtron
    from tocsin.errors import UsageError

    if words.notifications or words.channels:
        raise UsageError("--url and files exclude each other: keep one of them")
    devtron = Devtron(words.url, world)
    if devtron.is_open:
        console.talk("--url begins with http: the token, and the secrets of the answer, go over the network in clear", "warning")
    notifications, channels = devtron.notifications(), devtron.channels()
    known = project_names(notifications)
    unknown = any(slack.project and slack.project not in known for slack in channels.slack)
    return notifications, channels, devtron.projects() if unknown else {}


def _require_valid(text: str) -> None:
    """Raise PolicyError where the policy is none: it is never handed out then."""
    from tocsin.policy.load import load
    from tocsin.policy.policy_text import PolicyText

    load(PolicyText("the imported policy", text.encode()))


def _data(imported: Import, text: str) -> dict[str, object]:
    return {
        "policy": text,
        "channels": [{"name": item.name, "kind": item.kind, "id": item.id} for item in imported.channels.by_name.values()],
        "rules": [{"name": rule.name, "id": rule.id} for rule in imported.rules],
        "variables": [variable._asdict() for variable in imported.variables],
        "notes": [note._asdict() for note in imported.notes],
    }


def _talk(imported: Import, console: Console) -> None:
    """The variables and what goes into each, and the notes."""
    for variable in imported.variables:
        console.talk(f"variable {variable.name}: {variable.holds}")
    for note in imported.notes:
        console.talk(str(note), note.level)
    number = len(imported.variables)
    done = f"{_count(len(imported.channels.by_name), 'channel')} and {_count(len(imported.rules), 'rule')} imported"
    secrets = f"{_count(number, 'variable')} to save as {'a secret' if number == 1 else 'secrets'} of the CI"
    console.talk(f"{done}, {secrets}; next: tocsin check --strict, and tocsin explain completion --status failure")


def _count(number: int, noun: str) -> str:
    return counted(number, noun) if number else f"no {noun}s"
