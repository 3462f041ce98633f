"""Mustache, in which Devtron's payloads are written: what means the same is read, for the rest the Jinja2 form is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}", re.DOTALL)
_UNESCAPED = re.compile(r"\{\{\{(\s*[A-Za-z_][\w.]*\s*)\}\}\}|\{\{&(\s*[A-Za-z_][\w.]*\s*)\}\}")
_TAG = re.compile(r"\{\{\s*([#^/>!=])\s*([\w.]*)[^{}]*\}\}")
_LISTS = ("failures", "changes", "rules", "ciMaterials", "devtronApprovedByEmail")


def translated(source: str) -> str:
    """`{{{x}}}` and `{{&x}}` as `{{ x }}`; everything keeps its place."""
    return _UNESCAPED.sub(lambda tag: f"{{{{ {tag[1]} }}}}" if tag[1] else f"{{{{ {tag[2]}}}}}", source) if "{{" in source else source


def mustache_problems(source: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Tags that only Mustache has: where each begins and ends, counted from 0, and what to write instead."""
    without_raw = _RAW.sub(lambda raw: " " * len(raw[0]), source)
    for tag in _TAG.finditer(without_raw):
        yield tag.span(), f"{tag[0]} is Mustache, and templates are Jinja2: {_instead(tag[1], tag[2] or 'x')}"


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
