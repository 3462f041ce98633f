"""Where anything may be sent, by which proxy, and whom TLS trusts."""

from __future__ import annotations

import socket
import ssl
import sys
from typing import Any, cast

import pytest
import trustme
import truststore  # noqa: F401  before a test plays another system, by which it chooses what it is
from servers import Answer, ScriptedServer, transport
from urllib3 import exceptions

from tocsin.network import Network, NoAnswer, certificate_refused, load_system_store, no_answer

OK = Answer(200, b"ok")


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("hooks.example.com", "hooks.example.com"),
        ("hooks.example.com", "HOOKS.Example.COM"),
        ("Hooks.Example.Com", "hooks.example.com"),
        ("*.EXAMPLE.com", "hooks.example.com"),
        ("*.example.com", "HOOKS.EXAMPLE.COM"),
        ("other.example, *.example.com", "hooks.example.com"),
        ("*", "anything"),
    ],
)
def test_a_host_is_allowed_whatever_its_case(allowed: str, host: str):
    Network(allowed_hosts=tuple(allowed.split(", "))).require_allowed(host)


@pytest.mark.parametrize(
    ("allowed", "host"), [("*.example.com", "example.com"), ("example.com", "example.com.evil"), ("", "a"), ("a", "b")]
)
def test_another_host_is_not(allowed: str, host: str):
    with pytest.raises(NoAnswer, match=f"^host {host} is not among TOCSIN_ALLOWED_HOSTS$") as raised:
        Network(allowed_hosts=(allowed,)).require_allowed(host)
    assert raised.value.retry is False


def test_no_host_is_allowed_by_an_empty_list_and_every_one_without_a_list():
    Network().require_allowed("anything")
    with pytest.raises(NoAnswer):
        Network(allowed_hosts=()).require_allowed("anything")


@pytest.mark.parametrize("url", ["http://LOCALHOST:{port}/", "HTTP://localhost:{port}/"])
def test_what_is_asked_for_is_the_url_s_host(url: str):
    with ScriptedServer(OK) as server:
        sent = transport(network=Network(allowed_hosts=("LocalHost",)))
        assert sent.request("GET", url.format(port=server.port), None, {}).status == 200
        with pytest.raises(NoAnswer, match="TOCSIN_ALLOWED_HOSTS"):
            sent.request("GET", "http://127.0.0.1:1/", None, {})


PROXIES = {"http": "http://proxy:3128", "https": "proxy:3129"}


@pytest.mark.parametrize(
    ("url", "without", "proxy"),
    [
        ("http://ci.example/a", "", "http://proxy:3128"),
        ("https://ci.example/a", "", "http://proxy:3129"),
        ("http://ci.example/a", "ci.example", None),
        ("http://ci.example/a", "CI.EXAMPLE", None),
        ("http://ci.example:8080/a", "other, ci.example:8080", None),
        ("http://ci.example:8080/a", "ci.example:80", "http://proxy:3128"),
        ("http://a.ci.example/a", ".ci.example", None),
        ("http://anotherci.example/a", "ci.example", "http://proxy:3128"),
        ("http://ada:ci.example@other/a", "ci.example", "http://proxy:3128"),
        ("http://ada:pa55@ci.example/a", "ci.example", None),
        ("http://ci.example/a", "*", None),
    ],
)
def test_the_proxy_for_a_url(url: str, without: str, proxy: str | None):
    assert Network(PROXIES, without).proxy_for(url) == proxy


def test_there_is_no_proxy_without_one():
    assert Network().proxy_for("http://ci.example/") is None


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the system's own store decides there")
def test_a_private_authority_adds_to_the_system_s_store_where_openssl_would_replace_it(tmp_path, monkeypatch):
    """With SSL_CERT_FILE set, OpenSSL by itself reads that file in place of the system's bundle."""
    system, private, stranger = trustme.CA(), trustme.CA(), trustme.CA()
    files = {name: tmp_path / f"{name}.pem" for name in ("system", "private")}
    system.cert_pem.write_to_path(str(files["system"]))
    private.cert_pem.write_to_path(str(files["private"]))
    built_in = ssl.get_default_verify_paths()._replace(openssl_cafile=str(files["system"]), openssl_capath="")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: built_in)
    monkeypatch.setenv("SSL_CERT_FILE", str(files["private"]))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    network = Network(ca_files=(str(files["private"]),))
    assert network.tls() is network.tls()
    answers = []
    for authority in (system, private, stranger):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        with ScriptedServer(OK, tls=context) as server:
            try:
                answers.append(transport(network=network).request("GET", server.url(), None, {}).status)
            except NoAnswer as error:
                answers.append((error.retry, "TOCSIN_CA_FILE" in error.reason))
    assert answers == [200, 200, (False, True)]


