"""Nothing of a kind of channel is forgotten: each one in the table has all that a kind has, or a test says what is missing and where it goes.

The table is `tocsin.channels.KINDS`. What the parts hold is tested elsewhere: test_all_kinds.py, tests/inbox, tests/test_docs.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from events import CASES, MESSAGES, SAMPLES
from jsonschema_rs import ValidationError
from kinds import render
from payload_checks import CHECKS
from slack_sdk.errors import SlackObjectFormationError

from tocsin.channels import KINDS, MAIL_KINDS, load
from tocsin.inbox import Inbox
from tocsin.inbox.endpoints import ENDPOINTS
from tocsin.policy.schema import schema

ROOT = Path(__file__).parents[2]
INBOX_ITSELF = {"smtp"}  # its own server, not an endpoint of the HTTP one
REFUSED = CASES / "refused"


@cache
def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def rows(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def has_functions(kind: str) -> bool:
    return all(hasattr(load(kind), name) for name in ("Options", "render", "send"))


def has_verdicts(kind: str) -> bool:
    conversations = [json.loads(path.read_text(encoding="utf-8")) for path in (CASES / "mails" / kind).glob("*.json")]
    table = conversations if kind in MAIL_KINDS else rows(CASES / "verdicts" / f"{kind}.json")
    return {row["verdict"] for row in table} == {"delivered", "retry", "failed"}


def has_refused(what: str) -> Callable[[str], bool]:
    return lambda kind: any(row["shows"] == what for row in rows(REFUSED / f"{kind}.json"))


def has_golden_messages(kind: str) -> bool:
    return kind in MAIL_KINDS or all((folder / f"{kind}.json").exists() for folder in MESSAGES)


def has_inbox_cases(kind: str) -> bool:
    return kind in INBOX_ITSELF or (CASES / "inbox" / f"{kind}.json").exists()


def has_look(kind: str) -> bool:
    if KINDS[kind].bridge:
        return True  # that of a webhook
    colours, kinds, drawn = (read(f"src/tocsin/drawings/{name}") for name in ("drawings.css", "core.js", "drawing.js"))
    return (
        f"--{kind}: light-dark(#" in colours
        and bool(re.search(rf'^  {kind}: \["', kinds, re.MULTILINE))
        and bool(re.search(rf"\b{kind}\b", drawn))
    )


def has_place_in_the_demo(kind: str) -> bool:
    if KINDS[kind].bridge:
        return True  # none: the demo needs no library
    policy = yaml.safe_load(read("src/tocsin/demo/policy.yml"))
    (rule,) = policy["notifications"]
    by_address = {to["via"] for to in rule["send_to"] if isinstance(to, dict)}
    by_address |= {name for name, channel in policy["channels"].items() if channel.get("default")}
    told = {to for to in rule["send_to"] if isinstance(to, str)} | by_address
    return kind in {policy["channels"][name]["kind"] for name in told if name in policy["channels"]}


def has_docs(kind: str) -> bool:
    page = read("docs/channels.md")
    section = re.split("^## ", page.partition(f"\n## {kind}\n")[2], flags=re.MULTILINE)[0]
    wanted = (f"kind: {kind}", "**The message**", "**Answers.**", "**Limits.**", "| reason | what to do |")
    return all(words in section for words in wanted)


def has_words_in_the_schema(kind: str) -> bool:
    options = schema()["$defs"][f"channel_{kind}"]
    return bool(options.get("description")) and all(key.get("description") for name, key in options["properties"].items() if name != "kind")


PARTS: dict[str, tuple[Callable[[str], bool], str]] = {
    "module with Options, render and send": (has_functions, "the file that its row in KINDS names"),
    "words in the schema": (has_words_in_the_schema, "the docstring of its Options, and the description of each Field"),
    "verdict table": (has_verdicts, "tests/cases/verdicts/{kind}.json, or tests/cases/mails/{kind}/ for mail: answers that mean delivered, retry, failed"),
    "check of its payloads": (CHECKS.__contains__, "tests/payload_checks.py: check_{kind}, with the service's limits written out"),
    "proof that its check sees limits": (has_refused("limit"), 'tests/cases/refused/{kind}.json: rows with "shows": "limit"'),
    "proof that its check sees mentions": (has_refused("mention"), 'tests/cases/refused/{kind}.json: rows with "shows": "mention"'),
    "golden messages": (has_golden_messages, "tests/cases/messages/*/{kind}.json: `python tests/golden.py` writes them"),
    "endpoint in the inbox": ({*ENDPOINTS, *INBOX_ITSELF}.__contains__, "ENDPOINTS in src/tocsin/inbox/endpoints.py, answering as the service does"),
    "cases of its endpoint": (has_inbox_cases, "tests/cases/inbox/{kind}.json"),
    "look on the inbox's page": (has_look, "src/tocsin/drawings: --{kind} in drawings.css, KINDS in core.js, its own file and DRAWINGS in drawing.js"),
    "place in the demo": (has_place_in_the_demo, "src/tocsin/demo/policy.yml: a channel, and its name in send_to; ${{DEMO_KIND}} holds its endpoint"),
    "section in the docs": (has_docs, "docs/channels.md: ## {kind}, as its neighbours"),
    "table of keys in the docs": (lambda kind: f"<!-- generated: keys {kind} -->" in read("docs/policy.md"), "docs/policy.md: ### {kind}, with that comment; `./dev docs` fills it"),
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_kind_is_forgotten(kind: str, part: str) -> None:
    is_there, where = PARTS[part]
    assert is_there(kind), f"the channel {kind} has no {part}. It goes here: {where.format(kind=kind)}"


def test_the_inbox_has_an_address_for_every_kind() -> None:
    with Inbox() as box:
        assert len({box.endpoint(kind) for kind in KINDS}) == len(KINDS)


def edited(payload: Any, row: dict[str, Any]) -> Any:
    """A payload with one value in another's place, as no renderer may make it."""
    payload = node = deepcopy(payload)
    *parents, last = row["at"]
    for key in parents:
        node = node[key]
    node[last] = row["value"] * row["times"] if "times" in row else row["value"]
    return payload


@pytest.mark.parametrize(
    ("kind", "row"),
    [pytest.param(path.stem, row, id=f"{path.stem}: {row['name']}") for path in sorted(REFUSED.glob("*.json")) for row in rows(path)],
)
def test_the_checks_of_payloads_see_what_they_are_for(kind: str, row: dict[str, Any]) -> None:
    payload = render(kind, SAMPLES["failure-cd"])
    CHECKS[kind](payload)
    with pytest.raises((AssertionError, ValueError, ValidationError, SlackObjectFormationError)):
        CHECKS[kind](edited(payload, row))


def test_reading_the_table_loads_no_channel() -> None:
    import subprocess
    import sys

    program = "import sys, tocsin.channels as c; print([kind for kind, row in c.KINDS.items() if row.module in sys.modules], 'pydantic' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).split("\n")[0] == "[] False"
