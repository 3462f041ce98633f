"""The HTTP side: order, limits, what the page reads, and that nothing reaches the terminal."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from inbox_client import Client
from typing_extensions import Self

from tocsin.channels import KINDS
from tocsin.errors import UsageError
from tocsin.inbox import Inbox, arrivals, feed, services


def raw_exchange(address: str, request: bytes) -> bytes:
    """Send bytes as they are and read the answer to its end."""
    host, _, port = address.rpartition(":")
    answer = b""
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


class Events:
    """Reads server-sent events as a browser does."""

    def __init__(self, address: str, last: str | None = None) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=30)
        self.connection.request("GET", "/events", headers={"Last-Event-ID": last} if last else {})
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields

    def __enter__(self) -> Self:
        assert self.answer.getheader("Content-Type") == "text/event-stream"
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self.connection.close()


def test_concurrent_messages_each_get_a_number_and_keep_their_order():
    with Inbox() as inbox, ThreadPoolExecutor(16) as pool:
        client = Client(inbox)
        replies = list(pool.map(lambda number: client.post("slack", {"text": f"message {number}"}), range(200)))
        assert all(reply.text == "ok" for reply in replies)
        assert [arrival.number for arrival in inbox.arrivals] == list(range(1, 201))
        assert {arrival.title for arrival in inbox.arrivals} == {f"message {number}" for number in range(200)}
        times = [arrival.at for arrival in inbox.arrivals]
        assert times == sorted(times)


def test_waiting_gives_up_and_a_closed_inbox_ends_it():
    kept = arrivals.Arrivals()
    assert kept.after(0, 0.01) == []
    kept.add("webhook", "one", "", arrivals.Content(None, "x", {}))
    assert [arrival.title for arrival in kept.after(0, 30)] == ["one"]
    waiting = threading.Thread(target=kept.after, args=(1, 600), daemon=True)
    waiting.start()
    kept.close()
    waiting.join(30)
    assert not waiting.is_alive()


def test_the_newest_are_kept_and_numbers_go_on():
    kept = arrivals.Arrivals(max_chars=10_000)
    for number in range(arrivals.KEPT_MAX + 5):
        kept.add("webhook", str(number), "", arrivals.Content(None, "x", {}))
    assert [arrival.number for arrival in kept.snapshot()] == list(range(6, arrivals.KEPT_MAX + 6))
    assert kept.get(5) is None
    big = "x" * (9_990)
    kept.add("webhook", "big", "", arrivals.Content(None, big, {}))
    assert len(kept.snapshot()) == 11
    kept.add("webhook", "bigger", "", arrivals.Content(None, big + big, {}))
    assert [arrival.title for arrival in kept.snapshot()] == ["bigger"]


def test_events_tell_of_the_endpoints_then_of_what_is_there_then_of_what_comes():
    with Inbox() as inbox:
        client = Client(inbox)
        client.post("slack", {"text": "first"})
        with Events(client.address) as events:
            hello = events.next()
            assert hello["event"] == "hello"
            assert json.loads(hello["data"])["endpoints"] == {kind: inbox.endpoint(kind) for kind in KINDS}
            first = events.next()
            assert (first["event"], json.loads(first["data"])["title"]) == ("arrival", "first")
            client.post("teams", {"attachments": []})
            second = json.loads(events.next()["data"])
            assert (second["number"], second["kind"]) == (2, "teams")
        with Events(client.address, first["id"]) as again:
            again.next()
            assert json.loads(again.next()["data"])["number"] == 2
        with Events(client.address, "another-run-1") as other:
            other.next()
            assert json.loads(other.next()["data"])["number"] == 1


def test_events_end_with_the_inbox():
    with Inbox() as inbox:
        events = Events(urlsplit(inbox.url).netloc)
        events.next()
    with events:
        assert events.answer.read() == b""


def test_the_page_is_given_no_credential_and_no_more_than_it_can_show():
    content = arrivals.Content(
        "x",
        "x" * (feed.TEXT_MAX_CHARS + 1),
        {"authorization": "Bearer abc", "cookie": "abc", "x-api-key": "abc", "x-auth-token": "abc", "webhook-id": "msg"},
    )
    entry = feed.page_entry(arrivals.Arrivals().add("webhook", "t", "", content))
    assert entry["headers"] == {
        "authorization": "Bearer ***",
        "cookie": "***",
        "x-api-key": "***",
        "x-auth-token": "***",
        "webhook-id": "msg",
    }
    assert (len(entry["raw"]), entry["cut"], entry["size"]) == (feed.TEXT_MAX_CHARS, True, feed.TEXT_MAX_CHARS + 1)


def test_the_page_allows_its_own_script_and_style_and_nothing_else(client):
    reply = client("GET", "/")
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))
    for tag in ("script", "style"):
        inline = re.findall(f"<{tag}>(.*?)</{tag}>", reply.text, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
        assert policy[f"{tag}-src"] == " ".join(f"'sha256-{digest}'" for digest in digests)
        assert len(inline) == len(re.findall(f"<{tag}", reply.text)) == 2  # the drawings', and the page's own
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", reply.text)
    assert "innerHTML" not in reply.text
    assert "http://www.w3.org/2000/svg" in reply.text  # a name, not an address: the only one
    assert set(re.findall(r"https?://[a-z0-9.]+", reply.text)) == {"http://www.w3.org"}


@pytest.mark.parametrize("path", ["/", "/events", "/raw/1", "/mail/1"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "", "[::1", "127.0.0.1@evil.example"]
)
def test_another_name_for_this_address_is_refused(client, path, host):
    assert client("GET", path, headers={"Host": host}).status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80", "192.0.2.7:8025"])
def test_names_that_no_one_can_repoint_are_served(client, host):
    assert client("GET", "/", headers={"Host": host}).status == 200


def test_raw_and_html_run_and_load_nothing(inbox, client):
    client.post("webhook", "<script>alert(1)</script>")
    number = inbox.arrivals[-1].number
    raw = client("GET", f"/raw/{number}")
    assert (raw.headers["content-type"], raw.headers["x-content-type-options"]) == ("text/plain; charset=utf-8", "nosniff")
    assert raw.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert client("GET", f"/mail/{number}").text == '<base target="_blank">'
    content = {"Simple": {"Subject": {"Data": "x"}, "Body": {"Html": {"Data": "<html><HEAD lang=en><script>alert(1)</script>"}}}}
    body = json.dumps({"FromEmailAddress": "a@b.c", "Destination": {"ToAddresses": ["d@e.f"]}, "Content": content}).encode()
    client("POST", "/v2/email/outbound-emails", body, {"Authorization": "x"})
    html = client("GET", f"/mail/{number + 1}")
    assert html.text == '<html><HEAD lang=en><base target="_blank"><script>alert(1)</script>'
    assert (
        html.headers["content-security-policy"]
        == "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/slack", 405), ("GET", "/v2/email/outbound-emails", 405), ("GET", "/nothing", 404), ("GET", "/raw/0", 404), ("GET", "/raw/x", 404),
        ("GET", "/../page.html", 404), ("POST", "/", 404), ("POST", "/slackk", 404), ("DELETE", "/slack", 501),
    ],
)  # fmt: skip
def test_wrong_ways_in_get_one_line(client, method, path, status):
    reply = client(method, path)
    assert reply.status == status
    assert reply.text.count("\n") == 1
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x00\xa5\r\n\r\n", 400),
        (b"POST /slack\r\n\r\n", 400),
        (b"POST /slack HTTP/1.1\r\nHost: x\r\n\r\n", 411),
        (b"POST /slack HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        (b"POST /slack HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 411),
        (b"POST /slack HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", 411),
        (b"POST /slack HTTP/1.1\r\nContent-Length: 10\r\n\r\n{}", 400),
        (f"POST /slack HTTP/1.1\r\nContent-Length: {services.CHAT_MAX_BYTES + 1}\r\n\r\n".encode(), 413),
        (f"POST /v2/email/outbound-emails HTTP/1.1\r\nContent-Length: {services.SES_MAX_BYTES + 1}\r\n\r\n".encode(), 413),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_malformed_requests_get_a_clear_answer(client, request_, status):
    answer = raw_exchange(client.address, request_)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]
    assert b"\r\nConnection: close\r\n" in answer
    assert b"Traceback" not in answer


def test_a_body_that_is_too_large_and_sent_all_the_same_gets_its_answer(client):
    assert client("POST", "/slack", b"x" * (services.CHAT_MAX_BYTES + 1)).status == 413


def test_one_connection_carries_many_requests(inbox, client):
    connection = http.client.HTTPConnection(client.address, timeout=30)
    for _ in range(3):
        connection.request("POST", "/teams", b"{}")
        assert connection.getresponse().read() == b""
        connection.request("POST", "/discord/api/webhooks/1/x", b'{"content": "x"}')
        assert connection.getresponse().read() == b""
    connection.close()


def test_nothing_reaches_the_terminal(capfd):
    with Inbox() as inbox:
        client = Client(inbox)
        for request in (b"nonsense\r\n\r\n", b"POST /slack HTTP/1.1\r\nContent-Length: 10\r\n\r\n{", b"GET / HTTP/1.1\r\n"):
            raw_exchange(client.address, request)
        with Events(client.address) as events:
            events.next()
        client.post("slack", {"text": "after the reader left"})
        raw_exchange(f"{inbox.smtp_host}:{inbox.smtp_port}", b"MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\ncut off")
        assert client("GET", "/").status == 200
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_a_users_error(inbox):
    taken = urlsplit(inbox.url).port
    with pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1 port {taken} .*choose another port"):
        Inbox(http_port=taken)
    with pytest.raises(UsageError, match=f"port {taken}"):
        Inbox(smtp_port=taken)
    with pytest.raises(UsageError, match="70000"):
        Inbox(http_port=70_000)


def test_an_address_of_ip_version_6():
    with Inbox("::1") as inbox:
        assert inbox.url == f"http://[::1]:{urlsplit(inbox.url).port}/"
        client = Client(inbox)
        assert client.post("slack", {"text": "x"}).text == "ok"
        assert client("GET", "/").status == 200


def test_an_unspecified_address_is_shown_as_one_that_can_be_reached():
    with Inbox("0.0.0.0") as inbox:
        assert inbox.url.startswith("http://127.0.0.1:")
        assert inbox.endpoint("smtp") == f"smtp://127.0.0.1:{inbox.smtp_port}"
