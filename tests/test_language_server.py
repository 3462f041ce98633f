"""The schema in an editor: yaml-language-server completes, explains and marks a policy at the right places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inprocess import CASES, run
from language_server import LanguageServer

MODELINE = "# yaml-language-server: $schema=tocsin.schema.json\n"
EXAMPLES = sorted((CASES.parents[1] / "examples").glob("*.yml"))
POLICY = """\
channels:
  team: {kind: slack}
  mail:
    kind: smtp
    host: smtp.example.com
    from: ci@example.com
environments:
  production: {tier: production}
notifications:
  - name: builds
    on: [failure, fixed]
    pipelines: {kind: ci, branch: main}
    send_to: [team, dev@example.com]
delivery: {strict: true}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editor")
    (folder / "tocsin.schema.json").write_text(run("schema", folder=folder).out)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LanguageServer]:
    server = LanguageServer(folder)
    yield server
    server.close()


def shown(server: LanguageServer, folder: Path, name: str, text: str) -> tuple[Path, list[tuple[int, int, str]]]:
    """A file that is open, and each problem of it with its place."""
    path = folder / f"{name}.yml"
    path.write_text(MODELINE + text)
    return path, [placed(problem) for problem in server.open(path)]


def placed(problem: Any) -> tuple[int, int, str]:
    start = problem["range"]["start"]
    return start["line"], start["character"] + 1, problem["message"]  # the modeline is line 0 here


def test_a_valid_policy_has_no_problem(server: LanguageServer, folder: Path):
    assert shown(server, folder, "valid", POLICY)[1] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_no_problem(server: LanguageServer, folder: Path, path: Path):
    assert shown(server, folder, path.stem, path.read_text())[1] == []


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("key", "pipelines: {kind", "pipelines: {knd", (12, 17)),
        ("event", "[failure, fixed]", "[failure, fixd]", (11, 19)),
        ("kind", "{kind: slack}", "{kind: slak}", (2, 16)),
        ("top", "delivery: {", "delivry: {", (14, 1)),
        ("option", "    host: smtp", "    hst: smtp", (5, 5)),
        ("tier", "{tier: production}", "{tier: prod}", (8, 22)),
        ("number", "{strict: true}", "{attempts: 100}", (14, 22)),
        ("selector", "kind: ci,", "kind: cx,", (12, 23)),
    ],
)
def test_an_error_is_marked_at_its_place(server: LanguageServer, folder: Path, name: str, old: str, new: str, place: tuple[int, int]):
    assert old in POLICY
    problems = shown(server, folder, f"wrong-{name}", POLICY.replace(old, new))[1]
    assert place in [(line, column) for line, column, _ in problems]


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (9, 3, "The rules."),
        (11, 6, "The events, and transitions"),
        (11, 10, "The run has failed."),
        (12, 31, "The branch; a pull request has none."),
        (2, 11, "The kind of the channel."),
        (5, 6, "The server's name or address."),
        (14, 13, "Exit with 1"),
    ],
)
def test_a_key_and_a_word_are_explained(server: LanguageServer, folder: Path, line: int, column: int, words: str):
    path, _ = shown(server, folder, f"hover-{line}-{column}", POLICY)
    assert words in server.hover(path, line + 1, column)


@pytest.mark.parametrize(
    ("name", "text", "offered", "documented"),
    [
        ("top", "channels: {}\n", {"notifications", "delivery", "environments", "context"}, "The rules."),
        ("rule", "notifications:\n  - on: failure\n    ", {"send_to", "pipelines", "name"}, "Channels by name"),
        ("event", "notifications:\n  - on: ", {"failure", "still_failing", "fixed"}, "The run has failed."),
        ("selector", "notifications:\n  - on: failure\n    pipelines:\n      ", {"branch", "environment", "tier"}, "The branch"),
        ("kinds", "channels:\n  team:\n    kind: ", {"slack", "smtp", "webhook"}, ""),
        ("options", "channels:\n  mail:\n    kind: smtp\n    ", {"host", "security", "password"}, ""),
        ("tiers", "environments:\n  live:\n    tier: ", {"production", "other"}, "What users use."),
    ],
)
def test_keys_and_words_are_completed(server: LanguageServer, folder: Path, name: str, text: str, offered: set[str], documented: str):
    path, _ = shown(server, folder, f"complete-{name}", text)
    lines = (MODELINE + text).split("\n")
    found = server.completion(path, len(lines), len(lines[-1]) + 1)
    assert offered <= found.keys(), sorted(found)
    assert documented in str([item.get("documentation") for item in found.values()])
