"""The generic webhook: its payloads by case, secrets that stay opaque, headers, the signature, and what an answer means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import yaml
from events import CASES, EVERY, RULES, SAMPLES, SNIPPETS, hostile
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from servers import Answer, ScriptedServer, transport

from tocsin.channels import KINDS, webhook
from tocsin.checks import Check
from tocsin.event import Change, Event
from tocsin.message import Message, compose
from tocsin.secrets import MissingVariable
from tocsin.templates import TemplateProblem
from tocsin.verdict import Delivered, Failed, Retry
from tocsin.wrong import Wrong

PAYLOADS = sorted((CASES / "payloads").glob("*/payload.*"))
FAULTS = yaml.safe_load((CASES / "payloads" / "faults.yml").read_text(encoding="utf-8"))
URL = "https://audit.example.com/ci"
ENV = {"TOKEN": 'a"b\n{{ app }} ${OTHER}', "OTHER": "\\u0041{% raw %}"}
MESSAGE = compose(SAMPLES["failure-cd"])._replace(rules=RULES)


def options(**values: Any) -> webhook.Options:
    return webhook.Options.model_validate({"kind": "webhook", "url": URL, **values})


def read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return yaml.safe_load(text) if path.suffix == ".yml" else text


def body(payload: Any, message: Message = MESSAGE) -> Any:
    return webhook.render(message, options(payload=payload).resolved(ENV))


def findings(**values: Any) -> list[str]:
    found = []
    for wrong in webhook.check(options(**values)):
        place = f"{wrong.line}:{wrong.column}" if wrong.line else ".".join(map(str, wrong.path))
        found.append(f"{place} {'warning: ' if wrong.severity == 'warning' else ''}{wrong.message}")
    return found


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.parent.name)
def test_a_payload_becomes_its_body(path: Path) -> None:
    assert not any(finding.severity == "error" for finding in webhook.check(options(payload=read(path))))
    assert body(read(path)) == json.loads((path.parent / "body.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_fault_of_a_payload_has_its_place(text: str, expected: list[str]) -> None:
    assert findings(payload=text) == expected


def test_devtron_s_own_sample_with_a_trailing_comma_is_accepted_with_a_warning() -> None:
    found = findings(payload=read(CASES / "payloads" / "devtron-ringcentral" / "payload.json"))
    assert found == ["51:10 warning: a comma before ] is no JSON: it is left out of what is sent"]


def test_faults_of_a_mapping_have_their_path() -> None:
    payload = {"a": [{"text": "x\n {{ foo }}"}], "n": float("nan"), "${K}": 1, 7: "seven", "s": {1, 2}}
    assert list(webhook.check(options(payload=payload))) == [
        Wrong(Check.INVALID_TEMPLATE, "unknown name foo", ("payload", "a", 0, "text"), 2, 5, 2, 8),
        Wrong(Check.INVALID_PAYLOAD, "JSON has no value for this float: write it as a text, in quotes", ("payload", "n")),
        Wrong(Check.INVALID_PAYLOAD, "a key must be a text: put it in quotes", ("payload", 7)),
        Wrong(Check.INVALID_PAYLOAD, "JSON has no value for this set: write it as a text, in quotes", ("payload", "s")),
        Wrong(
            Check.ODD_PAYLOAD,
            "a key is sent as it stands: templates and ${NAME} belong into values",
            ("payload", "${K}"),
            severity="warning",
        ),
    ]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("[" * 60 + "]" * 60, "1:52 JSON of more than 50 levels"),
        ("[" * 100_000, "1:52 JSON of more than 50 levels"),
        ('"' + "x" * 1024 * 1024 + '"', "payload JSON of more than 1,024 KiB"),
        ([["{{ app }}"] * 2000], "payload a payload has at most 1,000 templates"),
        ([[1] * 1000] * 1000, "payload a payload has at most 50 levels and 100,000 values"),
    ],
)
def test_a_payload_has_limits(payload: Any, message: str) -> None:
    assert findings(payload=payload) == [message]


def test_a_payload_that_holds_itself_is_refused() -> None:
    payload: list[Any] = []
    payload.append(payload)
    assert findings(payload=payload) == ["payload a payload has at most 50 levels and 100,000 values"]


def test_a_payload_with_a_fault_is_never_rendered() -> None:
    with pytest.raises(TemplateProblem, match="unknown name foo"):
        body('{"a": "{{ foo }}"}')


def test_the_file_s_text_takes_the_payload_s_place() -> None:
    loaded = options(payload_file="body.json").model_copy(update={"payload": '{"a": "{{ app }}${TOKEN}",}'})
    assert [finding.severity for finding in webhook.check(loaded)] == ["warning"]
    assert webhook.render(MESSAGE, loaded.resolved({"TOKEN": "t"})) == {"a": "paymentst"}
    with pytest.raises(ValidationError, match="stands beside payload: keep one of them"):
        options(payload="{}", payload_file="body.json")


def test_all_missing_variables_are_named_at_once() -> None:
    values = options(url="https://${HOST}/", headers={"X-Token": "${A}"}, signing_secret="${B}", payload={"k": ["${C} ${A}"]})
    assert sorted(set(values.variables())) == ["A", "B", "C", "HOST"]
    with pytest.raises(MissingVariable) as raised:
        values.resolved({"A": "a"})
    assert sorted(raised.value.names) == ["B", "C", "HOST"]
    assert not list(webhook.check(values))


def test_the_default_body() -> None:
    rendered = webhook.render(MESSAGE, options())
    assert list(rendered) == ["version", "title", "text", "event", "rules"]
    assert (rendered["version"], rendered["title"], rendered["rules"]) == (1, MESSAGE.title, list(RULES))
    assert set(rendered["event"]) == set(Event._fields) - {"sources"}
    assert rendered["event"]["failures"][0]["job"] == "deploy"
    assert rendered["event"]["changes"] == []


PAYLOAD = {
    "text": "{{ title }}: {{ commit.message }}",
    "all": "{{ changes }}",
    "same": [{"k": "{{ app }}"}, "{{ commit.author.name }} {{ rules }}", 1, None],
    "secret": "${TOKEN}",
}


@pytest.mark.parametrize("payload", [None, PAYLOAD], ids=["default", "own"])
@pytest.mark.parametrize("name", EVERY)
def test_a_body_stays_small_and_strict_whatever_the_event(name: str, payload: Any) -> None:
    sent = webhook.encoded_body(body(payload, compose(EVERY[name])))
    assert len(sent) <= webhook.ADDED_MAX_BYTES + 1000
    assert json.loads(sent.decode("utf-8", "strict"), parse_constant=pytest.fail)


def test_what_an_event_adds_is_cut_before_it_is_too_much() -> None:
    event = hostile("x" * 100_000)._replace(changes=(Change(title="\x00" * 100_000),) * 1000)
    rendered = body({"a": "{{ changes | map(attribute='title') | join }}", "b": ["{{ commit.message }}"] * 100}, compose(event))
    assert rendered["b"][0].endswith("…")
    assert len(webhook.encoded_body(rendered)) <= webhook.ADDED_MAX_BYTES + 1000


def test_a_template_that_makes_too_much_of_any_event_is_a_problem() -> None:
    own = {"a": ["{{ 'x' * 100000 }}"] * 9}
    assert findings(payload=own) == []
    with pytest.raises(TemplateProblem, match="add more than 256 KiB"):
        body(own)


def shape(node: Any) -> Any:
    """What a value cannot change: keys, lengths, types."""
    if isinstance(node, dict):
        return {key: shape(value) for key, value in node.items()}
    return [shape(value) for value in node] if isinstance(node, list) else type(node).__name__


STRUCTURE = {
    "a": "{{ app }}",
    "b": [{"c": "x {{ commit.title }}\n"}, "{{ environment }}${TOKEN}"],
    "d": {"e": 1, "f": "{{ failures[:5] }}"},
}
TEXTS = st.text(st.characters(), min_size=1, max_size=50) | st.sampled_from(sorted(text for text in SNIPPETS.values() if len(text) < 1000))


@given(TEXTS)
@settings(max_examples=30, deadline=None)
def test_no_value_changes_the_structure(text: str) -> None:
    for payload in (STRUCTURE, json.dumps(STRUCTURE)):
        sent = json.loads(webhook.encoded_body(body(payload, compose(hostile(text)))))
        assert shape(sent) == shape(body(payload, compose(hostile("x"))))


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=50), TEXTS)
@settings(max_examples=30, deadline=None)
def test_a_secret_and_a_value_are_opaque(secret: str, text: str) -> None:
    value = secret.rstrip("\r\n")
    if value:
        happening = SAMPLES["failure-cd"]._replace(app=text)
        rendered = webhook.render(compose(happening), options(payload=["<${S}>{{ app }}", "${S}"]).resolved({"S": secret}))
        assert rendered == [f"<{value}>{text}", value]


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"X-Team": "payments", "Content-Type": "application/vnd.x+json", "X-Author": "é"}, None),
        ({"Authorization": "Bearer ${TOKEN}", "X-Api-Key": "${TOKEN}"}, None),
        ({"Authorization": "Bearer abc"}, "is a credential"),
        ({"proxy-authorization": "abc"}, "is a credential"),
        ({"COOKIE": "a=b"}, "is a credential"),
        ({"X-Api-Key": "abc"}, "is a credential"),
        ({"X-Gitlab-Token": "abc"}, "is a credential"),
        ({"X-Hub-Signature-256": "abc"}, "is a credential"),
        ({"Client-Secret": "abc"}, "is a credential"),
        ({"X-Password": "abc"}, "is a credential"),
        ({"X-Auth": "abc"}, "is a credential"),
        ({"X Team": "a"}, "is no name of a header"),
        ({"X-Team:": "a"}, "is no name of a header"),
        ({"X-Team\r\nX": "a"}, "is no name of a header"),
        ({"": "a"}, "is no name of a header"),
        ({"X-Team": "a\r\nX-Evil: b"}, "holds a line break"),
        ({"X-Team": "a\x00"}, "holds a line break"),
        ({"X-Team": "→"}, "holds a line break"),
        ({"Host": "a"}, "is set by tocsin itself"),
        ({"content-length": "1"}, "is set by tocsin itself"),
        ({"Transfer-Encoding": "chunked"}, "is set by tocsin itself"),
        ({"connection": "close"}, "is set by tocsin itself"),
        ({"Webhook-Id": "1"}, "is set by tocsin itself"),
        ({"X-A": "1", "x-a": "2"}, "stands twice"),
    ],
)
def test_headers_are_checked(headers: dict[str, str], problem: str | None) -> None:
    found = list(webhook.check(options(headers=headers)))
    assert [finding.path for finding in found] == ([("headers", list(headers)[-1])] if problem else [])
    assert not problem or found[0].message.startswith(problem)
    assert "abc" not in str(found)


@pytest.mark.parametrize(
    ("url", "is_secret"),
    [
        *((f"https://{pattern.replace('*', 'x')}", True) for kind in KINDS.values() for pattern in kind.secret_urls),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", True),
        ("https://${HOST}/x", False),
        ("https://discord.com/x", False),
        (URL, False),
    ],
)
def test_an_address_that_is_a_credential_is_refused(url: str, *, is_secret: bool) -> None:
    assert [finding.path for finding in webhook.check(options(url=url))] == ([("url",)] if is_secret else [])


@pytest.mark.parametrize("values", [{"method": "GET"}, {"signing_secret": "plain"}, {"url": "ftp://x"}, {"payloads": "x"}])
def test_options_that_make_no_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        options(**values)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(200, b"anything <html>"), Delivered()),
        (Answer(202), Delivered()),
        (Answer(204), Delivered()),
        (Answer(500, b"busy"), Retry("HTTP 500: busy")),
        (Answer(429, headers={"Retry-After": "7"}), Retry("HTTP 429", 7.0)),
        (Answer(404, b"no such hook"), Failed("HTTP 404: no such hook")),
        (
            Answer(302, headers={"Location": "https://evil.example/"}),
            Failed("HTTP 302: the address redirects, and redirects are not followed; use the final address"),
        ),
    ],
)
def test_what_an_answer_means(answer: Answer, verdict: object) -> None:
    with ScriptedServer(answer) as server:
        assert webhook.send({"a": 1}, options(url=server.url("/hook")), transport("key-1")) == verdict
    assert len(server.requests) == 1


def test_what_is_sent() -> None:
    headers = {"X-Team": "payments", "content-type": "application/vnd.x+json", "user-agent": "audit", "Authorization": "Bearer ${TOKEN}"}
    with ScriptedServer(Answer(200)) as server:
        values = options(url=server.url("/hook?x=1"), method="PUT", headers=headers, payload='{"text": "{{ title }} é \\ud800"}')
        values = values.resolved({"TOKEN": "s3cret"})
        assert webhook.send(webhook.render(MESSAGE, values), values, transport("key-1")) == Delivered()
    [request] = server.requests
    assert (request.method, request.path) == ("PUT", "/hook?x=1")
    assert request.body.decode() == '{"text":"Failed: payments → production é ?"}'
    sent = {name: request.headers[name] for name in (*map(str.lower, headers), "webhook-id", "idempotency-key")}
    assert sent == {
        "x-team": "payments",
        "content-type": "application/vnd.x+json",
        "user-agent": "audit",
        "authorization": "Bearer s3cret",
        "webhook-id": "key-1",
        "idempotency-key": "key-1",
    }
    assert "webhook-signature" not in request.headers


@pytest.mark.parametrize(("secret", "verifies_with"), [("whsec_c2VjcmV0IGtleQ==", "c2VjcmV0IGtleQ=="), ("secret key", "c2VjcmV0IGtleQ==")])
def test_a_receiver_can_verify_the_signature(secret: str, verifies_with: str) -> None:
    with ScriptedServer(Answer(204)) as server:
        values = options(url=server.url(), signing_secret="${KEY}").resolved({"KEY": secret})
        assert webhook.send(webhook.render(MESSAGE, values), values, transport("msg.1")) == Delivered()
    [request] = server.requests
    verified = standardwebhooks.Webhook(verifies_with).verify(request.body, dict(request.headers))
    assert verified["title"] == MESSAGE.title
    with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
        standardwebhooks.Webhook(verifies_with).verify(request.body + b" ", dict(request.headers))


def test_a_malformed_signing_secret_is_no_delivery() -> None:
    values = options(url="http://127.0.0.1:1/", signing_secret="${KEY}").resolved({"KEY": "whsec_not!base64"})
    assert webhook.send({}, values, transport()) == Failed(
        "signing_secret begins with whsec_, but no base64 follows: copy it again from the receiver"
    )
