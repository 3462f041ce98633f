"""Each kind of channel, as tests set one up: the groups of kinds, their least options, and what they make of an event."""

from __future__ import annotations

from typing import Any

from events import RULES

from tocsin.channels import KINDS, MAIL_KINDS, load
from tocsin.event import Event
from tocsin.message import compose

BRIDGES = tuple(kind for kind, row in KINDS.items() if row.bridge)  # what goes out over the wire is a library's
HTTP_KINDS = tuple(kind for kind in KINDS if kind not in (*MAIL_KINDS, *BRIDGES))
CHAT_KINDS = tuple(kind for kind in HTTP_KINDS if kind != "webhook")  # what a webhook gets is the policy's, and no service's form
TEXT_KINDS = (*CHAT_KINDS, *BRIDGES)  # whose whole message is ours

REQUIRED: dict[str, dict[str, Any]] = {
    "smtp": {"host": "127.0.0.1", "port": 2525, "from": "ci@example.com"},
    "ses": {"region": "eu-west-1", "from": "ci@example.com"},
    "pagerduty": {"api_url": "${URL}", "routing_key": "${KEY}"},
    "telegram": {"api_url": "${URL}", "token": "${BOT}", "chat_id": "-1001234567890", "thread_id": "7"},
    "ntfy": {"url": "${URL}", "topic": "builds", "token": "${TOKEN}"},
    "webhook": {"url": "http://127.0.0.1/hook"},
}


VALUES = {
    "KEY": "0123456789abcdef0123456789SECRET",
    "BOT": "123456:AAbot-SECRET",
    "TOKEN": "tk_agqfz1ky6zsm",
}  # of the variables that hold no address
PLAIN_KINDS = ("ntfy", "pagerduty", *BRIDGES)  # whose text has no links: only the buttons lead on


def options(kind: str, url: str | None = None) -> Any:
    """The least options of a kind; with `url`, resolved to it where the kind reads its URL from a variable."""
    values = load(kind).Options.model_validate({"kind": kind, **REQUIRED.get(kind, {})})
    return values.resolved({name: VALUES.get(name, url) for name in values.variables()}) if url else values


def configured(kind: str, url: str) -> dict[str, Any]:
    """The least channel of a kind with this address; `VALUES` are the other variables that it needs."""
    least = {"kind": kind, **REQUIRED.get(kind, {})}
    return {**least, "api_url" if "api_url" in least else "url": url}


def render(kind: str, happening: Event) -> Any:
    """The payload of an event."""
    message = compose(happening)._replace(rules=RULES, recipient="dev@example.com" if kind in MAIL_KINDS else None)
    return load(kind).render(message, options(kind))
