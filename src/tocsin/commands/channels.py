"""`tocsin channels`: what is configured, and a test message through one of them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_policy
from tocsin.errors import PolicyError, UsageError

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.notice import Notice
    from tocsin.pipeline import Plan
    from tocsin.policy.model import Policy
    from tocsin.world import World

HELP = "list the channels, or send a test message"
USAGE = "ACTION [FLAGS]"
DESCRIPTION = "List the channels, or send a test message through one."
EXAMPLES = """\
tocsin channels list
tocsin channels test team
tocsin channels test mail --to you@example.com
"""


def add_flags(command: Parser) -> None:
    """The two actions."""
    command.add_commands(
        "actions",
        "ACTION",
        {
            "list": ("what is configured, and which variables are missing", None),
            "test": ("send one test message through the real thing", None),
        },
    )
    listing, testing = command.commands.values()
    listing.description = "List the channels: kind, project, variables and whether they are set, rules."
    listing.add_argument("--json", action="store_true", help="print the list as JSON")
    testing.description = "Send one test message through a channel, for real. Exits with 1 where it fails."
    testing.add_argument("name", metavar="NAME", help="the channel's name in the policy")
    testing.add_argument("--to", metavar="ADDRESS", help="the recipient, for an email channel")
    for action in (listing, testing):
        add_policy(action)


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """List, or test."""
    return _test(words, world, console, stop) if words.action == "test" else _list(words, world, console)


def _list(words: Namespace, world: World, console: Console) -> int:
    """Print what is configured: name, kind, project, its variables and whether they are set, the rules that use it."""
    from tocsin import pipeline, report
    from tocsin.request import Request

    known = pipeline.prepare(world, Request(policy=words.policy))
    if known.document is None:
        raise _no_policy(known.why_not)
    for notice in known.notices:
        console.talk(*notice)
    policy = known.document.policy
    listed = [_listed(name, policy, world.env) for name in policy.channels]
    if words.json:
        console.data(listed)
    else:
        rows = [_row(item) for item in listed] or [("none", "the policy has no channels")]
        console.table([("CHANNEL", "KIND", "PROJECT", "RULES", "VARIABLES"), *rows], header=True)
    return report.OK


def _no_policy(notices: Sequence[Notice]) -> PolicyError:
    return PolicyError("; ".join(notice.text for notice in notices) or "there is no policy here")


def _listed(name: str, policy: Policy, env: Mapping[str, str]) -> dict[str, Any]:
    from tocsin import secrets
    from tocsin.policy.match import default_mail

    options, default = policy.channels[name], default_mail(policy)
    rules = [
        rule.name or f"#{number}"
        for number, rule in enumerate(policy.notifications, 1)
        if name in {recipient.channel or recipient.via or default for recipient in rule.send_to}
    ]
    variables = {variable: bool(secrets.value(variable, env)) for variable in dict.fromkeys(options.variables())}
    return {"channel": name, "kind": options.kind, "project": options.project, "variables": variables, "rules": rules}


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    missing = [name for name, there in item["variables"].items() if not there]
    state = f"missing: {', '.join(missing)}" if missing else "all set" if item["variables"] else "none"
    return item["channel"], item["kind"], item["project"] or "any", str(len(item["rules"])), state


def _test(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send one test message through a channel; 1 where it does not arrive."""
    from tocsin import pipeline, report
    from tocsin.request import Request

    planned = pipeline.plan(world, Request(policy=words.policy))
    if planned.policy is None:
        raise _no_policy(planned.notices)
    options = _channel(words.name, planned.policy)
    _require_recipient(words, options.kind)
    if words.name in planned.unavailable:
        console.talk(f"{words.name}: {planned.unavailable[words.name].reason}", "error")
        return report.FAILED_DELIVERY
    stop.listening = True
    console.status("sending …")
    outcomes = list(pipeline.notify(world, _test_message(words, planned), stop))
    console.status("")
    console.table(report.rows(outcomes))
    return report.FAILED_DELIVERY if any(report.is_bad(outcome) for outcome in outcomes) else report.OK


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
    from tocsin.channels.options import address
    from tocsin.policy.words import quoted

    if kind not in MAIL_KINDS:
        if words.to:
            raise UsageError(f"{quoted(words.name)} is no email channel: leave --to out")
        return
    if not words.to:
        raise UsageError(f"{quoted(words.name)} is an email channel: name the recipient with --to ADDRESS")
    try:
        address(words.to)
    except ValueError as error:
        raise UsageError(f"--to: {quoted(words.to)} {error}") from None


def _test_message(words: Namespace, planned: Plan) -> Plan:
    """The plan for the test message alone. It is of no run, so that no receiver takes it for a repetition of a real one."""
    from tocsin.event import PipelineRun
    from tocsin.policy.match import Destination

    title, tail = f"Test message for the channel {words.name}", "if you can read this, tocsin can reach you here."
    message = planned.message._replace(title=title, text=f"{title}: {tail}", tone="test")
    destination = Destination(words.name, planned.options[words.name].kind, words.to or words.name, (), None)
    return planned._replace(event=planned.event._replace(run=PipelineRun()), message=message, destinations=[destination])
