"""Discord's 6,000 characters for one message, to the character: the limit is of all texts together, so no one text shows it."""

from __future__ import annotations

from typing import Any

import pytest
from events import SAMPLES
from payload_checks import check_discord, units

from tocsin.channels import discord
from tocsin.message import Detail, Message, compose

OPTIONS = discord.Options.model_validate({"kind": "discord"})
LONG = 1000  # below what one value may have


def long(characters: int) -> Message:
    """A message whose embed has so many characters, in details none of which is too long by itself."""
    message = compose(SAMPLES["success-cd"])._replace(details=(), failures=())
    left = characters - written(discord.render(message, OPTIONS))
    sizes = [LONG] * (left // LONG) + [left % LONG]
    assert sizes[-1] > 1
    return message._replace(details=tuple(Detail("L", "x" * (size - 1)) for size in sizes))


def written(payload: dict[str, Any]) -> int:
    """The characters that Discord counts: title, description, names and values of fields, footer."""
    (embed,) = payload["embeds"]
    texts = [embed["title"], embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    return sum(map(units, [*texts, *(text for field in embed["fields"] for text in (field["name"], field["value"]))]))


def test_a_message_of_6000_characters_is_sent_as_it_is():
    payload = discord.render(long(6000), OPTIONS)
    assert written(payload) == 6000
    check_discord(payload)


@pytest.mark.parametrize("characters", [6001, 6050, 6100, 6101])
def test_one_of_more_is_shortened(characters: int):
    message = long(characters)
    payload = discord.render(message, OPTIONS)
    assert written(payload) < 6000
    check_discord(payload)
    assert len(payload["embeds"][0]["fields"]) == len(message.details), "long values go before details do"
