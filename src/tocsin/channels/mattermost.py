"""Mattermost, by incoming webhook, or by a bot's token, which is in mattermost_api.py.

https://developers.mattermost.com/integrate/webhooks/incoming/

The text has the news, for a notification shows it; the rest stands in an attachment with a bar in the colour of the result.
What is written there is in mattermost_text.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tocsin.channels.chat import fitted, post, size
from tocsin.channels.conversation import BotOptions
from tocsin.channels.mattermost_answers import ID, NO_CHANNEL, refused
from tocsin.channels.mattermost_text import payload
from tocsin.channels.options import PLACE, Credential, SecretUrl, Text, Url, formed
from tocsin.channels.payload_options import PayloadOptions
from tocsin.http import Response, Transport, judge
from tocsin.message import Message
from tocsin.record import Field
from tocsin.verdict import Delivered, Earlier, Failed, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

# bytes of JSON; attachments of more than 7,600 characters are split into several posts by older servers (PostPropsMaxUserRunes)
PAYLOAD_MAX_BYTES = 7600

# An error has an id: https://github.com/mattermost/mattermost/blob/master/server/channels/app/webhook.go
IDS = {
    "web.incoming_webhook.channel.app_error": "the channel is gone: make a webhook for another one",
    "web.incoming_webhook.channel_locked.app_error": "the webhook is locked to its channel",
    "web.incoming_webhook.disabled.app_error": "the server has incoming webhooks turned off: ask its administrator",
    "web.incoming_webhook.invalid.app_error": "the webhook was deleted, or its URL is cut off: copy it again, or make a new one",
    "web.incoming_webhook.permissions.app_error": "who made the webhook may not post to the channel: let a member of it make a new one",
    "web.incoming_webhook.user.app_error": "who made the webhook is gone: make a new one",
}


class Options(PayloadOptions, BotOptions):
    """A Mattermost channel, by the URL of its incoming webhook or by a bot's token."""

    kind: Literal["mattermost"]
    token: Credential | None = Field(
        default=None, description="A bot's token instead of `url`, from a secret; `api_url` and `channel` say where."
    )
    url: SecretUrl = Field(default="${MATTERMOST_WEBHOOK_URL}", description="The incoming webhook's URL, from a secret.")
    channel: Annotated[Text, formed(ID, NO_CHANNEL), PLACE] | None = Field(default=None, description="With `token`, the channel's id.")
    api_url: Url | None = Field(default=None, description="With `token`, the server's address.")

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """Where a token posts to stands beside a token alone."""
        value = super().check_field(name, value, earlier)
        if name in ("channel", "api_url") and value is not None and "token" in earlier and not earlier["token"]:
            raise ValueError("stands without token: a webhook posts to its own channel, and its whole address is its url")
        return value

    def check(self) -> None:
        """A token posts where `api_url` and `channel` say."""
        if self.token:
            lacking = [name for name in ("channel", "api_url") if not (getattr(self, name) or "").strip()]
            if lacking:
                raise ValueError(f"needs {' and '.join(map(repr, lacking))} beside 'token': the channel's id, and the server's address")
        super().check()

    def service(self) -> Service:
        """How a payload of the policy's own is taken: with a token as a post of the API."""
        from tocsin.channels.mattermost_payload import POST, WEBHOOK

        return POST if self.token else WEBHOOK


def render(message: Message, options: Options) -> dict[str, Any]:
    """A text and an attachment; no value in them can mention anyone but those whom the message addresses."""
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        own: dict[str, Any] = render_own(message, options, options.service())
        return own
    rendered: dict[str, Any] = fitted(message, payload, size, PAYLOAD_MAX_BYTES)
    if options.token:
        from tocsin.channels.mattermost_api import as_post

        return as_post(rendered)
    return rendered


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Post to the webhook, or by the token. Raises NoAnswer."""
    if options.token:
        from tocsin.channels import mattermost_api

        return mattermost_api.send(payload, options, transport)
    return verdict(post(options.url, payload, transport))


def follow(payload: dict[str, Any], options: Options, transport: Transport, earlier: Earlier) -> Verdict:
    """Change an earlier message of the run, or answer under it. Raises NoAnswer."""
    from tocsin.channels import mattermost_api

    return mattermost_api.follow(payload, options, transport, earlier)


def verdict(response: Response) -> Verdict:
    """What Mattermost's answer means: success is a 200 with the body `ok`, an error is JSON with an id and a message."""
    judged = judge(response)
    if isinstance(judged, Delivered):
        if response.text.strip() == "ok":
            return judged
        return Failed(f"HTTP {response.status} without Mattermost's ok: is the URL that of an incoming webhook?")
    return refused(response, IDS)
