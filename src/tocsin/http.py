"""One HTTP attempt, a bounded answer, and what a status means in general. Nothing here follows a redirect or retries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from threading import Lock
from typing import TYPE_CHECKING, Any

from tocsin import __version__, http_direct
from tocsin.address import AddressError, HttpUrl, http_url
from tocsin.http_direct import Permit
from tocsin.named_tuple import NamedTuple
from tocsin.network import Network, NoAnswer, no_answer, proxy_answered
from tocsin.secrets.redactor import MASK
from tocsin.shared_connection import SharedConnection
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict, is_temporary

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from tocsin.clock import Clock

ANSWER_MAX_BYTES = 64 * 1024  # ours: every service's answer is far smaller; an endless one is cut off here
USER_AGENT = f"tocsin/{__version__}"


class Response(NamedTuple):
    """A service's answer, without a secret: header names are in lower case, `text` is cut where the request said.

    `at` is in seconds since 1970. With `by_proxy` the answer may be a proxy's own.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    at: float = 0.0
    by_proxy: bool = False

    def json(self) -> Any:
        """The body as JSON, or None where it is none. A number of which a part is masked, because a secret holds it too, is null."""
        try:
            return json.loads(_without_masked_numbers(self.text) if MASK in self.text else self.text)
        except (ValueError, RecursionError):
            return None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one where it is none."""
        answer = self.json()
        return answer if isinstance(answer, dict) else {}


class Transport:
    """What a channel's `send` may use for one attempt.

    `key` is the same for every repetition of one delivery; `deadline` is on the clock's monotonic seconds.
    `redact` masks what is secret: every answer goes through it before anybody reads, cuts or cleans it.
    A sender calls `commit` before the first byte of a message; `request` does it by itself. So either the loop gives the attempt up, and
    nothing goes out, or the message goes out, and the loop knows it.
    """

    def __init__(
        self,
        network: Network,
        key: str,
        deadline: float,
        clock: Clock,
        connection: SharedConnection[Any] | None = None,
        redact: Callable[[str], str] = str,
    ) -> None:
        self.network, self.key, self.deadline, self.clock, self.redact = network, key, deadline, clock, redact
        self.connection = connection or SharedConnection()
        self.not_repeatable: str | None = None
        self.sent, self.answered = False, False
        self._lock, self._given_up = Lock(), False

    def commit(self, not_repeatable: str | None = None) -> bool:
        """Begin to send the message; False where it may not: the attempt has been given up, or its time is over.

        `not_repeatable` is the reason for the report where a repetition could double the message and must not happen; it holds until
        `settle`.
        """
        with self._lock:
            if self._given_up or self.expired():
                return False
            self.sent, self.answered, self.not_repeatable = True, False, not_repeatable
            return True

    def settle(self) -> None:
        """The service has answered what was sent last, so that nobody has to guess whether it arrived."""
        self.answered, self.not_repeatable = True, None

    def give_up(self) -> bool:
        """Let nothing begin to go out from now on; True where the message has begun to, and may arrive."""
        with self._lock:
            self._given_up = True
            return self.sent

    def open(self) -> bool:
        """Whether the attempt goes on: it has not been given up, and there is time left."""
        with self._lock:
            return not self._given_up and not self.expired()

    @property
    def in_doubt(self) -> bool:
        """Whether a message has gone out and nobody has answered."""
        return self.sent and not self.answered

    def remaining(self) -> float:
        """Seconds left for this attempt, never below a hundredth."""
        return max(0.01, self.deadline - self.clock.monotonic())

    def expired(self) -> bool:
        """Whether the attempt's time is over: it has been given up, and the next may have begun, so nothing more is sent."""
        return self.clock.monotonic() >= self.deadline

    def post_json(self, url: str, payload: Any, *, method: str = "POST", headers: Mapping[str, str] | None = None) -> Response:
        """Send `payload` as JSON. Raises NoAnswer."""
        return self.request(method, url, json_body(payload), {"Content-Type": "application/json", **(headers or {})})

    def request(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        max_bytes: int = ANSWER_MAX_BYTES,
        commit: Callable[[], bool] | None = None,
    ) -> Response:
        """One request, no redirect followed; the answer's body is cut at `max_bytes`.

        `commit` is asked before the first byte: this attempt's own, which takes the request for the message, where it is not given.
        Raises NoAnswer with our own words: a library's would hold the URL.
        """
        address = _address(url)
        host = address.host
        self.network.require_allowed(host)
        if self.expired():
            raise NoAnswer(f"no answer from {clean(host, 100)} in time")
        permit = Permit(self.deadline, self.clock, commit or self.commit)
        try:
            with self._asked(method, address, body, {"User-Agent": USER_AGENT, **headers}, permit) as answer:
                by_proxy = address.scheme == "http" and self.network.proxy_for(address.url) is not None
                if by_proxy and answer.status == 407:
                    answer.close()
                    self.settle()
                    raise proxy_answered(407, clean(host, 100))
                received = {name.lower(): value for name, value in answer.headers.items()}
                response = Response(answer.status, received, self.redact(self._read(answer, max_bytes)), self.clock.time(), by_proxy)
                self.settle()
                return response
        except OSError as error:
            raise no_answer(error, host) from None
        except (ValueError, UnicodeError):
            raise NoAnswer("the URL or a header holds characters that HTTP forbids", retry=False) from None

    def _asked(
        self, method: str, address: HttpUrl, body: bytes | None, headers: Mapping[str, str], permit: Permit
    ) -> AbstractContextManager[http_direct.Answer | BaseHTTPResponse]:
        """The open answer. Raises NoAnswer, and OSError and ValueError, which say why there is none."""
        proxy = self.network.proxy_for(address.url)
        tls = self.network.tls() if any(each.lower().startswith("https:") for each in (address.url, proxy or "")) else None
        if proxy is None and http_direct.is_plain(address, headers):
            return http_direct.asked(method, address, body, headers, permit, tls)
        from tocsin import http_connection

        return http_connection.asked(method, address, body, headers, permit, tls, proxy)

    def _read(self, answer: http_direct.Answer | BaseHTTPResponse, max_bytes: int) -> str:
        """The body, at most `max_bytes` of it, and not past the deadline."""
        chunks, size = [], 0
        try:
            while size < max_bytes:
                if self.expired():  # an attempt that was left behind would read a dripping body for ever
                    raise TimeoutError
                chunk = answer.read1(max_bytes - size)
                if not chunk:
                    break
                chunks.append(chunk)
                size += len(chunk)
        finally:
            answer.close()
        return b"".join(chunks).decode("utf-8", "replace")


