"""What must hold of a payload of each kind of channel, whatever the event was. Limits are written out here, not taken from the code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import adaptive_cards
from jsonschema_rs import validator_for  # for a card jsonschema takes a hundred times as long
from mail_checks import check_mail
from markdown_it import MarkdownIt
from slack_sdk.models.blocks import Block

from tocsin.channels import KINDS


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a payload."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(item)


def check_url(url: str) -> None:
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert "@" not in parts.netloc
    assert len(url) <= 2048
    assert not re.search(r"[\s<>|\"'`\\\u202e]", url)


SLACK_TYPES = {
    "header", "plain_text", "rich_text", "rich_text_section", "rich_text_preformatted", "text", "link", "date", "context", "mrkdwn",
}  # fmt: skip


def check_slack(payload: dict[str, Any]) -> None:
    assert set(payload) <= {"text", "mrkdwn", "unfurl_links", "unfurl_media", "blocks", "attachments"}
    assert payload["mrkdwn"] is payload["unfurl_links"] is payload["unfurl_media"] is False
    assert 0 < len(payload["text"]) <= 40_000
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", payload["text"])
    attachments = payload.get("attachments", [])
    assert len(attachments) <= 1
    blocks = payload["blocks"] + [block for attachment in attachments for block in attachment["blocks"]]
    assert len(blocks) <= 50
    assert units(json.dumps(blocks, ensure_ascii=False)) <= 12_000
    for attachment in attachments:
        assert re.fullmatch("#[0-9a-f]{6}", attachment["color"])
        assert attachment["blocks"]
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed, "a block that Slack knows"
        parsed.validate_json()
    for node in nodes(blocks):
        check_slack_node(node)


def check_slack_node(node: dict[str, Any]) -> None:
    if "type" in node:
        assert node["type"] in SLACK_TYPES, "only elements in which text cannot mention, link or format"
    if node.get("type") in ("text", "link", "plain_text"):
        assert node["text"], "Slack refuses an empty text"
        assert node.get("emoji") is not True
    if "url" in node:
        check_url(node["url"])
    if node.get("type") == "header":
        assert units(node["text"]["text"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) <= 150
    if node.get("type") == "context":
        assert 0 < len(node["elements"]) <= 10
    if node.get("type") == "mrkdwn":
        (link,) = re.findall(r"^<([^<>|]+)\|(?:#[0-9]+(?: attempt [0-9]+)?|Open run)>(?: ·)?$", node["text"])
        check_url(link.replace("&amp;", "&"))
        assert not re.search(r"&(?!amp;)", link)
        assert len(link) <= 3000
    if node.get("type") == "date":
        assert isinstance(node["timestamp"], int)
        assert re.fullmatch(r"(\{date_short_pretty\} )?\{time\}", node["format"])
        assert re.fullmatch(r"([0-9]{1,2} [A-Z][a-z]{2} )?[0-9]{2}:[0-9]{2} UTC", node["fallback"])


@cache
def card_schema(version: str) -> Any:
    path = Path(adaptive_cards.__file__).parent / "schemas" / f"schema-{version}.json"
    return validator_for(json.loads(path.read_text(encoding="utf-8")))


CARD_TYPES = {"AdaptiveCard", "Container", "ColumnSet", "Column", "TextBlock", "ActionSet", "Action.OpenUrl"}
CARD_STYLES = {"default", "emphasis", "good", "attention", "warning", "accent"}


def check_card(card: dict[str, Any], version: str) -> None:
    assert card["type"] == "AdaptiveCard"
    assert card["version"] == version
    card = deepcopy(card)
    for node in nodes(card):
        if node["type"] == "TextBlock" and version >= "1.4":
            assert node.pop("style", "heading") == "heading", "of 1.5, which clients of 1.4 know or pass over"
    card_schema(version).validate(card)
    assert card["fallbackText"]
    assert "](" not in card["fallbackText"]
    for node in nodes(card):
        assert node["type"] in CARD_TYPES
        assert node.get("style", "default") in CARD_STYLES
        if node["type"] == "TextBlock":
            assert node["wrap"] is True
            assert card_text(node["text"]), "an empty text is an empty line"
        if node["type"] == "ActionSet":
            assert 1 <= len(node["actions"]) <= 2, "a third is wider than a phone"
        if node["type"] == "Action.OpenUrl":
            assert node["title"]
            check_url(node["url"])
        else:
            assert "url" not in node


def card_text(text: str) -> str:
    """What a client shows of a TextBlock's markdown, in which nothing is markup but links that are ours."""
    assert not re.search(r"\{\{\s*(?:DATE|TIME)", text, re.IGNORECASE), "a client would write a time in its place"
    assert not re.search(r"(?<!\\)<[A-Za-z/!?]", text), "neither HTML nor a mention"
    opening, inline, closing = MarkdownIt("js-default").parse(text)
    assert (opening.type, inline.type, closing.type) == ("paragraph_open", "inline", "paragraph_close")
    parts = inline.children or []
    assert {part.type for part in parts} <= {"text", "text_special", "link_open", "link_close"}
    links = [str(part.attrs["href"]) for part in parts if part.type == "link_open"]
    for link in links:
        check_url(link)
        assert not re.search(r"[()*]", link)
    assert text.count("](") == len(links), "a client that reads no backslash sees no other link"
    return "".join(part.content for part in parts)


