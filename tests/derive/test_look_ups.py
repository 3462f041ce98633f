"""Whether reasons are looked up: by the policy, the plug-in and the variable; and that the API's own part is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from clocks import VirtualClock
from inprocess import run

from tocsin import pipeline
from tocsin.ci.run import Run
from tocsin.derive.look_ups import may_look_up
from tocsin.errors import UsageError
from tocsin.network import Network
from tocsin.policy.model import Delivery, Policy
from tocsin.request import Request
from tocsin.world import World


@pytest.mark.parametrize(
    ("policy", "plugin", "variable", "allowed"),
    [
        (True, True, "", True),
        (True, True, "true", True),
        (True, True, " ", True),
        (False, True, "", False),
        (False, True, "true", False),
        (True, False, "", False),
        (True, False, "true", False),
        (True, True, "false", False),
        (True, True, "false\n", False),
    ],
)
def test_who_forbids_it_decides(policy: bool, plugin: bool, variable: str, allowed: bool):
    asked = Request(look_ups=plugin)
    assert may_look_up(asked, {"TOCSIN_LOOK_UPS": variable}, Policy(delivery=Delivery(look_ups=policy))) is allowed


def test_another_word_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="TOCSIN_LOOK_UPS is 'no': it must be true or false"):
        may_look_up(Request(), {"TOCSIN_LOOK_UPS": "no"}, Policy())
    assert run("context", "trigger", env={"TOCSIN_LOOK_UPS": "::error::"}, folder=tmp_path).code == 2


@pytest.mark.parametrize(("policy", "allowed"), [("{}", True), ("{look_ups: true}", True), ("{look_ups: false}", False)])
def test_the_api_is_told(policy: str, allowed: bool):
    text = f"channels: {{team: {{kind: slack}}}}\nnotifications: [{{on: failure, send_to: team}}]\ndelivery: {policy}\n"
    clock = VirtualClock()
    env = {"TOCSIN_CI": "generic", "GITHUB_API_URL": "https://api.example"}
    world = World(env, Path.cwd(), text.encode, clock, clock.now, Network())
    asked = Request("completion", "failure", policy="-")
    known = pipeline.prepare(world, asked)
    api = pipeline.open_api(world, Run("github", {}, None), "token")
    assert api
    assert api.look_ups
    clock.now += 1000.0  # too late for a question: none is asked
    pipeline.understand(world, asked, known._replace(api=api, run=Run("github", {}, None)))
    assert api.look_ups is allowed
