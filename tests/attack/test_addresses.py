"""An address that the list of allowed hosts and the connection would read in two ways."""

from __future__ import annotations

import json
import socket
import string
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from events import RULES, SAMPLES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kinds import HTTP_KINDS, VALUES, configured
from servers import Answer, ScriptedServer, transport
from urllib3.util import parse_url

from tocsin.address import AddressError, check_literal, host, http_url
from tocsin.channels import load, smtp
from tocsin.message import compose
from tocsin.network import Network, NoAnswer

HOSTILE = [
    "http://{evil}\\@allowed.test/x", "http://{evil}\\.allowed.test/x", "http://{evil}\\/@allowed.test/", "http:\\\\{evil}\\@allowed.test/",
    "http://{evil}\t@allowed.test/", "http://{evil}/\\@allowed.test/", "http://{evil}#@allowed.test/", "http://{evil}?@allowed.test/",
    "http://{evil}%2f@allowed.test@{evil}/", "http://allowed.test@{evil}/", "http://allowed.test:80@{evil}/", "http://allowed.test%40{evil}/",
    "http://{evil} allowed.test/", "http://{evil}\r\n.allowed.test/", "http://{evil}；.allowed.test/",
    "http://[{evil}]@allowed.test/", "http://{evil}[.allowed.test/", "http://{evil}%23.allowed.test/", "http://allowed.test;@{evil}/",
    "//{evil}/", "http:/{evil}/allowed.test", "http:///{evil}/", " http://{evil}\\@allowed.test/", "http://{evil}:80\\@allowed.test/",
]  # fmt: skip
ALPHABET = "ab.:/\\@#?%[]5f12 \t\n\r\x00-_;,|&=。．ａü\u200b\u212a\ud800~x0"


@contextmanager
def asked() -> Iterator[list[str]]:
    """The hosts that anything would connect to; none is found."""
    hosts: list[str] = []

    def getaddrinfo(name: str | bytes, *_: Any, **__: Any) -> Any:
        hosts.append(name.decode() if isinstance(name, bytes) else name)
        raise socket.gaierror

    with patch.object(socket, "getaddrinfo", getaddrinfo):
        yield hosts


