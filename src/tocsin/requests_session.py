"""A session of `requests` for what a person waits for: Devtron's API, a shared policy. A run's own path never loads it.

Proxies, private CAs and TOCSIN_ALLOWED_HOSTS hold as they do for every channel, and nothing is read from `.netrc`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tocsin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import requests

    from tocsin.network import Network

TIMEOUT_SECONDS = 30.0  # ours: a person waits
PART_MAX_BYTES = 64 * 1024


def require(module: str, extra: str) -> ModuleType:
    """A module of an optional extra. Raises UsageError, with the words that install it."""
    from importlib import import_module

    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise UsageError(f"this needs the extra {extra!r}: pip install 'tocsin[{extra}]' (in a clone: pip install '.[{extra}]')") from None


def session(network: Network) -> requests.Session:
    """A session that follows no redirect: one could take a token elsewhere. Raises UsageError where `requests` is not installed."""
    require("requests", "fetch")
    import requests
    from requests.adapters import HTTPAdapter

    from tocsin.address import http_url

    class Adapter(HTTPAdapter):
        """Sends by the network as it was set up."""

        def init_poolmanager(self, *words: Any, **keywords: Any) -> None:
            super().init_poolmanager(*words, ssl_context=network.tls(), **keywords)

        def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
            return super().proxy_manager_for(proxy, ssl_context=network.tls(), **keywords)

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002  requests' own signature
            """Leave the trust to the context: requests would add a store of its own to the system's."""
            conn.cert_reqs = "CERT_REQUIRED"

        def send(self, request: requests.PreparedRequest, *words: Any, **keywords: Any) -> requests.Response:
            """Raise NoAnswer for a host that is not allowed, requests' own errors for what goes wrong."""
            url = request.url or ""
            target = http_url(url)
            network.require_allowed(target.host)
            proxy = network.proxy_for(url)
            keywords["proxies"] = {target.scheme: proxy} if proxy else {}
            keywords["timeout"] = keywords.get("timeout") or TIMEOUT_SECONDS
            return super().send(request, *words, **keywords)

    made = requests.Session()
    made.trust_env = False  # the network has read the environment already
    made.max_redirects = 0
    for scheme in ("https://", "http://"):
        made.mount(scheme, Adapter())
    return made


def parts(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes, of an answer to a request with `stream`: whoever looks at the clock behind each part waits for no slow rest.

    `iter_content` waits until a part is full. Raises requests' own errors.
    """
    import requests
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    try:
        while part := response.raw.read1(PART_MAX_BYTES, decode_content=True):
            yield part
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from None
    except HTTPError as error:
        raise requests.ConnectionError(error) from None
