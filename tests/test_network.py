"""Where anything may be sent, by which proxy, and whom TLS trusts."""

from __future__ import annotations

import ssl
import sys

import pytest
import trustme
from servers import Answer, ScriptedServer, transport

from tocsin.network import Network, NoAnswer

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
        ("ftp://ci.example/a", "", None),
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


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_an_authority_that_cannot_be_read_is_a_reason(tmp_path, text: str | None):
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(NoAnswer, match=rf"^the CA file {path} cannot be used \(\w+Error\)$") as raised:
        Network(ca_files=(str(path),)).tls()
    assert raised.value.retry is False
