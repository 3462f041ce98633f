"""Channels over HTTP that send to the server of an example: what each kind needs, where its requests arrive, how it says that it took one.

A channel has the name of its row. Each of its secrets has a variable, with a part in it that nobody can guess (checks.CORES).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from checks import CORES
from example import PORT, SERVER

from tocsin import channels

BOT_ID = "7234567890"  # as long as Telegram's are: it stands in each answer, and is no secret
_SENT = json.dumps({"ok": True, "result": {"message_id": 5, "from": {"id": int(BOT_ID)}, "chat": {"id": -1009876543210}}})


class Wired(NamedTuple):
    """A kind, its options, the variable of its secret, and that one's value before what nobody can guess.

    `taken` is the answer to a message by the path of its request, `changed` the path of a request that changes the message.
    """

    kind: str
    options: Mapping[str, str]
    secret: tuple[str, str]
    taken: Mapping[str, str]
    changed: str | None = None


def _hook(kind: str, taken: str, changed: str | None = None) -> Wired:
    variable = f"{kind.upper()}_WEBHOOK_URL"
    return Wired(kind, {"url": f"${{{variable}}}"}, (variable, f"{SERVER}/{kind}?key="), {f"/{kind}": taken}, changed)


def _bot(method: str) -> str:
    return f"/telegram/bot{BOT_ID}:{CORES['TELEGRAM_BOT_TOKEN']}/{method}"


WIRED: dict[str, Wired] = {
    "slack": _hook("slack", "ok"),
    "slack_by_token": Wired(
        "slack",
        {"token": "${SLACK_BOT_TOKEN}", "channel": "#builds", "api_url": f"{SERVER}/slack_by_token"},
        ("SLACK_BOT_TOKEN", "xoxb-"),
        {"/slack_by_token/chat.postMessage": '{"ok": true, "channel": "C0123ABCD", "ts": "1785542400.000001"}'},
        "/slack_by_token/chat.update",
    ),
    "teams": _hook("teams", ""),
    "discord": _hook("discord", '{"id": "1", "channel_id": "2"}', "/discord/messages/1"),
    "ringcentral": _hook("ringcentral", '{"status": "OK"}'),
    "google_chat": _hook("google_chat", '{"name": "spaces/A/messages/B"}'),
    "mattermost": _hook("mattermost", "ok"),
    "mattermost_by_token": Wired(
        "mattermost",
        {"token": "${MATTERMOST_TOKEN}", "channel": "4xp9fdt77pncbef59f4k1qe83o", "api_url": f"{SERVER}/mattermost_by_token"},
        ("MATTERMOST_TOKEN", ""),
        {"/mattermost_by_token/api/v4/posts": '{"id": "9xuqwrwgstrb3mzrxb83nb357a", "channel_id": "4xp9fdt77pncbef59f4k1qe83o"}'},
        "/mattermost_by_token/api/v4/posts/9xuqwrwgstrb3mzrxb83nb357a/patch",
    ),
    "webhook": _hook("webhook", ""),
    "pagerduty": Wired(
        "pagerduty",
        {"api_url": f"{SERVER}/pagerduty"},
        ("PAGERDUTY_ROUTING_KEY", ""),
        dict.fromkeys(("/pagerduty/v2/enqueue", "/pagerduty/v2/change/enqueue"), '{"status": "success", "dedup_key": "a"}'),
    ),
    "telegram": Wired(
        "telegram",
        {"api_url": f"{SERVER}/telegram", "chat_id": "-1009876543210"},
        ("TELEGRAM_BOT_TOKEN", f"{BOT_ID}:"),
        {_bot("sendMessage"): _SENT},
        _bot("editMessageText"),
    ),
    "ntfy": Wired(
        "ntfy",
        {"url": f"{SERVER}/ntfy", "topic": "builds", "token": "${NTFY_TOKEN}"},
        ("NTFY_TOKEN", "tk_"),
        {"/ntfy/": '{"id": "a", "event": "message"}'},
        "*",  # below the topic, by a name made of the run
    ),
    "apprise": Wired("apprise", {}, ("APPRISE_URL", f"json://127.0.0.1:{PORT}/apprise/"), {f"/apprise/{CORES['APPRISE_URL']}": ""}),
}
KINDS = frozenset(channels.KINDS) - channels.MAIL_KINDS
assert {row.kind for row in WIRED.values()} == KINDS, "a kind of channel that no fuzzer reaches: give it a row"


def channel_lines(names: Iterable[str], more: Mapping[str, str] = {}) -> str:
    """The channels in a policy; `more` are further options, by channel."""
    rows = {name: {"kind": WIRED[name].kind, **WIRED[name].options} for name in names}
    return "".join(f"  {name}: {json.dumps(row)[:-1]}{more.get(name, '')}}}\n" for name, row in rows.items())


def secrets(names: Iterable[str]) -> dict[str, str]:
    """The variables of these channels."""
    return {variable: before + CORES[variable] for variable, before in (WIRED[name].secret for name in names)}
