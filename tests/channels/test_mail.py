"""The mail itself: for every event, sample or hostile, it parses without a defect and says only what it should."""

from __future__ import annotations

import email
import email.policy
import json
import re
from email.header import decode_header, make_header
from email.utils import getaddresses
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from events import EVERY, RULES, SAMPLES, event
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.channels import mail, smtp
from tocsin.channels.mime import pack
from tocsin.event import Event
from tocsin.message import Detail, Link, Message, compose

CASES = sorted((Path(__file__).parents[1] / "cases" / "mails" / "text").glob("*.json"))
TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "th", "td", "p", "h1", "span", "a", "strong",
}  # fmt: skip
HEADERS = {
    "from", "to", "message-id", "date", "subject", "auto-submitted", "list-id", "in-reply-to", "references", "mime-version",
    "content-type",
}  # fmt: skip
NOW = 1_795_449_600.0  # 2026-11-23 16:00:00 UTC


def options(sender="CI <ci@example.com>", **more):
    return smtp.Options.model_validate({"kind": "smtp", "host": "mail.example.com", "from": sender, **more})


def render(one: Event, recipient="dev@example.com", rules=RULES, **more):
    return mail.render(compose(one)._replace(rules=rules, recipient=recipient), options(**more))


def parse(payload, key="key"):
    """The mail as a reader's program takes it, with everything checked that holds of every mail."""
    content = pack(payload, key, NOW).content
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


def names(payload):
    """The senders' names, read by the older of the library's two parsers: the newer one puts spaces between encoded words (3.11)."""
    value = email.message_from_bytes(pack(payload, "key", NOW).content)["From"]
    return [str(make_header(decode_header(name))) for name, _ in getaddresses([value])]


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


@pytest.mark.parametrize("name", EVERY)
def test_every_mail_is_whole_and_small_and_safe(name):
    payload = render(EVERY[name])
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


@pytest.mark.parametrize("name", SAMPLES)
def test_both_bodies_say_everything(name):
    message = compose(SAMPLES[name])
    payload = render(SAMPLES[name])
    page = Page(payload["html"])
    words = "".join(page.words)
    for body in (payload["text"], words):
        assert message.title in body
        assert message.tail in body
        for detail in (*message.details, *message.failures):
            assert detail.label in body
            assert detail.value in body
        assert all(rule in body for rule in RULES)
    urls = [detail.url for detail in (*message.failures, *message.details, *([message.link] if message.link else [])) if detail.url]
    assert page.links == urls
    assert all(url in payload["text"] for url in urls)


def written(path):
    """The message of a case."""
    case = json.loads(path.read_text(encoding="utf-8"))
    number = case.pop("number")
    lists = {name: tuple(Detail(*row) for row in case.pop(name)) for name in ("details", "failures")}
    link = case.pop("link")
    return Message(event=event({"run": {"number": number}}), link=Link(*link) if link else None, **lists, **case)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_text_reads_as_it_should(path):
    payload = mail.render(written(path), options())
    assert f"Subject: {payload['subject']}\n\n{payload['text']}" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_the_line_below_the_title_keeps_its_brackets():
    payload = render(event({"event": "failure", "triggered_by": {"name": "Ada (on call)"}}))
    assert payload["text"].splitlines()[1] == "by Ada (on call)"
    assert "by Ada (on call)" in "".join(Page(payload["html"]).words)


def test_headers():
    message = parse(render(SAMPLES["failure-cd"], reply_to="team@example.com"))
    [address] = message["From"].addresses
    assert (address.display_name, address.addr_spec) == ("CI", "ci@example.com")
    assert message["Reply-To"] == "team@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<payments.shop.tocsin.example.com>"
    assert message["Date"] == "Mon, 23 Nov 2026 16:00:00 -0000"
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", message["Message-ID"])


def test_a_delivery_has_one_id_and_a_run_one_thread():
    first, second = (parse(render(SAMPLES[name]), key) for name, key in (("trigger-cd", "a"), ("failure-cd", "b")))
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"] == parse(render(SAMPLES["trigger-cd"]), "a")["Message-ID"]
    assert first["In-Reply-To"] == first["References"] == second["References"] != first["Message-ID"]
    other = SAMPLES["trigger-cd"]
    assert parse(render(other._replace(run=other.run._replace(id="2"))))["References"] != first["References"]
    assert "References" not in parse(render(event({"event": "failure"})))


