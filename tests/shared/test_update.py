"""`tocsin update`: what it fetches, writes and shows, and that a failure leaves every file as it was."""

from __future__ import annotations

import json
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from base_server import COMMIT, LATER, Files, Repository
from clocks import LeapingClock
from servers import Answer

from tocsin.errors import PolicyError
from tocsin.network import Network
from tocsin.policy.base_names import BaseName
from tocsin.requests_session import session
from tocsin.shared.fetch import fetch

BASE = 'channels:\n  team: {kind: slack, url: "${TEAM_URL}"}\n  hook: {kind: webhook, url: "https://hook.example.com/x", payload_file: payloads/hook.json}\nextends: ./more.yml\n'
MORE = "delivery: {timeout: 3}\n"
POLICY = f"# ours\nextends: github:acme/policies/tocsin/base.yml@{COMMIT}  # the organisation's\nnotifications: [{{on: failure, send_to: team}}]\n"


@pytest.fixture
def shared(server: Files, repository: Repository) -> Repository:
    for commit in (COMMIT, LATER):
        server.github("acme/policies", "tocsin/base.yml", BASE.replace("TEAM", "OTHER") if commit == LATER else BASE, commit)
        server.github("acme/policies", "tocsin/more.yml", MORE, commit)
        server.github("acme/policies", "payloads/hook.json", '{"text": "{{ status }}"}\n', commit)
    repository.write(".tocsin.yml", POLICY)
    return repository


def test_it_vendors_what_the_policy_needs_and_a_send_needs_no_network(shared: Repository, server: Files):
    said = shared.run("check")
    assert said.code == 3
    assert "cannot be used: its text is not in this repository: run 'tocsin update'" in said.out

    said = shared.run("update")
    assert said.code == 0, said.err
    assert "variables that the bases newly name: TEAM_URL" in said.out
    assert "hosts that the bases newly name: hook.example.com" in said.out
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer gh-HUNTER2"}
    assert {request.headers["accept"] for request in server.requests} == {"application/vnd.github.raw+json"}
    files = shared.files()
    assert files[".tocsin/bases/github-acme-policies-tocsin-base.yml"].decode() == BASE
    assert files[".tocsin/bases/.gitattributes"].endswith(b"* -text\n")
    assert f'"github:acme/policies/tocsin/base.yml@{COMMIT}"' in files[".tocsin/lock"].decode()
    assert files[".tocsin.yml"].decode() == POLICY
    assert len(files) == 6

    asked = len(server.requests)
    assert shared.run("check").code == 0
    explained = shared.run("explain", "completion", "--status", "failure", "--json").json()
    assert explained["deliveries"][0]["channel"] == "team"
    assert len(server.requests) == asked
    assert shared.run("update").err.startswith("tocsin: notice: nothing to change: 3 texts of bases")
    assert shared.files() == files


def test_another_commit_is_written_into_the_policy_and_shown(shared: Repository):
    shared.run("update")
    before = shared.files()
    (shared.folder / ".tocsin.yml").chmod(0o640)
    said = shared.run("update", "--check", "--to", LATER)
    assert said.code == 1
    assert shared.files() == before
    said = shared.run("update", "--to", LATER)
    assert said.code == 0, said.err
    assert ".tocsin/bases/github-acme-policies-tocsin-base.yml: changed" in said.out
    assert '+  team: {kind: slack, url: "${OTHER_URL}"}' in said.out
    assert "variables that the bases newly name: OTHER_URL" in said.out
    assert "variables that the bases no longer name: TEAM_URL" in said.out
    assert shared.files()[".tocsin.yml"].decode() == POLICY.replace(COMMIT, LATER)
    assert stat.S_IMODE((shared.folder / ".tocsin.yml").stat().st_mode) == 0o640
    assert COMMIT not in shared.files()[".tocsin/lock"].decode()
    assert shared.run("update", "--check").code == 0


def test_json(shared: Repository):
    assert shared.run("update", "--json").json() == {
        "changes": [
            {"file": ".tocsin/bases/github-acme-policies-tocsin-base.yml", "change": "added"},
            {"file": ".tocsin/bases/github-acme-policies-tocsin-more.yml", "change": "added"},
            {"file": ".tocsin/bases/github-acme-policies-payloads-hook.json", "change": "added"},
            {"file": ".tocsin/lock", "change": "added"},
            {"file": ".tocsin/bases/.gitattributes", "change": "added"},
        ],
        "variables": {"added": ["TEAM_URL"], "removed": []},
        "hosts": {"added": ["hook.example.com"], "removed": []},
    }


