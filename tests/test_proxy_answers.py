"""What a proxy says, and what is wrong with the variable that names it: told as the proxy's, with its login nowhere."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinds import HTTP_KINDS, VALUES, configured
from projects import GITHUB
from servers import Answer, ScriptedServer, transport

from tocsin.address import AddressError
from tocsin.network import Network, NoAnswer
from tocsin.proxy import login_secrets, read_proxy

LOGIN = ("ada", "p4ss/w%rd:@ü")
WRITTEN = "ada:p4ss%2Fw%25rd%3A%40%C3%BC"


def policy(url: str) -> str:
    """A channel of every kind behind HTTP, and SES."""
    channels = {kind: configured(kind, url) for kind in HTTP_KINDS}
    aws = {"kind": "ses", "region": "eu-west-1", "from": "a@b.c", "access_key_id": "${U}", "secret_access_key": "${U}"}
    to = [*channels, {"email": "dev@example.com", "via": "aws"}]
    return json.dumps(
        {"channels": {**channels, "aws": aws}, "notifications": [{"on": "failure", "send_to": to}], "delivery": {"attempts": 1}}
    )


@contextmanager
def refusing_proxy(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that gives every request this answer; what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    asked.append(client.recv(65536))
                    client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("status", "reason", "retry"),
    [
        (407, r"^the proxy for h\.example asks for a login, or refuses this one \(HTTP 407\): write it into the proxy's address", False),
        (403, r"^the proxy for h\.example refuses to reach it \(HTTP 403\): ask its administrator, or name the host in NO_PROXY$", False),
        (405, r"^the proxy for h\.example refuses to reach it \(HTTP 405\)", False),
        (429, r"^the proxy for h\.example cannot reach it \(HTTP 429\)$", True),
        (502, r"^the proxy for h\.example cannot reach it \(HTTP 502\)$", True),
        (503, r"^the proxy for h\.example cannot reach it \(HTTP 503\)$", True),
        (504, r"^the proxy for h\.example cannot reach it \(HTTP 504\)$", True),
    ],
)
def test_a_proxy_that_opens_no_tunnel(status: int, reason: str, retry: bool):
    with refusing_proxy(b"HTTP/1.1 %d s3cr3t\r\nContent-Length: 6\r\n\r\ns3cr3t" % status) as (port, _):
        network = Network({"https": f"http://ada:pa55@127.0.0.1:{port}"})
        with pytest.raises(NoAnswer, match=reason) as refused:
            transport(network=network).request("POST", "https://h.example/s3cr3t", b"x", {})
    assert refused.value.retry is retry
    assert not any(word in refused.value.reason for word in ("s3cr3t", "pa55"))


def test_a_proxy_without_a_tunnel_answers_for_the_host():
    with ScriptedServer(Answer(407, b"who are you?"), Answer(502, b"no way")) as proxy:
        network = Network({"http": f"http://127.0.0.1:{proxy.port}"})
        with pytest.raises(NoAnswer, match=r"^the proxy for h\.example asks for a login") as refused:
            transport(network=network).request("POST", "http://h.example/", b"x", {})
        assert refused.value.retry is False
        answer = transport(network=network).request("POST", "http://h.example/", b"x", {})
        assert (answer.status, answer.by_proxy) == (502, True)
    with ScriptedServer(Answer(407)) as server:
        answer = transport().request("POST", server.url(), b"x", {})
        assert (answer.status, answer.by_proxy) == (407, False)


@pytest.mark.parametrize(
    ("variable", "proxy"),
    [("HTTPS_PROXY", "http://[::1"), ("https_proxy", "http://a b"), ("ALL_PROXY", "http://h:port"), ("all_proxy", "ftp://h:1"), ("HTTPS_PROXY", "://"),
     ("HTTPS_PROXY", "http://u:p/w@h:1"), ("HTTPS_PROXY", "h:99999")],
)  # fmt: skip
def test_a_proxy_that_is_no_address_is_a_reason_of_each_delivery(project, variable: str, proxy: str):
    project.policy(policy("https://hooks.example.com/${U}"))
    result = project.send(env={**VALUES, "U": "value-of-u", variable: proxy})
    rows = (result.report or {})["deliveries"]
    assert result.code == 0
    assert {(row["kind"], row["outcome"], row["attempts"]) for row in rows} == {(kind, "failed", 1) for kind in (*HTTP_KINDS, "ses")}
    for row in rows:
        assert row["reason"].startswith("the proxy in HTTPS_PROXY or ALL_PROXY "), row


@pytest.mark.parametrize("words", ["action main", "explain completion --status failure", "check", "context completion --status failure"])
def test_a_proxy_that_is_no_address_ends_no_command(project, words: str):
    project.policy(policy("https://hooks.example.com/${U}"))
    assert project.run(*words.split(), env={**VALUES, "U": "value-of-u", "HTTPS_PROXY": "http://ada:pa55@[::1"}).code == 0


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_told_for_ses_too(project, scheme: str):
    project.policy(policy("https://hooks.example.com/${U}"))
    result = project.send(env={**VALUES, "U": "value-of-u", "ALL_PROXY": f"{scheme}://ada:pa55word@127.0.0.1:1080"})
    rows = (result.report or {})["deliveries"]
    assert {(row["outcome"], row["attempts"]) for row in rows} == {("failed", 1)}
    assert all(row["reason"].startswith("SOCKS proxies are not supported") for row in rows), rows
    assert "pa55word" not in result.out + result.err + json.dumps(result.report)


@pytest.mark.parametrize(
    "ci", [GITHUB, {}, {"GITLAB_CI": "true", "CI_PROJECT_PATH": "a/b"}, {"JENKINS_URL": "http://j/", "BUILD_URL": "http://j/job/a/1/"}]
)
def test_the_login_of_a_proxy_is_shown_nowhere(project, ci: dict[str, str]):
    """A proxy, or a server behind it, may repeat what it was sent."""
    user, password = LOGIN
    sent = b64encode(f"{user}:{password}".encode()).decode()
    body = f"no: {password} / {WRITTEN} / {sent}"
    with ScriptedServer(Answer(403, body.encode())) as proxy:
        project.policy('channels: {x: {kind: webhook, url: "http://h.example/"}}\nnotifications: [{on: failure, send_to: x}]\n')
        result = project.send(env={"HTTP_PROXY": f"http://{WRITTEN}@127.0.0.1:{proxy.port}"}, ci=ci)
    [request] = proxy.requests
    assert request.headers["proxy-authorization"] == f"Basic {sent}"
    shown = result.out + result.err + json.dumps(result.report, ensure_ascii=False)
    reason = result.rows()["x"][1]
    assert reason.startswith("HTTP 403 from the proxy or through it: no")
    assert reason.endswith("*** / *** / ***")
    for secret in (password, WRITTEN.partition(":")[2], sent):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "url", "login"),
    [
        ("proxy.example:3128", "http://proxy.example:3128", None),
        ("HTTP://Proxy.example:3128/", "http://proxy.example:3128/", None),
        ("https://u:p@h", "https://h", "u:p"),
        ("u:p@h:1", "http://h:1", "u:p"),
        ("http://u%40d:p%3A@h:1", "http://h:1", "u@d:p:"),
        ("http://DOMAIN\\u:p@h:1", "http://h:1", "DOMAIN\\u:p"),
        ("http://token@h:1", "http://h:1", "token:"),
        ("http://u:p@ss@h:1", "http://h:1", "u:p@ss"),
        ("http://[::1]:1", "http://[::1]:1", None),
        (" http://h:1 ", "http://h:1", None),
    ],
)
def test_a_proxy_s_address(text: str, url: str, login: str | None):
    address, got = read_proxy(text)
    assert (address.url, got) == (url, login)


@given(st.text() | st.text("a:/@[]?#% \\é\ud800").map("http://{}".format))
def test_the_secrets_of_any_proxy_can_be_named(text: str):
    """Be it an address or not: what is masked is looked for before anything is said of it."""
    secrets = Network({"http": text}).secrets()
    assert secrets == login_secrets(text)
    try:
        _, login = read_proxy(text)
    except AddressError:
        return
    if login is not None and login.isprintable():
        assert login.removesuffix(":") in ("", *secrets) or login in secrets
    assert all(secret.encode() for secret in secrets)
