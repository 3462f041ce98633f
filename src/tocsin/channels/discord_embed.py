"""A message as a line of Discord's text and an embed below it.

https://docs.discord.com/developers/resources/message#embed-object
A notification shows the text alone, so the text has the news; the embed does not repeat it. Its title is the link to the run.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from tocsin.channels.chat import DOT, below_headline, below_push, code_block, instant, label_and_rest, run_and_rest
from tocsin.message import Link, Message, Reason, Sentence, Span, plain
from tocsin.message.mention import EVERYBODY, addressed
from tocsin.text import URL_MAX_CHARS, clip_measured, units

# characters, counted here in UTF-16, the most that any count gives
CONTENT_MAX_CHARS = 2000
TITLE_MAX_CHARS = 256
DESCRIPTION_MAX_CHARS = 4096
FOOTER_MAX_CHARS = 2048
EMBEDS_MAX_CHARS = 6000  # title, description and footer of all embeds together
LINKS_MAX_CHARS = 2300  # ours: one link of the longest kind, and the message fits without everything else


def payload(message: Message) -> dict[str, Any]:
    """The text, with those whom it addresses, and the embed where there is more to say: in an embed, a mention notifies nobody."""
    rest = below_headline(message)
    allowed, mentions = _mentions(message)
    room = (CONTENT_MAX_CHARS - units(mentions)) // 2 - 1
    whole = "\u200b" if allowed["parse"] else ""  # everybody may be mentioned then, and no backslash prevents it
    lines = [escape(line.replace("@", f"@{whole}"), room) for line in (message.headline, rest) if line]
    embed = _embed(below_push(message))
    content = "\n".join(filter(None, (*lines, mentions)))
    return {"content": content, "embeds": [{**embed, "color": message.colour}] if embed else [], "allowed_mentions": allowed}


def _mentions(message: Message) -> tuple[dict[str, Any], str]:
    """What Discord may take for a mention, and the mentions: https://docs.discord.com/developers/resources/message#allowed-mentions-object."""
    ids = [id_ for _, id_ in addressed(message.mentions, "discord")]
    everybody = [f"@{word}" for id_, word in zip(EVERYBODY, ("here", "everyone"), strict=True) if id_ in ids]
    users = [id_ for id_ in ids if id_.isdecimal()]
    roles = [id_[1:] for id_ in ids if id_.startswith("&")]
    allowed = {"users": users, "roles": roles}
    shown = " ".join((*(f"<@{id_}>" for id_ in ids if id_ not in EVERYBODY), *everybody))
    return {"parse": ["everyone"] if everybody else [], **{name: some for name, some in allowed.items() if some}}, shown


def size(rendered: dict[str, Any]) -> int:
    """The characters of an embed that count to Discord's limit for all embeds; more than that for a description that is too long."""
    (embed,) = rendered["embeds"] or [{}]
    if units(embed.get("description", "")) > DESCRIPTION_MAX_CHARS:
        return EMBEDS_MAX_CHARS + 1
    return sum(map(units, (embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", ""))))


def _embed(message: Message) -> dict[str, Any]:
    run, notes = run_and_rest(message.notes)
    page = message.page if message.page and _has_full_host(message.page) else None
    links = [link for link in message.links if link.url != page]
    if message.page and not page and all(link.url != message.page for link in links):
        links.insert(0, Link("Open run", message.page))
    found: dict[str, Any] = {}
    if page:
        label = next((link.label for link in message.links if link.url == page), "Open run")
        found |= {"title": escape(plain(run) or label, TITLE_MAX_CHARS), "url": page}
    texts = ["\n".join(filter(None, (*map(_reason, message.reasons), _more(message.more))))]
    texts.append("\n".join(map(_sentence, message.sentences)))
    texts.append(_links(links))
    if description := "\n".join(filter(None, texts)):
        found["description"] = description
    if footer := plain(notes if page or not run else (*run, Span(DOT), *notes)).removesuffix(DOT):
        found["footer"] = {"text": clip_measured(footer, FOOTER_MAX_CHARS, units)}
    return found


def _reason(reason: Reason) -> str:
    label, rest = label_and_rest(reason)
    line = linked(label, reason.url) + (f": {escaped_text(rest)}" if rest else "")
    return "\n".join(filter(None, (line, code_block(reason.excerpt))))


def _more(more: Link | None) -> str:
    return linked(more.label, more.url) if more else ""


def _sentence(sentence: Sentence) -> str:
    return "".join(map(_span, sentence))


def _span(span: Span) -> str:
    """Discord shows a timestamp in the reader's zone. It cannot be the label of a link."""
    at = instant(span)
    return f"<t:{at.seconds}:{'f' if at.has_day else 't'}>" if at else linked(span.text, span.url)


def _links(links: list[Link]) -> str:
    """All in one line, but for those that would make it too long."""
    line = ""
    for link in links:
        shown = linked(link.label, link.url)
        longer = f"{line}{DOT if line else ''}{shown}"
        line = longer if shown.endswith(")") and units(longer) <= LINKS_MAX_CHARS else line
    return line


def linked(text: str, url: str | None) -> str:
    """A masked link. Discord shows the markup of one whose label has brackets or looks like an address: there an arrow is the link."""
    url = (url or "").replace("(", "%28").replace(")", "%29")
    if not url or len(url) > URL_MAX_CHARS:
        return escaped_text(text)
    if re.search(r"[\[\]]|://|\bwww\.|\w\.\w{2,}/", text):
        return f"{escaped_text(text)} [↗]({url})"
    return f"[{escaped_text(text)}]({url})"


def _has_full_host(url: str) -> bool:
    """Can the URL be an embed's? Discord refuses the whole message for a host without a dot (http://jenkins:8080)."""
    return "." in (urlsplit(url).hostname or "").strip(".")


def escaped_text(text: str) -> str:
    """`text` as Discord shows it: nothing in it is markup."""
    # Discord takes a backslash before any mark. A list, a quote and a heading begin a line; a link needs its colon and slashes.
    return _MARKUP.sub(r"\\\g<0>", text)


_MARKUP = re.compile(r"[\\*_~`|<\[\]@]|:(?=//)|^[-+>]|^#(?=#{0,2} )|(?<=\d)\.(?= )")


def escape(text: str, max_chars: int) -> str:
    """`text` so that Discord shows it as it is: no markup, no mention, no link; cut where that is longer than `max_chars`."""
    return escaped_text(clip_measured(text, max_chars, lambda cut: units(escaped_text(cut))))
