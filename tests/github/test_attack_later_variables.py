"""What other steps of the job write to GITHUB_ENV of the policy's own variables: none of them sends the step's secrets elsewhere."""

from __future__ import annotations

import json
import os

import pytest
from servers import ScriptedServer
from step import Step
from test_attack_later_steps import WORKFLOW

from tocsin import channels
from tocsin.channels.options import Place, SecretUrl, Url, keys_of

TOKEN = "s3cr3t-t0k3n-of-the-receiver"
WEBHOOK = 'hook: {kind: webhook, url: "http://${HOST}/hook/${KEY}", headers: {Authorization: "Bearer ${TOKEN}"}}'
SLACK = "hook: {kind: slack}"
SMTP = 'hook: {kind: smtp, host: "${HOST}", from: a@example.com, username: ci, password: "${TOKEN}"}'
REGION = 'hook: {kind: ses, region: "${HOST}", from: a@example.com, access_key_id: "${KEY}", secret_access_key: "${TOKEN}"}'
ENDPOINT = 'hook: {kind: ses, region: eu-west-1, endpoint_url: "http://${HOST}", from: a@example.com}'
SOLE = 'hook: {kind: webhook, url: "http://${HOST}/hook"}'


def policy(channel: str) -> str:
    to = "hook" if any(f"kind: {kind}" in channel for kind in ("webhook", "slack")) else "dev@example.com"
    return f"channels: {{{channel}}}\nnotifications: [{{on: success, send_to: {to}}}]\ndelivery: {{attempts: 1}}\n"


@pytest.fixture
def ours():
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def theirs():
    with ScriptedServer() as server:
        yield server


def host(server: ScriptedServer) -> str:
    return server.url("").removeprefix("http://").rstrip("/")


def test_a_later_step_cannot_redirect_a_secret(tmp_path, cache, quick_python, ours, theirs):
    """By node, as the runner starts both parts: TOKEN is the step's, HOST the job's."""
    step = Step(tmp_path, cache / "tool_cache", quick_python)
    step.policy(policy(WEBHOOK))
    step.env |= {"TOKEN": TOKEN, "KEY": "k"}
    step.main(hook="completion", env={"HOST": host(ours)})
    assert TOKEN not in json.dumps(step.left)
    bent = step.post(env={"HOST": host(theirs)})
    assert (theirs.requests, ours.requests, bent.code) == ([], [], 0)
    [told] = bent.annotations
    assert "variable HOST was changed after this step began" in told
    assert told.endswith("pass it to the step by env")
    assert step.post(env={"HOST": host(theirs)}, strict="true").code == 1
    kept = step.post(env={"HOST": host(ours)})
    assert (len(ours.requests), kept.outputs["delivered"], kept.annotations) == (1, "1", [])


@pytest.mark.parametrize(
    ("channel", "before", "after", "named"),
    [
        (WEBHOOK, {"HOST": "a.example", "KEY": "k", "TOKEN": TOKEN}, {"KEY": "other"}, "KEY"),
        (WEBHOOK, {"KEY": "k", "TOKEN": TOKEN}, {"HOST": "evil.example"}, "HOST"),
        (WEBHOOK, {"KEY": "k"}, {"HOST": "evil.example", "TOKEN": "later"}, "HOST"),
        (WEBHOOK, {"HOST": "a.example", "KEY": "k", "TOKEN": TOKEN}, {"HOST": "evil.example", "KEY": "x"}, "HOST, KEY"),
        (SMTP, {"HOST": "a.example", "TOKEN": TOKEN}, {"HOST": "evil.example"}, "HOST"),
        (SMTP, {"TOKEN": TOKEN}, {"HOST": "evil.example"}, "HOST"),
        (
            SLACK,
            {"SLACK_WEBHOOK_URL": "http://a.example/services/T0/B0/x"},
            {"SLACK_WEBHOOK_URL": "http://evil.example"},
            "SLACK_WEBHOOK_URL",
        ),
        (REGION, {"HOST": "eu-west-1", "KEY": "k", "TOKEN": TOKEN}, {"HOST": "us-east-1"}, "HOST"),
        (ENDPOINT, {}, {"HOST": "evil.example"}, "HOST"),
        (ENDPOINT, {"HOST": "a.example"}, {"HOST": "evil.example"}, "HOST"),
        (SOLE, {"HOST": "a.example"}, {"HOST": ""}, "HOST"),
    ],
)
def test_what_says_where_a_secret_goes_stays_as_it_was(tmp_path, channel, before, after, named):
    step = Step(tmp_path)
    step.policy(policy(channel))
    step.main(hook="completion", env=before)
    [row] = step.post(env={**before, **after}).report["deliveries"]
    assert (row["outcome"], row["attempts"]) == ("skipped", 0)
    assert row["reason"].startswith(f"variable{'s' * (', ' in named)} {named} w")


