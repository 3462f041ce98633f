"""`tocsin import devtron`: Devtron's two lists as a policy.

    read (lists, api) ─ channels (channels, payload, recipients) ─ rules ─ the policy's text (writing), or a table (table)

Every value that could be a secret becomes a `${NAME}` (`variables`). What has no counterpart is a note (`notes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tocsin.devtron.channels import Channels
from tocsin.devtron.lists import ChannelList, NotificationList
from tocsin.devtron.notes import Notes
from tocsin.devtron.rules import Rule, Rules
from tocsin.devtron.scopes import settle_scopes
from tocsin.devtron.variables import Variables


class Import(NamedTuple):
    """What came of Devtron's lists."""

    channels: Channels
    rules: list[Rule]
    variables: Variables
    notes: Notes


def project_names(notifications: NotificationList) -> dict[int, str]:
    """The projects' names by their ids, as far as a rule names them."""
    return {team.id: team.name for setting in notifications.settings for team in setting.team if team.name}


def import_lists(notifications: NotificationList, configurations: ChannelList, projects: Mapping[int, str]) -> Import:
    """The channels and rules of both lists. `projects` has the names of the projects by their ids."""
    notes, variables = Notes(), Variables()
    if notifications.total > len(notifications.settings):
        have = f"{len(notifications.settings)} of {notifications.total} rules"
        notes.warn("list of notifications", None, f"has {have}: ask Devtron for all, with offset=0&size={notifications.total}")
    channels = Channels(configurations, projects, variables, notes)
    rules = Rules(channels, notes).of(notifications.settings)
    settle_scopes(channels, rules, notes)
    return Import(channels, rules, variables, notes)
