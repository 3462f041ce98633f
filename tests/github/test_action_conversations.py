"""One message a job: the second part of the step changes what the first one sent, by the receipts in the runner's state."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers import Answer
from stateful_services import ROOM, TOKEN, SlackServer, refused, serving
from step import Step

slack = serving(SlackServer)


@pytest.fixture
def step(tmp_path: Path, slack: SlackServer) -> Step:
    made = Step(tmp_path)
    made.policy(
        f'channels: {{team: {{kind: slack, token: "${{SLACK_BOT_TOKEN}}", channel: {ROOM}, api_url: "{slack.url("/api")}"}}}}\n'
        "notifications: [{on: [trigger, success, failure], send_to: team}]\n"
    )
    made.env["SLACK_BOT_TOKEN"] = TOKEN
    return made


@pytest.mark.parametrize("status", ["success", "failure"])
def test_the_second_part_changes_the_first_one_s_message(step: Step, slack: SlackServer, status: str) -> None:
    step.main()
    ended = step.post(status=status)
    assert [slack.method(request) for request in slack.requests][:2] == ["chat.postMessage", "chat.update"]
    assert ended.report["deliveries"][0]["reason"] is None
    assert len([message for message in slack.messages if not message.get("thread_ts")]) == 1
    assert len(slack.messages) == (1 if status == "success" else 2)


def test_a_message_that_is_gone_is_sent_anew_and_the_summary_says_so(step: Step, slack: SlackServer) -> None:
    step.main()
    slack.refusals["chat.update"] = [refused("edit_window_closed")]
    ended = step.post()
    assert "sent as a new message" in ended.summary
    assert "edit_window_closed" in ended.summary
    assert "sent as a new message: edit_window_closed" in ended.log
    assert ended.annotations == []


def test_a_start_that_failed_leaves_an_end_that_is_new(step: Step, slack: SlackServer) -> None:
    slack.refusals["chat.postMessage"] = [refused("channel_not_found")]
    step.main()
    ended = step.post()
    assert ended.report["deliveries"][0]["outcome"] == "delivered"
    assert len(slack.messages) == 1


def test_the_state_holds_no_token(step: Step, slack: SlackServer) -> None:
    slack.refusals["chat.postMessage"] = [Answer(500, b"", {"Retry-After": "0"})]
    step.main()
    assert TOKEN not in str(step.left)
