"""What each row of the table of CIs must bring along. A part that was forgotten is named here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inprocess import run

from tocsin.ci import CIS, load
from tocsin.clock import Clock
from tocsin.derive.building import build
from tocsin.network import Network

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
NOT_THERE = {"generic": ("branch", "tag", "pull request", "fork", "page")}  # a machine without a CI says nothing of itself
FUNCTIONS = ("detect", "context", "open_api", "learn")


def is_branch(said: dict[str, Any], _: dict[str, Any]) -> bool:
    return said.get("ref.type") == "branch" and "ref.branch" in said and "commit.sha" in said


def is_tag(said: dict[str, Any], _: dict[str, Any]) -> bool:
    return said.get("ref.type") == "tag" and "ref.tag" in said


def is_pull_request(said: dict[str, Any], record: dict[str, Any]) -> bool:
    return "pull_request.number" in said and said.get("pull_request.fork") is False and record["untrusted"] is None


def is_fork(said: dict[str, Any], record: dict[str, Any]) -> bool:
    return said.get("ref.type") == "pull_request" and said.get("pull_request.fork") is True and bool(record["untrusted"])


KINDS_OF_RUN = {"branch": is_branch, "tag": is_tag, "pull request": is_pull_request, "fork": is_fork}


def forgotten(name: str) -> list[str]:
    """What is missing for a CI, in words."""
    folders = sorted((CASES / "ci").glob(f"{name}-*")) + [folder for folder in [CASES / "ci" / name] if folder.is_dir()]
    records = [json.loads((folder / "expected.json").read_text(encoding="utf-8")) for folder in folders]
    missing = [f"a record in tests/cases/ci/{name}-*"] if not records else []
    for kind, is_one in KINDS_OF_RUN.items():
        if kind not in NOT_THERE.get(name, ()) and not any(is_one(record["declared"], record) for record in records):
            missing.append(f"the record of a {kind} in tests/cases/ci/{name}-*")
    if not any("sources" in record for record in records):
        missing.append(f"a record with the sources of its facts in tests/cases/ci/{name}-*")
    detection = json.loads((CASES / "ci" / "detection.json").read_text(encoding="utf-8"))
    if not any(case["ci"] == name for case in detection):
        missing.append("a case in tests/cases/ci/detection.json")
    if not [*(CASES / "contexts").glob(f"{name}.json"), *(CASES / "contexts").glob(f"{name}-*.json")]:
        missing.append(f"an event in tests/cases/contexts/{name}-*.json, named in tests/test_context.py")
    return [*missing, *forgotten_words(name)]


def forgotten_words(name: str) -> list[str]:
    """What the command line and the docs do not say of a CI."""
    flag = next(line for line in page("docs/commands.md").splitlines() if line.startswith("| `--ci NAME` |"))
    missing = [] if f" {name}," in flag or f" {name} " in flag else ["its name in --ci"]
    field = next(line for line in page("docs/policy.md").splitlines() if line.startswith("| `ci` |"))
    missing += [] if f"`{name}`" in field else ["its name in docs/policy.md, where the field ci is explained"]
    if "page" in NOT_THERE.get(name, ()):
        return missing
    if not (ROOT / "docs" / f"{name}.md").is_file():
        return [*missing, f"the page docs/{name}.md"]
    title = page(f"docs/{name}.md").partition("\n")[0].removeprefix("# ")
    missing += [] if f"(docs/{name}.md)" in page("README.md") else [f"a link to docs/{name}.md in README.md"]
    missing += [] if f"\n| {title} |" in page("docs/security.md") else [f"a row for {title} in docs/security.md: which runs are untrusted"]
    return missing


def page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(CIS))
def test_nothing_of_a_ci_was_forgotten(name: str):
    assert not (missing := forgotten(name)), f"{name} lacks {'; '.join(missing)}"


def test_what_was_forgotten_is_named():
    missing = forgotten("travis")
    for word in (
        "branch",
        "tag",
        "pull request",
        "fork",
        "sources",
        "detection.json",
        "contexts",
        "--ci",
        "docs/policy.md",
        "docs/travis.md",
    ):
        assert any(word in text for text in missing), word


@pytest.mark.parametrize("name", list(CIS))
def test_a_ci_has_its_four_functions(name: str):
    assert [function for function in FUNCTIONS if not callable(getattr(load(name), function, None))] == []


@pytest.mark.parametrize("name", list(CIS))
def test_a_ci_says_who_it_is(name: str):
    said = load(name).context({}, str)
    assert (said.ci, build(said.facts).ci) == (name, name)


@pytest.mark.parametrize("name", list(CIS))
def test_a_ci_can_be_named(tmp_path: Path, name: str):
    assert run("context", "--ci", name, "--json", folder=tmp_path).json()["ci"] == name


def files_of(name: str) -> list[Path]:
    """A CI's own modules: its file, or its folder's."""
    room = ROOT / "src" / "tocsin" / "ci"
    return [room / f"{name}.py"] if (room / f"{name}.py").is_file() else sorted((room / name).glob("*.py"))


@pytest.mark.parametrize("name", list(CIS))
def test_no_ci_knows_another(name: str):
    files = files_of(name)
    assert files
    imported = {found for file in files for found in re.findall(r"from tocsin\.ci\.(\w+)", file.read_text(encoding="utf-8"))}
    assert imported & set(CIS) <= {name}


def test_only_the_table_knows_the_cis():
    """What a CI can do is asked of its row, so that a new one needs no other room: nobody else imports one."""
    room = ROOT / "src" / "tocsin"
    own = {file for name in CIS for file in files_of(name)} | {room / "ci" / "__init__.py"}
    others = {file: file.read_text(encoding="utf-8") for file in room.rglob("*.py") if file not in own}
    asked = re.compile(rf"tocsin\.ci\.(?:{'|'.join(CIS)})\b|from tocsin\.ci import (?:{'|'.join(CIS)})\b")
    assert [str(file) for file, text in others.items() if asked.search(text)] == []


TOKENS = ("ACTIONS_RUNTIME_TOKEN", "CI_JOB_TOKEN", "CIRCLE_OIDC_TOKEN", "CIRCLE_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN")
ADDRESSES = ("CI_API_V4_URL", "CI_SERVER_URL", "GITHUB_API_URL", "GITHUB_SERVER_URL", "JENKINS_URL")


@pytest.mark.parametrize("name", list(CIS))
def test_a_token_that_was_not_made_for_us_opens_no_api(name: str):
    env = dict.fromkeys(TOKENS, "hunter2") | dict.fromkeys(ADDRESSES, "https://ci.example.com/api")
    assert load(name).open_api(env, Network(), Clock(), 0) is None
    assert load(name).open_api(env, Network(), Clock(), 0, "") is None


@pytest.mark.parametrize(("name", "service"), [("github", "GitHub"), ("gitlab", "GitLab")])
def test_a_token_that_is_passed_opens_the_api(name: str, service: str):
    env = dict.fromkeys(ADDRESSES, "https://ci.example.com/api")
    api = load(name).open_api(env, Network(), Clock(), 0, "made for us")
    assert api
    assert api.service == service


def test_the_last_ci_is_every_machine_s():
    assert list(CIS)[-1] == "generic"
    assert [name for name in CIS if load(name).detect({})] == ["generic"]


def test_only_the_ci_that_is_asked_is_loaded():
    program = """
import sys
from tocsin.ci import detect
assert detect({"GITHUB_ACTIONS": "true"}) == "github"
print(*sorted(name for name in sys.modules if name.startswith("tocsin.ci")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tocsin.ci", "tocsin.ci.github"]
