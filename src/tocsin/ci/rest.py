"""A CI's REST API, asked within limits: a few questions need no library.

What it does not answer is unknown, and said once in `Api.notes`. The token goes to the API's own host alone: an address that an
answer names is asked in one case, without the token (`Api.stored`). TOCSIN_ALLOWED_HOSTS holds for it as for a channel: who limits
where anything may be sent adds the API's host.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from tocsin.address import THIS_MACHINE, AddressError, host_for_token, http_url
from tocsin.http import Response, Transport
from tocsin.named_tuple import NamedTuple
from tocsin.network import Network, NoAnswer
from tocsin.text import clean

if TYPE_CHECKING:
    from tocsin.clock import Clock

REQUEST_MAX_SECONDS = 3.0  # ours: one look-up may not eat the time of the messages
REQUEST_GRACE_SECONDS = 0.1  # a request that ends by itself says why in better words than one that is left behind
ANSWER_MAX_BYTES = 4 * 1024 * 1024  # ours: a hundred jobs with their steps have several hundred kB
TEXT_MAX_BYTES = 5 * 1024 * 1024  # ours: more than the 4 MB of a job's log that a runner of GitLab's keeps by default
_REDIRECTS = (302, 307)
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)


class Question(NamedTuple):
    """What a question is about, in words for the user."""

    asked: str  # "the jobs and runs"
    lost: str  # what stays unknown without an answer
    step: str  # what gives the token the right to ask


class Api(ABC):
    """What may be asked until `deadline`, on the clock's monotonic seconds. `notes` says what could not be learned, each once.

    A host that does not answer, or refuses the token, is not asked again. Where `look_ups` is False, no log, annotation or test report
    is asked for: the reason of a failure stays unknown.
    """

    service: ClassVar[str]  # its name, in words for the user
    address: ClassVar[str]  # the variable that holds `base_url`
    new_token: ClassVar[str]  # what to do where the token is refused
    contents: ClassVar[Question]  # what a question for a file is about

    def __init__(self, base_url: str, token: str, network: Network, deadline: float, clock: Clock) -> None:
        self.notes: list[str] = []
        self.asked: list[str] = []  # each look-up: the host, the path at the API's own, and what came of it
        self.look_ups = True
        self.deadline, self._clock = deadline, clock
        self._base_url, self._token, self._network = base_url.strip().rstrip("/"), token.strip(), network
        self._answers: dict[str, Any] = {}
        self._closed: set[Question] = set()
        self._silent = False

    @property
    def secret(self) -> str:
        """The token, to be masked wherever it would be shown."""
        return self._token

    @abstractmethod
    def headers(self, token: str) -> dict[str, str]:
        """What each request carries."""

    @abstractmethod
    def file(self, repository: str, ref: str, path: str) -> tuple[str, Mapping[str, str]] | None:
        """Where a file of a repository at a ref is, and the query; None for what is no repository."""

    def get(self, path: str, question: Question, query: Mapping[str, str | int] | None = None, *, missing: bool = False) -> Any:
        """The JSON at `path`, asked once; None where it cannot be had, with a note, but for a 404 where `missing` may be."""
        where = path + (f"?{urlencode(query, errors='replace')}" if query else "")
        if where not in self._answers and question not in self._closed and not self._silent:
            self._answers[where] = self._get(where, question, missing=missing)
        return self._answers.get(where)

    def file_or_place(self, path: str, question: Question) -> Response | None:
        """The file at `path`, or the redirect to its `location`; None where it is not there, which needs no note, or cannot be had."""
        if question in self._closed or self._silent:
            return None
        response = self._answer(path, question)
        if response and (response.status == 200 or (response.status in _REDIRECTS and response.headers.get("location"))):
            return response
        if response and response.status not in (404, 410):
            self._refused(response, question)
        return None

    def stored(self, url: str, question: Question, byte_range: str | None, max_bytes: int) -> Response | None:
        """What lies at an address that `file_or_place` names, at most `max_bytes` of it; None, with a note, where it does not answer.

        The address is signed, so the token is not for it and stays at home. It must be https, but for an API on this machine; it is
        not followed further. A store that fails says nothing of the API.
        """
        headers = {"Range": byte_range} if byte_range else {}
        try:
            return None if question in self._closed else self._ask(url, headers, max_bytes, own=False)
        except NoAnswer as error:
            self._close(f"where {self.service} keeps {question.asked} is out of reach ({error.reason})", question)
            return None

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)

    def tail(self, path: str, question: Question, max_bytes: int) -> str | None:
        """About the last `max_bytes` of the text at `path`, without the token; None where they cannot be had, with a note.

        A server that hands out no part of a text (RFC 9110, 14.1.2) is read to the text's end, as far as that is near.
        """
        if question in self._closed or self._silent:
            return None
        asked = {**self.headers(self._token), "Accept": "*/*", "Range": f"bytes=-{max_bytes}"}
        try:
            response = self._ask(self._base_url + path, asked, TEXT_MAX_BYTES)
        except NoAnswer as error:
            self._close(f"{self.service}'s API gave no answer ({error.reason})", question, everything=True)
            return None
        if response.status not in (200, 206):
            self._refused(response, question)
        elif response.status == 200 and len(response.text.encode()) >= TEXT_MAX_BYTES:
            self.note(f"{self.service} gives no part of {question.asked}, and the whole is too large, so {question.lost}")
        else:
            return response.text[-max_bytes:].replace(self._token, "***")
        return None

    def odd(self, question: Question) -> None:
        """Note an answer that is not in the form that is documented."""
        self.note(f"{self.service}'s answer about {question.asked} is not understood, so {question.lost}")

    def _get(self, where: str, question: Question, *, missing: bool) -> Any:
        response = self._answer(where, question)
        if not response:
            return None
        if response.status != 200:
            if not (response.status == 404 and missing):
                self._refused(response, question)
            return None
        data = response.json()
        if data is None:
            self.odd(question)
        return data

    def _answer(self, where: str, question: Question) -> Response | None:
        """The API's own answer, whatever it says; None, with a note, where there is none."""
        try:
            return self._ask(self._base_url + where, self.headers(self._token), ANSWER_MAX_BYTES)
        except NoAnswer as error:
            self._close(f"{self.service}'s API gave no answer ({error.reason})", question, everything=True)
            return None

    def _ask(self, url: str, headers: Mapping[str, str], max_bytes: int, *, own: bool = True) -> Response:
        """One request, in a thread that is left behind if it outlives its time: no time-out reaches a look-up of the host's name.

        `own`: whether `url` is the API's. Raises NoAnswer.
        """
        host = self._host() if own else self._other_host(url)
        where = f"{host} {clean(url.removeprefix(self._base_url), 300)}" if own else host  # another's address is signed
        now = self._clock.monotonic()
        seconds = min(REQUEST_MAX_SECONDS, self.deadline - now)
        if seconds <= REQUEST_GRACE_SECONDS:
            raise NoAnswer("the time for look-ups is used up")
        transport = Transport(self._network, "", now + seconds - REQUEST_GRACE_SECONDS, self._clock)
        answer: SimpleQueue[Response | Exception] = SimpleQueue()

        def work() -> None:
            try:
                answer.put(transport.request("GET", url, None, headers, max_bytes))
            except Exception as error:  # noqa: BLE001  raised again in the thread that waits
                answer.put(error)

        try:
            self._clock.start(work)
            got = self._clock.take(answer, seconds)
        except RuntimeError:
            raise NoAnswer("this machine starts no more threads") from None
        except Empty:
            self.asked.append(f"{where}: no answer in time")
            raise NoAnswer(f"no answer from {host} in time") from None
        end = f"HTTP {got.status}" if isinstance(got, Response) else str(got) if isinstance(got, NoAnswer) else "no answer"
        self.asked.append(f"{where}: {end}")
        if isinstance(got, Exception):
            raise got
        return got

    def _host(self) -> str:
        """The host to ask. Raises NoAnswer where the token would travel in the clear."""
        try:
            return clean(host_for_token(self._base_url), 100)
        except AddressError as error:
            raise NoAnswer(f"{self.address} {error}", retry=False) from None

    def _other_host(self, url: str) -> str:
        """The host of an address that an answer names: https, but on this machine as the API is. Raises NoAnswer for another one."""
        try:
            address = http_url(url)
        except AddressError as error:
            raise NoAnswer(f"its address {error}", retry=False) from None
        if address.scheme != "https" and not (address.host in THIS_MACHINE and self._base_url.startswith("http://")):
            raise NoAnswer("its address does not begin with https://", retry=False)
        return clean(address.host, 100)

    def _refused(self, response: Response, question: Question) -> None:
        status, headers = response.status, response.headers
        used_up = "0" in (headers.get("x-ratelimit-remaining"), headers.get("ratelimit-remaining")) or "retry-after" in headers
        if status == 429 or (status == 403 and used_up):
            self._close(f"{self.service}'s rate limit for this token is used up (HTTP {status})", question, everything=True)
        elif status == 401:
            self._close(f"{self.service} refuses the token (HTTP 401)", question, self.new_token, everything=True)
        elif status == 403:
            self._close(f"the token may not read {question.asked} of this repository (HTTP 403)", question, question.step)
        elif status == 404:
            what = f"{self.service} does not find {question.asked}, or hides them from the token (HTTP 404)"
            self.note(f"{what}, so {question.lost}: {question.step}")
        else:
            self._close(f"{self.service}'s API answers HTTP {status}", question, everything=True)

    def _close(self, what: str, question: Question, step: str = "", *, everything: bool = False) -> None:
        """Note what happened, and ask no more of this question, or nothing any more."""
        self._closed.add(question)
        self._silent = self._silent or everything
        self.note(f"{what}, so {question.lost}{f': {step}' if step else ''}")


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="", errors="replace")


def is_id(text: str) -> bool:
    """Is `text` the number of a run, a pipeline or a project."""
    return _ID.fullmatch(text) is not None