@pytest.mark.parametrize(
    ("channel", "before", "after"),
    [
        (SOLE, {}, {"HOST": "{host}"}),  # goes alone
        (SLACK, {}, {"SLACK_WEBHOOK_URL": "http://{host}/services/T0/B0/x"}),
        (WEBHOOK, {}, {"HOST": "{host}", "KEY": "k", "TOKEN": TOKEN}),  # all of it is the later step's
        (WEBHOOK, {"HOST": "{host}", "KEY": "k"}, {"TOKEN": TOKEN}),  # goes where it would have gone
        (WEBHOOK, {"HOST": "{host}", "KEY": "k", "TOKEN": TOKEN}, {"TOKEN": "renewed"}),
    ],
)
def test_a_job_may_fetch_its_credentials_in_a_later_step(tmp_path, slack, ours, channel, before, after):
    step = Step(tmp_path)
    step.policy(policy(channel))
    server = slack if channel == SLACK else ours
    old, new = ({name: value.format(host=host(server)) for name, value in given.items()} for given in (before, after))
    step.main(hook="completion", env=old)
    post = step.post(env={**old, **new})
    assert (post.outputs["delivered"], len(server.requests)) == ("1", 1), post.log


def test_without_a_policy_file_the_same_holds(tmp_path, slack, theirs):
    step = Step(tmp_path)
    before = {"SLACK_WEBHOOK_URL": slack.url("/services/T0/B0/s3cr3t")}
    step.main(hook="completion", env=before)
    assert step.post(env={"SLACK_WEBHOOK_URL": theirs.url("/services/x")}).outputs["skipped"] == "1"
    assert step.post(env=before).outputs["delivered"] == "1"
    assert (theirs.requests, len(slack.requests)) == ([], 1)


@pytest.mark.parametrize("kind", channels.KINDS)
def test_each_option_that_names_a_host_is_a_place(kind):
    options = channels.load(kind).Options
    places = {name for marked in (SecretUrl, Url, Place) for name in keys_of(options, marked)}
    assert places >= {"telegram": {"chat_id"}, "ntfy": {"topic"}, "pagerduty": {"routing_key"}, "slack": {"channel"}}.get(kind, set())
    assert places
    assert places >= {
        name for name in options.model_fields if any(word in name for word in ("url", "host", "server", "region", "endpoint"))
    }


@pytest.mark.skipif(os.name == "nt", reason="act needs POSIX")
def test_under_act_a_later_step_cannot_redirect_a_secret(repository, ours, theirs):
    """HOST comes from the job, which GITHUB_ENV overrides in post; TOKEN and KEY are the step's own, which it does not."""
    repository.policy(policy(WEBHOOK).replace("on: success", "on: failure"))
    repository.make(f'for v in HOST TOKEN KEY; do echo "$v={host(theirs)}" >> "$GITHUB_ENV"; done')
    env = f"HOST: '{host(ours)}'"
    workflow = WORKFLOW.replace("    steps:", f"    env: {{{env}}}\n    steps:")
    repository.workflow(
        workflow.replace("SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}", "TOKEN: ${{ secrets.TOKEN }}\n          KEY: k")
    )
    run = repository.run(secrets={"TOKEN": TOKEN})
    assert run.results == {"test": "success"}
    assert (theirs.requests, ours.requests) == ([], [])
    assert "variable HOST was changed after this step began" in run.said("Post")
