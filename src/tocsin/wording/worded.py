"""A message in the policy's own words. A template that fails on this event leaves what the message says by itself: nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tocsin.message import TEXT_MAX_CHARS, Detail, Link, Message, Sentence, Span, compose, plain
from tocsin.message.change import change
from tocsin.message.headline import headline
from tocsin.message.parts import joined
from tocsin.message.table import table
from tocsin.templates import TemplateProblem, TooLarge, compile_text, variables
from tocsin.templates.addresses import compile_address
from tocsin.templates.links import pieces
from tocsin.templates.variables import LIMITS
from tocsin.text import clean, clip, safe_url
from tocsin.wording import DROPPED, OwnWords, Worded
from tocsin.wording.colours import colour_of
from tocsin.wording.parts import LABEL_MAX_CHARS, without

TITLE_MAX_CHARS = 150  # ours: what the narrowest header of a service takes
LINE_MAX_CHARS = 1000  # ours: of one line of the text
LINES_MAX = 25  # ours
FIELDS_MAX = 25  # ours; Discord's own limit for an embed's
LINKS_MAX = 10  # ours
_KEPT = ("rules", "recipient", "tone", "mentions", "conversation", "in_place_of")  # what is not made of the event
_SIGN = re.compile(r"[^\w\s<>\[\](){}\"'`*~|#@&%$+=/\\.,:;!?-]+(?=\s|$)")


def worded(message: Message, words: OwnWords) -> Worded:
    """`message` in the policy's own words. In a mail the fields are rows of the table, elsewhere lines below the text."""
    own = _Own(message, words)
    dropped = {label.casefold() for label, text in words.fields.items() if text.casefold() == DROPPED}
    title, icon = own.title()
    text, fields, links, colour = own.text(), own.fields(), own.links(), own.colour()
    said = _tested(message, title, text) if message.tone == "test" else _told(message, title, text, dropped)
    if "rules" in dropped:
        said = said._replace(rules=())
    if message.recipient is not None:
        said = _with_rows(said, fields, dropped)
    else:
        lines = tuple((Span(f"{label}: "), *value) for label, value in fields)
        said = said._replace(sentences=(*said.sentences, *lines))
    unwanted = {label.casefold() for label in words.links}
    kept = [link for link in said.links if link.label.casefold() not in unwanted]
    said = said._replace(links=(*kept, *links), own_colour=colour, own_icon=icon or said.own_icon)
    return Worded(said, tuple(own.problems))


def _told(message: Message, title: str, text: tuple[Sentence, ...], dropped: set[str]) -> Message:
    """A run's message with an own title and text, without what is left out."""
    shown = without(message.event, dropped)
    name = title or headline(message.event)
    said = compose(shown, name)
    if text:
        short = clip(joined(" · ", name, " ".join(map(plain, text))), TEXT_MAX_CHARS)
        said = said._replace(text=short, reasons=(), more=None, sentences=text, own_text=True)
    elif "change" in dropped:
        told = change(shown, name)
        said = said._replace(sentences=tuple(sentence for sentence in said.sentences if sentence != told))
    if "run" in dropped:
        said = said._replace(run_notes=())
    books = [link for link in message.links if link.url in message.runbooks]
    said = said._replace(links=(*said.links[:1], *books, *said.links[1:]), runbooks=message.runbooks)
    return said._replace(whole=message.event, **{part: getattr(message, part) for part in _KEPT})


def _tested(message: Message, title: str, text: tuple[Sentence, ...]) -> Message:
    """A test's message says what it is, and shows the own words below."""
    return message._replace(sentences=(*message.sentences, *([(Span(title),)] if title else []), *text))


def _with_rows(message: Message, fields: list[tuple[str, Sentence]], dropped: set[str]) -> Message:
    """A mail, whose table has the own fields: in the place of the rows of the same name, or at the end."""
    details = message.details if message.details is not None else tuple(table(message.event))
    rows = {row.label.casefold(): row for row in details if row.label.casefold() not in dropped}
    for label, value in fields:
        url = next((span.url for span in value if span.url), None)
        rows[label.casefold()] = Detail(label, plain(value), url)
    return message._replace(details=tuple(rows.values()))