def test_a_changed_text_is_refused_and_renewed(shared: Repository):
    shared.run("update")
    shared.write(".tocsin/bases/github-acme-policies-tocsin-more.yml", "delivery: {timeout: 9}\n")
    said = shared.run("send", "completion", "--status", "failure")
    assert said.code == 3
    said = shared.run("check")
    assert ".tocsin/bases/github-acme-policies-tocsin-base.yml:4:10: error: the base './more.yml' cannot be used" in said.out
    assert "is not the one whose digest is in .tocsin/lock: run 'tocsin update'" in said.out
    assert shared.run("update", "--check").code == 1
    assert shared.run("update").code == 0
    assert shared.run("check").code == 0


def test_what_nothing_extends_any_more_is_taken_out(shared: Repository):
    shared.run("update")
    shared.write(".tocsin.yml", "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n")
    said = shared.run("check")
    assert said.code == 0
    assert said.out.count(".tocsin/lock:") == 3
    assert "warning: nothing extends 'github:acme/policies/tocsin/base.yml' any more" in said.out
    assert shared.run("update").code == 0
    assert list(shared.files()) == [".tocsin.yml"]


def test_gitlab_and_an_address(repository: Repository, server: Files, tls: tuple[Files, Path]):
    web, authority = tls
    text = 'channels: {ops: {kind: discord, url: "${OPS}"}}\n'
    web.put("/a b/policy.yml", text)
    server.gitlab("acme/sub/policies", "deep/base.yml", "extends: /\n".replace("/", "./next.yml"))
    server.gitlab("acme/sub/policies", "deep/next.yml", "channels: {team: {kind: slack}}\n")
    digest = sha256(text.encode()).hexdigest()
    address = f"https://127.0.0.1:{web.port}/a%20b/policy.yml#sha256={digest}"
    repository.write(
        ".tocsin.yml",
        f'extends: ["gitlab:acme/sub/policies//deep/base.yml@{COMMIT}", "{address}"]\nnotifications: [{{on: failure, send_to: [team, ops]}}]\n',
    )
    said = repository.run("update", env={"TOCSIN_CA_FILE": str(authority)})
    assert said.code == 0, said.err
    assert {request.headers["private-token"] for request in server.requests} == {"gl-HUNTER2"}
    assert not {"private-token", "authorization"} & web.requests[0].headers.keys()
    assert repository.run("check").code == 0
    web.put("/a b/policy.yml", text + "\n")
    before = repository.files()
    said = repository.run("update", env={"TOCSIN_CA_FILE": str(authority)})
    assert said.code == 3
    assert "its SHA-256 is" in said.err
    assert repository.files() == before
    assert "certificate is not trusted" in repository.run("update").err


