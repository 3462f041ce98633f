"""Mail by SMTP (RFC 5321), with submission's TLS and login (RFC 8314, 3207, 4954)."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tocsin import address, secrets
from tocsin.channels import mail
from tocsin.channels.options import Credential, Place, Text
from tocsin.http import Transport
from tocsin.network import NoAnswer
from tocsin.record import AfterValidator, Field
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict

if TYPE_CHECKING:
    from tocsin.channels.mime import Parcel
    from tocsin.channels.smtp_session import Refused, Session
    from tocsin.message import Message

TLS_PORTS = (465, 2465)  # RFC 8314, 3.3; the second is Amazon's
UNCERTAIN = "the connection broke after the mail was sent: it may have been delivered"


def _host(text: str) -> str:
    try:
        secrets.names(text)
        address.check_host_literal(text)
    except address.AddressError as error:
        why = f"it {error}" if "two ways" in str(error) else "write its name or address alone, its port under port:"
        raise ValueError(f"is not a host: {why}") from None
    return text


def _hello(text: str) -> str:
    if not secrets.names(text):
        hello_name(text)
    return text


def hello_name(text: str) -> str:
    """The name in EHLO: a domain, or an address in brackets (RFC 5321, 4.1.3). Raises ValueError."""
    try:
        if text.startswith("["):
            bare = text.removeprefix("[").removesuffix("]").removeprefix("IPv6:")
            number = ":" in bare or bare.rpartition(".")[2].isdigit()
            if number and address.host(bare) == bare and text == (f"[IPv6:{bare}]" if ":" in bare else f"[{bare}]"):
                return text
        elif ":" not in text:
            return address.host(text)
    except address.AddressError:
        pass
    raise ValueError("is no name for a greeting: write this machine's name as ci.example.com, or its address as [192.0.2.1]")


class Options(mail.MailOptions):
    """Mail by an SMTP server."""

    kind: Literal["smtp"]
    host: Annotated[Place, AfterValidator(_host)] = Field(description="The server's name or address.")
    port: int = Field(default=587, ge=1, le=65535, description="The server's port.")
    security: Literal["starttls", "tls", "none"] | None = Field(
        default=None,
        description="TLS after STARTTLS (the default, and never left out if the server does not offer it), TLS from the start (the default "
        "for the ports 465 and 2465), or none, for a server that takes mail without a login.",
    )
    hello: Annotated[Text, AfterValidator(_hello)] | None = Field(
        default=None,
        description="The name by which this machine greets the server (EHLO), for one that refuses its address in brackets, the default.",
    )
    username: Text | None = Field(default=None, description="The login's name.")
    password: Credential | None = Field(default=None, description="The login's password, from a secret.")
    auth: Literal["password", "xoauth2"] = Field(
        default="password", description="How to log in; with xoauth2 the password is an OAuth access token."
    )

    def check(self) -> None:
        """Raise ValueError for half a login, or one without TLS."""
        if (self.username is None) != (self.password is None):
            given, missing = ("username", "password") if self.password is None else ("password", "username")
            raise ValueError(f"has a {given} but no {missing}: a login needs both; leave both out for a server that wants none")
        if self.security == "none" and self.password is not None:
            raise ValueError(
                "security: none would send the password in the clear: use security: starttls (port 587) or tls (port 465), "
                "or leave username and password out"
            )


def security(options: Options) -> str:
    """How the connection is secured: as the policy says, else by the port. Port 25 is no exception: what sends without TLS says so."""
    return options.security or ("tls" if options.port in TLS_PORTS else "starttls")


def render(message: Message, options: Options) -> dict[str, Any]:
    """The mail as plain data; see `mail.render`."""
    return mail.render(message, options)


def send(payload: dict[str, Any], options: Options, transport: Transport) -> Verdict:
    """Hand the mail over, on the channel's shared connection.

    From the moment its body goes out until the server has answered, a repetition could double it: a break in between is final.
    """
    from tocsin.channels import smtp_session
    from tocsin.channels.mime import pack_mail

    try:
        host = address.host(options.host)
    except address.AddressError as error:
        return Failed(f"{clean(options.host, 100)} {error}")
    transport.network.require_allowed(host)
    parcel = pack_mail(payload, transport.key, transport.clock.time())
    try:
        return _hand_over(_session(options, host, transport), parcel, transport)
    except smtp_session.Refused as refused:
        return _refused(refused, transport)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host that is no name
        transport.connection.drop()
        return _broken(smtp_session.no_answer(error, host), transport)


def _session(options: Options, host: str, transport: Transport) -> Session:
    """The channel's connection: the one kept open, renewed where the server closed it, or a new one."""

    def connect(stack: ExitStack) -> Session:
        return _connect(options, host, transport, stack)

    session: Session = transport.connection.get(connect)
    session.deadline = transport.deadline
    if session.used and not session.reset():
        transport.connection.drop()
        session = transport.connection.get(connect)
    session.used = True
    return session


