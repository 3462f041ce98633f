"""One message a job under a real runner: what `main` posts, `post` changes, by the receipts in the action's state."""

from __future__ import annotations

import pytest
from stateful_services import ROOM, TOKEN, DiscordServer, SlackServer, refused, said, serving
from test_act_one_job import JOB, STEP

TWO = STEP.replace("SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN") + "          DISCORD_WEBHOOK_URL: ${{ secrets.DISCORD_WEBHOOK_URL }}\n"


slack, discord = serving(SlackServer), serving(DiscordServer)


@pytest.mark.parametrize("gone", [False, True])
def test_the_job_s_end_changes_its_start(repository, slack, discord, gone):
    repository.policy(
        "channels:\n"
        f'  team: {{kind: slack, token: "${{SLACK_BOT_TOKEN}}", channel: {ROOM}, api_url: "{slack.url("/api")}"}}\n'
        "  chat: {kind: discord, conversation: update}\n"
        "notifications: [{on: [trigger, success], send_to: [team, chat]}]\n"
    )
    repository.workflow(JOB + TWO)
    if gone:
        slack.refusals["chat.update"] = [refused("message_not_found")]
        discord.refusals["PATCH"] = [said(404, code=10008, message="Unknown Message")]
    run = repository.run(secrets={"SLACK_BOT_TOKEN": TOKEN, "DISCORD_WEBHOOK_URL": discord.webhook})
    assert (run.code, run.annotations()) == (0, []), run.said()
    assert [message["text"][0] for message in slack.messages] == (["🚀", "✅"] if gone else ["✅"])
    assert [message["content"][0] for message in discord.messages] == (["🚀", "✅"] if gone else ["✅"])
    assert run.summary("Post").count("sent as a new message") == (2 if gone else 0)
