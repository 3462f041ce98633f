"""A policy of the trusted commit, by git or by the CI's API, with its files from where it came; and what lies outside of the workspace."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from clocks import VirtualClock
from runners import git

from tocsin import source
from tocsin.ci.run import Run, TrustedRef
from tocsin.errors import PolicyError
from tocsin.event import Fact
from tocsin.network import Network
from tocsin.policy.nodes import BadFileError
from tocsin.policy.policy_text import PolicyText
from tocsin.world import World

STARTED = 1000.0


class Shelf:
    """An API that hands out the files of one repository at one ref."""

    contents, service, notes = None, "Test", ()

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files, self.asked = files, list[str]()

    def file(self, repository: str, ref: str, path: str) -> tuple[str, dict[str, str]]:
        return f"{repository}@{ref}/{path}", {}

    def get(self, where: str, *_: object, missing: bool) -> dict[str, str] | None:
        self.asked.append(where)
        path = where.removeprefix("acme/shop@main/")
        return {"encoding": "base64", "content": b64encode(self.files[path].encode()).decode()} if path in self.files and missing else None


def stranger(commit: str | None = None) -> Run:
    return Run(
        "generic", {"ci": Fact("generic", "x")}, untrusted="a stranger's", trusted=TrustedRef("acme/shop", "main", commit, "do this")
    )


def world(folder: Path, env: Mapping[str, str] = {}, seconds: float = 0.0) -> World:
    return World({"PATH": os.environ["PATH"], **env}, folder, lambda: b"stdin", VirtualClock(STARTED + seconds), STARTED, Network())


def find(folder: Path, named: str | None, run: Run, files: Mapping[str, str], **more: Any) -> PolicyText | None:
    return source.find(world(folder, **more), named, run, Shelf(files)).text  # type: ignore[arg-type]


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def body(text: PolicyText | None, name: str = "ci/body.json") -> bytes:
    assert text
    assert text.files
    return text.files(name)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of which the trusted commit has a policy in `.github`, and a body."""
    folder = tmp_path / "repository"
    put(folder / ".github" / "tocsin.yml", "git")
    put(folder / "ci" / "body.json", "git's body")
    (folder / "sub").mkdir()
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    put(folder / ".github" / "tocsin.yml", "evil")
    put(folder / "ci" / "body.json", "evil body")
    return folder


@pytest.mark.parametrize(
    ("folder", "named", "files", "name", "data"),
    [
        (".", None, {".tocsin.yml": "api"}, ".tocsin.yml", b"api"),
        ("sub", None, {".gitlab/tocsin.yml": "api"}, ".gitlab/tocsin.yml", b"api"),
        ("sub", None, {".tocsin.yml": "root", "sub/.github/tocsin.yml": "near"}, "sub/.github/tocsin.yml", b"near"),
        ("sub", "notify.yml", {".tocsin.yml": "root", "sub/notify.yml": "named"}, "sub/notify.yml", b"named"),
        ("sub", "../notify.yml", {"notify.yml": "named"}, "notify.yml", b"named"),
        (".", None, {".tocsin.yml": ""}, ".tocsin.yml", b""),
        (".", None, {"tocsin.yml": "elsewhere"}, None, None),
        ("sub", "notify.yml", {".tocsin.yml": "root", "notify.yml": "elsewhere"}, None, None),
    ],
)
def test_the_api_is_asked_where_git_knows_no_commit(
    repository: Path, folder: str, named: str | None, files: Mapping[str, str], name: str | None, data: bytes | None
):
    text = find(repository / folder, named, stranger(), files)
    assert (text.name if text else None, text.data if text else None) == (name, data)


def test_git_is_asked_before_the_api(repository: Path):
    run = stranger(git(repository, "rev-parse", "HEAD"))
    text = find(repository / "sub", None, run, {".tocsin.yml": "api", "ci/body.json": "api's body", "more.json": "api's"})
    assert (text.name, text.data) == (".github/tocsin.yml", b"git")  # type: ignore[union-attr]
    assert body(text) == b"git's body"
    with pytest.raises(BadFileError, match=r"there is no file 'more\.json'"):  # the API's answer of the same commit could be no other
        body(text, "more.json")


def test_the_files_of_the_api_s_policy_are_the_api_s(repository: Path):
    api = Shelf({".tocsin.yml": "api", "ci/body.json": "api's body", "empty.json": ""})
    text = source.find(world(repository), None, stranger(), api).text  # type: ignore[arg-type]
    assert (body(text), body(text, "./ci/../ci/body.json"), body(text, "empty.json")) == (b"api's body", b"api's body", b"")
    asked = len(api.asked)
    for name in ("../body.json", "/etc/passwd"):
        with pytest.raises(BadFileError, match=f"there is no file '{name}' in the repository"):
            body(text, name)
    assert len(api.asked) == asked, "what is outside is not asked for"


