"""One HTTP request, the answer that is read of it, and what its status means by HTTP's own rules."""

from __future__ import annotations

import json
import ssl
from typing import NamedTuple

import pytest
import trustme
from servers import Answer, ScriptedServer, TunnelProxy, transport

from tocsin.http import ANSWER_MAX_BYTES, USER_AGENT, Response, judge, retry_after
from tocsin.network import Network, NoAnswer
from tocsin.verdict import Delivered, Failed, Retry

REDIRECTS = "the address redirects, and redirects are not followed; use the final address"


class Authority(NamedTuple):
    """Whom a client may trust, and what a server shows."""

    path: str
    tls: ssl.SSLContext


def answer(status: int, text: str = "", **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (answer(199), Failed("HTTP 199")),
        (answer(200, "ok"), Delivered()),
        (answer(299), Delivered()),
        (answer(300), Failed(f"HTTP 300: {REDIRECTS}")),
        (answer(399, "text"), Failed(f"HTTP 399: {REDIRECTS}")),
        (answer(400, " no \n such "), Failed("HTTP 400: no such")),
        (answer(404, " \n"), Failed("HTTP 404")),
        (answer(400, "<HTML>error</HTML>"), Failed("HTTP 400")),
        (answer(400, "x" * 495 + "<html"), Failed("HTTP 400")),
        (answer(400, "x" * 500 + "<html"), Failed(f"HTTP 400: {'x' * 199}…")),
        (answer(407), Failed("HTTP 407")),
        (answer(408, "slow"), Retry("HTTP 408: slow")),
        (answer(409), Failed("HTTP 409")),
        (answer(424), Failed("HTTP 424")),
        (answer(425), Retry("HTTP 425")),
        (answer(429, retry_after="7"), Retry("HTTP 429", 7.0)),
        (answer(499), Failed("HTTP 499")),
        (answer(500), Retry("HTTP 500")),
        (answer(503, "down", retry_after="1.5"), Retry("HTTP 503: down", 1.5)),
        (answer(599), Retry("HTTP 599")),
    ],
)
def test_what_a_status_means(response: Response, verdict: object):
    assert judge(response) == verdict
    assert type(judge(response)) is type(verdict)


NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("0.25", 0.25),
        ("-5", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("-inf", 0.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 23:13:50 +0100", 3630.0 - 3600.0),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0),
        ("Tue, 99 Nov 2023 22:13:00 GMT", None),
        ("Tue, 14 Nov 99999999999 22:13:00 GMT", None),
    ],
)
def test_how_long_a_service_asks_to_wait(value: str | None, seconds: float | None):
    assert retry_after({} if value is None else {"retry-after": value}, NOW) == seconds


@pytest.mark.parametrize(("text", "value"), [('{"a": [1]}', {"a": [1]}), ("ok", None), ("", None), ("[" * 100_000, None), ("null", None)])
def test_a_body_as_json(text: str, value: object):
    assert Response(200, {}, text).json() == value


@pytest.mark.parametrize("url", ["", "no url", "ftp://h/", "http://", "http:///a", "http://[::1", "http://h:port/", "//h/a", "https://:80"])
def test_what_is_no_address_is_final(url: str):
    with pytest.raises(NoAnswer, match=r"^the URL is not an http or https address$") as raised:
        transport().request("GET", url, None, {})
    assert raised.value.retry is False


def test_a_request_as_it_arrives():
    with ScriptedServer(Answer(201, b"t\xc3\xa9xt \xff", {"X-Kind": "Of"})) as server:
        got = transport().post_json(server.url("/a?b=c"), {"text": "é 😀", "n": [1, None]}, headers={"X-Key": "k"})
        assert (got.status, got.text, got.headers["x-kind"]) == (201, "téxt \ufffd", "Of")
        transport().post_json(server.url("/"), "\ud800", method="PUT", headers={"Content-Type": "text/plain", "User-Agent": "other"})
        transport().request("GET", server.url("/"), None, {})
    first, second, third = server.requests
    assert (first.method, first.path, first.headers["content-type"], first.headers["x-key"]) == ("POST", "/a?b=c", "application/json", "k")
    assert first.headers["user-agent"] == third.headers["user-agent"] == USER_AGENT
    assert first.body == '{"text":"é 😀","n":[1,null]}'.encode()
    assert json.loads(first.body) == {"text": "é 😀", "n": [1, None]}
    assert (second.method, second.body) == ("PUT", b'"?"')
    assert (second.headers["content-type"], second.headers["user-agent"]) == ("text/plain", "other")
    assert (third.method, third.body) == ("GET", b"")


def test_an_answer_is_cut_where_it_may_end():
    with ScriptedServer(Answer(200, b"x" * (ANSWER_MAX_BYTES + 1))) as server:
        assert transport().request("GET", server.url(), None, {}).text == "x" * ANSWER_MAX_BYTES
        assert transport().request("GET", server.url(), None, {}, 7).text == "x" * 7
    assert ANSWER_MAX_BYTES == 65536


