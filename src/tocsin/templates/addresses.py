"""Addresses made by templates: their host is the policy's own text, or the whole begins with an address of the event's.

So no value, which anybody may have written, leads a reader to a place of its choice.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from tocsin.templates import Template, compile_text, find_problems
from tocsin.wrong import Wrong

HOST_UNKNOWN = (
    "the address must begin with https:// and a host that is written out, or with an address of the event's, "
    "such as {{ run.url }} (a value could lead elsewhere)"
)

_WRITTEN = re.compile(r"https?://[^/?#{}\s]+(?=[/?#]|$)", re.IGNORECASE)
_HEAD = re.compile(r"\{\{-?(.*?)-?\}\}(?=[/?#]|$)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_.\[\]0-9]*(?:url|Url|link|Link)")  # run.url, failures[0].url, Devtron's pipelineLink
_TEXT = re.compile(r"""(["'])(https?://[^/?#"'\s]+(?:[/?#][^"']*)?)\1""", re.IGNORECASE)


class AddressTemplate(NamedTuple):
    """An address: a head that is taken as it is, and a rest in which values are percent-encoded."""

    head: Template
    rest: Template

    def render(self, variables: dict[str, object]) -> str:
        """The address; "" where the event's own address, with which it begins, is absent. Raises TemplateProblem."""
        head = self.head.render(variables).strip()
        return head + self.rest.render(variables, lambda value: quote(value, safe="")) if head else ""


def compile_address(source: str) -> AddressTemplate:
    """The template of an address in which `address_problems` finds none. Raises TemplateProblem."""
    written = _WRITTEN.match(source)
    head = written or _HEAD.match(source)
    end = head.end() if head else 0
    return AddressTemplate(compile_text(source[:end]), compile_text(source[end:]))


def address_problems(source: str) -> tuple[Wrong, ...]:
    """What is wrong with the template of an address."""
    from tocsin.checks import Check

    found = find_problems(source)
    if found:
        return found
    head = _HEAD.match(source)
    if _WRITTEN.match(source) or (head and is_address(head[1])):
        return ()
    return (Wrong(Check.INVALID_TEMPLATE, HOST_UNKNOWN),)


def is_address(expression: str) -> bool:
    """Whether an expression gives an address of the event's, or one whose host is written out: each of those that `or` joins."""
    parts = [part.strip().strip("()").strip() for part in expression.split(" or ")]
    return all(_NAME.fullmatch(part) or _TEXT.fullmatch(part) for part in parts)
