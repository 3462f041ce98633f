"""A rendered mail as a MIME message, and with it what a service needs to carry it."""

from __future__ import annotations

from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import formatdate
from typing import Any, NamedTuple

from tocsin.channels.mail import ascii_domain, digest, split_sender
from tocsin.channels.options import address
from tocsin.http import NoAnswer
from tocsin.text import clean

_IDS = ("message-id", "in-reply-to", "references", "list-id")


class Parcel(NamedTuple):
    """A mail ready to go: its envelope, its id, its bytes. `international`: it needs SMTPUTF8 (RFC 6531)."""

    sender: str
    recipient: str
    message_id: str
    content: bytes
    international: bool


class _IdHeader(UnstructuredHeader, BaseHeader):
    """An id on one line: the standard folding would encode one that is longer than a line."""

    def fold(self, *, policy: Policy) -> str:
        """The header as its line."""
        return f"{self.name}: {self}{policy.linesep}"


def pack(payload: dict[str, Any], key: str, now: float) -> Parcel:
    """The parcel of a rendered mail. `key` names the delivery, `now` is in seconds since 1970.

    A repetition has the same Message-ID. Raises NoAnswer, final, where an address is none.
    """
    try:
        name, sender = split_sender(payload["from"])
        sender = ascii_domain(sender)
    except ValueError:
        raise NoAnswer("the sender (from) is not an email address", retry=False) from None
    try:
        recipient = ascii_domain(address(payload["to"]))
    except ValueError:
        raise NoAnswer(f"the recipient {clean(payload['to'], 100)!r} is not an email address", retry=False) from None
    message_id = f"<{digest(key)}@{sender.rpartition('@')[2]}>"
    international = not (sender + recipient).isascii()
    headers = {"From": _address(sender, name), "To": _address(recipient), "Message-ID": message_id, "Date": formatdate(now)}
    return Parcel(sender, recipient, message_id, build(payload, headers, international=international).as_bytes(), international)


def build(payload: dict[str, Any], headers: dict[str, Any], *, international: bool = False) -> EmailMessage:
    """The MIME message: text and HTML, CRLF, 7-bit clean but for an international address. `headers` come before the payload's own."""
    registry = HeaderRegistry()
    for name in _IDS:
        registry.map_to_type(name, _IdHeader)
    message = EmailMessage(policy=SMTP.clone(header_factory=registry, utf8=international))
    for name, value in {**headers, "Subject": payload["subject"], **payload["headers"]}.items():
        message[name] = value
    message.set_content(payload["text"], charset="utf-8", cte="quoted-printable")
    message.add_alternative(payload["html"], subtype="html", charset="utf-8", cte="quoted-printable")
    return message


def _address(text: str, name: str = "") -> Address:
    local, _, domain = text.rpartition("@")
    return Address(name, local, domain)
