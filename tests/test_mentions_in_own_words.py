"""A message in the policy's own words addresses the same people as one in the default words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from inprocess import run
from kinds import REQUIRED
from test_mentions import SERVICES

ADA = {"login": "ada", "slack": "U0ADA", "discord": "1001", "teams": "ada@corp.example", "mattermost": "ada_m", "telegram": "ada_t"}


@pytest.mark.parametrize("words", [{"title": "{{ app }}!"}, {"text": "Look at {{ app }}"}, {"fields": {"Run": False}}])
@pytest.mark.parametrize("kind", SERVICES)
def test_own_words_address_whom_the_rule_mentions(kind: str, words: dict[str, Any], tmp_path: Any) -> None:
    policy = {
        "people": {"ada": ADA},
        "channels": {"room": {"kind": kind, **REQUIRED.get(kind, {}), "message": words}},
        "notifications": [{"on": "failure", "send_to": "room", "mention": "ada"}],
    }
    (tmp_path / ".tocsin.yml").write_text(json.dumps(policy))
    answer = run("preview", "--event", "failure", "--json", folder=tmp_path)
    assert answer.code == 0, answer.err
    shown = json.dumps(answer.json()[0]["payload"])
    assert ADA[kind] in shown
