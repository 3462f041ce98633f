"""The channels: one file a kind, loaded only when a policy uses it.

A channel is a module with what `Channel` names. A new one is a file, its row in KINDS, and its cases: tests/channels/test_every_kind.py
says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

from tocsin.named_tuple import NamedTuple

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.http import Transport
    from tocsin.message import Message
    from tocsin.templates import TemplateProblem
    from tocsin.verdict import Earlier, Verdict
    from tocsin.wording import OwnWords

# Change a message, answer under one, address a person or everybody, decide what a notification shows, tell times in each reader's zone.
Ability: TypeAlias = Literal["update", "thread", "mention", "mention_all", "push", "clock"]


class Kind(NamedTuple):
    """What the program must know of a kind of channel without loading its module."""

    module: str
    addressed: bool = False  # its messages go to email addresses; every other channel is a destination itself
    typed: tuple[str, ...] = ()  # keys below which the policy's scalars have YAML's types, and may be empty
    files: Mapping[str, str] = {}  # a key that names a file of the repository, and the key that the file's text stands for
    start_variable: str | None = None  # the variable that makes it a channel where there is no policy
    secret_urls: tuple[str, ...] = ()  # globs over host and path: such an address is a credential
    words: tuple[str, ...] = ()  # what people call it who know other tools
    can: frozenset[Ability] = frozenset()
    bridge: bool = False  # it speaks for other services, by a library that is installed apart


_OWN_PAYLOAD: dict[str, Any] = {"typed": ("payload",), "files": {"payload_file": "payload"}}

KINDS: dict[str, Kind] = {
    "slack": Kind(
        "tocsin.channels.slack",
        **_OWN_PAYLOAD,
        start_variable="SLACK_WEBHOOK_URL",
        secret_urls=("hooks.slack.com/*", "hooks.slack-gov.com/*"),
        can=frozenset({"update", "thread", "mention", "mention_all", "push", "clock"}),
    ),
    "teams": Kind(
        "tocsin.channels.teams",
        **_OWN_PAYLOAD,
        start_variable="TEAMS_WEBHOOK_URL",
        secret_urls=(
            "*.webhook.office.com/*",
            "outlook.office.com/webhook*",
            "outlook.office365.com/webhook*",
            "*.logic.azure.com/*",
            "*.logic.azure.us/*",
            "*.logic.azure.cn/*",
            # https://learn.microsoft.com/power-platform/admin/government-cloud-endpoints-reference
            "*.powerplatform.com/*",
            "*.powerplatform.microsoft.us/*",
            "*.appsplatform.us/*",
            "*.powerplatform.partner.microsoftonline.cn/*",
        ),
        words=("msteams", "microsoft", "microsoft_teams"),
        can=frozenset({"mention"}),
    ),
    "discord": Kind(
        "tocsin.channels.discord",
        **_OWN_PAYLOAD,
        start_variable="DISCORD_WEBHOOK_URL",
        secret_urls=tuple(f"{host}/api/{version}webhooks/*" for host in ("*discord.com", "*discordapp.com") for version in ("", "v*/")),
        can=frozenset({"update", "thread", "mention", "mention_all", "push", "clock"}),
    ),
    "ringcentral": Kind(
        "tocsin.channels.ringcentral",
        **_OWN_PAYLOAD,
        start_variable="RINGCENTRAL_WEBHOOK_URL",
        secret_urls=("hooks*.ringcentral.com/*", "hooks*.glip.com/*"),
        can=frozenset({"push"}),
    ),
    "google_chat": Kind(
        "tocsin.channels.google_chat",
        **_OWN_PAYLOAD,
        start_variable="GOOGLE_CHAT_WEBHOOK_URL",
        secret_urls=("chat.googleapis.com/*",),
        words=("googlechat", "gchat", "google", "hangouts"),
        can=frozenset({"thread", "push"}),
    ),
    "pagerduty": Kind(
        "tocsin.channels.pagerduty", **_OWN_PAYLOAD, words=("pager_duty", "pager", "pagerdutyv2"), can=frozenset({"push", "clock"})
    ),
    "mattermost": Kind("tocsin.channels.mattermost", **_OWN_PAYLOAD, can=frozenset({"update", "thread", "mention", "mention_all", "push"})),
    "telegram": Kind("tocsin.channels.telegram", **_OWN_PAYLOAD, can=frozenset({"update", "thread", "mention", "push"})),
    "ntfy": Kind("tocsin.channels.ntfy", **_OWN_PAYLOAD, can=frozenset({"update", "push"})),
    "apprise": Kind("tocsin.channels.apprise", bridge=True, can=frozenset({"push"})),
    "smtp": Kind("tocsin.channels.smtp", addressed=True, words=("email", "mail"), can=frozenset({"thread", "push"})),
    "ses": Kind("tocsin.channels.ses", addressed=True, words=("aws", "aws-ses"), can=frozenset({"thread", "push"})),
    "webhook": Kind("tocsin.channels.webhook", **_OWN_PAYLOAD, words=("http",)),
}
MAIL_KINDS = frozenset(name for name, kind in KINDS.items() if kind.addressed)


class Channel(Protocol):
    """What the module of a channel offers."""

    Options: type[ChannelOptions]

    def render(self, message: Message, options: Any, /) -> Any:
        """The payload: plain data, inside the service's limits whatever the message. Pure."""

    def send(self, payload: Any, options: Any, transport: Transport, /) -> Verdict:
        """One attempt, and what the service's answer means. May raise `network.NoAnswer`; nothing else escapes on purpose."""

    def follow(self, payload: Any, options: Any, transport: Transport, earlier: Earlier, /) -> Verdict:
        """As `send`, but change an earlier message of the run, or answer under it. Asked where `options.conversation_used()` says so.

        What it cannot do is `Failed`: a new message goes out then.
        """

    # A service that knows people by their addresses has `with_people` beside, as slack.py.


