"""The neutral message: the news in one line, why, the change, the links, and what stands small below.

    event ─ headline ─ reasons ─ history and change ─ links ─ notes ─ table ─ Message

Built once an event, before any channel. All text in it is cleaned: one line a value, no control or direction characters.
A channel only has to escape its own markup and keep its own limits. What is unknown leaves no trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from tocsin.message.change import change
from tocsin.message.headline import headline
from tocsin.message.mention import Mention
from tocsin.message.notes import notes, place_note, rule_note
from tocsin.message.parts import Detail, Link, Reason, Sentence, Span, joined, plain
from tocsin.message.people import named_person
from tocsin.message.times import between
from tocsin.named_tuple import NamedTuple
from tocsin.text import clean, clip, safe_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.event import Event
    from tocsin.verdict import Conversation

__all__ = ["COLOURS", "ICONS", "TEXT_MAX_CHARS", "Detail", "Link", "Message", "Reason", "Sentence", "Span", "Tone", "compose", "plain"]

Tone: TypeAlias = Literal["started", "good", "bad", "warning", "neutral", "waiting", "test"]

TONES: dict[str, Tone] = {
    "trigger": "started",
    "success": "good",
    "failure": "bad",
    "unstable": "warning",
    "cancelled": "neutral",
    "waiting": "waiting",
}
ICONS: dict[Tone, str] = {
    "started": "🚀",
    "good": "✅",
    "bad": "❌",
    "warning": "⚠️",
    "neutral": "⚪",
    "waiting": "⏳",
    "test": "🔔",
}
COLOURS: dict[Tone, int] = {
    "started": 0x2F6FDE,
    "good": 0x1F9D55,
    "bad": 0xD92D20,
    "warning": 0xE08A00,
    "neutral": 0x6B7280,
    "waiting": 0x7A5AF8,
    "test": 0x0E7C86,
}
TEXT_MAX_CHARS = 300  # ours: what a lock screen and a list of mails can show of a message
RUNBOOKS_MAX = 5  # ours: with the other links as many buttons as a card's row has (Teams shows six)
RUNBOOK_NAME_MAX_CHARS = 30  # ours: a button's
_WITH_REASON = ("failure", "unstable", "cancelled")
_WITH_LINKS = (*_WITH_REASON, "waiting")  # for the others the run's number is link enough


class Message(NamedTuple):
    """What a channel renders, from the top down.

    `title` is the headline without its sign, `text` the same with the first reason and who, on one line: what a notification shows.
    `reasons` say why, `more` is the link behind "and 3 more"; `sentences` tell the history and the change; `links` lead on.
    `page` is the run's, or where that is unknown the repository's. `details` stand in the place of the event's own table, in a mail.
    `recipient` is the address of a mail, else None; `rules` are those that asked for it, by name or as "#2". `runbooks` are
    addresses, which stand among the links as well. `mentions` are those whom it addresses, each by the ids that the policy gives.
    `conversation` is what the rules say, None where they leave it to the channel. `in_place_of` has the channels, each with its kind,
    that could not deliver it.
    What begins with `own` is the policy's own (`wording`); `whole` is the event with what the policy leaves out of the message.
    """

    event: Event
    tone: Tone
    title: str
    text: str
    page: str | None = None
    reasons: tuple[Reason, ...] = ()
    more: Link | None = None
    sentences: tuple[Sentence, ...] = ()
    links: tuple[Link, ...] = ()
    run_notes: Sentence = ()
    details: tuple[Detail, ...] | None = None
    rules: tuple[str, ...] = ()
    recipient: str | None = None
    runbooks: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    conversation: Conversation | None = None
    in_place_of: tuple[tuple[str, str], ...] = ()
    whole: Event | None = None
    own_text: bool = False  # the sentences, and the text behind the title
    own_icon: str | None = None
    own_colour: int | None = None

    @property
    def told(self) -> Event:
        """The event with all that is known of it: what templates may name."""
        return self.whole or self.event

    @property
    def icon(self) -> str:
        """The tone as one emoji."""
        return self.own_icon or ICONS[self.tone]

    @property
    def colour(self) -> int:
        """The tone as 0xRRGGBB, or the policy's own colour."""
        return COLOURS[self.tone] if self.own_colour is None else self.own_colour

    @property
    def shade(self) -> Tone:
        """The tone whose colour comes nearest to the message's: for services that show a few colours only."""
        return self.tone if self.own_colour is None else min(COLOURS, key=lambda tone: _distance(COLOURS[tone], self.colour))

    @property
    def headline(self) -> str:
        """Sign, outcome, what and where."""
        return f"{self.icon} {self.title}"

    @property
    def push(self) -> str:
        """What a notification shows: the headline, the first reason, who."""
        return f"{self.icon} {self.text}"

    def with_runbooks(self, runbooks: Mapping[str, str]) -> Message:
        """The message for its rules, with a link to each of their runbooks and to the environment's, whose name begins with an @."""
        found: dict[str, str] = {}
        for name, url in runbooks.items():
            if name in self.rules or name[:1] == "@":
                found.setdefault(url, clean(name.removeprefix("@"), RUNBOOK_NAME_MAX_CHARS))
        named = list(found.items())[:RUNBOOKS_MAX]
        links = [Link("Runbook" if len(named) == 1 else f"Runbook: {name}", url) for url, name in named]
        return self._replace(links=(*self.links[:1], *links, *self.links[1:]), runbooks=tuple(link.url for link in links))

    @property
    def named_rules(self) -> tuple[str, ...]:
        """The rules that asked for it and have a name."""
        return tuple(name for name in self.rules if not (name[:1] == "#" and name[1:].isdigit()))

    @property
    def table(self) -> tuple[Detail, ...]:
        """The whole table of what is known; made on demand, since only a mail shows it."""
        if self.details is not None:
            return self.details
        from tocsin.message.table import table

        return tuple(table(self.event))

    @property
    def notes(self) -> Sentence:
        """The small line below all: the run, for which channel it stands in, and the rules that asked, by name.

        A rule without a name is not named.
        """
        texts = filter(None, (place_note(self.in_place_of), rule_note(self.named_rules)))
        spans = [span for text in texts for span in (Span(" · "), Span(text))]
        return (*self.run_notes, *spans) if self.run_notes else tuple(spans[1:])


