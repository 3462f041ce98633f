"""The page, in a real browser: what a person sees, and that nothing which arrives runs, loads or breaks it."""

from __future__ import annotations

import json
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import product

import pytest
from browser import Browser, Page
from inbox_client import Client
from kinds import BRIDGES
from runners import require

from tocsin.channels import KINDS
from tocsin.inbox import Inbox

MARKUP = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script></script>"
HOSTILE = f"{MARKUP} *b* _i_ [x](javascript:alert(1)) <javascript:alert(1)|y> ](((( **__``` \u202e \u0000"
LONG = "nobreak" * 400
TEXTS = "[...document.querySelectorAll('.item strong')].map(node => node.textContent)"
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll('.list, .detail')].some(node => node.scrollWidth > node.clientWidth)"
PREVIEW = "document.querySelector('#view').innerText"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(require("chromium")) as browser:
        yield browser


@pytest.fixture
def box() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


def mail(inbox: Inbox, subject: str, html: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ci@example.com", "dev@example.com", subject
    message.set_content(f"{subject}, as text")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP(inbox.smtp_host, inbox.smtp_port, timeout=30) as smtp:
        smtp.send_message(message)


def card(text: str) -> dict[str, object]:
    return {
        "type": "AdaptiveCard",
        "body": [
            {
                "type": "Container",
                "style": "attention",
                "items": [{"type": "TextBlock", "text": text, "weight": "Bolder", "size": "Large", "color": "Attention"}],
            },
            {
                "type": "RichTextBlock",
                "inlines": [
                    "plain ",
                    {
                        "type": "TextRun",
                        "text": text,
                        "italic": True,
                        "selectAction": {"type": "Action.OpenUrl", "url": "javascript:alert(1)"},
                    },
                ],
            },
            {
                "type": "ColumnSet",
                "columns": [
                    {"type": "Column", "width": "auto", "items": [{"type": "TextBlock", "text": "left"}]},
                    {"type": "Column", "width": 2, "items": [{"type": "TextBlock", "text": "right"}]},
                ],
            },
            {"type": "FactSet", "facts": [{"title": "Branch", "value": text}]},
            {"type": "Image", "url": "https://example.com/x.png", "altText": text},
            {"type": "Unheard.Of"},
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": "Open run", "url": "https://ci.example/7"},
            {"type": "Action.OpenUrl", "title": text, "url": "javascript:alert(1)"},
        ],
    }


def send_all(inbox: Inbox, text: str) -> None:
    """One message to each kind of channel, with `text` wherever text can stand."""
    client = Client(inbox)
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": text}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": text},
            "fields": [{"type": "mrkdwn", "text": text}],
            "accessory": {"type": "image", "image_url": "https://example.com/x.png", "alt_text": text},
        },
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": text, "style": {"bold": True, "code": True}},
                        {"type": "link", "url": "javascript:alert(1)", "text": text},
                    ],
                }
            ],
        },
        {"type": "context", "elements": [{"type": "plain_text", "text": text}]},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Open run"}, "url": "https://ci.example/7"}],
        },
    ]
    client.post(
        "slack",
        {
            "text": text,
            "attachments": [
                {"color": "#d92d20", "blocks": blocks},
                {"color": "red;}", "title": text, "text": text, "fields": [{"title": text, "value": text}]},
            ],
        },
    )
    client.post("teams", {"type": "message", "attachments": [{"content": card(text)}]})
    embed = {
        "title": text[:256],
        "url": "javascript:alert(1)",
        "description": text,
        "color": 14232864,
        "fields": [{"name": text, "value": text, "inline": True}],
        "footer": {"text": text},
    }
    client.post("discord", {"username": text, "content": text[:2000], "embeds": [embed]})
    client.post("ringcentral", {"activity": text, "title": text, "text": text, "attachments": [card(text)]})
    paragraph = {"textParagraph": {"text": f'<b>{text}</b><a href="javascript:alert(1)">{text}</a><br><font color="red;">{text}</font>'}}
    buttons = {"buttonList": {"buttons": [{"text": "Open run", "onClick": {"openLink": {"url": "https://ci.example/7"}}}]}}
    client.post("google_chat", {"cardsV2": [{"card": {"sections": [{"header": text, "widgets": [paragraph, buttons, {"divider": {}}]}]}}]})
    client.post("webhook", {"title": text, text: [text, 1, True, None]})
    mail(inbox, "Build failed", f"<h1>{text}</h1>".replace("\x00", ""))
    content = {"Simple": {"Subject": {"Data": text}, "Body": {"Html": {"Data": text}, "Text": {"Data": text}}}}
    client(
        "POST",
        "/v2/email/outbound-emails",
        json.dumps({"FromEmailAddress": text, "Destination": {"ToAddresses": [text]}, "Content": content}).encode(),
        {"Authorization": "x"},
    )


