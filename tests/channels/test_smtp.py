"""Mail by SMTP against real servers: what its answers mean, what is said before and after TLS, one connection for many mails."""

from __future__ import annotations

import email
import email.policy
import json
import re
import socket
import ssl
import time
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme
from events import RULES, SAMPLES
from mail_servers import Mailbox, ScriptedSmtp
from pydantic import ValidationError
from servers import redactor

from tocsin.channels import smtp
from tocsin.clock import Clock
from tocsin.deliver import Delivery, Limits, deliver
from tocsin.http import Transport
from tocsin.message import compose
from tocsin.network import Network, NoAnswer
from tocsin.shared_connection import SharedConnection
from tocsin.verdict import Delivered, Failed, Retry

CASES = sorted((Path(__file__).parents[1] / "cases" / "mails" / "smtp").glob("*.json"))
NAMES = {Delivered: "delivered", Retry: "retry", Failed: "failed"}
LOGIN = {"username": "ci@example.com", "password": "${P}"}
PASSWORD = "correct-horse"


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost", "::1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def network(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return Network(ca_files=(str(path),))


def options(server, **more):
    values = {"kind": "smtp", "host": "127.0.0.1", "port": server.port, "from": "CI <ci@example.com>", **more}
    return smtp.Options.model_validate(values).resolved({"P": PASSWORD})


def at(port):
    """A server of which only the port is known."""
    return SimpleNamespace(port=port)


def mail(recipient="dev@example.com", sample="failure-cd", **more):
    payload = smtp.render(compose(SAMPLES[sample])._replace(rules=RULES, recipient=recipient), options(at(25)))
    return {**payload, **more}


def attempt(payload, settings, network=None, *, key="key", kept=None, timeout=10.0):
    """One attempt, as the delivery loop makes it; a connection that nobody goes on using is closed."""
    transport = Transport(network or Network(), key, time.monotonic() + timeout, Clock(), kept, redactor(PASSWORD))
    try:
        return smtp.send(payload, settings, transport)
    except NoAnswer as error:
        return (Retry if error.retry else Failed)(error.reason)
    finally:
        if kept is None:
            transport.connection.drop()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_an_answer_means(path, network, certificate):
    case = json.loads(path.read_text(encoding="utf-8"))
    secure = {"security": "tls", **LOGIN} if case.get("login") else {"security": "none"}
    with ScriptedSmtp(case.get("script", {}), tls=certificate if case.get("tls") else None) as server:
        verdict = attempt(mail(), options(server, **{**secure, **case.get("options", {})}), network, timeout=case.get("timeout", 10))
    assert NAMES[type(verdict)] == case["verdict"], verdict
    assert len(server.bodies) == case.get("bodies", 0)
    if not isinstance(verdict, Delivered):
        assert re.search(case["reason"], verdict.reason), verdict.reason
        assert len(verdict.reason) <= 400
        assert verdict.reason.isprintable()
        assert PASSWORD not in verdict.reason


def test_a_mail_arrives_as_it_was_rendered(certificate, network):
    with Mailbox(starttls=certificate, login=("ci@example.com", PASSWORD)) as server:
        verdict = attempt(mail(text="one\n.\n..two\n"), options(server, **LOGIN), network)
    [taken] = server.mails
    assert (taken.sender, taken.recipient, taken.tls) == ("ci@example.com", "dev@example.com", True)
    assert server.logins == [("PLAIN", "ci@example.com", PASSWORD)]
    message = email.message_from_bytes(taken.content, policy=email.policy.default)
    assert message["To"] == "dev@example.com"
    assert message.get_body(("plain",)).get_content().splitlines() == ["one", ".", "..two"]
    assert verdict == Delivered({"message_id": message["Message-ID"]})


def test_tls_from_the_start(certificate, network):
    with Mailbox(tls=certificate, login=("ci@example.com", PASSWORD)) as server:
        verdict = attempt(mail(), options(server, security="tls", **LOGIN), network)
    assert isinstance(verdict, Delivered)
    assert server.mails[0].tls
    assert len(server.logins) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_does_not_verify_is_final_and_nothing_is_said(certificate, security):
    kind = {"starttls": certificate} if security == "starttls" else {"tls": certificate}
    with Mailbox(**kind, login=("ci@example.com", PASSWORD)) as server:
        verdict = attempt(mail(), options(server, security=security, **LOGIN))
    assert isinstance(verdict, Failed)
    assert "does not verify" in verdict.reason
    assert "TOCSIN_CA_FILE" in verdict.reason
    assert (server.mails, server.logins) == ([], [])


def test_a_password_is_never_said_without_tls():
    with ScriptedSmtp({"EHLO": "250-mail.test\r\n250 AUTH PLAIN"}) as server:
        bare = options(server, security="tls", **LOGIN).model_copy(update={"security": "none"})
        verdict = attempt(mail(), bare)
    assert isinstance(verdict, Failed)
    assert "no TLS" in verdict.reason
    assert not [command for command in server.commands if command.startswith(("AUTH", "MAIL"))]


def test_what_came_before_tls_is_forgotten(certificate, network):
    """A man in the middle who puts an answer behind the 220 must not be believed once TLS stands."""
    with ScriptedSmtp(
        {"EHLO": "250-mail.test\r\n250 STARTTLS", "STARTTLS": "220 go\r\n250-mail.test\r\n250 AUTH PLAIN then close"}
    ) as server:
        verdict = attempt(mail(), options(server, **LOGIN), network)
    assert isinstance(verdict, Retry)
    assert server.commands[1:] == ["STARTTLS"]


@pytest.mark.parametrize(
    ("said", "shown"), [(PASSWORD, "***"), (b64encode(f"\0ci@example.com\0{PASSWORD}".encode()).decode(), "AGNpQGV4YW1wbGUuY29tA***=")]
)
def test_a_server_that_repeats_the_password_is_not_quoted(certificate, network, said, shown):
    with ScriptedSmtp({"EHLO": "250-mail.test\r\n250 AUTH PLAIN", "AUTH": f"535 cannot decode {said}"}, tls=certificate) as server:
        verdict = attempt(mail(), options(server, security="tls", **LOGIN), network)
    assert verdict == Failed(f"the login (PLAIN) is refused: 535 cannot decode {shown}")


def test_xoauth2(certificate, network):
    answers = {"EHLO": "250-mail.test\r\n250 AUTH PLAIN XOAUTH2", "AUTH": ["334 eyJzdGF0dXMiOiI0MDAifQ==", "535 5.7.8 expired"]}
    with ScriptedSmtp(answers, tls=certificate) as server:
        verdict = attempt(mail(), options(server, security="tls", auth="xoauth2", **LOGIN), network)
    assert verdict == Failed("the login (XOAUTH2) is refused: 535 5.7.8 expired")
    said = b64encode(f"user=ci@example.com\x01auth=Bearer {PASSWORD}\x01\x01".encode()).decode()
    assert server.commands[1:3] == [f"AUTH XOAUTH2 {said}", ""]


def test_a_password_outside_ascii_has_its_own_words(certificate, network):
    with Mailbox(starttls=certificate, login=("ci@example.com", PASSWORD)) as server:
        verdict = attempt(mail(), options(server, **LOGIN).model_copy(update={"password": "pässwörd"}), network)
    assert isinstance(verdict, Failed)
    assert "outside ASCII" in verdict.reason
    assert "pässwörd" not in verdict.reason


def test_mails_of_a_channel_share_one_connection_and_refusals_touch_only_their_own(certificate, network):
    refusals = {"gone@example.com": "550 5.1.1 no such user", "busy@example.com": "450 4.2.1 busy"}
    people = ["a@example.com", "gone@example.com", "b@example.com", "busy@example.com", "c@example.com"]
    kept = SharedConnection()
    with Mailbox(starttls=certificate, login=("ci@example.com", PASSWORD), refusals=refusals) as server:
        settings = options(server, **LOGIN)
        verdicts = [attempt(mail(person), settings, network, key=person, kept=kept) for person in people]
        kept.drop()
    assert server.connections == len(server.logins) == 1
    assert [taken.recipient for taken in server.mails] == ["a@example.com", "b@example.com", "c@example.com"]
    assert [NAMES[type(verdict)] for verdict in verdicts] == ["delivered", "failed", "delivered", "retry", "delivered"]
    assert verdicts[1] == Failed("the recipient is refused: 550 5.1.1 no such user")
    assert len({verdict.receipt["message_id"] for verdict in verdicts if isinstance(verdict, Delivered)}) == 3


@pytest.mark.parametrize("idle", ["250 OK then close", "250 OK\r\n421 4.4.2 idle for too long then close"])
def test_a_connection_that_the_server_closed_while_idle_is_renewed(idle):
    kept = SharedConnection()
    with ScriptedSmtp({"body": idle}) as server:
        settings = options(server, security="none")
        verdicts = [attempt(mail(), settings, kept=kept) for _ in range(3)]
        kept.drop()
    assert [type(verdict) for verdict in verdicts] == [Delivered] * 3
    assert (server.connections, len(server.bodies)) == (3, 3)


def test_after_a_broken_connection_the_next_mail_gets_a_new_one():
    kept = SharedConnection()
    with ScriptedSmtp({"RCPT": ["close", "421 4.3.2 restarting", "250 OK"]}) as server:
        settings = options(server, security="none")
        verdicts = [attempt(mail(), settings, kept=kept) for _ in range(3)]
        kept.drop()
    assert [type(verdict) for verdict in verdicts] == [Retry, Retry, Delivered]
    assert server.connections == 3


def test_an_attempts_time_is_its_own_on_a_shared_connection():
    kept = SharedConnection()
    with ScriptedSmtp({"RCPT": ["250 OK", "hang"]}) as server:
        settings = options(server, security="none")
        assert isinstance(attempt(mail(), settings, kept=kept, timeout=600), Delivered)
        assert attempt(mail(), settings, kept=kept, timeout=0.2) == Retry("no answer from 127.0.0.1 in time")
        kept.drop()


def test_a_connection_ends_in_good_order():
    with ScriptedSmtp({}) as server:
        attempt(mail(), options(server, security="none"))
    assert server.commands[-1] == "QUIT"


def run(server, network, *, timeout, attempts=3, people=("dev@example.com",)):
    settings = options(server, security="none")
    message = compose(SAMPLES["failure-cd"])._replace(rules=RULES)
    deliveries = [Delivery("mail", "smtp", person, RULES, smtp, settings, message._replace(recipient=person), person) for person in people]
    ended = {
        outcome.recipient: outcome for outcome in deliver(deliveries, Limits(timeout, time.monotonic() + 20, attempts), network, Clock())
    }
    return [ended[delivery.recipient] for delivery in deliveries]


@pytest.mark.parametrize("deed", ["close", "hang", "drip"])
def test_a_mail_that_may_have_arrived_is_never_sent_again(network, deed):
    with ScriptedSmtp({"body": deed}) as server:
        [outcome] = run(server, network, timeout=1)
    assert (outcome.outcome, outcome.attempts, len(server.bodies)) == ("failed", 1, 1)
    assert "may have been delivered" in (outcome.reason or "")


@pytest.mark.parametrize("deed", ["close", "hang", "drip", "451 4.3.0 later"])
def test_a_mail_that_cannot_have_arrived_is_sent_again_with_the_same_id(network, deed):
    with ScriptedSmtp({"DATA": [deed, "354 go ahead"]}) as server:
        [outcome] = run(server, network, timeout=1)
    assert (outcome.outcome, outcome.attempts, len(server.bodies)) == ("delivered", 2, 1)
    assert outcome.receipt
    assert outcome.receipt["message_id"].encode() in server.bodies[0]


def test_an_attempt_that_the_loop_has_given_up_sends_no_body():
    with ScriptedSmtp({}) as server:
        verdict = attempt(mail(), options(server, security="none"), timeout=-1)
    assert isinstance(verdict, Retry)
    assert server.bodies == []


def test_a_repetition_has_the_same_id():
    with ScriptedSmtp({"body": ["451 4.3.0 later", "250 OK"]}) as server:
        for _ in range(2):
            attempt(mail(), options(server, security="none"))
    ids = [email.message_from_bytes(body)["Message-ID"] for body in server.bodies]
    assert ids[0] == ids[1]


def test_one_lane_one_connection(network):
    with ScriptedSmtp({}) as server:
        outcomes = run(server, network, timeout=5, people=("a@example.com", "b@example.com", "c@example.com"))
    assert [outcome.outcome for outcome in outcomes] == ["delivered"] * 3
    assert (server.connections, len(server.bodies)) == (1, 3)


def test_an_address_outside_ascii_needs_a_server_that_takes_it():
    with Mailbox(smtputf8=True) as server:
        assert isinstance(attempt(mail("josé@bücher.example"), options(server, security="none")), Delivered)
    [taken] = server.mails
    assert taken.recipient == "josé@xn--bcher-kva.example"
    assert email.message_from_bytes(taken.content, policy=email.policy.SMTPUTF8)["To"] == "josé@xn--bcher-kva.example"
    with Mailbox() as server:
        verdict = attempt(mail("josé@example.com"), options(server, security="none"))
        assert isinstance(attempt(mail("dev@bücher.example"), options(server, security="none")), Delivered)
    assert isinstance(verdict, Failed)
    assert "SMTPUTF8" in verdict.reason


@pytest.mark.parametrize("field", ["to", "from"])
@pytest.mark.parametrize(
    "text", ["", "nobody", "a@b\r\nRCPT TO:<c@d>", "a b@example.com", "a@-.example..com", "a\x00@example.com", "<a@b>,<c@d>"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(field, text):
    with ScriptedSmtp({}) as server:
        verdict = attempt(mail(**{field: text}), options(server, security="none"))
    assert isinstance(verdict, Failed)
    assert "is not an email address" in verdict.reason
    assert server.connections == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", Retry("connection to 127.0.0.1 refused or unreachable")),
        ("fe80::1%nowhere", Retry("host fe80::1%nowhere cannot be resolved")),
        ("a" * 70 + ".example", Failed(f"{'a' * 70}.example cannot be the name of a host")),
    ],
)
def test_a_server_that_is_not_there(host, expected):
    settings = options(at(free_port()), security="none").model_copy(update={"host": host})
    assert attempt(mail(), settings) == expected


def test_only_allowed_hosts_are_spoken_to():
    with ScriptedSmtp({}) as server:
        verdict = attempt(mail(), options(server, security="none"), Network(allowed_hosts=("*.example.com",)))
    assert verdict == Failed("host 127.0.0.1 is not among TOCSIN_ALLOWED_HOSTS")
    assert server.connections == 0


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", *(["::1", "[::1]"] if has_ipv6() else [])])
def test_hosts(host):
    listen = "::1" if ":" in host else "127.0.0.1"
    with Mailbox(host=listen) as server:
        assert isinstance(attempt(mail(), options(server, host=host, security="none")), Delivered)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"security": "none", **LOGIN}, "in the clear"),
        ({"username": "ci"}, "no password"),
        ({"password": "${P}"}, "no username"),
        ({"username": "ci", "password": "written-out"}, "must not be written into the policy"),
        ({"host": "smtp.example.com:587"}, "under port:"),
        ({"host": "smtp://smtp.example.com"}, "under port:"),
        ({"host": ""}, "is not a host"),
        ({"host": "smtp.${DOMAIN}:587"}, "under port:"),
        ({"host": "evil\\@smtp.example.com"}, "is not a host"),
        ({"host": "0x7f.1"}, "can be read in two ways"),
        ({"host": "[::1"}, "is not a host"),
        ({"hello": "ci_runner example"}, "is no name for a greeting"),
        ({"hello": "192.0.2.1:25"}, "is no name for a greeting"),
        ({"hello": "::1"}, "is no name for a greeting"),
        ({"hello": "[::1]"}, "is no name for a greeting"),
        ({"hello": "[localhost"}, "is no name for a greeting"),
        ({"hello": "ci.example.com\r\nMAIL FROM:<>"}, "is no name for a greeting"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"port": 65536}, "less than or equal to 65535"),
        ({"security": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"from": "CI"}, "not an email address"),
        ({"from": "CI <ci@example.com>\r\nBcc: x@example.com"}, "not an email address"),
        ({"from": "a@example.com, b@example.com"}, "not an email address"),
        ({"reply_to": "CI <ci@example.com>"}, "not an email address"),
        ({"passwort": "x"}, "Extra inputs"),
    ],
)
def test_options_that_cannot_work_are_errors_of_check(more, words):
    with pytest.raises(ValidationError) as caught:
        smtp.Options.model_validate({"kind": "smtp", "host": "smtp.example.com", "from": "ci@example.com", **more})
    assert words in str(caught.value)
    assert "written-out" not in str(caught.value)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"host": "${SMTP_HOST}", "from": "${SMTP_FROM}", "username": "${SMTP_USER}", "password": "${SMTP_PASSWORD}"},
        {"from": '"CI, the robot" <ci@example.com>'},
        {"host": "2001:db8::1", "port": 465},
        {"port": 25, "security": "none"},
        {"default": True, "reply_to": "team@example.com", "project": "payments"},
    ],
)
def test_options_that_work(more):
    assert smtp.Options.model_validate({"kind": "smtp", "host": "smtp.example.com", "from": "ci@example.com", **more})


