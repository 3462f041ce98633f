"""The commands of those who write a policy: check, channels, schema, demo, inbox."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tocsin import channels, pipeline, report
from tocsin.console import Console
from tocsin.deliver import Delivery, Stop, deliver
from tocsin.errors import PolicyError, Problem, UsageError
from tocsin.message import compose
from tocsin.pipeline import Wish, World
from tocsin.policy.find import PLACES, find
from tocsin.policy.load import Loaded, load
from tocsin.problems import FORMATS


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
    problems: list[Problem] = []
    for name in words.files or [_default_file(world)]:
        try:
            loaded = _load(name, world)
        except PolicyError as error:
            if not error.problems:
                raise
            problems += error.problems
        else:
            problems += loaded.warnings
            rules, count = loaded.policy.notifications, len(loaded.policy.channels)
            console.talk(f"{name} is valid: {_count(count, 'channel')}, {_count(len(rules), 'rule')}")
    FORMATS[words.format](problems, console)
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        console.talk(f"{_count(errors, 'error')} found", "error")
    return PolicyError.exit_code if errors else report.OK


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _default_file(world: World) -> str:
    path = find(world.env.get("TOCSIN_POLICY") or None, world.env.get("TOCSIN_DEFAULT_POLICY") or None, world.folder)
    if path is None:
        raise PolicyError(f"there is no policy here: looked for {', '.join(PLACES)}; name one: tocsin check FILE")
    return str(path.relative_to(world.folder)) if path.is_relative_to(world.folder) else str(path)


def _load(name: str, world: World) -> Loaded:
    if name == pipeline.STDIN:
        return load(world.read_stdin(), "<stdin>", world.folder)
    path = world.folder / name
    try:
        return load(path.read_bytes(), name, path.parent)
    except OSError as error:
        raise PolicyError(f"the policy {name} cannot be read: {error.strerror}") from None


def list_channels(words: Namespace, world: World, console: Console) -> int:
    """Print what is configured: name, kind, project, its variables and whether they are set, the rules that use it."""
    planned = pipeline.plan(world, Wish(policy=words.policy))
    if planned.policy is None:
        pipeline_notices = [notice.text for notice in planned.notices]
        raise PolicyError("; ".join(pipeline_notices) or "there is no policy here")
    listed = []
    for name, options in planned.policy.channels.items():
        variables = {variable: bool(world.env.get(variable)) for variable in dict.fromkeys(options.variables())}
        listed.append({"channel": name, "kind": options.kind, "project": options.project, "variables": variables})
    if words.json:
        console.data(listed)
        return report.OK
    console.table([("CHANNEL", "KIND", "PROJECT", "VARIABLES"), *[_row(item) for item in listed]])
    return report.OK


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    variables = ", ".join(f"{name} {'set' if there else 'missing'}" for name, there in item["variables"].items())
    return item["channel"], item["kind"], item["project"] or "any", variables or "none"


def test_channel(words: Namespace, world: World, console: Console, stop: Stop) -> int:
    """Send one test message through a channel; 1 where it does not arrive."""
    planned = pipeline.plan(world, Wish(policy=words.policy))
    options = (planned.policy.channels if planned.policy else {}).get(words.name)
    if options is None:
        known = ", ".join(planned.policy.channels) if planned.policy else "none"
        raise UsageError(f"there is no channel {words.name!r}: the policy has {known}")
    if options.kind in channels.MAIL_KINDS and not words.to:
        raise UsageError(f"{words.name!r} is an email channel: name the recipient with --to ADDRESS")
    if words.name in planned.missing:
        console.talk(planned.missing[words.name], "error")
        return report.FAILED_DELIVERY
    delivery = _test_delivery(words, planned)
    stop.listening = True
    outcomes = deliver([delivery], pipeline.limits(world, planned), world.network, stop)
    console.table(report.rows([outcome._replace(reason=planned.redact(outcome.reason or "") or None) for outcome in outcomes]))
    return report.exit_code(outcomes, (), strict=True)


def _test_delivery(words: Namespace, planned: pipeline.Plan) -> Delivery:
    options = planned.options[words.name]
    message = compose(planned.event)
    title = f"Test message for the channel {words.name}"
    message = message._replace(
        title=title, text=f"{title}: if you can read this, tocsin can reach you here.", tone="neutral", recipient=words.to
    )
    module = channels.load(options.kind)
    destination = pipeline.Destination(words.name, options.kind, words.to or words.name, ("channels test",), None)
    return Delivery(*destination[:4], module, options, module.render(message, options), pipeline.repeat_key(planned.event, destination))