def show(browser: Browser, inbox: Inbox, fragment: str = "", **size: int) -> Page:
    """The page with everything that has arrived so far."""
    page = browser.open(inbox.url + fragment, **size)
    page.until(f"document.querySelectorAll('.item').length === {len(inbox.arrivals)}")
    return page


def turn(page: Page, number: int, tab: str = "preview") -> None:
    """Go to a message, as a link to it does."""
    page.value(f"location.hash = '#{number}/{tab}'")
    page.until(
        f"document.querySelector('.facts span')?.textContent === '#{number}' && document.querySelector('#tab-{tab}[aria-selected=true]')"
    )


def test_an_empty_inbox_says_where_to_send_what(browser, box):
    page = show(browser, box)
    endpoints = {box.endpoint(kind) for kind in KINDS if kind not in BRIDGES}
    page.until(f"document.querySelectorAll('.where code').length === {len(endpoints)}")
    assert "Nothing has arrived yet" in page.value("document.body.innerText")
    assert set(page.value("[...document.querySelectorAll('.where code')].map(node => node.textContent)")) == endpoints
    assert page.troubles == []


def test_messages_appear_by_themselves_the_newest_first(browser, box):
    page = show(browser, box)
    client = Client(box)
    for text in ("one", "two", "three"):
        client.post("slack", {"text": text})
    page.until("document.querySelectorAll('.item').length === 3")
    assert page.value(TEXTS) == ["three", "two", "one"]
    assert page.value("document.title") == "(3) tocsin inbox"


def test_every_kind_looks_as_its_service_would_show_it(browser, box):
    send_all(box, "Build failed")
    page = show(browser, box)
    seen = {}
    for arrival in box.arrivals:
        turn(page, arrival.number)
        seen[arrival.kind] = page.value(PREVIEW)
        assert page.troubles == [], arrival.kind
    for kind in ("slack", "teams", "ringcentral", "google_chat"):
        assert "Open run" in seen[kind]
    assert seen["slack"].count("Build failed") >= 6
    assert "left" in seen["teams"]
    assert "Branch" in seen["teams"]
    assert '"title": "Build failed"' in seen["webhook"]
    assert "ci@example.com" in seen["smtp"]


def test_a_row_says_whose_it_is_and_how_it_ended(browser, box):
    client = Client(box)
    client("POST", "/slack/team%20a", b'{"text": "\xe2\x9d\x8c Failed: payments"}')
    client("POST", "/webhook/audit", b'{"app": "payments", "eventType": "fail"}')
    mail(box, "\u2705 Fixed: payments", "<h1>x</h1>")
    page = show(browser, box)
    rows = page.value(
        "[...document.querySelectorAll('.item')].map(row => ['strong', 'p'].map(part => row.querySelector(part).innerText).join(' | '))"
    )
    assert [row.partition(" · ")[0] for row in rows] == [
        "\u2705 Fixed: payments | SMTP to dev@example.com",
        "\u274c app: payments | Webhook audit",
        "\u274c Failed: payments | Slack team a",
    ]