def test_two_of_the_api_s_are_an_error(repository: Path):
    with pytest.raises(PolicyError, match=r"has 2 policies, \.tocsin\.yml and \.gitlab/tocsin\.yml: keep one"):
        find(repository, None, stranger(), {".tocsin.yml": "1", ".gitlab/tocsin.yml": "2"})


@pytest.mark.parametrize(("seconds", "asked"), [(0.0, True), (4.9, True), (5.0, False), (60.0, False)])
def test_git_has_five_seconds_of_the_process(repository: Path, seconds: float, asked: bool):
    run = stranger(git(repository, "rev-parse", "HEAD"))
    assert bool(find(repository, None, run, {}, seconds=seconds)) is asked


def test_a_ci_without_a_trusted_ref_shows_no_policy(repository: Path):
    assert find(repository, None, stranger()._replace(trusted=None), {".tocsin.yml": "api"}) is None


def test_a_policy_on_standard_input_holds_without_the_workspace_s_files(repository: Path):
    assert find(repository, "-", stranger(), {".tocsin.yml": "api"}) == PolicyText("<stdin>", b"stdin", None)


def test_the_organisation_s_default_gives_way_to_the_trusted_commit(repository: Path):
    default = str(put(repository.parent / "etc" / "org.yml", "org"))
    env = {"TOCSIN_DEFAULT_POLICY": default}
    assert find(repository, None, stranger(), {".tocsin.yml": "api"}, env=env).data == b"api"  # type: ignore[union-attr]
    text = find(repository, None, stranger(), {}, env=env)
    put(repository.parent / "etc" / "ci" / "body.json", "org's body")
    assert (text.name, text.data, body(text)) == (default, b"org", b"org's body")  # type: ignore[union-attr]
    named = find(repository, default, stranger(), {".tocsin.yml": "api"})
    assert (named.name, named.data, body(named)) == (default, b"org", b"org's body")  # type: ignore[union-attr]


@pytest.mark.parametrize("trusted", [True, False])
def test_a_default_inside_of_the_workspace_is_no_stranger_s_to_write(repository: Path, trusted: bool):
    put(repository / "default.yml", "evil")
    run = stranger() if trusted else stranger()._replace(trusted=None)
    for default in ("default.yml", str(repository / "default.yml")):
        assert find(repository, None, run, {}, env={"TOCSIN_DEFAULT_POLICY": default}) is None


def test_a_relative_default_is_counted_from_the_folder(repository: Path):
    put(repository.parent / "org.yml", "org")
    assert find(repository / "sub", None, stranger(), {}, env={"TOCSIN_DEFAULT_POLICY": "../../org.yml"}).data == b"org"  # type: ignore[union-attr]


@pytest.mark.parametrize("env", [{}, {"TOCSIN_DEFAULT_POLICY": ""}])
def test_a_named_policy_outside_that_is_missing_is_told(repository: Path, env: dict[str, str]):
    with pytest.raises(PolicyError, match="does not exist: give the path of a file"):
        find(repository, str(repository.parent / "nope.yml"), stranger(), {}, env=env)


def test_the_bases_of_the_api_s_policy_are_the_api_s(tmp_path: Path):
    from tocsin.policy.base_lock import Entry, digest, lock_text
    from tocsin.policy.load import load

    base, commit = "channels: {team: {kind: slack}}\n", "a" * 40
    name = f"github:acme/policies/base.yml@{commit}"
    files = {
        "sub/.tocsin.yml": f"extends: ['{name}', ./own.yml]\nnotifications: [{{on: failure, send_to: team}}]\n",
        "sub/own.yml": "delivery: {timeout: 3}\n",
        ".tocsin/lock": lock_text({name: Entry("base.yml", digest(base.encode()), ("sub/.tocsin.yml",))}),
        ".tocsin/bases/base.yml": base,
    }
    (tmp_path / ".git").mkdir()
    put(tmp_path / ".tocsin/bases/base.yml", base.replace("slack", "teams"))
    place = tmp_path / "sub"
    place.mkdir()
    text = find(place, None, stranger(), files)
    assert text
    policy = load(text).policy
    assert (policy.channels["team"].kind, policy.delivery.timeout) == ("slack", 3)
