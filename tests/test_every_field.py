"""What each field of the event, and each term by which people say one, must bring along. A part that was forgotten is named here.

The fields are `tocsin.event.Event`, the terms `tocsin.terms.TERMS`. What the parts mean is tested elsewhere: tests/test_context.py,
tests/derive, tests/policy/test_policy_match.py, and for the plug-ins tests/github, tests/gitlab and tests/jenkins.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from inprocess import run

from tocsin.action import inputs
from tocsin.derive.facts_file import type_of
from tocsin.event import LISTS, Event, as_dict, dotted, lists
from tocsin.policy import nearest
from tocsin.policy.load import load
from tocsin.policy.match import match
from tocsin.policy.policy_text import PolicyText
from tocsin.templates.samples import EVERYTHING
from tocsin.terms import TERMS, Term, flag_name, variable_name

ROOT = Path(__file__).resolve().parents[1]
FIELDS = [name for name, _ in dotted(Event())]
FOLLOWS = {"ci", "hook", "event", "commit.short_sha"}  # from other facts: `--facts` takes no word for them
TYPES = {str: "text", int: "number", bool: "true, false"}
RULES = "channels: {team: {kind: slack}}\nnotifications:\n"


@cache
def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def value_of(field: str) -> Any:
    """What the sample event has in a field."""
    return dict(dotted(EVERYTHING)).get(field)


def at(event: dict[str, Any], field: str) -> Any:
    for part in field.split("."):
        event = event[part]
    return event


@cache
def echoed() -> tuple[dict[str, Any], str]:
    """The event that the sample event becomes by `--facts`, and what is said of it."""
    answer = run("context", "completion", "--json", "--facts", "-", folder=ROOT / "tests", stdin=json.dumps(as_dict(EVERYTHING)).encode())
    return (answer.json() if answer.out else {}), answer.err


def forgotten_of_field(name: str) -> list[str]:
    """What is missing for a field, in words."""
    missing = []
    value = dict(lists(EVERYTHING))[name] if name in LISTS else value_of(name)
    if value in (None, ()):
        missing.append("a value in EVERYTHING in src/tocsin/templates/samples.py, on which templates are tried")
    elif name not in FOLLOWS:
        event, error = echoed()
        value = as_dict(value)
        if not event or at(event, name) != value or event["sources"].get(name) != "facts":
            missing.append(f"--facts, which must take it (src/tocsin/derive/facts_file.py): {error.strip() or 'its value is another'}")
    kind = "list" if name in LISTS else TYPES[type_of(name)]
    row = next((line for line in read("docs/policy.md").splitlines() if line.startswith(f"| `{name}` | {kind} | ")), "")
    if not row:
        missing.append(f"a row `| `{name}` | {kind} | … |` in docs/policy.md under The event's fields")
    elif name in LISTS:
        parts = [part for part in LISTS[name]._fields if f"`{part}`" not in row]
        missing += [f"`{part}` in its row in docs/policy.md under The event's fields" for part in parts]
    return missing


@pytest.mark.parametrize("name", [*FIELDS, *LISTS])
def test_nothing_of_a_field_was_forgotten(name: str):
    assert not (missing := forgotten_of_field(name)), f"the field {name} lacks {'; '.join(missing)}"


def is_said(folder: Path, term: Term, *words: str, env: dict[str, str] | None = None, policy: str = "") -> str | None:
    """The source of the term's field where it has the sample's value."""
    (folder / ".tocsin.yml").write_text(policy or "notifications: []\n")
    answer = run("context", "trigger", "--json", *words, env=env or {}, folder=folder)
    event = answer.json() if answer.code == 0 else {}
    return event["sources"].get(term.field) if event and at(event, term.field) == value_of(term.field) else None


def forgotten_words(folder: Path, name: str, term: Term) -> list[str]:
    """Which of the ways to say a term do not work, or are not told of."""
    missing, value = [], str(value_of(term.field))
    flag, variable = flag_name(name), variable_name(name)
    if term.flag and is_said(folder, term, flag, value) != f"flag {flag}":
        missing.append(f"its flag {flag}, which does not say {term.field}: what it `fills` in src/tocsin/terms.py")
    if term.flag and f"| `{flag} {term.flag.metavar}` |" not in read("docs/commands.md"):
        missing.append(f"{flag} in docs/commands.md: run `./dev docs`")
    if (term.flag or term.variable) and is_said(folder, term, env={variable: value}) != f"env {variable}":
        missing.append(f"its variable {variable}, which does not say {term.field}: what it `fills` in src/tocsin/terms.py")
    if (term.flag or term.variable) and f"`{variable}`" not in read("docs/commands.md").partition("\n## Environment variables")[2]:
        missing.append(f"{variable} in docs/commands.md under Environment variables")
    if term.setting and is_said(folder, term, policy=f"context: {{{name}: {json.dumps(value)}}}\n") != "policy .tocsin.yml:1":
        missing.append(f"its setting `context: {{{name}: …}}`, which does not say {term.field}: src/tocsin/policy/model.py")
    if term.setting and not re.search(rf"^\| `{name}` \| .*{re.escape(term.setting)} \|$", section("Context"), re.MULTILINE):
        missing.append("its setting in docs/policy.md under Context: run `./dev docs`")
    return missing


def section(title: str) -> str:
    """A section of docs/policy.md."""
    return re.split(r"^##+ ", read("docs/policy.md").partition(f"## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def forgotten_selector(folder: Path, name: str, term: Term) -> list[str]:
    """What is missing for a selector's key."""
    if not term.selector:
        return []
    missing = []
    value = value_of(term.field)
    (folder / ".tocsin.yml").write_text(
        f"{RULES}  - {{on: trigger, pipelines: {{{name}: {value}}}, send_to: team}}\n"
        f"  - {{on: trigger, pipelines: {{{name}: '!{value}'}}, send_to: team}}\n"
    )
    facts = as_dict(Event())
    *parts, last = term.field.split(".")
    place = facts
    for part in parts:
        place = place[part]
    place[last] = value
    del facts["sources"]
    answer = run("explain", "trigger", "--json", "--facts", "-", folder=folder, stdin=json.dumps(facts).encode())
    found = [rule["matches"] for rule in answer.json()["rules"]] if answer.code == 0 else None
    if found != [True, False]:
        missing.append(f"its selector, which does not go by {term.field}: src/tocsin/policy/match.py, selector_values")
    if f"| `{name}` | {term.selector.replace('|', chr(92) + '|')} |" not in section("Selectors"):
        missing.append("its selector in docs/policy.md under Selectors: run `./dev docs`")
    return missing


