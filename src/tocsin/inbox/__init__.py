"""A local inbox: takes what tocsin sends, as each service would, and shows it on a web page. Nothing leaves the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from tocsin.errors import UsageError
from tocsin.inbox import mail_parts, smtpd, web
from tocsin.inbox.arrivals import Arrival, Arrivals, Content
from tocsin.inbox.describe import describe
from tocsin.inbox.endpoints import ENDPOINTS

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from typing_extensions import Self

    from tocsin.inbox.services import Answer

__all__ = ["Arrival", "Inbox"]


class Inbox:
    """An HTTP and an SMTP server of one inbox, serving within a `with` block.

    Port 0 lets the system choose. `failures` are what kinds of channel are answered, instead of what their service would say.
    Raises UsageError where a port or the host cannot be had.
    """

    def __init__(
        self, host: str = "127.0.0.1", http_port: int = 0, smtp_port: int = 0, failures: Mapping[str, Answer] | None = None
    ) -> None:
        self._arrivals, self._host = Arrivals(), host
        self._hello: dict[str, object] = {"run": uuid4().hex[:12]}
        try:
            self._web = web.web_server(host, http_port, self._arrivals, self._hello, failures or {})
        except (OSError, OverflowError) as error:
            raise _unavailable(host, http_port, error) from None
        try:
            self._smtp = smtpd.smtp_server(host, smtp_port, self._deliver)
        except (OSError, OverflowError) as error:
            self._web.server_close()
            raise _unavailable(host, smtp_port, error) from None
        self._hello["endpoints"] = {kind: self.endpoint(kind) for kind in (*ENDPOINTS, "smtp")}

    def __enter__(self) -> Self:
        self._web.start()
        self._smtp.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._arrivals.close()
        self._web.stop()
        self._smtp.stop()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self._base(self._web.port)}/"

    @property
    def smtp_host(self) -> str:
        """The host to which mail can be sent."""
        return self._reachable()

    @property
    def smtp_port(self) -> int:
        """The port to which mail can be sent: without TLS, without a login."""
        return self._smtp.port

    @property
    def arrivals(self) -> list[Arrival]:
        """What has arrived, oldest first; the newest thousand are kept."""
        return self._arrivals.snapshot()

    def endpoint(self, kind: str, channel: str = "") -> str:
        """The address to configure for a kind of channel, for one of that name if there is one; for ses an AWS client's `endpoint_url`.

        Mail by SMTP cannot tell the channel that sent it. Raises KeyError for an unknown kind.
        """
        if kind == "smtp":
            return f"smtp://{_bracketed(self._reachable())}:{self.smtp_port}"
        path = ENDPOINTS[kind].named.format(quote(channel, safe="")) if channel else ENDPOINTS[kind].path
        return self._base(self._web.port) + path

    def serve_until(self, stop: threading.Event) -> None:
        """Keep serving until `stop` is set. Within the `with` block."""
        stop.wait()

    def _deliver(self, mime: bytes, sender: str, recipients: list[str], client: str) -> None:
        payload = mail_parts.payload(mime, recipients, sender)
        envelope = {"mail-from": sender, "rcpt-to": ", ".join(recipients), "client": client}
        self._arrivals.add("smtp", *describe("smtp", payload), Content(payload, mime.decode("utf-8", "replace"), envelope))

    def _reachable(self) -> str:
        """The host by which this machine reaches the inbox: an unspecified address is reached through loopback."""
        return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104  recognised, not bound

    def _base(self, port: int) -> str:
        return f"http://{_bracketed(self._reachable())}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _unavailable(host: str, port: int, error: Exception) -> UsageError:
    reason = getattr(error, "strerror", None) or "not a port"
    return UsageError(f"the inbox cannot listen on {host} port {port} ({reason}): choose another port, or 0 for any that is free")