class _Own:
    """What the templates of own words give on one event."""

    def __init__(self, message: Message, words: OwnWords) -> None:
        self.message, self.words = message, words
        self.problems: list[str] = []
        self._variables: list[dict[str, Any]] = []

    def title(self) -> tuple[str, str | None]:
        """The title, and the sign that the template begins with, where it has one."""
        source = (self.words.title or "").strip()
        title = clean(self._plain("title", source), TITLE_MAX_CHARS) if source else ""
        sign = _SIGN.match(source)
        if sign and title.startswith(sign[0]):
            return title[sign.end() :].strip(), clean(sign[0], 8)
        return title, None

    def text(self) -> tuple[Sentence, ...]:
        """The lines of the text that hold anything."""
        if not self.words.text:
            return ()
        text = self._linked("text", self.words.text)
        lines = [sentence for line in text.splitlines() if plain(sentence := _sentence(line, LINE_MAX_CHARS)).strip()]
        return tuple(lines[:LINES_MAX])

    def fields(self) -> list[tuple[str, Sentence]]:
        """The labels and values of the own fields; one without a value is left out."""
        found = []
        for label, source in self._labelled(self.words.fields):
            text = self._linked(f"fields.{label}", source)
            value = _sentence(" ".join(text.split()), TEXT_MAX_CHARS)
            if plain(value):
                found.append((clean(label, LABEL_MAX_CHARS), value))
        return found[:FIELDS_MAX]

    def links(self) -> list[Link]:
        """The own links; one whose address is absent is left out."""
        found = []
        for label, source in self._labelled(self.words.links):
            text = self._address(f"links.{label}", source)
            url = safe_url(text.strip())
            if url:
                found.append(Link(clean(label, LABEL_MAX_CHARS), url))
            elif text.strip():
                self.problems.append(f"links.{label}: it makes no address")
        return found[:LINKS_MAX]

    def colour(self) -> int | None:
        """The own colour as 0xRRGGBB, or None."""
        text = self._plain("colour", self.words.colour).strip() if self.words.colour else ""
        found = colour_of(text)
        if text and found is None:
            self.problems.append("colour: it makes no colour")
        return found

    @staticmethod
    def _labelled(templates: dict[str, str]) -> Iterator[tuple[str, str]]:
        yield from ((label, source) for label, source in templates.items() if source.casefold() != DROPPED)

    def _plain(self, key: str, source: str) -> str:
        return self._given(key, lambda values: compile_text(source).render(values))

    def _linked(self, key: str, source: str) -> str:
        return self._given(key, lambda values: compile_text(source).render(values, keep_links=True))

    def _address(self, key: str, source: str) -> str:
        return self._given(key, lambda values: compile_address(source).render(values))

    def _given(self, key: str, render: Callable[[dict[str, Any]], str]) -> str:
        """What a template gives of the whole event, else of less of it; "" where it fails, which is noted."""
        for number, limit in enumerate(LIMITS):
            if number == len(self._variables):
                self._variables.append(variables(self.message.told, self.message, limit=limit))
            try:
                return render(self._variables[number])
            except TooLarge as error:
                problem: TemplateProblem = error
            except TemplateProblem as error:
                problem = error
                break
        self.problems.append(f"{key}: {problem}")
        return ""


def _sentence(line: str, max_chars: int) -> Sentence:
    """A line with its links, cleaned."""
    found: list[Span] = []
    left = max_chars
    for text, url in pieces(line):
        edge = (" " if text[:1].isspace() and found else "", " " if text[-1:].isspace() else "")
        shown = (
            clip(f"{edge[0]}{clean(text, max_chars)}{edge[1]}" if text.strip() else " " * bool(found and text), left) if left > 0 else ""
        )
        if shown:
            found.append(Span(shown, url))
            left -= len(shown)
    return tuple(found)
