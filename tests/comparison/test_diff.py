"""`tocsin diff` at the command line: its answers as files in cases/comparison, what it takes for a side, and what bad input gets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import CASES, Answer, run
from markdown_it import MarkdownIt
from policies import CHANNELS, read
from runners import git

from tocsin.comparison.compare import compare
from tocsin.comparison.markdown import MAX_CHARS, markdown
from tocsin.comparison.sides import Side

FOLDER = CASES / "comparison"
RULE = "notifications: [{{on: failure, pipelines: {{app: {}}}, send_to: team}}]\n"
OLD, NEW = (f"{CHANNELS}{RULE.format(app)}" for app in ("shop", "till"))


def diff(folder: Path, *words: str, stdin: bytes = b"", env: Mapping[str, str] = {}) -> Answer:
    return run("diff", *words, folder=folder, stdin=stdin, env={"PATH": os.environ["PATH"], **env})


@pytest.mark.parametrize("case", sorted(path.name for path in FOLDER.iterdir()))
def test_a_case_is_told_as_its_files_say(case: str):
    for form, flags in (("txt", ()), ("json", ("--json",)), ("md", ("--markdown",))):
        answer = diff(FOLDER / case, "base.yml", "head.yml", *flags)
        assert answer.code == 0
        assert answer.out == (FOLDER / case / f"expected.{form}").read_text(encoding="utf-8"), form


@pytest.mark.parametrize("case", sorted(path.name for path in FOLDER.iterdir()))
def test_the_exit_code_says_whether_anybody_is_told_otherwise(case: str):
    told = json.loads((FOLDER / case / "expected.json").read_text(encoding="utf-8"))
    moved = any(told[name] for name in ("changes", "mentions", "ways", "mute")) or any(
        channel["change"] == "changed" for channel in told["channels"]
    )
    assert diff(FOLDER / case, "base.yml", "head.yml", "--exit-code").code == (1 if moved else 0)
    assert diff(FOLDER / case, "base.yml", "base.yml", "--exit-code") == (0, "no change in who is told\n", "")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose first commit has no policy, whose second (v1) has one, and whose working tree has another."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "README").write_text("")
    commit(tmp_path, "first")
    git(tmp_path, "tag", "v0")
    (tmp_path / ".tocsin.yml").write_text(OLD)
    commit(tmp_path, "second")
    git(tmp_path, "tag", "v1")
    (tmp_path / ".tocsin.yml").write_text(NEW)
    return tmp_path


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


TILL, SHOP = (
    "team: {} of failure on app {} (rule #1, line {})\n".format(*words) for words in (("newly told", "till", 7), ("newly told", "shop", 7))
)


def test_a_revision_is_compared_with_the_working_tree_or_with_another(repository: Path):
    gone = "team: no longer told of failure on app shop (rule #1, line 7 of {}:.tocsin.yml)\n"
    for base in ("HEAD", "main", "v1", "refs/heads/main", git(repository, "rev-parse", "HEAD").strip()[:12]):
        assert diff(repository, base).out == TILL + gone.format(base)
    commit(repository, "third")
    assert diff(repository, "HEAD~1", "HEAD").out == TILL + gone.format("HEAD~1")
    assert diff(repository, "HEAD").out == "no change in who is told\n"


def test_a_policy_is_found_from_a_folder_below(repository: Path):
    (repository / "below").mkdir()
    assert diff(repository / "below", "HEAD").out.startswith(TILL)


def test_a_revision_without_a_policy_counts_as_an_empty_one(repository: Path):
    answer = diff(repository, "v0", "v1")
    assert answer.out.startswith(SHOP)
    assert "v0 has no policy: it counts as an empty one" in answer.err
    (repository / ".tocsin.yml").unlink()
    answer = diff(repository, "v1")
    assert answer.out.startswith("team: no longer told")
    assert "the working tree has no policy" in answer.err


def test_a_file_wins_over_a_revision_of_its_name(repository: Path):
    (repository / "v1").write_text(NEW)
    assert diff(repository, "v1", "main").out.startswith(SHOP)
    assert diff(repository, "refs/tags/v1", "main").out == "no change in who is told\n"
    (repository / "main").mkdir()
    answer = diff(repository, "main")
    assert answer.code == 2
    assert "refs/heads/main" in answer.err


def test_the_policy_of_both_sides_can_be_named(repository: Path):
    (repository / "ci").mkdir()
    (repository / "ci" / "other.yml").write_text(OLD)
    commit(repository, "third")
    (repository / "ci" / "other.yml").write_text(NEW)
    for words, env in ((("--policy", "ci/other.yml"), {}), ((), {"TOCSIN_POLICY": "ci/other.yml"})):
        assert "main:ci/other.yml" in diff(repository, "main", *words, env=env).out
    answer = diff(repository, "main", "--policy", "ci/none.yml")
    assert answer.code == 3
    assert "neither main nor the working tree has 'ci/none.yml'" in answer.err


def test_a_payload_file_is_read_from_its_own_side(repository: Path):
    hook = 'channels: {hook: {kind: webhook, url: "https://example.com/x", payload_file: body.json}}\n'
    (repository / ".tocsin.yml").write_text(f"{hook}notifications: [{{on: failure, send_to: hook}}]\n")
    (repository / "body.json").write_text('{"a": "{{ app }}"}')
    commit(repository, "third")
    (repository / "body.json").write_text('{"b": "{{ app }}"}')
    assert diff(repository, "main").out == "no change in who is told\nchannel hook: changed: payload differs\n"
    (repository / "body.json").unlink()
    assert diff(repository, "main", "main").code == 0
    assert diff(repository, "main").code == 3


def test_standard_input_may_be_a_side(tmp_path: Path):
    (tmp_path / ".tocsin.yml").write_text(NEW)
    assert diff(tmp_path, "-", stdin=OLD.encode()).out.startswith(TILL)


def test_the_problems_of_both_sides_are_told(tmp_path: Path):
    (tmp_path / "a.yml").write_text("notifications: [{on: failur, send_to: team}]")
    (tmp_path / "b.yml").write_text("channels: {}\nnotificatons: []")
    answer = diff(tmp_path, "a.yml", "b.yml")
    assert answer.code == 3
    assert "a.yml:1:22" in answer.err
    assert "b.yml:2:1" in answer.err


@pytest.mark.parametrize("name", ["nope", "HEAD^{tree}", "--", "-x", "a..b", "x" * 5000, "@{-1}", "bad\nname"])
def test_what_is_neither_a_file_nor_a_revision_is_refused(repository: Path, name: str):
    answer = diff(repository, "--", name) if name != "--" else diff(repository)
    assert answer.code == 2


def test_outside_of_a_repository_a_name_must_be_a_file(tmp_path: Path):
    answer = diff(tmp_path, "main")
    assert answer.code == 2
    assert "no repository" in answer.err


def test_two_forms_at_once_are_refused(tmp_path: Path):
    assert diff(tmp_path, "a", "b", "--json", "--markdown").code == 2


def test_no_secret_is_told(tmp_path: Path):
    channel = 'channels: {{team: {{kind: webhook, url: "https://example.com/{0}", headers: {{X-Note: "{0}", Authorization: "Bearer ${{TOKEN}}"}}, payload: {{a: "{0}"}}}}}}\n'
    for name in ("old", "new"):
        (tmp_path / f"{name}.yml").write_text(channel.format(f"hush-{name}") + "notifications: [{on: failure, send_to: team}]")
    for form in ("--json", "--markdown", "--verbose"):
        answer = diff(tmp_path, "old.yml", "new.yml", form)
        assert "hush" not in answer.out + answer.err
        assert "headers" in answer.out


def test_runs_of_policy_tests_are_samples(repository: Path):
    rules = "notifications: [{on: failure, pipelines: {environment: production}, send_to: team}]\n"
    context = "context: {environment: \"{% if repository.name and source == 'nightly' %}production{% endif %}\"}\n"
    (repository / ".tocsin.yml").write_text(CHANNELS + rules)
    commit(repository, "third")
    (repository / ".tocsin.yml").write_text(CHANNELS + context.replace("repository.name and ", "") + rules)
    assert diff(repository, "main").out == "no change in who is told\n"
    (repository / "tocsin.test.yml").write_text(
        "cases: [{name: nights, event: {hook: completion, status: failure, source: nightly}, told: [team]}]\n"
    )
    answer = diff(repository, "main", "--json").json()
    assert answer["sampled"]
    assert [change["pipelines"] for change in answer["changes"]] == [{"source": "nightly"}]


def test_the_policy_tests_of_a_folder_are_read_from_there(repository: Path):
    folder = repository / "service"
    folder.mkdir()
    rules = "notifications: [{on: failure, pipelines: {environment: production}, send_to: team}]\n"
    (folder / "old.yml").write_text(CHANNELS + rules)
    (folder / "new.yml").write_text(
        f"{CHANNELS}context: {{environment: \"{{% if source == 'nightly' %}}production{{% endif %}}\"}}\n{rules}"
    )
    (folder / "tocsin.test.yml").write_text(
        "cases: [{name: nights, event: {hook: completion, status: failure, source: nightly}, told: [team]}]\n"
    )
    answer = diff(folder, "old.yml", "new.yml", "--json").json()
    assert [change["pipelines"] for change in answer["changes"]] == [{"source": "nightly"}]


# Markdown: what a policy says is text in it, and there is an end to it.

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40) | st.sampled_from(
    [
        "@octocat",
        "a|b",
        "<b>x</b>",
        "[x](http://evil.example)",
        "`x`",
        "https://evil.example",
        "www.evil.example",
        "![x](y)",
        "#12",
        "**x**",
        "&lt;",
        "\\|",
    ]
)


@settings(max_examples=40, deadline=None)
@given(NAMES, NAMES)
def test_names_are_text_in_markdown(app: str, name: str):
    rule = {"name": name, "on": "failure", "pipelines": {"app": app}, "send_to": "team"}
    text = markdown(compare(Side("a|<b>"), Side("new", read(f"{CHANNELS}notifications: [{json.dumps(rule, ensure_ascii=False)}]"))))
    html = MarkdownIt("commonmark", {"linkify": False}).enable("table").render(text)
    assert not re.search(r"<(?!/?(?:h3|p|table|thead|tbody|tr|th|td|ul|li)\b)", html)
    assert html.count("<td>") == 5
    assert not re.search(r"(?<![\w&])[@#]\w|www\.|://", text)


def test_markdown_has_an_end(tmp_path: Path):
    rules = [{"on": "failure", "pipelines": {"app": f"app-{number}"}, "send_to": "team"} for number in range(2000)]
    text = markdown(compare(Side("old"), Side("new", read(f"{CHANNELS}notifications: {json.dumps(rules)}"))))
    assert MAX_CHARS - 3000 < len(text) <= MAX_CHARS
    shown = text.count("newly told")
    assert f"and {2000 - shown} more\n" in text


def test_markdown_is_empty_where_nothing_changes():
    assert markdown(compare(Side("old", read(OLD)), Side("new", read(OLD)))) == ""
