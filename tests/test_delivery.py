"""What servers can do to a delivery, proved with scripted ones at the command line: verdicts, retries, limits, trust."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
import trustme
from servers import Answer, ScriptedServer

from tocsin.network import load_system_store

OK = Answer(200, b"ok")
HOOK = """\
channels:
  hook: {kind: webhook, url: "${HOOK_URL}"}
notifications: [{on: failure, send_to: hook}]
delivery: {timeout: %s, attempts: %s, budget: %s}
"""


def hook(project, server, *, timeout=5, attempts=3, budget=20, env=None):
    """Send to one webhook and give its row of the report."""
    project.policy(HOOK % (timeout, attempts, budget))
    result = project.send(env={"HOOK_URL": server if isinstance(server, str) else server.url("/hook"), **(env or {})})
    assert result.code == 0, result.err
    [row] = result.report["deliveries"]
    return row


@pytest.mark.parametrize("first", [500, 502, 503, 429, 408])
def test_a_passing_fault_is_repeated_with_the_same_key(project, first):
    with ScriptedServer(Answer(first), OK) as server:
        row = hook(project, server)
    assert (row["outcome"], row["attempts"]) == ("delivered", 2)
    keys = [request.headers["webhook-id"] for request in server.requests]
    assert keys[0] == keys[1]
    assert server.requests[0].body == server.requests[1].body


@pytest.mark.parametrize("behaviour", ["close", "reset", "malformed"])
def test_a_broken_connection_is_repeated(project, behaviour):
    with ScriptedServer(Answer(behaviour=behaviour), OK) as server:
        row = hook(project, server)
    assert (row["outcome"], row["attempts"]) == ("delivered", 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 301, 302, 307])
def test_a_final_answer_is_not_repeated(project, status):
    with ScriptedServer(Answer(status, b"go away", {"Location": "http://127.0.0.1:1/"})) as server:
        row = hook(project, server)
    assert (row["outcome"], row["attempts"], len(server.requests)) == ("failed", 1, 1)
    assert str(status) in row["reason"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success_for_a_webhook(project, status):
    with ScriptedServer(Answer(status, b"" if status == 204 else b"<html>whatever")) as server:
        assert hook(project, server)["outcome"] == "delivered"


def test_retry_after_within_the_budget_is_kept(project):
    with ScriptedServer(Answer(429, headers={"Retry-After": "0.2"}), OK) as server:
        row = hook(project, server)
    assert (row["outcome"], row["attempts"]) == ("delivered", 2)
    assert row["seconds"] >= 0.2


def test_retry_after_beyond_the_budget_ends_the_delivery_at_once(project):
    with ScriptedServer(Answer(429, headers={"Retry-After": "3600"}), OK) as server:
        row = hook(project, server)
    assert (row["outcome"], len(server.requests)) == ("failed", 1)
    assert "3600" in row["reason"]


def test_attempts_are_counted_and_given_up(project):
    with ScriptedServer(Answer(500)) as server:
        row = hook(project, server, attempts=2)
    assert (row["outcome"], row["attempts"], len(server.requests)) == ("failed", 2, 2)


@pytest.mark.parametrize("behaviour", ["answer", "drip", "endless"])
def test_a_slow_server_holds_up_nobody_and_no_longer_than_its_time(project, behaviour):
    project.policy(
        'channels: {slow: {kind: webhook, url: "${SLOW_URL}"}, quick: {kind: slack, url: "${QUICK_URL}"}}\n'
        "notifications: [{on: failure, send_to: [slow, quick]}]\ndelivery: {timeout: 3, attempts: 1}\n"
    )
    held = threading.Event()
    with (
        ScriptedServer(Answer(200, b"x" * 4096, hold=None if behaviour == "endless" else held, behaviour=behaviour)) as slow,
        ScriptedServer(OK) as quick,
    ):
        result = project.send(env={"SLOW_URL": slow.url(), "QUICK_URL": quick.url()})
        rows = result.rows()
        assert rows["quick"] == ("delivered", None)
        if behaviour == "endless":
            assert rows["slow"][0] == "delivered"  # its status was a success; its body is cut off
        else:
            assert rows["slow"][0] == "failed"
            assert not held.is_set()  # the program ended by itself
            seconds = {row["recipient"]: row["seconds"] for row in result.report["deliveries"]}
            assert seconds["quick"] < seconds["slow"]


def test_headers_that_drip_end_with_the_attempt(project):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not ended.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        row = hook(project, f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=0.5, attempts=1)
        ended.set()
        thread.join()
    assert row["outcome"] == "failed"
    assert "0.5 s" in row["reason"]


def test_the_budget_ends_everything_and_every_delivery_has_its_row(project):
    names = [f"c{number}" for number in range(70)]
    channels = "".join(f'  {name}: {{kind: webhook, url: "${{HOOK_URL}}"}}\n' for name in names)
    project.policy(f"channels:\n{channels}notifications: [{{on: failure, send_to: [{', '.join(names)}]}}]\ndelivery: {{budget: 1.5}}\n")
    with ScriptedServer(Answer(hold=threading.Event())) as server:
        result = project.send(env={"HOOK_URL": server.url()})
    assert sorted(row["recipient"] for row in result.report["deliveries"]) == sorted(names)
    assert {row["outcome"] for row in result.report["deliveries"]} == {"failed"}
    assert all("budget" in row["reason"] for row in result.report["deliveries"])


def test_a_refused_connection_and_an_unknown_host(project):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "refused" in hook(project, f"http://127.0.0.1:{port}/", attempts=1)["reason"]
    assert "resolved" in hook(project, "http://no-such-host.invalid/", attempts=1)["reason"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "no url", "http://", "http://[::1", "http://127.0.0.1:port/"])
def test_a_variable_that_holds_no_url(project, url):
    row = hook(project, url)
    assert row["outcome"] == "failed"
    assert "URL" in row["reason"]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secure(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    with ScriptedServer(OK, tls=context) as server:
        yield server


def test_a_certificate_that_does_not_verify_is_final(project, secure):
    row = hook(project, secure)
    assert (row["outcome"], row["attempts"], secure.requests) == ("failed", 1, [])
    assert "TOCSIN_CA_FILE" in row["reason"]


@pytest.mark.parametrize("variable", ["TOCSIN_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_private_authority_is_trusted_where_it_is_named(project, secure, authority, variable):
    authority.cert_pem.write_to_path(str(project.folder / "ca.pem"))
    assert hook(project, secure, env={variable: "ca.pem"})["outcome"] == "delivered"


def test_an_unreadable_authority_is_a_reason(project, secure):
    row = hook(project, secure, env={"TOCSIN_CA_FILE": "missing.pem"})
    assert row["outcome"] == "failed"
    assert "missing.pem" in row["reason"]


def test_a_proxy_is_used_but_where_no_proxy_says_not_to(project):
    with ScriptedServer(OK) as proxy, ScriptedServer(OK) as server:
        assert hook(project, "http://hooks.example.com/x", env={"HTTP_PROXY": proxy.url("")})["outcome"] == "delivered"
        assert proxy.requests[0].path == "http://hooks.example.com/x"
        assert hook(project, server, env={"http_proxy": proxy.url(""), "NO_PROXY": "127.0.0.1"})["outcome"] == "delivered"
        assert (len(proxy.requests), len(server.requests)) == (1, 1)


def test_allowed_hosts(project):
    with ScriptedServer(OK) as server:
        row = hook(project, server, env={"TOCSIN_ALLOWED_HOSTS": "*.example.com, hooks.slack.com"})
        assert (row["outcome"], server.requests) == ("failed", [])
        assert "TOCSIN_ALLOWED_HOSTS" in row["reason"]
        assert hook(project, server, env={"TOCSIN_ALLOWED_HOSTS": "127.*"})["outcome"] == "delivered"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_rest_and_the_report_is_written(project, number, code):
    project.policy(
        'channels: {slow: {kind: webhook, url: "${SLOW_URL}"}, quick: {kind: slack, url: "${QUICK_URL}"}}\n'
        "notifications: [{on: failure, send_to: [slow, quick]}]\n"
    )
    with ScriptedServer(Answer(hold=threading.Event())) as slow, ScriptedServer(OK) as quick:
        process = subprocess.Popen(
            project.command("send", "completion", "--status", "failure", "--report", "report.json"),
            cwd=project.folder,
            env=project.environment({"SLOW_URL": slow.url(), "QUICK_URL": quick.url()}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        slow.arrived.acquire()
        quick.arrived.acquire()
        os.kill(process.pid, number)
        _, err = process.communicate()
    assert process.returncode == code, err
    rows = {row["recipient"]: (row["outcome"], row["reason"]) for row in project.report()["deliveries"]}
    assert rows["quick"][0] == "delivered"
    assert rows["slow"][0] == "failed"
    assert number.name in rows["slow"][1]


def test_a_time_out_whose_fate_is_unknown_is_repeated_with_one_key(project):
    with ScriptedServer(Answer(hold=threading.Event()), OK) as server:
        row = hook(project, server, timeout=2)  # enough for the second attempt on a busy machine
        assert (row["outcome"], row["attempts"]) == ("delivered", 2)
        assert server.requests[0].headers["webhook-id"] == server.requests[1].headers["webhook-id"]


def test_two_runs_and_two_destinations_have_their_own_keys(project):
    with ScriptedServer(OK) as server:
        project.policy(
            'channels: {a: {kind: webhook, url: "${U}"}, b: {kind: webhook, url: "${U}"}}\nnotifications: [{on: failure, send_to: [a, b]}]\n'
        )
        for run in ("1", "2"):
            project.send(env={"U": server.url(), "GITHUB_RUN_ID": run})
        assert len({request.headers["webhook-id"] for request in server.requests}) == 4
        project.send(env={"U": server.url(), "GITHUB_RUN_ID": "2"})
        assert len({request.headers["webhook-id"] for request in server.requests}) == 4


def test_a_secret_with_a_line_break_ends_as_words(project):
    project.policy(
        'channels: {hook: {kind: webhook, url: "${HOOK_URL}", headers: {Authorization: "Bearer ${TOKEN}"}}}\n'
        "notifications: [{on: failure, send_to: hook}]\n"
    )
    with ScriptedServer(OK) as server:
        result = project.send(env={"HOOK_URL": server.url(), "TOKEN": "s3cr3t\r\nX-Evil: 1"})
        assert result.rows()["hook"][0] == "failed"
        assert "s3cr3t" not in result.out + result.err + json.dumps(result.report)
        result = project.send(env={"HOOK_URL": server.url(), "TOKEN": "s3cr3t\n"})
        assert result.rows()["hook"] == ("delivered", None)
        assert server.requests[-1].headers["authorization"] == "Bearer s3cr3t"


def test_a_private_authority_adds_to_the_system_s_store(authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))  # which OpenSSL by itself reads in the place of the system's bundle
    paths = ssl.get_default_verify_paths()
    system = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if Path(paths.openssl_cafile).is_file():
        system.load_verify_locations(paths.openssl_cafile)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    load_system_store(context)
    assert context.get_ca_certs() == system.get_ca_certs()