class Watched(Network):
    """A network that keeps the hosts that the list was asked for."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.seen: list[str] = []

    def require_allowed(self, host: str) -> None:
        """Keep the host."""
        self.seen.append(host)
        super().require_allowed(host)


def policy(url: str) -> str:
    """A channel of each kind with this address, and a rule that uses them all."""
    channels = {kind: configured(kind, url) for kind in HTTP_KINDS}
    return json.dumps({"channels": channels, "notifications": [{"on": "failure", "send_to": list(channels)}]}, indent=1)


@pytest.mark.parametrize("spelling", HOSTILE)
def test_no_spelling_takes_a_channel_past_the_list(project, spelling: str):
    """At the command line, with a real server at the address that is not allowed."""
    with ScriptedServer(Answer(200, b"ok")) as evil:
        project.policy(policy("${U}"))
        url = spelling.replace("{evil}", f"127.0.0.1:{evil.port}")
        result = project.send(env={**VALUES, "U": url, "TOCSIN_ALLOWED_HOSTS": "allowed.test *.allowed.test"})
    assert evil.requests == []
    assert result.code == 0
    rows = (result.report or {})["deliveries"]
    assert {(row["outcome"], row["attempts"]) for row in rows} == {("failed", 1)}, rows
    assert len(rows) == len(HTTP_KINDS)


@pytest.mark.parametrize(
    "text", ["http://evil.test\\@allowed.test/${ANY}", "http://evil.test\\.allowed.test/${ANY}", "http://a b/${ANY}", "${U}\\x"]
)
def test_check_refuses_what_no_variable_can_mend(project, text: str):
    project.policy(policy(text))
    result = project.run("check")
    assert result.code == 3
    assert (result.out + result.err).count("no address has") == len(HTTP_KINDS)
    assert ".tocsin.yml:5:" in result.out + result.err


URLS = st.one_of(st.text(ALPHABET).map("http://{}".format), st.text(ALPHABET), st.text().map("https://{}".format))


@settings(max_examples=300)
@given(URLS)
@example("http://127.0.0.78\\.allowed.test/x")
@example("http://a。b/")
@example("http://[fe80::1%25eth0]:8080/")
@example("http://u:p@a.b./?")
def test_the_host_that_the_list_saw_is_the_one_that_is_connected_to(url: str):
    """Or nothing is connected to."""
    network = Watched(allowed_hosts=("*",))
    with asked() as hosts, pytest.raises(NoAnswer):
        transport(network=network).request("POST", url, b"x", {})
    assert hosts == network.seen or (hosts == [] and len(network.seen) <= 1)


MAIL = smtp.Options.model_validate({"kind": "smtp", "host": "${H}", "from": "ci@example.com", "security": "none"})
MESSAGE = smtp.render(compose(SAMPLES["failure-cd"])._replace(rules=RULES, recipient="dev@example.com"), MAIL.resolved({"H": "h"}))


@settings(max_examples=200)
@given(st.text(ALPHABET, min_size=1) | st.text(min_size=1))
@example("evil\\@allowed")
@example("[::1]")
@example("fe80::1%eth0")
@example("a\r\nMAIL")
def test_the_mail_server_that_the_list_saw_is_the_one_that_is_connected_to(name: str):
    network = Watched(allowed_hosts=("*",))
    with asked() as hosts, suppress(NoAnswer):
        smtp.send(MESSAGE, MAIL.model_copy(update={"host": name}), transport(network=network))
    assert hosts == network.seen


@settings(max_examples=500)
@given(st.text(ALPHABET).map("http://{}".format) | st.text(string.printable).map("http://a.b{}".format))
def test_what_was_read_is_written_back_and_read_the_same_by_everyone(url: str):
    try:
        address = http_url(url)
    except AddressError:
        return
    assert http_url(address.url) == address._replace(login="")
    library = parse_url(address.url)
    assert (library.scheme, (library.host or "").strip("[]"), library.port or 80) == (address.scheme, address.host, address.port)
    assert (library.auth, library.fragment) == (None, None)
    parts = urlsplit(address.url)
    assert ((parts.hostname or "").replace("%25", "%").lower(), parts.port or 80) == (address.host.lower(), address.port)
    assert host(address.host) == address.host


@given(st.text(ALPHABET + "${}V"))
def test_the_check_of_a_policy_s_text_never_breaks(text: str):
    try:
        check_literal(text)
    except AddressError:
        return


@pytest.mark.parametrize(
    "text",
    ["${U}", "${U}/x", "http://${H}:${P}/${X}", "http://${U}:${P}@h/", "${S}://h/${X}", "http://${H}.example.com", "http://[${H}]/", "http://127.0.0.${N}/",
     "https://h${PATH}", "https://h:80${PATH}", "http://${A}${B}/", "http://h/$${x}?${Q}", "http://[${H}/"],
)  # fmt: skip
def test_what_a_variable_may_mend_passes(text: str):
    check_literal(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://a\\b", "backslash"), ("http://a b/", "space"), ("http://a/\n", "line break"), ("http://a/\u202e", "no address has"), ("http://a\ud800/", "no address has"),
        ("ftp://a/", "not an http"), ("http:a", "not an http"), ("http://", "not an http"), ("http://[::1", "not an http"), ("http://a:x/", "not an http"),
        ("http://a:0/", "port"), ("http://a:65536/", "port"), ("http://a:080/", "port"), ("http://a:٣/", "not an http"),
        ("http://@a/", "read in two ways"), ("http://u@v@a/", "read in two ways"), ("http://u;é@a/", "read in two ways"),
        ("http://0x7f.1/", "read in two ways"), ("http://2130706433/", "read in two ways"), ("http://127.1/", "read in two ways"),
        ("http://0177.0.0.1/", "read in two ways"), ("http://127.0.0.1./", "read in two ways"), ("http://a.0X/", "read in two ways"), ("http://1.2.3.4.5/", "read in two ways"),
        ("http://ａllowed.test/", "read in two ways"), ("http://a。b/", "read in two ways"), ("http://faß.test/", "read in two ways"), ("http://\u212a.test/", "read in two ways"),
        ("http://%61.test/", "name of a host"), ("http://a..b/", "name of a host"), ("http://.a/", "name of a host"), ("http://-a/", "name of a host"),
        (f"http://{'a' * 64}.b/", "name of a host"), (f"http://{'a.' * 127}b/", "name of a host"), (f"http://{'ü' * 300}/", "name of a host"),
        ("http://[a]/", "IPv6"), ("http://[127.0.0.1]/", "IPv6"), ("http://[fe80::1%eth0]/", "IPv6"), ("http://[1:2]/", "IPv6"), ("http://[fe80::1%25]/", "zone"),
    ],
)  # fmt: skip
def test_why_an_address_is_refused(text: str, why: str):
    with pytest.raises(AddressError) as refused:
        http_url(text)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "back", "name"),
    [
        ("HTTP://LocalHost:80", "http://localhost", "localhost"), ("https://h:443/a?b#c", "https://h/a?b", "h"), ("http://h:443/", "http://h:443/", "h"),
        ("http://a_b.test./", "http://a_b.test./", "a_b.test."), ("http://[0:0::1]:81/", "http://[::1]:81/", "::1"),
        ("http://[FE80::1%25Eth0]/", "http://[fe80::1%25Eth0]/", "fe80::1%Eth0"), ("http://bücher.test/ü?ü", "http://xn--bcher-kva.test/ü?ü", "xn--bcher-kva.test"),
        ("http://u:p%40@h?x", "http://h?x", "h"), ("http://255.255.255.255/", "http://255.255.255.255/", "255.255.255.255"),
        ("http://1.2.3.4.a/", "http://1.2.3.4.a/", "1.2.3.4.a"), (f"http://{'a' * 63}/", f"http://{'a' * 63}/", "a" * 63),
    ],
)  # fmt: skip
def test_what_an_address_is(text: str, back: str, name: str):
    assert (http_url(text).url, http_url(text).host) == (back, name)


ALLOWED = [
    ("hooks.test", ["hooks.test", "hooks.test."], ["a.hooks.test", "hooks.testx"]),
    ("hooks.test.", ["hooks.test"], []),
    ("*.Test", ["a.test", "a.b.test"], ["test", "127.0.0.1"]),
    ("::1", ["::1"], ["::2", "1"]),
    ("[::1]", ["::1"], [":", "1"]),
    ("[0:0::1]", ["::1"], []),
    ("bücher.test", ["xn--bcher-kva.test"], []),
    ("xn--bcher-kva.test", ["xn--bcher-kva.test"], []),
    ("10.*", ["10.1.2.3"], ["10.evil.test", "10.a"]),
    ("127.0.0.1", ["127.0.0.1"], ["::1"]),
    ("hook[0-9].test", ["hook1.test"], ["hooka.test"]),
    ("hook?", ["hooks"], ["hook"]),
    ("*", ["a", "::1", "10.0.0.1"], []),
]


@pytest.mark.parametrize(("entry", "hosts", "others"), ALLOWED, ids=[entry for entry, _, _ in ALLOWED])
def test_an_entry_of_the_list(entry: str, hosts: list[str], others: list[str]):
    network = Network(allowed_hosts=(entry,))
    for name in hosts:
        network.require_allowed(name)
    for name in others:
        with pytest.raises(NoAnswer):
            network.require_allowed(name)
    assert network.warnings() == []


@pytest.mark.parametrize(
    "entry",
    [
        "https://hooks.test",
        "hooks.test:443",
        "hooks.test/x",
        ".hooks.test",
        "a..b",
        "ａ.test",
        "0x7f.1",
        "[::",
        "*.ü.test",
        "10.0.0.0/8",
        "a;b",
    ],
)
def test_an_entry_that_names_no_host_allows_nothing_and_is_told(entry: str):
    network = Network(allowed_hosts=(entry,))
    for name in ("hooks.test", "a.test", "127.0.0.1", "::", "10.0.0.1"):
        with pytest.raises(NoAnswer):
            network.require_allowed(name)
    warning, last = network.warnings()
    assert entry in warning
    assert last == "TOCSIN_ALLOWED_HOSTS names no host, so nothing may be sent anywhere"


@pytest.mark.parametrize("listed", [",", " ", " , ,\n", "https://127.0.0.1"])
def test_a_list_that_names_nothing_allows_nothing(project, listed: str):
    with ScriptedServer(Answer(200)) as server:
        url = server.url()
        project.policy(f'channels: {{x: {{kind: webhook, url: "{url}"}}}}\nnotifications: [{{on: failure, send_to: x}}]\n')
        result = project.send(env={"TOCSIN_ALLOWED_HOSTS": listed})
        assert server.requests == []
        assert result.rows()["x"] == ("failed", "host 127.0.0.1 is not among TOCSIN_ALLOWED_HOSTS")
        assert "TOCSIN_ALLOWED_HOSTS names no host" in result.out + result.err
        assert project.send(env={"TOCSIN_ALLOWED_HOSTS": ""}).rows()["x"][0] == "delivered"


def test_every_kind_with_an_address_looks_at_it():
    for name in HTTP_KINDS:
        with pytest.raises(ValueError, match="backslash"):
            load(name).Options.model_validate(configured(name, "http://evil\\@allowed/${X}"))
