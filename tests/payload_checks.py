"""What must hold of a payload of each kind of channel, whatever the event was. Limits are written out here, not taken from the code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import adaptive_cards
from jsonschema.validators import validator_for
from mail_checks import check_mail
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
    "header", "plain_text", "rich_text", "rich_text_section", "rich_text_list", "text", "link", "actions", "button", "context",
}  # fmt: skip


def check_slack(payload: dict[str, Any]) -> None:
    assert set(payload) <= {"text", "mrkdwn", "blocks", "attachments"}
    assert payload["mrkdwn"] is False
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
        if "type" in node:
            assert node["type"] in SLACK_TYPES, "only elements in which text cannot mention, link or format"
        if node.get("type") in ("text", "link", "plain_text"):
            assert node["text"], "Slack refuses an empty text"
            assert node.get("emoji") is not True
        if "url" in node:
            check_url(node["url"])
        if node.get("type") == "header":
            assert units(node["text"]["text"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) <= 150
        if node.get("type") == "button":
            assert units(node["text"]["text"]) <= 75


@cache
def card_schema(version: str) -> Any:
    path = Path(adaptive_cards.__file__).parent / "schemas" / f"schema-{version}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    return validator_for(schema)(schema)


CARD_TYPES = {"AdaptiveCard", "Container", "ColumnSet", "Column", "RichTextBlock", "TextRun", "Action.OpenUrl"}


def check_card(card: dict[str, Any], version: str) -> None:
    assert card["type"] == "AdaptiveCard"
    assert card["version"] == version
    card_schema(version).validate(card)
    assert card["fallbackText"]
    assert "](" not in card["fallbackText"]
    for node in nodes(card):
        assert node["type"] in CARD_TYPES, "only elements whose text is no markdown"
        if node["type"] == "TextRun":
            assert node["text"]
            assert "selectAction" not in node, "Teams breaks the line before such a run"
        if node["type"] == "Action.OpenUrl":
            check_url(node["url"])
        else:
            assert "url" not in node


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
    assert set(payload) == {"attachments"}
    (card,) = payload["attachments"]
    check_card(card, "1.3")


def check_discord(payload: dict[str, Any]) -> None:
    assert payload["allowed_mentions"] == {"parse": []}
    assert set(payload) <= {"username", "embeds", "allowed_mentions"}
    (embed,) = payload["embeds"]
    assert set(embed) <= {"title", "url", "color", "description", "fields", "footer"}
    assert 0 < units(embed["title"]) <= 256
    assert units(embed.get("description", "")) <= 4096
    assert len(embed["fields"]) <= 25
    assert 0 <= embed["color"] <= 0xFFFFFF
    total = units(embed["title"]) + units(embed.get("description", "")) + units(embed.get("footer", {}).get("text", ""))
    for field in embed["fields"]:
        assert 0 < units(field["name"]) <= 256
        assert 0 < units(field["value"]) <= 1024
        total += units(field["name"]) + units(field["value"])
        check_discord_text(field["value"])
    assert total <= 6000
    if "url" in embed:
        check_url(embed["url"])
        assert "." in str(urlsplit(embed["url"]).hostname), "Discord refuses the message for a host without a dot"
    check_discord_text(embed["title"])
    for line in embed.get("description", "").split("\n"):
        check_discord_text(re.sub(r"^• \*\*(.*?[^\\](?:\\\\)*)\*\*", r"\1", line))


def check_discord_text(text: str) -> None:
    """Nothing in `text` is markup but links that are ours."""
    links = re.compile(r"\[(?:↗|Open run)\]\(([^\s()]+)\)")
    for link in links.finditer(text):
        check_url(link[1])
    plain = re.sub(r"\\[^0-9A-Za-z\s]", "x", links.sub("", text))
    assert not re.search(r"[*_~`|<\[\]@\\]|://|^[->+#]|\d\. ", plain), text


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
    for section in card["card"]["sections"]:
        assert set(section) == {"widgets"}
        (widget,) = section["widgets"]
        ((name, content),) = widget.items()
        if name == "textParagraph":
            assert set(content) == {"text"}
            assert content["text"]
            assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", content["text"])
            ChatText(content["text"])
        else:
            assert name == "buttonList"
            (button,) = content["buttons"]
            assert set(button) == {"text", "onClick"}
            check_url(button["onClick"]["openLink"]["url"])


def check_webhook(payload: dict[str, Any]) -> None:
    """The body where the policy has no payload: its form is fixed, whatever the event says."""
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    assert len(body.encode("utf-8", "replace")) <= 256 * 1024
    assert set(payload) == {"version", "title", "text", "event", "rules"}
    assert payload["version"] == 1
    assert len(payload["title"]) <= 500


check_smtp = check_ses = check_mail

CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {kind: globals()[f"check_{kind}"] for kind in KINDS if f"check_{kind}" in globals()}