def json_body(payload: Any) -> bytes:
    """A payload as it goes out. A half of a surrogate pair, which UTF-8 cannot hold, becomes a question mark."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def judge(response: Response) -> Verdict:
    """What an answer means by HTTP's own rules: 2xx delivered; 408, 425, 429 and 5xx try again; the rest is final."""
    if 200 <= response.status < 300:
        return Delivered()
    if 300 <= response.status < 400:
        return Failed(f"HTTP {response.status}: the address redirects, and redirects are not followed; use the final address")
    said = f": {clean(response.text, 200)}" if response.text.strip() and "<html" not in response.text[:500].lower() else ""
    reason = f"HTTP {response.status}{' from the proxy or through it' if response.by_proxy else ''}{said}"
    if is_temporary(response.status):
        return Retry(reason, retry_after(response.headers, response.at))
    return Failed(reason)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds of a Retry-After header, as a whole number, a fraction or an HTTP date (RFC 9110, 10.2.3); None if there is none.

    `now` is in seconds since 1970.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime

        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None  # noqa: PLR0124  NaN


def _without_masked_numbers(text: str) -> str:
    """JSON in which a mask stands within strings alone."""
    string, number = r'"(?:[^"\\]|\\.)*"?', r"(?<![-+.\w])[-+.\w]*(?:\*\*\*[-+.\w]*)+"
    return re.sub(rf"(?s:{string}|{number})", lambda found: found[0] if found[0].startswith('"') else "null", text)


def _address(url: str) -> HttpUrl:
    """The address that is looked at and connected to. Raises NoAnswer."""
    try:
        return http_url(url)
    except AddressError as error:
        raise NoAnswer(f"the URL {error}", retry=False) from None
