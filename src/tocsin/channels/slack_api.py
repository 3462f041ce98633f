"""Slack by a bot's token: https://docs.slack.dev/reference/methods/chat.postMessage.

An error is a 200 whose body says `"ok": false` and names it in a word. `options` are those of slack.py, which has this file loaded.
"""

from __future__ import annotations

import re
from typing import Any

from tocsin.channels.slack_blocks import DEFECT, addresses_people, reply, unaddressed
from tocsin.channels.soft_failure import may_pass
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.text import clean
from tocsin.verdict import Delivered, Earlier, Failed, Retry, Verdict, is_temporary

_INVITE = "add the app to the channel (/invite @APP), or give it the scope chat:write.public for public channels"
_COPY = "copy the Bot User OAuth Token (xoxb-…) of the app again into the secret"
_ADMINISTRATOR = "ask an administrator of the workspace"

WORDS = {
    "channel_not_found": "check channel, by its id, and add the app to the channel where it is private",
    "not_in_channel": _INVITE,
    "is_archived": "the channel is archived: unarchive it, or name another one",
    "is_inactive": "the channel is frozen: name another one",
    "restricted_action": f"the workspace restricts who may post there: {_ADMINISTRATOR}",
    "restricted_action_read_only_channel": "the channel takes no messages of apps: name another one",
    "restricted_action_thread_locked": "the thread is locked",
    "restricted_action_thread_only_channel": "the channel takes replies alone: name another one",
    "restricted_action_non_threadable_channel": "the channel has no threads",
    "cannot_reply_to_message": "the message takes no replies",
    "message_limit_exceeded": "the workspace has reached its limit of messages",
    "invalid_auth": _COPY,
    "not_authed": _COPY,
    "token_expired": f"the token has expired: {_COPY}",
    "token_revoked": "the token was revoked: install the app again, and copy its new token into the secret",
    "account_inactive": "the app was removed: install it again, and copy its new token into the secret",
    "no_permission": f"the app may not do this: {_ADMINISTRATOR}",
    "not_allowed_token_type": "the token is not a bot's: copy the Bot User OAuth Token (xoxb-…)",
    "team_not_found": "the workspace is gone",
    "team_access_not_granted": f"the app is not allowed in this workspace: {_ADMINISTRATOR}",
    "access_denied": f"the app may not do this: {_ADMINISTRATOR}",
    "ekm_access_denied": f"an administrator has paused the workspace: {_ADMINISTRATOR}",
    "org_login_required": "the workspace is being moved to an organisation: try again later",
    "message_not_found": "the message was deleted",
    "cant_update_message": "the message is another app's",
    "edit_window_closed": "the workspace does not let messages be edited for so long",
    "block_mismatch": "the message had text of another form",
    "users_not_found": "no member of the workspace has the address: give their id in people",
    **dict.fromkeys(
        (
            "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text", "too_many_attachments",
            "attachment_payload_limit_exceeded", "metadata_too_large", "invalid_metadata_format", "markdown_text_conflict",
            "invalid_arguments",
        ),
        DEFECT,
    ),
}  # fmt: skip
"""Errors that no repetition mends, and what to do."""

PASSING = frozenset((
    "ratelimited", "rate_limited", "service_unavailable", "internal_error", "fatal_error", "request_timeout", "update_failed",
    "team_added_to_org", "external_channel_migrating",
))  # fmt: skip
"""Errors that another try may not meet."""


_CHANNEL = re.compile("[CDG][A-Z0-9]{1,20}")  # an id; a name has no capitals
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,10}")
_CHANGED = ("text", "blocks", "attachments")  # what is left out of an update stays as it was


def send(payload: dict[str, Any], options: Any, transport: Transport) -> Verdict:
    """Post a message of its own. Raises NoAnswer."""
    return verdict(ask("chat.postMessage", {**payload, "channel": options.channel}, options, transport))


def follow(payload: dict[str, Any], options: Any, transport: Transport, earlier: Earlier) -> Verdict:
    """Change the message, and where that must be heard, answer under it for the whole channel; or answer alone. Raises NoAnswer.

    The receipt stays that of the message, whatever was answered.
    https://docs.slack.dev/reference/methods/chat.update
    """
    channel, ts, thread = (earlier.receipt.get(name, "") for name in ("channel", "ts", "thread_ts"))
    if not _CHANNEL.fullmatch(channel) or not _TS.fullmatch(ts) or not _TS.fullmatch(thread or ts):
        return Failed("its receipt is no receipt of Slack's")
    if _CHANNEL.fullmatch(options.channel) and options.channel != channel:
        return Failed("its receipt is of another channel")
    if options.payload is None and addresses_people(payload):  # somebody found by an address, of whom nobody knew before
        earlier = earlier._replace(aloud=True)
    under = {"channel": channel, "thread_ts": thread or ts, "reply_broadcast": earlier.aloud}
    if earlier.conversation == "thread":
        return _kept(verdict(ask("chat.postMessage", {**payload, **under}, options, transport)), {"thread_ts": thread or ts})
    shown = unaddressed(payload) if earlier.aloud else payload
    changed = {"attachments": [], **{name: shown[name] for name in _CHANGED if name in shown}, "channel": channel, "ts": ts}
    told = verdict(ask("chat.update", changed, options, transport))
    if isinstance(told, Delivered) and earlier.aloud:
        told = verdict(ask("chat.postMessage", {**reply(payload), **under}, options, transport))
    return earlier.kept(told)


def _kept(told: Verdict, more: dict[str, str]) -> Verdict:
    return Delivered({**told.receipt, **more}) if isinstance(told, Delivered) else told


def ask(method: str, payload: dict[str, Any], options: Any, transport: Transport) -> Response:
    """Call a method of the web API. Raises NoAnswer."""
    headers = {"Authorization": f"Bearer {options.token}", "Content-Type": "application/json; charset=utf-8"}
    return transport.post_json(f"{options.api_url.rstrip('/')}/{method}", payload, headers=headers)


def verdict(response: Response) -> Verdict:
    """What Slack's answer means. The receipt of a message has its `channel`, always by id, and its `ts`."""
    judged = judge(response)
    answer = response.json_object()
    if not isinstance(answer.get("ok"), bool):
        if isinstance(judged, Delivered):
            return Failed(f"HTTP {response.status} without Slack's answer: is api_url that of Slack's web API?")
        return judged
    if answer["ok"]:
        if not isinstance(judged, Delivered):
            return judged
        return Delivered({name: clean(answer[name], 40) for name in ("channel", "ts") if isinstance(answer.get(name), str)})
    return _error(response, answer)


def _error(response: Response, answer: dict[str, Any]) -> Verdict:
    """An error by its word; an unknown one by what it sounds like."""
    word = clean(answer["error"], 60) if isinstance(answer.get("error"), str) else "an error without a name"
    if is_temporary(response.status) or word in PASSING or (word not in WORDS and may_pass(word)):
        return Retry(f"HTTP {response.status}: {word}", retry_after(response.headers, response.at))
    if word == "missing_scope":
        needed = clean(answer["needed"], 100) if isinstance(answer.get("needed"), str) else "that it asks for"
        return Failed(f"missing_scope: give the app the scope {needed} (OAuth & Permissions), and install it again")
    return Failed(f"{word}: {WORDS[word]}" if word in WORDS else f"{word}: Slack refuses the message")
