"""What Telegram cannot read in a text: https://core.telegram.org/bots/api#formatting-options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from tocsin.text import safe_url

PERSON = re.compile(r"tg://user\?id=[0-9]{1,20}")

TAGS = frozenset((
    "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "tg-emoji", "tg-time", "a", "code", "pre",
    "blockquote",
))  # fmt: skip
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)(\s[^<>]*)?>", re.IGNORECASE)
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)

NO_ADDRESS = "has a link that is neither a plain http or https address nor tg://user?id= with a person's number"


def html_problems(text: str) -> Iterator[str]:
    """What is wrong with a text of HTML."""
    opened: list[str] = []
    for found in re.finditer("<", text):
        tag = _TAG.match(text, found.start())
        if not tag:
            yield "has a < that begins no tag: write &lt;"
            return
        name = tag[2].lower()
        if name not in TAGS:
            yield f"has a tag that Telegram does not know: <{name}>"
        elif not tag[1]:
            opened.append(name)
            if name == "a" and not _leads(_HREF.search(tag[3] or "")):
                yield NO_ADDRESS
        elif not opened or opened.pop() != name:
            yield f"has a </{name}> that closes nothing"
            return
    if opened:
        yield f"has a <{opened[-1]}> that is not closed"


def _leads(href: re.Match[str] | None) -> bool:
    return bool(href and _is_address(unescape(next(filter(None, href.groups()), ""))))


def _is_address(address: str) -> bool:
    return bool(safe_url(address) or PERSON.fullmatch(address))


_MARKS = ("*", "__", "_", "~", "||")
_TOKEN = re.compile(
    r"\\[\x01-\x7e]|```.*?(?<!\\)```|`(?:\\.|[^`\\])+`|!?\[|\]\((?:\\.|[^)\\])*\)|(?P<quote>^(?:\*\*)?>)|\|\||__|[*_~`\]()>#+\-=|{}.!\\]",
    re.DOTALL | re.MULTILINE,
)
_LONG_QUOTE = re.compile(r"^(?:\*\*)?>.*\|\|$", re.MULTILINE)


def markdown_problems(text: str) -> Iterator[str]:
    """What is wrong with a text of MarkdownV2: https://core.telegram.org/bots/api#markdownv2-style."""
    opened: list[str] = []
    for found in _TOKEN.finditer(text):
        problem = None if found["quote"] else _problem(found[0], opened)
        if problem:
            yield problem
            return
    if opened and not (opened == ["||"] and _LONG_QUOTE.search(text)):
        yield f"has a {opened[-1]} that is not closed: write \\{opened[-1][0]} where it stands for itself"


def _problem(token: str, opened: list[str]) -> str | None:
    """What is wrong with a mark, where these are `opened`; it opens or closes one."""
    if token in ("[", "!["):
        opened.append("[")
    elif token.startswith("]("):
        if not opened or opened.pop() != "[":
            return "has a ] that closes nothing: write \\]"
        address = re.sub(r"\\(.)", r"\1", token[2:-1])
        return None if _is_address(address) or address.startswith("tg://emoji?") else NO_ADDRESS
    elif token not in _MARKS:
        return f"has a {token} that stands for itself: write \\{token}" if len(token) == 1 else None
    elif opened[-1:] == [token]:
        opened.pop()
    elif token in opened:
        return f"has a {token} inside another mark that is not closed"
    else:
        opened.append(token)
    return None


def markdown_text(text: str) -> str:
    """What is shown of a text of MarkdownV2, and somewhat more."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"\]\((?:\\.|[^)\\])*\)", "", text), flags=re.DOTALL)
