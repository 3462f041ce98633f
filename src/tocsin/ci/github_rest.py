"""GitHub's REST API, asked within limits: three questions need no library. https://docs.github.com/en/rest.

What it does not answer is unknown, and said once in `Api.notes`. No address that an answer names is ever asked, so the token
goes to the API's own host alone. TOCSIN_ALLOWED_HOSTS holds for it as for a channel: who limits where anything may be sent
adds the API's host.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from tocsin.http import Response, Transport
from tocsin.network import Network, NoAnswer
from tocsin.text import clean

REQUEST_MAX_SECONDS = 3.0  # ours: one look-up may not eat the time of the messages
REQUEST_GRACE_SECONDS = 0.1  # a request that ends by itself says why in better words than one that is left behind
ANSWER_MAX_BYTES = 4 * 1024 * 1024  # ours: a hundred jobs with their steps have several hundred kB
API_VERSION = "2022-11-28"  # the first one, which every server that has versions knows: https://docs.github.com/en/rest/about-the-rest-api/api-versions
_PLAIN_HOSTS = ("localhost", "127.0.0.1", "::1")  # this machine: nothing can listen in between
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]+/(?!\.{1,2}$)[A-Za-z0-9_.-]+", re.ASCII)


class Need(NamedTuple):
    """What a question is about, in words for the user."""

    asked: str  # "the jobs and runs"
    lost: str  # what stays unknown without an answer
    permission: str  # what the job must have


ACTIONS = Need("the workflow runs and jobs", "the failed steps and the previous run's result stay unknown", "actions: read")
CONTENTS = Need("the files", "the trusted policy stays unknown", "contents: read")


class Api:
    """What may be asked until `deadline`, on the clock of `time.monotonic`. `notes` says what could not be learned, each once.

    A host that does not answer, or refuses the token, is not asked again. `base_url` is GITHUB_API_URL.
    """

    def __init__(self, base_url: str, token: str, network: Network, deadline: float) -> None:
        self.notes: list[str] = []
        self.deadline = deadline
        self._base_url, self._token, self._network = base_url.strip().rstrip("/"), token.strip(), network
        self._answers: dict[str, Any] = {}
        self._closed: set[Need] = set()

    def get(self, path: str, need: Need, query: Mapping[str, str | int] | None = None, *, missing: bool = False) -> Any:
        """The JSON at `path`, asked once; None where it cannot be had, with a note, but for a 404 where `missing` may be."""
        where = path + (f"?{urlencode(query, errors='replace')}" if query else "")
        if where not in self._answers and need not in self._closed:
            self._answers[where] = self._get(where, need, missing=missing)
        return self._answers.get(where)

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)

    def odd(self, need: Need) -> None:
        """Note an answer that is not in the form that GitHub documents."""
        self.note(f"GitHub's answer about {need.asked} is not understood, so {need.lost}")

    def _get(self, where: str, need: Need, *, missing: bool) -> Any:
        try:
            response = self._ask(where)
        except NoAnswer as error:
            self._close(f"GitHub's API gave no answer ({error.reason})", need, everything=True)
            return None
        if response.status != 200:
            if not (response.status == 404 and missing):
                self._refused(response, need)
            return None
        data = response.json()
        if data is None:
            self.odd(need)
        return data

    def _ask(self, where: str) -> Response:
        """One request, in a thread that is left behind if it outlives its time: no time-out reaches a look-up of the host's name.

        Raises NoAnswer.
        """
        host = _host(self._base_url)
        now = time.monotonic()
        seconds = min(REQUEST_MAX_SECONDS, self.deadline - now)
        if seconds <= REQUEST_GRACE_SECONDS:
            raise NoAnswer("the time for look-ups is used up")
        transport = Transport(self._network, "", now + seconds - REQUEST_GRACE_SECONDS)
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION, "Authorization": f"Bearer {self._token}"}
        answer: SimpleQueue[Response | Exception] = SimpleQueue()

        def work() -> None:
            try:
                answer.put(transport.request("GET", self._base_url + where, None, headers, ANSWER_MAX_BYTES))
            except Exception as error:  # noqa: BLE001  raised again in the thread that waits
                answer.put(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            got = answer.get(timeout=seconds)
        except Empty:
            raise NoAnswer(f"no answer from {host} in time") from None
        if isinstance(got, Exception):
            raise got
        return got

    def _refused(self, response: Response, need: Need) -> None:
        status, permission = response.status, f"give the job `permissions: {need.permission}`"
        used_up = response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers
        if status == 429 or (status == 403 and used_up):
            self._close(f"GitHub's rate limit for this token is used up (HTTP {status})", need, everything=True)
        elif status == 401:
            self._close(
                "GitHub refuses the token (HTTP 401)", need, "pass `token: ${{ github.token }}`, or one that holds", everything=True
            )
        elif status == 403:
            self._close(f"the token may not read {need.asked} of this repository (HTTP 403)", need, permission)
        elif status == 404:
            self.note(f"GitHub does not find {need.asked}, or hides them from the token (HTTP 404), so {need.lost}: {permission}")
        else:
            self._close(f"GitHub's API answers HTTP {status}", need, everything=True)

    def _close(self, what: str, need: Need, step: str = "", *, everything: bool = False) -> None:
        """Note what happened, and ask no more of this need, or nothing any more."""
        self._closed |= {ACTIONS, CONTENTS} if everything else {need}
        self.note(f"{what}, so {need.lost}{f': {step}' if step else ''}")


def repository_path(repository: str) -> str | None:
    """The path of a repository ("owner/name") in the API; None for what is no repository's name."""
    return f"/repos/{repository}" if _REPOSITORY.fullmatch(repository) else None


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="", errors="replace")


def is_id(text: str) -> bool:
    """Is `text` the number of a run."""
    return _ID.fullmatch(text) is not None


def _host(base_url: str) -> str:
    """The host to ask. Raises NoAnswer where the token would travel in the clear."""
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
    except ValueError:
        raise NoAnswer("GITHUB_API_URL is no address", retry=False) from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _PLAIN_HOSTS):
        raise NoAnswer("GITHUB_API_URL must begin with https://, for the token never travels in the clear", retry=False)
    return clean(host, 100)