def test_ids_longer_than_a_line_stay_whole():
    message = parse(render(SAMPLES["failure-cd"], sender=f"ci@{'d' * 60}.{'e' * 60}.example.com"))
    for name in ("Message-ID", "References", "In-Reply-To", "List-Id"):
        assert re.fullmatch(r"<[\w.@-]+>", message[name])


def test_the_status_word_survives_the_longest_names():
    one = event(
        {
            "kind": "cd",
            "event": "failure",
            "transition": "still_failing",
            "app": "a" * 500,
            "environment": "e" * 500,
            "run": {"number": 10**80},
        }
    )
    subject = render(one)["subject"]
    assert len(subject) <= 150
    assert "is still failing (#1" in subject


def test_a_name_in_another_script():
    payload = render(SAMPLES["failure-cd"], sender='"Équipe, CI (日本)" <ci@bücher.example>')
    [address] = parse(payload)["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Équipe, CI (日本)", "ci@xn--bcher-kva.example")
    assert names(payload) == ["Équipe, CI (日本)"]


@pytest.mark.parametrize("name", ["a\\b", "CI, robots; (all)", "=?utf-8?q?Boss?=", "é" * 100, "😀 " * 40, "CI: <", "o'neil"])
def test_names_that_look_like_syntax(name):
    try:
        sender = options(sender=f"{name} <ci@example.com>").sender
    except ValueError:
        assert "<" in name
        return
    assert names({**render(SAMPLES["success-cd"]), "from": sender}) == [name.strip()]


def test_an_encoded_word_in_a_name_stays_what_it_is():
    word = "=?utf-8?q?Paid=0D=0ABcc=3A_x?="
    payload = render(event({"kind": "ci", "event": "failure", "app": word}))
    assert word in parse(payload)["Subject"]


def test_markup_in_any_place_is_text():
    evil, url = "<b onclick=x>&amp;\"'", "https://x.example/?a=1&copy=2"
    detail = Detail(evil, evil, url)
    message = Message(event({}), evil, "bad", f"{evil} (by {evil})", f"by {evil}", (detail,), (detail,), Link(evil, url), rules=(evil,))
    page = Page(mail.render(message, options())["html"])
    assert "".join(page.words).count(evil) == 10
    assert page.links == [url] * 3


def test_a_sender_that_is_not_resolved_can_be_rendered():
    payload = render(SAMPLES["failure-cd"], sender="CI <${MAIL_FROM}>")
    assert payload["headers"]["List-Id"] == "<payments.shop.tocsin.tocsin.invalid>"


NASTY = st.text(st.one_of(st.characters(), st.sampled_from("\r\n\t :;,<>@\"'=?&\\.()[]\u2028\u202e\ud800")), max_size=300)


@settings(deadline=None)
@given(title=NASTY, name=NASTY, rule=NASTY)
def test_no_text_can_add_a_header_or_an_element(title, name, rule):
    one = event({"kind": "ci", "event": "failure", "app": name, "repository": {"name": name, "owner": title}, "run": {"id": name},
                 "commit": {"title": title, "message": title}, "failures": [{"job": name, "reason": title}]})  # fmt: skip
    payload = render(one, rules=(rule, name))
    message = parse(payload)
    assert message["Subject"] == payload["subject"]
    assert message["To"] == "dev@example.com"
    assert Page(payload["html"]).links == []


@settings(deadline=None)
@given(name=NASTY)
def test_a_senders_name_is_kept_or_refused(name):
    try:
        sender = options(sender=f"{name} <ci@example.com>" if name.strip() else "ci@example.com").sender
    except ValueError:
        return
    payload = {**render(SAMPLES["success-cd"]), "from": sender}
    [address] = parse(payload)["From"].addresses
    assert address.addr_spec == "ci@example.com"
    assert names(payload) == [mail.split_sender(sender)[0]]
