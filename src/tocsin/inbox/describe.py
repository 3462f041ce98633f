"""A title and a summary for a list: the best that a payload offers, one line each. No payload, however odd, raises.

The title begins with the outcome's sign wherever the payload tells the outcome.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

from tocsin.channels import MAIL_KINDS
from tocsin.message import ICONS, TONES, Tone
from tocsin.text import clean

TITLE_MAX_CHARS = 160  # ours: two lines of the page's list
SUMMARY_MAX_CHARS = 240
_TEXTS_MAX = 12  # ours: more never fits into a summary

# What a reader sees, in the order of sight; what is not named here is layout.
_SEEN = (
    "headline", "header", "title", "text", "description", "blocks", "attachments", "content", "body", "items", "columns", "inlines",
    "facts", "fields", "elements", "embeds", "cardsV2", "card", "sections", "widgets", "textParagraph", "decoratedText", "value",
    "fallback", "fallbackText", "payload", "summary", "custom_details", "message", "props",
)  # fmt: skip
_EVENT_KEYS = ("event", "status", "eventType")
_TONES: dict[str, Tone] = {**TONES, "fail": "bad"}  # and Devtron's word
_RUNS = ("RichTextBlock", "rich_text_section")  # their children make up one line
_LINES = ("mattermost", "pagerduty", "telegram")  # whose texts have lines of their own
_LINK = re.compile(r"<(?:https?|mailto):[^|<>]*\|([^<>]*)>|\[([^\[\]]*)\]\(<?https?:[^()\s]*\)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def describe(kind: str, payload: Any) -> tuple[str, str]:
    """What a list shows of a payload: its title and, where there is more, a summary that does not repeat it."""
    texts = _mail(payload) if kind in MAIL_KINDS else [_plain(_form(kind, payload), text) for text in _titles_first(kind, payload)]
    texts = [text for text in texts if text] or list(_pairs(payload)) or ["(empty)"]
    title = clean(texts[0], TITLE_MAX_CHARS)
    rest = [_rest(text, title) for text in texts[1:] if re.sub(r"^\W+", "", text) not in title]
    summary = clean(" · ".join(dict.fromkeys(rest)), SUMMARY_MAX_CHARS)
    sign = next(filter(None, map(_sign, texts)), "") or ("" if kind in MAIL_KINDS else _sign_of_event(payload))
    return (title if not sign or title.startswith(sign) else clean(f"{sign} {title}", TITLE_MAX_CHARS)), summary


def _sign(text: str) -> str:
    """The sign that a text begins with, or nothing."""
    return next((sign for sign in ICONS.values() if text.startswith(sign)), "")


def _sign_of_event(payload: Any) -> str:
    """The sign of the event that JSON names under one of `_EVENT_KEYS`, itself or within its `event`."""
    found = [payload, payload.get("event")] if isinstance(payload, dict) else []
    words = [part.get(key) for part in found if isinstance(part, dict) for key in _EVENT_KEYS]
    return next((ICONS[_TONES[word]] for word in words if isinstance(word, str) and word in _TONES), "")


def _pairs(payload: Any) -> Iterator[str]:
    """JSON without any text that is known to be one, its scalars as "name: value", those of the outermost first."""
    level = [("", payload)]
    for _ in range(_TEXTS_MAX):
        inner: list[tuple[str, Any]] = []
        for name, value in level:
            if isinstance(value, dict):
                inner += [(str(key), item) for key, item in value.items()]
            elif isinstance(value, list):
                inner += [(name, item) for item in value]
            elif text := clean(value if isinstance(value, str) else json.dumps(value), SUMMARY_MAX_CHARS):
                yield f"{clean(name)}: {text}" if name else text
        level = inner[:_TEXTS_MAX]


def _rest(text: str, title: str) -> str:
    """What a text says beyond the title that it begins with: "Build failed (CI #7)" says "CI #7"."""
    rest = text.removeprefix(title).strip() or text
    return rest[1:-1] if rest.startswith("(") and rest.endswith(")") else rest


def _mail(payload: dict[str, Any]) -> list[str]:
    """The subject, and the lines of the text, of which none repeats the subject."""
    text = payload["text"] or re.sub(r"<style.*?</style>|<[^<>]*>", " ", (payload["html"] or "")[:20_000], flags=re.DOTALL)
    return [
        clean(payload["subject"], TITLE_MAX_CHARS) or "(no subject)",
        *(clean(line, SUMMARY_MAX_CHARS) for line in text[:20_000].splitlines()),
    ]


def _titles_first(kind: str, payload: Any) -> list[str]:
    """The texts of a payload, led by what the service shows largest."""
    texts: list[str] = []
    for text in _texts(payload):
        texts += text.split("\n") if kind in _LINES else [text]
        if len(texts) >= _TEXTS_MAX:
            break
    header = _slack_header(payload) if kind == "slack" else None
    return [header, *texts] if header else texts


def _slack_header(payload: Any) -> str | None:
    """The first header block, which Slack shows larger than the text above it."""
    if not isinstance(payload, dict):
        return None
    groups = [payload, *_dicts(payload.get("attachments"))]
    for block in (block for group in groups for block in _dicts(group.get("blocks"))):
        if block.get("type") == "header":
            return next(_texts(block), None)
    return None


def _texts(value: Any) -> Iterator[str]:
    """The texts a reader would see, in their order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        parts = (text for key in _SEEN if key in value for text in _texts(value[key]))
        if value.get("type") in _RUNS:
            yield "".join(parts)
        elif isinstance(value.get("value"), str) and isinstance(label := value.get("title") or value.get("name"), str):
            yield f"{label}: {value['value']}"
        else:
            yield from parts


def _form(kind: str, payload: Any) -> str:
    """What reads the markup of a payload's texts, in `_UNMARKED`: its kind, or what the payload says."""
    if not isinstance(payload, dict) or kind not in ("telegram", "ntfy"):
        return kind
    return str(payload.get("parse_mode")) if kind == "telegram" else "mattermost" if payload.get("markdown") is True else ""


def _plain(form: str, text: str) -> str:
    """Text without the service's markup."""
    text = _LINK.sub(lambda match: match[1] or match[2] or "", text[: SUMMARY_MAX_CHARS * 8])
    return clean(_UNMARKED.get(form, str)(text), SUMMARY_MAX_CHARS)


def _mrkdwn(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"\1", text)


def _markdown(text: str) -> str:
    return _ESCAPED.sub(r"\1", re.sub(r"\*\*([^*\n]+)\*\*", r"\1", text))


def _html(text: str) -> str:
    return unescape(re.sub(r"<br>", " · ", re.sub(r"</?(?!br>)[a-z][^<>]*>", "", text)))


# What reads a service's markup; the texts of a kind that is not here have none.
_UNMARKED: dict[str, Callable[[str], str]] = {
    "slack": _mrkdwn,
    "teams": _markdown,
    "discord": _markdown,
    "ringcentral": _markdown,
    "google_chat": _html,
    "mattermost": _markdown,
    "HTML": _html,
    "MarkdownV2": lambda text: _markdown(re.sub(r"(?<!\\)(?:\*|__|~|\|\|)", "", text)),
}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
