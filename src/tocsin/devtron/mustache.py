"""A text of Devtron's Mustache as tocsin's Jinja2: https://mustache.github.io/mustache.5.html."""

from __future__ import annotations

import re
from typing import NamedTuple

from tocsin.devtron.names import shown
from tocsin.event import Event
from tocsin.templates.devtron import MATERIAL, devtron_variables

_NAME = r"\s*([A-Za-z_][\w.]*|\.)\s*"
_TOKEN = re.compile(
    rf"\{{\{{\{{{_NAME}\}}\}}\}}|\{{\{{&?{_NAME}\}}\}}|\{{\{{([#^/]){_NAME}\}}\}}|(\{{\{{\s*[!>][^{{}}]*\}}\}})|(\{{\{{|\{{%|\{{#)",
    re.ASCII,
)
_LISTS = ("ciMaterials", "devtronApprovedByEmail")


class UnreadableTextError(ValueError):
    """The text's sections do not fit each other."""


class _Section(NamedTuple):
    name: str
    end: str  # how Jinja2 ends it

    @property
    def is_loop(self) -> bool:
        return self.end == "{% endfor %}"


def jinja(text: str, unknown: set[str]) -> str:
    """The text as a template of tocsin's; what Devtron does not know goes to `unknown`, and is empty. Raises UnreadableTextError."""
    if "{" not in text:
        return text
    return _Text(unknown).translated(text)


class _Text:
    def __init__(self, unknown: set[str]) -> None:
        self._unknown = unknown
        self._known = devtron_variables(Event())
        self._open: list[_Section] = []

    def translated(self, text: str) -> str:
        done = _TOKEN.sub(self._token, text)
        if self._open:
            raise UnreadableTextError
        return done

    def _token(self, token: re.Match[str]) -> str:
        raw, plain, sign, section, nothing, literal = token.groups()
        if nothing:
            return ""
        if literal:  # a beginning of Jinja2's, which Mustache takes as text
            if literal == "{{":
                raise UnreadableTextError
            return f'{{{{ "{literal}" }}}}'
        if sign == "/":
            return self._end(section)
        name = self._name(raw or plain or section)
        if not sign:
            return token[0] if name == (raw or plain) else f"{{{{ {name} }}}}" if name else ""
        return self._begin(sign, section, name)

    def _begin(self, sign: str, written: str, name: str | None) -> str:
        if name is None:
            name = "false"
        loop = sign == "#" and written in _LISTS
        self._open.append(_Section(written, "{% endfor %}" if loop else "{% endif %}"))
        return f"{{% for item in {name} %}}" if loop else f"{{% if {'not ' if sign == '^' else ''}{name} %}}"

    def _end(self, name: str) -> str:
        if not self._open or self._open[-1].name != name:
            raise UnreadableTextError
        return self._open.pop().end

    def _name(self, written: str) -> str | None:
        """What Jinja2 calls a variable here; None for one that Devtron does not know."""
        loops = [section.name for section in self._open if section.is_loop]
        if loops and written == ".":
            return "item"
        if loops and loops[-1] == "ciMaterials" and written.partition(".")[0] in MATERIAL:
            return f"item.{written}"
        if written in self._known:
            return written
        self._unknown.add(shown(written))
        return None
