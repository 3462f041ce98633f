"""Mustache, in which Devtron's payloads are written: what means the same is read, for the rest the Jinja2 form is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.text import clip

# Each of these looks at a character a few times at most: none may stand for what another of the same expression takes.
_RAW = re.compile(r"\{%-?\s*(raw|endraw)\s*-?%\}")
_UNESCAPED = re.compile(r"\{\{\{(\s*[A-Za-z_][\w.]*\s*)\}\}\}|\{\{&(\s*[A-Za-z_][\w.]*\s*)\}\}")
_TAG = re.compile(r"\{\{\s*([#^/>!=])([^{}]*)\}\}")
_NAME = re.compile(r"\s*([\w.]*)")
TAG_MAX_CHARS = 200  # ours: of a tag in a message
_LISTS = ("failures", "changes", "tests.failures", "rules", "ciMaterials", "devtronApprovedByEmail")


def translated(source: str) -> str:
    """`{{{x}}}` and `{{&x}}` as `{{ x }}`; everything keeps its place."""
    return _UNESCAPED.sub(lambda tag: f"{{{{ {tag[1]} }}}}" if tag[1] else f"{{{{ {tag[2]}}}}}", source) if "{{" in source else source


def mustache_problems(source: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Tags that only Mustache has: where each begins and ends, counted from 0, and what to write instead."""
    for tag in _TAG.finditer(_without_raw(source)):
        name = _NAME.match(tag[2])
        yield (
            tag.span(),
            f"{clip(tag[0], TAG_MAX_CHARS)} is Mustache, and templates are Jinja2: {_instead(tag[1], (name and name[1]) or 'x')}",
        )


def _without_raw(source: str) -> str:
    """A template with spaces for its raw blocks."""
    parts, at, begin = [], 0, None
    for tag in _RAW.finditer(source):
        if tag[1] == "raw" and begin is None:
            begin = tag.start()
        elif tag[1] == "endraw" and begin is not None:
            parts += [source[at:begin], " " * (tag.end() - begin)]
            at, begin = tag.end(), None
    return "".join([*parts, source[at:]])


def _instead(sign: str, name: str) -> str:
    loop = name in _LISTS
    return {
        "#": f"write {{% for item in {name} %}} … {{% endfor %}}" if loop else f"write {{% if {name} %}} … {{% endif %}}",
        "^": f"write {{% if not {name} %}} … {{% endif %}}",
        "/": "write {% endfor %}" if loop else "write {% endif %}",
        ">": "there are no partials, write their text here",
        "!": "write {# … #} for a comment",
        "=": "delimiters cannot be changed",
    }[sign]
