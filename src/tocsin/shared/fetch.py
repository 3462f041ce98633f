"""Fetch the text of a base: from GitHub's or GitLab's API, or from an address. A person waits for it, and no run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from tocsin.address import AddressError, host_for_token
from tocsin.errors import PolicyError
from tocsin.named_tuple import NamedTuple
from tocsin.policy.base_lock import digest
from tocsin.policy.base_names import GITHUB, HTTPS, BaseName, without_pin
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError, decode
from tocsin.text import clean

if TYPE_CHECKING:
    import requests

    from tocsin.clock import Clock

TEXT_MAX_SECONDS = 60.0  # ours: one text, however slowly it comes
_GITHUB, _GITLAB = "https://api.github.com", "https://gitlab.com/api/v4"
_REDIRECTS = (301, 302, 303, 307, 308)


class Question(NamedTuple):
    """What to ask for a base: the address, the headers, and the variables that could hold a token for it."""

    url: str
    headers: Mapping[str, str]
    tokens: str = ""


def question(name: BaseName, env: Mapping[str, str]) -> Question:
    """How a base's text is asked for, as bytes. Raises PolicyError where a token would travel in the clear.

    https://docs.github.com/en/rest/repos/contents#get-repository-content, with the media type "raw": up to 100 MB
    https://docs.gitlab.com/api/repository_files/#get-raw-file-from-repository
    """
    path = quote(name.path, safe="/")
    if name.kind == HTTPS:
        address, _, query = name.path.partition("?")
        return Question(f"https://{name.repository}/{quote(address, safe='/%')}{'?' if query else ''}{query}", {})
    if name.kind == GITHUB:
        api = _api(env, "GITHUB_API_URL", _GITHUB)
        token = env.get("GITHUB_TOKEN") or env.get("GH_TOKEN")
        headers = {"Accept": "application/vnd.github.raw+json", **({"Authorization": f"Bearer {token}"} if token else {})}
        return Question(f"{api}/repos/{name.repository}/contents/{path}?ref={name.pin}", headers, "GITHUB_TOKEN or GH_TOKEN")
    api = _api(env, "CI_API_V4_URL", _GITLAB)
    token = env.get("TOCSIN_GITLAB_TOKEN")
    where = f"/projects/{quote(name.repository, safe='')}/repository/files/{quote(name.path, safe='')}/raw?ref={name.pin}"
    return Question(api + where, {"PRIVATE-TOKEN": token} if token else {}, "TOCSIN_GITLAB_TOKEN")


def _api(env: Mapping[str, str], variable: str, default: str) -> str:
    api = (env.get(variable) or default).strip().rstrip("/")
    try:
        host_for_token(api)
    except AddressError as error:
        raise PolicyError(f"{variable} {error}") from None
    return api


def fetch(name: BaseName, session: requests.Session, env: Mapping[str, str], clock: Clock) -> bytes:
    """The text of a base, as it lies there. Raises PolicyError, with the reason and what to do."""
    data = _read(name, question(name, env), session, clock)
    if name.kind == HTTPS and digest(data) != name.pin:
        raise _failed(name, f"its SHA-256 is {digest(data)}: if that is the text you mean, write this digest into the policy")
    try:
        decode(data, "its text")
    except BadFileError as error:
        raise _failed(name, str(error)) from None
    return data


def _read(name: BaseName, asked: Question, session: requests.Session, clock: Clock) -> bytes:
    import requests

    from tocsin.network import NoAnswer

    headers = {"Accept-Encoding": "identity", "User-Agent": "tocsin", **asked.headers}
    try:
        with session.get(asked.url, headers=headers, stream=True, allow_redirects=False) as response:
            if response.status_code != 200:
                raise _failed(name, _why(response, asked))
            return _body(name, response, clock)
    except NoAnswer as error:
        raise _failed(name, error.reason) from None
    except AddressError as error:
        raise _failed(name, f"its address {error}") from None
    except requests.TooManyRedirects as error:  # of none
        raise _failed(name, _why(error.response, asked) if error.response is not None else "the server redirects") from None
    except requests.Timeout:
        raise _failed(name, "no answer in time") from None
    except requests.exceptions.SSLError:
        raise _failed(name, "the server's certificate is not trusted; a private CA is added by TOCSIN_CA_FILE") from None
    except requests.RequestException as error:
        raise _failed(name, f"the server cannot be reached, or broke off ({type(error).__name__})") from None


def _body(name: BaseName, response: requests.Response, clock: Clock) -> bytes:
    from tocsin.requests_session import parts

    end = clock.monotonic() + TEXT_MAX_SECONDS
    data = bytearray()
    for part in parts(response):
        data += part
        if len(data) > FILE_MAX_BYTES:
            raise _failed(name, f"it has more than {FILE_MAX_BYTES:,} bytes (4 MiB)")
        if clock.monotonic() > end:
            raise _failed(name, f"it did not come within {TEXT_MAX_SECONDS:g} seconds")
    return bytes(data)


def _why(response: requests.Response, asked: Question) -> str:
    status = response.status_code
    if status in _REDIRECTS:
        try:
            host = urlsplit(response.headers.get("location", "")).hostname or "another path"
        except ValueError:
            host = "no address"
        return f"the server redirects (HTTP {status}, to {clean(host, 100)}), which is not followed: name the place where the file is"
    rights = f"; a token in {asked.tokens} must be allowed to read it" if asked.tokens else ""
    if status == 401:
        return f"the server refuses the token, or wants one (HTTP 401){rights}"
    if status in (403, 429):
        return f"the server does not allow it, or the rate limit is used up (HTTP {status}){rights}"
    if status in (404, 410):
        return f"there is no such file at this commit or address, or it is hidden (HTTP {status}){rights}"
    return f"the server answers HTTP {status}"


def _failed(name: BaseName, why: str) -> PolicyError:
    return PolicyError(f"the base {clean(without_pin(str(name)), 200)} cannot be fetched: {why}")
