"""What mail channels share: their options, and the mail of a message as plain data.

`mime` makes it a MIME message at send; here nothing depends on the clock, the delivery or the service.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from tocsin import secrets
from tocsin.channels.options import Address, ChannelOptions, address
from tocsin.channels.run_thread import run_thread
from tocsin.message.parts import shortened
from tocsin.record import AfterValidator, Field
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.event import Event
    from tocsin.message import Message

SUBJECT_MAX_CHARS = 150  # ours: what a list of mails can show; RFC 5322, 2.1.1 allows 998 a line


def split_sender(text: str) -> tuple[str, str]:
    """The name ("" for none) and the address in "CI <ci@example.com>" or "ci@example.com". Raises ValueError."""
    head, bracket, tail = text.strip().partition("<")
    name = head.strip().removeprefix('"').removesuffix('"') if bracket else ""
    inner = tail.removesuffix(">") if bracket else head
    several = inner.count("@") > 1
    closed = tail.endswith(">") if bracket else '"' not in head
    if several or not closed or not text.isprintable() or any(sign in f"{name}{inner}" for sign in "<>") or '"' in name:
        raise ValueError('is not an email address: write ci@example.com or "CI <ci@example.com>"')
    return clean(name, 100), address(inner)


def _sender(text: str) -> str:
    if not secrets.names(text):
        split_sender(text)
    return text


Sender = Annotated[str, AfterValidator(_sender)]
"""An email address, alone or with a name before it, or one with `${NAME}` in it."""


class MailOptions(ChannelOptions):
    """The options that both kinds of mail channel have."""

    sender: Sender = Field(alias="from", description='The sender, "ci@example.com" or "CI <ci@example.com>".')
    reply_to: Address | None = Field(default=None, description="Where answers go, if not to the sender.")
    default: bool = Field(default=False, description="Serve the addresses that name no channel.")


def render(message: Message, options: MailOptions) -> dict[str, Any]:
    """The mail as plain data: `to`, `from`, `subject`, `text`, `html`, `headers`. No value has a line break but the two bodies."""
    from tocsin.channels import mail_html, mail_text

    domain = _domain(options.sender)
    return {
        "to": clean(message.recipient or ""),
        "from": clean(options.sender),
        "subject": _subject(message),
        "text": mail_text.text_page(message),
        "html": mail_html.html_page(message),
        "headers": {
            "Auto-Submitted": "auto-generated",
            "List-Id": _list_id(message.event, domain),
            **_thread(message.event, domain),
            **({"Reply-To": options.reply_to} if options.reply_to else {}),
        },
    }


def _subject(message: Message) -> str:
    """The headline and the run's number; too long a headline loses its middle, where names stand."""
    number = message.event.run.number
    suffix = f" (#{clean(number, 40)})" if number is not None else ""
    return shortened(clean(message.headline), SUBJECT_MAX_CHARS - len(suffix)) + suffix


def _domain(sender: str) -> str:
    """The domain under which ids are made: the sender's, or a reserved one where the sender is not resolved."""
    try:
        return ascii_domain(split_sender(sender)[1]).rpartition("@")[2]
    except ValueError:
        return "tocsin.invalid"


def ascii_domain(text: str) -> str:
    """An address with its domain as DNS has it (RFC 3490). Raises ValueError where that cannot be."""
    local, _, domain = text.rpartition("@")
    domain = domain.encode("idna").decode()
    if clean(local) != local or not re.fullmatch(r"[A-Za-z0-9.-]+", domain):
        raise ValueError("is not an email address")
    return f"{local}@{domain}"


def _thread(event: Event, domain: str) -> dict[str, str]:
    """Every mail of a run answers the same mail, which never was: so readers show them together, however they arrive."""
    name = run_thread(event)
    if not name:
        return {}
    root = f"<run.{name}@{domain}>"
    return {"In-Reply-To": root, "References": root}


def _list_id(event: Event, domain: str) -> str:
    """`<repository.owner.domain>` (RFC 2919), by which a reader can sort the mails of a repository."""
    labels = [re.sub(r"[^a-z0-9]+", "-", (part or "").lower()).strip("-")[:60] for part in (event.repository.name, event.repository.owner)]
    return f"<{'.'.join([*filter(None, labels), 'tocsin', domain])}>"
