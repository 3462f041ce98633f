"""What is wrong with own words: each template is tried on an event of which everything is known, and on one of which nothing is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from tocsin.checks import Check
from tocsin.templates import Template, TemplateProblem, compile_text, find_problems, variables
from tocsin.templates.addresses import AddressTemplate, address_problems, compile_address
from tocsin.templates.samples import EVERYTHING, MESSAGE, NOTHING
from tocsin.text import safe_url
from tocsin.wording import DROPPED
from tocsin.wording.colours import NAMES, colour_of
from tocsin.wording.parts import LABEL_MAX_CHARS, LINKS, PARTS, ROWS
from tocsin.wrong import Wrong

Suggest = Callable[..., str]


def check_words(words: Any, labels: Collection[str], suggest: Suggest) -> Iterator[Wrong]:
    """What is wrong with a `message` as the policy has it; `labels` are those of the fields and links that the policy itself names."""
    if isinstance(words, str):  # in short
        yield from () if "${" in words else find_problems(words)
    if not isinstance(words, dict):
        return
    words = {key: _sound(value) for key, value in words.items()}
    for key in ("title", "text"):
        if isinstance(words.get(key), str):
            yield from (wrong.under((key,)) for wrong in find_problems(words[key]))
    if isinstance(words.get("colour"), str):
        yield from (wrong.under(("colour",)) for wrong in _colour_problems(words["colour"]))
    for key, known in (("fields", (*ROWS, *PARTS)), ("links", LINKS)):
        given = words.get(key)
        for label, source in given.items() if isinstance(given, dict) else ():
            if isinstance(source, str):
                found = _labelled(key, label, source, (*known, *labels), suggest)
                yield from (wrong.under((key, label)) for wrong in found)


def _sound(value: Any) -> Any:
    """What is given, without the texts in which a `${NAME}` is told of elsewhere."""
    if isinstance(value, dict):
        return {key: text for key, text in value.items() if not (isinstance(text, str) and "${" in text)}
    return None if isinstance(value, str) and "${" in value else value


def labels_of(words: Any) -> Iterator[str]:
    """The labels that a `message` gives a template."""
    for key in ("fields", "links"):
        given = words.get(key) if isinstance(words, dict) else None
        yield from (label for label, source in given.items() if source != DROPPED) if isinstance(given, dict) else ()


def _labelled(key: str, label: str, source: str, known: Collection[str], suggest: Suggest) -> Iterator[Wrong]:
    if not label.strip() or len(label) > LABEL_MAX_CHARS:
        yield Wrong(Check.INVALID_VALUE, f"has a label without a character, or with more than {LABEL_MAX_CHARS}", at_key=True)
    if source.casefold() == DROPPED:
        if label.casefold() not in {name.casefold() for name in known}:
            what = "link" if key == "links" else "row or part"
            hint = suggest(label, list(dict.fromkeys(known)), listed="known")
            yield Wrong(Check.UNKNOWN_WORD, f"there is no {what} {label[:LABEL_MAX_CHARS]!r} to leave out{hint}", at_key=True)
        return
    yield from _link_problems(source) if key == "links" else find_problems(source)


def _link_problems(source: str) -> Iterator[Wrong]:
    def fits(url: str) -> bool:
        return not url or bool(safe_url(url))

    yield from address_problems(source) or _odd_values(source, compile_address, fits, "makes no plain http or https address")


def _colour_problems(source: str) -> Iterator[Wrong]:
    def fits(text: str) -> bool:
        return colour_of(text) is not None or (not text and bool(source.strip()))

    wrong = f"makes no colour: write '#d92d20' in quotes, or one of {', '.join(NAMES)}"
    yield from find_problems(source) or _odd_values(source, compile_text, fits, wrong)


def _odd_values(
    source: str, compiled: Callable[[str], Template | AddressTemplate], fits: Callable[[str], bool], wrong: str
) -> Iterator[Wrong]:
    """What is wrong with the text that a template makes of the samples, if it makes any: one of data may be too long as a text."""
    template = compiled(source)
    try:
        made = [template.render(values).strip() for values in _samples()]
    except TemplateProblem as problem:
        yield problem.wrong
        return
    if not all(map(fits, made)):
        yield Wrong(Check.INVALID_VALUE, wrong)


def _samples() -> tuple[dict[str, Any], dict[str, Any]]:
    return variables(EVERYTHING) | MESSAGE, variables(NOTHING)
