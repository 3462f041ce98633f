"""Own words: what a policy's `message` says in the place of a message's own title, text, fields, links and colour.

It stands at the top, in a channel and in a rule. What a channel says counts more than the top, and a rule more than the channel, key by
key and label by label. Of several rules that matched for one destination the first that says a key decides it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

from tocsin import secrets
from tocsin.checks import Check
from tocsin.named_tuple import NamedTuple
from tocsin.record import AfterValidator, BeforeValidator, Field, Record
from tocsin.secrets.other_forms import refuse_other_form
from tocsin.wrong import InvalidValueError

if TYPE_CHECKING:
    from tocsin.message import Message

DROPPED = "false"  # in the place of a template: the row, the part or the link is left out


def _template(text: str) -> str:
    refuse_other_form(text)
    if secrets.names(text):
        raise InvalidValueError("takes no variable: a secret does not belong into a message", Check.INVALID_REFERENCE)
    return text


def _words(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


Written = Annotated[str, AfterValidator(_template), Field(min_length=1)]
"""A template over the event, or `false`."""


class OwnWords(Record):
    """The words of a message in the place of its own: templates over the event. What is not given stays as it is."""

    title: Written | None = Field(default=None, description="The first line, in the place of how it ended, what and where.")
    text: Written | None = Field(
        default=None, description="What stands below the title, in the place of the reasons, the history and the change."
    )
    fields: dict[str, Written] = Field(
        default={}, description="Values by their labels; false leaves out a row of the table, or a part of the message."
    )
    links: dict[str, Written] = Field(default={}, description="Addresses by their labels; false leaves out a link.")
    colour: Written | None = Field(default=None, description="#rrggbb, or a word: green, red, orange, grey, violet, blue, teal.")


Wording = Annotated[OwnWords, BeforeValidator(_words)]
"""Own words; a text alone is the `text` of them."""


def merged(levels: Iterable[OwnWords | None]) -> OwnWords | None:
    """What several levels say together, where a later one counts more; None where none says anything."""
    said = [level for level in levels if level]
    if len(said) < 2:
        return said[0] if said else None
    whole = OwnWords.model_construct()
    for level in said:
        given = {key: getattr(level, key) for key in ("title", "text", "colour") if getattr(level, key) is not None}
        labelled = {key: laid(getattr(whole, key), getattr(level, key)) for key in ("fields", "links")}
        whole = whole.model_copy(update={**given, **labelled})
    return whole


def laid(below: dict[str, str], above: dict[str, str]) -> dict[str, str]:
    """Templates by label, and others that replace those of the same label, whatever its case."""
    spelled = {label.casefold(): label for label in above}
    kept = {spelled.get(label.casefold(), label): text for label, text in below.items()}
    return {**kept, **above}


class Worded(NamedTuple):
    """A message in the policy's own words, and why some of them are not: a line for each."""

    message: Message
    problems: tuple[str, ...] = ()


def in_own_words(message: Message, words: OwnWords | None) -> Worded:
    """`message` in its own words, where there are any: only then templates are loaded."""
    if not words:
        return Worded(message)
    from tocsin.wording.worded import worded

    return worded(message, words)
