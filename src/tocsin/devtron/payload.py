"""A webhook's payload: Devtron fills it as Mustache and parses it then, tocsin parses it first and fills its texts as Jinja2.

What Devtron may write that way and tocsin may not is put right: a `{{name}}` without quotes, sections, unknown names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tocsin.channels.literals import is_random, written_out
from tocsin.channels.payload_options import is_secret
from tocsin.devtron.mustache import UnreadableTextError, jinja
from tocsin.templates.jsontext import parse_json
from tocsin.templates.payload import compile_payload
from tocsin.text import UNSAFE, clean

_STRING_OR_TAG = re.compile(r'"(?:[^"\\]|\\.)*"|\{\{\{[^{}]*\}\}\}|\{\{[^{}]*\}\}', re.DOTALL)
LEFT_OUT = "left out, and tocsin sends the event as JSON of its own form"
KEY_MAX_CHARS = 40  # ours: of a payload's key, in a variable's name

Secret = Callable[[str, str], str]


def import_payload(text: str, secret: Secret, note: Callable[[str], None]) -> str | None:
    """The payload as JSON text; None where there is none, or none that can be had, which `note` is told."""
    if not text.strip():
        note("has no payload: tocsin sends the event as JSON of its own form")
        return None
    parsed = parse_json(_STRING_OR_TAG.sub(_quoted, text))
    wrong = next((problem for problem in parsed.problems if problem.severity == "error"), None)
    if wrong:
        note(f"has a payload that is not JSON (line {wrong.line}): {LEFT_OUT}")
        return None
    walk = _Walk(secret)
    try:
        written = _written(walk.node(parsed.value, "payload", hidden=False))
    except UnreadableTextError:
        written = ""
    if not written or any(problem.severity == "error" for problem in compile_payload(written).problems):
        note(f"has a payload that tocsin cannot read: {LEFT_OUT}")
        return None
    for name in sorted(walk.unknown):
        note(f"names {name} in its payload, which is no variable of Devtron's: it stays empty")
    if walk.secrets:
        note(f"has credentials in its payload: {walk.secrets} became variables; look for others that do not look like one")
    return written


def _quoted(found: re.Match[str]) -> str:
    """A tag outside of strings as a string; one expression keeps its type there."""
    return found[0] if found[0].startswith('"') else json.dumps(found[0])


def _written(tree: Any) -> str:
    text = json.dumps(tree, ensure_ascii=False, indent=2).replace("##[", "#\\u0023[")
    return re.sub("[\ufffe\uffff]", _escaped, UNSAFE.sub(lambda unsafe: "".join(map(_escape, unsafe[0])), text))


def _escaped(found: re.Match[str]) -> str:
    return _escape(found[0])


def _escape(char: str) -> str:
    return char if char == "\n" else json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


class _Walk:
    """Goes through a payload once: secrets become references, texts become Jinja2. Raises UnreadableTextError."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self.unknown: set[str] = set()
        self.secrets = 0

    def node(self, value: Any, key: str, *, hidden: bool) -> Any:
        """A value below a key; `hidden` where a key above is named like a secret's."""
        if isinstance(value, dict):
            if any(written_out(name) for name in value):
                raise UnreadableTextError
            return {name: self.node(item, name, hidden=hidden or is_secret(name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.node(item, key, hidden=hidden) for item in value]
        if isinstance(value, str):
            return self._leaf(value, key, hidden=hidden)
        return self._reference(key) if hidden and type(value) in (int, float) else value

    def _leaf(self, text: str, key: str, *, hidden: bool) -> str:
        """A text with references for the credentials in it: for all of it where it is one, or where nobody can say where one ends."""
        parts = sorted(written_out(text), key=len, reverse=True)
        secret = ("{{" not in text and (hidden or (is_random(text) and not _is_address(text)))) or ("\0" in text and parts)
        if text and (secret or any(part not in text for part in parts)):
            return self._reference(key)
        references: list[str] = []
        for part in parts:
            if part in text:
                text = re.sub(rf"(?:https?:)?{re.escape(part)}", f"\0{len(references)}\0", text)
                references.append(self._reference(key))
        text = jinja(text.replace("${", "$${"), self.unknown)
        return re.sub("\0([0-9]+)\0", lambda mark: references[int(mark[1])], text) if references else text

    def _reference(self, key: str) -> str:
        self.secrets += 1
        name = clean(key, KEY_MAX_CHARS) or "payload"
        return self._secret(name, f"the secret at {name} in the payload")


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))