def forgotten_plugins(name: str, term: Term) -> list[str]:
    """Which plug-ins do not pass a term on that they should, or do so though its row says that they don't."""
    dashed, camel = name.replace("_", "-"), re.sub("_(.)", lambda found: found[1].upper(), name)
    upper = name.upper()
    template, variable = read("plugins/gitlab/templates/notify.yml"), f"TOCSIN_INPUT_{upper}"
    parts = {
        f"the input {dashed} in action.yml": dashed in yaml.safe_load(read("action.yml"))["inputs"],
        f"the input {dashed} in docs/github.md (run `./dev docs`)": f"| `{dashed}` |" in read("docs/github.md"),
        f"the input {dashed} in plugins/gitlab/templates/notify.yml": f"\n    {dashed}:\n      default: " in template,
        f"the variable {variable} in plugins/gitlab/templates/notify.yml": bool(
            re.search(rf'\n    {variable}:(?: "|\n      expand: false\n      value: \|2-\n {{8}})\$\[\[ inputs\.{dashed} \]\]', template)
        ),
        f'the word --{dashed}="${{{variable}:-}}" in plugins/gitlab/templates/notify.yml': f'--{dashed}="${{{variable}:-}}"' in template,
        f"the input {dashed} in docs/gitlab.md (run `./dev docs`)": f"| `{dashed}` |" in read("docs/gitlab.md"),
        f"{camel}: 'TOCSIN_{upper}' in PASSED_ON in plugins/jenkins/src/io/tocsin/Options.groovy": f"{camel}: 'TOCSIN_{upper}'"
        in read("plugins/jenkins/src/io/tocsin/Options.groovy"),
        f"{camel} in plugins/jenkins/vars/tocsin.txt": bool(
            re.search(rf"^    (?:\w+, )*{camel}(?:, \w+)* ", read("plugins/jenkins/vars/tocsin.txt"), re.MULTILINE)
        ),
        f"a row for {camel} in docs/jenkins.md": f"| `{camel}` |  | " in read("docs/jenkins.md"),
    }
    value = str(value_of(term.field))
    parts[f"INPUT_{dashed.upper()} among what src/tocsin/action/inputs.py reads"] = (
        inputs.read_inputs({f"INPUT_{dashed.upper()}": value}).flags.get(name) == value
    )
    if term.plugins:
        return [part for part, there in parts.items() if not there]
    return [f"`plugins=True` in its row in src/tocsin/terms.py, for there is {part}" for part, there in parts.items() if there]


