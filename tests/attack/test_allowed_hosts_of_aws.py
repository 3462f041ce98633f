"""TOCSIN_ALLOWED_HOSTS holds for all that botocore asks on its own: a machine's service for credentials, and where an instance stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from inprocess import QuickProject
from projects import Project
from servers import Answer, ScriptedServer

pytest.importorskip("boto3")
KEYS = {"AccessKeyId": "AKIAMACHINE", "SecretAccessKey": "x", "Token": "t", "Expiration": "2099-01-01T00:00:00Z", "Code": "Success"}
JSON = {"Content-Type": "application/json"}
CREDENTIALS = Answer(200, json.dumps(KEYS).encode(), JSON)
OK = Answer(200, b'{"MessageId": "0102019abc"}', JSON)
POLICY = """\
channels: {{mail: {{kind: ses, region: eu-west-1, endpoint_url: "{url}", from: ci@example.com}}}}
notifications: [{{on: failure, send_to: dev@example.com}}]
delivery: {{attempts: 1}}
"""
PROFILE = "[default]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = {source}\n"


class Machine(NamedTuple):
    """A job, SES at `localhost`, and the machine's own service at 127.0.0.1."""

    project: Project
    amazon: ScriptedServer
    own: ScriptedServer
    home: Path

    def send(self, **env: str) -> tuple[str, str | None]:
        given = {"HOME": str(self.home), "AWS_EC2_METADATA_DISABLED": "true", **env}
        rows = self.project.send(env={name: value.format(own=self.own.url("")) for name, value in given.items()}).rows()
        outcome, reason = rows["dev@example.com"]
        return outcome, reason


@pytest.fixture(params=[QuickProject])
def machine(tmp_path, request) -> Iterator[Machine]:
    with ScriptedServer(OK) as amazon, ScriptedServer(Answer(200, b"role"), Answer(200, b"role"), CREDENTIALS) as own:
        for folder in ("payments", "home"):
            (tmp_path / folder).mkdir()
        project = request.param(tmp_path / "payments")
        project.policy(POLICY.format(url=amazon.url("").replace("127.0.0.1", "localhost")))
        yield Machine(project, amazon, own, tmp_path / "home")


INSTANCE = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "{own}"}
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{own}/keys"}


@pytest.mark.parametrize(
    ("env", "host"),
    [
        (INSTANCE, "127.0.0.1"),
        (CONTAINER, "127.0.0.1"),
        ({"AWS_EC2_METADATA_DISABLED": "false"}, "169.254.169.254"),
        ({"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, "fd00:ec2::254"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/keys"}, "169.254.170.2"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/keys", **CONTAINER}, "169.254.170.2"),
    ],
)
def test_a_machines_service_that_the_list_leaves_out_is_not_asked(machine, env, host):
    outcome, reason = machine.send(TOCSIN_ALLOWED_HOSTS="localhost", **env)
    assert (outcome, machine.own.requests, machine.amazon.requests) == ("failed", [], [])
    assert reason.startswith(f"no AWS credentials: host {host}, which would give this machine's, is not among TOCSIN_ALLOWED_HOSTS")


@pytest.mark.parametrize(("source", "env"), [("Ec2InstanceMetadata", INSTANCE), ("EcsContainer", CONTAINER)])
def test_neither_is_it_asked_for_a_profile(machine, source, env):
    (machine.home / "aws").write_text(PROFILE.format(source=source))
    outcome, reason = machine.send(TOCSIN_ALLOWED_HOSTS="localhost", AWS_CONFIG_FILE=str(machine.home / "aws"), **env)
    assert (outcome, machine.own.requests) == ("failed", [])
    assert "127.0.0.1, which would give this machine's, is not among TOCSIN_ALLOWED_HOSTS" in reason


@pytest.mark.parametrize("uri", ["http://localhost\\@127.0.0.1/", "http://localhost@127.0.0.1 /", "http://[::1"])
def test_an_address_that_reads_in_two_ways_is_not_asked(machine, uri):
    outcome, reason = machine.send(TOCSIN_ALLOWED_HOSTS="localhost", AWS_CONTAINER_CREDENTIALS_FULL_URI=uri)
    assert (outcome, machine.own.requests) == ("failed", [])
    assert reason.startswith("no AWS credentials: the address of this machine's service for them ")


def test_an_instance_is_not_asked_where_it_stands(machine):
    """By the defaults mode `auto`, with keys that need no service."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAOURS", "AWS_SECRET_ACCESS_KEY": "x"}
    assert machine.send(TOCSIN_ALLOWED_HOSTS="localhost", AWS_DEFAULTS_MODE="auto", **INSTANCE, **keys) == ("delivered", None)
    assert machine.own.requests == []


@pytest.mark.parametrize("allowed", [{}, {"TOCSIN_ALLOWED_HOSTS": "localhost 127.*"}])
def test_what_is_allowed_still_gives_the_keys(machine, allowed):
    assert machine.send(**allowed, **INSTANCE) == ("delivered", None)
    assert len(machine.own.requests) == 3
    assert "Credential=AKIAMACHINE/" in machine.amazon.requests[0].headers["authorization"]


@pytest.mark.parametrize("machine", [QuickProject, Project], indirect=True, ids=["here", "by itself"])
def test_keys_of_the_environment_need_no_service(machine):
    keys = {"AWS_ACCESS_KEY_ID": "AKIAOURS", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "false"}
    assert machine.send(TOCSIN_ALLOWED_HOSTS="localhost", **keys) == ("delivered", None)
