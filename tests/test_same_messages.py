"""One policy, one run: the same messages under every CI, but for the links, which lead to each CI's own pages.

The runs are those of tests/cases/explain, which test_explain.py holds to the same decisions.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from clocks import StandingClock
from inprocess import CASES
from kinds import TEXT_KINDS, options

from tocsin.channels import load
from tocsin.event import Event
from tocsin.message import Message, Sentence
from tocsin.network import Network
from tocsin.pipeline import plan, prepare
from tocsin.request import Request
from tocsin.world import World

EXPLAIN = CASES / "explain"
CASE_FILES = sorted(path for path in EXPLAIN.glob("*.json") if not path.name.endswith(".expected.json"))
POLICY = (EXPLAIN / "policy.yml").read_bytes()
NOW = "2026-11-23T15:50:00Z"
PLUGINS = ("github", "gitlab", "jenkins")


def message(case: dict[str, Any], ci: str, folder: Path) -> Message:
    """What a person is told of a case as one CI describes it; a job that tells of a whole run, as plug-ins have it."""
    (folder / "facts.json").write_text(json.dumps({**case["facts"], "scope": "run"}))
    (folder / "event.json").write_text(json.dumps(case["event_file"]))
    env = {name: value for name, value in case["environments"][ci].items() if name != "GITHUB_JOB"}
    world = World(env, folder, lambda: POLICY, StandingClock(NOW), time.monotonic(), Network())
    request = Request(case["hook"], case["status"], {}, "facts.json", "-", ci)
    known = prepare(world, request)
    return plan(world, request, known._replace(run=known.run.as_whole("test"))).message


def without_links(told: Message) -> Message:
    """A message without links: which of them a CI knows, and where they lead, differs."""

    def unlinked(sentence: Sentence) -> Sentence:
        return tuple(span._replace(url=None) for span in sentence)

    return told._replace(
        page=None,
        reasons=tuple(reason._replace(url=None) for reason in told.reasons),
        more=told.more and told.more._replace(url=""),
        sentences=tuple(map(unlinked, told.sentences)),
        links=(),
        run_notes=unlinked(told.run_notes),
        details=tuple(row._replace(url=None) for row in told.table),
    )


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_the_same_run_has_the_same_message_under_every_ci(tmp_path: Path, path: Path):
    case = json.loads(path.read_text(encoding="utf-8"))
    told = {ci: message(case, ci, tmp_path) for ci in PLUGINS}
    said = {ci: without_links(one)._replace(event=Event()) for ci, one in told.items()}
    assert said["gitlab"] == said["github"]
    assert said["jenkins"] == said["github"]


@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_every_channel_shows_the_same(tmp_path: Path, kind: str):
    module = load(kind)
    for path in CASE_FILES:
        case = json.loads(path.read_text(encoding="utf-8"))
        shown = {ci: module.render(without_links(message(case, ci, tmp_path)), options(kind)) for ci in PLUGINS}
        assert shown["gitlab"] == shown["github"], path.stem
        assert shown["jenkins"] == shown["github"], path.stem
