"""Mattermost by a bot's token: https://developers.mattermost.com/api-documentation/#/operations/CreatePost.

A post has the webhook's text as its `message`, and the attachments among its `props`. `options` are those of mattermost.py, which has this
file loaded. The channel is always the policy's own: a receipt only names a post in it.
"""

from __future__ import annotations

import re
from typing import Any

from tocsin.channels.mattermost_answers import ID, NO_CHANNEL, refused
from tocsin.http import Response, Transport, judge
from tocsin.verdict import Delivered, Earlier, Failed, Verdict

_COPY = "copy the bot's token again into the secret, or make a new one"
_DELETED = "the message was deleted"
_ARCHIVED = "the channel is archived: unarchive it, or name another one"

# An error has an id: https://github.com/mattermost/mattermost/blob/master/server/channels/api4/post.go and ../app/post.go
IDS = {
    "api.context.404.app_error": "is api_url the server's address?",
    "api.context.invalid_param.app_error": "check channel",
    "api.context.permissions.app_error": "add the bot to the team and to the channel, and check channel",
    "api.context.session_expired.app_error": f"the token is unknown, or was revoked: {_COPY}",
    "api.post.create_post.can_not_post_to_deleted.error": _ARCHIVED,
    "api.post.create_post.channel_root_id.app_error": "the message is in another channel",
    "api.post.create_post.root_id.app_error": _DELETED,
    "api.post.patch_post.can_not_update_post_in_deleted.error": _ARCHIVED,
    "api.post.update_post.find.app_error": _DELETED,
    "api.post.update_post.permissions_denied.app_error": "the server lets nobody edit messages",
    "api.post.update_post.permissions_details.app_error": _DELETED,
    "api.post.update_post.permissions_time_limit.app_error": "the server does not let messages be edited for so long",
    "app.post.get.app_error": _DELETED,
}
# The server says so of a message that is gone, too.
_OF_A_CHANGE = {**IDS, "api.context.permissions.app_error": "the message was deleted, or the bot may not edit posts in the channel"}

_MENTIONS = r"@[a-z0-9._-]+(?: @[a-z0-9._-]+)*"  # a line that nothing else makes: an @ of a value is broken up


def as_post(payload: dict[str, Any]) -> dict[str, Any]:
    """What a webhook takes, as the API does."""
    attachments = payload.get("attachments")
    return {"message": payload["text"], **({"props": {"attachments": attachments}} if attachments else {})}


def send(payload: dict[str, Any], options: Any, transport: Transport) -> Verdict:
    """Post to the channel, which only the policy names. Raises NoAnswer."""
    return _wrong(options) or verdict(_create(payload, options, transport))


def follow(payload: dict[str, Any], options: Any, transport: Transport, earlier: Earlier) -> Verdict:
    """Change the message, and where that must be heard, post its text, for an edit notifies nobody; or answer under it.

    The text stands in the channel: of an answer only those hear who follow its thread, as the server counts it
    (https://docs.mattermost.com/end-user-guide/collaborate/organize-conversations.html). The receipt stays that of the first message.
    Raises NoAnswer.
    """
    number, channel = (earlier.receipt.get(name, "") for name in ("id", "channel_id"))
    if not re.fullmatch(ID, number) or not re.fullmatch(ID, channel):
        return Failed("its receipt is no receipt of Mattermost's")
    if options.channel != channel:
        return Failed("its receipt is of another channel")
    if earlier.conversation == "thread":
        return earlier.kept(verdict(_create({**payload, "root_id": number}, options, transport)))
    told = verdict(_ask("PUT", f"posts/{number}/patch", _change(payload, aloud=earlier.aloud), options, transport), _OF_A_CHANGE)
    if isinstance(told, Delivered) and earlier.aloud:
        told = verdict(_create({"message": payload["message"]} if payload.get("message") else payload, options, transport))
    return earlier.kept(told)


def _change(payload: dict[str, Any], *, aloud: bool) -> dict[str, Any]:
    """What a post becomes: its attachments each time, for what a change leaves out stays. `aloud`, another one addresses people.

    https://developers.mattermost.com/api-documentation/#/operations/PatchPost
    """
    lines = payload.get("message", "").split("\n")
    kept = [line for line in lines if not (aloud and re.fullmatch(_MENTIONS, line))]
    return {"message": "\n".join(kept), "props": {"attachments": [], **payload.get("props", {})}}


def _wrong(options: Any) -> Failed | None:
    """What a variable brought that is no channel."""
    return None if re.fullmatch(ID, options.channel) else Failed(f"channel {NO_CHANNEL}")


def _create(payload: dict[str, Any], options: Any, transport: Transport) -> Response:
    """Post to the policy's channel. By the pending id the server knows a repetition for half a minute, and posts it once."""
    return _ask("POST", "posts", {**payload, "channel_id": options.channel, "pending_post_id": transport.key}, options, transport)


def _ask(method: str, path: str, payload: dict[str, Any], options: Any, transport: Transport) -> Response:
    base = options.api_url.rstrip("/").removesuffix("/api/v4")
    headers = {"Authorization": f"Bearer {options.token}", "Idempotency-Key": transport.key}
    return transport.post_json(f"{base}/api/v4/{path}", payload, headers=headers, method=method)


def verdict(response: Response, meanings: dict[str, str] = IDS) -> Verdict:
    """What Mattermost's answer means: success is the post, whose `id` and `channel_id` are the receipt; an error has an id."""
    if not isinstance(judge(response), Delivered):
        return refused(response, meanings)
    answer = response.json_object()
    receipt = {name: answer[name] for name in ("id", "channel_id") if re.fullmatch(ID, str(answer.get(name)))}
    if "id" not in receipt:
        return Failed(f"HTTP {response.status} without the post: is api_url the server's address?")
    return Delivered(receipt)
