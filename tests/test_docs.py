"""The docs say what is so: samples load and parse, tables are complete, reasons exist, links lead somewhere."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml

from tocsin import errors
from tocsin.channels import KINDS
from tocsin.ci.status import STATUSES
from tocsin.commands import parser
from tocsin.derive.facts_file import read_facts
from tocsin.derive.spoken import VARIABLES
from tocsin.event import LISTS, Event, dotted
from tocsin.policy.load import load
from tocsin.policy.model import EVENTS
from tocsin.policy.policy_text import PolicyText
from tocsin.policy.schema import schema
from tocsin.source.places import files_of
from tocsin.templates import devtron
from tocsin.templates.filters import FILTERS

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HOLDERS = {
    "ContextRule": "rules",
    "Settings": "set",
    "Environment": "environments",
    "KnownPerson": "people",
    "Notification": "notifications",
    "Delivery": "delivery",
    "Budget": "budget",
    "OwnWords": "message",
}
CARD = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "{{ title }}"}]},
        }
    ],
}
SECTION_KEYS = ("context", "environments", "people", "channels", "notifications", "delivery")


sys.path.insert(0, str(ROOT / "docs"))
generate = importlib.import_module("generate")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*generate.pages(ROOT), ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md")
}


def blocks(language: str):
    """Every fenced block in a language, named by its page and line."""
    for name, text in PAGES.items():
        for fence in FENCE.finditer(text):
            if fence[2] == language:
                yield pytest.param(fence[3], id=f"{name}:{text.count(chr(10), 0, fence.start()) + 1}")


def policies():
    """The blocks that are policies, or parts of one."""
    for block in blocks("yaml"):
        data = yaml.safe_load(block.values[0])
        if isinstance(data, dict) and data.keys() & set(SECTION_KEYS):
            yield block


def test_the_generated_parts_are_current(capsys):
    assert generate.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_part_is_named_and_can_be_written_anew(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("Nothing generated here.\n")
    page = tmp_path / "docs" / "policy.md"
    page.write_text(PAGES["docs/policy.md"].replace("Seconds for one attempt.", "Minutes for one attempt."))
    assert generate.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == "docs/policy.md is not current: run `./dev docs`\n"
    assert generate.main([], tmp_path) == 0
    assert page.read_text() == PAGES["docs/policy.md"]


def test_what_must_be_generated_is():
    used = {name for text in PAGES.values() for name in re.findall("<!-- generated: (.+?) -->", text)}
    parts = {name for name in schema()["$defs"] if not name.startswith("channel_")} - {"Settings"}
    keys = {f"keys {name}" for name in (*parts, *KINDS)}
    assert used >= {"commands", "channels", "inbox", "selector", "devtron", "report", "keys Policy", *keys}


BASE = next(block.values[0] for block in blocks("yaml") if "locked: [channels.team" in block.values[0])


@pytest.mark.parametrize("text", list(policies()))
def test_every_policy_loads_without_a_warning(text, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "base.yml").write_text(BASE)
    (tmp_path / "ci" / "payload.json").write_text('{"title": "{{ title }}"}')
    (tmp_path / "ci" / "slack.json").write_text('{"text": "{{ title }}"}')
    (tmp_path / "ci" / "card.json").write_text(json.dumps(CARD))
    (tmp_path / "ci" / "discord.json").write_text('{"content": "{{ title }}"}')
    assert load(PolicyText("policy", text.encode(), files_of(tmp_path))).warnings == []


def test_every_key_of_the_policy_stands_in_an_example_of_its_reference():
    examples = [yaml.safe_load(fence[3]) for fence in FENCE.finditer(PAGES["docs/policy.md"]) if fence[2] == "yaml"]
    seen = {path for example in examples for path in _paths(example)}
    missing = [f"{kind}.{key}" for kind in KINDS for key in schema()["$defs"][f"channel_{kind}"]["properties"] if (kind, key) not in seen]
    for name, holder in HOLDERS.items():
        missing += [f"{name}.{key}" for key in schema()["$defs"][name]["properties"] if (holder, key) not in seen]
    missing = [name for name in missing if name.partition(".")[2] not in SHARED]
    missing += [f"recipient.{key}" for key in ("channel", "email", "via") if ("send_to", key) not in seen]
    missing += [f"selector.{key}" for key in generate.model.SELECTOR_KEYS if ("pipelines", key) not in seen]
    assert missing == []


SHARED = ("message", "text", "payload", "payload_file")  # of every kind: shown once, under own words


def _paths(node, holder=""):
    """(holder, key) for every key of an example; the holder of a channel's key is its kind."""
    if isinstance(node, list):
        for item in node:
            yield from _paths(item, holder)
    elif isinstance(node, dict):
        named = holder in ("channels", "environments", "people")
        for key, value in node.items():
            if not named:
                yield holder, {True: "on"}.get(key, key)
            inner = (value.get("kind", holder) if holder == "channels" else holder) if named and isinstance(value, dict) else key
            yield from _paths(value, inner) if not named or not isinstance(value, dict) else ((inner, name) for name in value)