@pytest.mark.parametrize(
    ("port", "kind"), [(587, "starttls"), (2587, "starttls"), (25, "starttls"), (465, "tls"), (2465, "tls"), (1025, "starttls")]
)
def test_the_port_decides_the_kind_of_tls(port, kind):
    assert smtp.security(options(at(port))) == kind


@pytest.mark.parametrize(
    ("hello", "said"),
    [
        ("ci.example.com", "ci.example.com"),
        ("CI.bücher.example", "ci.xn--bcher-kva.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        (None, "[127.0.0.1]"),
    ],
)
def test_the_name_by_which_this_machine_greets(hello, said):
    with ScriptedSmtp({}) as server:
        assert isinstance(attempt(mail(), options(server, security="none", **({"hello": hello} if hello else {}))), Delivered)
    assert server.commands[0] == f"ehlo {said}"


def test_the_name_is_told_after_tls_too(certificate, network):
    with ScriptedSmtp({"EHLO": "250-mail.test\r\n250 AUTH PLAIN"}, tls=certificate) as server:
        attempt(mail(), options(server, security="tls", hello="ci.example.com", **LOGIN), network)
    assert server.commands[0] == "ehlo ci.example.com"


@pytest.mark.parametrize(
    "name", ["ci\r\nMAIL FROM:<a@b>", "", "a b", "::1", "ci.example.com:25", "[ci]", "[::1]", "[IPv6:192.0.2.1]", "ü" * 300]
)
def test_a_name_from_a_variable_is_looked_at_before_it_is_said(name):
    with ScriptedSmtp({}) as server:
        settings = options(server, security="none").model_copy(update={"hello": name or " "})
        verdict = attempt(mail(), settings)
    assert isinstance(verdict, Failed)
    assert "hello is no name for a greeting" in verdict.reason
    assert server.commands == []


def test_mail_says_that_it_does_not_go_through_the_proxy():
    """Where there is no way out but the proxy, a mail server cannot be reached, and the proxy is not why."""
    settings = options(at(free_port()), security="none")
    proxies = {"http": "socks5h://127.0.0.1:1"}
    direct = "connection to 127.0.0.1 refused or unreachable"
    assert attempt(mail(), settings, Network(proxies)) == Retry(f"{direct}; mail does not go through the proxy, but to the server itself")
    assert attempt(mail(), settings, Network(proxies, "127.0.0.1")) == Retry(direct)
