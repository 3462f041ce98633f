"""The commands of those who write a policy: check, channels, schema, demo, inbox."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tocsin import channels, pipeline, report
from tocsin.channels.options import address
from tocsin.console import Console
from tocsin.deliver import Delivery, Stop, deliver
from tocsin.errors import PolicyError, Problem, UsageError
from tocsin.event import Run
from tocsin.notice import Notice
from tocsin.policy.load import load
from tocsin.policy.match import Destination, default_mail
from tocsin.policy.text import PolicyText
from tocsin.policy.words import Suggestions, quoted
from tocsin.problems import FORMATS
from tocsin.request import STDIN, Request
from tocsin.source import STDIN_NAME, policy_name, stdin_text, workspace_text
from tocsin.source.places import PLACES, files_of, read_policy, shown, workspace
from tocsin.templates import TemplateProblem
from tocsin.text import clean
from tocsin.world import World

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.model import Policy


def run(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Run the command that was asked for. Raises TocsinError."""
    if words.command == "check":
        return check(words, world, console)
    if words.command == "channels":
        return test_channel(words, world, console, stop) if words.action == "test" else list_channels(words, world, console)
    if words.command == "schema":
        from tocsin.policy.schema import schema

        console.data(schema())
        return report.OK
    from tocsin import demo

    stop.listening = True
    return demo.inbox(words, console, stop) if words.command == "inbox" else demo.demo(words, world, console, stop)


def check(words: Namespace, world: World, console: Console) -> int:
    """Print every problem of the policies; 3 where one is an error."""
    style = words.format or "text"
    root = workspace(world.folder) if style in ("github", "gitlab") else None  # these know files by their path in the repository
    problems = [problem for name in words.files or [None] for problem in _problems(name, world, console)]
    if root:
        problems = [problem._replace(file=shown(world.folder / problem.file, root)) for problem in problems]
    FORMATS[style](problems, console)
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        console.talk(f"{_count(errors, 'error')} found", "error")
    return PolicyError.exit_code if errors else report.OK


def _problems(name: str | None, world: World, console: Console) -> list[Problem]:
    """What is wrong with one policy; a file that cannot be had is such a problem too, so that every format can tell it."""
    try:
        text = _text(name, world)
        document = load(text)
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
    if (name or policy_name(world, None)) == STDIN:
        return stdin_text(world, files_of(world.folder))
    if name:
        path = world.folder / name
        return PolicyText(name, read_policy(path, name), files_of(path.parent))
    text = workspace_text(world, policy_name(world, None))
    if text is None:
        raise PolicyError(f"there is no policy here: looked for {', '.join(PLACES)}; write one, or name it: tocsin check FILE")
    return text


def list_channels(words: Namespace, world: World, console: Console) -> int:
    """Print what is configured: name, kind, project, its variables and whether they are set, the rules that use it."""
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
    options, default = policy.channels[name], default_mail(policy)
    rules = [
        rule.name or f"#{number}"
        for number, rule in enumerate(policy.notifications, 1)
        if name in {recipient.channel or recipient.via or default for recipient in rule.send_to}
    ]
    variables = {variable: bool(env.get(variable)) for variable in dict.fromkeys(options.variables())}
    return {"channel": name, "kind": options.kind, "project": options.project, "variables": variables, "rules": rules}


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    missing = [name for name, there in item["variables"].items() if not there]
    state = f"missing: {', '.join(missing)}" if missing else "all set" if item["variables"] else "none"
    return item["channel"], item["kind"], item["project"] or "any", str(len(item["rules"])), state


def test_channel(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send one test message through a channel; 1 where it does not arrive."""
    asked = Request(policy=words.policy)
    planned = pipeline.plan(world, asked, pipeline.prepare(world, asked))
    if planned.policy is None:
        raise _no_policy(planned.notices)
    options = _channel(words.name, planned.policy)
    _require_recipient(words, options.kind)
    if words.name in planned.unavailable:
        console.talk(f"{words.name}: {planned.unavailable[words.name].reason}", "error")
        return report.FAILED_DELIVERY
    try:
        delivery = _test_delivery(words, planned)
    except TemplateProblem as error:
        console.talk(f"{words.name}: the payload cannot be rendered: {error}", "error")
        return report.FAILED_DELIVERY
    stop.listening = True
    console.status("sending …")
    outcomes = deliver([delivery], pipeline.limits(world, planned), world.network, stop)
    console.status("")
    console.table(report.rows([pipeline.masked(outcome, planned.redact) for outcome in outcomes]))
    return report.FAILED_DELIVERY if any(report.is_bad(outcome) for outcome in outcomes) else report.OK


def _channel(name: str, policy: Policy) -> ChannelOptions:
    if name not in policy.channels:
        known = ", ".join(policy.channels) or "none"
        raise UsageError(f"there is no channel {quoted(name)}{Suggestions()(name, policy.channels) or f': the policy has {clean(known)}'}")
    return policy.channels[name]


def _require_recipient(words: Namespace, kind: str) -> None:
    """Raise UsageError where `--to` is missing, is none, or has no use."""
    if kind not in channels.MAIL_KINDS:
        if words.to:
            raise UsageError(f"{quoted(words.name)} is no email channel: leave --to out")
        return
    if not words.to:
        raise UsageError(f"{quoted(words.name)} is an email channel: name the recipient with --to ADDRESS")
    try:
        address(words.to)
    except ValueError as error:
        raise UsageError(f"--to: {quoted(words.to)} {error}") from None


def _test_delivery(words: Namespace, planned: pipeline.Plan) -> Delivery:
    """The test message on its way. It has a key of its own: no receiver takes it for a repetition of a real one."""
    options = planned.options[words.name]
    title = f"Test message for the channel {words.name}"
    text = f"{title}: if you can read this, tocsin can reach you here."
    message = planned.message._replace(title=title, text=text, tone="neutral", recipient=words.to)
    module = channels.load(options.kind)
    destination = Destination(words.name, options.kind, words.to or words.name, ("channels test",), None)
    key = pipeline.repeat_key(planned.event._replace(run=Run()), destination)
    return Delivery(*destination[:4], module, options, module.render(message, options), key)
