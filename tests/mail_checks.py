"""What must hold of every mail, whatever the event was: it parses without a defect and says only what it should."""

from __future__ import annotations

import email
import email.policy
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from tocsin.channels.mime import pack_mail

TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "th", "td", "p", "h1", "span", "a", "strong",
}  # fmt: skip
HEADERS = {
    "from", "to", "message-id", "date", "subject", "auto-submitted", "list-id", "in-reply-to", "references", "mime-version",
    "content-type",
}  # fmt: skip
NOW = 1_795_449_600.0  # 2026-11-23 16:00:00 UTC
KEYS = {"to", "from", "subject", "text", "html", "headers"}
LINES = {"Auto-Submitted", "List-Id", "In-Reply-To", "References", "Reply-To"}


def parse(payload, key="key"):
    """The mail as a reader's program takes it, with everything checked that holds of every mail."""
    content = pack_mail(payload, key, NOW).content
    assert content.isascii()
    lines = content.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    end = lines.index(b"")
    assert max(map(len, lines[:end])) <= 998, "RFC 5322, 2.1.1"
    assert all(len(line) <= 76 for line in lines[:end] if b"=?" in line), "RFC 2047, 2"
    assert max(map(len, lines[end:])) <= 76, "RFC 2045, 6.7"
    message = email.message_from_bytes(content, policy=email.policy.default)
    for part in message.walk():
        assert not part.defects
        assert not [value.defects for value in part.values() if value.defects]
    assert len(message.keys()) == len(set(message.keys()))
    assert {name.lower() for name in message} <= HEADERS | {"reply-to"}
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    return message


class Page(HTMLParser):
    """Reads the HTML strictly: known tags, each closed in its order; gathers the words and the links."""

    def __init__(self, html):
        super().__init__()
        self.open, self.words, self.links = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in ("src", "background", "srcset", "action", "formaction", "poster", "data")
            assert "url(" not in (value or "")
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    def handle_comment(self, data):
        assert re.fullmatch(r"\[if mso\]>.*<!\[endif\]", data), "only ours, for Outlook"


def check_mail(payload):
    assert set(payload) == KEYS
    assert set(payload["headers"]) <= LINES, "no header from elsewhere: it could add a recipient"
    message = parse(payload)
    subject = str(message["Subject"])
    assert subject == payload["subject"]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", subject)
    assert 0 < len(subject) <= 150
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert text.splitlines() == payload["text"].splitlines()
    assert len(text.encode()) <= 40_000
    assert len(html.encode()) <= 100_000, "Gmail cuts a mail off at 102 KB"
    page = Page(payload["html"])
    assert "\n" not in "".join(word for word in page.words if word.strip())
    for link in page.links:
        assert urlsplit(link).scheme in ("http", "https")
        assert not re.search(r"[\s<>\"'\u202e]", link)