def test_hostile_text_stays_text(browser, box):
    send_all(box, HOSTILE)
    page = show(browser, box)
    for arrival, tab in product(box.arrivals, ["preview", "raw", "headers"]):
        turn(page, arrival.number, tab)
        assert page.value("document.title") == f"({len(box.arrivals)}) tocsin inbox"
        assert page.value("document.querySelectorAll('body img, body script').length") == 2  # the page's own scripts
        assert page.value("[...document.links].filter(link => !/^https?:$/.test(link.protocol)).length") == 0
        assert page.value(
            "[...document.querySelectorAll('iframe')].every(frame => frame.sandbox.value === 'allow-popups allow-popups-to-escape-sandbox')"
        )
        assert [trouble for trouble in page.troubles if "Blocked script execution" not in trouble] == [], (
            arrival.kind
        )  # the mail's script, in its frame


def test_payloads_with_the_wrong_types_are_shown_all_the_same(browser, box):
    client = Client(box)
    odd = [7, "x", None, {"type": 7, "elements": 7, "text": [1], "items": "x", "style": 9}, [[]]]
    client.post("slack", {"text": {"a": 1}, "blocks": odd, "attachments": [*odd, {"blocks": odd, "color": {}}]})
    client.post("teams", {"attachments": [*odd, {"content": 7}, {"content": {"body": odd, "actions": odd}}]})
    client.post("discord", {"embeds": [*odd, {"title": 7, "author": "x", "footer": 7, "fields": odd, "image": "x", "timestamp": "never"}]})
    client.post("ringcentral", {"title": ["x"], "text": 7, "attachments": odd})
    client.post(
        "google_chat",
        {"text": 7, "cardsV2": [*odd, {"card": 7}, {"card": {"header": 7, "sections": [*odd, {"header": 7, "widgets": odd}]}}]},
    )
    page = show(browser, box)
    for arrival in box.arrivals:
        turn(page, arrival.number)
        assert page.troubles == [], arrival.kind
        assert "too odd" not in page.value(PREVIEW), arrival.kind


def test_what_a_service_escapes_is_unescaped_and_its_markup_shown(browser, box):
    client = Client(box)
    client.post("slack", {"text": "*bold* &lt;!channel&gt; <https://ci.example/7|run 7> feat_x_y `a*b*`"})
    client.post("discord", {"content": r"**bold** feat\_x\_y \*\*not\*\* [run](https://ci.example/7) <@123>"})
    page = show(browser, box, "#1")
    page.until("document.querySelector('#view .text')")
    assert page.value("document.querySelector('#view .text').innerHTML") == (
        '<b>bold</b> &lt;!channel&gt; <a href="https://ci.example/7" target="_blank" rel="noopener noreferrer">run 7</a> feat_x_y <code>a*b*</code>'
    )
    turn(page, 2)
    assert page.value("document.querySelector('#view .text').innerHTML") == (
        '<b>bold</b> feat_x_y **not** <a href="https://ci.example/7" target="_blank" rel="noopener noreferrer">run</a> <span class="mention">@123</span>'
    )


def test_the_html_of_a_mail_is_framed_apart(browser, box):
    mail(
        box, "Build failed", "<h1>Build failed</h1><script>parent.document.title='owned'</script><img src='https://example.com/track.png'>"
    )
    page = show(browser, box, "#1")
    page.until("document.querySelector('iframe')")
    assert page.value("document.querySelector('iframe').contentDocument") is None
    assert page.value("document.querySelector('iframe').getAttribute('src')") == "mail/1"
    turn(page, 1, "text")
    assert page.value(PREVIEW).strip() == "Build failed, as text"


def test_filter_and_search(browser, box):
    client = Client(box)
    client.post("slack", {"text": "Build of payments failed"})
    client.post("slack", {"text": "Build of web succeeded"})
    client.post("webhook", {"title": "Build of payments failed"})
    page = show(browser, box)
    assert page.value("[...document.querySelectorAll('.chip')].map(chip => chip.textContent)")[:2] == ["All3", "Slack2"]
    page.value("document.querySelector('[data-kind=slack]').click()")
    assert page.value(TEXTS) == ["Build of web succeeded", "Build of payments failed"]
    page.press("/")
    page.type("PAYMENTS failed")
    assert page.value(TEXTS) == ["Build of payments failed"]
    page.value("document.querySelector('[data-kind=all]').click()")
    assert len(page.value(TEXTS)) == 2
    page.value("document.querySelector('#search').focus()")
    page.type(" nowhere")
    assert page.value("document.querySelector('.nothing').textContent") == "No message matches."
    page.press("Escape")
    assert len(page.value(TEXTS)) == 3


