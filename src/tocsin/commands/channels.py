"""`tocsin channels`: what is configured, and a test message through one of them, or each."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tocsin.commands import channel_edits
from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_policy
from tocsin.commands.policy_held import no_policy, policy_held
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.policy.model import Policy
    from tocsin.world import World

HELP = "list, add, modify or delete channels, or test them"
USAGE = "ACTION [FLAGS]"
DESCRIPTION = """\
List the channels, send a test message through them, or change them in the
policy's file. Every byte that the change is not about stays."""
EXAMPLES = f"""\
tocsin channels list
{channel_edits.EXAMPLES}tocsin channels test team
tocsin channels test mail --to you@example.com
tocsin channels test --all
"""


def add_flags(command: Parser) -> None:
    """The five actions."""
    command.add_commands(
        "actions",
        "ACTION",
        {
            "list": ("what is configured, and which variables are missing", "tocsin channels list [FILE] [FLAGS]"),
            **channel_edits.ACTIONS,
            "test": ("send a test message through the real service", "tocsin channels test [NAME] [FLAGS]"),
        },
    )
    listing, adding, modifying, deleting, testing = command.commands.values()
    listing.description = "List the channels: kind, project, variables and whether they are set, rules."
    listing.add_argument("file", nargs="?", metavar="FILE", help="the same as --policy FILE")
    either = listing.add_mutually_exclusive_group()
    listing.arguments += [
        either.add_argument("--json", action="store_true", help="print the list as JSON"),
        either.add_argument("--csv", action="store_true", help="print the list as CSV"),
    ]
    channel_edits.add_change_flags(adding, modifying, deleting)
    testing.description = "Send a test message through one channel, or each, for real. Exits with 1 where\none fails."
    testing.add_argument("name", nargs="?", metavar="NAME", help="the channel's name in the policy")
    testing.add_argument("--all", action="store_true", help="test each channel of the policy; email channels need --to")
    testing.add_argument("--to", metavar="ADDRESS", help="the recipient, for an email channel")
    testing.add_argument("--dry-run", action="store_true", help="do everything but send")
    testing.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    for action in command.commands.values():
        add_policy(action)


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """List, change, or test."""
    if words.action in channel_edits.ACTIONS:
        return channel_edits.change(words, world, console)
    return _test(words, world, console, stop) if words.action == "test" else _list(words, world, console)


def _list(words: Namespace, world: World, console: Console) -> int:
    """Print what is configured: name, kind, project, its variables and whether they are set, the rules that use it."""
    from tocsin import report

    if words.file and words.policy:
        raise UsageError("FILE and --policy both name the policy: keep one of them")
    policy = policy_held(world, words.file or words.policy, console).policy
    rules = _rules(policy)
    listed = [_listed(name, options, rules[name], world.env) for name, options in policy.channels.items()]
    if words.json:
        console.data(listed)
    elif words.csv:
        from tocsin.csv_text import csv_text

        console.script(csv_text(_COLUMNS, map(_cells, listed)))
    else:
        rows = [_row(item) for item in listed] or [("none", "the policy has no channels")]
        console.table([("CHANNEL", "KIND", "PROJECT", "RULES", "VARIABLES"), *rows], header=True)
    return report.OK


def _rules(policy: Policy) -> dict[str, list[str]]:
    """The rules that send by each channel, by their names."""
    from tocsin.policy.destinations import default_mail, named

    default = default_mail(policy)
    found: dict[str, list[str]] = {name: [] for name in policy.channels}
    for number, rule in enumerate(policy.notifications, 1):
        for channel in {channel for to in rule.send_to for _, _, channel in named(to, default)}:
            found[channel].append(rule.name or f"#{number}")
    return found


def _listed(name: str, options: ChannelOptions, rules: list[str], env: Mapping[str, str]) -> dict[str, Any]:
    from tocsin import secrets

    variables = {variable: bool(secrets.value(variable, env)) for variable in dict.fromkeys(options.variables())}
    return {"channel": name, "kind": options.kind, "project": options.project, "variables": variables, "rules": rules}