def test_an_endless_answer_is_cut_too():
    """It comes in pieces that do not add up to where it is cut."""
    with ScriptedServer(Answer(200, b"x" * 4099, behaviour="endless")) as server:
        assert transport().request("GET", server.url(), None, {}).text == "x" * ANSWER_MAX_BYTES


def test_no_redirect_is_followed():
    with ScriptedServer(Answer(302, b"", {"Location": "/elsewhere"}), Answer(200)) as server:
        assert transport().request("GET", server.url(), None, {}).status == 302
        assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", ["close", "reset", "malformed", "truncated"])
def test_a_connection_that_breaks_is_worth_another_attempt_of_the_loop_and_none_here(behaviour: str):
    with ScriptedServer(Answer(200, b"x", behaviour=behaviour), Answer(200)) as server:
        with pytest.raises(NoAnswer, match=r"^connection to 127\.0\.0\.1 broke before a whole answer came$") as raised:
            transport().request("GET", server.url("/s3cr3t"), None, {})
        assert raised.value.retry is True
        assert len(server.requests) == 1


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X": "a\nb"}, {"X\r\n": "a"}, {"X": "é漢"}])
def test_what_http_forbids_in_a_header_is_final(headers: dict[str, str]):
    with ScriptedServer(Answer(200)) as server, pytest.raises(NoAnswer, match=r"^the URL or a header ") as raised:
        transport().request("GET", server.url(), None, headers)
    assert raised.value.retry is False
    assert server.requests == []


@pytest.mark.parametrize(
    ("login", "sent"), [("", None), ("ada:pa55@", "Basic YWRhOnBhNTU="), ("ada@", "Basic YWRhOg=="), (":pa55@", "Basic OnBhNTU=")]
)
def test_a_proxy_gets_its_login(login: str, sent: str | None):
    with ScriptedServer(Answer(200, b"by proxy")) as proxy:
        through = Network({"http": f"http://{login}127.0.0.1:{proxy.port}"})
        got = transport(network=through).request("POST", "http://hooks.example/a?b", b"body", {"X-Key": "k"})
    assert got.text == "by proxy"
    [request] = proxy.requests
    assert (request.path, request.body, request.headers["x-key"]) == ("http://hooks.example/a?b", b"body", "k")
    assert request.headers.get("proxy-authorization") == sent


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A private CA: its file, and a context for servers on 127.0.0.1."""
    ca, path = trustme.CA(), tmp_path_factory.mktemp("authority") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    return Authority(str(path), context)


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_tls_is_the_network_s_own_to_a_server_and_to_a_proxy(authority: Authority, scheme: str):
    with ScriptedServer(Answer(200, b"ok"), tls=authority.tls) as server:
        address = f"{scheme}://127.0.0.1:{server.port}"
        assert transport(network=Network(ca_files=(authority.path,))).request("GET", f"{address}/", None, {}).status == 200
        by_proxy = Network({"http": address}, ca_files=(authority.path,))
        assert transport(network=by_proxy).request("GET", "http://hooks.example/a", None, {}).status == 200
        assert [request.path for request in server.requests] == ["/", "http://hooks.example/a"]
        with pytest.raises(NoAnswer, match="TOCSIN_CA_FILE"):
            transport().request("GET", f"{address}/", None, {})


@pytest.mark.parametrize("proxy_by_tls", [False, True], ids=["proxy by HTTP", "proxy by TLS"])
def test_tls_through_a_proxy_is_the_network_s_own_too(authority: Authority, proxy_by_tls: bool):
    with ScriptedServer(Answer(200, b"ok"), tls=authority.tls) as server, TunnelProxy(tls=authority.tls if proxy_by_tls else None) as proxy:
        proxies = {"https": f"{proxy.scheme}://ada:pa55@127.0.0.1:{proxy.port}"}
        through = transport(network=Network(proxies, ca_files=(authority.path,)))
        assert through.request("POST", server.url("/a"), b"body", {"X-Key": "k"}).text == "ok"
        with pytest.raises(NoAnswer, match="TOCSIN_CA_FILE"):
            transport(network=Network(proxies)).request("GET", server.url(), None, {})
    [request] = server.requests
    assert (request.path, request.body, request.headers["x-key"]) == ("/a", b"body", "k")
    asked = proxy.requests[0]
    assert (asked.method, asked.path, asked.headers["proxy-authorization"]) == ("CONNECT", f"127.0.0.1:{server.port}", "Basic YWRhOnBhNTU=")
    assert "x-key" not in asked.headers


def test_no_certificate_is_asked_for_where_nothing_is_spoken_to_by_tls():
    """Else a CA file that cannot be read would end what needs none."""
    with ScriptedServer(Answer(200)) as server:
        network = Network({"ftp": "https://127.0.0.1:1"}, ca_files=("/no/such/file",))
        assert transport(network=network).request("GET", server.url(), None, {}).status == 200