REFUSALS = {
    "404": (Answer(404, b"{}"), "there is no such file at this commit or address, or it is hidden (HTTP 404); a token in GITHUB_TOKEN"),
    "401": (Answer(401, b"{}"), "the server refuses the token, or wants one (HTTP 401)"),
    "403": (Answer(403, b"{}"), "the server does not allow it, or the rate limit is used up (HTTP 403)"),
    "500": (Answer(500, b"{}"), "the server answers HTTP 500"),
    "redirect": (
        Answer(302, b"", {"Location": "https://elsewhere.example.com/x"}),
        "the server redirects (HTTP 302, to elsewhere.example.com)",
    ),
    "binary": (Answer(200, b"a\0b"), "its text is a binary file"),
    "latin": (Answer(200, b"caf\xe9"), "its text is not UTF-8"),
    "no yaml": (Answer(200, b"a: [1\n"), "is no policy: line 2"),
    "a folder": (Answer(200, b'[{"name": "x"}]'), "is no policy: line 1: a policy is a mapping"),
    "large": (Answer(200, b"#" * (4 * 1024 * 1024 + 1)), "it has more than 4,194,304 bytes"),
    "broken": (Answer(200, b"channels: {}", behaviour="truncated"), "the server cannot be reached, or broke off"),
    "closed": (Answer(behaviour="close"), "the server cannot be reached, or broke off"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_had_changes_nothing(name: str, shared: Repository, server: Files):
    shared.run("update")
    before = shared.files()
    answer, words = REFUSALS[name]
    server.files[f"/repos/acme/policies/contents/tocsin/more.yml?ref={LATER}"] = answer
    said = shared.run("update", "--to", LATER)
    assert said.code == 3
    assert words in said.err
    assert "HUNTER2" not in said.err + said.out
    assert shared.files() == before


def test_a_text_that_drips_ends(server: Files):
    server.github("acme/policies", "base.yml", "")
    (path,) = server.files
    server.files[path] = Answer(200, b"#", behaviour="drip")
    name = BaseName("github", "acme/policies", "base.yml", COMMIT)
    with session(Network()) as opened, pytest.raises(PolicyError, match="it did not come within 60 seconds"):
        fetch(name, opened, {"GITHUB_API_URL": server.url("")}, LeapingClock())


def test_a_base_that_makes_the_policy_invalid_is_not_written(shared: Repository, server: Files):
    shared.run("update")
    before = shared.files()
    server.github("acme/policies", "tocsin/base.yml", f"{BASE}locked: [notifications]\n", LATER)
    said = shared.run("update", "--to", LATER)
    assert said.code == 3
    assert ".tocsin.yml:3:1: 'notifications' is locked at .tocsin/bases/github-acme-policies-tocsin-base.yml:5" in said.err
    assert shared.files() == before


def test_a_file_that_cannot_be_written_leaves_the_others(shared: Repository):
    shared.run("update")
    before = shared.files()
    (shared.folder / ".tocsin/lock").unlink()
    (shared.folder / ".tocsin/lock").mkdir()
    said = shared.run("update", "--to", LATER)
    assert said.code == 3
    (shared.folder / ".tocsin/lock").rmdir()
    shared.write(".tocsin/lock", before[".tocsin/lock"])
    assert shared.files() == before


def test_a_link_is_not_followed(shared: Repository, tmp_path_factory: pytest.TempPathFactory):
    outside = tmp_path_factory.mktemp("outside")
    (shared.folder / ".tocsin").symlink_to(outside)
    said = shared.run("update")
    assert said.code == 3
    assert ".tocsin is a link" in said.err
    assert list(outside.iterdir()) == []


def test_allowed_hosts_hold(shared: Repository):
    said = shared.run("update", env={"TOCSIN_ALLOWED_HOSTS": "hooks.slack.com"})
    assert said.code == 3
    assert "TOCSIN_ALLOWED_HOSTS" in said.err


def test_a_token_never_travels_in_the_clear(shared: Repository):
    said = shared.run("update", env={"GITHUB_API_URL": "http://github.example.com/api"})
    assert said.code == 3
    assert "GITHUB_API_URL must begin with https://" in said.err


def test_chosen_bases(shared: Repository, server: Files):
    shared.run("update")
    server.requests.clear()
    assert shared.run("update", "github:acme/policies/tocsin/more.yml").code == 0
    assert [request.path for request in server.requests] == [f"/repos/acme/policies/contents/tocsin/more.yml?ref={COMMIT}"]
    assert "no base is called 'x'" in (said := shared.run("update", "x")).err
    assert said.code == 2
    assert shared.run("update", "--to", "main").code == 2
    assert shared.run("update", "github:acme/other/x.yml", "--to", LATER).code == 2


def test_two_policies_share_a_lock(shared: Repository):
    shared.run("update")
    shared.write("inner/.tocsin.yml", POLICY.replace(COMMIT, LATER))
    assert shared.run("update", "--policy", "inner/.tocsin.yml").code == 0
    for policy in (".tocsin.yml", "inner/.tocsin.yml"):
        assert shared.run("check", policy).code == 0
        assert shared.run("update", "--check", "--policy", policy).code == 0
    shared.write("inner/.tocsin.yml", "channels: {}\nnotifications: []\n")
    shared.run("update", "--policy", "inner/.tocsin.yml")
    lock = (shared.folder / ".tocsin/lock").read_text()
    assert lock.count("sha256") == 3
    assert LATER not in lock
    assert shared.run("check").code == 0


def test_without_a_repository_or_a_policy(tmp_path: Path, repository: Repository):
    assert repository.run("update").code == 3
    (repository.folder / ".git").rmdir()
    repository.write(".tocsin.yml", POLICY)
    assert "in no repository" in repository.run("update").err


def test_an_update_of_nothing(repository: Repository):
    repository.write(".tocsin.yml", "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n")
    said = repository.run("update", "--json")
    assert json.loads(said.out)["changes"] == []
    assert said.code == 0
