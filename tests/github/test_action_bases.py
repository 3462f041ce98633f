"""Bases and an organisation's default in the two parts of the step: what holds is what was there when the policy was found."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from base_server import COMMIT, Files
from servers import ScriptedServer
from step import Step
from test_action_trust import EVIL, Repository

from tocsin.policy.base_lock import Entry, digest, lock_text

BASE = "channels: {team: {kind: webhook, url: '${SLACK_WEBHOOK_URL}', payload_file: body.json}}\nextends: ./limits.yml\n"
LIMITS = "delivery: {attempts: 1, strict: true}\n"
BODY = '{"text": "from the base"}'
RULES = "notifications: [{on: [trigger, success], send_to: team}]\n"
VENDORED = f"extends: github:acme/policies/tocsin/base.yml@{COMMIT}\n{RULES}"


def vendor(step: Step) -> None:
    """A policy with a vendored base, which has one of its own and a payload's file."""
    entries = {}
    for path, text in (("tocsin/base.yml", BASE), ("tocsin/limits.yml", LIMITS), ("body.json", BODY)):
        file = path.replace("/", "-")
        step.policy(text, f".tocsin/bases/{file}")
        entries[f"github:acme/policies/{path}@{COMMIT}"] = Entry(file, digest(text.encode()), (".tocsin.yml",))
    step.policy(lock_text(entries), ".tocsin/lock")
    step.policy(VENDORED)


def texts(slack: ScriptedServer) -> list[str]:
    return [request.json()["text"] for request in slack.requests]


def test_both_parts_have_the_bases_as_they_were_at_the_first(tmp_path, slack):
    step = Step(tmp_path)
    vendor(step)
    step.env["SLACK_WEBHOOK_URL"] = slack.url("/hook")
    begun = step.main(hook="both")
    for path in (".tocsin/lock", ".tocsin/bases/tocsin-base.yml", ".tocsin/bases/body.json", ".tocsin.yml"):
        (step.workspace / path).unlink()
    ended = step.post()
    assert (begun.annotations, ended.annotations) == ([], [])
    assert texts(slack) == ["from the base"] * 2


def test_a_base_may_ask_for_strictness(tmp_path):
    step = Step(tmp_path)
    vendor(step)
    step.policy(VENDORED.replace("send_to: team", "send_to: nobody"))
    assert step.main(hook="trigger").code == 3
    step.policy(VENDORED.replace("send_to: team", "send_to: nobody") + "delivery: {strict: false}\n")
    assert step.main(hook="trigger").code == 0


def test_the_bases_of_the_trusted_commit_hold(tmp_path, slack):
    step = Repository(tmp_path)
    vendor(step)
    step.env |= {"GITHUB_SHA": step.commit(), "SLACK_WEBHOOK_URL": slack.url("/hook")}
    head = {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "mallory/payments"}}
    step.event(
        "pull_request_target",
        {"pull_request": {"number": 7, "title": "x", "head": head, "base": {"ref": "main", "repo": {"full_name": "acme/payments"}}}},
    )
    step.git("checkout", "-q", "-b", "head")
    step.policy(BASE.replace("_URL}", "_URL}/evil"), ".tocsin/bases/tocsin-base.yml")
    step.policy("evil: 1\n", ".tocsin/lock")
    step.commit()
    step.main()
    step.post()
    assert texts(slack) == ["from the base"] * 2
    assert {request.path for request in slack.requests} == {"/hook"}


def test_an_untrusted_policy_on_standard_input_reads_no_base(tmp_path):
    from tocsin.errors import PolicyError
    from tocsin.policy.load import load
    from tocsin.policy.policy_text import PolicyText

    with pytest.raises(PolicyError) as error:
        load(PolicyText("<stdin>", b"extends: base.yml\nnotifications: []\n"))
    assert "could be the untrusted head's own" in str(error.value.problems[0])


ORGANISATION = {"tocsin/org.yml": f"extends: ./common.yml\n{RULES}", "tocsin/common.yml": "channels: {team: {kind: slack}}\n"}


@pytest.fixture
def shelf() -> Iterator[Files]:
    """GitHub with the files of one repository at one commit."""
    with Files() as server:
        for path, text in ORGANISATION.items():
            server.github("acme/policies", path, text)
        yield server


