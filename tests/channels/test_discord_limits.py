"""Discord's 6,000 characters for one message, to the character: the limit is of all texts together, so no one text shows it."""

from __future__ import annotations

from typing import Any

import pytest
from events import SAMPLES
from payload_checks import check_discord, units

from tocsin.channels import discord
from tocsin.message import Message, Span, compose

OPTIONS = discord.Options.model_validate({"kind": "discord"})
MAXIMUM, DESCRIPTION_MAXIMUM = 6000, 4096


def long(characters: int) -> Message:
    """A message whose embed has so many characters: its description as many as it may have, its footer the rest."""
    message = compose(SAMPLES["success-cd"])._replace(sentences=(), run_notes=(Span("#1", "https://ci.example/1"), Span(" · "), Span("")))
    message = message._replace(sentences=((Span("y"), Span("x" * (min(characters - 500, DESCRIPTION_MAXIMUM) - 1), "")),))
    rest = characters - written(discord.render(message, OPTIONS))
    return message._replace(run_notes=(*message.run_notes[:2], Span("x" * rest)))


def written(payload: dict[str, Any]) -> int:
    """The characters that Discord counts: title, description, footer."""
    (embed,) = payload["embeds"]
    return sum(map(units, (embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", ""))))


def test_a_message_of_6000_characters_is_sent_as_it_is() -> None:
    payload = discord.render(long(MAXIMUM), OPTIONS)
    assert written(payload) == MAXIMUM
    check_discord(payload)


@pytest.mark.parametrize("characters", [6001, 6050, 6100])
def test_one_of_more_is_shortened(characters: int) -> None:
    payload = discord.render(long(characters), OPTIONS)
    assert written(payload) < MAXIMUM
    check_discord(payload)


def test_a_description_of_4096_characters_is_sent_as_it_is_and_one_of_more_is_shortened() -> None:
    message = compose(SAMPLES["success-cd"])
    for characters in (DESCRIPTION_MAXIMUM, DESCRIPTION_MAXIMUM + 1):
        payload = discord.render(message._replace(sentences=((Span("x" * characters),),)), OPTIONS)
        check_discord(payload)
        assert ("description" in payload["embeds"][0]) == (characters == DESCRIPTION_MAXIMUM)
