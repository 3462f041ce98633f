"""What somebody puts into `.git` decides nothing: a commit's files are those that its id vouches for, or none."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from forged_packs import forge
from hypothesis import given
from hypothesis import strategies as st
from inprocess import run
from projects import GITHUB, Project
from runners import git
from servers import ScriptedServer

from tocsin import git as asked
from tocsin.clock import Clock
from tocsin.git_objects import OBJECT_MAX_BYTES, ForgedObjectError, Objects

PLACE = ".github/tocsin.yml"
OURS = "channels: {team: {kind: slack}}\nnotifications: [{on: success, send_to: team}]\n"
THEIRS = (
    "channels: {x: {kind: webhook, url: '%s', headers: {Authorization: 'Bearer ${SLACK_WEBHOOK_URL}'}}}\n"
    "notifications: [{on: success, send_to: x}]\n"
)
WAYS = ["blob", "tree", "root", "commit"]


class Workspace(Project):
    """A checkout of the default branch with our policy, into whose `.git` anything can be put."""

    def __init__(self, folder: Path, object_format: str = "sha1") -> None:
        self.folder = folder
        git(folder, "init", "-q", f"--object-format={object_format}")
        self.policy(OURS, PLACE)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "x")
        self.commit = self.id("HEAD")

    def id(self, name: str) -> str:
        """The name of an object."""
        return git(self.folder, "rev-parse", name)

    def forge(self, way: str, policy: bytes) -> None:
        """Have git hand out another policy at the commit: by its blob, one of its trees, or the commit itself."""
        raw = bytes.fromhex(self.id(f"HEAD:{PLACE}"))
        blob = self._id("blob", policy)
        tree = b"100644 tocsin.yml\0" + bytes.fromhex(blob)
        root = b"40000 .github\0" + bytes.fromhex(self._id("tree", tree))
        commit = f"tree {self._id('tree', root)}\nauthor x <x> 0 +0000\ncommitter x <x> 0 +0000\n\nx\n".encode()
        honest = {blob: ("blob", policy), self._id("tree", tree): ("tree", tree), self._id("tree", root): ("tree", root)}
        forged = {
            "blob": {raw.hex(): ("blob", policy)},
            "tree": {self.id("HEAD:.github"): ("tree", tree)},
            "root": {self.id("HEAD^{tree}"): ("tree", root)},
            "commit": {self.commit: ("commit", commit)},
        }
        forge(self.folder / ".git", {**honest, **forged[way]})

    def _id(self, kind: str, data: bytes) -> str:
        new = hashlib.sha1 if len(self.commit) == 40 else hashlib.sha256
        return new(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest()

    def committed(self) -> Mapping[str, bytes] | None:
        """What we take the commit's policy for."""
        return asked.committed(self.folder, {"PATH": os.environ["PATH"]}, self.commit, [PLACE], 60.0, Clock())


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_an_object_that_is_not_what_its_name_says_is_not_believed(tmp_path: Path, object_format: str, way: str, packed: bool):
    workspace = Workspace(tmp_path, object_format)
    assert workspace.committed() == {PLACE: OURS.encode()}
    if packed:
        git(tmp_path, "gc", "-q")
    workspace.forge(way, b"evil")
    shown = git(tmp_path, "cat-file", "blob", f"{workspace.commit}:{PLACE}")
    if not packed:
        assert shown == "evil", "git itself believes it, or this test proves nothing"
    assert workspace.committed() == (None if shown == "evil" else {PLACE: OURS.encode()})


def test_a_whole_repository_of_theirs_is_not_believed(tmp_path: Path):
    """A workspace without a checkout, into which an artifact brings `.git`."""
    workspace = Workspace(tmp_path)
    workspace.forge("commit", b"evil")
    for place in (tmp_path / ".git" / "objects").iterdir():
        if place.name != "pack":
            shutil.rmtree(place)
    assert git(tmp_path, "cat-file", "blob", f"{workspace.commit}:{PLACE}") == "evil"
    assert workspace.committed() is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("event", "file"),
    [
        ("workflow_run", {"workflow_run": {"name": "CI", "conclusion": "success", "head_branch": "main", "event": "push"}}),
        ("issue_comment", {"issue": {"number": 7, "pull_request": {"url": "x"}}}),
        ("pull_request_target", {"pull_request": {"number": 7, "head": {"repo": {"full_name": "eve/payments"}}}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_secrets_stay_where_the_policy_of_the_commit_sends_them(tmp_path: Path, way: str, event: str, file: Mapping[str, object]):
    (tmp_path / "repository").mkdir()
    workspace = Workspace(tmp_path / "repository")
    (tmp_path / "event.json").write_text(json.dumps(file))
    with ScriptedServer() as eve, ScriptedServer() as slack:
        ci = {**GITHUB, "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_SHA": workspace.commit}
        env = {**ci, "PATH": os.environ["PATH"], "SLACK_WEBHOOK_URL": slack.url("/hook")}
        words = ("send", "completion", "--status", "success")
        workspace.policy(THEIRS % eve.url("/"), PLACE)
        assert run(*words, env=env, folder=workspace.folder).code == 0
        assert len(slack.requests) == 1, "the policy of the commit holds, whatever lies in the workspace"
        workspace.forge(way, (THEIRS % eve.url("/")).encode())
        result = run(*words, env=env, folder=workspace.folder)
        assert (result.code, eve.requests, len(slack.requests)) == (0, [], 1)
        assert "nothing is sent: " in result.err


class Pipe:
    """Both ends of a `git cat-file --batch` that answers what it is told to, whatever is asked."""

    def __init__(self, answers: bytes) -> None:
        self.answers = io.BytesIO(answers)

    def write(self, _: bytes) -> None:
        """Nobody reads it."""

    def flush(self) -> None:
        """Nobody waits for it."""


@given(st.binary(max_size=300))
def test_whatever_git_answers_no_file_comes_of_it(answers: bytes):
    commit = "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113"
    for prefix in (b"", f"{commit} commit {len(answers)}\n".encode()):
        pipe = Pipe(prefix + answers + b"\n")
        try:
            found = Objects(pipe, pipe.answers).files(commit, [b".tocsin.yml"])  # type: ignore[arg-type]
        except (ForgedObjectError, OSError):
            continue
        assert found is None


def test_an_object_beyond_all_bounds_is_not_read():
    commit = "3f9c1d27b8a64e0f95a1c07d2be84f6a90d5e113"
    pipe = Pipe(f"{commit} commit {OBJECT_MAX_BYTES + 1}\n".encode())
    with pytest.raises(ForgedObjectError):
        Objects(pipe, pipe.answers).files(commit, [b"a"])  # type: ignore[arg-type]
