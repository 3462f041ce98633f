"""Where a policy is found, and from where a payload's file may come."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from policies import problems, read

from tocsin.checkout import checkouts_of, is_within, repository_root
from tocsin.errors import PolicyError
from tocsin.file_io import read_file
from tocsin.policy.load import load
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError
from tocsin.policy.policy_text import PolicyText
from tocsin.source.places import PLACES, files_of, find_path, levels, read_policy, shown

POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"


def soon() -> float:
    """Seconds that are left."""
    return 1.0


def put(path: Path, text: str = POLICY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("place", PLACES)
def test_each_place(tmp_path: Path, place: str):
    put(tmp_path / place)
    assert find_path(None, None, tmp_path) == tmp_path / place
    assert find_path(None, "default.yml", tmp_path) == tmp_path / place


def test_nothing_named_and_nothing_found(tmp_path: Path):
    assert find_path(None, None, tmp_path) is None


def test_two_are_an_error(tmp_path: Path):
    put(tmp_path / PLACES[0])
    put(tmp_path / PLACES[2])
    (tmp_path / ".git").mkdir()
    below = tmp_path / "below"
    below.mkdir()
    for folder, names in (
        (tmp_path, r"\.tocsin\.yml and \.gitlab/tocsin\.yml"),
        (below, r"\.\./\.tocsin\.yml and \.\./\.gitlab/tocsin\.yml"),
    ):
        with pytest.raises(PolicyError, match=f"2 policies here, {names}: keep one, or name"):
            find_path(None, None, folder)
    assert find_path(PLACES[2], None, tmp_path) == tmp_path / PLACES[2]


@pytest.mark.parametrize("absolute", [False, True])
def test_the_named_one_is_taken(tmp_path: Path, absolute: bool):
    put(tmp_path / PLACES[0])
    named = put(tmp_path / "ci" / "policy.yml")
    assert find_path(str(named if absolute else Path("ci/policy.yml")), None, tmp_path) == named


def test_named_and_missing_is_an_error(tmp_path: Path):
    put(tmp_path / PLACES[0])
    with pytest.raises(PolicyError, match=r"the policy 'nope\.yml' does not exist"):
        find_path("nope.yml", None, tmp_path)
    with pytest.raises(PolicyError, match=r"the policy '\.' is a folder: give the path"):
        find_path(".", None, tmp_path)
    (tmp_path / "link.yml").symlink_to("nowhere")
    with pytest.raises(PolicyError, match=r"the policy 'link\.yml' is a link that leads nowhere: give the path"):
        find_path("link.yml", None, tmp_path)


@pytest.mark.parametrize(("target", "what"), [(".", "is a folder"), ("nowhere", "is a link that leads nowhere")])
def test_a_place_that_is_no_file_is_told(tmp_path: Path, target: str, what: str):
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    (tmp_path / PLACES[0]).symlink_to(target)
    for folder, name in ((tmp_path, PLACES[0]), (tmp_path / "below", f"../{PLACES[0]}")):
        with pytest.raises(PolicyError, match=f"^the policy '{re.escape(name)}' {what}: make it a file, or remove it$"):
            find_path(None, None, folder)


def test_the_organisations_default(tmp_path: Path):
    default = put(tmp_path / "etc" / "default.yml")
    assert find_path(None, str(default), tmp_path) == default
    assert find_path(None, "etc/default.yml", tmp_path) == default
    with pytest.raises(PolicyError, match=r"^the policy 'nope\.yml' does not exist: it is named by TOCSIN_DEFAULT_POLICY"):
        find_path(None, "nope.yml", tmp_path)


def test_the_workspace_is_the_nearest_repository(tmp_path: Path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert repository_root(inner) == inner
    (tmp_path / ".git").mkdir()
    assert repository_root(inner) == tmp_path
    put(tmp_path / "a" / ".git", "gitdir: elsewhere")
    assert repository_root(inner) == tmp_path / "a"


def hook(file: str) -> str:
    return f"channels:\n  hook: {{kind: webhook, url: https://example.com, payload_file: {file}}}\nnotifications: [{{on: failure, send_to: hook}}]\n"


def test_a_payloads_file_is_read_from_the_repositorys_root(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    put(tmp_path / "ci" / "payload.json", '{"app": "{{ app }}"}')
    folder = put(tmp_path / "sub" / "dir" / "policy.yml").parent
    policy = load(PolicyText("policy.yml", hook("ci/payload.json").encode(), files_of(folder))).policy
    assert policy.channels["hook"].payload == '{"app": "{{ app }}"}'


def test_a_link_may_not_lead_out_of_the_repository(tmp_path: Path):
    put(tmp_path / "secret.json", "{}")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    put(repository / "real.json", "{}")
    (repository / "out.json").symlink_to("../secret.json")
    (repository / "folder").symlink_to("..")
    (repository / "in.json").symlink_to("real.json")
    (repository / "loop.json").symlink_to("loop.json")
    assert problems(hook("in.json"), repository) == []
    for name in ("out.json", "folder/secret.json", "../secret.json", str(tmp_path / "secret.json")):
        assert "is outside the repository" in problems(hook(name), repository)[0]
    assert "'payload_file' in channel 'hook'" in problems(hook("loop.json"), repository)[0]


def test_a_payloads_file_is_a_plain_file(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.json")
    put(tmp_path / "nul.json", "{\0}")
    assert "there is no file 'pipe.json'" in problems(hook("pipe.json"), tmp_path)[0]
    assert "is a binary file" in problems(hook("nul.json"), tmp_path)[0]
    assert "cannot be read" in problems(hook('"a\\0b"'), tmp_path)[0]


def test_the_error_counts_its_errors_and_carries_them_in_order():
    text = "channels: {team: {kind: slak}}\nnotifications:\n  - {on: failur, pipelines: {app: [a, '!a']}, send_to: team}\n"
    with pytest.raises(PolicyError, match=r"^the policy \.tocsin\.yml is invalid: 2 errors$") as caught:
        read(text)
    assert [problem.severity for problem in caught.value.problems] == ["error", "error", "warning"]


@pytest.mark.parametrize("place", PLACES)
def test_a_near_name_is_no_silence(tmp_path: Path, place: str):
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    near = (tmp_path / place).with_suffix(".yaml")
    near.parent.mkdir(exist_ok=True)
    near.touch()
    for folder, above in ((tmp_path, ""), (tmp_path / "below", "../")):
        was, must = re.escape(above + str(near.relative_to(tmp_path))), re.escape(above + place)
        with pytest.raises(PolicyError, match=f"^{was} is not read: rename it to {must}$"):
            find_path(None, None, folder)


def test_the_places_are_looked_for_from_a_relative_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "sub")
    assert [level.resolve() for level in levels(Path("deep"))] == [tmp_path / "sub" / "deep", tmp_path / "sub", tmp_path]
    monkeypatch.chdir(tmp_path)
    assert list(levels(Path())) == [Path()]
    assert repository_root(Path("sub")) == tmp_path
    assert repository_root(tmp_path.parent) == tmp_path.parent


def test_a_path_is_shown_as_people_write_it(tmp_path: Path):
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    folder = repository / "sub"
    for path, name in (
        (folder / "a.yml", "a.yml"),
        (folder / "deep" / "a.yml", "deep/a.yml"),
        (repository / "a.yml", "../a.yml"),
        (repository / "other" / "a.yml", "../other/a.yml"),
        (tmp_path / "a.yml", str(tmp_path / "a.yml")),
    ):
        assert shown(path, folder) == name


def test_a_file_is_read_up_to_its_bound_and_one_byte_more(tmp_path: Path):
    path = put(tmp_path / "file", "12345")
    assert [read_file(path, most, soon) for most in (3, 4, 5, 6)] == [b"1234", b"12345", b"12345", b"12345"]
    with pytest.raises(PolicyError, match=r"^the policy 'a name' cannot be read: No such file or directory$"):
        read_policy(tmp_path / "missing", "a name", soon)
    (tmp_path / "large").write_bytes(b"x" * (FILE_MAX_BYTES + 2))
    assert len(read_policy(tmp_path / "large", "large", soon)) == FILE_MAX_BYTES + 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("large.json", "'large.json' has more than 4,194,304 bytes (4 MiB)"),
        ("../outside.json", "'../outside.json' is outside the repository: a payload's file must lie inside it"),
        ("missing.json", "there is no file 'missing.json' in the repository (the path is counted from its root)"),
        ("folder", "there is no file 'folder' in the repository (the path is counted from its root)"),
        ("a\0b", r"'a\x00b' cannot be read"),
        ("x" * 5000, "cannot be read"),
    ],
    ids=["large", "outside", "missing", "folder", "nul", "long"],
)
def test_why_a_payloads_file_is_not_read(tmp_path: Path, name: str, why: str):
    (tmp_path / "folder").mkdir()
    (tmp_path / "large.json").write_bytes(b"x" * (FILE_MAX_BYTES + 1))
    (tmp_path / "full.json").write_bytes(b"x" * FILE_MAX_BYTES)
    with pytest.raises(BadFileError) as caught:
        files_of(tmp_path)(name)
    assert why in str(caught.value)
    assert len(files_of(tmp_path)("full.json")) == FILE_MAX_BYTES


def test_whether_a_path_is_in_the_workspace_by_its_name_or_its_links(tmp_path: Path):
    real = tmp_path / "real"
    (real / ".git").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    for folder in (real, tmp_path / "link"):
        for path in (real / "a.yml", tmp_path / "link" / "a.yml", real / ".." / "real" / "a.yml"):
            assert is_within(path, list(checkouts_of({}, folder))), (path, folder)
        assert not is_within(tmp_path / "a.yml", list(checkouts_of({}, folder)))
        assert not is_within(folder / ".." / "a.yml", list(checkouts_of({}, folder)))