def _connect(options: Options, host: str, transport: Transport, stack: ExitStack) -> Session:
    """A connection that is ready for mails; `stack` gets its farewell. Raises NoAnswer, Refused, OSError."""
    session = _open(options, host, transport)
    with ExitStack() as guard:
        guard.callback(session.farewell)
        if security(options) == "starttls":
            session.secure(transport.network.tls(), host)
        if options.username and options.password:
            session.log_in(options.username, options.password, xoauth2=options.auth == "xoauth2")
        session.greet()
        stack.callback(guard.pop_all().close)
    return session


def _open(options: Options, host: str, transport: Transport) -> Session:
    """A connection that has been greeted by the server. Raises NoAnswer, Refused."""
    from smtplib import SMTPConnectError

    from tocsin.channels.smtp_session import Refused, Session, TlsSession, no_answer

    try:
        hello = hello_name(options.hello) if options.hello else None
    except ValueError as error:
        raise NoAnswer(f"hello {error}", retry=False) from None
    try:
        if security(options) == "tls":
            return TlsSession(
                host, options.port, transport.deadline, transport.clock, transport.redact, hello, context=transport.network.tls()
            )
        return Session(host, options.port, transport.deadline, transport.clock, transport.redact, hello)
    except SMTPConnectError as error:
        raise Refused(f"{host} refuses the connection", error.smtp_code, error.smtp_error) from None
    except (OSError, UnicodeError) as error:
        lost, network = no_answer(error, host), transport.network
        if lost.retry and network.proxies and not network.is_direct(host, options.port):
            raise NoAnswer(f"{lost.reason}; mail does not go through the proxy, but to the server itself") from None
        raise lost from None


def _hand_over(session: Session, parcel: Parcel, transport: Transport) -> Verdict:
    """Envelope, body, answer. Raises Refused, NoAnswer, and OSError where the connection breaks."""
    _expect(250, "the sender is refused", session.mail(parcel.sender, _extras(session, parcel)))
    _expect(250, "the recipient is refused", session.rcpt(parcel.recipient))
    _expect(354, "the mail is refused", session.docmd("DATA"))
    if not transport.commit(UNCERTAIN):
        raise TimeoutError
    session.send(re.sub(rb"(?m)^\.", b"..", parcel.content) + b".\r\n")
    answer = session.getreply()
    if answer[0] > 0:
        transport.settle()
    _expect(250, "the mail is refused", answer)
    return Delivered({"message_id": parcel.message_id})


def _extras(session: Session, parcel: Parcel) -> tuple[str, ...]:
    """What MAIL says beside the sender. Raises NoAnswer, final, for an address that the server cannot take."""
    if not parcel.international:
        return ()
    if not session.has_extn("smtputf8"):
        raise NoAnswer("an address has characters outside ASCII before its @, and the server does not offer SMTPUTF8", retry=False)
    return ("SMTPUTF8", "BODY=8BITMIME")


def _expect(code: int, otherwise: str, answer: tuple[int, bytes]) -> None:
    from tocsin.channels.smtp_session import Refused

    if answer[0] // 100 != code // 100:
        raise Refused(otherwise, *answer)


def _refused(refused: Refused, transport: Transport) -> Verdict:
    """4xx is worth another try, 5xx is final (RFC 5321, 4.2.1); the connection goes on but after 421 and nonsense."""
    if refused.code == 421 or refused.code < 400:
        transport.connection.drop()
    if transport.not_repeatable:
        return Failed(f"{refused.reason}; {UNCERTAIN}")
    return Retry(refused.reason) if 400 <= refused.code < 500 else Failed(refused.reason)


def _broken(lost: NoAnswer, transport: Transport) -> Verdict:
    if transport.not_repeatable:
        return Failed(f"{clean(lost.reason)}, after the mail was sent: it may have been delivered")
    return Retry(lost.reason) if lost.retry else Failed(lost.reason)
