"""Fetch the text of a base: from GitHub's or GitLab's API, or from an address. A person waits for it, and no run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tocsin.address import AddressError, host_for_token
from tocsin.errors import PolicyError
from tocsin.named_tuple import NamedTuple
from tocsin.policy.base_lock import digest
from tocsin.policy.base_names import GITHUB, GITLAB, HTTPS, BaseName, without_pin
from tocsin.policy.nodes import FILE_MAX_BYTES, BadFileError, decode
from tocsin.source.base_address import APIS, GITLAB_TOKEN, base_url, headers, path_of
from tocsin.text import clean

if TYPE_CHECKING:
    import requests

    from tocsin.clock import Clock

TEXT_MAX_SECONDS = 60.0  # ours: one text, however slowly it comes
_TOKENS = {GITHUB: ("GITHUB_TOKEN", "GH_TOKEN"), GITLAB: (GITLAB_TOKEN,)}
_REDIRECTS = (301, 302, 303, 307, 308)


class Question(NamedTuple):
    """What to ask for a base: the address, the headers, and the variables that could hold a token for it."""

    url: str
    headers: Mapping[str, str]
    tokens: str = ""


def question(name: BaseName, env: Mapping[str, str]) -> Question:
    """How a base's text is asked for. Raises PolicyError where a token would travel in the clear."""
    variables = _TOKENS.get(name.kind, ())
    token = next((env[variable] for variable in variables if env.get(variable)), "")
    return Question(_api(name, env) + path_of(name), headers(name.kind, token), " or ".join(variables))


def _api(name: BaseName, env: Mapping[str, str]) -> str:
    api = base_url(name, env)
    if name.kind in APIS:
        try:
            host_for_token(api)
        except AddressError as error:
            raise PolicyError(f"{APIS[name.kind][0]} {error}") from None
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
