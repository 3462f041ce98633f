"""A Slack configuration's project: in Devtron who may use it, here what it serves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tocsin.devtron.names import literal
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.devtron.channels import Channels
    from tocsin.devtron.notes import Notes
    from tocsin.devtron.rules import Rule

IDS_MAX = 20  # ours: in a note


def settle_scopes(channels: Channels, rules: Iterable[Rule], notes: Notes) -> None:
    """Say where a channel's project counts here; take it away where the channel could never serve a rule that uses it."""
    users: dict[str, list[Rule]] = {}
    for rule in rules:
        for recipient in rule.send_to:
            users.setdefault(recipient.channel, []).append(rule)
    for channel in channels.by_name.values():
        project = channel.options.get("project")
        if project is None:
            continue
        wider = [rule for rule in users.get(channel.name, []) if rule.projects != [literal(project)]]
        others = [rule for rule in wider if rule.projects and literal(project) not in rule.projects]
        what = f"is of project {clean(project, 80)}"
        if others:
            del channel.options["project"]
            text = f"{what}, and rules of other projects use it ({_ids(others)}): it serves all projects here"
            notes.warn("Slack configuration", channel.id, text)
        elif wider:
            text = f"{what}: it serves that project alone here, to which Devtron does not hold ({_ids(wider)})"
            notes.warn("Slack configuration", channel.id, text)


def _ids(rules: list[Rule]) -> str:
    more = ", …" if len(rules) > IDS_MAX else ""
    return f"rule{'' if len(rules) == 1 else 's'} {', '.join(str(rule.id) for rule in rules[:IDS_MAX])}{more}"
