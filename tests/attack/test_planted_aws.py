"""AWS's settings that a checkout or another step brings: no program is started for credentials, and no file of the checkout is read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import botocore
import pytest
from inprocess import QuickProject
from projects import Project
from servers import Answer, ScriptedServer

pytest.importorskip("boto3")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs scripts of POSIX")
OK = Answer(200, b'{"MessageId": "0102019abc"}', {"Content-Type": "application/json"})
POLICY = """\
channels: {{mail: {{kind: ses, region: eu-west-1, endpoint_url: "{url}", from: ci@example.com}}}}
notifications: [{{on: failure, send_to: dev@example.com}}]
delivery: {{attempts: 1}}
"""


class Job:
    """A repository whose mails go by SES, with credentials that the policy does not name."""

    def __init__(self, folder: Path, amazon: ScriptedServer, project: type[Project] = QuickProject) -> None:
        self.folder, self.amazon, self.home = folder, amazon, folder / "home"
        (folder / "payments").mkdir()
        self.home.mkdir()
        self.project = project(folder / "payments")
        self.project.policy(POLICY.format(url=amazon.url("")))
        self.checkout = self.project.folder
        program = folder / "program"
        program.write_text(
            f"#!/bin/sh\n: >{folder}/ran\n" + """echo '{"Version": 1, "AccessKeyId": "AKIATHEIRS", "SecretAccessKey": "x"}'\n"""
        )
        program.chmod(0o755)
        self.process = f"credential_process = {program}\n"
        self.keys = "aws_access_key_id = AKIA{}\naws_secret_access_key = x\n"

    def send(self, **env: str) -> tuple[str, str | None, str]:
        """Outcome, reason, and whose key the mail was signed with."""
        given = {"HOME": str(self.home), "AWS_EC2_METADATA_DISABLED": "true", "GITHUB_WORKSPACE": str(self.checkout), **env}
        rows = self.project.send(env=given).rows()
        signed = "".join(dict(request.headers).get("authorization", "") for request in self.amazon.requests)
        assert not (self.folder / "ran").exists(), "a program was started"
        return (*rows["dev@example.com"], signed.partition("Credential=")[2].partition("/")[0])


@pytest.fixture(params=[QuickProject])
def job(tmp_path: Path, request: pytest.FixtureRequest):
    with ScriptedServer(OK) as amazon:
        yield Job(tmp_path, amazon, request.param)


BOTH = pytest.mark.parametrize("job", [QuickProject, Project], indirect=True, ids=["here", "by itself"])


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_no_program_is_started_for_credentials(job, name):
    """Neither of a profile nor of the one that it takes its credentials from."""
    write(job.home / ".aws" / name, f"[default]\n{job.process}")
    source = write(
        job.home / "aws",
        f"[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = x\n[profile x]\n{job.process}",
    )
    outcome, reason, key = job.send()
    assert (outcome, key) == ("failed", "")
    assert "no AWS credentials" in reason
    assert "no credential_process is run" in reason
    assert job.send(AWS_CONFIG_FILE=str(source))[0] == "failed"


@pytest.mark.parametrize(
    "env",
    [
        {"AWS_CONFIG_FILE": "{checkout}/.aws/config"},
        {"AWS_CONFIG_FILE": ".aws/config"},
        {"AWS_SHARED_CREDENTIALS_FILE": "{checkout}/.aws/credentials"},
        {"AWS_SHARED_CREDENTIALS_FILE": "{home}/link"},
        {"HOME": "{checkout}"},
        {"BOTO_CONFIG": "{checkout}/.boto"},
    ],
)
def test_no_file_of_the_checkout_gives_credentials(job, env):
    for name in ("config", "credentials"):
        write(job.checkout / ".aws" / name, f"[default]\n{job.keys.format('THEIRS')}")
    write(job.checkout / ".boto", f"[Credentials]\n{job.keys.format('THEIRS')}")
    (job.home / "link").symlink_to(job.checkout / ".aws" / "credentials")
    given = {name: value.format(checkout=job.checkout, home=job.home) for name, value in env.items()}
    outcome, _, key = job.send(**given)
    assert (outcome, key) == ("failed", "")
    ours = {"AWS_ACCESS_KEY_ID": "AKIAOURS", "AWS_SECRET_ACCESS_KEY": "x"}
    if "HOME" in env:
        assert job.send(**given, **ours)[::2] == ("delivered", "AKIAOURS")


@BOTH
def test_the_users_own_files_still_give_credentials(job):
    write(job.home / ".aws" / "config", f"[profile ci]\n{job.keys.format('OURS')}")
    assert job.send(AWS_PROFILE="ci")[::2] == ("delivered", "AKIAOURS")


@pytest.mark.parametrize("env", [{"HOME": "{checkout}"}, {"AWS_DATA_PATH": "{checkout}/.aws/models"}])
def test_a_model_of_the_service_is_boto3_s_own(job, env):
    """One of the checkout's could send the mail, and the session's token, to a host of its own."""
    with ScriptedServer(OK) as theirs:
        root = Path(botocore.__file__).parent / "data" / "sesv2"
        [version] = [place for place in root.iterdir() if place.is_dir()]
        rules = {
            "version": "1.0",
            "parameters": {},
            "rules": [{"conditions": [], "type": "endpoint", "endpoint": {"url": theirs.url("").rstrip("/")}}],
        }
        place = job.checkout / ".aws" / "models" / "sesv2" / "2099-01-01"
        write(place / "endpoint-rule-set-1.json", json.dumps(rules))
        for model in version.iterdir():
            if model.name.startswith("service-2.json"):
                write(place / model.name, "").write_bytes(model.read_bytes())
        given = {name: value.format(checkout=job.checkout) for name, value in env.items()}
        job.send(AWS_ACCESS_KEY_ID="AKIAOURS", AWS_SECRET_ACCESS_KEY="x", **given)
        assert (len(theirs.requests), len(job.amazon.requests)) == (0, 1)
