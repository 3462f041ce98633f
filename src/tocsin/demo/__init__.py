"""The demo: a sample deployment's messages, sent for real to a local inbox."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tocsin import pipeline
from tocsin.channels.ses import WITHOUT_BOTO3
from tocsin.deliver import Stop
from tocsin.errors import UsageError
from tocsin.inbox import Inbox
from tocsin.network import Network
from tocsin.policy.load import load
from tocsin.policy.policy_text import PolicyText
from tocsin.request import Request
from tocsin.samples import sample
from tocsin.verdict import Outcome, Skip
from tocsin.world import World

HERE = Path(__file__).parent
EVENTS = ("trigger", "broken")  # of the sample deployment, in their order


def _write(folder: Path, box: Inbox, facts: dict[str, Any]) -> None:
    """The policy and the facts of one hook, with the inbox's port for mail in its place."""
    policy = (HERE / "policy.yml").read_text(encoding="utf-8")
    (folder / "policy.yml").write_text(policy.replace("port: 1025", f"port: {box.smtp_port}"), encoding="utf-8")
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def send_sample(world: World, box: Inbox, event: str, stop: Stop) -> list[Outcome]:
    """What `tocsin send` does, in a world where the channels are the inbox's and no proxy stands between."""
    channels = load(PolicyText("policy.yml", (HERE / "policy.yml").read_bytes())).policy.channels
    names = {options.kind: name for name, options in channels.items()}
    env = {f"DEMO_{kind.upper()}": box.endpoint(kind, name) for kind, name in names.items()} | {
        "DEMO_AWS_KEY": "demo-key",
        "DEMO_AWS_SECRET": "demo-secret",
        "DEMO_PAGERDUTY_KEY": "demo" * 8,
        "DEMO_TELEGRAM_TOKEN": "1:demo-token",
    }
    with _folder() as name:
        folder = Path(name)
        run = sample(event, "cd")
        _write(folder, box, run.facts)
        world = world._replace(env=env, folder=folder, network=Network(), started=world.clock.monotonic())
        asked = Request(run.hook, run.status, facts_file="facts.json", policy="policy.yml", ci="generic")
        known = pipeline.prepare(world, asked)
        if find_spec("boto3") is None:  # an extra, which a look at tocsin should not need
            known = known._replace(withheld={names["ses"]: Skip(WITHOUT_BOTO3, "service")})
        planned = pipeline.plan(world, asked, known)
        return pipeline.in_order(planned, pipeline.notify(world, planned, stop))


def _folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory()
    except OSError as error:
        raise UsageError(f"the demo needs a folder for its policy ({error.strerror}): let TMPDIR name one that can be written to") from None
