"""A person of `people`: what a run calls them, and the form of their id on each service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from tocsin.channels.options import Address
from tocsin.record import AfterValidator, Field, OneOrMore, Record, SchemaOnly, Some

# https://docs.slack.dev/reference/block-kit/block-elements/user-element and usergroup-element
SLACK = r"[UWS][A-Z0-9]+"
# A snowflake: https://docs.discord.com/developers/reference#snowflakes
DISCORD = r"&?[0-9]{1,20}"
# Either of https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format#mention-support-within-adaptive-cards
TEAMS = r"[^@\s<>&\"']+@[^@\s<>&\"']+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# https://docs.mattermost.com/end-user-guide/collaborate/mention-people.html: these three call everybody, whatever mark ends them
MATTERMOST = r"(?!@?(here|channel|all)[._-]*$)@?[a-z][a-z0-9._-]{0,63}"
# A name, or the number by which https://core.telegram.org/bots/api#html-style mentions somebody without one
TELEGRAM = r"@?[A-Za-z][A-Za-z0-9_]{3,31}|[0-9]{1,20}"


def _form(pattern: str, words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(words)
        return text

    return check


def _schema(pattern: str) -> SchemaOnly:
    return SchemaOnly((("type", "string"), ("pattern", f"^(?:{pattern})$")))


SlackId = Annotated[
    str,
    AfterValidator(_form(SLACK, "must be a member's id, which begins with U or W, or a user group's, which begins with S")),
    _schema(SLACK),
]
DiscordId = Annotated[
    str,
    AfterValidator(_form(DISCORD, "must be a user's id, which has digits alone, or a role's with an & before it (\"&123\")")),
    _schema(DISCORD),
]
TeamsId = Annotated[
    str, AfterValidator(_form(TEAMS, "must be the sign-in name, such as ada@example.com, or the object id in Entra")), _schema(TEAMS)
]
MattermostName = Annotated[
    str,
    AfterValidator(_form(MATTERMOST, "must be a user's or a group's name: lower case, and none that calls everybody")),
    _schema(MATTERMOST),
]
TelegramName = Annotated[
    str, AfterValidator(_form(TELEGRAM, "must be a user's name, such as ada_b, or a user's number")), _schema(TELEGRAM)
]


class KnownPerson(Record):
    """A person, or a group: what a run calls them, and how each service does."""

    email: OneOrMore[Address] = Field(default=[], description="Addresses, as commits and the CI have them; case does not count.")
    login: OneOrMore[Some] = Field(default=[], description="Logins at GitHub, GitLab or Jenkins; case does not count.")
    name: OneOrMore[Some] = Field(default=[], description="Names, as commits have them.")
    slack: SlackId | None = Field(default=None, description="A member's id (U… or W…), or a user group's (S…).")
    discord: DiscordId | None = Field(default=None, description="A user's id in quotes, or a role's with an & before it: \"&123\".")
    teams: TeamsId | None = Field(default=None, description="The sign-in name (UPN), or the object id in Entra.")
    mattermost: MattermostName | None = Field(default=None, description="A user's or a group's name.")
    telegram: TelegramName | None = Field(default=None, description="A user's name, or number.")
    mail: bool = Field(default=False, description="Mail the first address, too, where a rule mentions the person.")

    def check(self) -> None:
        """Raise ValueError where there is no address to mail."""
        if self.mail and not self.email:
            raise ValueError("mail: true needs an email")
