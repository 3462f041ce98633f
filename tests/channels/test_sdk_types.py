"""What goes out over the wire has the type that the service's SDK gives it, whatever the event: cases/sdk_types names the types."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from events import CASES, CROWDED, EVERY
from kinds import options, render
from sdk_types import Typed, refused
from servers import Answer, ScriptedServer, transport

from tocsin.channels import load
from tocsin.event import Event

ROWS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((CASES / "sdk_types").glob("*.json"))}
WRONG = [f"{kind}: {row['name']}" for kind, rows in ROWS.items() for row in rows["wrong"]]
EVENTS = {**EVERY, **{f"all of {name}": CROWDED[name] for name in ("markup", "widest")}}
ANSWER = Answer(202, b'{"status": "success", "ok": true, "result": {"message_id": 1}, "name": "x", "id": "1"}')  # so that all is sent


def sent(kind: str, happening: Event, server: ScriptedServer) -> list[Any]:
    """The bodies that the message of an event goes out as."""
    server.script(ANSWER)
    load(kind).send(render(kind, happening), options(kind, server.url("/hook")), transport())
    return [request.json() for request in server.requests]


def edited(body: Any, at: list[Any], value: Any) -> Any:
    """A body with one value in another's place; None takes it out."""
    body = node = deepcopy(body)
    *parents, last = at
    for key in parents:
        node = node[key]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return body


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the compiler says of all payloads, sound and wrong ones: it is started once."""
    payloads: list[Typed] = []
    with ScriptedServer() as server:
        for kind, rows in ROWS.items():
            for name, happening in EVENTS.items():
                payloads += [Typed(f"{kind} of {name}", rows["type"], body) for body in sent(kind, happening, server)]
            (body,) = sent(kind, EVERY["failure-cd"], server)
            payloads += [Typed(f"{kind}: {row['name']}", rows["type"], edited(body, row["at"], row["value"])) for row in rows["wrong"]]
    return refused(tmp_path_factory.mktemp("types"), [rows["import"] for rows in ROWS.values()], payloads)


def test_every_payload_has_the_type_of_the_services_sdk(said: dict[str, str]) -> None:
    assert {name: words for name, words in said.items() if name not in WRONG} == {}


@pytest.mark.parametrize("name", WRONG)
def test_the_types_see_what_is_wrong(name: str, said: dict[str, str]) -> None:
    assert name in said
