"""Mail by SMTP and by the SES API, with the clients that people use."""

from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage
from email.policy import SMTP

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.inbox import mail_parts, smtpd


def message(text: str = "Build of payments failed.\n", html: str | None = "<h1>Build failed</h1>") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "CI <ci@example.com>"
    made["To"] = "Grüße <dev@example.com>"
    made["Subject"] = "Build of zahlungsströme failed"
    made.set_content(text)
    if html is not None:
        made.add_alternative(html, subtype="html")
    return made


@pytest.fixture
def smtp(inbox):
    with smtplib.SMTP(inbox.smtp_host, inbox.smtp_port, timeout=30) as client:
        yield client


def test_a_mail_by_smtp(inbox, smtp):
    smtp.sendmail("bounce@example.com", ["dev@example.com", "hidden@example.com"], message().as_bytes(policy=SMTP))
    arrival = inbox.arrivals[-1]
    assert (arrival.kind, arrival.title, arrival.summary) == ("smtp", "Build of zahlungsströme failed", "Build of payments failed.")
    assert arrival.payload["from"] == "CI <ci@example.com>"
    assert arrival.payload["to"] == ["dev@example.com", "hidden@example.com"]
    assert arrival.payload["text"] == "Build of payments failed.\n"
    assert arrival.payload["html"] == "<h1>Build failed</h1>\n"
    assert arrival.payload["headers"]["To"] == "Grüße <dev@example.com>"
    assert arrival.headers["mail-from"] == "bounce@example.com"
    assert arrival.raw.startswith("From: CI <ci@example.com>\r\n")


def test_an_international_address(inbox, smtp):
    smtp.send_message(message(), "jürgen@example.com", ["zoë@example.com"])
    assert inbox.arrivals[-1].payload["to"] == ["zoë@example.com"]
    assert inbox.arrivals[-1].headers["mail-from"] == "jürgen@example.com"


def test_several_mails_over_one_connection(inbox, smtp):
    before = len(inbox.arrivals)
    for number in range(3):
        smtp.sendmail("a@example.com", ["b@example.com"], f"Subject: mail {number}\r\n\r\nhi")
    assert [arrival.title for arrival in inbox.arrivals[before:]] == ["mail 0", "mail 1", "mail 2"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(".a\t ", max_size=6), max_size=6))
def test_dots_come_through(inbox, lines):
    body = "\r\n".join(lines)
    with smtplib.SMTP(inbox.smtp_host, inbox.smtp_port, timeout=30) as client:
        client.sendmail("a@example.com", ["b@example.com"], f"Subject: x\r\n\r\n{body}\r\n".encode())
    assert inbox.arrivals[-1].raw == f"Subject: x\r\n\r\n{body}\r\n"


def test_a_line_longer_than_the_buffer_keeps_its_dots(inbox, smtp):
    line = "." * 200_000
    smtp.sendmail("a@example.com", ["b@example.com"], f"Subject: x\r\n\r\n{line}\r\n".encode())
    assert inbox.arrivals[-1].raw == f"Subject: x\r\n\r\n{line}\r\n"


@pytest.mark.parametrize(
    ("commands", "last"),
    [
        (["MAIL FROM:<a@example.com>"], 250),
        (["MAIL FROM:<>"], 250),
        (["mail from: <a@example.com> BODY=8BITMIME SIZE=10"], 250),
        (["MAIL FROM:a@example.com"], 501),
        (["MAIL TO:<a@example.com>"], 501),
        ([f"MAIL FROM:<a@example.com> SIZE={smtpd.MAIL_MAX_BYTES + 1}"], 552),
        (["MAIL FROM:<a@example.com>", "MAIL FROM:<b@example.com>"], 503),
        (["MAIL FROM:<a@example.com>", "RSET", "MAIL FROM:<b@example.com>"], 250),
        (["RCPT TO:<a@example.com>"], 503),
        (["MAIL FROM:<a@example.com>", "RCPT TO:<>"], 501),
        (["MAIL FROM:<a@example.com>", "RCPT FROM:<b@example.com>"], 501),
        (["MAIL FROM:<a@example.com>", *["RCPT TO:<b@example.com>"] * 101], 452),
        (["MAIL FROM:<a@example.com>", "DATA"], 503),
        (["DATA"], 503),
        (["NOOP"], 250),
        (["VRFY a"], 252),
        (["AUTH PLAIN AAA"], 502),
        (["STARTTLS"], 502),
        (["BDAT 3"], 500),
        ([""], 500),
        (["\x00\xff"], 500),
        (["QUIT"], 221),
    ],
)
def test_dialogue(smtp, commands, last):
    smtp.ehlo()
    for command in commands:
        smtp.send(f"{command}\r\n".encode("latin-1"))
        code, text = smtp.getreply()
    assert code == last, text


def test_helo_says_less_than_ehlo(smtp):
    assert smtp.helo()[0] == 250
    assert smtp.ehlo()[0] == 250
    assert smtp.esmtp_features["size"] == str(smtpd.MAIL_MAX_BYTES)