@pytest.mark.parametrize(
    ("platform", "authorities", "loaded"),
    [("linux", 0, False), ("linux", 2, True), ("darwin", 1, False), ("win32", 1, False)],
)
def test_the_system_s_store_is_loaded_where_the_system_is_not_asked(tmp_path, monkeypatch, platform: str, authorities: int, loaded: bool):
    contexts = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("tocsin.network.load_system_store", contexts.append)
    paths = [tmp_path / f"{number}.pem" for number in range(authorities)]
    for path in paths:
        trustme.CA().cert_pem.write_to_path(str(path))
    context = Network(ca_files=tuple(map(str, paths))).tls()
    assert contexts == ([context] if loaded else [])


@pytest.mark.parametrize("there", [("file",), ("folder",), ("file", "folder"), ()])
def test_the_system_s_store_is_a_file_or_a_folder_or_both(tmp_path, monkeypatch, there: tuple[str, ...]):
    class Context:
        loaded: dict[str, Any] | None = None

        def load_verify_locations(self, **locations: Any) -> None:
            self.loaded = locations

    file, folder, context = tmp_path / "bundle.pem", tmp_path / "certificates", Context()
    if "file" in there:
        file.touch()
    if "folder" in there:
        folder.mkdir()
    paths = ssl.get_default_verify_paths()._replace(openssl_cafile=str(file), openssl_capath=str(folder))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    load_system_store(cast("ssl.SSLContext", context))
    locations = {"cafile": str(file) if "file" in there else None, "capath": str(folder) if "folder" in there else None}
    assert context.loaded == (locations if there else None)


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_an_authority_that_cannot_be_read_is_a_reason(tmp_path, text: str | None):
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(NoAnswer, match=rf"^the CA file {path} cannot be used \(\w+Error\)$") as raised:
        Network(ca_files=(str(path),)).tls()
    assert raised.value.retry is False


def unverified(why: str = "self-signed certificate") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] s3cr3t")
    error.verify_message = why
    return error


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


CONNECTION = cast("Any", None)  # the library keeps it, and nothing reads it
CERTIFICATE = "does not verify: self-signed certificate; a private CA goes into TOCSIN_CA_FILE"


@pytest.mark.parametrize(
    ("error", "reason", "retry"),
    [
        (exceptions.ProxyError("s3cr3t", OSError("s3cr3t")), "the proxy for h.example cannot be reached or refuses", True),
        (exceptions.ProxyError("s3cr3t", exceptions.SSLError("s3cr3t")), "the proxy for h.example cannot be reached or refuses", True),
        (exceptions.ProxyError("", exceptions.SSLError(unverified())), f"TLS certificate of the proxy for h.example {CERTIFICATE}", False),
        (exceptions.SSLError(unverified()), f"TLS certificate of h.example {CERTIFICATE}", False),
        (unverified(), f"TLS certificate of h.example {CERTIFICATE}", False),
        (caused(OSError(), unverified()), f"TLS certificate of h.example {CERTIFICATE}", False),
        (exceptions.SSLError("s3cr3t"), "TLS with h.example failed", True),
        (ssl.SSLError(1, "s3cr3t"), "TLS with h.example failed", True),
        (exceptions.NameResolutionError("s3cr3t", CONNECTION, socket.gaierror()), "host h.example cannot be resolved", True),
        (exceptions.NewConnectionError(CONNECTION, "s3cr3t"), "connection to h.example refused or unreachable", True),
        (exceptions.ConnectTimeoutError("s3cr3t"), "no answer from h.example in time", True),
        (exceptions.ReadTimeoutError(CONNECTION, "/s3cr3t", "s3cr3t"), "no answer from h.example in time", True),
        (TimeoutError("s3cr3t"), "no answer from h.example in time", True),
        (exceptions.LocationParseError("s3cr3t"), "the URL or a header is malformed", False),
        (exceptions.InvalidHeader("s3cr3t"), "the URL or a header is malformed", False),
        (exceptions.ProtocolError("s3cr3t"), "connection to h.example broke before a whole answer came", True),
        (exceptions.DecodeError("s3cr3t"), "connection to h.example broke before a whole answer came", True),
        (ConnectionResetError("s3cr3t"), "connection to h.example broke before a whole answer came", True),
    ],
    ids=repr,
)
def test_why_a_request_got_no_answer_in_our_own_words(error: Exception, reason: str, retry: bool):
    got = no_answer(error, "h.example")
    assert (got.reason, got.retry, str(got)) == (reason, retry, reason)


def test_a_long_name_and_a_long_reason_are_cut_and_stay_on_one_line():
    assert no_answer(TimeoutError(), "h\n" + "o" * 200).reason == f"no answer from h {'o' * 97}… in time"
    refused = certificate_refused(unverified("w" * 200), "h")
    assert refused
    assert refused.reason == f"TLS certificate of h does not verify: {'w' * 99}…; a private CA goes into TOCSIN_CA_FILE"
    assert certificate_refused(OSError("other"), "h") is None
