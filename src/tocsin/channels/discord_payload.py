"""A payload of the policy's own for Discord: a text, and embeds.

https://docs.discord.com/developers/resources/webhook#execute-webhook and https://docs.discord.com/developers/resources/message#embed-object
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.channels.discord_embed import escaped_text, linked
from tocsin.channels.own_payload import Refusal, Service
from tocsin.channels.payload_shapes import Shape, anything, each, part, text, url, whole
from tocsin.templates import Template
from tocsin.templates.markup import ADDRESS, PLAIN, Markup, lines
from tocsin.text import units
from tocsin.wrong import DataPath

CONTENT_MAX_CHARS = 2000
EMBEDS_MAX = 10
EMBEDS_MAX_CHARS = 6000  # of all texts of all embeds together
FIELDS_MAX = 25
COLOUR_MAX = 0xFFFFFF

# What calls everybody where an `allowed_mentions` lets it: no backslash prevents that, an invisible character does.
_EVERYBODY = re.compile(r"(?:(?<=@)|^)(?=(?:everyone|here)\b)")


def _quiet(text: str) -> str:
    return _EVERYBODY.sub("\u200b", text)


MARKUP = Markup(lines(lambda line: escaped_text(_quiet(line))), lambda label, address: linked(_quiet(label), address))

_MARKUP_KEYS = ("content", "title", "description", "name", "value")
_ADDRESSES = ("url", "icon_url", "avatar_url", "proxy_url")


def reading(path: DataPath, holder: Mapping[str, Any]) -> Markup:
    """How Discord reads the text at a path."""
    del holder
    names = [part for part in path if isinstance(part, str)]
    key, above = (names or [""])[-1], (names or [""])[-2:-1]
    if key in _ADDRESSES:
        return ADDRESS
    return MARKUP if key in _MARKUP_KEYS and above != ["author"] else PLAIN


def guarded(tree: Any) -> Any:
    """The payload in which nothing mentions anyone whom it does not name in an `allowed_mentions` of its own, written out.

    A template never says who may be mentioned: a value could name anyone.
    """
    if not isinstance(tree, dict):
        return tree
    allowed = tree.get("allowed_mentions") or {"parse": []}
    return {**tree, "allowed_mentions": {"parse": []} if _has_template(allowed) else allowed}


def _has_template(node: Any) -> bool:
    if isinstance(node, dict):
        return any(map(_has_template, node.values()))
    return any(map(_has_template, node)) if isinstance(node, list) else isinstance(node, Template)


_FIELD = part({"name": text(256), "value": text(1024), "inline": anything}, ("name", "value"))
_PICTURE = part({"url": url}, ("url",), is_open=True)
_EMBED = part(
    {
        "title": text(256),
        "description": text(4096),
        "url": url,
        "color": whole(0, COLOUR_MAX),
        "fields": each(_FIELD, FIELDS_MAX, 0),
        "footer": part({"text": text(2048), "icon_url": url}, ("text",)),
        "author": part({"name": text(256), "url": url, "icon_url": url}, ("name",)),
        "image": _PICTURE,
        "thumbnail": _PICTURE,
        "video": anything,
        "provider": anything,
        "timestamp": anything,
        "type": anything,
    }
)
_KEYS: dict[str, Shape] = {
    "content": text(CONTENT_MAX_CHARS, 0),
    "embeds": each(_EMBED, EMBEDS_MAX, 0),
    "username": text(80),
    "avatar_url": url,
    **dict.fromkeys(("tts", "allowed_mentions", "components", "flags", "thread_name", "applied_tags", "poll", "attachments"), anything),
}
_MESSAGE = part(_KEYS, one_of=("content", "embeds", "components", "poll"))


def refusals(payload: Any) -> Iterator[Refusal]:
    """What Discord would refuse."""
    found = list(_MESSAGE(payload, ()))
    yield from found
    embeds = payload.get("embeds") if isinstance(payload, dict) and not found else None
    total = sum(map(_size, embeds or ()))
    if total > EMBEDS_MAX_CHARS:
        yield Refusal(("embeds",), f"have {total:,} characters together, and the service takes {EMBEDS_MAX_CHARS:,}")


def _size(embed: Mapping[str, Any]) -> int:
    """The characters of an embed that count."""
    own = [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
    own += [field.get(key) for field in embed.get("fields", ()) for key in ("name", "value")]
    return sum(units(part) for part in own if part)


SERVICE = Service(reading, refusals, guarded)