def commands():
    """Every command of tocsin's in a fenced block, with the file it stands in."""
    for language in ("sh", "yaml", "groovy"):
        for block in blocks(language):
            for line in block.values[0].splitlines():
                found = re.search(r"(?:^\s*(?:- )?(?:run: )?(?:[A-Z_]+=\S+ |[A-Z_]+=\"[^\"]*\" )*|\| |')tocsin (?P<words>[^#|<>']+)", line)
                if found and not line.lstrip().startswith("#"):
                    yield pytest.param(found["words"], id=f"{block.id} {found['words'].strip()}")


@pytest.mark.parametrize("words", list(commands()))
def test_every_command_parses(words):
    assert parser().parse_args(shlex.split(words)).command


def test_commands_in_running_text_are_commands():
    for name, text in PAGES.items():
        for words in re.findall(r"(?<!`)`tocsin ([^`]+)`", FENCE.sub("", text)):
            known = parser().commands
            first, *rest = shlex.split(words)
            if first == "--version":
                continue
            assert first in known, f"{name}: tocsin {words}"
            command = known[first].commands.get(rest[0], known[first]) if rest else known[first]
            options = {option for argument in command.arguments for option in argument.option_strings}
            assert {word for word in rest if word.startswith("--")} <= options, f"{name}: tocsin {words}"


@pytest.mark.parametrize("text", list(blocks("json")))
def test_json_is_json(text):
    assert json.loads(text)


def test_the_facts_of_the_docs_are_facts():
    (sample,) = [
        block.values[0]
        for block in blocks("json")
        if "previous_status" in block.values[0] and "reason" in block.values[0] and "sources" not in block.values[0]
    ]
    assert read_facts(sample)


def test_the_sample_policy_is_the_one_shown():
    shown = [yaml.safe_load(block.values[0]) for block in blocks("yaml") if block.id.startswith("docs/commands.md")]
    assert yaml.safe_load((ROOT / "docs/sample/.tocsin.yml").read_text()) in shown


def column(page: str, heading: str) -> set[str]:
    """The code in the first column of the tables under a heading."""
    section = re.split(r"^#+ ", PAGES[page].partition(f"# {heading}\n")[2], flags=re.MULTILINE)[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {word for cell in cells for word in re.findall("`([^`]+)`", cell)}


def test_tables_are_complete():
    assert column("docs/policy.md", "The event's fields") == {name for name, _ in dotted(Event())} | set(LISTS)
    assert column("docs/policy.md", "Events") == {*EVENTS, "skipped"}
    assert column("docs/devtron.md", "Variables") == set(devtron.devtron_variables(Event()))
    assert {f"TOCSIN_{word.upper()}" for word in VARIABLES} < column("docs/commands.md", "Environment variables")


def test_the_words_of_a_status_are_listed():
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|$", PAGES["docs/policy.md"], re.MULTILINE)
    assert {name: tuple(words.split(", ")) for name, words in rows if name in STATUSES and words.startswith(name)} == STATUSES


def test_the_filters_of_templates_are_listed():
    listed = PAGES["docs/policy.md"].partition("Filters: ")[2].partition(". There")[0]
    assert set(re.findall("`(.+?)`", listed)) == set(FILTERS)


def test_exit_codes_are_listed():
    listed = set(re.findall(r"\d+", " ".join(re.findall(r"^\| ([\d, ]+) \|", PAGES["README.md"], re.MULTILINE))))
    codes = {error.exit_code for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.TocsinError)}
    assert listed == {str(code) for code in codes | {0, 1, 130, 143}}


def test_variables_exist():
    sources = [path for folder in ("src", "release") for path in (ROOT / folder).rglob("*.py")]
    sources += [path for path in (ROOT / "plugins").rglob("*") if path.suffix in (".py", ".yml", ".groovy")]
    source = " ".join(path.read_text(encoding="utf-8") for path in sources)
    known = {f"TOCSIN_{word.upper()}" for word in VARIABLES} | set(re.findall("TOCSIN_[A-Z_]+", source))
    named = {word for text in PAGES.values() for word in re.findall(r"TOCSIN_[A-Z_]+(?!\w|\*)", text)}
    assert named - {"TOCSIN_"} <= known


def test_reasons_stand_in_the_source():
    texts = "\n".join(_constants())
    reasons = [reason for heading in (*KINDS, "Reasons that all channels share") for reason in column("docs/channels.md", heading)]
    assert len(reasons) > 40
    services = {"MessageRejected", "MailFromDomainNotVerifiedException", "AccessDeniedException"}  # Amazon's words, passed on
    parts = {part.strip() for reason in reasons for part in reason.split("…") if part.strip()} - services
    assert {part for part in parts if part not in texts and not re.fullmatch(r"HTTP \d+", part)} == set()


def _constants():
    """Every text of the program, with the values that are put into it left out."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("name", list(PAGES))
def test_links_lead_somewhere(name):
    for target in LINK.findall(FENCE.sub("", PAGES[name])):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        page = (ROOT / name).parent / path if path else ROOT / name
        assert page.exists(), target
        if anchor:
            assert anchor in _anchors(page.read_text(encoding="utf-8")), target


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_docs_speak_of_the_product_only():
    for name, text in PAGES.items():
        assert not re.search(r"/(work|home|tmp|root)/", text), name


def test_what_holds_a_promise_of_security_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGES["docs/security.md"])
    assert len(named) > 20
    for path, function in named:
        assert f"def {function}" in (ROOT / path).read_text(encoding="utf-8"), (path, function)
