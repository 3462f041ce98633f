"""The event of a run from all that is said of it: by the CI, a person, a plug-in, the CI's API, the policy; and what follows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from policies import read

from tocsin import ci
from tocsin.ci.run import Run
from tocsin.derive import derive
from tocsin.errors import ContextError
from tocsin.event import Event, Fact, Facts, Rank
from tocsin.policy.load import PolicyDocument
from tocsin.request import Request

NOW = "2026-11-23T15:50:00Z"
ENV = {"TOCSIN_CLUSTER": "variable"}


def facts(rank: Rank, **values: Any) -> Facts:
    return {name.replace("__", "."): Fact(value, f"by {rank.name}", rank) for name, value in values.items()}


RUN = Run("some", {**facts(Rank.CI, pipeline="Build", run__id="ci", status="failure"), **facts(Rank.GUESS, app="guess")}, untrusted=None)
POLICY = """
channels: {team: {kind: slack}}
context: {app: policy, pipeline: policy, rules: [{when: {job: api}, set: {tier: testing}}]}
"""


class Asked:
    """A CI whose API says some facts, and which keeps what it was asked with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **says: Any) -> None:
        self.says, self.asked = says, list[tuple[object, Run, Event, object]]()
        monkeypatch.setattr(ci, "load", lambda name: SimpleNamespace(learn=self.learn) if name == "some" else None)

    def learn(self, *question: Any) -> Facts:
        self.asked.append(question)
        return facts(Rank.API, **self.says)


def event_of(hook: str, api: object = None, document: PolicyDocument | None = None) -> Event:
    request = Request(hook, facts=facts(Rank.FACTS, app="plug-in", job__id="plug-in"))
    return derive(RUN, request, ENV, NOW, document, api)  # type: ignore[arg-type]


def test_each_source_stands_at_its_place(monkeypatch: pytest.MonkeyPatch):
    Asked(monkeypatch, job__id="api", run__id="api", job__name="api")
    event = event_of("completion", "the API", read(POLICY))
    assert (event.app, event.pipeline, event.run.id, event.job.id, event.job.name, event.cluster, event.tier) == (
        "plug-in", "Build", "ci", "api", "api", "variable", "testing",
    )  # fmt: skip
    assert (event.status, event.event, event.run.finished_at) == ("failure", "failure", NOW)
    assert event.sources["job.id"] == "by API"
    without = event_of("completion", None, read(POLICY))
    assert (without.job.id, without.job.name, without.tier) == ("plug-in", None, None)


@pytest.mark.parametrize(("hook", "event", "finished"), [("trigger", "trigger", None), ("completion", "failure", NOW)])
def test_the_api_is_asked_with_the_event_as_it_is_known(monkeypatch: pytest.MonkeyPatch, hook: str, event: str, finished: str | None):
    asked = Asked(monkeypatch)
    event_of(hook, "the API")
    [(api, run, seen, env)] = asked.asked
    assert (api, run, env) == ("the API", RUN, ENV)
    assert isinstance(seen, Event)
    assert (seen.hook, seen.event, seen.run.finished_at, seen.app, seen.cluster) == (hook, event, finished, "plug-in", "variable")


def test_a_trigger_of_a_run_without_a_status_is_one_too():
    bare = RUN._replace(facts=facts(Rank.CI, app="x"))
    assert derive(bare, Request("trigger"), {}, NOW).event == "trigger"
    with pytest.raises(ContextError, match="no status is known for the completion"):
        derive(bare, Request("completion"), {}, NOW)
