"""The session of `requests`: whom it trusts, where it may go, what it never follows, and by which proxy."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

import pytest
import requests
import trustme
from servers import Answer, ScriptedServer, TunnelProxy

from tocsin.errors import UsageError
from tocsin.network import Network, NoAnswer
from tocsin.requests_session import require, session


class Authority:
    """A private CA: its file, and a context for a server on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        ca, path = trustme.CA(), folder / "ca.pem"
        ca.cert_pem.write_to_path(str(path))
        self.file, self.tls = str(path), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1").configure_cert(self.tls)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_a_private_ca_is_trusted_where_it_is_named_and_nowhere_else(authority: Authority, monkeypatch: pytest.MonkeyPatch):
    with ScriptedServer(Answer(200, b"ok"), tls=authority.tls) as server:
        assert session(Network(ca_files=(authority.file,))).get(server.url()).text == "ok"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.file)  # the network has read the environment already, or not
        with pytest.raises(requests.exceptions.SSLError):
            session(Network()).get(server.url())
        with pytest.raises(requests.exceptions.SSLError):
            session(Network()).get(server.url(), verify=False)


def test_a_host_that_is_not_allowed_is_not_asked():
    with ScriptedServer(Answer(200, b"ok")) as server:
        with pytest.raises(NoAnswer, match="TOCSIN_ALLOWED_HOSTS"):
            session(Network(allowed_hosts=("*.example.com",))).get(server.url())
        assert server.requests == []
        assert session(Network(allowed_hosts=("127.0.0.1",))).get(server.url()).text == "ok"


def test_no_redirect_is_followed():
    with ScriptedServer(Answer(200, b"elsewhere")) as other, ScriptedServer(Answer(302, b"", {"Location": other.url()})) as server:
        with pytest.raises(requests.TooManyRedirects):
            session(Network()).get(server.url(), headers={"token": "t"})
        assert other.requests == []


def test_the_network_s_proxy_is_used_and_the_environment_s_is_not(authority: Authority, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with ScriptedServer(Answer(200, b"by proxy")) as proxy:
        assert session(Network({"http": proxy.url("")})).get("http://devtron.example/a").text == "by proxy"
        assert [request.path for request in proxy.requests] == ["http://devtron.example/a"]
    with ScriptedServer(Answer(200, b"ok"), tls=authority.tls) as server, TunnelProxy() as tunnel:
        network = Network({"https": tunnel.url("")}, ca_files=(authority.file,))
        assert session(network).get(server.url("/b")).text == "ok"
        assert [request.method for request in tunnel.requests] == ["CONNECT"]
        direct = Network({"https": tunnel.url("")}, no_proxy="127.0.0.1", ca_files=(authority.file,))
        assert session(direct).get(server.url("/c")).text == "ok"
        assert len(tunnel.requests) == 1


def test_netrc_gives_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password pa55\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedServer(Answer(200, b"ok")) as server:
        session(Network()).get(server.url())
        assert "authorization" not in server.requests[0].headers


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(UsageError, match=r"pip install 'tocsin\[fetch\]'"):
        session(Network())
    assert require("json", "fetch").loads("1") == 1
