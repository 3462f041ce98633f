"""`tocsin preview`: what would be sent, on sample runs or a recorded one."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from tocsin.commands.arguments import OneOf, Parser
from tocsin.commands.flags import CONTEXT_FLAGS, add_policy
from tocsin.commands.output_file import require_output
from tocsin.errors import PolicyError, UsageError
from tocsin.samples import EVENTS
from tocsin.text import counted

if TYPE_CHECKING:
    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.policy.load import PolicyDocument
    from tocsin.preview import Asked, Preview, Told
    from tocsin.world import World

HELP = "what would be sent: as text, JSON or a page"
USAGE = "[RULE or CHANNEL] [FLAGS]"
DESCRIPTION = "Show what would be sent, on sample runs in the words of the policy. Nothing is\nsent, and no variable has to be set."
EXAMPLES = """\
tocsin preview
tocsin preview "broken builds" --event broken
tocsin preview team --html preview.html
tocsin preview --event-file tocsin-report.json
"""


def add_flags(command: Parser) -> None:
    """Whose messages, of which events, and the form of the answer."""
    command.add_argument("name", nargs="?", metavar="NAME", help="a rule or a channel (default: all rules)")
    command.add_argument("--event", metavar="WORD", type=OneOf(EVENTS), help=f"one event: {', '.join(EVENTS)}")
    command.add_argument("--status", metavar="S", help="the event of a status: success, failure, cancelled, unstable or waiting")
    command.add_argument("--event-file", metavar="FILE", help="a recorded run: what `send --report` wrote, or `context --json` printed")
    add_policy(command)
    command.add_argument("--json", action="store_true", help="print the payloads as JSON")
    command.add_argument("--html", metavar="FILE", help="write a page that draws each message as its service would")
    command.add_group("what the run is about (default: the sample's, in the policy's words)", CONTEXT_FLAGS)


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print the previews, or write their page."""
    from tocsin import report
    from tocsin.preview import RULES_MAX, find

    document = _document(words, world, console)
    asked = find(document.policy, words.name)
    if words.name is None and len(document.policy.notifications) > RULES_MAX:
        console.talk(f"the first {RULES_MAX} rules are shown: name a rule to see another")
    found = _previews(words, world, document, asked)
    for preview in found:
        _talk(preview, console)
    if words.html:
        from tocsin.preview.page import html_page

        require_output(world, "--html", words.html, html_page(found))
        console.talk(f"{_count(found)} in {words.html}: open it in a browser")
    if words.json:
        console.data([row for preview in found for row in _rows(preview)])
    elif not words.html:
        for number, preview in enumerate(found):
            if number:
                console.gap()
            _print(preview, console)
    if not any(preview.deliveries for preview in found):
        console.talk("nothing would be sent: no rule asks for it; `tocsin explain` says why not")
    return report.OK


def _document(words: Namespace, world: World, console: Console) -> PolicyDocument:
    """The policy of the workspace, else what holds without one. Raises PolicyError."""
    from tocsin.policy.load import load
    from tocsin.request import STDIN
    from tocsin.source import policy_name, stdin_text, without_file, workspace_text
    from tocsin.source.places import files_of

    named = policy_name(world, words.policy)
    text = stdin_text(world, files_of(world.folder)) if named == STDIN else workspace_text(world, named)
    if text is None:
        found = without_file(world)
        if found.text is None:
            raise PolicyError("; ".join(notice.text for notice in found.notices))
        for notice in found.notices:
            console.talk(*notice)
        text = found.text
    return load(text)


def _previews(words: Namespace, world: World, document: PolicyDocument, asked: Asked) -> list[Preview]:
    from tocsin import preview
    from tocsin.terms import FLAGS

    flags = {name: getattr(words, name) for name in FLAGS if getattr(words, name)}
    if words.event_file:
        if words.event or words.status:
            raise UsageError("--event-file has the event in it: leave --event and --status out")
        return [preview.preview_of(document, asked, _recorded(words.event_file, world)._replace(flags=flags))]
    return list(preview.previews(document, asked, _events(words), flags))


def _events(words: Namespace) -> tuple[str, ...]:
    """The words of the samples that are asked for. Raises ContextError, UsageError."""
    if not words.status:
        return (words.event,) if words.event else EVENTS
    from tocsin.ci.status import status

    word = status(words.status)
    if words.event:
        raise UsageError("--event and --status both say which event: keep one of them")
    if word not in EVENTS:
        raise UsageError(f"a run that was {word} is no event, so nothing is sent of it")
    return (word,)


def _recorded(path: str, world: World) -> Told:
    """The run in a file. Raises ContextError."""
    from tocsin.derive.recorded import recorded_run
    from tocsin.preview import Told

    run = recorded_run(world, path, "--event-file")
    return Told("", run.hook, None, run.facts, ci=run.ci)


def _talk(preview: Preview, console: Console) -> None:
    """What a person should know of a preview, beside what is shown."""
    from tocsin import report

    if preview.rule and not preview.rule.matches:
        (row,) = report.rule_rows([preview.rule])
        console.talk(f"{preview.word}: the rule {row[1]} does not match this run, and would send nothing: {row[2]}", "warning")
    for delivery in preview.deliveries:
        for failed in delivery.failed:
            console.talk(f"{preview.word}: the default words would go to {delivery.recipient} ({delivery.kind}): {failed}", "warning")
        if delivery.problem:
            console.talk(f"{preview.word}: nothing would go to {delivery.recipient} ({delivery.kind}): {delivery.problem}", "warning")


def _print(preview: Preview, console: Console) -> None:
    """The event's word, the message as a person reads it, and who would get it."""
    from tocsin.message.lines import json_lines, lines
    from tocsin.report import mentioning

    console.heading(preview.word)
    told: dict[tuple[str, ...], list[str]] = {}
    for row in preview.deliveries:
        message = row.message._replace(rules=()) if row.message else preview.message
        told.setdefault(tuple(lines(message)), []).extend(
            [] if row.problem else [f"{row.recipient} ({row.kind}{mentioning(row.mentions)})"]
        )
    for text, rows in told.items():
        console.lines(text)
        console.lines([f"to: {', '.join(rows) or 'nobody'}"])
    for row in preview.deliveries:
        if row.own_payload and row.payload is not None:
            console.lines([f"{row.recipient} gets:", *(f"  {line}" for line in json_lines(row.payload))])


def _rows(preview: Preview) -> list[dict[str, Any]]:
    """The rows of `--json`, one a delivery."""
    return [
        {
            "channel": row.channel,
            "kind": row.kind,
            "recipient": row.recipient,
            "event": preview.word,
            "rules": list(row.rules),
            **({"mentions": list(row.mentions)} if row.mentions else {}),
            "payload": row.payload,
            "problem": row.problem,
        }
        for row in preview.deliveries
    ]


def _count(found: list[Preview]) -> str:
    return counted(sum(len(preview.deliveries) for preview in found), "message")
