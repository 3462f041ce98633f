"""`format: cloudevents`: every event is valid by CloudEvents' and CDEvents' own schemas, and hostile texts stay text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import events
import pytest
import standardwebhooks
from clocks import StandingClock
from events import SAMPLES
from jsonschema_rs import Draft7Validator, Draft202012Validator, Registry
from servers import Answer, ScriptedServer, transport

from tocsin.channels import webhook
from tocsin.event import Commit, Event, Image, PipelineRun, Repository
from tocsin.message import compose
from tocsin.templates.samples import EVERYTHING
from tocsin.verdict import Delivered

FOLDER = Path(__file__).parents[1] / "cases" / "cloudevents"
LINKS = "https://cdevents.dev/0.5.1/schema/links/embeddedlinksarray"  # of which tocsin has none
REGISTRY = Registry([(LINKS, {"type": "array", "maxItems": 0})])
CLOUD_EVENT = Draft7Validator(json.loads((FOLDER / "cloudevents.json").read_text()), validate_formats=True)
SCHEMAS = [json.loads(path.read_text()) for path in FOLDER.glob("*.json") if path.stem != "cloudevents"]
CD_EVENTS = {
    schema["properties"]["context"]["properties"]["type"]["default"]: Draft202012Validator(schema, validate_formats=True, registry=REGISTRY)
    for schema in SCHEMAS
}
WORDS = ("trigger", "success", "failure", "cancelled", "unstable", "waiting")
HUGE = ("long", "unbroken")  # of which one event takes a second
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def options(**values: Any) -> webhook.Options:
    return webhook.Options.model_validate({"kind": "webhook", "url": "https://bus.example.com", "format": "cloudevents", **values})


def sent(event: Event) -> dict[str, Any]:
    """What arrives of an event, which is valid by every schema there is."""
    with ScriptedServer(Answer(202)) as server:
        values = options(url=server.url())
        body = webhook.render(compose(event), values)
        assert webhook.send(body, values, transport("key", clock=StandingClock("2026-11-29T10:00:00Z"))) == Delivered()
    [request] = server.requests
    assert request.headers["content-type"] == "application/cloudevents+json"
    found: dict[str, Any] = request.json()
    CLOUD_EVENT.validate(found)
    CD_EVENTS[found["type"]].validate(found["data"])
    context = found["data"]["context"]
    assert [found[name] for name in ("id", "source", "type", "time")] == [context[name] for name in ("id", "source", "type", "timestamp")]
    assert (found["specversion"], found["subject"]) == ("1.0", found["data"]["subject"]["id"])
    assert TIME.fullmatch(found["time"])
    return found


def test_each_type_is_tried():
    kinds = {sent(event._replace(event=word))["type"] for event in (EVERYTHING, Event(event="x")) for word in WORDS}
    assert kinds == set(CD_EVENTS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_valid(name: str):
    event = SAMPLES[name]
    found = sent(event)
    assert found["data"]["customData"]["event"]["event"] == event.event


@pytest.mark.parametrize("name", events.HOSTILE)
def test_a_hostile_event_is_valid_and_its_texts_stay_in_their_places(name: str):
    for word in WORDS[:1] if name in HUGE else WORDS:
        found = sent(events.HOSTILE[name]._replace(event=word))
        assert set(found) == {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "data"}
        assert urlsplit(found["source"]).scheme in ("", "http", "https")
        assert not re.search(r"[\x00-\x1f\x7f]", found["subject"] + found["source"])


@pytest.mark.parametrize("word", WORDS)
def test_what_is_known_of_nothing_is_valid_too(word: str):
    found = sent(Event(event=word))
    assert found["time"] == "2026-11-29T10:00:00Z"
    assert found["data"]["subject"]["id"] == "unknown"


@pytest.mark.parametrize(
    ("word", "outcome"), [("success", "success"), ("failure", "failure"), ("unstable", "failure"), ("cancelled", "cancel")]
)
def test_the_outcome(word: str, outcome: str):
    content = sent(EVERYTHING._replace(event=word, kind="ci"))["data"]["subject"]["content"]
    assert content["outcome"] == outcome
    assert ("errors" in content) is (word != "success")


@pytest.mark.parametrize(
    ("image", "commit", "artifact"),
    [
        (
            Image("registry.example.com:5000/Shop/Pay", "2.1"),
            Commit(),
            "pkg:oci/pay?repository_url=registry.example.com:5000/Shop/Pay&tag=2.1",
        ),
        (Image("pay"), Commit("abc"), "pkg:oci/pay?repository_url=pay"),
        (Image(), Commit("abc"), "pkg:generic/shop@abc"),
        (Image(), Commit(), "pkg:generic/shop"),
    ],
)
def test_a_deployment_says_what_went_where(image: Image, commit: Commit, artifact: str):
    event = Event(event="success", kind="cd", environment="production", app="shop", image=image, commit=commit)
    found = sent(event)
    assert found["type"] == "dev.cdevents.service.deployed.0.3.0"
    content = found["data"]["subject"]["content"]
    assert (content["environment"], unquote(content["artifactId"])) == ({"id": "production"}, artifact)
    assert sent(event._replace(event="failure"))["type"] == "dev.cdevents.pipelinerun.finished.0.3.0"


def test_a_repetition_keeps_its_id_and_another_run_has_another():
    run = PipelineRun("7", finished_at="2026-11-29T10:00:00Z")
    event = Event(event="failure", run=run, repository=Repository("shop", "acme"))
    assert sent(event)["id"] == sent(event._replace(run=run._replace(finished_at="2026-11-29T10:00:09Z")))["id"]
    others = [
        event._replace(run=run._replace(id="8")),
        event._replace(event="success"),
        event._replace(repository=Repository("till", "acme")),
    ]
    assert len({sent(event)["id"], *(sent(other)["id"] for other in others)}) == 4


def test_it_is_signed_by_sign():
    with ScriptedServer(Answer(204)) as server:
        values = options(url=server.url(), sign="${KEY}").resolved({"KEY": "whsec_c2VjcmV0IGtleQ=="})
        assert webhook.send(webhook.render(compose(EVERYTHING), values), values, transport("msg.1")) == Delivered()
    [request] = server.requests
    assert standardwebhooks.Webhook("c2VjcmV0IGtleQ==").verify(request.body, dict(request.headers))["specversion"] == "1.0"
