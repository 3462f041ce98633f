"""Telegram, by a bot's token: https://core.telegram.org/bots/api#sendmessage.

The token stands in the path of every address, so that no address is ever said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tocsin.channels.chat import post
from tocsin.channels.conversation import ConversationOptions
from tocsin.channels.options import PLACE, Credential, Text, Url, formed
from tocsin.channels.payload_options import PayloadOptions
from tocsin.channels.telegram_text import text_of
from tocsin.http import Response, Transport, judge, retry_after
from tocsin.message import Message
from tocsin.record import Field
from tocsin.text import clean
from tocsin.verdict import Conversation, Delivered, Earlier, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.own_payload import Service

# An error is a sentence (https://core.telegram.org/bots/api#making-requests); the part of it that names the cause.
CAUSES = {
    "bot was kicked": "add the bot to the chat again",
    "bot was blocked": "the person has blocked the bot",
    "bot is not a member": "add the bot to the channel, as an administrator who may post",
    "bot can't initiate": "the person has to write to the bot first",
    "chat not found": "check chat_id, and add the bot to the chat",
    "chat_write_forbidden": "the group forbids the bot to write: let it send messages",
    "need administrator rights": "make the bot an administrator who may post",
    "not enough rights": "the group forbids the bot to write: let it send messages",
    "thread not found": "the topic is gone: check thread_id",
    "topic_closed": "the topic is closed: open it, or name another one in thread_id",
    "topic_deleted": "the topic is gone: check thread_id",
    "message to edit not found": "the message was deleted",
    "message can't be edited": "Telegram does not let the message be edited any more",
    "message_id_invalid": "the message is gone",
    "replied not found": "the message was deleted",
    "reply message not found": "the message was deleted",
    "unauthorized": "the token was revoked: copy the present one from @BotFather",
}
NO_TOKEN = "token is not a bot's: it looks like 123456:ABC-DEF, copy it again from @BotFather"  # noqa: S105  no token
NO_TOPIC = "is not a topic's id, which is a number"
NO_BOT = "Telegram knows no such bot: copy the token again from @BotFather"


_CHAT = formed(r"-?[0-9]{1,20}|@\w{4,32}", "is not a chat's id: it is a number, negative for a group, or the @name of a public channel")
_NUMBER = "[0-9]{1,20}"
_THREAD = formed(_NUMBER, NO_TOPIC)


class Options(PayloadOptions, ConversationOptions):
    """A Telegram chat, by a bot's token."""

    kind: Literal["telegram"]
    token: Credential = Field(default="${TELEGRAM_BOT_TOKEN}", description="The bot's token, from a secret.")
    chat_id: Annotated[Text, _CHAT, PLACE] = Field(
        description="The chat: its number, negative for a group, or the @name of a public channel."
    )
    thread_id: Annotated[Text, _THREAD] | None = Field(default=None, description="The topic of a group with topics.")
    api_url: Url = Field(default="https://api.telegram.org", description="The address of the Bot API, for a server of your own.")

    def secrets(self, env: Mapping[str, str]) -> list[str]:
        """Of a token, what stands behind the bot's id: that is no secret, and stands in the answer to each message that the bot sends."""
        return [re.sub("^[0-9]+(?=:)", "", value) for value in super().secrets(env)]

    def conversation_used(self, asked: Conversation | None = None) -> Conversation:
        """The message is changed, where the policy asks for nothing else."""
        return asked or self.conversation_asked() or "update"


def service() -> Service:
    """How a payload of the policy's own is taken."""
    from tocsin.channels.telegram_payload import SERVICE

    return SERVICE