def test_a_mail_too_large_is_refused_and_the_connection_lives(inbox, smtp):
    before = len(inbox.arrivals)
    smtp.ehlo()
    smtp.docmd("MAIL FROM:<a@example.com>")
    smtp.docmd("RCPT TO:<b@example.com>")
    smtp.docmd("DATA")
    smtp.sock.sendall(b"x" * (smtpd.MAIL_MAX_BYTES + 1) + b"\r\n.\r\n")
    assert smtp.getreply()[0] == 552
    assert len(inbox.arrivals) == before
    assert smtp.noop()[0] == 250


def test_an_endless_command_ends_the_connection(inbox):
    with socket.create_connection((inbox.smtp_host, inbox.smtp_port), 30) as connection:
        connection.sendall(b"E" * 4096)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert answer.endswith(b"500 5.5.2 Line too long\r\n")


def test_a_client_that_hangs_up_within_a_mail_leaves_nothing(inbox, smtp):
    before = len(inbox.arrivals)
    with socket.create_connection((inbox.smtp_host, inbox.smtp_port), 30) as connection:
        connection.sendall(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: lost\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert len(inbox.arrivals) == before


@pytest.fixture(scope="module")
def ses(inbox):
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    client = boto3.client(
        "sesv2",
        region_name="eu-west-1",
        endpoint_url=inbox.endpoint("ses"),
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=config,
    )
    yield client
    client.close()


def test_a_raw_mail_by_ses(inbox, ses):
    answer = ses.send_email(
        FromEmailAddress="ci@example.com", Destination={"ToAddresses": ["dev@example.com"]}, Content={"Raw": {"Data": message().as_bytes()}}
    )
    assert answer["MessageId"]
    arrival = inbox.arrivals[-1]
    assert (arrival.kind, arrival.title) == ("ses", "Build of zahlungsströme failed")
    assert arrival.payload["to"] == ["dev@example.com"]
    assert arrival.payload["html"] == "<h1>Build failed</h1>\n"


def test_a_simple_mail_by_ses(inbox, ses):
    content = {"Subject": {"Data": "Build failed"}, "Body": {"Text": {"Data": "on main"}}}
    ses.send_email(FromEmailAddress="ci@example.com", Destination={"ToAddresses": ["dev@example.com"]}, Content={"Simple": content})
    assert inbox.arrivals[-1].payload == {
        "from": "ci@example.com",
        "to": ["dev@example.com"],
        "subject": "Build failed",
        "text": "on main",
        "html": None,
        "headers": {},
    }


def test_a_large_mail_by_ses(inbox, ses):
    raw = message(text="x" * 500 + "\n", html=("<p>" + "y" * 700 + "</p>\n") * 4000).as_bytes()
    ses.send_email(Content={"Raw": {"Data": raw}})
    assert inbox.arrivals[-1].raw == raw.decode()


def test_the_client_understands_a_refusal(ses):
    with pytest.raises(ClientError) as refusal:
        ses.send_email(Content={"Raw": {"Data": b" "}})
    assert refusal.value.response["Error"]["Code"] == "BadRequestException"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", {"subject": "", "text": "", "html": None}),
        (b"Subject: =?x-unknown?q?a?=\n\nhi", {"subject": "=?x-unknown?q?a?=", "text": "hi"}),
        (b"Subject: =?utf-8?b?!!!?=\n\nhi", {"text": "hi"}),
        (b"Subject: a\n b\n\nhi", {"subject": "a b"}),
        (b"Subject: a\xffb\n\nhi\xff", {"subject": "a\ufffdb", "text": "hi\ufffd"}),
        (b"Content-Type: text/plain; charset=nonsense\n\nhi", {"text": "hi"}),
        (b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n!!", {"text": None}),
        (b"Content-Type: multipart/mixed\n\nno boundary", {"text": None, "html": None}),
        (b"Content-Type: text/plain\nContent-Disposition: attachment\n\nhi", {"text": None}),
        (b"X: 1\nX: 2\n\n", {"headers": {"X": "1, 2"}}),
        (b"To: a@b.c, d@e.f\n\n", {"to": ["a@b.c", "d@e.f"]}),
        (b"no headers at all", {"subject": "", "text": "no headers at all"}),
    ],
)
def test_malformed_mails_have_parts_all_the_same(raw, expected):
    parts = mail_parts.payload(raw, [])
    assert {name: parts[name] for name in expected} == expected


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"Subject: ",
                b"From: ",
                b"Content-Type: ",
                b"multipart/mixed; boundary=a",
                b"text/html; charset=",
                b"\n",
                b"\n\n--a\n",
                b"=?utf-8?b?",
                b"?=",
                b"\xff\x00",
                b"Content-Transfer-Encoding: base64",
            ]
        ),
        max_size=12,
    )
)
def test_no_mail_raises(pieces):
    parts = mail_parts.payload(b"".join(pieces), [])
    assert set(parts) == {"from", "to", "subject", "text", "html", "headers"}