def check_teams(payload: dict[str, Any]) -> None:
    assert len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) <= 24 * 1024
    assert set(payload) == {"type", "attachments"}
    assert payload["type"] == "message"
    (attachment,) = payload["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["contentUrl"] is None
    card = dict(attachment["content"])
    assert card.pop("msteams") == {"width": "Full"}, "and no entities: they would mention"
    check_card(card, "1.4")


def check_ringcentral(payload: dict[str, Any]) -> None:
    assert len(json.dumps(payload, ensure_ascii=False).encode()) <= 1_500_000
    assert set(payload) <= {"text", "attachments"}
    assert 0 < len(payload["text"]) <= 310
    assert "](" not in payload["text"], "neither a link nor a mention"
    for card in payload.get("attachments", ()):
        check_card(card, "1.3")


def check_discord(payload: dict[str, Any]) -> None:
    assert payload["allowed_mentions"] == {"parse": []}
    assert set(payload) <= {"username", "content", "embeds", "allowed_mentions"}
    assert 0 < units(payload["content"]) <= 2000
    for line in payload["content"].split("\n"):
        check_discord_text(line, links=False)
    for embed in payload["embeds"]:
        check_discord_embed(embed)
    assert len(payload["embeds"]) <= 1


def check_discord_embed(embed: dict[str, Any]) -> None:
    assert set(embed) <= {"title", "url", "color", "description", "footer"}
    assert set(embed) > {"color"}, "Discord refuses an embed without text"
    assert 0 <= embed["color"] <= 0xFFFFFF
    texts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    for text, maximum in zip(texts, (256, 4096, 2048), strict=True):
        assert units(text) <= maximum
    assert sum(map(units, texts)) <= 6000
    assert ("title" in embed) == ("url" in embed)
    if "url" in embed:
        check_url(embed["url"])
        assert "." in str(urlsplit(embed["url"]).hostname), "Discord refuses the message for a host without a dot"
        assert embed["title"]
        check_discord_text(embed["title"], links=False)
    text = re.sub(r"^```\n(?:(?!```).)+\n```$", "", embed.get("description", ""), flags=re.MULTILINE | re.DOTALL)
    for line in text.split("\n"):
        check_discord_text(re.sub(r"<t:[0-9]{1,12}:[tf]>", "", line))


DISCORD_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\\\[\]])+)\]\(([^\s()]+)\)")


def check_discord_text(text: str, *, links: bool = True) -> None:
    """Nothing in `text` is markup but links, whose labels look like no address."""
    for label, url in DISCORD_LINK.findall(text) if links else ():
        check_url(url)
        assert not re.search(r"://|www\.", label)
        check_discord_text(label, links=False)
    text = DISCORD_LINK.sub("x", text) if links else text
    plain = re.sub(r"\\[^0-9A-Za-z\s]", "x", text)
    assert not re.search(r"[*_~`|<\[\]@\\]|://|^[->+]|^#{1,3} |\d\. ", plain), text