def render(message: Message, options: Options) -> Any:
    """A text; a start makes no sound, for its end will follow."""
    if options.payload is not None:
        from tocsin.channels.own_payload import render_own

        return render_own(message, options, service())
    quiet = {"disable_notification": True} if message.tone == "started" else {}
    return {"text": text_of(message), "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}, **quiet}


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Send to the chat, which only the policy names. Raises NoAnswer.

    A group that became a supergroup has another id, which the answer names: the message goes there, and the receipt has the id.
    """
    wrong = _wrong(options)
    if wrong:
        return Failed(wrong)
    response = _ask("sendMessage", {**payload, **_place(options)}, options, transport)
    moved = _parameter(response, "migrate_to_chat_id")
    if moved is not None:
        response = _ask("sendMessage", {**payload, "chat_id": moved}, options, transport)
    return verdict(response)


def follow(payload: dict[str, Any], options: Options, transport: Transport, earlier: Earlier) -> Verdict:
    """Change the message, and where that must be heard, answer it with its first lines, for an edit notifies nobody; or answer alone.

    The chat is always the policy's own: the receipt only names a message in it. The receipt stays that of the first message.
    Raises NoAnswer. https://core.telegram.org/bots/api#editmessagetext
    """
    number, chat = (earlier.receipt.get(name, "") for name in ("message_id", "chat_id"))
    if not re.fullmatch(_NUMBER, number) or not re.fullmatch(f"-?{_NUMBER}", chat):
        return Failed("its receipt is no receipt of Telegram's")
    if not options.chat_id.startswith("@") and options.chat_id != chat:
        return Failed("its receipt is of another chat: where the group has become a supergroup, put its new id into chat_id")
    wrong = _wrong(options)
    if wrong:
        return Failed(wrong)
    place, told_of = _place(options), {"message_id": int(number)}
    if earlier.conversation == "thread":
        told = verdict(_ask("sendMessage", {**payload, **place, "reply_parameters": told_of}, options, transport))
        return earlier.kept(told)
    own = options.payload is not None
    lines = {name: payload[name] for name in _CHANGED if name in payload}
    shown = {**lines, "text": _unaddressed(payload["text"]) if earlier.aloud and not own else payload["text"]}
    told = _changed(_ask("editMessageText", {**shown, "chat_id": options.chat_id, **told_of}, options, transport))
    if isinstance(told, Delivered) and earlier.aloud:
        alert = payload if own else {**lines, "text": _alert(payload["text"])}
        under = {"reply_parameters": {**told_of, "allow_sending_without_reply": True}}
        told = verdict(_ask("sendMessage", {**alert, **place, **under}, options, transport))
    return earlier.kept(told)


_CHANGED = ("text", "parse_mode", "link_preview_options", "reply_markup")
_WHO = r'<a href="tg://user\?id=[0-9]+">[^<]*</a>|@\w+'
_MENTIONS = re.compile(rf"(?:{_WHO})(?: (?:{_WHO}))*")  # a line that nothing else makes: an @ of a value is broken up


def _unaddressed(text: str) -> str:
    """A message without the line that addresses people: they are addressed by the answer to it, and nobody twice."""
    first, *lines = text.split("\n")
    return "\n".join([first, *(line for line in lines[:1] if not _MENTIONS.fullmatch(line)), *lines[1:]])


def _alert(text: str) -> str:
    """The headline, whom it addresses, and the first reason."""
    first, *lines = text.split("\n")
    people = [line for line in lines[:1] if _MENTIONS.fullmatch(line)]
    return "\n".join([first, *people, *(line for line in lines[len(people) :][:1] if line.startswith("• "))])


def _place(options: Options) -> dict[str, Any]:
    """The chat, and the topic of it, that the policy names."""
    topic = {"message_thread_id": int(options.thread_id)} if options.thread_id else {}
    return {"chat_id": options.chat_id, **topic}


def _wrong(options: Options) -> str | None:
    """What a variable brought that Telegram can never take."""
    if not re.fullmatch(r"[0-9]+:[\w-]+", options.token, re.ASCII):
        return NO_TOKEN
    return f"thread_id {NO_TOPIC}" if options.thread_id and not re.fullmatch(_NUMBER, options.thread_id) else None


def _changed(response: Response) -> Verdict:
    """What the answer to a change means: what says already what it shall say is done."""
    if response.status == 400 and "message is not modified" in str(response.json_object().get("description")):
        return Delivered()
    return verdict(response)


def _ask(method: str, payload: dict[str, Any], options: Options, transport: Transport) -> Response:
    """Call a method of the Bot API. Raises NoAnswer."""
    return post(f"{options.api_url.rstrip('/')}/bot{options.token}/{method}", payload, transport)


def verdict(response: Response) -> Verdict:
    """What Telegram's answer means: success is `ok` and the message, whose id is the receipt; an error has a sentence."""
    judged = judge(response)
    answer = response.json_object()
    said = answer.get("description")
    if isinstance(judged, Delivered):
        receipt = dict(_receipt(answer.get("result"))) if answer.get("ok") is True else {}
        if "message_id" in receipt:
            return Delivered(receipt)
        return Failed(f"HTTP {response.status} without the sent message: is api_url that of the Bot API?")
    if not isinstance(said, str) or answer.get("ok") is not False:
        return judged
    reason = f"HTTP {response.status}, {clean(said, 200)}"
    if isinstance(judged, Retry):
        after = _parameter(response, "retry_after")
        return Retry(reason, retry_after(response.headers, response.at) if after is None else float(max(0, after)))
    meaning = NO_BOT if response.status == 404 else next((words for cause, words in CAUSES.items() if cause in said.lower()), None)
    return Failed(f"{reason}: {meaning}" if meaning else reason)


def _receipt(message: Any) -> Iterator[tuple[str, str]]:
    """The ids of a message and its chat, which are whole numbers."""
    message = message if isinstance(message, dict) else {}
    chat = message.get("chat")
    for name, number in (("message_id", message.get("message_id")), ("chat_id", chat.get("id") if isinstance(chat, dict) else None)):
        if isinstance(number, int) and not isinstance(number, bool):
            yield name, clean(number, 40)


def _parameter(response: Response, name: str) -> int | None:
    """A whole number among the `parameters` of an error: https://core.telegram.org/bots/api#responseparameters."""
    parameters = response.json_object().get("parameters")
    number = parameters.get(name) if isinstance(parameters, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and abs(number) < 2**63 else None
