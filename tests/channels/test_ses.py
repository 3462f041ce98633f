"""Mail by Amazon SES: a server that does as SES does (moto), and a scripted one for everything SES may say."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import re
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import pytest
import trustme
from events import EVERY, RULES, SAMPLES
from moto.server import ThreadedMotoServer
from pydantic import ValidationError
from servers import Answer, ScriptedServer, redactor

from tocsin.channels import ses
from tocsin.clock import Clock
from tocsin.http import Transport
from tocsin.message import compose
from tocsin.network import Network, NoAnswer
from tocsin.shared_connection import SharedConnection
from tocsin.verdict import Delivered, Failed, Retry

CASES = sorted((Path(__file__).parents[1] / "cases" / "mails" / "ses").glob("*.json"))
NAMES = {Delivered: "delivered", Retry: "retry", Failed: "failed"}
SECRETS = {"ID": "AKIAEXAMPLE0000000", "SECRET": "SECRETKEY", "TOKEN": "TOKENTOKEN"}
KEYS = {"access_key_id": "${ID}", "secret_access_key": "${SECRET}"}
OK = Answer(200, b'{"MessageId": "0102019abc"}', {"Content-Type": "application/json"})


@pytest.fixture(autouse=True)
def _no_account_of_this_machine(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def amazon():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    account = boto3.client("ses", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    account.verify_email_identity(EmailAddress="ci@example.com")
    account.close()
    yield url
    server.stop()


def options(url=None, keys=KEYS, **more):
    values = {"kind": "ses", "region": "eu-west-1", "from": "CI <ci@example.com>", "endpoint_url": url, **keys, **more}
    return ses.Options.model_validate(values).resolved(SECRETS)


def mail(recipient="dev@example.com", event=SAMPLES["failure-cd"], **more):
    return {**ses.render(compose(event)._replace(rules=RULES, recipient=recipient), options()), **more}


def attempt(payload, settings, network=None, kept=None, timeout=10.0):
    """One attempt, as the delivery loop makes it."""
    transport = Transport(network or Network(), "key", time.monotonic() + timeout, Clock(), kept, redactor(*SECRETS.values()))
    try:
        return ses.send(payload, settings, transport)
    except NoAnswer as error:
        return (Retry if error.retry else Failed)(error.reason)


def taken(url):
    """The mails that moto has taken."""
    with urllib.request.urlopen(f"{url}/moto-api/data.json") as answer:
        return {mail["id"]: mail for mail in json.load(answer)["ses"]["RawMessage"]}


def test_every_mail_arrives_whole(amazon):
    kept = SharedConnection()
    sent = {name: (mail(event=event), attempt(mail(event=event), options(amazon), kept=kept)) for name, event in EVERY.items()}
    arrived = taken(amazon)
    for name, (payload, verdict) in sent.items():
        assert isinstance(verdict, Delivered), name
        message = email.message_from_string(arrived[verdict.receipt["message_id"]]["raw_data"], policy=email.policy.default)
        assert not [part.defects for part in message.walk() if part.defects]
        assert message["Subject"] == payload["subject"]
        assert message.get_body(("html",)).get_content().splitlines() == payload["html"].splitlines()


def test_a_sender_that_is_not_verified_is_refused(amazon):
    verdict = attempt(mail(**{"from": "stranger@example.com"}), options(amazon))
    assert isinstance(verdict, Failed)
    assert "MessageRejected" in verdict.reason
    assert "stranger@example.com" in verdict.reason


@pytest.fixture(scope="module")
def service():
    """A scripted server and what a lane keeps for it: a client takes long to make."""
    with ScriptedServer(OK) as server:
        yield server, SharedConnection()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_an_answer_means(path, service):
    case = json.loads(path.read_text(encoding="utf-8"))
    server, kept = service
    server.script(Answer(**{**case["answer"], "body": case["answer"].get("body", "").encode()}))
    verdict = attempt(mail(), options(server.url("")), kept=kept)
    assert NAMES[type(verdict)] == case["verdict"], verdict
    assert len(server.requests) == 1, "the delivery loop repeats, not boto3"
    if not isinstance(verdict, Delivered):
        assert re.search(case["reason"], verdict.reason), verdict.reason
        assert verdict.reason.isprintable()
        assert len(verdict.reason) <= 400
        assert not any(secret in verdict.reason for secret in SECRETS.values())
    if isinstance(verdict, Retry):
        assert verdict.after == case.get("after")


def test_the_request(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEMACHINE")
    with ScriptedServer(OK) as server:
        settings = options(server.url(""), {**KEYS, "session_token": "${TOKEN}"}, configuration_set="audit")
        assert attempt(mail(), settings) == Delivered({"message_id": "0102019abc"})
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/v2/email/outbound-emails")
    assert "Credential=AKIAEXAMPLE0000000/" in request.headers["authorization"]
    assert "/eu-west-1/ses/aws4_request" in request.headers["authorization"]
    assert request.headers["x-amz-security-token"] == "TOKENTOKEN"
    body = request.json()
    assert body["Destination"] == {"ToAddresses": ["dev@example.com"]}
    assert (body["FromEmailAddress"], body["ConfigurationSetName"]) == ("ci@example.com", "audit")
    assert b"To: dev@example.com\r\n" in base64.b64decode(body["Content"]["Raw"]["Data"])


def test_no_answer_in_time():
    with ScriptedServer(Answer(behaviour="drip")) as server:
        verdict = attempt(mail(), options(server.url("")), timeout=0.3)
    assert verdict == Retry("no answer from 127.0.0.1 in time")


def test_a_channel_has_one_client():
    kept, clients = SharedConnection(), []
    with ScriptedServer(OK) as server:
        for _ in range(2):
            attempt(mail(), options(server.url("")), kept=kept)
            clients.append(kept.get(lambda _: None))
    assert clients[0] is clients[1] is not None


def test_trust_is_the_networks_own(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "none.pem"))
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with ScriptedServer(OK, tls=context) as server:
        unknown = attempt(mail(), options(server.url("")))
        assert server.requests == []
        assert isinstance(attempt(mail(), options(server.url("")), Network(ca_files=(str(tmp_path / "ca.pem"),))), Delivered)
    assert isinstance(unknown, Failed)
    assert "does not verify" in unknown.reason


def test_the_proxy_is_the_networks_own():
    with ScriptedServer(OK) as proxy:
        verdict = attempt(mail(), options("http://ses.example.com"), Network(proxies={"http": proxy.url("")}))
    assert isinstance(verdict, Delivered)
    assert proxy.requests[0].path == "http://ses.example.com/v2/email/outbound-emails"


def test_only_allowed_hosts_are_spoken_to(monkeypatch):
    network = Network(allowed_hosts=("*.example.com",))
    expected = Failed("host email.eu-west-1.amazonaws.com is not among TOCSIN_ALLOWED_HOSTS")
    assert attempt(mail(), options(), network) == expected
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://ses.example.com")
    assert attempt(mail(), options(), network) == expected, "only the policy names another endpoint"


def test_keys_in_the_policy_need_no_file(monkeypatch, tmp_path):
    (tmp_path / "broken").write_text("[profile\n= x")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "broken"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with ScriptedServer(OK) as server:
        assert isinstance(attempt(mail(), options(server.url(""))), Delivered)


@pytest.mark.parametrize("content", [b"[profile\n= x", b"\xff\xfe\x00", b"[default]\nregion"])
def test_without_keys_a_broken_file_has_words(monkeypatch, tmp_path, content):
    (tmp_path / "broken").write_bytes(content)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "broken"))
    with ScriptedServer(OK) as server:
        verdict = attempt(mail(), options(server.url(""), {}))
    assert isinstance(verdict, Failed)
    assert "AWS" in verdict.reason
    assert server.requests == []


def test_without_keys_an_unknown_profile_has_words(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert attempt(mail(), options("http://127.0.0.1:1", {})) == Failed(
        "the AWS configuration of this machine cannot be used (ProfileNotFound): check AWS_PROFILE and the files in ~/.aws"
    )


def test_without_keys_the_environment_counts(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEMACHINE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with ScriptedServer(OK) as server:
        assert isinstance(attempt(mail(), options(server.url(""), {})), Delivered)
    assert "Credential=AKIAOFTHEMACHINE/" in server.requests[0].headers["authorization"]


def test_without_any_credentials_it_says_so_and_soon(monkeypatch):
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "100")
    with ScriptedServer(Answer(behaviour="close")) as metadata, ScriptedServer(OK) as server:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url())
        verdict = attempt(mail(), options(server.url(""), {}))
    assert isinstance(verdict, Failed)
    assert verdict.reason.startswith("no AWS credentials: name access_key_id")
    assert server.requests == []
    assert len(metadata.requests) <= 4


STS = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ASIAOFTHEROLE000</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""


@pytest.fixture
def role(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("eyJ0b2tlbg")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))


def test_a_jobs_role_gives_the_keys_over_the_same_network(monkeypatch, role):
    with ScriptedServer(Answer(200, STS, {"Content-Type": "text/xml"}), OK) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url(""))
        assert isinstance(attempt(mail(), options(server.url(""), {})), Delivered)
        closed = attempt(mail(), options(server.url(""), {}), Network(allowed_hosts=("ses.example.com",)))
    assert "Credential=ASIAOFTHEROLE000/" in server.requests[1].headers["authorization"]
    assert closed == Failed("host 127.0.0.1 is not among TOCSIN_ALLOWED_HOSTS")


DENIED = b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>"


def test_a_role_that_is_denied_has_words(monkeypatch, role):
    with ScriptedServer(Answer(403, DENIED, {"Content-Type": "text/xml"})) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url(""))
        verdict = attempt(mail(), options(server.url(""), {}))
    assert verdict == Failed(
        "AssumeRoleWithWebIdentity is refused: HTTP 403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    )


WITHOUT_BOTO3 = """
import sys, time
sys.modules["boto3"] = None
from tocsin.channels import ses
from tocsin.clock import Clock
from tocsin.http import Transport
from tocsin.network import Network
payload = {"from": "ci@example.com", "to": "dev@example.com", "subject": "s", "text": "t", "html": "h", "headers": {}}
options = ses.Options.model_validate({"kind": "ses", "region": "eu-west-1", "from": "ci@example.com"})
print(ses.send(payload, options, Transport(Network(), "key", time.monotonic() + 5, Clock())).reason)
"""


def test_without_boto3_it_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", WITHOUT_BOTO3], capture_output=True, text=True, check=True)
    assert done.stdout == "boto3 is not installed, which SES needs: pip install boto3\n"


def test_an_address_outside_ascii_is_refused():
    verdict = attempt(mail("josé@example.com"), options("http://127.0.0.1:1"))
    assert verdict == Failed("an address has characters outside ASCII before its @, which SES does not take")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"access_key_id": "${A}"}, "no secret_access_key"),
        ({"secret_access_key": "${A}"}, "no access_key_id"),
        ({"session_token": "${A}"}, "belongs to a temporary key"),
        ({"access_key_id": "AKIAWRITTENOUT", "secret_access_key": "${A}"}, "must not be written into the policy"),
        ({"region": "eu west"}, "not an AWS region"),
        ({"region": "eu-west-1.evil.example/"}, "not an AWS region"),
        ({"region": ""}, "not an AWS region"),
        ({"endpoint_url": "ses.example.com"}, "not an http or https URL"),
        ({"from": "CI"}, "not an email address"),
        ({"secret": "x"}, "Extra inputs"),
    ],
)
def test_options_that_cannot_work_are_errors_of_check(more, words):
    with pytest.raises(ValidationError) as caught:
        ses.Options.model_validate({"kind": "ses", "region": "eu-west-1", "from": "ci@example.com", **more})
    assert words in str(caught.value)
    assert "AKIAWRITTENOUT" not in str(caught.value)


@pytest.mark.parametrize("region", ["", "eu-west-1.evil.example/#", "\r\nHost: x"])
def test_a_region_from_a_variable_is_checked_too(region):
    verdict = attempt(mail(), options(region="${ID}").model_copy(update={"region": region}))
    assert isinstance(verdict, Failed)
    assert "region" in verdict.reason