class ChatText(HTMLParser):
    """Reads the HTML of a Google Chat card strictly: known tags, each closed in its order, links that are links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        ((name, value),) = attrs or [("", "")]
        assert (tag, name) in {("b", ""), ("br", ""), ("a", "href"), ("font", "color")}
        if tag == "a":
            check_url(value or "")
        if tag == "font":
            assert re.fullmatch("#[0-9a-f]{6}", value or "")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


def check_google_chat(payload: dict[str, Any]) -> None:
    assert len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) <= 32_000
    assert set(payload) == {"fallbackText", "cardsV2"}, "a text could mention, and has no escape"
    assert payload["fallbackText"]
    (card,) = payload["cardsV2"]
    assert set(card) == {"cardId", "card"}
    assert set(card["card"]) == {"sections"}
    (section,) = card["card"]["sections"]
    assert set(section) == {"widgets"}
    assert 0 < len(section["widgets"]) <= 100
    for widget in section["widgets"]:
        ((name, content),) = widget.items()
        if name == "textParagraph":
            check_chat_paragraph(content)
        else:
            assert name == "buttonList"
            for button in content["buttons"]:
                assert set(button) == {"text", "onClick"}
                check_url(button["onClick"]["openLink"]["url"])


def check_chat_paragraph(content: dict[str, Any]) -> None:
    assert content["text"]
    if "textSyntax" in content:
        assert set(content) == {"text", "textSyntax"}
        assert content["textSyntax"] == "MARKDOWN"
        assert re.fullmatch(r"```\n((?!```).)+\n```", content["text"], re.DOTALL), "a block of code, and nothing else"
        return
    assert set(content) == {"text"}
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", content["text"])
    ChatText(content["text"])


def check_pagerduty(payload: list[dict[str, Any]]) -> None:
    assert [event.get("event_action", "change") for event in payload] in [["trigger"], ["resolve"], ["resolve", "change"], ["change"]]
    for event in payload:
        assert len(json.dumps(event, ensure_ascii=False).encode()) <= 512_000
        details = event["payload"]
        assert 0 < len(details["summary"]) <= 1024
        assert "\n" not in details["summary"]
        assert details["source"]
        assert all(isinstance(value, str) and value for value in details["custom_details"].values())
        for link in event["links"]:
            assert set(link) == {"href", "text"}
            assert link["text"]
            check_url(link["href"])
        if "event_action" not in event:
            assert set(event) == {"payload", "links"}
            continue
        assert set(event) <= {"event_action", "dedup_key", "payload", "links", "client", "client_url"}, "no key, no picture"
        assert 0 < len(event["dedup_key"]) <= 255
        assert details["severity"] in ("critical", "error", "warning", "info")
        assert re.fullmatch(r"[0-9T:.Z-]+", details.get("timestamp", "0"))
        if "client_url" in event:
            check_url(event["client_url"])


def check_mattermost(payload: dict[str, Any]) -> None:
    assert len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) <= 7_600
    assert set(payload) <= {"text", "attachments"}
    headline, *rest = payload["text"].split("\n")
    assert len(rest) <= 1
    bold = re.fullmatch(r"\*\*(.+)\*\*", headline)
    assert bold, "the headline, and nothing else is bold"
    for line in (bold[1], *rest):
        check_mattermost_text(line, links=False)
    assert len(payload.get("attachments", ())) <= 1
    for attachment in payload.get("attachments", ()):
        assert set(attachment) == {"fallback", "color", "text"}, "no pretext: it could mention"
        assert re.fullmatch("#[0-9a-f]{6}", attachment["color"])
        check_mattermost_text(attachment["fallback"], links=False)
        text = re.sub(r"^```\n(?:(?!```).)+\n```$", "", attachment["text"], flags=re.MULTILINE | re.DOTALL)
        assert attachment["text"]
        for line in text.split("\n"):
            check_mattermost_text(line)


def check_mattermost_text(text: str, *, links: bool = True) -> None:
    """Nothing in `text` is markup but links, and nothing that Mattermost makes one of, or a mention."""
    for label, url in DISCORD_LINK.findall(text) if links else ():
        check_url(url)
        check_mattermost_text(label, links=False)
    text = DISCORD_LINK.sub("x", text) if links else text
    assert not re.search(r"[@~]\w|#[^\W\d_]|:[\w+-]+:|://|www\.", text), text
    plain = re.sub(r"\\[^0-9A-Za-z\s]", "x", text)
    assert not re.search(r"[*_`|<\[\]$\\]|^[->+#]|\d\. ", plain), text


class TelegramText(HTMLParser):
    """Reads Telegram's HTML strictly, and keeps what is shown of it outside of blocks of code."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.shown, self.plain = "", ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert (tag, [name for name, _ in attrs]) in [("b", []), ("i", []), ("pre", []), ("code", []), ("a", ["href"])]
        if tag == "a":
            check_url(attrs[0][1] or "")
        assert not {"pre", "code"} & {*self.open}
        assert "a" not in self.open or tag != "code", "a link would end there"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown += data
        self.plain += "x" if {"pre", "code"} & {*self.open} else data.replace(".", "") if "a" in self.open else data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