class Rendered(NamedTuple):
    """What goes out: a message in the policy's own words, where there are any, and its payload.

    `problems` say why some of the policy's own words, or its payload, are not in it: a line for each. `error` is why there is no payload.
    """

    message: Message
    payload: Any
    problems: tuple[str, ...] = ()
    own_payload: bool = False  # it is the policy's own, in which nobody is mentioned but by the policy's own markup
    error: TemplateProblem | None = None

    def lines(self, kind: str) -> Iterator[str]:
        """The message as a person reads it, or the policy's own payload; then what failed, and whom it addresses by a `kind` of channel."""
        from tocsin.message.lines import json_lines, lines
        from tocsin.message.mention import names

        yield from json_lines(self.payload) if self.own_payload else lines(self.message)
        yield from self.problems
        mentioned = [] if self.own_payload else names(self.message.mentions, kind)
        if mentioned:
            yield f"mentions: {', '.join(mentioned)}"


def rendered(channel: Channel, message: Message, words: OwnWords | None, options: Any) -> Rendered:
    """A message as a channel sends it: where the policy's own payload fails, a service gets the default one. Nothing is lost."""
    from tocsin.templates import TemplateProblem
    from tocsin.wording import in_own_words

    message, problems = in_own_words(message, words)
    try:
        return Rendered(message, channel.render(message, options), problems, has_own_payload(options))
    except TemplateProblem as error:
        if not (hasattr(channel, "service") or hasattr(options, "service")):  # a webhook's receiver expects the policy's own form alone
            return Rendered(message, None, problems, error=error)
        default = channel.render(message, options.model_copy(update={"payload": None}))
        return Rendered(message, default, (*problems, f"payload: {error}"))


def has_own_payload(options: ChannelOptions) -> bool:
    """Whether a channel sends the policy's own payload."""
    return getattr(options, "payload", None) is not None


def load(kind: str) -> Channel:
    """The module of a kind of channel. Raises KeyError for an unknown one."""
    return cast("Channel", import_module(KINDS[kind].module))