_COLUMNS = ("channel", "kind", "project", "rules", "variables", "missing")


def _cells(item: dict[str, Any]) -> tuple[str, ...]:
    """The columns of the CSV."""
    missing = [name for name, there in item["variables"].items() if not there]
    lists = (", ".join(names) for names in (item["rules"], item["variables"], missing))
    return item["channel"], item["kind"], item["project"] or "", *lists


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    missing = [name for name, there in item["variables"].items() if not there]
    state = f"missing: {', '.join(missing)}" if missing else "all set" if item["variables"] else "none"
    return item["channel"], item["kind"], item["project"] or "any", str(len(item["rules"])), state


def _test(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send a test message through one channel, or each; 1 where one does not arrive."""
    from tocsin import pipeline, report
    from tocsin.channel_test import plan_tests
    from tocsin.commands.debug import talk_situation
    from tocsin.request import Request

    if bool(words.name) == words.all:
        raise UsageError(
            f"{'NAME and --all exclude each other' if words.all else 'NAME is missing (or --all)'}; see {words.parser.prog} --help"
        )
    known = pipeline.prepare(world, Request(policy=words.policy))
    talk_situation(known, console)
    if known.document is None and known.run.untrusted:  # as `send`: a stranger's code gets no message out
        for notice in known.why_not:
            console.talk(*notice)
        return report.OK
    if known.document is None:
        raise no_policy(known.why_not)
    names = _chosen(words, known.document.policy)
    planned = plan_tests(world, Request(policy=words.policy), known, names, words.to, "name the recipient with --to ADDRESS")
    for notice in planned.notices:
        console.talk(*notice)
    stop.listening = True
    console.status("sending …")
    outcomes = pipeline.in_order(planned, pipeline.notify(world, planned, stop, dry_run=words.dry_run))
    console.status("")
    if words.json:
        console.data(report.deliveries(outcomes))
    else:
        console.table(report.rows([outcome for outcome in outcomes if not console.quiet or outcome.outcome == "failed"]))
    bad = [outcome for outcome in outcomes if report.is_bad(outcome, secretless=bool(planned.secretless))]
    for outcome in bad:
        console.talk(f"not delivered to {outcome.recipient} ({outcome.kind}): {outcome.reason}", "error")
    return report.FAILED_DELIVERY if bad else report.OK


def _chosen(words: Namespace, policy: Policy) -> list[str]:
    """The channels to test. Raises UsageError where the words do not fit the policy."""
    if words.all:
        if words.to:
            _require_address(words.to)
        return list(policy.channels)
    _require_recipient(words, _channel(words.name, policy).kind)
    return [words.name]


def _channel(name: str, policy: Policy) -> ChannelOptions:
    from tocsin.policy.words import Suggestions, quoted
    from tocsin.text import clean

    if name not in policy.channels:
        known = ", ".join(policy.channels) or "none"
        raise UsageError(f"there is no channel {quoted(name)}{Suggestions()(name, policy.channels) or f': the policy has {clean(known)}'}")
    return policy.channels[name]


def _require_recipient(words: Namespace, kind: str) -> None:
    """Raise UsageError where `--to` is missing, is none, or has no use."""
    from tocsin.channels import MAIL_KINDS
    from tocsin.policy.words import quoted

    if kind not in MAIL_KINDS:
        if words.to:
            raise UsageError(f"{quoted(words.name)} is no email channel: leave --to out")
        return
    if not words.to:
        raise UsageError(f"{quoted(words.name)} is an email channel: name the recipient with --to ADDRESS")
    _require_address(words.to)


def _require_address(text: str) -> None:
    from tocsin.channels.options import address
    from tocsin.policy.words import quoted

    try:
        address(text)
    except ValueError as error:
        raise UsageError(f"--to: {quoted(text)} {error}") from None
