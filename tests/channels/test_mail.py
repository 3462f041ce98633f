"""The mail itself: its words, its headers, its ids. What holds of every mail stands in mail_checks.py."""

from __future__ import annotations

import email
import email.policy
import json
import re
from email.header import decode_header, make_header
from email.utils import getaddresses
from pathlib import Path

import pytest
from events import RULES, SAMPLES, event
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import options as options_of
from mail_checks import NOW, Page, parse

from tocsin.channels import MAIL_KINDS, load, mail, mail_text, smtp
from tocsin.channels.mime import pack_mail
from tocsin.event import Event
from tocsin.message import Detail, Link, Message, Reason, Span, compose

CASES = sorted((Path(__file__).parents[1] / "cases" / "mails" / "text").glob("*.json"))


def options(sender="CI <ci@example.com>", **more):
    return smtp.Options.model_validate({"kind": "smtp", "host": "mail.example.com", "from": sender, **more})


def render(one: Event, recipient="dev@example.com", rules=RULES, **more):
    return mail.render(compose(one)._replace(rules=rules, recipient=recipient), options(**more))


def names(payload):
    """The senders' names, read by the older of the library's two parsers: the newer one puts spaces between encoded words (3.11)."""
    value = email.message_from_bytes(pack_mail(payload, "key", NOW).content)["From"]
    return [str(make_header(decode_header(name))) for name, _ in getaddresses([value])]


@pytest.mark.parametrize("name", SAMPLES)
def test_both_bodies_say_everything(name):
    message = compose(SAMPLES[name])
    payload = render(SAMPLES[name])
    page = Page(payload["html"])
    words = "".join(page.words)
    for body in (payload["text"], words):
        assert message.title in body
        for texts in (*(reason[:2] for reason in message.reasons), *(detail[:2] for detail in message.table)):
            assert all(text in body for text in texts)
        assert RULES[0] in body
        assert RULES[1] not in body, "a rule without a name is not named"
    spans = [span for sentence in mail_text.history(message) for span in sentence]
    known = [*message.reasons, *([message.more] if message.more else []), *spans, *message.links, *message.table]
    urls = [place.url for place in known if place.url]
    assert page.links == urls
    assert all(payload["text"].count(url) >= 1 for url in urls)
    assert message.page is None or message.page in urls


@pytest.mark.parametrize("name", SAMPLES)
def test_the_change_is_said_by_the_table_alone(name):
    text = render(SAMPLES[name])["text"]
    assert text.count("Grace Hopper") <= 1
    assert text.count("Ada Byron") <= 1


def test_the_history_stays():
    one = event(
        {
            "event": "failure",
            "transition": "still_failing",
            "commit": {"title": "Round refunds", "author": {"name": "Ada"}},
            "run": {"failed_runs": 4, "failing_since": {"number": 126, "url": "https://ci.example.com/126"}},
        }
    )
    payload = render(one)
    assert "Failing since #126: 4 runs\n  #126: https://ci.example.com/126\n" in payload["text"]
    assert "Failing since #126: 4 runs" in "".join(Page(payload["html"]).words)
    assert payload["text"].count("Round refunds") == 1


def test_lines_of_a_log_keep_their_indentation():
    one = event({"event": "failure", "failures": [{"job": "build", "reason": "exit code 1", "excerpt": "def f():\n    <b>&x</b>"}]})
    payload = render(one)
    assert "- build: exit code 1\n    def f():\n        <b>&x</b>\n" in payload["text"]
    assert "\xa0\xa0\xa0\xa0<b>&x</b>" in Page(payload["html"]).words


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"failures": [{"job": "build", "reason": "out of memory"}], "triggered_by": {"name": "Ada (on call)"}},
            "build: out of memory · by Ada (on call)",
        ),
        ({"triggered_by": {"login": "ada"}}, "by ada"),
        ({"pipeline": "CI", "run": {"number": 7}}, "CI #7"),
        ({}, ""),
    ],
)
def test_a_list_of_mails_shows_why_and_who_behind_the_subject(values, line):
    words = Page(render(event({"event": "failure", "app": "payments", **values}), rules=())["html"]).words
    assert next(filter(str.strip, words)).replace("\u2007\u034f ", "").strip() == line or not line


def test_a_run_without_number_and_name_is_a_link():
    payload = render(event({"event": "success", "run": {"url": "https://ci.example.com/7"}}))
    assert Page(payload["html"]).links == ["https://ci.example.com/7"]
    assert "Open run: https://ci.example.com/7" in payload["text"]


def written(path):
    """The message of a case."""
    case = json.loads(path.read_text(encoding="utf-8"))
    number = case.pop("number")
    reasons = tuple(Reason(where, text, url, tuple(excerpt)) for where, text, url, excerpt in case.pop("reasons"))
    sentences = tuple(tuple(Span(*span) for span in sentence) for sentence in case.pop("sentences"))
    links = tuple(Link(*link) for link in case.pop("links"))
    details = tuple(Detail(*row) for row in case.pop("details"))
    more = case.pop("more")
    parts = {"reasons": reasons, "sentences": sentences, "links": links, "details": details, "more": Link(*more) if more else None}
    return Message(event=event({"run": {"number": number}}), **parts, **case)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", sorted(MAIL_KINDS))
def test_the_text_reads_as_it_should(kind, path):
    payload = load(kind).render(written(path), options_of(kind))
    assert f"Subject: {payload['subject']}\n\n{payload['text']}" == path.with_suffix(".txt").read_text(encoding="utf-8")


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
    assert subject.startswith("❌ Still failing: aaa")
    assert "… → eee" in subject
    assert "… (#1000" in subject


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
    message = Message(
        event({}), "bad", evil, f"{evil} · by {evil}",
        reasons=(Reason(evil, evil, url, (evil,)),), more=Link(evil, url), sentences=((Span(evil, url), Span(evil)),),
        links=(Link(evil, url), Link(evil, url)), details=(Detail(evil, evil, url),), rules=(evil,),
    )  # fmt: skip
    page = Page(mail.render(message, options())["html"])
    assert "".join(page.words).count(evil) == 13
    assert page.links == [url] * 6


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