DEFAULT = f"github:acme/policies/tocsin/org.yml@{COMMIT}"


@pytest.fixture
def bare(tmp_path, slack, shelf) -> Step:
    """A repository without a policy."""
    step = Step(tmp_path)
    step.env |= {"SLACK_WEBHOOK_URL": slack.url("/hook"), "GITHUB_API_URL": shelf.url("")}
    return step


def test_the_organisation_s_default_is_fetched_once(bare, slack, shelf):
    bare.main(hook="both", default_policy=DEFAULT, token="secret-token")
    asked = len(shelf.requests)
    bare.post(default_policy=DEFAULT)
    assert [request.path for request in slack.requests] == ["/hook"] * 2
    assert {request.headers["authorization"] for request in shelf.requests} == {"Bearer secret-token"}
    assert [request.path for request in shelf.requests if "contents" in request.path][:2] == [
        f"/repos/acme/policies/contents/tocsin/{name}.yml?ref={COMMIT}" for name in ("org", "common")
    ]
    assert not [request for request in shelf.requests[asked:] if "contents" in request.path]


def test_a_policy_of_the_repository_s_own_comes_first(bare, slack, shelf):
    bare.policy("channels: {mine: {kind: slack, url: '${SLACK_WEBHOOK_URL}/mine'}}\nnotifications: [{on: trigger, send_to: mine}]\n")
    bare.main(hook="trigger", env={"TOCSIN_DEFAULT_POLICY": DEFAULT})
    assert [request.path for request in slack.requests] == ["/hook/mine"]
    assert shelf.requests == []


def test_a_default_that_cannot_be_had_is_told_and_fails_a_strict_step_alone(bare, slack):
    gone = DEFAULT.replace("org", "gone")
    part = bare.main(hook="trigger", default_policy=gone)
    [said] = part.annotations
    assert (
        said
        == "nothing is sent: the default policy github:acme/policies/tocsin/gone.yml cannot be had: GitHub does not find it, or hides it"
    )
    assert part.code == 0
    assert bare.main(hook="trigger", default_policy=gone, strict="true").code == 3
    assert slack.requests == []


def test_a_default_that_is_not_pinned_is_an_error(bare, slack):
    [said] = bare.main(hook="trigger", default_policy="github:acme/policies/org.yml@main").annotations
    assert "names no commit" in said
    assert slack.requests == []


def test_an_untrusted_head_has_no_say_in_the_default(tmp_path, slack, shelf):
    step = Repository(tmp_path)
    (step.workspace / ".tocsin.yml").unlink()
    step.policy("x", "readme")
    step.env |= {"GITHUB_SHA": step.commit(), "SLACK_WEBHOOK_URL": slack.url("/hook"), "GITHUB_API_URL": shelf.url("")}
    head = {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "mallory/payments"}}
    step.event(
        "pull_request_target",
        {"pull_request": {"number": 7, "title": "x", "head": head, "base": {"ref": "main", "repo": {"full_name": "acme/payments"}}}},
    )
    step.policy(EVIL)
    step.main(default_policy=DEFAULT)
    assert [request.path for request in slack.requests] == ["/hook"]


def test_a_default_at_an_address_has_a_digest(project, slack):
    text = f"channels: {{team: {{kind: slack}}}}\n{RULES}"
    env = {"SLACK_WEBHOOK_URL": slack.url("/hook")}
    default = f"https://127.0.0.1:1/org.yml#sha256={sha256(text.encode()).hexdigest()}"
    result = project.run("send", "trigger", env={**env, "TOCSIN_DEFAULT_POLICY": default})
    assert result.code == 0
    assert "tocsin: warning: nothing is sent: the default policy https://127.0.0.1:1/org.yml cannot be had" in result.err
    assert project.run("send", "trigger", "--strict", env={**env, "TOCSIN_DEFAULT_POLICY": default}).code == 3
    assert project.run("send", "trigger", env={**env, "TOCSIN_DEFAULT_POLICY": "https://127.0.0.1:1/org.yml"}).code == 3
    assert slack.requests == []