def test_arrow_keys_walk_through_the_list_and_the_tabs(browser, box):
    client = Client(box)
    for text in ("one", "two", "three"):
        client.post("slack", {"text": text})
    page = show(browser, box)
    heading = "document.querySelector('.detail h2').textContent"
    assert page.value(heading) == "three"
    page.press("ArrowDown")
    assert (page.value(heading), page.value("location.hash")) == ("two", "#2")
    assert page.value("document.activeElement.dataset.number") == "2"
    page.press("ArrowDown")
    page.press("k")
    assert page.value(heading) == "two"
    page.press("End")
    assert page.value(heading) == "one"
    page.press("ArrowDown")
    assert page.value(heading) == "one"
    page.press("Home")
    assert page.value(heading) == "three"
    page.value("document.querySelector('#tab-preview').focus()")
    page.press("ArrowRight")
    assert (page.value("location.hash"), page.value("document.activeElement.id")) == ("#3/raw", "tab-raw")
    assert page.value(PREVIEW).strip() == '{\n  "text": "three"\n}'


def test_a_reader_keeps_the_message_and_the_place(browser, box):
    client = Client(box)
    client.post("slack", {"text": "one"})
    page = show(browser, box)
    client.post("slack", {"text": "two"})
    page.until("document.querySelector('.detail h2').textContent === 'two'")  # who has not begun to read sees the newest
    page.value("document.querySelector('.detail h2').focus()")
    page.value("window.kept = document.querySelector('#view')")
    client.post("slack", {"text": "three"})
    page.until("document.querySelectorAll('.item').length === 3")
    assert page.value("document.querySelector('.detail h2').textContent") == "two"
    assert page.value("window.kept === document.querySelector('#view')")


def test_a_telephone_shows_the_list_then_the_message_and_never_scrolls_sideways(browser, box):
    page = show(browser, box, width=360, height=740)
    page.until("document.querySelector('.where code')")
    assert not page.value(SIDEWAYS)
    send_all(box, LONG)
    page.until(f"document.querySelectorAll('.item').length === {len(box.arrivals)}")
    assert page.value("getComputedStyle(document.querySelector('.detail')).display") == "none"
    assert not page.value(SIDEWAYS)
    for arrival, tab in product(box.arrivals, ["preview", "raw", "headers"]):
        turn(page, arrival.number, tab)
        assert not page.value(SIDEWAYS), (arrival.kind, tab)
    page.value("document.querySelector('.back').click()")
    page.until("getComputedStyle(document.querySelector('.list')).display !== 'none'")


def test_an_inbox_that_was_started_anew_is_read_anew(browser):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Inbox(http_port=port) as first:
        Client(first).post("slack", {"text": "of the first"})
        page = show(browser, first)
    page.until("document.querySelector('#live').textContent === 'reconnecting'")
    with Inbox(http_port=port) as second:
        Client(second).post("slack", {"text": "of the second"})
        page.until("document.querySelector('.item strong').textContent === 'of the second'")
        assert page.value(TEXTS) == ["of the second"]
        assert page.value("document.querySelector('#live').textContent") == "live"


def test_a_link_to_a_message_brings_it_into_the_list_s_view(browser, box):
    client = Client(box)
    for number in range(40):
        client.post("slack", {"text": f"message {number}"})
    page = show(browser, box, "#1/raw")
    page.until("document.querySelectorAll('#items [data-number]').length === 40")
    place = page.value(
        "(() => { const { top, bottom } = document.querySelector('[aria-current=true]').getBoundingClientRect(); return [top, bottom]; })()"
    )
    assert 0 <= place[0] < place[1] <= 800
