"""Where the inbox takes the messages of each kind of channel that speaks HTTP, and who answers there."""

from __future__ import annotations

import re
from typing import NamedTuple

from tocsin.inbox import services
from tocsin.inbox.services import CHAT_MAX_BYTES, SES_MAX_BYTES, Service


class Endpoint(NamedTuple):
    """`path` is what to configure behind the inbox's own address; requests come to paths that match `route` as a whole."""

    path: str
    service: Service
    route: str
    max_bytes: int = CHAT_MAX_BYTES

    def takes(self, path: str) -> bool:
        """Whether a request to `path` (without its query) is for this endpoint."""
        return re.fullmatch(self.route, path) is not None


ENDPOINTS = {
    "slack": Endpoint("/slack", services.slack, "/slack(/.*)?"),
    "teams": Endpoint("/teams", services.teams, "/teams(/.*)?"),
    "discord": Endpoint("/discord/api/webhooks/1/inbox", services.discord, "/discord/api/webhooks/[^/]+/[^/]+"),
    "ringcentral": Endpoint("/ringcentral/webhook/v2/inbox", services.ringcentral, "/ringcentral/webhook/v2/[^/]+"),
    "google_chat": Endpoint("/google_chat/v1/spaces/inbox/messages", services.google_chat, "/google_chat/v1/spaces/[^/]+/messages"),
    "webhook": Endpoint("/webhook", services.webhook, "/webhook(/.*)?"),
    "ses": Endpoint("", services.ses, "/v2/email/outbound-emails", SES_MAX_BYTES),
}


def endpoint_at(path: str) -> tuple[str, Endpoint] | None:
    """The kind of channel, and its endpoint, that take requests to a path."""
    return next(((kind, endpoint) for kind, endpoint in ENDPOINTS.items() if endpoint.takes(path)), None)
