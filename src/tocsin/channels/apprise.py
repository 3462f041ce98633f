"""Apprise: the services that have no kind of their own, by its library: https://github.com/caronc/apprise/wiki.

The library opens its own connections, and says of a message only whether it went out and what it wrote into its log.
Its services read plain text in their own ways, so an invisible character breaks up what some of them would take for a mention or a link.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tocsin.channels.chat import fitted, plain_lines, within
from tocsin.channels.options import PLACE, ChannelOptions, Credential
from tocsin.channels.soft_failure import may_pass
from tocsin.message import Message, Tone
from tocsin.record import Field
from tocsin.text import clean, clip
from tocsin.verdict import Delivered, Failed, Retry, Verdict, is_temporary

if TYPE_CHECKING:
    from tocsin.http import Transport

BODY_MAX_CHARS = 1800  # ours: what nearly every service takes; an address has about 100
URLS_MAX_BYTES = 600  # ours: of the links in the body
TITLE_MAX_CHARS = 250  # ours: the smallest title among the services that show one

TYPES: dict[Tone, str] = {"good": "success", "bad": "failure", "warning": "warning"}  # else info

WITHOUT_APPRISE = "apprise is not installed, which this channel needs: pip install apprise"
LIMITED = "apprise chooses its own hosts, and TOCSIN_ALLOWED_HOSTS limits them: use a kind of channel that tocsin speaks itself"
NO_SERVICE = "apprise knows no service by this URL, or it is cut off: see its wiki for the form of the service's URL"
SEVERAL = "the URL names several services: make a channel of each"


class Options(ChannelOptions):
    """Any service that Apprise knows, by its URL. Needs the package apprise."""

    kind: Literal["apprise"]
    url: Annotated[Credential, PLACE] = Field(default="${APPRISE_URL}", description="The service's URL in Apprise's form, from a secret.")


def render(message: Message, options: Options) -> dict[str, str]:
    """A title and a body of plain text, and the kind of the news."""
    del options
    payload: dict[str, str] = fitted(message, _payload, lambda payload: len(payload["body"]), BODY_MAX_CHARS)
    return {**payload, "title": clip(payload["title"], TITLE_MAX_CHARS), "body": clip(payload["body"], BODY_MAX_CHARS)}


def _payload(message: Message) -> dict[str, str]:
    links = [f"{link.label}: {link.url}" for link in within(message.links, URLS_MAX_BYTES)]
    lines = [*map(_broken, plain_lines(message)), *links]
    return {
        "title": _broken(message.headline),
        "body": "\n".join(lines) or _broken(message.text),
        "type": TYPES.get(message.tone, "info"),
    }


def _broken(text: str) -> str:
    """`text` without a mention or a link of Slack's, Discord's, Telegram's or Markdown's form."""
    return re.sub(r"(?<=@)|(?<=<)(?=[!@#&/\w])|(?<=\])(?=\()|(?<=:)(?=//)", "\u200b", text)


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Hand the message to the library. It repeats nothing, and reads no file and no variable for it."""
    if transport.network.allowed_hosts is not None:
        return Failed(LIMITED)
    try:
        import apprise
    except ImportError:
        return Failed(WITHOUT_APPRISE)
    # No pictures from elsewhere, which would tell who reads, and no threads of its own.
    asset = apprise.AppriseAsset(app_id="tocsin", app_desc="tocsin", app_url="", image_url_mask="", image_url_logo="", async_mode=False)
    services = apprise.Apprise(asset=asset)
    if not _TURN.acquire(timeout=transport.remaining()):
        return Retry("no answer in time")
    log, logger = _Log(), logging.getLogger("apprise")
    logger.addHandler(log)
    try:
        if not services.add(options.url):
            return Failed(NO_SERVICE)
        if len(services) != 1:
            return Failed(SEVERAL)
        if not transport.commit():
            return Retry("no answer in time")
        sent = services.notify(payload.get("body", ""), payload.get("title", ""), payload.get("type", "info"), body_format="text")
        transport.settle()
    finally:
        logger.removeHandler(log)
        _TURN.release()
    return verdict(bool(sent), map(transport.redact, log.lines))


_TURN = threading.Lock()  # the library's log is one for all, so that one message at a time can be told by it


class _Log(logging.Handler):
    """What the library says."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(record.getMessage())


def verdict(sent: bool, said: Iterable[str]) -> Verdict:
    """What the library's answer and the lines of its log mean, which are its only words for a reason."""
    if sent:
        return Delivered()
    words = clean(" ".join(said), 200) or "no reason given"
    status = re.search(r"\berror=([1-5][0-9]{2})\b", words)
    passing = is_temporary(int(status[1])) if status else may_pass(words) or "connection error" in words.lower()
    reason = f"apprise could not send: {words}"
    return Retry(reason) if passing else Failed(reason)
