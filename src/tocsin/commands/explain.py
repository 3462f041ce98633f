"""`tocsin explain`: why each rule matches or not, and who would get what."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from tocsin.commands.arguments import OneOf, Parser
from tocsin.commands.flags import add_event, add_hook, request
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.event import Facts
    from tocsin.explanation.explain import Explanation, Known
    from tocsin.explanation.question import Place, Question
    from tocsin.world import World

HELP = "who would get what, and why"
USAGE = "[HOOK] [FLAGS]"
DESCRIPTION = """\
Show which rules match, which keys keep the others from matching, and what
becomes of each message: of this run, of a run that you describe, or of a
recorded one. With --channel or --recipient alone: what reaches that place."""
EXAMPLES = """\
tocsin explain trigger
tocsin explain --event failure --branch main --environment production
tocsin explain --event fixed --pull-request 7 --target-branch main
tocsin explain --from tocsin-report.json
tocsin explain --channel team
"""
_NUMBER_MAX_DIGITS = 18  # of a pull request's number, as facts have it


def add_flags(command: Parser) -> None:
    """The hook, the event, the question, and the form of the answer."""
    from tocsin.explanation.question import EVENTS

    add_hook(command, nargs="?", default_words=" (default: the one of --event, --status or --from)")
    add_event(command)
    command.add_argument(
        "--event", metavar="WORD", type=OneOf(EVENTS), help=f"the event, with its hook and its status: {', '.join(EVENTS)}"
    )
    for name, metavar, text in (
        ("branch", "NAME", "as if the run were of this branch"),
        ("tag", "NAME", "as if it were of this tag"),
        ("source-branch", "NAME", "the branch that the pull request comes from"),
        ("target-branch", "NAME", "the branch that it goes to"),
        ("source", "WORD", "what started the run, in the CI's own word: push, schedule, …"),
        ("job", "NAME", "the job's name"),
        ("author", "WHO", "the commit's author: a name or an email address"),
    ):
        command.add_argument(f"--{name}", metavar=metavar, help=text)
    command.add_argument("--pull-request", metavar="N", type=_number, help="as if the run were of this pull or merge request")
    command.add_argument("--fork", action="store_true", help="its head is another repository's")
    command.add_argument(
        "--from", dest="recorded", metavar="FILE", help="a recorded run: what send --report wrote, or context --json printed"
    )
    command.add_argument("--channel", metavar="NAME", help="only what reaches this channel")
    command.add_argument("--recipient", metavar="ADDRESS", help="only what reaches this email address")
    command.add_argument("--json", action="store_true", help="print the explanation as JSON")


def _number(text: str) -> int:
    digits = text.removeprefix("#").removeprefix("!")  # as GitHub and GitLab write them
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _NUMBER_MAX_DIGITS):
        raise ArgumentTypeError(f"{text[:40]!r} is no number of a pull request")
    return int(digits)


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print the event, the rules and the deliveries, or the rules that send to a place."""
    from tocsin import report
    from tocsin.commands.debug import talk_situation
    from tocsin.explanation.explain import as_data, explain, know

    question = _question(words, world)
    known = know(world, question)
    if not question.request.hook and not question.recorded:
        _print_place(known, question.place, console, as_json=words.json)
        return report.OK
    explained = explain(world, question, known)
    talk_situation(known.situation, console)
    for notice in explained.notices:
        console.talk(*notice)
    if words.json:
        console.data(as_data(explained))
    else:
        _print(explained, console)
    return report.OK


def _question(words: Namespace, world: World) -> Question:
    """What is asked. Raises UsageError where it contradicts itself, or says no event."""
    from tocsin.explanation.question import EVENTS, Place, Question, event_facts
    from tocsin.terms import SELECTORS

    place = Place(words.channel, words.recipient)
    if words.channel is not None and words.recipient is not None:
        raise UsageError("--channel and --recipient are two questions: ask one of them")
    facts = _facts(words)
    if words.event:
        word = EVENTS[words.event]
        if words.status or (words.hook and words.hook != word.hook):
            raise UsageError(f"--event {words.event} says the hook and the status: leave HOOK and --status out")
        words.hook, words.status = word.hook, word.status
        facts |= event_facts(words.event)
    elif not words.hook and (words.status or (not place and not words.recorded and world.env.get("TOCSIN_STATUS", "").strip())):
        words.hook = "completion"
    words.hook = words.hook or ""
    asked = request(words)
    if not words.hook and not words.recorded and (not place or facts or asked.flags):
        raise UsageError(
            "which event is asked about? give HOOK (trigger, completion), --event WORD or --from FILE; see tocsin explain --help"
        )
    said = tuple(key for key, term in SELECTORS.items() if key in asked.flags or (term.field in facts and facts[term.field].value))
    return Question(asked._replace(facts=facts), words.recorded, place, said)


def _facts(words: Namespace) -> Facts:
    """The facts of the question. Raises UsageError for two refs."""
    from tocsin.explanation.question import pull_request_facts, ref_facts, term_facts

    requested = pull_request_facts(words.pull_request, words.source_branch, words.target_branch, fork=words.fork)
    if bool(words.branch) + bool(words.tag) + bool(requested) > 1:
        raise UsageError(
            "a run is of a branch, of a tag or of a pull request: ask for one (of a pull request, --source-branch, --target-branch)"
        )
    return {
        **ref_facts(words.branch, words.tag),
        **requested,
        **term_facts({"source": words.source, "job": words.job, "author": words.author}),
    }


def _print(explained: Explanation, console: Console) -> None:
    """The answer as tables."""
    from tocsin import report

    rules: list[tuple[str, ...]] = [
        ("yes" if rule.matches else "no", rule.name, place.where, report.why_not(rule)) for rule, place in explained.rules
    ]
    tables: dict[str, Iterable[tuple[str, ...]]] = {"Event": report.event_rows(explained.event)}
    if explained.recorded is not None:
        recorded: list[tuple[str, ...]] = [
            (row.outcome, row.recipient, row.kind, row.reason or f"by {', '.join(row.rules)}") for row in explained.recorded
        ]
        tables["In the report"] = recorded or [("none", "nothing was sent")]
    tables["Rules"] = rules or [("none", "no rule is asked")]
    tables["Deliveries"] = _delivery_rows(explained) or [("none", "nothing would be sent")]
    if explained.words:
        tables["Own words"] = [(row.recipient, row.kind, message.headline) for row, message in explained.words.items()]
    for number, (title, rows) in enumerate(tables.items()):
        if number:
            console.gap()
        console.heading(title)
        console.table(list(rows))


def _delivery_rows(explained: Explanation) -> list[tuple[str, ...]]:
    from tocsin import report

    rows = report.destination_rows(explained.destinations, explained.fallbacks)
    unset = [None if row.skip else explained.unset.get(row.channel) for row in explained.destinations]
    return [(f"{row[0]} ({names})" if names else row[0], *row[1:]) for row, names in zip(rows, unset, strict=True)]


def _print_place(known: Known, place: Place, console: Console, *, as_json: bool) -> None:
    """The rules that send to a place."""
    from tocsin.explanation.places import reaching, reaching_data, reaching_rows

    for notice in (*known.situation.why_not, *known.situation.notices):
        console.talk(*notice)
    document = known.situation.document
    rows = reaching(document, place) if document else []
    if as_json:
        console.data(reaching_data(place, rows))
        return
    console.heading(f"Rules that send to {place}")
    console.table(reaching_rows(rows) or [("none", "no rule sends to it")])
