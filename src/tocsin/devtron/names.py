"""Devtron's names as a policy can hold them."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import count

from tocsin.channels.literals import suspects, written_out
from tocsin.text import UNSAFE, clean

CHANNEL_MAX_CHARS = 80  # ours: a longer name is no name to write into a rule
SHOWN_MAX_CHARS = 40  # ours: of a word that is none
_SIGNS = re.compile(r"[*?\[\]\\]")


def is_usable(name: str) -> bool:
    """Whether a name can stand in a policy: it says something, is text, and is no credential."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return bool(name.strip()) and not written_out(name)


def is_channel_name(name: str) -> bool:
    """Whether a configuration's name is fit to be a channel's: `@` makes an address, `<<` is YAML's own, a URL may be a secret."""
    is_line = name == name.strip() and len(name) <= CHANNEL_MAX_CHARS and not UNSAFE.search(name)
    return is_line and is_usable(name) and name != "<<" and not any(sign in name for sign in ("@", "${", "://"))


def literal(name: str) -> str:
    """The glob that matches this name alone."""
    escaped = _SIGNS.sub(lambda sign: f"\\{sign[0]}", name)
    return f"\\{escaped}" if escaped.startswith("!") else escaped


def shown(word: str) -> str:
    """A word of Devtron's for a note: "none" for an empty one, and nothing of what could be a secret."""
    return "…" if suspects(word) else clean(word, SHOWN_MAX_CHARS) or "none"


def free(name: str, taken: Collection[str], form: str = "{}-{}") -> str:
    """The name, with a number behind it where it is taken; `form` says how."""
    if name not in taken:
        return name
    return next(text for number in count(2) if (text := form.format(name, number)) not in taken)