def forgotten_of_term(folder: Path, name: str, term: Term) -> list[str]:
    """What is missing for a term, in words."""
    if term.field not in FIELDS:
        return [f"its field {term.field} in src/tocsin/event.py"]
    if value_of(term.field) is None:
        return [f"a value of {term.field} in EVERYTHING in src/tocsin/templates/samples.py"]
    return [*forgotten_words(folder, name, term), *forgotten_selector(folder, name, term), *forgotten_plugins(name, term)]


@pytest.mark.parametrize("name", list(TERMS))
def test_nothing_of_a_term_was_forgotten(tmp_path: Path, name: str):
    assert not (missing := forgotten_of_term(tmp_path, name, TERMS[name])), f"the term {name} lacks {'; '.join(missing)}"


def test_what_was_forgotten_of_a_term_is_named(tmp_path: Path):
    """A term that stands in no list: it fills a field, and nothing else is done for it."""
    term = TERMS["app"]._replace(selector="The ring.", setting="The ring.")
    missing = forgotten_of_term(tmp_path, "roll_out", term)
    for words in (
        "--roll-out", "TOCSIN_ROLL_OUT", "context: {roll_out: …}", "under Context", "selector_values", "under Selectors", "action.yml",
        "docs/github.md", "input roll-out in plugins/gitlab", "variable TOCSIN_INPUT_ROLL_OUT", '--roll-out="${TOCSIN_INPUT_ROLL_OUT:-}"',
        "docs/gitlab.md", "rollOut: 'TOCSIN_ROLL_OUT' in PASSED_ON", "tocsin.txt", "docs/jenkins.md", "INPUT_ROLL-OUT",
    ):  # fmt: skip
        assert any(words in part for part in missing), words


def test_a_term_that_plug_ins_take_unasked_is_named(tmp_path: Path):
    assert len([part for part in forgotten_of_term(tmp_path, "app", TERMS["app"]._replace(plugins=False)) if "plugins=True" in part]) == 10


def test_a_term_of_no_field_is_named(tmp_path: Path):
    assert forgotten_of_term(tmp_path, "ring", Term("deployment.ring")) == ["its field deployment.ring in src/tocsin/event.py"]


@pytest.mark.parametrize("name", [name for name, term in TERMS.items() if term.selector])
def test_the_notice_says_how_a_run_gets_what_it_lacks(name: str):
    term = TERMS[name]
    policy = f"{RULES}  - {{on: failure, pipelines: {{{name}: '{value_of(term.field)}'}}, send_to: team}}\n"
    loaded = load(PolicyText("p.yml", policy.encode())).policy
    event = Event(event="failure")
    step = nearest.notice(match(loaded, event), event, ["line 1"]).rpartition(" (")[2]
    ways = {f"{flag_name(name)},": bool(term.flag), variable_name(name): bool(term.flag), f"say it with {flag_name(name)})": not term.flag}
    assert term.missing in step
    assert term.missing or {way: way in step for way in ways} == ways


@pytest.mark.parametrize("name", [name for name, term in TERMS.items() if term.words])
def test_a_term_of_few_words_takes_no_other(tmp_path: Path, name: str):
    term, known = TERMS[name], ", ".join(TERMS[name].words)
    facts: Any = "rainbow"
    for part in reversed(term.field.split(".")):
        facts = {part: facts}
    answers = [run("context", "--facts", "-", folder=tmp_path, stdin=json.dumps(facts).encode())]
    if term.flag:
        answers.append(run("context", f"{flag_name(name)}=rainbow", folder=tmp_path))
        answers.append(run("context", env={variable_name(name): "rainbow"}, folder=tmp_path))
    assert [known in answer.err for answer in answers] == [True] * len(answers), answers
    assert {answer.code for answer in answers} <= {2, 4}
    policy = (
        f"context: {{{name}: rainbow}}\n"
        if term.setting
        else f"{RULES}  - {{on: failure, pipelines: {{{name}: rainbow}}, send_to: team}}\n"
    )
    answer = run("check", "-", folder=tmp_path, stdin=policy.encode())
    assert (answer.code, f"unknown {name} 'rainbow'" in answer.out + answer.err) == (3, True)