def _distance(one: int, other: int) -> int:
    """How far two colours are apart, by their parts."""
    return sum(((one >> shift & 255) - (other >> shift & 255)) ** 2 for shift in (16, 8, 0))


def compose(event: Event, title: str | None = None) -> Message:
    """The message of an event, under a `title` of its own or its headline."""
    title = headline(event) if title is None else title
    page = safe_url(event.run.url) or safe_url(event.job.url) or safe_url(event.repository.url)
    reasons, left = _reasons(event)
    sentences = _sentences(event, title)
    told = " ".join([title, *(f"{reason.where} {reason.text}" for reason in reasons), *map(plain, sentences)])
    run_notes = tuple(notes(event, told, page))
    return Message(
        event=event,
        tone=TONES.get(event.event or "", "neutral"),
        title=title,
        text=_text(event, title, reasons),
        page=page,
        reasons=reasons,
        more=Link(f"and {left} more", page or "") if left else None,
        sentences=sentences,
        links=tuple(_links(event, reasons, page, run_notes)),
        run_notes=run_notes,
    )


def _reasons(event: Event) -> tuple[tuple[Reason, ...], int]:
    if event.event not in _WITH_REASON or not (event.failures or event.tests.failed or event.reason):
        return (), 0
    from tocsin.message.reasons import reasons

    found, left = reasons(event)
    return tuple(found), left


def _sentences(event: Event, title: str) -> tuple[Sentence, ...]:
    """The history where there is one, then the change."""
    found: list[Sentence] = []
    told = change(event, title)
    if event.transition:
        from tocsin.message.history import history

        before = list(history(event))
        found += [*before[:1], told, *before[1:]]
    else:
        found.append(told)
    return tuple(filter(None, found))


def _text(event: Event, title: str, reasons: tuple[Reason, ...]) -> str:
    """The headline, the first reason, who, and how long it took, on one line."""
    why = joined(": ", reasons[0].where, reasons[0].text) if reasons else None
    who = named_person(event)
    took = between(event.run.started_at, event.run.finished_at)
    run = joined(" ", f"by {who}" if who else None, f"after {took}" if took else None)
    return clip(joined(" · ", title, why, run), TEXT_MAX_CHARS)


def _links(event: Event, reasons: tuple[Reason, ...], page: str | None, run_notes: Sentence) -> list[Link]:
    """The failed step, else the run; the pull request or the environment; the comparison. Each page once."""
    run = "Open run" if safe_url(event.run.url) or safe_url(event.job.url) else "Open repository"
    if event.event not in _WITH_LINKS:
        return [Link(run, page)] if page and not any(span.url for span in run_notes) else []
    step = next((reason.url for reason in reasons if reason.url and reason.url != page), None)
    wanted = [
        ("Open failed step", step) if step else (run, page),
        ("Pull request", event.pull_request.url) if event.pull_request.url else ("Environment", event.environment_url),
        ("Compare", event.compare_url),
    ]
    found: dict[str, Link] = {}
    for label, url in wanted:
        if url and (safe := safe_url(url)):
            found.setdefault(safe, Link(label, safe))
    return list(found.values())
