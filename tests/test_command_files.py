"""What every command must have, asked of the table of commands; and what help and the version must not load."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from servers import Answer, ScriptedServer

from tocsin import commands
from tocsin.commands import COMMANDS, load, module, parser

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "tocsin" / "commands"
TESTS = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")) if path != Path(__file__))
DOCS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def lacks(name: str, file: Any, command: Any, *, docs: str = DOCS, readme: str = README, tests: str = TESTS) -> list[str]:
    """What a command has not, each in words that say where it belongs."""
    home = f"src/tocsin/commands/{module(name)}.py"
    names = [f"{name} {action}" for action in command.commands] or [name]
    parsers = list(command.commands.values()) or [command]
    options = [words for words, below in zip(names, parsers, strict=True) if any(map(own, below.arguments))]
    demands = {
        **{f"{home}: {part} is missing or empty": getattr(file, part, "") for part in ("HELP", "DESCRIPTION", "EXAMPLES")},
        **{f"{home}: {part} is missing": hasattr(file, part) for part in ("USAGE", "add_flags", "run")},
        f"{home}: an example of its help must begin with 'tocsin {name}'": all(map(f"tocsin {name}".__eq__, begins(file))),
        f"docs/commands.md: no heading names {name}": re.search(rf"^## (?:.* )?{name}(?: .*)?$", docs, re.MULTILINE),
        **{f"docs/commands.md: <!-- generated: options {words} --> is missing": f"options {words} -->" in docs for words in options},
        **{f"README.md: no row for tocsin {words}: run ./dev docs": f"| `tocsin {words}` |" in readme for words in names},
        f'tests: none calls it by name, as in run("{name}", …)': re.search(rf"""\brun\(\s*"{name}"[,)]""", tests),
    }
    return [text for text, there in demands.items() if not there]


def own(argument: Any) -> bool:
    """Whether an argument is none of those that every command has."""
    return argument.dest not in ("help", "talk")


def begins(file: Any) -> list[str]:
    """The first two words of each example."""
    return [" ".join(line.split()[:2]) for line in getattr(file, "EXAMPLES", "").splitlines()]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_all_that_a_command_needs(name: str):
    assert lacks(name, load(name), parser().commands[name]) == []


def test_what_is_forgotten_is_named():
    bare = SimpleNamespace(arguments=[SimpleNamespace(dest="flag")], commands={})
    told = lacks("riddles", SimpleNamespace(), bare)
    for words in (
        "commands/riddles.py: HELP", "commands/riddles.py: DESCRIPTION", "commands/riddles.py: EXAMPLES", "commands/riddles.py: USAGE",
        "commands/riddles.py: add_flags", "commands/riddles.py: run", "docs/commands.md: no heading names riddles",
        "docs/commands.md: <!-- generated: options riddles -->", "README.md: no row for tocsin riddles", 'run("riddles", …)',
    ):  # fmt: skip
        assert any(words in text for text in told), words


def test_every_file_of_a_command_is_in_the_table():
    files = {path.stem for path in FOLDER.glob("*.py") if re.search(r"^def run\(", path.read_text(encoding="utf-8"), re.MULTILINE)}
    assert files == {*map(module, COMMANDS), "action"}, "add the command to COMMANDS in src/tocsin/commands/__init__.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_the_help_parse(name: str):
    for line in load(name).EXAMPLES.splitlines():
        words = shlex.split(re.split(r"  +| >", line)[0])
        assert commands.parse(words[1:]).command == name


# What is paid for by whom.

HEAVY = ("pydantic", "yaml", "urllib3", "jinja2", "boto3", "http.client", "tocsin.policy", "tocsin.deliver", "tocsin.pipeline")
LOADED = """
import sys
from tocsin.cli import main
code = main(sys.argv[1:])
print(code, *sorted(sys.modules), file=sys.stderr)
"""


def loaded(*words: str) -> tuple[int, set[str]]:
    """The exit code of one command in a process of its own, and the modules that it loaded."""
    done = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.splitlines()[-1].split()
    return int(code), set(modules)


@pytest.mark.parametrize(
    "words",
    [("--version",), ("--help",), *((name, "--help") for name in COMMANDS), ("channels", "test", "--help"), ("chek",), ("send", "--chek")],
    ids=" ".join,
)
def test_the_version_help_and_wrong_words_load_nothing_heavy(words: tuple[str, ...]):
    code, modules = loaded(*words)
    assert code == (2 if "chek" in words[-1] else 0)
    assert modules.isdisjoint(HEAVY)


def test_a_command_loads_no_other():
    assert loaded("--version")[1] >= {"tocsin.commands.send", "tocsin.commands.check"}  # the list of commands has all of them
    files = {f"tocsin.commands.{module(name)}" for name in COMMANDS}
    for name in COMMANDS:
        assert loaded(name, "--help")[1] & files == {f"tocsin.commands.{module(name)}"}


UNUSED = (
    "pydantic", "pydantic_core", "typing_extensions", "inspect", "urllib3", "http.client", "email", "ssl", "jinja2", "subprocess",
    "tocsin.channels.slack_api", "tocsin.channels.slack_people",
)  # fmt: skip
"""What one Slack message must not pay for: each takes longer to load than the message does to be made."""


def test_a_message_by_webhook_loads_nothing_that_it_does_not_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".tocsin.yml").write_text("channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n")
    with ScriptedServer(Answer(200, b"ok")) as server:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", server.url())
        monkeypatch.setenv("TOCSIN_CI", "generic")
        code, modules = loaded("send", "completion", "--status", "failure", "--strict", "--policy", str(tmp_path / ".tocsin.yml"))
        assert (code, len(server.requests)) == (0, 1)
    assert modules.isdisjoint(UNUSED)
