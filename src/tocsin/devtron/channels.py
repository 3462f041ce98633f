"""Devtron's configurations as channels, and which of them a rule's provider is."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from tocsin import channels
from tocsin.channels import KINDS, MAIL_KINDS
from tocsin.channels.options import address
from tocsin.devtron.lists import ChannelList, Provider, Ses, Slack, Smtp, Webhook
from tocsin.devtron.names import free, is_channel_name, is_usable, shown
from tocsin.devtron.payload import import_payload
from tocsin.devtron.recipients import Recipient
from tocsin.devtron.webhook_headers import import_headers
from tocsin.secrets.parts import url_of

if TYPE_CHECKING:
    from tocsin.devtron.notes import Notes
    from tocsin.devtron.variables import Variables

SHOWN = {"slack": "Slack", "webhook": "webhook", "ses": "SES", "smtp": "SMTP"}


class Channel(NamedTuple):
    """A channel: its name, kind and further options, and the configuration that it comes from (None: an address in a rule)."""

    name: str
    kind: str
    id: int | None
    options: dict[str, Any]


class Channels:
    """All channels of an import, by name; `default` is the email channel that serves what names none."""

    def __init__(self, given: ChannelList, projects: Mapping[int, str], variables: Variables, notes: Notes) -> None:
        self.by_name: dict[str, Channel] = {}
        self.default: str | None = None
        self._projects, self._variables, self._notes = projects, variables, notes
        self._names: dict[tuple[str, int], str] = {}
        self._by_url: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        for slack in given.slack:
            self._slack(slack)
        for webhook in given.webhook:
            self._webhook(webhook)
        for ses in given.ses:
            self._ses(ses)
        for smtp in given.smtp:
            self._smtp(smtp)
        self._choose_default()

    # Who a provider is.

    def recipient(self, provider: Provider) -> Recipient | str:
        """Where a provider leads to; else why it leads nowhere, in words."""
        known = self._names.get((provider.dest, provider.id)) if provider.dest in ("slack", "webhook") else None
        if known:
            return Recipient(known)
        if "://" in provider.recipient:
            return Recipient(self._of_url(provider.recipient.strip()))
        if provider.recipient:
            return self._addressee(provider)
        if provider.dest in ("slack", "webhook"):
            return f"the {SHOWN[provider.dest]} configuration {provider.id}, which is not in the list of channels"
        return f"a recipient of type {shown(provider.dest)} without an address (configuration {provider.id})"

    def _addressee(self, provider: Provider) -> Recipient | str:
        try:
            email = address(provider.recipient.strip())
        except ValueError:
            return f"a recipient that is neither an address nor a URL (configuration {provider.id})"
        if not is_usable(email) or "${" in email:
            return f"a recipient that is no address (configuration {provider.id})"
        if provider.dest not in ("", *MAIL_KINDS):
            return f"an address for a {shown(provider.dest)} configuration ({provider.id})"
        if provider.id:
            kinds = (provider.dest,) if provider.dest else ("ses", "smtp")
            named = [name for kind in kinds if (name := self._names.get((kind, provider.id)))]
            kind = SHOWN.get(provider.dest, "email")
            return Recipient(named[0], email) if named else f"the {kind} configuration {provider.id}, which is not in the list of channels"
        default = self._defaults.get(provider.dest) if provider.dest else self.default
        if default is None and provider.dest:
            return f"an address for the default {SHOWN[provider.dest]} configuration, and there is none"
        return Recipient(default, email) if default else "an address for the default email configuration, and there is none"

    def _of_url(self, url: str) -> str:
        """The channel of an address that a rule itself names; a new one where no configuration has it."""
        if url not in self._by_url:
            parts = url_of(url)
            place = f"{parts.netloc.rpartition('@')[2].lower()}{parts.path}"
            kind = next((name for name, row in KINDS.items() if any(fnmatchcase(place, glob) for glob in row.secret_urls)), "webhook")
            number = sum(channel.id is None for channel in self.by_name.values()) + 1
            name = self._unique(f"{kind}-address-{number}", kind)
            options = {"url": self._variables.reference(name, name, "url", f"the address that rules of Devtron's name, of channel {name}")}
            self._add(Channel(name, kind, None, options))
            self._by_url[url] = name
        return self._by_url[url]

    # Each kind of configuration.

    def _slack(self, given: Slack) -> None:
        name = self._name("slack", given.id, given.name)
        options: dict[str, Any] = {"url": self._secret(name, "slack", given.id, "url", "the incoming webhook's URL")}
        project = self._projects.get(given.project, "") if given.project else ""
        if is_usable(project) and "${" not in project:
            options["project"] = project
        elif given.project:
            self._notes.warn(
                "Slack configuration", given.id, f"is of project {given.project}, whose name is unknown: it serves all projects here"
            )
        self._add(Channel(name, "slack", given.id, options), given.url)

    def _webhook(self, given: Webhook) -> None:
        name = self._name("webhook", given.id, given.name)
        options: dict[str, Any] = {"url": self._secret(name, "webhook", given.id, "url", "the URL")}

        def secret(part: str, holds: str) -> str:
            return self._secret(name, "webhook", given.id, part, holds)

        def note(text: str) -> None:
            self._notes.warn("webhook configuration", given.id, text)

        headers = import_headers(given.header, secret, note)
        if headers:
            options["headers"] = headers
        payload = import_payload(given.payload, secret, note)
        if payload is not None:
            options["payload"] = payload
        self._add(Channel(name, "webhook", given.id, options), given.url)

    def _ses(self, given: Ses) -> None:
        name = self._name("ses", given.id, given.name)
        options: dict[str, Any] = {"region": given.region, "from": given.sender}
        if given.access_key:
            options["access_key_id"] = self._secret(name, "ses", given.id, "access_key_id", "the access key's id")
            options["secret_access_key"] = self._secret(name, "ses", given.id, "secret_access_key", "the secret access key")
        if given.access_key and given.session_token:
            options["session_token"] = self._secret(name, "ses", given.id, "session_token", "the session token")
        self._add_mail(Channel(name, "ses", given.id, options), default=given.default)

    def _smtp(self, given: Smtp) -> None:
        if given.deleted:
            self._notes.tell("SMTP configuration", given.id, "is deleted in Devtron: left out")
            return
        name = self._name("smtp", given.id, given.name)
        options: dict[str, Any] = {"host": given.host, "from": given.sender}
        port = str(given.port or "").strip()
        if port:
            options["port"] = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else port
        if given.user:
            options["username"] = self._secret(name, "smtp", given.id, "username", "the user name")
            options["password"] = self._secret(name, "smtp", given.id, "password", "the password")
        else:
            why = "has no login: Devtron did not look at its certificate, tocsin does (for a server without TLS write security: none)"
            self._notes.tell("SMTP configuration", given.id, why)
        self._add_mail(Channel(name, "smtp", given.id, options), default=given.default)

    def _add_mail(self, channel: Channel, *, default: bool) -> None:
        self._add(channel)
        if default:
            self._defaults.setdefault(channel.kind, channel.name)

    def _choose_default(self) -> None:
        """The one default of a policy, and what serves Devtron's default of either kind: its only configuration where none is marked."""
        mails = [channel for channel in self.by_name.values() if channel.kind in MAIL_KINDS]
        for kind in MAIL_KINDS:
            of_kind = [channel.name for channel in mails if channel.kind == kind]
            if len(of_kind) == 1:
                self._defaults.setdefault(kind, of_kind[0])
        marked = [name for kind in ("ses", "smtp") if (name := self._defaults.get(kind))]
        self.default = marked[0] if marked else None
        if self.default and len(mails) > 1:
            self.by_name[self.default].options["default"] = True

    # What all share.

    def _name(self, kind: str, id_: int, given: str) -> str:
        """The channel's name: the configuration's, where it can be one and is free."""
        what = f"{SHOWN[kind]} configuration"
        if not is_channel_name(given):
            name = self._unique(f"{kind}-{id_}", kind)
            self._notes.tell(what, id_, f"has no name that a channel can have: it is {name} here")
        else:
            name = self._unique(given, kind)
            if name != given:
                self._notes.tell(what, id_, f"has the name of another one: it is {name} here")
        return name

    def _unique(self, name: str, kind: str) -> str:
        return name if name not in self.by_name else free(f"{name}-{kind}", self.by_name)

    def _secret(self, name: str, kind: str, id_: int, part: str, holds: str) -> str:
        return self._variables.reference(name, f"{kind}_{id_}", part, f"{holds} of channel {name} ({SHOWN[kind]} configuration {id_})")

    def _add(self, channel: Channel, url: str = "") -> None:
        """Take a channel up. What of its options is wrong is a variable: whoever knows better puts it in."""
        for key in _wrong(channel):
            if key == "port":
                del channel.options[key]
                self._notes.warn("SMTP configuration", channel.id, "has no port that is one: the default is taken, 587")
            elif key in channel.options:
                holds = {"from": "the sender's address", "host": "the server's host", "region": "the AWS region"}.get(key, key)
                missing = f"{holds} (Devtron's list has none that is one),"
                channel.options[key] = self._secret(channel.name, channel.kind, channel.id or 0, key, missing)
        self.by_name[channel.name] = channel
        if channel.id is not None:
            self._names.setdefault((channel.kind, channel.id), channel.name)
        if url:
            if url in self._by_url:
                text = f"has the address of {self._by_url[url]}: Devtron sent an event to both once, here each gets it"
                self._notes.warn(f"{SHOWN[channel.kind]} configuration", channel.id, text)
            self._by_url.setdefault(url, channel.name)


def _wrong(channel: Channel) -> list[str]:
    """The options that the channel's kind refuses."""
    options = {key: value for key, value in channel.options.items() if key not in ("payload", "headers")}
    literal = [key for key, value in options.items() if isinstance(value, str) and not value.startswith("${") and not is_usable(value)]
    try:
        channels.load(channel.kind).Options.model_validate({"kind": channel.kind, **options})
    except ValidationError as error:
        return list(dict.fromkeys([*literal, *(str(item["loc"][0]) for item in error.errors(include_input=False) if item["loc"])]))
    return literal
