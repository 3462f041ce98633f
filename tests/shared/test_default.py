"""An organisation's default at an address, and at a commit of a project of GitLab's."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from base_server import COMMIT, Files, Repository
from servers import Answer

POLICY = "channels: {team: {kind: slack}}\nnotifications: [{on: failure, send_to: team}]\n"


def told(repository: Repository, default: str, **env: str) -> tuple[int, str]:
    said = repository.run(
        "send",
        "completion",
        "--status",
        "failure",
        "--dry-run",
        env={"TOCSIN_DEFAULT_POLICY": default, "SLACK_WEBHOOK_URL": "https://hooks.slack.com/x", **env},
    )
    return said.code, said.out + said.err


def test_at_an_address(repository: Repository, tls: tuple[Files, Path]):
    web, authority = tls
    web.put("/org.yml", POLICY)
    default = f"https://127.0.0.1:{web.port}/org.yml#sha256={sha256(POLICY.encode()).hexdigest()}"
    code, said = told(repository, default, TOCSIN_CA_FILE=str(authority))
    assert code == 0
    assert said.startswith("skipped    team  slack  dry run: it would have been sent\n")
    assert not {"authorization", "private-token"} & web.requests[0].headers.keys()
    web.put("/org.yml", f"{POLICY}#")
    code, said = told(repository, default, TOCSIN_CA_FILE=str(authority))
    assert (code, "its text is not the one whose SHA-256 is in the variable" in said) == (0, True)


def test_in_a_project_of_gitlab_s(repository: Repository, server: Files):
    server.gitlab("acme/ci", "org.yml", POLICY)
    code, said = told(repository, f"gitlab:acme/ci//org.yml@{COMMIT}")
    assert (code, "team  slack  dry run: it would have been sent" in said) == (0, True)
    assert server.requests[0].headers["private-token"] == "gl-HUNTER2"
    for answer, words in (
        (Answer(403, b"{}"), "HTTP 403"),
        (Answer(302, b"", {"Location": "/x"}), "redirects"),
        (Answer(200, b"#" * 5_000_000), "too large"),
    ):
        server.files = dict.fromkeys(server.files, answer)
        code, said = told(repository, f"gitlab:acme/ci//org.yml@{COMMIT}")
        assert code == 0
        assert "nothing is sent: the default policy gitlab:acme/ci//org.yml cannot be had: " in said
        assert words in said


def test_its_files_lie_in_its_repository(repository: Repository, server: Files):
    channel = "audit: {kind: webhook, url: 'https://audit.example.com/', payload_file: %s}"
    policy = "channels: {%s}\nnotifications: [{on: failure, send_to: audit}]\n"
    server.github("acme/ci", "my payload.json", '{"a": 1}')
    server.put(f"/user?ref={COMMIT}", '{"login": "ada"}')
    for file, words in (("my payload.json", "would have been sent"), ("../../../../user", "leads out of its repository")):
        server.github("acme/ci", "org.yml", policy % (channel % file))
        assert words in told(repository, f"github:acme/ci/org.yml@{COMMIT}")[1]
    assert {request.path.partition("?")[0] for request in server.requests} == {
        "/repos/acme/ci/contents/org.yml",
        "/repos/acme/ci/contents/my%20payload.json",
    }
