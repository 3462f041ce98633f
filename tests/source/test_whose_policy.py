"""Whose policy holds: by name, by place, by trust, from any folder of the repository, with the files that it names."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from runners import git

from tocsin import source
from tocsin.checkout import is_within
from tocsin.ci.run import Run, TrustedRef
from tocsin.clock import Clock
from tocsin.errors import PolicyError
from tocsin.event import Fact
from tocsin.network import Network
from tocsin.policy.nodes import BadFileError
from tocsin.policy.policy_text import PolicyText
from tocsin.source.builtin import NAME
from tocsin.world import World

OURS = Run("generic", {"ci": Fact("generic", "x")}, untrusted=None)


def stranger(commit: str | None) -> Run:
    return OURS._replace(untrusted="a stranger's", trusted=TrustedRef("acme/payments", commit or "main", commit, "do this"))


def world(folder: Path, env: Mapping[str, str] = {}, stdin: bytes = b"stdin") -> World:
    import os

    return World({"PATH": os.environ["PATH"], **env}, folder, lambda: stdin, Clock(), time.monotonic(), Network())


class Silent:
    """An API that knows no file and says so."""

    notes = ("the API said no", "and no again")

    def file(self, *_: str) -> None:
        """Nothing that could be asked for."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a folder inside, and nothing committed."""
    folder = tmp_path / "repository"
    (folder / "sub" / "deep").mkdir(parents=True)
    git(folder, "init", "-q")
    return folder


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def committed(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def found(place: World, named: str | None = None, run: Run = OURS) -> tuple[str, bytes] | None:
    text = source.find(place, named, run, None).text
    return (text.name, text.data) if text else None


def test_the_nearest_place_up_to_the_root_of_the_repository(repository: Path):
    put(repository.parent / ".tocsin.yml", "outside")
    assert found(world(repository / "sub" / "deep")) is None
    put(repository / ".tocsin.yml", "root")
    assert found(world(repository / "sub" / "deep")) == ("../../.tocsin.yml", b"root")
    put(repository / "sub" / ".github" / "tocsin.yml", "near")
    assert found(world(repository / "sub" / "deep")) == ("../.github/tocsin.yml", b"near")
    assert found(world(repository)) == (".tocsin.yml", b"root")


def test_a_name_is_before_the_environment_s_and_both_before_the_places(repository: Path):
    for name in ("flag.yml", "env.yml", ".tocsin.yml"):
        put(repository / name, name)
    assert found(world(repository, {"TOCSIN_POLICY": "env.yml"}), "flag.yml") == ("flag.yml", b"flag.yml")
    assert found(world(repository, {"TOCSIN_POLICY": "env.yml"})) == ("env.yml", b"env.yml")
    assert found(world(repository, {"TOCSIN_POLICY": "-"})) == ("<stdin>", b"stdin")


def test_standard_input_that_is_not_ours_is_a_file_s_name(repository: Path):
    with pytest.raises(PolicyError, match="'-' does not exist"):
        found(world(repository)._replace(read_stdin=None), "-")


def test_a_workspace_s_policy_reads_the_repository_s_files(repository: Path):
    put(repository / "sub" / ".tocsin.yml", "ours")
    put(repository / "body.json", "{}")
    text = source.find(world(repository / "sub" / "deep"), None, OURS, None).text
    assert text
    assert text.files
    assert text.files("body.json") == b"{}"


def test_a_policy_that_cannot_be_read_is_told_by_its_name(repository: Path):
    with pytest.raises(PolicyError, match=r"^the policy '\.\.' cannot be read: Is a directory$"):
        source.file_text(repository, "..", world(repository))


def test_without_standard_input_there_is_no_text_on_it(repository: Path):
    assert source.stdin_text(world(repository)._replace(read_stdin=None), None) == PolicyText("<stdin>", b"")


def test_without_a_policy_the_start_s_holds_and_says_so(repository: Path):
    text, [notice] = source.find(world(repository, {"SLACK_WEBHOOK_URL": "x"}), None, OURS, None)
    assert (text.name if text else None, notice.level) == (NAME, "notice")
    assert "success and failure go to slack" in notice.text
    text, [notice] = source.find(world(repository), None, OURS, None)
    assert (text, notice.text[:42]) == (None, "there is no policy, so nothing is sent: wr")


def test_a_policy_on_standard_input_reads_no_file_of_a_stranger_s(repository: Path):
    put(repository / "body.json", "{}")
    ours = source.find(world(repository), "-", OURS, None).text
    assert ours
    assert ours.files
    assert ours.files("body.json") == b"{}"
    theirs = source.find(world(repository), "-", stranger(None), None).text
    assert theirs
    assert theirs.files is None


@pytest.mark.parametrize("where", [".", "sub", "sub/deep"])
def test_the_trusted_commit_s_policy_from_any_folder(repository: Path, where: str):
    put(repository / ".tocsin.yml", "trusted")
    commit = committed(repository)
    put(repository / ".tocsin.yml", "evil")
    assert found(world(repository / where), None, stranger(commit)) == (".tocsin.yml", b"trusted")


def test_the_trusted_commit_s_nearest_policy(repository: Path):
    put(repository / ".tocsin.yml", "root")
    put(repository / "sub" / ".tocsin.yml", "near")
    commit = committed(repository)
    put(repository / "sub" / "deep" / ".tocsin.yml", "evil")
    assert found(world(repository / "sub" / "deep"), None, stranger(commit)) == ("sub/.tocsin.yml", b"near")


def test_a_named_policy_of_the_trusted_commit_is_counted_from_the_folder(repository: Path):
    put(repository / "sub" / "notify.yml", "trusted")
    commit = committed(repository)
    for named in ("notify.yml", "../sub/notify.yml", str(repository / "sub" / "notify.yml")):
        assert found(world(repository / "sub"), named, stranger(commit)) == ("sub/notify.yml", b"trusted")
    assert found(world(repository / "sub"), "other.yml", stranger(commit)) is None


def test_the_files_of_a_trusted_policy_are_the_trusted_commit_s(repository: Path):
    put(repository / ".tocsin.yml", "trusted")
    put(repository / "ci" / "body.json", "trusted body")
    commit = committed(repository)
    put(repository / "ci" / "body.json", "evil body")
    put(repository / "evil.json", "evil")
    text = source.find(world(repository / "sub"), None, stranger(commit), None).text
    assert text
    assert text.files
    assert text.files("ci/body.json") == b"trusted body"
    for name in ("evil.json", "../outside.json", "/etc/passwd"):
        with pytest.raises(BadFileError, match="there is no file"):
            text.files(name)


def test_two_policies_at_one_place_of_the_trusted_commit_are_an_error(repository: Path):
    put(repository / ".tocsin.yml", "one")
    put(repository / ".github" / "tocsin.yml", "two")
    with pytest.raises(PolicyError, match=r"the trusted commit has 2 policies, \.tocsin\.yml and \.github/tocsin\.yml: keep one"):
        found(world(repository), None, stranger(committed(repository)))


def test_a_policy_outside_of_the_workspace_holds_for_all(repository: Path):
    org = put(repository.parent / "org.yml", "org")
    put(repository / ".tocsin.yml", "evil")
    assert found(world(repository), str(org), stranger(None)) == (str(org), b"org")
    default = {"TOCSIN_DEFAULT_POLICY": str(org)}
    assert found(world(repository, default), None, stranger(None)) == (str(org), b"org")
    assert found(world(repository, default), None, stranger(None)._replace(trusted=None)) is None
    (repository / ".tocsin.yml").unlink()
    assert found(world(repository, default)) == (str(org), b"org")


@pytest.mark.parametrize("name", ["link.yml", "folder/evil.yml", "../repository/link.yml"])
def test_a_link_out_of_the_workspace_is_still_in_it(repository: Path, name: str):
    outside = put(repository.parent / "artifact" / "evil.yml", "evil")
    (repository / "link.yml").symlink_to(outside)
    (repository / "folder").symlink_to(outside.parent, target_is_directory=True)
    assert is_within(repository / name, [repository])
    assert found(world(repository), name, stranger(None)) is None
    assert not is_within(outside, [repository])


def test_a_link_into_the_workspace_is_in_it_too(repository: Path):
    put(repository / "evil.yml", "evil")
    link = repository.parent / "innocent.yml"
    link.symlink_to(repository / "evil.yml")
    assert is_within(link, [repository])
    assert found(world(repository), str(link), stranger(None)) is None


@pytest.mark.parametrize(
    ("run", "api", "level", "words"),
    [
        (stranger(None), None, "warning", "nothing is sent: a stranger's, and the trusted commit shows no policy: do this"),
        (stranger(None), Silent(), "warning", "shows no policy (the API said no; and no again): do this"),
        (OURS._replace(untrusted="a stranger's"), None, "notice", "a stranger's, and the policy beside it could be the head's own"),
        (OURS._replace(untrusted="x", secretless="it has no secrets"), Silent(), "notice", "nothing is sent: it has no secrets"),
        (stranger(None)._replace(secretless="it has no secrets"), None, "warning", "nothing is sent: it has no secrets"),
        (stranger(None)._replace(secretless="it has no secrets"), Silent(), "warning", "shows no policy"),
    ],
)
def test_why_nothing_is_sent(repository: Path, run: Run, api: Silent | None, level: str, words: str):
    text, [notice] = source.find(world(repository), None, run, api)  # type: ignore[arg-type]
    assert text is None
    assert (notice.level, words in notice.text) == (level, True), notice.text


def test_a_name_that_cannot_be_looked_for_is_an_error(repository: Path):
    with pytest.raises(PolicyError, match=r"^the policy 'x{59}…' cannot be looked for: File name too long$"):
        found(world(repository), "x" * 5000)
