"""Where the inbox takes the messages of each kind of channel that speaks HTTP, and who answers there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from tocsin.channels import KINDS
from tocsin.inbox import mattermost, services, slack_api
from tocsin.inbox.ntfy import ntfy
from tocsin.inbox.pagerduty import pagerduty
from tocsin.inbox.services import CHAT_MAX_BYTES, SES_MAX_BYTES, Answer, Service
from tocsin.inbox.telegram import telegram
from tocsin.text import clean

CHANNEL_MAX_CHARS = 60  # ours: a name is read at a glance


class Endpoint(NamedTuple):
    """`path` is what to configure behind the inbox's own address, `named` the same with a channel's name in it.

    Requests come to paths that match `route` as a whole; those that end as `changes` says change a message. `failure_at` gives what a path
    answers in a failure, None where it has no such error.
    """

    path: str
    named: str
    service: Service
    route: str
    max_bytes: int = CHAT_MAX_BYTES
    changes: str = "(?!)"
    failure_at: Callable[[str, Answer], Answer | None] = lambda _, answer: answer

    def failure(self, path: str, answer: Answer) -> Answer | None:
        """What a path answers in a failure; None where it answers as ever."""
        return None if answer.only_changes and not re.search(f"{self.changes}$", path) else self.failure_at(path, answer)


class Found(NamedTuple):
    """Who answers at a path, for which kind of channel; `channel` is the name that the path has for it, "" without one."""

    kind: str
    endpoint: Endpoint
    channel: str


_NAME = "(?P<channel>[^/]+)"
_POSTS = "/api/v4/posts(/[^/]+/patch)?"  # Mattermost's
ENDPOINTS = {
    "slack": Endpoint("/slack", "/slack/{}", slack_api.slack, f"/slack(/{_NAME}(/api/[A-Za-z.]+)?|/.*)?", failure_at=slack_api.failure_at),
    "teams": Endpoint("/teams", "/teams/{}", services.teams, f"/teams(/{_NAME}|/.*)?"),
    "discord": Endpoint(
        "/discord/api/webhooks/1/inbox",
        "/discord/api/webhooks/1/{}",
        services.discord,
        f"/discord/api/webhooks/[^/]+/{_NAME}(/messages/[0-9]+)?",
        changes="/messages/[0-9]+",
    ),
    "ringcentral": Endpoint(
        "/ringcentral/webhook/v2/inbox", "/ringcentral/webhook/v2/{}", services.ringcentral, f"/ringcentral/webhook/v2/{_NAME}"
    ),
    "google_chat": Endpoint(
        "/google_chat/v1/spaces/inbox/messages",
        "/google_chat/v1/spaces/{}/messages",
        services.google_chat,
        f"/google_chat/v1/spaces/{_NAME}/messages",
    ),
    "pagerduty": Endpoint("/pagerduty", "/pagerduty/{}", pagerduty, f"/pagerduty(/{_NAME})?/v2/(change/)?enqueue"),
    "mattermost": Endpoint(
        "/mattermost/hooks/inbox",
        "/mattermost/hooks/{}",
        mattermost.mattermost,
        f"/mattermost(/hooks(?=/[^/]+$)|(?=.*{_POSTS}$))(/{_NAME})?({_POSTS})?",
        failure_at=mattermost.failure_at,
    ),
    "telegram": Endpoint("/telegram", "/telegram/{}", telegram, f"/telegram(/{_NAME})?/bot[^/]+/[A-Za-z]+", changes="/editMessageText"),
    "ntfy": Endpoint("/ntfy/", "/ntfy/{}/", ntfy, f"/ntfy(/{_NAME})?/?"),
    "webhook": Endpoint("/webhook", "/webhook/{}", services.webhook, f"/webhook(/{_NAME}|/.*)?"),
    **{
        kind: Endpoint(f"/{kind}", f"/{kind}/{{}}", services.webhook, f"/{kind}(/{_NAME}|/.*)?")
        for kind, row in KINDS.items()
        if row.bridge
    },
    "ses": Endpoint("", "/ses/{}", services.ses, f"(/ses/{_NAME})?/v2/email/outbound-emails", SES_MAX_BYTES),
}


def endpoint_at(path: str) -> Found | None:
    """Who takes requests to a path (without its query)."""
    for kind, endpoint in ENDPOINTS.items():
        if match := re.fullmatch(endpoint.route, path):
            name = match["channel"] if path != endpoint.path else None
            return Found(kind, endpoint, clean(unquote(name or ""), CHANNEL_MAX_CHARS))
    return None
