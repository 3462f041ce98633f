"""A kit for every kind of channel: samples, hostile text, limits, requests, and no secret in any answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from events import EVERY, MESSAGES, SAMPLES, SNIPPETS, crowded, event, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinds import BRIDGES, CHAT_KINDS, HTTP_KINDS, PLAIN_KINDS, TEXT_KINDS, options, render
from payload_checks import CHECKS
from servers import Answer, ScriptedServer, transport

from tocsin.channels import KINDS, load
from tocsin.channels.options import Credential, keys_of
from tocsin.event import Event, dotted
from tocsin.message import compose
from tocsin.network import NoAnswer
from tocsin.verdict import Delivered, Failed, Verdict

KEY = "Zm9vYmFyYmF6SECRET"
SECRET_PATH = f"/webhook/T0123/B0456/{KEY}"


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_event_the_payload_is_sound(kind: str, name: str) -> None:
    CHECKS[kind](render(kind, EVERY[name]))


@pytest.mark.parametrize("folder", MESSAGES, ids=lambda folder: folder.name)
@pytest.mark.parametrize("kind", [*HTTP_KINDS, *BRIDGES])
def test_the_samples_are_as_they_were(kind: str, folder: Path) -> None:
    assert render(kind, sample(folder)) == json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_every_part_of_the_message_is_there(kind: str, name: str) -> None:
    message = compose(SAMPLES[name])
    shown = json.dumps(render(kind, SAMPLES[name]), ensure_ascii=False).replace("\\\\", "").replace("\u200b", "")
    shown = re.sub("</?code>", "", shown)
    spans = [span for sentence in (*message.sentences, message.notes) for span in sentence]
    texts = [message.headline, *(text for reason in message.reasons for text in (reason.where, reason.text, *reason.excerpt))]
    told = [span.text for span in spans if not span.at and span.text.strip() != "·"]  # a clock time is shown in the reader's zone
    texts += [re.sub("^, (started|deployed)", "", text).strip() for text in told]
    assert [text for text in texts if json.dumps(text, ensure_ascii=False)[1:-1] not in shown] == []
    links = [link.url for link in message.links]
    if kind not in PLAIN_KINDS:
        links += [url for url in (*(reason.url for reason in message.reasons), *(span.url for span in spans)) if url]
    assert [link for link in links if link and link not in shown] == []


@pytest.mark.parametrize("name", ["everything", "widest", "long", "markup", "escapes"])
@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_what_does_not_fit_is_counted(kind: str, name: str) -> None:
    message = compose(crowded(SNIPPETS.get(name, "x" * 300)))
    assert message.more
    assert message.more.label in json.dumps(load(kind).render(message, options(kind)))


TEXT_FIELDS = [name for name, value in dotted(Event()) if value is None and not name.endswith((".number", ".attempt", ".fork"))]
MARKUP = st.text(st.sampled_from("\\*_~`|<>[]()@#!:/.-+ \n1a&{}\"'$\u202e\ud800😀h"), max_size=60)
ANY_TEXT = st.one_of(MARKUP, st.text(max_size=60), st.text(min_size=1, max_size=12).map(lambda text: text * 60))


@st.composite
def events(draw: st.DrawFn) -> Event:
    values: dict[str, Any] = {}
    for name, text in draw(st.dictionaries(st.sampled_from(TEXT_FIELDS), ANY_TEXT, max_size=12)).items():
        *heads, last = name.split(".")
        record = values
        for head in heads:
            record = record.setdefault(head, {})
        record[last] = text
    failure = st.fixed_dictionaries({"job": ANY_TEXT, "step": ANY_TEXT, "reason": ANY_TEXT, "url": ANY_TEXT})
    values["failures"] = draw(st.lists(failure, max_size=7))
    values["event"] = draw(st.sampled_from(["trigger", "success", "failure", "cancelled", "unstable"]))
    values["kind"] = draw(st.sampled_from(["ci", "cd"]))
    values["ref"] = {**values.get("ref", {}), "type": draw(st.sampled_from(["branch", "tag", "pull_request", None]))}
    return event(values)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events())
def test_no_text_breaks_a_limit_or_opens_a_link_or_a_mention(happening: Event) -> None:
    for kind in KINDS:
        CHECKS[kind](render(kind, happening))


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def send(kind: str, server: ScriptedServer, path: str = SECRET_PATH) -> Verdict:
    module = load(kind)
    return module.send({"x": "ü"}, options(kind, server.url(path)), transport("the-repeat-key", secrets=[server.url(path)]))


@pytest.mark.parametrize("kind", CHAT_KINDS)
def test_one_request_goes_out_and_no_redirect_is_followed(kind: str, server: ScriptedServer) -> None:
    server.script(Answer(307, headers={"Location": server.url("/elsewhere")}), Answer(200, b"ok"))
    assert isinstance(send(kind, server), Failed)
    (request,) = server.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "the-repeat-key"
    assert request.json().items() >= {"x": "ü"}.items()


@pytest.mark.parametrize("status", [400, 404, 429, 500])
@pytest.mark.parametrize("kind", CHAT_KINDS)
def test_a_service_that_repeats_the_url_does_not_make_it_public(kind: str, status: int, server: ScriptedServer) -> None:
    said = f"cannot POST {SECRET_PATH}: no {KEY}"
    server.script(
        Answer(status, json.dumps({"message": said, "error": {"code": "x", "message": said}, "url": server.url(SECRET_PATH)}).encode())
    )
    verdict = send(kind, server)
    assert not isinstance(verdict, Delivered)
    assert "SECRET" not in verdict.reason


@pytest.mark.parametrize(
    "url",
    [
        "hooks.example.com/SECRET",
        "ftp://x/SECRET",
        "https:///SECRET",
        "http://[::1/SECRET",
        "http://x:99999/SECRET",
        "SECRET",
        "http://127.0.0.1:1/SECRET\r\nA: b",
    ],
)
@pytest.mark.parametrize("kind", CHAT_KINDS)
def test_a_url_that_is_none_fails_in_words_without_it(kind: str, url: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        load(kind).send({}, options(kind, url), transport())
    assert "SECRET" not in caught.value.reason
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("behaviour", ["close", "reset", "malformed"])
@pytest.mark.parametrize("kind", CHAT_KINDS)
def test_a_broken_answer_is_worth_another_try(kind: str, behaviour: Any, server: ScriptedServer) -> None:
    server.script(Answer(behaviour=behaviour))
    with pytest.raises(NoAnswer) as caught:
        send(kind, server)
    assert caught.value.retry
    assert "SECRET" not in caught.value.reason


@pytest.mark.parametrize("kind", [kind for kind in CHAT_KINDS if "url" in keys_of(load(kind).Options, Credential)])
def test_a_url_written_into_the_policy_is_refused_without_being_printed(kind: str) -> None:
    with pytest.raises(ValueError, match="credential") as caught:
        load(kind).Options.model_validate({"kind": kind, "url": f"https://hooks.example.com{SECRET_PATH}"})
    assert "SECRET" not in str(caught.value)
