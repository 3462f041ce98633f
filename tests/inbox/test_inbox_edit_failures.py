"""`tocsin inbox --fail` with an error of a change: the start is taken, its change is refused, and a new message is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from inprocess import QuickProject, run

from tocsin.inbox import Inbox
from tocsin.inbox.failures import EDITS, read_failures

CHANNELS = {
    "discord": 'kind: discord, url: "${DISCORD}", conversation: update',
    "telegram": 'kind: telegram, token: "${BOT}", chat_id: "7", api_url: "{url}"',
}
CASES = [(kind, word) for kind, words in EDITS.items() for word in (*words, "edit_ratelimited")]


@pytest.mark.parametrize(("kind", "word"), CASES)
def test_a_change_is_refused_and_a_message_is_not(kind: str, word: str, tmp_path: Path) -> None:
    project = QuickProject(tmp_path)
    with Inbox(failures=read_failures([f"{kind}={word}"])) as box:
        url = box.endpoint(kind)
        channel = CHANNELS[kind].replace("{url}", url)
        project.policy(f"channels: {{team: {{{channel}}}}}\ndelivery: {{attempts: 1}}\nnotifications: [{{on: always, send_to: team}}]\n")
        env = {"BOT": "1:a", "DISCORD": url}
        for status in ("cancelled", "success"):
            result = project.run("send", "completion", "--status", status, "--receipts", "r.json", "--strict", env=env)
            assert result.code == 0, result.out
        signs = [arrival.title[0] for arrival in box.arrivals]
    if word == "message_is_not_modified":  # then it says so already
        assert (signs, "new message" in result.out) == (["⚪"], False)
    else:
        assert signs == ["⚪", "✅"]
        assert "sent as a new message: " in result.out


def test_an_unknown_word_gets_those_of_changes_too(tmp_path: Path) -> None:
    said = run("inbox", "--fail", "telegram=nonsense", folder=tmp_path).err
    assert "message_to_edit_not_found, message_cant_be_edited, message_is_not_modified, edit_ratelimited" in said
