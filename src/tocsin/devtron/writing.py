"""The text of the imported policy: in block style, with comments, and short values on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin.devtron.channels import SHOWN
from tocsin.policy.scalar_text import double_quoted

if TYPE_CHECKING:
    from tocsin.devtron import Import
    from tocsin.devtron.channels import Channel
    from tocsin.devtron.rules import Rule

LINE_MAX_CHARS = 120  # ours: a longer mapping or list gets a line for each value
PROJECTS_MAX = 5  # ours: in the comment on projects
_PLAIN = re.compile(r"[A-Za-z_](?:[\w@./ -]*[\w.])?", re.ASCII)
# What YAML 1.1 and 1.2 do not read as a text: https://yaml.org/type/bool.html, https://yaml.org/type/null.html
_WORDS = frozenset(("y", "n", "yes", "no", "true", "false", "on", "off", "null"))


def policy_text(imported: Import) -> str:
    """The policy of an import, as `check` accepts it."""
    parts = (_head(imported), _channels(imported), _rules(imported))
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _head(imported: Import) -> Iterator[str]:
    yield "# Imported from Devtron's notifications. Each variable is a secret: save it in the CI under its name."
    yield "# Is it right? tocsin check. Who would get what, and why? tocsin explain completion --status failure"
    selectors = [selector for rule in imported.rules for selector in rule.selectors]
    projects = list(dict.fromkeys(name for selector in selectors for name in selector.get("project", [])))
    projects += [
        name for channel in imported.channels.by_name.values() if (name := channel.options.get("project", "")) not in ("", *projects)
    ]
    if projects:
        named = f"{', '.join(map(scalar, projects[:PROJECTS_MAX]))}{', …' if len(projects) > PROJECTS_MAX else ''}"
        yield "#"
        yield f"# Devtron's projects: {named}. A run's project is the repository's owner or group, unless the policy says it:"
        yield f"# context: {{project: {scalar(projects[0])}}}"
    if any("tier" in selector or "cluster" in selector for selector in selectors):
        yield "#"
        yield "# Devtron knows which environments are production, and on which cluster they are. Here the name decides, or this:"
        yield "# environments:"
        yield "#   NAME: {tier: production, cluster: CLUSTER}"


def _channels(imported: Import) -> Iterator[str]:
    if imported.channels.by_name:
        yield "channels:"
    for channel in imported.channels.by_name.values():
        yield f"  {scalar(channel.name)}: # {_origin(channel)}"
        yield f"    kind: {channel.kind}"
        for key, value in channel.options.items():
            yield from _entry(key, value, "    ")


def _origin(channel: Channel) -> str:
    return "an address that rules name" if channel.id is None else f"{SHOWN[channel.kind]} configuration {channel.id}"


def _rules(imported: Import) -> Iterator[str]:
    default = imported.channels.default
    yield "notifications:" if imported.rules else "notifications: []"
    for rule in imported.rules:
        yield f"  - name: {scalar(rule.name)}"
        yield from _entry("on", _one(rule.on), "    ")
        yield from _entry(
            "pipelines", _one([{key: _one(values) for key, values in selector.items()} for selector in rule.selectors]), "    "
        )
        yield from _entry("send_to", _one(_recipients(rule, default)), "    ")


def _recipients(rule: Rule, default: str | None) -> list[Any]:
    return [recipient.written(default) for recipient in rule.send_to]


def _one(values: list[Any]) -> Any:
    """A list of one as its value alone."""
    return values[0] if len(values) == 1 else values


def _entry(key: str, value: Any, indent: str) -> Iterator[str]:
    """A key and its value: on one line where that is short, else below."""
    head = f"{indent}{key if key == 'on' else scalar(key)}:"
    if isinstance(value, str) and "\n" in value:
        yield f"{head} |"
        yield from (f"{indent}  {line}" if line else "" for line in value.split("\n"))
        return
    line = f"{head} {_flow(value)}"
    if not isinstance(value, (dict, list)) or (len(line) <= LINE_MAX_CHARS and key != "headers"):
        yield line
        return
    yield head
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _entry(name, item, f"{indent}  ")
    else:
        yield from _items(value, f"{indent}  ")


def _items(values: list[Any], indent: str) -> Iterator[str]:
    for value in values:
        line = f"{indent}- {_flow(value)}"
        if len(line) <= LINE_MAX_CHARS or not isinstance(value, dict):
            yield line
            continue
        lines = [line for name, item in value.items() for line in _entry(name, item, f"{indent}  ")]
        yield f"{indent}- {lines[0].lstrip(' ')}"
        yield from lines[1:]


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, (bool, int)):
        return json.dumps(value)
    return scalar(value)


def scalar(text: str) -> str:
    """A text as YAML writes it on one line, to the letter."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return double_quoted(text).replace("##[", "#\\x23[")