def check_telegram(payload: dict[str, Any]) -> None:
    assert set(payload) - {"disable_notification"} == {"text", "parse_mode", "link_preview_options"}
    assert payload["parse_mode"] == "HTML"
    assert payload["link_preview_options"] == {"is_disabled": True}
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", payload["text"])
    text = TelegramText(payload["text"])
    assert 0 < units(text.shown.strip()) <= 4096
    assert not re.search(r"@\w|#\w*[^\W\d_]|(?<![\w/])/\w|://|\w\.[^\W\d_]{2}", text.plain), "Telegram would make a mention or a link of it"


def check_apprise(payload: dict[str, str]) -> None:
    assert set(payload) == {"title", "body", "type"}
    assert payload["type"] in ("info", "success", "warning", "failure")
    assert 0 < len(payload["title"]) <= 250
    assert "\n" not in payload["title"]
    assert 0 < len(payload["body"]) <= 1800
    *lines, _ = [*payload["body"].split("\n"), ""]
    for line in lines:
        label, _, url = line.partition(": http")
        if url and label in ("Open run", "Open failed step", "Open repository", "Pull request", "Environment", "Compare"):
            check_url(f"http{url}")
            continue
        assert not re.search(r"@\w|<[!@#&/\w]|\]\(|://", f"{line} {payload['title']}"), "a service would make a mention or a link of it"


def check_ntfy(payload: dict[str, Any]) -> None:
    assert len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) <= 8_000
    assert set(payload) <= {"title", "message", "tags", "priority", "click", "actions"}, "neither markdown, an icon nor a file"
    assert payload["title"]
    assert "\n" not in payload["title"]
    assert 0 < len(payload["message"].encode()) <= 4096
    assert payload["priority"] in range(1, 6)
    assert all(re.fullmatch("[a-z_]+", tag) for tag in payload["tags"])
    assert len(payload.get("actions", ())) <= 3
    for action in payload.get("actions", ()):
        assert set(action) == {"action", "label", "url"}
        assert action["action"] == "view", "nothing that sends a request"
        check_url(action["url"])
    if "click" in payload:
        check_url(payload["click"])


def check_webhook(payload: dict[str, Any]) -> None:
    """The body where the policy has no payload: its form is fixed, whatever the event says."""
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    assert len(body.encode("utf-8", "replace")) <= 256 * 1024
    assert set(payload) == {"version", "title", "text", "event", "rules"}
    assert payload["version"] == 1
    assert len(payload["title"]) <= 500


check_smtp = check_ses = check_mail

CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {kind: globals()[f"check_{kind}"] for kind in KINDS if f"check_{kind}" in globals()}
