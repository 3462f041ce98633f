"""A rendered mail as a MIME message, and with it what a service needs to carry it."""

from __future__ import annotations

from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import formatdate
from typing import Any, NamedTuple

from tocsin.channels.mail import ascii_domain, split_sender
from tocsin.channels.options import address
from tocsin.channels.run_thread import digest
from tocsin.network import NoAnswer

ENCODED_LINE_MAX_CHARS = 76  # RFC 2047, 2 (encoded words) and RFC 2045, 6.7 (quoted-printable)


class Parcel(NamedTuple):
    """A mail ready to go: its envelope, its id, its bytes. `international`: it needs SMTPUTF8 (RFC 6531)."""

    sender: str
    recipient: str
    message_id: str
    content: bytes
    international: bool


def pack_mail(payload: dict[str, Any], key: str, now: float) -> Parcel:
    """The parcel of a rendered mail. `key` names the delivery, `now` is in seconds since 1970.

    A repetition has the same Message-ID. Raises NoAnswer, final, where an address is none.
    """
    name, sender = _sender(payload["from"])
    recipient = _checked("recipient", payload["to"])
    headers = {"From": _mailbox(name, sender), "To": recipient, "Subject": _encoded("Subject", payload["subject"]), **payload["headers"]}
    if "Reply-To" in headers:
        headers["Reply-To"] = _checked("reply_to", headers["Reply-To"])
    message_id = f"<{digest(key)}@{sender.rpartition('@')[2]}>"
    headers |= {"Message-ID": message_id, "Date": formatdate(now)}
    international = not "".join(headers.values()).isascii()
    content = mime_message(payload, headers, international=international).as_bytes()
    return Parcel(sender, recipient, message_id, content, international)


def mime_message(payload: dict[str, Any], headers: dict[str, str], *, international: bool) -> EmailMessage:
    """The MIME message: text and HTML, CRLF, 7-bit clean but for an international address. `headers` are written as they are."""
    registry = HeaderRegistry()
    for name in headers:
        registry.map_to_type(name.lower(), _Line)
    message = EmailMessage(policy=SMTP.clone(header_factory=registry, utf8=international, max_line_length=ENCODED_LINE_MAX_CHARS))
    for name, value in headers.items():
        message[name] = value
    message.set_content(payload["text"], charset="utf-8", cte="quoted-printable")
    message.add_alternative(payload["html"], subtype="html", charset="utf-8", cte="quoted-printable")
    return message


class _Line(UnstructuredHeader, BaseHeader):
    """A header as it was given, a new line only behind encoded words: the library's own folding breaks long ids, and words of a subject."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the value as it is."""
        super().parse(value, kwds)
        kwds["decoded"] = value

    def fold(self, *, policy: Policy) -> str:
        """The header's lines."""
        return f"{self.name}: {self}".replace("?= ", f"?={policy.linesep} ") + policy.linesep


def _sender(text: str) -> tuple[str, str]:
    try:
        name, sender = split_sender(text)
    except ValueError:
        raise NoAnswer("the sender (from) is not an email address", retry=False) from None
    return name, _checked("sender (from)", sender)


def _checked(what: str, text: str) -> str:
    try:
        return ascii_domain(address(text))
    except ValueError:
        raise NoAnswer(f"the {what} is not an email address", retry=False) from None


def _mailbox(name: str, mail_address: str) -> str:
    encoded = _encoded("From", name)
    if encoded == name:
        encoded = '"' + name.replace("\\", "\\\\") + '"'
    return f"{encoded} <{mail_address}>" if name else mail_address


def _encoded(header: str, text: str) -> str:
    """`text` if it is ASCII that no reader decodes, else as encoded words (RFC 2047) with a space between them."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name=header, maxlinelen=ENCODED_LINE_MAX_CHARS - 1).encode(linesep="")
