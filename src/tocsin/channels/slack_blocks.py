"""A message as Slack's blocks.

https://docs.slack.dev/reference/block-kit/blocks
Values are in plain_text and rich_text only: mrkdwn has no escape for its * _ ~ and backtick. The one piece of mrkdwn is the run's link.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tocsin.channels.chat import DOT, instant, items, label_and_rest
from tocsin.message import Link, Message, Sentence, Span
from tocsin.message.mention import EVERYBODY, addressed
from tocsin.text import clip, clip_measured, units

HEADER_MAX_CHARS = 150  # characters, as Slack stores them (& is &amp;): https://docs.slack.dev/reference/block-kit/blocks/header-block
TEXT_MAX_CHARS = 4000  # characters; Slack cuts at 40,000: https://docs.slack.dev/reference/methods/chat.postMessage
CONTEXT_MAX_ELEMENTS = 10  # https://docs.slack.dev/reference/block-kit/blocks/context-block
LINK_MAX_CHARS = 3000  # of an escaped URL, as a button's: https://docs.slack.dev/reference/block-kit/block-elements/button-element
BLOCKS_MAX_CHARS = 12_000  # characters of JSON; msg_blocks_too_long, which is undocumented, begins near 13,200
DEFECT = "Slack refuses the message: please report this as a defect of tocsin"  # what a refusal of these blocks means


def payload(message: Message) -> dict[str, Any]:
    """A header, whom it addresses, and the other blocks in an attachment: that alone has a colour, and notifies nobody."""
    heading = _clip_stored(message.headline, HEADER_MAX_CHARS)
    blocks = [block for block in (_reasons(message), _sentences(message), _links(message), _notes(message.notes)) if block["elements"]]
    addressees = mentions(id_ for _, id_ in addressed(message.mentions, "slack"))
    rendered: dict[str, Any] = {
        "text": escape(clip(message.push, TEXT_MAX_CHARS)),
        "mrkdwn": False,
        "unfurl_links": False,  # or Slack shows a preview of each page below
        "unfurl_media": False,
        "blocks": [{"type": "header", "text": _plain(heading)}, *addressees],
    }
    if blocks:
        rendered["attachments"] = [{"color": f"#{message.colour:06x}", "fallback": escape(message.title), "blocks": blocks}]
    return rendered


def mentions(ids: Iterable[str]) -> list[dict[str, Any]]:
    """The block with those whom a message addresses, as elements of their own types; none for nobody."""
    elements = [element for id_ in ids for element in (_text(" "), _mention(id_))][1:]
    return [_rich(_section(*elements))] if elements else []


def _mention(id_: str) -> dict[str, Any]:
    """A member, a user group, or everybody: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""
    if id_ in EVERYBODY:
        return {"type": "broadcast", "range": id_}
    return {"type": "usergroup", "usergroup_id": id_} if id_.startswith("S") else {"type": "user", "user_id": id_}


_PEOPLE = ("user", "usergroup", "broadcast")


def reply(rendered: dict[str, Any]) -> dict[str, Any]:
    """The news of a message in one line, to stand below it; in rich text, for nothing in it may become markup."""
    if not rendered.get("text"):  # a payload of the policy's own
        return rendered
    line = rendered["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    quiet: dict[str, Any] = {name: rendered[name] for name in ("mrkdwn", "unfurl_links", "unfurl_media") if name in rendered}
    return {
        **quiet,
        "text": rendered["text"],
        "blocks": [_rich(_section(_text(line))), *filter(_addresses, _dicts(rendered.get("blocks")))],
    }


def unaddressed(rendered: dict[str, Any]) -> dict[str, Any]:
    """A message without the block that addresses people: they are addressed by the reply below it, and nobody twice."""
    blocks = [block for block in _dicts(rendered.get("blocks")) if not _addresses(block)]
    return {**rendered, "blocks": blocks} if "blocks" in rendered else rendered


def addresses_people(rendered: dict[str, Any]) -> bool:
    """Whether a message has the block that addresses people."""
    return any(map(_addresses, _dicts(rendered.get("blocks"))))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _addresses(block: dict[str, Any]) -> bool:
    """Whether a block is one that `mentions` makes."""
    elements = [element for part in _dicts(block.get("elements")) for element in _dicts(part.get("elements"))]
    people = [element for element in elements if element.get("type") in _PEOPLE]
    return bool(people) and all(element in people or element == _text(" ") for element in elements)


def _reasons(message: Message) -> dict[str, Any]:
    """A line for each reason, linked where there is a page for it, with the log's lines below."""
    parts = []
    for reason in message.reasons:
        label, rest = label_and_rest(reason)
        parts.append(_section(_value(label, reason.url), *([_text(f": {rest}")] if rest else [])))
        if reason.excerpt:
            parts.append({"type": "rich_text_preformatted", "elements": [_text("\n".join(reason.excerpt))]})
    if message.more:
        parts.append(_section(_value(message.more.label, message.more.url)))
    return _rich(*parts)


def _sentences(message: Message) -> dict[str, Any]:
    return _rich(*(_section(*map(_span, sentence)) for sentence in message.sentences))


def _links(message: Message) -> dict[str, Any]:
    """Links in one line of text: a click on a link button warns of an app that does not answer."""
    links = [*message.links, *([Link("Open run", message.page)] if message.page and _is_too_long(message.page) else [])]
    spans = [element for link in links for element in (_text(DOT), _value(link.label, link.url))][1:]
    return _rich(*([_section(*spans)] if spans else []))


def _notes(notes: Sentence) -> dict[str, Any]:
    """The small line: what is between its dots is an element, so that a narrow screen breaks it there. Only our own words are markup."""
    found = items(notes)
    elements = []
    for number, item in enumerate(found, 1):
        dot = " ·" if number < len(found) else ""
        elements += [element for span in item for element in _note(span, dot if span is item[-1] else "")]
    return {"type": "context", "elements": elements[:CONTEXT_MAX_ELEMENTS]}


def _note(span: Span, dot: str) -> list[dict[str, Any]]:
    if not span.url or _is_too_long(span.url):
        return [_plain(span.text.strip() + dot)]
    is_ours = bool(re.fullmatch(r"#[0-9]+( attempt [0-9]+)?", span.text))
    link = f"<{escape(span.url)}|{span.text if is_ours else 'Open run'}>"
    return [*([] if is_ours else [_plain(span.text)]), {"type": "mrkdwn", "text": link + dot, "verbatim": True}]


def _is_too_long(url: str) -> bool:
    return len(escape(url)) > LINK_MAX_CHARS


def _span(span: Span) -> dict[str, Any]:
    at = instant(span)
    if at is None:
        return _value(span.text, span.url)
    form = "{date_short_pretty} {time}" if at.has_day else "{time}"
    return {"type": "date", "timestamp": at.seconds, "format": form, "fallback": span.text, **({"url": span.url} if span.url else {})}


def _value(text: str, url: str | None) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": text} if url else _text(text)


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def _rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}  # or the name a:100:b would show an emoji


def escape(text: str) -> str:
    """`text` without the three characters by which it could become a link or a mention in Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clip_stored(text: str, max_chars: int) -> str:
    """`text` cut so that what Slack stores of it, escaped and in UTF-16, has at most `max_chars`."""
    return clip_measured(text, max_chars, lambda cut: units(escape(cut)))


def size(rendered: dict[str, Any]) -> int:
    """The characters of all blocks as JSON: more than Slack can count."""
    blocks = rendered["blocks"] + [block for attachment in rendered.get("attachments", ()) for block in attachment["blocks"]]
    return units(json.dumps(blocks, ensure_ascii=False))
